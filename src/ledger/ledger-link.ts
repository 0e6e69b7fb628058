// One connection to the ledger's database: every step has a deadline, and any failure ends the connection.
// On the projector's thread; owns one pg.Client and its socket. Must never outlive a statement that got no answer: what
// became of that is unknown, and only a new connection that reads the checkpoint can say.

import { Socket } from 'node:net';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

export interface LinkTimeouts {
  readonly connectMs: number;
  /** For one statement or one COPY, until the server's answer. */
  readonly statementMs: number;
}

export class LedgerTimeout extends Error {
  override readonly name = 'LedgerTimeout';
}

/** Whatever the role's or the database's defaults are: a commit is on disk before it is confirmed, and nothing waits for ever. */
function sessionSettings(timeouts: LinkTimeouts): string {
  return (
    'SET synchronous_commit = on; SET default_transaction_isolation = "read committed"; ' +
    `SET statement_timeout = ${timeouts.statementMs}; SET lock_timeout = ${timeouts.statementMs}; ` +
    `SET idle_in_transaction_session_timeout = ${6 * timeouts.statementMs}`
  );
}

export class LedgerLink {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #timeouts: LinkTimeouts;
  #lost: Error | undefined;
  #statementMs: number;

  private constructor(client: pg.Client, socket: Socket, timeouts: LinkTimeouts) {
    this.#client = client;
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#statementMs = timeouts.statementMs;
  }

  /** `onLost` is called at most once, also when nothing is being asked. */
  static async connect(config: pg.ClientConfig, timeouts: LinkTimeouts, onLost: () => void): Promise<LedgerLink> {
    const socket = new Socket();
    const client = new pg.Client({
      application_name: 'ringbook-ledger',
      keepAlive: true,
      ...config,
      connectionTimeoutMillis: timeouts.connectMs,
      stream: () => socket,
    });
    const link = new LedgerLink(client, socket, timeouts);
    client.on('error', (error) => {
      if (link.#lost !== undefined) return;
      link.#lost = error;
      onLost();
    });
    try {
      await client.connect();
      await link.query(sessionSettings(timeouts));
    } catch (error) {
      link.destroy();
      throw error;
    }
    return link;
  }

  /** Why the connection is gone, or undefined. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>> {
    return this.#answered(this.#client.query<R, unknown[]>(text, values));
  }

  /** COPY ... FROM STDIN of bytes that stay as they are until the promise settles. Resolves to the rows copied. */
  copy(text: string, bytes: Uint8Array): Promise<number> {
    return this.#answered(
      new Promise((resolve, reject) => {
        const stream = this.#client.query(copyFrom(text));
        stream.on('error', reject);
        stream.on('finish', () => resolve(stream.rowCount));
        stream.end(bytes);
      }),
    );
  }

  /** Lets statements take longer, for `work` only: a migration may rewrite a table. */
  async patiently<T>(statementMs: number, work: () => Promise<T>): Promise<T> {
    await this.query(`SET statement_timeout = ${statementMs}; SET lock_timeout = ${statementMs}`);
    this.#statementMs = statementMs;
    const result = await work();
    this.#statementMs = this.#timeouts.statementMs;
    await this.query(sessionSettings(this.#timeouts));
    return result;
  }

  /** Says goodbye, but does not wait long for the answer. */
  async end(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.destroy(), withinMs);
    this.#lost ??= new Error('closed');
    await this.#client.end();
    clearTimeout(timer);
    this.destroy();
  }

  destroy(): void {
    this.#lost ??= new Error('closed');
    this.#socket.destroy();
  }

  /** `answer`, unless the time for it runs out: then the connection is destroyed and LedgerTimeout thrown. */
  #answered<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new LedgerTimeout(`no answer from the database within ${this.#statementMs} ms`));
        this.destroy();
      }, this.#statementMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
