// The whole way of a command in one process, without sockets: a producer's thread, the command ring, the real matching
// thread with its journal on a file, reply ring and event ring, a consumer's thread. Main thread of the benchmark. Owns
// the threads and a directory.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { readConfig } from '#ringbook/config.js';
import { SegmentPreparer } from '#ringbook/journal/segment-preparer.js';
import { ProcessState, SharedProcessState } from '#ringbook/runtime/process-state.js';
import { CounterBlock } from '#ringbook/shared-memory/counters.js';
import type { ThreadMessage } from '#ringbook/supervisor/messages.js';
import { Threads } from '#ringbook/supervisor/threads.js';
import { createSharedMemory, type ThreadPlan } from '#ringbook/topology.js';
import { CounterBlockId, MatchingCounter } from '#ringbook/wire/counters.js';
import type { Begin, PipelineJob, Played } from './pipeline-job.ts';
import type { Tape } from './pipeline-tape.ts';

/** The consumer is in a gateway's place; it is started here. */
const PLAN: readonly ThreadPlan[] = [
  { name: 'gateway-0', loop: 'event-loop', agents: ['gateway'], gateway: 0 },
  { name: 'matching', loop: 'blocking', agents: ['matching'] },
];
const STOP_MS = 10_000;

export class Pipeline {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ringbook-bench-pipeline-'));
  readonly #taken = new Int32Array(new SharedArrayBuffer(4));
  readonly #counters: CounterBlock;
  readonly #state: SharedProcessState;
  readonly #preparer: SegmentPreparer;
  readonly #threads: Threads;
  readonly #workers: readonly Worker[];
  readonly #ready: Promise<void>;
  readonly #failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #runs = 0;

  constructor(tape: Tape, durability: 'fsync' | 'os') {
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => {}); // whoever plays hears of it
    const directory = this.#directory;
    const environment = {
      RINGBOOK_DATA_DIR: directory,
      RINGBOOK_DURABILITY: durability,
      RINGBOOK_GATEWAY_THREADS: '1',
    };
    const config = readConfig(environment, directory);
    const memory = createSharedMemory(config, PLAN);
    const directories = {
      journal: join(directory, 'journal'),
      snapshots: join(directory, 'snapshots'),
      spool: join(directory, 'spool'),
      control: join(directory, 'CONTROL'),
    };
    for (const path of [directories.journal, directories.snapshots]) mkdirSync(path);
    this.#counters = new CounterBlock(memory.counters, CounterBlockId.MATCHING);
    this.#state = new SharedProcessState(memory.state);
    this.#preparer = new SegmentPreparer(directories.journal, config.segmentBytes);
    this.#threads = new Threads(PLAN, memory, (_thread, message) => this.#heard(message));
    const data = { config, port: 0, threads: PLAN, memory, directories, postgres: undefined };
    this.#ready = this.#threads.start(['matching'], data);
    const dueUs = new SharedArrayBuffer(8 * tape.length);
    const job = { memory, threads: PLAN, ...tape, dueUs, taken: this.#taken.buffer };
    this.#workers = (['producer', 'consumer'] as const).map((role) => this.#startWorker({ ...job, role }));
  }

  /** Runs the tape once; `perSecond` undefined: as fast as replies come. */
  async play(perSecond?: number): Promise<Played> {
    await Promise.race([this.#ready, this.#failed]);
    this.#runs++;
    Atomics.store(this.#taken, 0, 0);
    const begin: Begin = { run: this.#runs, sequence: this.#counters.get(MatchingCounter.SEQUENCE), perSecond };
    const [producer, consumer] = this.#workers;
    const ended = [answerOf(producer), answerOf(consumer)];
    for (const worker of this.#workers) worker.postMessage(begin);
    const [, played] = await Promise.race([Promise.all(ended), this.#failed]);
    return played;
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.terminate();
    this.#state.advance(ProcessState.CLOSING);
    this.#threads.wake();
    await this.#threads.ended(['matching'], STOP_MS);
    await this.#preparer.close();
    rmSync(this.#directory, { recursive: true });
  }

  #startWorker(job: PipelineJob): Worker {
    const worker = new Worker(new URL('./pipeline-worker.js', import.meta.url), { workerData: job });
    worker.on('error', (error) => this.#fail(error));
    return worker;
  }

  #heard(message: ThreadMessage): void {
    if (message.kind === 'failed') this.#fail(new Error(`${message.name}: ${message.message}`));
    if (message.kind === 'segment-needed') {
      this.#preparer.prepare().catch((error: unknown) => this.#fail(error));
    }
  }
}

/** Of the producer: nothing but that it is done. */
function answerOf(worker: Worker): Promise<Played> {
  return new Promise((resolve) => worker.once('message', resolve));
}
