// Making the database cluster, once: initdb into a temporary directory, then one rename, so that the data directory is
// either whole or absent, whenever we are killed.
// Runs on the main thread; owns `data` until a server owns it. Must never touch a data directory that exists.

import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { runToEnd } from './run.ts';
import { commandAs, giveTo, giveTreeTo, type RunAs } from './run-as.ts';

const MAJOR_VERSION = '18';
const PARTIAL_PREFIX = 'initdb-';
export const SUPERUSER = 'ringbook';
export const DATABASE = 'ringbook';

const INITDB_OPTIONS = [
  `--username=${SUPERUSER}`,
  '--encoding=UTF8',
  // Byte order for text, the same on every machine and operating system, and the fastest to compare.
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  // Who can open the socket (0700, ours) is trusted; the network is refused even if somebody opens a port.
  '--auth-local=trust',
  '--auth-host=reject',
  '--no-instructions',
];

export interface ClusterOptions {
  readonly layout: Layout;
  readonly binDirectory: string;
  readonly runAs: RunAs;
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { layout, runAs, log } = options;
  await removePartials(layout.directory);
  const version = await readFile(join(layout.dataDirectory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) {
    await assertAbsent(layout.dataDirectory);
    log(`embedded postgres: creating a database in ${layout.directory}`);
    await createCluster(options);
  } else if (version.trim() !== MAJOR_VERSION) {
    throw new Error(
      `${layout.dataDirectory} was made by PostgreSQL ${version.trim()}, this is ${MAJOR_VERSION}. ` +
        'Move it away: the ledger is rebuilt from the journal',
    );
  }
  await giveTreeTo(runAs, layout.dataDirectory);
}

async function createCluster({ layout, binDirectory, runAs, durable }: ClusterOptions): Promise<void> {
  const partial = await mkdtemp(join(layout.directory, PARTIAL_PREFIX));
  await giveTo(runAs, partial);
  const initdb = [join(binDirectory, 'initdb'), '-D', partial, ...INITDB_OPTIONS, ...(durable ? [] : ['--no-sync'])];
  await runOrThrow(runAs, initdb, '');
  // The single-user mode, because no server runs yet. It goes with the rename: no start ever finds the database missing.
  const fsync = `fsync=${durable ? 'on' : 'off'}`;
  const single = [join(binDirectory, 'postgres'), '--single', '-D', partial, '-c', 'exit_on_error=on', '-c', fsync];
  await runOrThrow(runAs, [...single, 'postgres'], `CREATE DATABASE ${DATABASE}\n`);
  await rename(partial, layout.dataDirectory);
  if (durable) await syncDirectory(layout.directory);
}

async function assertAbsent(dataDirectory: string): Promise<void> {
  const entries = await readdir(dataDirectory).catch(() => []);
  if (entries.length > 0) throw new Error(`${dataDirectory} holds something that is not a PostgreSQL database`);
}

async function runOrThrow(runAs: RunAs, command: readonly string[], input: string): Promise<void> {
  const { exitCode, output } = await runToEnd(await commandAs(runAs, 'KILL', command), { ...runAs.spawnAs, input });
  if (exitCode !== 0) throw new Error(`${command[0]} failed with code ${exitCode}:\n${output}`);
}

/** What an initdb that was killed half way left behind. Retried: a child of it may still be writing its last files. */
async function removePartials(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(PARTIAL_PREFIX)) continue;
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
