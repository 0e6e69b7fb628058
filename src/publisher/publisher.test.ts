// The publisher against a real Redis: newest book only, never an older one over a newer, back after any outage.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RedisServer, startRedisServer } from '../sim/servers/redis-server.ts';
import { PUBLISH_SCRIPT } from './publish-script.ts';
import {
  type DepthSource,
  PUBLISHER_LIMITS,
  Publisher,
  type PublisherOptions,
  type PublisherProgress,
} from './publisher.ts';

/** The script without the part that refuses an older book. */
const UNGUARDED_SCRIPT = PUBLISH_SCRIPT.replace(/\nif journal == [\s\S]*?\nend\n/, '\n');
const DEADLINE_MS = 15_000;
const LOOK_AGAIN_MS = 2;
const QUICK = {
  ...PUBLISHER_LIMITS,
  intervalMs: 5,
  refreshMs: 50,
  commandMs: 200,
  connectMs: 300,
  backoffFirstMs: 5,
  backoffLongestMs: 50,
};

/** A book of which only the newest state exists. */
class FakeDepth implements DepthSource {
  readonly instrument: string;
  sequence = -1;
  reads = 0;
  levels = 1;

  constructor(instrument: string) {
    this.instrument = instrument;
  }

  version(): number {
    return this.sequence;
  }

  read(): Uint8Array | undefined {
    this.reads++;
    if (this.sequence < 0) return undefined;
    const bids = Array.from({ length: this.levels }, (_, i) => [`${70_000 - i}.00`, '0.10000000']);
    return Buffer.from(JSON.stringify({ instrument: this.instrument, sequence: this.sequence, bids, asks: [] }));
  }
}

class RecordedProgress implements PublisherProgress {
  up: boolean | undefined;
  detail = '';
  ups = 0;
  readonly published_: number[] = [];
  readonly errors: string[] = [];

  connected(up: boolean, detail: string): void {
    this.up = up;
    this.detail = detail;
    if (up) this.ups++;
  }

  published(_instrument: string, sequence: number): void {
    this.published_.push(sequence);
  }

  error(message: string): void {
    this.errors.push(message);
  }
}

class Rig {
  readonly depth: FakeDepth;
  readonly progress = new RecordedProgress();
  readonly publisher: Publisher;

  constructor(redis: PublisherOptions['redis'], depth: FakeDepth, overrides: Partial<PublisherOptions> = {}) {
    this.depth = depth;
    this.publisher = new Publisher({
      redis,
      journalId: 'journal-a',
      epoch: 3,
      sources: () => [depth],
      progress: this.progress,
      wake: () => {},
      nowMs: () => performance.now(),
      random: () => 0.5,
      limits: QUICK,
      ...overrides,
    });
    this.publisher.onStart();
  }

  async until(done: () => boolean | Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (!(await done())) {
      if (performance.now() > endMs) {
        throw new Error(
          `not done in ${deadlineMs} ms: up ${this.progress.up} ${this.progress.detail}, ${this.progress.errors.slice(-3).join(' | ')}`,
        );
      }
      const worked = this.publisher.doWork();
      await sleep(worked > 0 ? 0 : LOOK_AGAIN_MS);
    }
  }
}

