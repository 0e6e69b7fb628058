// What waits for all sockets of /ws of this gateway together, in memory that no single socket's bound limits: two thousand sockets that
// each stay within theirs would be gigabytes. Gateway thread. Owns nothing of the sockets.

import type { Clock } from '../../runtime/clock.ts';

/** Of the bound: what may wait for sockets that have ended, besides. */
const LEAVING_PART = 1 / 4;

/** A socket, as far as it takes memory. */
export interface Backlogged {
  buffered(): number;
  /** Frees what waits, at once. */
  cut(): void;
}

export class TotalBacklog {
  readonly #bytesMax: number;
  readonly #leavesWithinUs: number;
  readonly #clock: Clock;
  /** No more than so much waits for open sockets. */
  #waiting = 0;
  /** Of sockets that have ended: uWebSockets keeps what waits until it is taken, or nothing is for a while. */
  #leaving: { readonly bytes: number; readonly untilUs: number }[] = [];

  constructor(bytesMax: number, leavesWithinUs: number, clock: Clock) {
    this.#bytesMax = bytesMax;
    this.#leavesWithinUs = leavesWithinUs;
    this.#clock = clock;
  }

  /** So many bytes more were sent to `sockets`: cuts those for which most waits until all are within the bound. */
  grown(bytes: number, sockets: Iterable<Backlogged>): void {
    this.#waiting += bytes;
    if (this.#waiting <= this.#bytesMax) return;
    const waiting = Array.from(sockets, (socket) => ({ socket, bytes: socket.buffered() }));
    this.#waiting = waiting.reduce((sum, one) => sum + one.bytes, 0);
    if (this.#waiting <= this.#bytesMax) return;
    waiting.sort((a, b) => b.bytes - a.bytes);
    for (const { socket, bytes: freed } of waiting) {
      if (this.#waiting <= this.#bytesMax) return;
      this.#waiting -= freed;
      socket.cut();
    }
  }

  /** Whether a socket that ends may still be given the `bytes` that wait for it. Otherwise it is to be cut. */
  mayLeave(bytes: number): boolean {
    if (bytes === 0) return true;
    const nowUs = this.#clock.monotonicUs();
    this.#leaving = this.#leaving.filter(({ untilUs }) => untilUs > nowUs);
    const leaving = this.#leaving.reduce((sum, one) => sum + one.bytes, bytes);
    if (leaving > this.#bytesMax * LEAVING_PART) return false;
    this.#leaving.push({ bytes, untilUs: nowUs + this.#leavesWithinUs });
    return true;
  }
}
