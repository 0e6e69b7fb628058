// The faults of Redis, each from the moment it begins until the newest book is there again. A tool's process.

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { isStopped } from '../ledger/embedded-postgres/processes.ts';
import { type RedisServer, startRedisServer } from '../sim/servers/redis-server.ts';
import type { FaultBench, Outcome } from './fault-bench.ts';

export const RedisFault = {
  KILLED: 'Redis kill -9, started again',
  FROZEN: 'Redis frozen',
  EMPTIED: 'Redis emptied, again and again',
  FULL: 'Redis out of memory',
  SLOW: 'Redis slow',
} as const;
export type RedisFault = (typeof RedisFault)[keyof typeof RedisFault];

/** Between two times that it is emptied; and how long each answer takes while it is slow. */
const EMPTIED_EVERY_MS = 50;
const SLOW_MS = 250;

/** The n-th of many: one kind after the other. */
export function redisFault(n: number): RedisFault {
  const all = Object.values(RedisFault);
  return all[n % all.length];
}

/** A Redis of a tool's own that is made to fail. */
export class TroubledRedis {
  readonly #directory: string;
  #server: RedisServer;
  #admin: Redis;

  static async start(directory: string): Promise<TroubledRedis> {
    return new TroubledRedis(directory, await startRedisServer({ directory }));
  }

  private constructor(directory: string, server: RedisServer) {
    this.#directory = directory;
    this.#server = server;
    this.#admin = connect(server);
  }

  get host(): string {
    return this.#server.connection.host;
  }

  get port(): number {
    return this.#server.connection.port;
  }

  async stop(): Promise<void> {
    this.#admin.disconnect();
    await this.#server.stop();
  }

  /** For `ms`. True when it took hold: Redis was there to be harmed, and it showed. */
  trouble(fault: RedisFault, ms: number): Promise<boolean> {
    switch (fault) {
      case RedisFault.KILLED:
        return this.#kill(ms);
      case RedisFault.FROZEN:
        return this.#freeze(ms);
      case RedisFault.EMPTIED:
        return this.#empty(ms);
      case RedisFault.FULL:
        return this.#fill(ms);
      case RedisFault.SLOW:
        return this.#slow(ms);
    }
  }

  async #kill(ms: number): Promise<boolean> {
    const { port } = this;
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.exited;
    this.#admin.disconnect();
    await sleep(ms);
    this.#server = await startRedisServer({ directory: this.#directory, port });
    this.#admin = connect(this.#server);
    return true;
  }

  async #freeze(ms: number): Promise<boolean> {
    const { pid } = this.#server;
    process.kill(pid, 'SIGSTOP');
    try {
      await sleep(ms);
      return isStopped(pid);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  async #empty(ms: number): Promise<boolean> {
    const endMs = performance.now() + ms;
    let held = 0;
    while (performance.now() < endMs) {
      held += await this.#admin.dbsize();
      await this.#admin.flushall();
      await sleep(EMPTIED_EVERY_MS);
    }
    return held > 0;
  }

  async #fill(ms: number): Promise<boolean> {
    await this.#admin.config('RESETSTAT');
    await this.#admin.config('SET', 'maxmemory', '1mb');
    await sleep(ms);
    await this.#admin.config('SET', 'maxmemory', '0');
    return (await this.#admin.info('errorstats')).includes('errorstat_OOM');
  }

  async #slow(ms: number): Promise<boolean> {
    const endMs = performance.now() + ms;
    let slowest = 0;
    while (performance.now() < endMs) {
      await this.#admin.call('CLIENT', 'PAUSE', String(SLOW_MS), 'ALL');
      const askedMs = performance.now();
      await this.#admin.ping();
      slowest = Math.max(slowest, performance.now() - askedMs);
    }
    return slowest > SLOW_MS / 2;
  }
}

export async function troubleRedis(bench: FaultBench, fault: RedisFault, ms: number): Promise<Outcome> {
  const hit = await bench.redis.trouble(fault, ms);
  return { hit, levelSeconds: await bench.bookLevel() };
}

function connect({ connection: { socketPath } }: RedisServer): Redis {
  const redis = new Redis({ path: socketPath });
  redis.on('error', () => {}); // it is killed now and then
  return redis;
}
