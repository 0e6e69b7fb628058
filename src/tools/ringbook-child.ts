// Starts a Ringbook of the tool's own as a child process on a free port, and ends it. A tool's process; owns the child, which ends
// with us. Must never hand on settings of the user's: neither from the environment nor from a `.env` file.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../ledger/embedded-postgres.ts';

export interface RingbookChild {
  readonly url: URL;
  readonly pid: number;
  readonly dataDirectory: string;
  /** Orderly; by force when that takes too long. Returns its exit code, null after a signal. */
  stop(): Promise<number | null>;
}

/** The child did not come up; its log says why. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const SETTINGS = /^(RINGBOOK_|POSTGRES_|REDIS_|PG|npm_)|^(PORT|HOST|LOG_LEVEL|DATABASE_URL)$/;
const BANNER = /Ringbook is up\.\s+(http:\S+)/;
const START_MS = 30_000;
const STOP_MS = 20_000;

/** Settings beyond those of a default start. */
export type ChildSettings = Readonly<Record<string, string>>;

/** What is done with the child beyond starting it. */
export interface ChildHabits {
  /** Options of Node or V8. */
  readonly nodeOptions?: readonly string[];
  /** Called with all that it says on standard output. */
  readonly heard?: (text: string) => void;
}

/**
 * Everything it writes lies in `directory`: `data` and `ringbook.log`. `postgres` undefined: it has its embedded server.
 * Rejects with ChildError.
 */
export async function startRingbook(
  directory: string,
  postgres?: PostgresConnection,
  settings: ChildSettings = {},
  { nodeOptions = [], heard }: ChildHabits = {},
): Promise<RingbookChild> {
  const logFile = join(directory, 'ringbook.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeOptions, MAIN], {
    cwd: directory,
    env: childEnvironment(directory, postgres, settings),
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const exited = once(child, 'close');
  if (heard !== undefined) child.stdout?.setEncoding('utf8').on('data', heard);
  const up = await bannerUrl(child);
  if (up === undefined) {
    child.kill('SIGKILL');
    throw new ChildError(`Ringbook did not start; see ${logFile}`);
  }
  return {
    url: new URL(up),
    pid: child.pid ?? 0,
    dataDirectory: dataIn(directory),
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(force);
      return child.exitCode;
    },
  };
}

/** Runs `ringbook ARGS` on the same directory to its end. */
export function runRingbook(
  directory: string,
  postgres: PostgresConnection | undefined,
  args: readonly string[],
): Promise<{ exitCode: number; output: string }> {
  const options = { cwd: directory, env: childEnvironment(directory, postgres, {}) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? 128, output: stdout + stderr });
    });
  });
}

function dataIn(directory: string): string {
  return join(directory, 'data');
}

function childEnvironment(
  directory: string,
  postgres: PostgresConnection | undefined,
  settings: ChildSettings,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name));
  return {
    ...Object.fromEntries(inherited),
    // As under npm: it notices when its parent is gone.
    npm_lifecycle_event: 'start',
    PORT: '0',
    RINGBOOK_DATA_DIR: dataIn(directory),
    ...(postgres && addressOf(postgres)),
    ...settings,
  };
}

function addressOf(postgres: PostgresConnection): ChildSettings {
  return {
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: String(postgres.port),
    POSTGRES_USER: postgres.user,
    POSTGRES_DB: postgres.database,
  };
}

/** undefined: it ended, or said nothing in time. */
function bannerUrl(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_MS);
    const settle = (url: string | undefined) => {
      clearTimeout(timer);
      resolve(url);
    };
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = BANNER.exec(said);
      if (found !== null) settle(found[1]);
    });
    child.once('error', () => settle(undefined));
    child.once('exit', () => settle(undefined));
  });
}
