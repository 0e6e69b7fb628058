// Benchmarks of records from one thread to another, copied in and copied out: through the command ring and the event
// ring, each record handed over by itself or as a batch; beside a plain copy loop over a few shared blocks, with one
// flag for hundreds of records.

import { BroadcastReader, broadcastBytesNeeded, createBroadcastRing } from '#ringbook/shared-memory/broadcast-ring.js';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { BLOCK_RECORDS, BLOCKS, blockOffset, blocksBytes, type CrossingJob, EMPTY, FULL } from './crossing.ts';
import { Peer, spin, spinUntil } from './peer.ts';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

/** A price and a quantity; a whole cache line, which has to go from one core to the other. */
const RECORD_SIZES = [16, 64];
/** As a server has by default; the copy loop's blocks hold as many. */
const SLOTS = 4096;
/** As the matching thread drains. */
const BATCH = 64;
const EVENT_RING_BYTES = 2 ** 24;

export function throughputSuite({ seed, tiny }: SuiteOptions): Suite {
  const count = BLOCK_RECORDS * (tiny ? 4 : 512);
  const cases = RECORD_SIZES.flatMap((recordBytes) => {
    const work = { count, seed, recordBytes };
    return [copyLoop(work), throughCommandRing(work), throughEventRing(work)];
  });
  return { name: 'throughput', cases };
}

interface Work {
  /** Records of a run. */
  readonly count: number;
  readonly seed: number;
  readonly recordBytes: number;
}

function crossingCase(
  name: string,
  kind: CrossingJob['kind'],
  there: SharedArrayBuffer,
  work: Work,
  drain: () => number,
): Case {
  const peer = new Peer(new URL('./crossing-worker.js', import.meta.url), {
    ...{ kind, there, back: there, batch: BATCH },
    ...work,
  });
  return {
    name: `${name}, ${work.recordBytes} bytes`,
    unit: 'record',
    operations: work.count,
    resultOf: `records of ${work.recordBytes} bytes across threads`,
    run: () => {
      peer.begin();
      return drain();
    },
    close: () => peer.close(),
  };
}

function copyLoop(work: Work): Case {
  const { count, recordBytes } = work;
  const there = new SharedArrayBuffer(blocksBytes(recordBytes));
  const words = new Int32Array(there);
  const numbers = new Float64Array(there);
  const recordNumbers = recordBytes / 8;
  const target = new Float64Array(recordNumbers);
  const drain = (): number => {
    let hash = HASH_START;
    for (let block = 0; block * BLOCK_RECORDS < count; block++) {
      const flag = block % BLOCKS;
      spinUntil(words, flag, FULL); // pairs with the store in crossing-worker.ts
      let at = blockOffset(flag, recordNumbers);
      for (let n = 0; n < BLOCK_RECORDS; n++) {
        for (let i = 0; i < recordNumbers; i++) target[i] = numbers[at + i];
        hash = hashWord(hash, target[0] ^ target[recordNumbers - 1]);
        at += recordNumbers;
      }
      Atomics.store(words, flag, EMPTY); // pairs with the load in crossing-worker.ts
    }
    return hash;
  };
  return crossingCase('plain copy loop', 'fill-blocks', there, work, drain);
}

function throughCommandRing(work: Work): Case {
  const { count, recordBytes } = work;
  const there = new SharedArrayBuffer(CommandRing.bytesNeeded(SLOTS, recordBytes));
  const ring = CommandRing.create(there, SLOTS, recordBytes);
  const numbers = new Float64Array(there);
  const recordNumbers = recordBytes / 8;
  const target = new Float64Array(recordNumbers);
  const drain = (): number => {
    let hash = HASH_START;
    let spins = 0;
    for (let done = 0; done < count; ) {
      const available = ring.available(BATCH);
      spins = available === 0 ? spin(spins) : 0;
      for (let k = 0; k < available; k++) {
        const at = ring.slotAt(k) >> 3;
        for (let i = 0; i < recordNumbers; i++) target[i] = numbers[at + i];
        hash = hashWord(hash, target[0] ^ target[recordNumbers - 1]);
      }
      if (available > 0) ring.release(available);
      done += available;
    }
    return hash;
  };
  return crossingCase('command ring', 'fill-ring', there, work, drain);
}

/** A reader copies each record by itself: that is the ring's own work. */
function throughEventRing(work: Work): Case {
  const { count, recordBytes } = work;
  const there = new SharedArrayBuffer(broadcastBytesNeeded(EVENT_RING_BYTES));
  createBroadcastRing(there, EVENT_RING_BYTES);
  const reader = new BroadcastReader(there);
  let hash = HASH_START;
  const receive = (_type: number, offset: number): void => {
    const { view } = reader;
    hash = hashWord(hash, view.getFloat64(offset, true) ^ view.getFloat64(offset + recordBytes - 8, true));
  };
  const drain = (): number => {
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
  return crossingCase('event ring, one reader', 'write-events', there, work, drain);
}
