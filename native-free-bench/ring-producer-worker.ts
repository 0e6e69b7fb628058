// Thread entry for ring.bench.ts: a producer that fills one ring each time it is told to, at full speed.
// Owns its views of the shared buffers. Sleeps between two runs, until it is terminated.
import { workerData } from 'node:worker_threads';
import { CommandRing } from '#ringbook/shared-memory/command-ring.js';
import { MultiProducerRing } from './alternatives/multi-producer-ring.ts';

/** What a producer is given. `control` is one word, the number of the run. */
export interface ProducerJob {
  readonly kind: 'single' | 'multi';
  readonly ring: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly slots: number;
  readonly slotBytes: number;
  /** It writes the numbers from `from` to below `to`. */
  readonly from: number;
  readonly to: number;
}

const job: ProducerJob = workerData; // both ends are compiled from the same ProducerJob
const control = new Int32Array(job.control);
const napWord = new Int32Array(new SharedArrayBuffer(4));

const ring =
  job.kind === 'single' ? new CommandRing(job.ring) : new MultiProducerRing(job.ring, job.slots, job.slotBytes);
let lastRun = 0;
for (;;) {
  Atomics.wait(control, 0, lastRun); // pairs with the notify in ring.bench.ts
  lastRun = Atomics.load(control, 0);
  for (let n = job.from; n < job.to; n++) {
    let at = ring.claim();
    for (let tries = 1; at === -1; at = ring.claim()) if (tries++ % 200 === 0) Atomics.wait(napWord, 0, 0, 0.02);
    for (let i = 0; i < job.slotBytes; i += 8) ring.view.setFloat64(at + i, n, true);
    ring.commit();
  }
}
