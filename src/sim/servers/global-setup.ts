// The servers the tests use, one of each for the whole run: an embedded PostgreSQL and a private Redis.
// Runs on the main thread of the vitest command, before the first test file and after the last. Owns both servers and
// their temporary directory. Must never use a database or a Redis that was there before.

import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
  type EmbeddedPostgres,
  type PostgresConnection,
  startEmbeddedPostgres,
} from '../../ledger/embedded-postgres.ts';
import { installRedis } from './install-redis.ts';
import { findRedisProgram, type RedisConnection, type RedisServer, startRedisServer } from './redis-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: PostgresConnection;
    /** Null where no Redis server can be had: skip, do not fail. */
    redis: RedisConnection | null;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'ringbook-tests-'));
  await chmod(directory, 0o711); // in a container, PostgreSQL may run as another user than ours and must get through
  const starting = [startPostgres(directory), startRedis(directory)] as const;
  const teardown = async () => {
    const settled = await Promise.allSettled(starting);
    await Promise.all(settled.map((server) => server.status === 'fulfilled' && server.value?.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const [postgres, redis] = await Promise.all(starting);
    project.provide('postgres', postgres.connection);
    project.provide('redis', redis?.connection ?? null);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** Its data is thrown away with the run, so it need not survive a power cut. */
function startPostgres(directory: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ directory: join(directory, 'postgres'), durable: false });
}

async function startRedis(parent: string): Promise<RedisServer | null> {
  const directory = join(parent, 'redis');
  await mkdir(directory, { mode: 0o700 });
  const program = (await findRedisProgram()) ?? (await installRedis(directory, say));
  if (program !== undefined) return startRedisServer({ directory, program });
  say('***** NO REDIS SERVER: THE TESTS THAT NEED REDIS ARE SKIPPED. Install redis-server or valkey-server. *****');
  return null;
}

function say(line: string): void {
  process.stderr.write(`test servers: ${line}\n`);
}
