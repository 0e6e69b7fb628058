// For the whole-system tests: the real process, `node dist/main.js`, with an environment of its own. Owns the child process and
// what it said. Must never inherit settings from the test run's environment, nor outlive the test run.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';
import { Connection } from './http.ts';
import type { Keeper } from './keeper.ts';
import { eventually } from './waiting.ts';

export const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const START_MS = 30_000;
const STOP_MS = 20_000;
const REPORT_CHARACTERS = 4_000;
const NOT_INHERITED = /^(RINGBOOK_|POSTGRES_|REDIS_|PG|npm_|NODE_|VITEST)|^(PORT|HOST|LOG_LEVEL|DATABASE_URL)$/;

export type Environment = Readonly<Record<string, string>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerOptions {
  /** By default a new one. */
  readonly dataDir?: string;
  /** Working directory, where `.env` would be read; by default the parent of a new data directory. */
  readonly directory?: string;
  readonly environment?: Environment;
  /** By default `node dist/main.js`. */
  readonly command?: readonly string[];
}

/** An external database. */
export function useDatabase({ host, port, user, password, database }: PostgresConnection): Environment {
  const environment = {
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_USER: user,
    POSTGRES_DB: database,
  };
  return password === undefined ? environment : { ...environment, POSTGRES_PASSWORD: password };
}

/** Nobody listens there: for tests that are not about Postgres, whose servers start sooner without. */
export const NO_DATABASE: Environment = { POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: '1' };

/**
 * For tests that look at one thing after another: a start without the second gateway costs less processor time. What
 * gateways do side by side, and what becomes of both when something ends under load, is for the others to show.
 */
export const ONE_GATEWAY: Environment = { RINGBOOK_GATEWAY_THREADS: '1' };

/** The test run's environment without anything that a server would take for a setting. */
function cleanEnvironment(): Environment {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !NOT_INHERITED.test(name)) kept[name] = value;
  }
  return kept;
}

export class Server {
  readonly dataDir: string;
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  exit: Exit | undefined;
  readonly #keeper: Keeper;
  readonly #child: ChildProcess;
  #api: Connection | undefined;

  /** Started and taking orders. */
  static async start(keeper: Keeper, options: ServerOptions = {}): Promise<Server> {
    const server = await Server.launch(keeper, options);
    await server.up();
    return server;
  }

  /** Only spawned: for starts that are to fail. */
  static async launch(keeper: Keeper, options: ServerOptions = {}): Promise<Server> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`);
    const directory = options.directory ?? (await keeper.directory());
    const server = new Server(keeper, directory, options);
    keeper.defer(() => server.#end());
    keeper.onFailure(() => server.#report());
    return server;
  }

  private constructor(keeper: Keeper, directory: string, options: ServerOptions) {
    this.#keeper = keeper;
    this.dataDir = options.dataDir ?? join(directory, 'data');
    const [program = '', ...args] = options.command ?? [process.execPath, MAIN];
    // As under npm: when the test run is killed, its servers notice that their parent is gone.
    const parentWatch = { npm_lifecycle_event: 'start' };
    const own = { PORT: '0', RINGBOOK_DATA_DIR: this.dataDir, ...options.environment };
    this.#child = spawn(program, args, {
      cwd: directory,
      env: { ...cleanEnvironment(), ...parentWatch, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // `close`, not `exit`: what it said last has been read by then.
    this.exited = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: null, signal: null }));
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then((exit) => {
      this.exit = exit;
    });
  }

  /** Of the child; under npm that is npm. */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('it could not be spawned');
    return pid;
  }

  /** The process that holds the data directory, as its LOCK file says. */
  get lockPid(): number {
    return Number(/^process (\d+)/.exec(readFileSync(join(this.dataDir, 'LOCK'), 'utf8'))?.[1]);
  }

  get journal(): string {
    return join(this.dataDir, 'shard-0', 'journal');
  }

  get url(): string {
    const url = /Ringbook is up\.\s+(http:\S+)/.exec(this.stdout)?.[1];
    if (url === undefined) throw new Error('it is not up');
    return url;
  }

  /** One keep-alive connection, for whoever needs no more. */
  get api(): Connection {
    this.#api ??= this.connect();
    return this.#api;
  }

  connect(): Connection {
    const connection = new Connection(this.url);
    this.#keeper.defer(() => connection.close());
    return connection;
  }

  /** Resolves when the banner is there. Throws when the process ends instead. */
  async up(): Promise<void> {
    await eventually('the server is up', () => this.exit !== undefined || this.stdout.includes('Ctrl-C'), START_MS);
    if (this.exit !== undefined) throw new Error(`it ended at its start, with code ${this.exit.code}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    return await this.ended();
  }

  kill9(): Promise<Exit> {
    return this.stop('SIGKILL');
  }

  async ended(timeoutMs = STOP_MS): Promise<Exit> {
    await eventually('the process ends', () => this.exit !== undefined, timeoutMs);
    return await this.exited;
  }

  /** The clean-up: orderly when it still runs, so that no database of its own is left; else by force. */
  async #end(): Promise<void> {
    if (this.exit !== undefined) return;
    this.signal('SIGCONT');
    await this.stop().catch(() => this.kill9());
  }

  #report(): string {
    const end = this.exit === undefined ? 'running' : `ended with ${this.exit.code ?? this.exit.signal}`;
    const tail = (text: string) => text.slice(-REPORT_CHARACTERS);
    return `--- server ${this.#child.pid} (${end})\n${tail(this.stdout)}\n${tail(this.stderr)}\n`;
  }
}
