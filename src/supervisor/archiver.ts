// When closed journal segments are archived: after each engine snapshot, since only then others are no longer needed. Main thread;
// owns the thread that does it, and starts it anew for each run. A thread beside the snapshots', so that none waits for a hook. Must
// never have two at work at once, nor end the process because one failed: the segments are still there then.

import { Worker } from 'node:worker_threads';
import type { ArchiveFacts, ArchiveTask } from '../journal/archive-segments.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { MainCounter } from '../wire/counters.ts';

interface ArchiverOptions {
  /** What is to be done now; undefined: nothing ever is. */
  readonly task: () => ArchiveTask | undefined;
  readonly counters: CounterBlock;
  /** Something was archived, deleted, removed or taken by the hook. */
  readonly onDone: (facts: ArchiveFacts) => void;
  /** It is tried again after the next snapshot. */
  readonly onFailed: (what: 'archive' | 'hook', error: string) => void;
}

export class Archiver {
  readonly #options: ArchiverOptions;
  #worker: Worker | undefined;
  #closed = false;

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  /** Begins a run, unless one is at work: what that one leaves is the next one's. */
  run(): void {
    const task = this.#options.task();
    if (task === undefined || this.#worker !== undefined || this.#closed) return;
    const worker = new Worker(new URL('../archive-thread.js', import.meta.url), { name: 'archive', workerData: task });
    this.#worker = worker;
    worker.once('message', (facts: ArchiveFacts) => this.#account(facts));
    worker.once('error', ({ message }: Error) => this.#failed('archive', message));
    worker.once('exit', () => {
      this.#worker = undefined;
    });
  }

  /** Ends one that is at work: at no moment does that lose a frame. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #account(facts: ArchiveFacts): void {
    const { counters, onDone } = this.#options;
    const { archived, deleted, removed, hooked, bytes, failure, hookFailure } = facts;
    counters.add(MainCounter.SEGMENTS_ARCHIVED, archived);
    counters.add(MainCounter.SEGMENTS_DELETED, deleted);
    counters.add(MainCounter.ARCHIVE_FILES_REMOVED, removed);
    counters.set(MainCounter.ARCHIVE_BYTES, bytes);
    if (archived + deleted + removed + hooked > 0) onDone(facts);
    if (failure !== '') this.#failed('archive', failure);
    if (hookFailure !== '') this.#failed('hook', hookFailure);
  }

  #failed(what: 'archive' | 'hook', error: string): void {
    if (this.#closed) return;
    const { counters, onFailed } = this.#options;
    counters.add(what === 'hook' ? MainCounter.ARCHIVE_HOOK_FAILURES : MainCounter.ARCHIVE_FAILURES, 1);
    onFailed(what, error);
  }
}
