// Requests that wait for an answer from another thread: a dense table of slots, each found by a 32-bit request id.
// Gateway thread. Owns its slots; holds what waits until it is taken. Must never hand a late answer to a newer request: an id
// carries the slot's generation, which moves on when the slot is freed. Allocates: nothing after construction.
//
//   id = generation x slots + slot, never 0

import { assert } from '../assert.ts';

/** What open() returns when every slot is taken. */
export const NO_SLOT = 0;

const NEVER = Number.POSITIVE_INFINITY;

export class PendingTable<T> {
  readonly #slots: number;
  readonly #generations: number;
  readonly #entries: (T | undefined)[];
  readonly #deadlinesUs: Float64Array;
  readonly #generation: Uint32Array;
  readonly #taken: Uint8Array;
  readonly #free: Uint32Array;
  #freeCount: number;

  constructor(slots: number) {
    assert(Number.isInteger(slots) && slots > 0 && slots <= 2 ** 20, 'pending: 1 to 2^20 slots');
    this.#slots = slots;
    this.#generations = Math.floor(2 ** 32 / slots);
    this.#entries = new Array<T | undefined>(slots).fill(undefined);
    this.#deadlinesUs = new Float64Array(slots).fill(NEVER);
    this.#generation = new Uint32Array(slots).fill(1);
    this.#taken = new Uint8Array(slots);
    this.#free = Uint32Array.from({ length: slots }, (_, i) => slots - 1 - i);
    this.#freeCount = slots;
  }

  /** Slots taken, forgotten ones included. */
  get size(): number {
    return this.#slots - this.#freeCount;
  }

  get full(): boolean {
    return this.#freeCount === 0;
  }

  /** Takes a slot for `entry` and returns its request id, or NO_SLOT. Times are of the clock's stopwatch. */
  open(entry: T, deadlineUs: number): number {
    if (this.#freeCount === 0) return NO_SLOT;
    const slot = this.#free[--this.#freeCount];
    this.#entries[slot] = entry;
    this.#deadlinesUs[slot] = deadlineUs;
    this.#taken[slot] = 1;
    return this.#idOf(slot);
  }

  /** Frees the slot of `id`. Returns what waited there, undefined when it was forgotten or the id is of an earlier use. */
  close(id: number): T | undefined {
    const slot = this.#slotOf(id);
    if (slot < 0) return undefined;
    const entry = this.#entries[slot];
    this.#entries[slot] = undefined;
    this.#deadlinesUs[slot] = NEVER;
    this.#taken[slot] = 0;
    this.#generation[slot] = (this.#generation[slot] + 1) % this.#generations || 1;
    this.#free[this.#freeCount++] = slot;
    return entry;
  }

  /**
   * Hands everything past its deadline to `expired` and forgets it. The slots stay taken until their answers arrive: room was
   * reserved for these. `free` gives them up at once instead, where nothing is reserved.
   */
  sweep(nowUs: number, free: boolean, expired: (entry: T) => void): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#deadlinesUs[slot] > nowUs) continue;
      const entry = this.#entries[slot];
      this.#entries[slot] = undefined;
      this.#deadlinesUs[slot] = NEVER;
      if (free) this.close(this.#idOf(slot));
      if (entry !== undefined) expired(entry);
    }
  }

  /** Frees every slot, and hands over what still waited. For when no answer will come any more. */
  clear(dropped: (entry: T) => void): void {
    for (let slot = 0; slot < this.#slots && this.size > 0; slot++) {
      const entry = this.#taken[slot] === 1 ? this.close(this.#idOf(slot)) : undefined;
      if (entry !== undefined) dropped(entry);
    }
  }

  #idOf(slot: number): number {
    return this.#generation[slot] * this.#slots + slot;
  }

  #slotOf(id: number): number {
    const slot = id % this.#slots;
    const generation = (id - slot) / this.#slots;
    return this.#taken[slot] === 1 && this.#generation[slot] === generation ? slot : -1;
  }
}
