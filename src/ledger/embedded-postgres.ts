// The zero-install database: a real PostgreSQL 18 that lives in a directory of ours and dies with this process.
// Runs on the main thread; owns `directory` and the server process. Must never run twice on one directory,
// listen on the network, or read the environment.
//
//   directory/data          the cluster, whole or absent         directory/socket    0700; a link when the path is long
//   directory/postgres.log  what the server says                 directory/native    only where the package is unusable

import { mkdirSync, realpathSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { locateNative, prepareBinaries } from './embedded-postgres/binaries.ts';
import { DATABASE, ensureCluster, SUPERUSER } from './embedded-postgres/cluster.ts';
import {
  makeSocketDirectory,
  PORT,
  prepareLayout,
  removeSocketDirectory,
  rotateLog,
  socketDirectoryOf,
} from './embedded-postgres/layout.ts';
import { takeOver } from './embedded-postgres/orphan.ts';
import { chooseRunAs, type RunAsKind } from './embedded-postgres/run-as.ts';
import { SHUTDOWN_MS, type ShutdownMs, startServer } from './embedded-postgres/server.ts';

/** What `pg` needs; host is the directory of a unix socket. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
}

export interface EmbeddedPostgres {
  readonly connection: PostgresConnection;
  readonly pid: number;
  /** Resolves whenever and however the server ends: its exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Fast shutdown, bounded. May be called again and again. */
  stop(): Promise<void>;
  /** For who cannot wait for `stop`: ends its processes by SIGKILL, frozen ones too. The next start recovers. */
  kill(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly directory: string;
  readonly log?: (line: string) => void;
  /** Default true. False gives up durability for speed: for a database that is thrown away with the test run. */
  readonly durable?: boolean;
  /** For the tests of this file: another copy of the package, another way of running as root, less patience. */
  readonly internal?: {
    readonly nativeDirectory?: string;
    readonly runAs?: RunAsKind;
    readonly shutdownMs?: ShutdownMs;
  };
}

/** Throws NoEmbeddedPostgres, saying what to do instead, where there is no embedded PostgreSQL for this platform. */
export function assertEmbeddedPostgres(): void {
  locateNative();
}

/** Where the server of `directory` will listen, also while it does not run. Makes the directory. */
export function embeddedConnection(directory: string): PostgresConnection {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { host: socketDirectoryOf(realpathSync(directory)), port: PORT, user: SUPERUSER, database: DATABASE };
}

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => {}, durable = true, internal = {} } = options;
  if (!isMainThread) throw new Error('Start the embedded PostgreSQL on the main thread: it dies with the thread');
  const native = internal.nativeDirectory ?? locateNative();
  const runAs = await chooseRunAs(internal.runAs);
  const layout = await prepareLayout(options.directory, runAs);
  const binDirectory = await prepareBinaries(native, layout.directory, runAs);
  await takeOver(layout, log);
  await ensureCluster({ layout, binDirectory, runAs, durable, log });
  await rotateLog(layout);
  const socketDirectory = await makeSocketDirectory(layout, runAs);
  const settings = { dataDirectory: layout.dataDirectory, socketDirectory, port: PORT, durable };
  const shutdownMs = internal.shutdownMs ?? SHUTDOWN_MS;
  const server = await startServer({ binDirectory, runAs, layout, settings, shutdownMs });
  log(`embedded postgres: ready (pid ${server.pid}, socket ${socketDirectory})`);
  return {
    connection: { host: socketDirectory, port: PORT, user: SUPERUSER, database: DATABASE },
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      await server.stop();
      await removeSocketDirectory(layout);
    },
    kill: () => server.kill(),
  };
}