describe.skipIf(inject('redis') === null)('the publisher', () => {
  let directory: string;
  let server: RedisServer;
  let reader: Redis;
  let instruments = 0;
  const rigs: Rig[] = [];

  const endpoint = () => ({ host: server.connection.host, port: server.connection.port });
  const rigOf = (depth = new FakeDepth(`I${instruments++}`), overrides: Partial<PublisherOptions> = {}) => {
    const rig = new Rig(endpoint(), depth, overrides);
    rigs.push(rig);
    return rig;
  };
  const keyOf = (depth: FakeDepth) => `ringbook:${depth.instrument}:book`;
  const stored = async (
    depth: FakeDepth,
  ): Promise<{ epoch: number; sequence: number; book: { sequence: number } } | null> =>
    JSON.parse((await reader.get(keyOf(depth)).catch(() => null)) ?? 'null');
  const storedSequence = async (depth: FakeDepth) => (await stored(depth))?.sequence;

  const start = async (port?: number) => {
    server = await startRedisServer({ directory, ...(port === undefined ? {} : { port }) });
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rb-pub-'));
    await start();
    reader = new Redis({ ...endpoint(), retryStrategy: () => 20, maxRetriesPerRequest: 0 });
    reader.on('error', () => {});
  });
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((rig) => rig.publisher.onClose()));
  });
  afterAll(async () => {
    reader?.disconnect();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('stores the newest book, publishes it, and leaves out those in between', async () => {
    let nowMs = 0;
    // Nothing but the interval is short: a second attempt at anything would be a second message.
    const limits = { ...QUICK, intervalMs: 100, refreshMs: 1e6, commandMs: DEADLINE_MS, connectMs: DEADLINE_MS };
    const rig = rigOf(undefined, { limits, nowMs: () => nowMs });
    const subscriber = reader.duplicate();
    const messages: number[] = [];
    subscriber.on('message', (_channel, message) => messages.push(JSON.parse(message).sequence));
    await subscriber.subscribe(keyOf(rig.depth));
    await rig.until(() => rig.progress.up === true);
    const newestOfEach: number[] = [];
    for (let interval = 0; interval < 5; interval++) {
      rig.depth.sequence += 7;
      newestOfEach.push(rig.depth.sequence);
      await rig.until(() => rig.progress.published_.length === newestOfEach.length);
      // Until the interval is over nothing is even read, however often the book changes.
      const { reads } = rig.depth;
      for (let turn = 0; turn < 20; turn++) {
        rig.depth.sequence++;
        nowMs += 4;
        expect(rig.publisher.doWork()).toBe(0);
      }
      expect(rig.depth.reads).toBe(reads);
      nowMs += 20;
    }
    rig.depth.sequence += 7;
    const newest = rig.depth.sequence;
    await rig.until(async () => (await storedSequence(rig.depth)) === newest && messages.at(-1) === newest);
    expect(await stored(rig.depth)).toMatchObject({
      epoch: 3,
      sequence: newest,
      journal: 'journal-a',
      book: { sequence: newest },
    });
    expect(messages).toEqual([...newestOfEach, newest]);
    subscriber.disconnect();
  });

  it('publishes every instrument in turn, also one that is added later, and none whose book is not to be shown', async () => {
    const depths = [new FakeDepth(`I${instruments++}`), new FakeDepth(`I${instruments++}`)];
    const rig = rigOf(depths[0], { sources: () => depths });
    depths[0].sequence = 3;
    await rig.until(async () => (await storedSequence(depths[0])) === 3);
    const added = new FakeDepth(`I${instruments++}`);
    added.sequence = 4;
    depths.push(added);
    await rig.until(async () => (await storedSequence(added)) === 4);
    expect(await stored(depths[1])).toBeNull();
    depths[1].sequence = 5;
    // Though the first always has something new, the others get their turns.
    await rig.until(async () => {
      depths[0].sequence++;
      return (await storedSequence(depths[1])) === 5;
    });
  });

  it('never puts an older book over a newer one', async () => {
    const newer = rigOf();
    newer.depth.sequence = 500;
    await newer.until(async () => (await storedSequence(newer.depth)) === 500);
    const older = rigOf(new FakeDepth(newer.depth.instrument));
    older.depth.sequence = 499;
    await older.until(() => older.progress.errors.some((error) => error.includes('already holds a newer book')));
    const olderEpoch = rigOf(new FakeDepth(newer.depth.instrument), { epoch: 2 });
    olderEpoch.depth.sequence = 9_999;
    await olderEpoch.until(() => olderEpoch.progress.errors.length > 0);
    expect(await storedSequence(newer.depth)).toBe(500);

    const newerEpoch = rigOf(new FakeDepth(newer.depth.instrument), { epoch: 4 });
    newerEpoch.depth.sequence = 10;
    await newerEpoch.until(async () => (await storedSequence(newer.depth)) === 10);
    const otherJournal = rigOf(new FakeDepth(newer.depth.instrument), { epoch: 1, journalId: 'journal-b' });
    otherJournal.depth.sequence = 5;
    await otherJournal.until(async () => (await storedSequence(newer.depth)) === 5);
  });

  it('would do so without the guard in its script', async () => {
    expect(UNGUARDED_SCRIPT).not.toContain('return -1');
    const newer = rigOf();
    newer.depth.sequence = 500;
    await newer.until(async () => (await storedSequence(newer.depth)) === 500);
    const older = rigOf(new FakeDepth(newer.depth.instrument), { script: UNGUARDED_SCRIPT });
    older.depth.sequence = 499;
    await older.until(async () => (await storedSequence(newer.depth)) === 499);
    expect(older.progress.errors.filter((error) => error.includes('newer book'))).toEqual([]);
  });

  it('stores it again after the server came back empty, was flushed, or the publisher restarted', async () => {
    const rig = rigOf();
    rig.depth.sequence = 77;
    await rig.until(async () => (await storedSequence(rig.depth)) === 77);

    await reader.flushall();
    await rig.until(async () => (await storedSequence(rig.depth)) === 77);

    const { port } = server.connection;
    await server.stop();
    await rig.until(() => rig.progress.up === false);
    rig.depth.sequence = 78;
    await start(port);
    await rig.until(async () => (await storedSequence(rig.depth)) === 78);
    await rig.until(() => rig.progress.up === true);

    await rig.publisher.onClose();
    const again = rigOf(rig.depth);
    rig.depth.sequence = 79;
    await again.until(async () => (await storedSequence(rig.depth)) === 79);
  });

  it('queues nothing while the server is frozen, and sends only the newest book then', async () => {
    const rig = rigOf();
    rig.depth.sequence = 1;
    // Told to us too, not only stored: what is under way when the server freezes would be told later.
    await rig.until(() => rig.progress.published_.includes(1));
    process.kill(server.pid, 'SIGSTOP');
    try {
      const { reads } = rig.depth;
      const published = rig.progress.published_.length;
      const errors = rig.progress.errors.length;
      await rig.until(() => {
        rig.depth.sequence++;
        return rig.progress.up === false && rig.depth.sequence > 500;
      });
      expect(rig.progress.published_.length).toBe(published);
      // A book is read when it is sent and not before: at most one for each attempt, whose end is an error.
      expect(rig.depth.reads - reads).toBeLessThanOrEqual(rig.progress.errors.length - errors);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    const newest = rig.depth.sequence;
    const sentBefore = rig.progress.published_.length;
    await rig.until(() => rig.progress.published_.includes(newest));
    expect(await storedSequence(rig.depth)).toBe(newest);
    expect(rig.progress.published_.slice(sentBefore)).toEqual([newest]);
  });

  it('is down, and says why, while the server refuses to write', async () => {
    const rig = rigOf();
    rig.depth.sequence = 1;
    await rig.until(async () => (await storedSequence(rig.depth)) === 1);
    await reader.config('SET', 'maxmemory', '1');
    rig.depth.sequence = 2;
    // A server that is slow is down for another reason first.
    await rig.until(() => rig.progress.up === false && rig.progress.detail.includes('OOM'));
    await reader.config('SET', 'maxmemory', '0');
    await rig.until(async () => (await storedSequence(rig.depth)) === 2);
    // We are told a moment after it is stored.
    await rig.until(() => rig.progress.up === true);
  });

  it('starts without a server, and finds it when it comes', async () => {
    const { port } = server.connection;
    await server.stop();
    const rig = rigOf();
    rig.depth.sequence = 4;
    await rig.until(() => rig.progress.up === false);
    await start(port);
    await rig.until(async () => (await storedSequence(rig.depth)) === 4);
  });
});
