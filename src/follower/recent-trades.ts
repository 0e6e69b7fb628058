// The newest trades as encoded records, by number. Owned by the follower, on its thread; bounded, overwriting.

import { assert } from '../assert.ts';
import { INSTRUMENTS_MAX } from '../domain/instrument.ts';
import { TRADE_RECORD_BYTES_MAX, tradeRecordLength } from '../wire/trade-codec.ts';

export class RecentTrades {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #capacity: number;
  /** By instrument, the number of its newest trade; by place, that of the trade before of the same instrument. */
  readonly #newestOf = new Float64Array(INSTRUMENTS_MAX);
  readonly #before: Float64Array;
  #newest = 0;
  /** Number of the first trade that was ever here. */
  #first = 1;

  /** `capacity` in trades, a power of two. */
  constructor(capacity: number) {
    assert((capacity & (capacity - 1)) === 0, 'recent trades: a power of two');
    this.bytes = new Uint8Array(capacity * TRADE_RECORD_BYTES_MAX);
    this.view = new DataView(this.bytes.buffer);
    this.#before = new Float64Array(capacity);
    this.#capacity = capacity;
  }

  /** The first trade comes behind `tradeNumber`; earlier ones are the ledger's to tell. */
  beginBehind(tradeNumber: number): void {
    this.#newest = tradeNumber;
    this.#first = tradeNumber + 1;
  }

  /** Number of the newest trade, 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Number of the oldest trade still here, of the next one when there is none. */
  get oldest(): number {
    return Math.max(this.#first, this.#newest - this.#capacity + 1);
  }

  /** Number of the instrument's newest trade, 0 when none is here. */
  newestOf(instrument: number): number {
    return this.#orNone(this.#newestOf[instrument]);
  }

  /** Number of the trade before `tradeNumber` of the same instrument, 0 when none is here. */
  before(tradeNumber: number): number {
    return this.#orNone(this.#before[tradeNumber % this.#capacity]);
  }

  #orNone(tradeNumber: number): number {
    return tradeNumber >= this.oldest ? tradeNumber : 0;
  }

  /** Where to encode trade `tradeNumber`, the successor of the newest. */
  slotForNext(tradeNumber: number, instrument: number): number {
    assert(tradeNumber === this.#newest + 1, 'trade numbers have no gaps');
    this.#newest = tradeNumber;
    this.#before[tradeNumber % this.#capacity] = this.#newestOf[instrument];
    this.#newestOf[instrument] = tradeNumber;
    return this.#offsetOf(tradeNumber);
  }

  #offsetOf(tradeNumber: number): number {
    return (tradeNumber % this.#capacity) * TRADE_RECORD_BYTES_MAX;
  }

  /** Copies the record of `tradeNumber`, which must be here, to `target`. Returns its length in bytes. */
  copyTo(tradeNumber: number, target: Uint8Array, offset: number): number {
    assert(tradeNumber >= this.oldest && tradeNumber <= this.#newest, 'the trade is still here');
    const from = this.#offsetOf(tradeNumber);
    const length = tradeRecordLength(this.bytes, from);
    target.set(this.bytes.subarray(from, from + length), offset);
    return length;
  }
}
