// A private Redis (or Valkey) server on a socket and a loopback port of its own; keeps nothing on disk.
// Runs on the main thread of a test process (the kernel ends the server with the thread that spawned it).
// Owns the server process; the caller owns the directory. Must never touch a Redis that somebody else runs.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { until } from '../../ledger/embedded-postgres/processes.ts';
import { dyingWithParent } from '../../ledger/embedded-postgres/run.ts';
import { freePort } from '../testing/free-port.ts';

const READY_MS = 10_000;
const SHUTDOWN_MS = 5_000;
const SOCKET_PATH_LIMIT_BYTES = 103; // Linux allows 107, macOS 103
const HOST = '127.0.0.1';
const PROGRAMS = ['redis-server', 'valkey-server'] as const;

export interface RedisConnection {
  readonly socketPath: string;
  readonly host: string;
  readonly port: number;
}

export interface RedisServer {
  readonly connection: RedisConnection;
  readonly pid: number;
  readonly exited: Promise<number | null>;
  /** Bounded; may be called again and again. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Where the socket and the log lie. */
  readonly directory: string;
  /** To come back on the same port after a stop; without it, a free one is chosen. */
  readonly port?: number;
  /** What `findRedisProgram` found; by default it is looked for. */
  readonly program?: string;
  /** How long a stop may take before the kernel's kill. */
  readonly shutdownMs?: number;
}

/** The first server program on the path that runs, or undefined. */
export async function findRedisProgram(candidates: readonly string[] = PROGRAMS): Promise<string | undefined> {
  for (const program of candidates) {
    if (/\bserver\b/i.test(await versionOf(program))) return program;
  }
  return undefined;
}

/** Empty where there is no such program on the path. Looked for on our own path: it may be a package manager's. */
function versionOf(program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], (error, stdout) => resolve(error === null ? stdout : ''));
  });
}

export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const socketPath = join(options.directory, 'redis.sock');
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_LIMIT_BYTES)
    throw new Error(`${socketPath} is too long for a socket`);
  const program = options.program ?? (await findRedisProgram());
  if (program === undefined) throw new Error('Neither redis-server nor valkey-server is on the path');
  const port = options.port ?? (await freePort());
  const connection = { socketPath, host: HOST, port };
  const command = await dyingWithParent('KILL', [program, ...serverArguments(options.directory, connection)]);
  const server = spawnServer(command, connection, options.shutdownMs ?? SHUTDOWN_MS);
  let ended = false;
  server.exited.then(() => {
    ended = true;
  });
  const ready = await until(async () => ended || (await answersAs(server)), READY_MS);
  if (ready && !ended) return server;
  await server.stop();
  throw new Error(`${program} did not start on port ${port}; its log: ${join(options.directory, 'redis.log')}`);
}

function serverArguments(directory: string, { socketPath, port }: RedisConnection): string[] {
  const settings = {
    port: String(port),
    bind: HOST,
    unixsocket: socketPath,
    unixsocketperm: '700',
    dir: directory,
    logfile: join(directory, 'redis.log'),
    daemonize: 'no',
    save: '', // a restart comes back empty: the harder case, and the one the publisher promises to repair
    appendonly: 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function spawnServer(command: readonly string[], connection: RedisConnection, shutdownMs: number): RedisServer {
  const [program = '', ...args] = command;
  // Detached: a terminal's Ctrl-C goes to the test run alone, which then stops what it started, in its own order.
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  const exited = new Promise<number | null>((resolve) => {
    child.on('exit', resolve);
    child.on('error', () => resolve(127));
  });
  child.unref();
  let stopping: Promise<void> | undefined;
  return {
    connection,
    pid: child.pid ?? 0,
    exited,
    stop: () => {
      stopping ??= stopChild(child, shutdownMs);
      return stopping;
    },
  };
}

async function stopChild(child: ChildProcess, shutdownMs: number): Promise<void> {
  const gone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (gone()) return;
  child.kill('SIGTERM');
  if (await until(gone, shutdownMs)) return;
  child.kill('SIGKILL'); // also ends a server that a test has stopped with SIGSTOP
  await until(gone, shutdownMs);
}

/**
 * Asked on the socket: it is opened after the port, so whoever has it has both.
 * Asked for the process id: an older server on the same socket would answer too.
 */
function answersAs({ connection: { socketPath }, pid }: RedisServer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: socketPath });
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.on('connect', () => socket.write('INFO server\r\n'));
    socket.on('data', (reply) => answer(reply.toString().includes(`process_id:${pid}\r`)));
    socket.on('error', () => answer(false));
    socket.setTimeout(1_000, () => answer(false));
  });
}
