// Time that passes when a test says so.

import type { Timers } from '../timers.ts';

interface Due {
  readonly atMs: number;
  readonly call: () => void;
}

export class VirtualTime implements Timers {
  nowMs = 0;
  /** What random() says. */
  chance = 0.5;
  readonly #due: Due[] = [];

  after(delayMs: number, call: () => void): () => void {
    const due = { atMs: this.nowMs + Math.max(0, delayMs), call };
    // Behind all that is due at the same time.
    const later = this.#due.findIndex(({ atMs }) => atMs > due.atMs);
    this.#due.splice(later < 0 ? this.#due.length : later, 0, due);
    return () => {
      const index = this.#due.indexOf(due);
      if (index >= 0) this.#due.splice(index, 1);
    };
  }

  random(): number {
    return this.chance;
  }

  /** How many calls are to come. */
  get waiting(): number {
    return this.#due.length;
  }

  /** Lets so much time pass; all that falls due is called in turn. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#due.length > 0 && this.#due[0].atMs <= endMs) {
      const { atMs, call } = this.#due[0];
      this.#due.shift();
      this.nowMs = atMs;
      call();
    }
    this.nowMs = endMs;
  }
}
