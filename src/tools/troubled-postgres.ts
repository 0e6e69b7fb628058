// A PostgreSQL of a tool's own that is made to fail: backends and postmaster killed, all of its processes frozen, read-only.
// A tool's process; owns the server. Linux: its processes are found in /proc. Must never signal a process of another server.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { childrenOf, isAlive, isStopped } from '../ledger/embedded-postgres/processes.ts';
import { type EmbeddedPostgres, type PostgresConnection, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';

/** A backend in the middle of a COPY. */
export interface CopyingBackend {
  readonly pid: number;
  readonly query: string;
}

const LOOK_MS = 2_000;
const POLL_MS = 5;
/** Settings of a database do not apply there. */
const OTHER_DATABASE = 'template1';
/** The newest: those that were killed before may still be on their way out. */
const COPYING = `SELECT pid, query FROM pg_stat_activity
  WHERE application_name = 'ringbook-ledger' AND state = 'active' AND query LIKE 'COPY%'
  ORDER BY backend_start DESC LIMIT 1`;

export class TroubledPostgres {
  readonly #directory: string;
  #server: EmbeddedPostgres;

  static async start(directory: string): Promise<TroubledPostgres> {
    return new TroubledPostgres(directory, await startEmbeddedPostgres({ directory }));
  }

  constructor(directory: string, server: EmbeddedPostgres) {
    this.#directory = directory;
    this.#server = server;
  }

  get connection(): PostgresConnection {
    return this.#server.connection;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** undefined: the projector's backend does not copy. */
  async copyingBackend(): Promise<CopyingBackend | undefined> {
    const deadline = performance.now() + LOOK_MS;
    return await this.#with(OTHER_DATABASE, async (client) => {
      for (;;) {
        const { rows } = await client.query<CopyingBackend>(COPYING);
        if (rows.length > 0 || performance.now() > deadline) return rows.at(0);
        await sleep(POLL_MS);
      }
    });
  }

  async terminate(pid: number): Promise<void> {
    await this.#with(OTHER_DATABASE, (client) => client.query('SELECT pg_terminate_backend($1)', [pid]));
  }

  /** PostgreSQL ends all other backends then, and recovers. */
  killBackend(pid: number): void {
    process.kill(pid, 'SIGKILL');
  }

  async killPostmaster(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.exited;
    this.#server = await startEmbeddedPostgres({ directory: this.#directory });
  }

  /** All of its processes stand still for a while. True when they did, to the end of it. */
  async freeze(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { pid } = this.#server;
    process.kill(pid, 'SIGSTOP'); // first, so that it makes no others
    const all = [pid, ...childrenOf(pid)];
    try {
      for (const one of all) send(one, 'SIGSTOP');
      await sleep(ms, undefined, { signal });
      return all.length > 1 && all.filter(isAlive).every(isStopped);
    } finally {
      for (const one of all) send(one, 'SIGCONT');
    }
  }

  /** For new transactions of new sessions; ends those that there are. */
  async readOnly(isOn: boolean): Promise<void> {
    const { database } = this.connection;
    const name = pg.escapeIdentifier(database);
    const change = isOn ? 'SET default_transaction_read_only = on' : 'RESET default_transaction_read_only';
    await this.#with(OTHER_DATABASE, async (client) => {
      await client.query(`ALTER DATABASE ${name} ${change}`);
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
    });
  }

  async #with<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ ...this.connection, database });
    client.on('error', () => {}); // it may be killed under us
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** To a process that may have ended meanwhile. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
