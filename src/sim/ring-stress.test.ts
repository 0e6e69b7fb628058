// Every ring between two real threads: a million messages with their content checked, and the doorbell without a lost wake-up.
// Each suite has a negative control that breaks one side on purpose and must be caught. Workers are loaded from dist/: build first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { broadcastBytesNeeded, createBroadcastRing } from '../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { DOORBELL_STRIDE_INTS } from '../shared-memory/doorbell.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import type { StressJob, StressResult } from './ring-stress-worker.ts';

const WORKER = fileURLToPath(new URL('../../dist/sim/ring-stress-worker.js', import.meta.url));
const MESSAGES = 1_000_000;
/** Units below the wrap of the cursors: every run crosses it early. */
const NEAR_WRAP = 0x7fffffff - 1000;

function isResult(value: unknown): value is StressResult {
  return typeof value === 'object' && value !== null && 'done' in value && 'wrong' in value && 'lapped' in value;
}

/** Runs both jobs on a thread each; their results, or the first error. */
async function runBoth(first: StressJob, second: StressJob): Promise<readonly [StressResult, StressResult]> {
  if (!existsSync(WORKER)) throw new Error(`${WORKER} is missing: npm run build`);
  const workers: Worker[] = [];
  const run = (job: StressJob): Promise<StressResult> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(WORKER, { workerData: job });
      workers.push(worker);
      worker.once('error', reject);
      worker.once('message', (result: unknown) =>
        isResult(result) ? resolve(result) : reject(new Error('no result')),
      );
      worker.once('exit', (code) => reject(new Error(`the ${job.role} ended with ${code} before it was done`)));
    });
  try {
    return await Promise.all([run(first), run(second)]);
  } finally {
    for (const worker of workers) await worker.terminate();
  }
}

function commandRing(slots = 256, slotBytes = 64): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(CommandRing.bytesNeeded(slots, slotBytes));
  CommandRing.create(buffer, slots, slotBytes, NEAR_WRAP);
  return buffer;
}

function messageRing(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(MessageRing.bytesNeeded(16_384));
  MessageRing.create(buffer, 16_384, NEAR_WRAP);
  return buffer;
}

function broadcastRing(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(broadcastBytesNeeded(16_384));
  createBroadcastRing(buffer, 16_384, NEAR_WRAP);
  return buffer;
}

function latestValue(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(LatestValue.bytesNeeded(512));
  LatestValue.create(buffer, 512);
  return buffer;
}

const none = new SharedArrayBuffer(0);

function both(
  roles: readonly [StressJob['role'], StressJob['role']],
  rest: Partial<StressJob>,
): Promise<readonly [StressResult, StressResult]> {
  const words = new SharedArrayBuffer(6 * DOORBELL_STRIDE_INTS * 4);
  const job = { ring: none, back: none, words, count: MESSAGES, ...rest };
  return runBoth({ ...job, role: roles[0] }, { ...job, role: roles[1] });
}

describe('command ring between two threads', () => {
  it('hands a million slots over in order and whole', async () => {
    const [, consumed] = await both(['command-producer', 'command-consumer'], { ring: commandRing() });
    expect(consumed).toEqual({ done: MESSAGES, wrong: 0, lapped: 0 });
  });

  it('negative control: a producer that commits before it writes is caught', async () => {
    const rest: Partial<StressJob> = { ring: commandRing(2), count: 500, broken: 'commit-first' };
    const [, consumed] = await both(['command-producer', 'command-consumer'], rest);
    expect(consumed.wrong).toBeGreaterThan(400);
  });
});

describe('message ring between two threads', () => {
  it('hands a million messages over in order and whole', async () => {
    const [, consumed] = await both(['message-producer', 'message-consumer'], { ring: messageRing() });
    expect(consumed).toEqual({ done: MESSAGES, wrong: 0, lapped: 0 });
  });

  it('negative control: a producer that commits before it writes is caught', async () => {
    const rest: Partial<StressJob> = { ring: messageRing(), count: 500, broken: 'commit-first' };
    const [, consumed] = await both(['message-producer', 'message-consumer'], rest);
    expect(consumed.wrong).toBeGreaterThan(400);
  });
});

describe('broadcast ring between two threads', () => {
  it('never hands out a torn record, while its reader is lapped again and again', async () => {
    const rest: Partial<StressJob> = { ring: broadcastRing(), interruptEvery: 5000 };
    const [, read] = await both(['broadcast-writer', 'broadcast-reader'], rest);
    expect(read.wrong).toBe(0);
    expect(read.done).toBeGreaterThanOrEqual(MESSAGES);
    expect(read.lapped).toBeGreaterThan(100);
  });

  it('negative control: a reader without its check is caught', async () => {
    const rest: Partial<StressJob> = { ring: broadcastRing(), count: 1000, interruptEvery: 50, broken: 'no-check' };
    const [, read] = await both(['broadcast-writer', 'broadcast-reader'], rest);
    expect(read.wrong).toBeGreaterThan(0);
  });
});

describe('latest value between two threads', () => {
  it('is never of two writes, while its reader is overtaken again and again', async () => {
    const rest: Partial<StressJob> = { ring: latestValue(), interruptEvery: 1000 };
    const [, read] = await both(['value-writer', 'value-reader'], rest);
    expect(read.wrong).toBe(0);
    expect(read.done).toBeGreaterThanOrEqual(MESSAGES);
    expect(read.lapped).toBeGreaterThan(100);
  });

  it('negative control: a reader without its check is caught', async () => {
    const rest: Partial<StressJob> = { ring: latestValue(), count: 1000, interruptEvery: 10, broken: 'no-check' };
    const [, read] = await both(['value-writer', 'value-reader'], rest);
    expect(read.wrong).toBeGreaterThan(0);
  });
});

describe('doorbell between two threads', () => {
  const ROUNDS = 20_000;

  for (const wait of ['block', 'yield', 'event-loop'] as const) {
    it(`plays ${ROUNDS} rounds of ping-pong without a lost wake-up (${wait})`, async () => {
      const rest: Partial<StressJob> = { ring: commandRing(2, 8), back: commandRing(2, 8), count: ROUNDS, wait };
      const [ping, pong] = await both(['ping', 'pong'], rest);
      expect([ping, pong]).toEqual([
        { done: ROUNDS, wrong: 0, lapped: 0 },
        { done: ROUNDS, wrong: 0, lapped: 0 },
      ]);
    });
  }

  it('finds what was sent between its look and its arming', async () => {
    const [, ringer] = await both(['late-sleeper', 'early-ringer'], { ring: commandRing(2, 8), count: 2000 });
    expect(ringer.wrong).toBe(0);
  });

  it('negative control: an owner that does not look again after arming is caught every time', async () => {
    const rest: Partial<StressJob> = { ring: commandRing(2, 8), count: 2000, broken: 'no-recheck' };
    const [, ringer] = await both(['late-sleeper', 'early-ringer'], rest);
    expect(ringer.wrong).toBe(2000);
  });
});
