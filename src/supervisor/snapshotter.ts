// When engine snapshots are taken: after so many commands, after so much time in which there were any, and when asked.
// Main thread; owns the thread that takes one, and starts it anew for each. Must never have two at work at once, nor end
// the process because one failed: the journal is whole without.

import { Worker } from 'node:worker_threads';
import type { MainAnswer } from '../gateway/context.ts';
import type { SnapshotFacts, SnapshotTask } from '../journal/take-snapshot.ts';
import type { FaultPlan } from '../runtime/fault-point.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { MainCounter } from '../wire/counters.ts';

/** How far the process is now. */
interface Progress {
  readonly sequence: () => number;
  readonly durableFrame: () => number;
  /** 0 when it is not known. */
  readonly ledgerSequence: () => number;
}

/** One that could not be taken is tried again so much later. */
const RETRY_SECONDS = 30;

export interface SnapshotterOptions {
  readonly directories: { readonly journal: string; readonly snapshots: string };
  /** One is due after so many commands, or after so many seconds when there was a command. */
  readonly everyCommands: number;
  readonly everySeconds: number;
  /** For the thread that takes one. */
  readonly crashAt?: FaultPlan | undefined;
  readonly progress: Progress;
  readonly counters: CounterBlock;
  /** A stopwatch, seconds. */
  readonly nowSeconds: () => number;
  readonly onTaken: (facts: SnapshotFacts) => void;
  readonly onFailed: (error: Error) => void;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #worker: Worker | undefined;
  #running: Promise<SnapshotFacts> | undefined;
  /** Asked for while one was at work, which may be of a state from before. */
  #next: Promise<SnapshotFacts> | undefined;
  #sequence = 0;
  #beganAt: number;
  #failedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    this.#beganAt = options.nowSeconds();
  }

  /** The start restored the snapshot of this sequence, 0: none. The first look comes after it. */
  begin(snapshotSequence: number): void {
    this.#sequence = snapshotSequence;
    this.#options.counters.set(MainCounter.SNAPSHOT_SEQUENCE, snapshotSequence);
    this.#beganAt = this.#options.nowSeconds();
  }

  /** Takes one if it is due. Called every so often. */
  look(): void {
    if (this.#running !== undefined || this.#closed) return;
    const { progress, everyCommands, everySeconds, nowSeconds } = this.#options;
    if (nowSeconds() - this.#failedAt < RETRY_SECONDS) return;
    const commands = progress.sequence() - this.#sequence;
    const isDue = commands >= everyCommands || (commands > 0 && nowSeconds() - this.#beganAt >= everySeconds);
    if (isDue) this.take().catch(() => {}); // told to onFailed
  }

  /** Takes one of a state at least as new as now. Rejects when it cannot be taken. */
  take(): Promise<SnapshotFacts> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  /** Ends one that is at work; its file has no name yet. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Promise<SnapshotFacts> {
    const { onTaken, onFailed, counters } = this.#options;
    this.#beganAt = this.#options.nowSeconds();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#running.then(
      (facts) => {
        this.#sequence = facts.sequence;
        counters.set(MainCounter.SNAPSHOT_SEQUENCE, facts.sequence);
        counters.add(MainCounter.SNAPSHOTS, 1);
        onTaken(facts);
      },
      (error: Error) => {
        if (this.#closed) return;
        this.#failedAt = this.#options.nowSeconds();
        counters.add(MainCounter.SNAPSHOT_FAILURES, 1);
        onFailed(error);
      },
    );
    return this.#running;
  }

  #run(): Promise<SnapshotFacts> {
    const { directories, progress, crashAt } = this.#options;
    if (this.#closed) return Promise.reject(new Error('the process is about to end'));
    const throughFrame = progress.durableFrame();
    const task: SnapshotTask = {
      journalDirectory: directories.journal,
      snapshotDirectory: directories.snapshots,
      throughFrame,
      ledgerSequence: progress.ledgerSequence(),
    };
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('../snapshot-thread.js', import.meta.url), {
        name: 'snapshot',
        workerData: { task, crashAt },
      });
      this.#worker = worker;
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        this.#worker = undefined;
        reject(new Error('the snapshot thread ended early')); // changes nothing when it was done
      });
    });
  }
}

/** The answer to who asked for one: its facts as JSON, or why there is none. */
export async function snapshotAnswer(taken: Promise<SnapshotFacts>): Promise<MainAnswer> {
  try {
    return { status: 200, contentType: 'application/json', body: JSON.stringify(await taken) };
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
}
