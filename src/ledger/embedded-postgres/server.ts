// One PostgreSQL server process: start it, know when it is ready, stop it.
// Runs on the main thread (the kernel ends the server with the thread that spawned it); owns the process.
// Must never leave a server behind: every way out of here has stopped it or handed it to the caller.

import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from './layout.ts';
import { childrenOf, isAlive, until } from './processes.ts';
import { CHILD_ENVIRONMENT } from './run.ts';
import { commandAs, type RunAs } from './run-as.ts';
import type { ServerSettings } from './settings.ts';
import { serverArguments } from './settings.ts';

const READY_MS = 120_000; // crash recovery replays up to max_wal_size, on a slow disk
const RETRY_MS = 100;
const LOG_TAIL_BYTES = 2_000;
const BACKENDS_LEAVE_MS = 10_000;
const HELD_BY_BACKENDS = 'pre-existing shared memory block';

/** How long each way of stopping may take before the next, harder one. */
export interface ShutdownMs {
  readonly fast: number;
  readonly immediate: number;
}

/** An immediate shutdown may take the server 5 s: only then does it kill children that do not obey. */
export const SHUTDOWN_MS: ShutdownMs = { fast: 10_000, immediate: 6_000 };

export interface ServerOptions {
  readonly binDirectory: string;
  readonly runAs: RunAs;
  readonly layout: Layout;
  readonly settings: ServerSettings;
  readonly shutdownMs: ShutdownMs;
}

export interface ServerProcess {
  readonly pid: number;
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
  /** By the kernel and at once, with every process of its own, whatever state they are in. */
  kill(): Promise<void>;
}

/** Starts until ready. Tries again while backends of a server that was killed a moment ago are still leaving. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { layout } = options;
  const program = [join(options.binDirectory, 'postgres'), ...serverArguments(options.settings)];
  const command = await commandAs(options.runAs, 'INT', program);
  const backendsMayLeave = AbortSignal.timeout(BACKENDS_LEAVE_MS);
  for (;;) {
    const logStart = await logSize(layout);
    const server = await spawnServer(command, options);
    if (await becomesReady(server, layout)) return server;
    await server.stop();
    const reason = await logSince(layout, logStart);
    const worthAnotherTry = reason.includes(HELD_BY_BACKENDS) && !backendsMayLeave.aborted;
    if (worthAnotherTry) await sleep(RETRY_MS);
    else throw new Error(`The embedded PostgreSQL did not start (log: ${layout.logFile}):\n${reason}`);
  }
}

async function spawnServer(command: readonly string[], options: ServerOptions): Promise<ServerProcess> {
  const [program = '', ...args] = command;
  const { layout, runAs, shutdownMs } = options;
  const log = await open(layout.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      ...runAs.spawnAs,
      cwd: '/',
      env: CHILD_ENVIRONMENT,
      detached: true, // a session of its own: a terminal's Ctrl-C is ours to handle, in our order
      stdio: ['ignore', log.fd, log.fd],
    });
    const exited = new Promise<number | null>((resolve, reject) => {
      child.on('exit', resolve);
      child.on('error', reject);
    });
    if (child.pid === undefined) await exited; // throws what spawn found wrong
    child.unref(); // a server nobody stopped must not keep the process alive: it dies with it
    let stopping: Promise<void> | undefined;
    return {
      pid: child.pid ?? 0,
      exited,
      stop: () => {
        stopping ??= stopChild(child, shutdownMs);
        return stopping;
      },
      kill: () => killAll(child, shutdownMs.immediate),
    };
  } finally {
    await log.close();
  }
}

/** The last line of the lock file is the server's own word; its first line says that it is this server's. */
async function becomesReady(server: ServerProcess, layout: Layout): Promise<boolean> {
  const lockFile = join(layout.dataDirectory, 'postmaster.pid');
  let ended = false;
  server.exited.then(() => {
    ended = true;
  });
  const settled = await until(async () => {
    if (ended) return true;
    const lines = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n');
    return lines[0] === String(server.pid) && lines[7]?.trim() === 'ready';
  }, READY_MS);
  return settled && !ended;
}

/** Fast shutdown; then immediate (recovery at the next start); then the kernel's. Always ends within a bound. */
async function stopChild(child: ChildProcess, { fast, immediate }: ShutdownMs): Promise<void> {
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  if (gone()) return;
  child.kill('SIGINT');
  if (await until(gone, fast)) return;
  child.kill('SIGQUIT');
  if (await until(gone, immediate)) return;
  await killAll(child, immediate);
}

/** Its backends too: each has a group of its own, and one that is frozen does not notice that its server is gone. */
async function killAll(child: ChildProcess, patienceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const backends = childrenOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of backends) killIfThere(pid);
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  await until(() => gone() && !backends.some(isAlive), patienceMs);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function logSize(layout: Layout): Promise<number> {
  return (await stat(layout.logFile).catch(() => ({ size: 0 }))).size;
}

async function logSince(layout: Layout, start: number): Promise<string> {
  const text = (await readFile(layout.logFile).catch(() => Buffer.alloc(0))).subarray(start);
  return text.subarray(-LOG_TAIL_BYTES).toString();
}
