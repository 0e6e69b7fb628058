// Counters: numbers that one thread keeps and any other may read, for metrics. One block of counters per writing thread.
// The thread that was given a block owns its counters; every thread may read all. Must never be used to hand anything over:
// a reader may see one counter of an update and not yet the other.
import { assert } from '../assert.ts';

/** Counters in one block. */
export const COUNTERS_PER_BLOCK = 128;

const BLOCK_BYTES = COUNTERS_PER_BLOCK * Float64Array.BYTES_PER_ELEMENT;

/** Bytes of buffer for this many blocks. A fresh SharedArrayBuffer needs nothing written to it: all counters are 0. */
export function counterBytesNeeded(blocks: number): number {
  return blocks * BLOCK_BYTES;
}

/**
 * One block. Float64 holds every count up to 2^53 exactly, and 64-bit processors write an aligned one whole, so a reader sees the
 * old or the new value without any atomic operation.
 */
export class CounterBlock {
  readonly #values: Float64Array;

  /** Block `blockIndex` of `buffer`. Faults when the buffer does not hold it. */
  constructor(buffer: SharedArrayBuffer, blockIndex: number) {
    const holds =
      Number.isInteger(blockIndex) && blockIndex >= 0 && buffer.byteLength >= counterBytesNeeded(blockIndex + 1);
    assert(holds, `counters: a buffer of ${buffer.byteLength} bytes has no block ${blockIndex}`);
    this.#values = new Float64Array(buffer, blockIndex * BLOCK_BYTES, COUNTERS_PER_BLOCK);
  }

  /** Owner: adds to counter `id`, 0 <= id < COUNTERS_PER_BLOCK. Allocates: nothing. */
  add(id: number, amount: number): void {
    this.set(id, this.get(id) + amount);
  }

  /** Owner: sets counter `id`. Allocates: nothing. */
  set(id: number, value: number): void {
    assert(id >= 0 && id < COUNTERS_PER_BLOCK, 'counters: no such id');
    this.#values[id] = value;
  }

  /** Any thread: the value of counter `id` as of some recent moment. Allocates: nothing. */
  get(id: number): number {
    const value = this.#values[id];
    assert(value !== undefined, 'counters: no such id');
    return value;
  }
}
