// Asks the history thread for books of the past, one at a time. Main thread; owns that thread, starts it when it is first needed
// and ends it when nobody has asked for a while: its engine's memory goes with it. Must never let a long queue build up, nor end
// the process because history cannot be read.

import { Worker } from 'node:worker_threads';
import type { HistoryDirectories, HistoryQuestion } from '../composition/history.ts';
import type { MainAnswer, PastBook } from '../gateway/context.ts';

/** Questions that may wait behind the one at work. */
const WAITING_MAX = 16;
/** A question that has waited for so long is not answered any more: whoever asked has gone. */
const PATIENCE_SECONDS = 50;
const IDLE_MS = 60_000;

/** The thread, as far as it matters here. */
export interface HistoryThread {
  ask(question: HistoryQuestion): void;
  end(): Promise<unknown>;
}

export interface HistoryListener {
  readonly onAnswer: (answer: MainAnswer) => void;
  /** The thread has ended by itself. */
  readonly onEnd: (error: Error) => void;
}

export interface HistorianOptions {
  readonly startThread: (listener: HistoryListener) => HistoryThread;
  readonly durableFrame: () => number;
  /** A stopwatch, seconds. */
  readonly nowSeconds: () => number;
  readonly onFailed: (error: Error) => void;
  readonly idleMs?: number;
}

export class Historian {
  readonly #options: HistorianOptions;
  #thread: HistoryThread | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;
  #settle: HistoryListener | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HistorianOptions) {
    this.#options = options;
  }

  /** Never rejects: what cannot be had is said in the answer. */
  ask(book: PastBook): Promise<MainAnswer> {
    if (this.#asked > WAITING_MAX) {
      return Promise.resolve({ unavailable: 'Too many books of the past are asked for; try again in a moment.' });
    }
    this.#asked++;
    clearTimeout(this.#idle);
    const askedAt = this.#options.nowSeconds();
    const answer = this.#last.then(() => this.#answer(book, askedAt)).finally(() => this.#answered());
    this.#last = answer;
    return answer;
  }

  /** Ends the thread; whoever waits is told. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#end();
  }

  #answered(): void {
    this.#asked--;
    if (this.#asked > 0 || this.#closed) return;
    this.#idle = setTimeout(() => void this.#end(), this.#options.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #end(): Promise<unknown> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#settle?.onEnd(new Error('the process is about to end'));
    return thread?.end() ?? Promise.resolve();
  }

  async #answer(book: PastBook, askedAt: number): Promise<MainAnswer> {
    const { durableFrame, nowSeconds, onFailed } = this.#options;
    if (this.#closed) return { unavailable: 'The server is shutting down.' };
    if (nowSeconds() - askedAt > PATIENCE_SECONDS) return { unavailable: 'Other books of the past took too long.' };
    try {
      return await this.#ask({ ...book, throughFrame: durableFrame() });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (!this.#closed) onFailed(failure);
      return { unavailable: `The book could not be made: ${failure.message}` };
    } finally {
      this.#settle = undefined;
    }
  }

  #ask(question: HistoryQuestion): Promise<MainAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = { onAnswer: resolve, onEnd: reject };
      this.#thread ??= this.#start();
      this.#thread.ask(question);
    });
  }

  /** Every question is answered by the thread that was asked, or fails with it. */
  #start(): HistoryThread {
    const thread: HistoryThread = this.#options.startThread({
      onAnswer: (answer) => this.#settle?.onAnswer(answer),
      onEnd: (error) => {
        if (this.#thread !== thread) return;
        this.#thread = undefined;
        this.#settle?.onEnd(error);
      },
    });
    return thread;
  }
}

/** Starts real threads. */
export function historyThread(directories: HistoryDirectories): HistorianOptions['startThread'] {
  return ({ onAnswer, onEnd }) => {
    const worker = new Worker(new URL('../history-thread.js', import.meta.url), {
      name: 'history',
      workerData: directories,
    });
    worker.on('message', onAnswer);
    worker.once('error', onEnd);
    worker.once('exit', () => onEnd(new Error('the history thread ended early')));
    worker.unref();
    return { ask: (question) => worker.postMessage(question), end: () => worker.terminate() };
  };
}
