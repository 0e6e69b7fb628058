// A thread that plays the other side of a case: it sleeps between two runs and begins each when it is told to. Main
// thread of the benchmark, and the thread itself. Both spin while a run lasts: what is measured is the way between two
// threads that are awake.

import { Worker } from 'node:worker_threads';

/** Looks at a word before a thread that waits lets others run: where cores are short its peer may not be running at all. */
const SPINS = 20_000;
const NAP_MS = 0.02;

const napWord = new Int32Array(new SharedArrayBuffer(4));

/** What a thread calls each time it has looked in vain, with a count of its own. Returns the next one. Allocates: nothing. */
export function spin(count: number): number {
  if (count < SPINS) return count + 1;
  Atomics.wait(napWord, 0, 0, NAP_MS); // pairs with nothing
  return 0;
}

/** Spins until the word holds `value`. */
export function spinUntil(words: Int32Array, index: number, value: number): void {
  for (let spins = 0; Atomics.load(words, index) !== value; ) spins = spin(spins);
}

/** The bench's end. */
export class Peer {
  readonly #control = new Int32Array(new SharedArrayBuffer(4));
  readonly #makeWorker: () => Worker;
  #worker: Worker | undefined;

  /** `script`: the thread's entry; `job`: its workerData, to which `control` is added. */
  constructor(script: URL, job: object) {
    this.#makeWorker = () => new Worker(script, { workerData: { ...job, control: this.#control.buffer } });
  }

  /** Begins a run. */
  begin(): void {
    this.#worker ??= this.#makeWorker();
    Atomics.add(this.#control, 0, 1);
    Atomics.notify(this.#control, 0); // pairs with the wait in untilBegun()
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** The peer's end: runs `play` each time it is told to, until it is terminated. */
export function playRuns(control: SharedArrayBuffer, play: () => void): never {
  const words = new Int32Array(control);
  for (let run = 0; ; run++) {
    Atomics.wait(words, 0, run); // pairs with the notify in begin()
    play();
  }
}
