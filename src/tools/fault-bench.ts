// Everything that runs while databases are made to fail: PostgreSQL behind a gate, Redis, a Ringbook that uses both, its load, and
// who watches the published book. A tool's process. Owns all of it, but not the directory in which it lies.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keeper } from '../e2e/testing/keeper.ts';
import { createRandom } from '../sim/testing/random.ts';
import { BookWatch } from './book-watch.ts';
import { HttpConnection } from './http-connection.ts';
import { LEVEL_MS, requireLevel, secondsUntil, secondsUntilLevel } from './level.ts';
import { PostgresGate } from './postgres-gate.ts';
import { TroubledRedis } from './redis-faults.ts';
import { ChildError, runRingbook, startRingbook } from './ringbook-child.ts';
import { readHealth } from './server-facts.ts';
import { SteadyLoad } from './steady-load.ts';
import { TroubledPostgres } from './troubled-postgres.ts';

/** What became of one fault. */
export interface Outcome {
  /** It met what it was to meet. */
  readonly hit: boolean;
  /** From its end until nothing was behind any more; undefined: not in time. */
  readonly levelSeconds: number | undefined;
}

export interface BenchOptions {
  /** Its path must be short. */
  readonly directory: string;
  readonly ordersPerSecond: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

const ANSWER_MS = 15_000;

export class FaultBench {
  readonly directory: string;
  readonly postgres: TroubledPostgres;
  readonly gate: PostgresGate;
  readonly redis: TroubledRedis;
  readonly watch: BookWatch;
  readonly server: HttpConnection;
  readonly load: SteadyLoad;
  readonly random: () => number;
  readonly signal: AbortSignal;

  /** Everything runs, and the ledger is connected. `keeper` ends it. */
  static async start(keeper: Keeper, options: BenchOptions): Promise<FaultBench> {
    const { directory, ordersPerSecond: perSecond, seed, signal } = options;
    const postgres = await TroubledPostgres.start(join(directory, 'postgres'));
    keeper.defer(() => postgres.stop());
    const redisDirectory = join(directory, 'redis');
    await mkdir(redisDirectory);
    const redis = await TroubledRedis.start(redisDirectory);
    keeper.defer(() => redis.stop());
    const gate = await PostgresGate.open(postgres.connection);
    keeper.defer(() => gate.close());
    const watch = new BookWatch({ host: redis.host, port: redis.port });
    keeper.defer(() => watch.stop());
    const behindGate = { ...postgres.connection, host: gate.host, port: gate.port };
    const ringbook = await startRingbook(directory, behindGate, {
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
    });
    keeper.defer(async () => {
      await ringbook.stop();
    });
    const server = new HttpConnection(ringbook.url, ANSWER_MS);
    keeper.defer(() => server.close());
    const load = new SteadyLoad({ url: ringbook.url, perSecond, source: `s${seed}` });
    keeper.defer(() => load.stop());
    const random = createRandom(seed);
    await requireLevel(server, signal);
    return new FaultBench({ directory, postgres, gate, redis, watch, server, load, random, signal });
  }

  private constructor(parts: Omit<FaultBench, 'pause' | 'inTime' | 'level' | 'bookLevel' | 'verify'>) {
    this.directory = parts.directory;
    this.postgres = parts.postgres;
    this.gate = parts.gate;
    this.redis = parts.redis;
    this.watch = parts.watch;
    this.server = parts.server;
    this.load = parts.load;
    this.random = parts.random;
    this.signal = parts.signal;
  }

  pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.signal });
  }

  /** Rejects when it does not come. */
  async inTime(what: string, comes: Promise<void>): Promise<void> {
    const over = new AbortController();
    const late = sleep(LEVEL_MS, true, { signal: AbortSignal.any([over.signal, this.signal]) });
    try {
      const isLate = await Promise.race([comes, late]);
      if (isLate === true) throw new ChildError(`${what} did not come within ${LEVEL_MS / 1000} s`);
    } finally {
      over.abort();
      late.catch(() => {});
    }
  }

  /** Seconds until the ledger has all that is sequenced by now; undefined: not in time. */
  level(): Promise<number | undefined> {
    return secondsUntilLevel(this.server, this.signal);
  }

  /** Seconds until Redis holds the book as it is by now, or a newer one; undefined: not in time. */
  async bookLevel(): Promise<number | undefined> {
    const { sequence: target } = await readHealth(this.server);
    return await secondsUntil(async () => ((await this.watch.now())?.sequence ?? -1) >= target, this.signal);
  }

  /** `ringbook ledger verify`, past the gate. */
  verify(): Promise<{ exitCode: number; output: string }> {
    return runRingbook(this.directory, this.postgres.connection, ['ledger', 'verify']);
  }
}
