// Benchmarks of the rings: what a message costs on one thread, and across two; the ring that was chosen beside the one that was not.
import { Worker } from 'node:worker_threads';
import {
  BroadcastReader,
  BroadcastWriter,
  broadcastBytesNeeded,
  createBroadcastRing,
} from '#ringbook/shared-memory/broadcast-ring.js';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { CounterBlock, counterBytesNeeded } from '#ringbook/shared-memory/counters.js';
import { DOORBELL_STRIDE_INTS, Doorbell } from '#ringbook/shared-memory/doorbell.js';
import { Histogram } from '#ringbook/shared-memory/histogram.js';
import { MessageRing } from '#ringbook/shared-memory/message-ring.js';
import { MultiProducerRing } from './alternatives/multi-producer-ring.ts';
import type { ProducerJob } from './ring-producer-worker.ts';
import { type Case, HASH_START, hashWord, type Run, rivals, type Suite, type SuiteOptions } from './suite.ts';

const SLOTS = 1024;
const SLOT_BYTES = 128;
/** Slots handed over at a time on one thread, as the matcher drains them. */
const BATCH = 64;

export function ringSuite(options: SuiteOptions): Suite {
  const operations = options.tiny ? 4 * BATCH : 64 * 1024;
  const crossing = options.tiny ? 5000 : 500_000;
  return {
    name: 'ring',
    cases: [
      ...rivals('slot', 'one thread', operations, {
        'command ring (chosen), one thread': commandRing(operations, options.seed),
        'multi-producer ring, one thread': multiProducerRing(operations, options.seed),
      }),
      ...rivals('message', 'one thread', operations, {
        'message ring, one thread': messageRing(operations, options.seed),
      }),
      ...rivals('record', 'one thread', operations, {
        'broadcast ring, one thread, one reader': broadcastRing(operations, options.seed),
      }),
      ...rivals('ring', 'doorbell', operations, {
        'doorbell, its owner awake': doorbell(operations),
      }),
      ...rivals('duration', 'histogram', operations, {
        histogram: histogram(operations),
      }),
      acrossThreads('one producer, one ring (chosen)', 'single', 1, crossing, options.seed),
      acrossThreads('one producer, multi-producer ring', 'multi', 1, crossing, options.seed),
      acrossThreads('two producers, a ring each (chosen)', 'single', 2, crossing, options.seed),
      acrossThreads('two producers, one multi-producer ring', 'multi', 2, crossing, options.seed),
    ],
  };
}

/** Fills a slot with numbers that follow from `n`, as a command would. */
function write(view: DataView, at: number, n: number): void {
  for (let i = 0; i < SLOT_BYTES; i += 8) view.setFloat64(at + i, n + i, true);
}

/** Folds what `write` left into `hash`. */
function fold(hash: number, view: DataView, at: number): number {
  return hashWord(hashWord(hash, view.getFloat64(at, true)), view.getFloat64(at + SLOT_BYTES - 8, true));
}

function commandRing(operations: number, seed: number): Run {
  const ring = CommandRing.create(new SharedArrayBuffer(CommandRing.bytesNeeded(SLOTS, SLOT_BYTES)), SLOTS, SLOT_BYTES);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        write(ring.view, ring.claim(), seed + n + i);
        ring.commit();
      }
      const available = ring.available(BATCH);
      for (let i = 0; i < available; i++) hash = fold(hash, ring.view, ring.slotAt(i));
      ring.release(available);
    }
    return hash;
  };
}

function multiProducerRing(operations: number, seed: number): Run {
  const buffer = new SharedArrayBuffer(MultiProducerRing.bytesNeeded(SLOTS, SLOT_BYTES));
  const ring = MultiProducerRing.create(buffer, SLOTS, SLOT_BYTES);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        write(ring.view, ring.claim(), seed + n + i);
        ring.commit();
      }
      for (let at = ring.next(); at !== -1; at = ring.next()) {
        hash = fold(hash, ring.view, at);
        ring.release();
      }
    }
    return hash;
  };
}

