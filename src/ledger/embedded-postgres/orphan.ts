// What an earlier run left in charge of the data directory: nothing, a stale lock file, or a living server.
// Runs on the main thread; owns the stale postmaster.pid. Must never signal a process that is not proven to be this
// directory's server, nor one whose launcher still lives.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { commandLineOf, isAlive, parentOf, until } from './processes.ts';
import { SHUTDOWN_MS } from './server.ts';

const LEAVES_BY_ITSELF_MS = 2_000; // its launcher was killed a moment ago: it is shutting down already

/** Returns once no server runs on the directory and none seems to; then claims the directory for this process. */
export async function takeOver(layout: Layout, log: (line: string) => void): Promise<void> {
  const pid = await lockHolder(layout);
  if (pid !== undefined && (await isServerOf(pid, layout))) {
    await assertLauncherGone(pid, layout);
    await stopOrphan(pid, log);
  }
  // Stale: PostgreSQL forgives a dead pid, but not one that now names some other process, a zombie or nothing at all.
  // Backends that outlive their killed server are still caught, by the shared memory they hold.
  await rm(join(layout.dataDirectory, 'postmaster.pid'), { force: true });
  await writeFile(layout.launcherFile, `${process.pid}\n`);
}

async function lockHolder(layout: Layout): Promise<number | undefined> {
  const text = await readFile(join(layout.dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 1 ? pid : undefined;
}

async function isServerOf(pid: number, layout: Layout): Promise<boolean> {
  return isAlive(pid) && (await commandLineOf(pid)).includes(`/postgres -D ${layout.dataDirectory} `);
}

/** An orphan has been handed to another parent; a server whose parent is the launcher we noted down is in use. */
async function assertLauncherGone(pid: number, layout: Layout): Promise<void> {
  const launcher = Number.parseInt(await readFile(layout.launcherFile, 'utf8').catch(() => ''), 10);
  if ((await parentOf(pid)) !== launcher) return;
  throw new Error(`${layout.directory} is in use: its PostgreSQL (pid ${pid}) belongs to the process ${launcher}`);
}

async function stopOrphan(pid: number, log: (line: string) => void): Promise<void> {
  const gone = () => !isAlive(pid);
  if (await until(gone, LEAVES_BY_ITSELF_MS)) return;
  log(`embedded postgres: stopping the server of an earlier run (pid ${pid})`);
  process.kill(pid, 'SIGINT');
  if (await until(gone, SHUTDOWN_MS.fast)) return;
  if (!gone()) process.kill(pid, 'SIGQUIT');
  if (await until(gone, SHUTDOWN_MS.immediate)) return;
  throw new Error(`The PostgreSQL server of an earlier run (pid ${pid}) does not stop; stop it and start again`);
}
