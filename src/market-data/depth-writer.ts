// Prepares the depth bytes that gateways cut and send (wire/depth-codec.ts). Runs on the market-data agent's thread,
// owns one scratch buffer; never reads the engine.

import type { Instrument } from '../domain/instrument.ts';
import type { LatestValue } from '../shared-memory/latest-value.ts';
import { writeDecimal } from '../wire/decimal.ts';
import {
  DEPTH_ASKS,
  DEPTH_ASKS_TOTAL,
  DEPTH_BIDS,
  DEPTH_BIDS_TOTAL,
  DEPTH_BYTES_MAX,
  DEPTH_ENDS,
  DEPTH_LEVELS_MAX,
  DEPTH_SEQUENCE,
  depthTextStart,
} from '../wire/depth-codec.ts';
import type { L2Book, L2Side } from './l2-book.ts';

const COMMA = 0x2c;
const PRICE = new TextEncoder().encode('{"price":');
const QUANTITY = new TextEncoder().encode(',"quantity":');
const CUMULATIVE = new TextEncoder().encode(',"cumulative":');
const END = new TextEncoder().encode('}');

export class DepthWriter {
  readonly #instrument: Instrument;
  readonly #target: LatestValue;
  readonly #bytes = new Uint8Array(DEPTH_BYTES_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Cumulative quantity of the side being written, lots: as a number while it is exact, then as a BigInt. */
  #sum = 0;
  #bigSum = 0n;
  /** Levels a side that the bytes were written for, and where they end; -1 before the first. */
  #levels = -1;
  #end = 0;

  constructor(instrument: Instrument, target: LatestValue) {
    this.#instrument = instrument;
    this.#target = target;
  }

  /**
   * Publishes the best `levels` a side of `book`, which is at `sequence`. A book that has not `changed` since the last call
   * is only given its new sequence, so that quiet instruments cost busy ones nothing.
   */
  publish(book: L2Book, sequence: number, levels: number, changed: boolean): void {
    const most = Math.min(levels, DEPTH_LEVELS_MAX);
    this.#view.setFloat64(DEPTH_SEQUENCE, sequence, true);
    if (changed || most > this.#levels) this.#write(book, most);
    this.#target.write(this.#bytes, this.#end, sequence);
  }

  #write(book: L2Book, most: number): void {
    const view = this.#view;
    const asks = Math.min(most, book.asks.levels);
    const bids = Math.min(most, book.bids.levels);
    view.setUint32(DEPTH_ASKS, asks, true);
    view.setUint32(DEPTH_BIDS, bids, true);
    view.setUint32(DEPTH_ASKS_TOTAL, book.asks.levels, true);
    view.setUint32(DEPTH_BIDS_TOTAL, book.bids.levels, true);
    const endOfAsks = this.#writeSide(book.asks, asks, DEPTH_ENDS, depthTextStart(asks, bids));
    this.#end = this.#writeSide(book.bids, bids, DEPTH_ENDS + 4 * asks, endOfAsks);
    this.#levels = most;
  }

  #writeSide(side: L2Side, levels: number, ends: number, start: number): number {
    let offset = start;
    this.#sum = 0;
    this.#bigSum = 0n;
    for (let rank = 0; rank < levels; rank++) {
      if (rank > 0) this.#bytes[offset++] = COMMA;
      offset = this.#writeLevel(offset, side.priceAt(rank), side.lotsAt(rank));
      this.#view.setUint32(ends + 4 * rank, offset, true);
    }
    return offset;
  }

  #writeLevel(start: number, priceTicks: number, lots: number): number {
    const { priceScale, quantityScale } = this.#instrument;
    let offset = this.#copy(PRICE, start);
    offset += writeDecimal(this.#bytes, offset, priceTicks, priceScale);
    offset = this.#copy(QUANTITY, offset);
    offset += writeDecimal(this.#bytes, offset, lots, quantityScale);
    offset = this.#copy(CUMULATIVE, offset);
    offset = this.#writeCumulative(offset, lots);
    return this.#copy(END, offset);
  }

  /** A level's quantity is below 2^53, the sum of many need not be. */
  #writeCumulative(offset: number, lots: number): number {
    const { quantityScale } = this.#instrument;
    if (this.#bigSum === 0n && this.#sum + lots <= Number.MAX_SAFE_INTEGER) {
      this.#sum += lots;
      return offset + writeDecimal(this.#bytes, offset, this.#sum, quantityScale);
    }
    this.#bigSum += (this.#bigSum === 0n ? BigInt(this.#sum) : 0n) + BigInt(lots);
    const digits = this.#bigSum.toString();
    const point = digits.length - quantityScale;
    const text = quantityScale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
    return this.#copy(new TextEncoder().encode(text), offset);
  }

  #copy(text: Uint8Array, offset: number): number {
    for (let i = 0; i < text.length; i++) this.#bytes[offset + i] = text[i];
    return offset + text.length;
  }
}
