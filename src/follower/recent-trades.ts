// The newest trades as encoded records, by number. Owned by the follower, on its thread; bounded, overwriting.

import { assert } from '../assert.ts';
import { TRADE_RECORD_BYTES_MAX, tradeRecordLength } from '../wire/trade-codec.ts';

export class RecentTrades {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #capacity: number;
  #newest = 0;

  /** `capacity` in trades, a power of two. */
  constructor(capacity: number) {
    assert((capacity & (capacity - 1)) === 0, 'recent trades: a power of two');
    this.bytes = new Uint8Array(capacity * TRADE_RECORD_BYTES_MAX);
    this.view = new DataView(this.bytes.buffer);
    this.#capacity = capacity;
  }

  /** Number of the newest trade, 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Number of the oldest trade still here. */
  get oldest(): number {
    return Math.max(1, this.#newest - this.#capacity + 1);
  }

  /** Where to encode trade `tradeNumber`, the successor of the newest. */
  slotForNext(tradeNumber: number): number {
    assert(tradeNumber === this.#newest + 1, 'trade numbers have no gaps');
    this.#newest = tradeNumber;
    return this.offsetOf(tradeNumber);
  }

  offsetOf(tradeNumber: number): number {
    return (tradeNumber % this.#capacity) * TRADE_RECORD_BYTES_MAX;
  }

  /** Copies the record of `tradeNumber`, which must be here, to `target`. Returns its length in bytes. */
  copyTo(tradeNumber: number, target: Uint8Array, offset: number): number {
    assert(tradeNumber >= this.oldest && tradeNumber <= this.#newest, 'the trade is still here');
    const from = this.offsetOf(tradeNumber);
    const length = tradeRecordLength(this.bytes, from);
    target.set(this.bytes.subarray(from, from + length), offset);
    return length;
  }
}
