// Benchmarks of one hop: a number through a command ring to another thread and through a second one back, both threads
// awake; beside two words of shared memory and nothing else, which no ring can beat.

import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { type CrossingJob, PING_PONG_BYTES, PING_WORD, PONG_WORD } from './crossing.ts';
import { Peer, spin, spinUntil } from './peer.ts';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

const SLOTS = 1024;
const SLOT_BYTES = 128;

export function hopSuite(options: SuiteOptions): Suite {
  const trips = options.tiny ? 50 : 50_000;
  return { name: 'hop', cases: [throughWords(trips, options.seed), throughRings(trips, options.seed)] };
}

function hopCase(name: string, trips: number, job: Omit<CrossingJob, 'control'>, trip: (n: number) => number): Case {
  const peer = new Peer(new URL('./crossing-worker.js', import.meta.url), job);
  return {
    name,
    unit: 'hop',
    operations: 2 * trips,
    resultOf: 'hop',
    run: () => {
      let hash = HASH_START;
      peer.begin();
      for (let n = 1; n <= trips; n++) hash = hashWord(hash, job.seed ^ trip(n));
      return hash;
    },
    close: () => peer.close(),
  };
}

function throughWords(count: number, seed: number): Case {
  const there = new SharedArrayBuffer(PING_PONG_BYTES);
  const words = new Int32Array(there);
  const job = { kind: 'echo-words', there, back: there, count, recordBytes: SLOT_BYTES, batch: 1, seed } as const;
  return hopCase('Atomics ping-pong, two words', count, job, (n) => {
    Atomics.store(words, PING_WORD, n); // pairs with the load in crossing-worker.ts
    spinUntil(words, PONG_WORD, n); // pairs with the store in crossing-worker.ts
    return n;
  });
}

function throughRings(count: number, seed: number): Case {
  const [there, back] = [ringBuffer(), ringBuffer()];
  const outward = new CommandRing(there);
  const inward = new CommandRing(back);
  let held = 0;
  const job = { kind: 'echo-rings', there, back, count, recordBytes: SLOT_BYTES, batch: 1, seed } as const;
  return hopCase('command ring there and back', count, job, (n) => {
    outward.view.setFloat64(outward.claim(), n, true);
    outward.commit();
    inward.release(held); // of the trip before, off the way: the next number is under way
    for (let spins = 0; inward.available(1) === 0; ) spins = spin(spins);
    held = 1;
    return inward.view.getFloat64(inward.slotAt(0), true);
  });
}

function ringBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(CommandRing.bytesNeeded(SLOTS, SLOT_BYTES));
  CommandRing.create(buffer, SLOTS, SLOT_BYTES);
  return buffer;
}