function messageRing(operations: number, seed: number): Run {
  const ring = MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(2 ** 17)), 2 ** 17);
  let hash = HASH_START;
  const receive = (_type: number, offset: number): void => {
    hash = fold(hash, ring.view, offset);
  };
  return () => {
    hash = HASH_START;
    for (let n = 0; n < operations; n += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        write(ring.view, ring.claim(1, SLOT_BYTES), seed + n + i);
        ring.commit();
      }
      ring.read(receive, BATCH);
    }
    return hash;
  };
}

function broadcastRing(operations: number, seed: number): Run {
  const buffer = new SharedArrayBuffer(broadcastBytesNeeded(2 ** 17));
  createBroadcastRing(buffer, 2 ** 17);
  const writer = new BroadcastWriter(buffer);
  const reader = new BroadcastReader(buffer);
  let hash = HASH_START;
  const receive = (_type: number, offset: number): void => {
    hash = fold(hash, reader.view, offset);
  };
  return () => {
    hash = HASH_START;
    for (let n = 0; n < operations; n += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        write(writer.view, writer.claim(1, SLOT_BYTES), seed + n + i);
        writer.commit();
      }
      writer.publish();
      reader.poll(receive, BATCH);
    }
    return hash;
  };
}

function doorbell(operations: number): Run {
  const bell = new Doorbell(new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 4)), 0);
  return () => {
    for (let n = 0; n < operations; n++) bell.ring();
    return 0;
  };
}

function histogram(operations: number): Run {
  const block = new CounterBlock(new SharedArrayBuffer(counterBytesNeeded(1)), 0);
  const recorded = new Histogram(block, 0);
  return () => {
    const before = recorded.count();
    for (let n = 0; n < operations; n++) recorded.record((n & 1023) * 1e-6);
    return recorded.count() - before;
  };
}

/** `producers` threads fill rings, this thread drains them: the sum of all they wrote is the result, for their order is not fixed. */
function acrossThreads(name: string, kind: ProducerJob['kind'], producers: number, count: number, seed: number): Case {
  const control = new SharedArrayBuffer(4);
  const words = new Int32Array(control);
  const buffers: SharedArrayBuffer[] = [];
  const bytes =
    kind === 'single' ? CommandRing.bytesNeeded(SLOTS, SLOT_BYTES) : MultiProducerRing.bytesNeeded(SLOTS, SLOT_BYTES);
  for (let i = 0; i < (kind === 'single' ? producers : 1); i++) buffers.push(new SharedArrayBuffer(bytes));
  const single = kind === 'single' ? buffers.map((buffer) => CommandRing.create(buffer, SLOTS, SLOT_BYTES)) : [];
  const multi = kind === 'multi' ? buffers.map((buffer) => MultiProducerRing.create(buffer, SLOTS, SLOT_BYTES)) : [];
  const workers: Worker[] = [];
  const each = count / producers;

  const start = (): void => {
    for (let i = 0; i < producers; i++) {
      const ring = buffers[kind === 'single' ? i : 0];
      if (ring === undefined) continue;
      const job: ProducerJob = {
        kind,
        ring,
        control,
        slots: SLOTS,
        slotBytes: SLOT_BYTES,
        from: seed + i * each,
        to: seed + (i + 1) * each,
      };
      const worker = new Worker(new URL('./ring-producer-worker.js', import.meta.url), { workerData: job });
      workers.push(worker);
    }
  };

  return {
    name: `${name}, across threads`,
    unit: 'slot',
    operations: count,
    resultOf: 'across threads',
    run: () => {
      if (workers.length === 0) start();
      let drained = 0;
      let sum = 0;
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0); // pairs with the wait in ring-producer-worker.ts
      while (drained < count) {
        for (const ring of single) {
          const available = ring.available(BATCH);
          for (let i = 0; i < available; i++) sum += ring.view.getFloat64(ring.slotAt(i), true);
          if (available > 0) ring.release(available);
          drained += available;
        }
        for (const ring of multi) {
          for (let at = ring.next(); at !== -1; at = ring.next()) {
            sum += ring.view.getFloat64(at, true);
            ring.release();
            drained++;
          }
        }
      }
      return sum % 2 ** 32;
    },
    close: async () => {
      for (const worker of workers) await worker.terminate();
    },
  };
}
