// Where everything lies inside the directory we were given, and the socket directory, whose path must be short.
// Runs on the main thread; owns the directory, the server log and the socket directory.
// Must never make any of them readable to other users.

import { createHash } from 'node:crypto';
import { lstat, mkdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertReachable, giveTo, type RunAs } from './run-as.ts';

export const PORT = 5432; // of no network: it only names the socket file
const SOCKET_PATH_LIMIT_BYTES = 103; // Linux allows 107, macOS 103
const SHORT_SOCKET_PREFIX = '/tmp/ringbook-socket-';

/** Where the server of `directory` (a real path) listens: known before it runs, and the same after a restart. */
export function socketDirectoryOf(directory: string): string {
  const own = join(directory, 'socket');
  if (Buffer.byteLength(join(own, `.s.PGSQL.${PORT}`)) <= SOCKET_PATH_LIMIT_BYTES) return own;
  return SHORT_SOCKET_PREFIX + createHash('sha256').update(directory).digest('hex').slice(0, 16);
}
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

export interface Layout {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Says which process started the server, so that an orphan can be told from a server in use. */
  readonly launcherFile: string;
  readonly socketLink: string;
}

export async function prepareLayout(path: string, runAs: RunAs): Promise<Layout> {
  const given = resolve(path);
  // The parents stay open to be walked through: as root, PostgreSQL runs as somebody who must get past them.
  await mkdir(dirname(given), { recursive: true });
  await mkdir(given, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const directory = await realpath(given);
  await giveTo(runAs, directory);
  await assertReachable(runAs, directory);
  return {
    directory,
    dataDirectory: join(directory, 'data'),
    logFile: join(directory, 'postgres.log'),
    launcherFile: join(directory, 'launcher.pid'),
    socketLink: join(directory, 'socket'),
  };
}

/** Keeps one older log: the server appends for as long as it lives, so it is checked at each start. */
export async function rotateLog(layout: Layout): Promise<void> {
  const size = await stat(layout.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(layout.logFile, `${layout.logFile}.1`);
}

/** A fresh socket directory, so that no lock file of an earlier run is in the way. Call only when no server runs. */
export async function makeSocketDirectory(layout: Layout, runAs: RunAs): Promise<string> {
  await removeSocketDirectory(layout);
  const made = socketDirectoryOf(layout.directory);
  if (made !== layout.socketLink) {
    await rm(made, { recursive: true, force: true });
    await symlink(made, layout.socketLink);
  }
  // Fails when somebody else has made it: then it is not ours to listen in.
  await mkdir(made, { mode: 0o700 });
  await giveTo(runAs, made);
  return made;
}

export async function removeSocketDirectory(layout: Layout): Promise<void> {
  const found = await lstat(layout.socketLink).catch(() => undefined);
  if (found?.isSymbolicLink()) {
    const target = await readlink(layout.socketLink);
    if (target.startsWith(SHORT_SOCKET_PREFIX)) await rm(target, { recursive: true, force: true });
  }
  await rm(layout.socketLink, { recursive: true, force: true });
}
