// Benchmarks of records from one thread to another, copied in and copied out: through the command ring and the event ring, each record
// handed over by itself or as a batch; beside a plain copy loop over a few shared blocks, with one flag for hundreds of records.

import { BroadcastReader, broadcastBytesNeeded, createBroadcastRing } from '#ringbook/shared-memory/broadcast-ring.js';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { BLOCK_RECORDS, BLOCKS, blockOffset, blocksBytes, type CrossingJob, EMPTY, FULL } from './crossing.ts';
import { Peer, spin, spinUntil } from './peer.ts';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

/** One cache line. */
const RECORD_BYTES = 64;
const RECORD_WORDS = RECORD_BYTES / 4;
const SLOTS = 1024;
/** As the matching thread drains. */
const BATCH = 64;
const EVENT_RING_BYTES = 2 ** 24;

export function throughputSuite({ seed, tiny }: SuiteOptions): Suite {
  const count = BLOCK_RECORDS * (tiny ? 4 : 512);
  return {
    name: 'throughput',
    cases: [copyLoop(count, seed), throughCommandRing(count, seed), throughEventRing(count, seed)],
  };
}

function crossingCase(name: string, kind: CrossingJob['kind'], there: SharedArrayBuffer, drain: Drain): Case {
  const { count, seed } = drain;
  const job = { kind, there, back: there, count, recordBytes: RECORD_BYTES, batch: BATCH, seed };
  const peer = new Peer(new URL('./crossing-worker.js', import.meta.url), job);
  return {
    name,
    unit: 'record',
    operations: count,
    resultOf: 'records across threads',
    run: () => {
      peer.begin();
      return drain.run();
    },
    close: () => peer.close(),
  };
}

interface Drain {
  readonly count: number;
  readonly seed: number;
  readonly run: () => number;
}

function copyLoop(count: number, seed: number): Case {
  const there = new SharedArrayBuffer(blocksBytes(RECORD_BYTES));
  const words = new Int32Array(there);
  const target = new Int32Array(RECORD_WORDS);
  const run = (): number => {
    let hash = HASH_START;
    for (let block = 0; block * BLOCK_RECORDS < count; block++) {
      const flag = block % BLOCKS;
      spinUntil(words, flag, FULL); // pairs with the store in crossing-worker.ts
      let at = blockOffset(flag, RECORD_WORDS);
      for (let n = 0; n < BLOCK_RECORDS; n++) {
        for (let i = 0; i < RECORD_WORDS; i++) target[i] = words[at + i];
        hash = hashWord(hash, target[0] ^ target[RECORD_WORDS - 1]);
        at += RECORD_WORDS;
      }
      Atomics.store(words, flag, EMPTY); // pairs with the load in crossing-worker.ts
    }
    return hash;
  };
  return crossingCase('plain copy loop', 'fill-blocks', there, { count, seed, run });
}

function throughCommandRing(count: number, seed: number): Case {
  const there = new SharedArrayBuffer(CommandRing.bytesNeeded(SLOTS, RECORD_BYTES));
  const ring = CommandRing.create(there, SLOTS, RECORD_BYTES);
  const words = new Int32Array(there);
  const target = new Int32Array(RECORD_WORDS);
  const run = (): number => {
    let hash = HASH_START;
    let spins = 0;
    for (let done = 0; done < count; ) {
      const available = ring.available(BATCH);
      spins = available === 0 ? spin(spins) : 0;
      for (let k = 0; k < available; k++) {
        const at = ring.slotAt(k) >> 2;
        for (let i = 0; i < RECORD_WORDS; i++) target[i] = words[at + i];
        hash = hashWord(hash, target[0] ^ target[RECORD_WORDS - 1]);
      }
      if (available > 0) ring.release(available);
      done += available;
    }
    return hash;
  };
  return crossingCase('command ring', 'fill-ring', there, { count, seed, run });
}

/** A reader copies each record by itself: that is the ring's own work. */
function throughEventRing(count: number, seed: number): Case {
  const there = new SharedArrayBuffer(broadcastBytesNeeded(EVENT_RING_BYTES));
  createBroadcastRing(there, EVENT_RING_BYTES);
  const reader = new BroadcastReader(there);
  let hash = HASH_START;
  const receive = (_type: number, offset: number): void => {
    const { view } = reader;
    hash = hashWord(hash, view.getInt32(offset, true) ^ view.getInt32(offset + RECORD_BYTES - 4, true));
  };
  const run = (): number => {
    hash = HASH_START;
    let spins = 0;
    for (let done = 0; done < count; ) {
      const polled = reader.poll(receive, BATCH);
      if (polled < 0) throw new Error('the event ring is too small for a run');
      spins = polled === 0 ? spin(spins) : 0;
      done += polled;
    }
    return hash;
  };
  return crossingCase('event ring, one reader', 'write-events', there, { count, seed, run });
}
