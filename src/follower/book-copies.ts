// Copies of all resting orders of an instrument, each of one moment, kept while gateways read them page by page.
// On the follower's thread, owned by the query desk. Taking one walks the whole book at once and takes 40 bytes an order, so
// copies are shared and no more than two are kept; a book that fits one page is never kept.

import type { OrderRows } from '../domain/book/order-rows.ts';
import { Side } from '../domain/codes.ts';
import type { Engine } from '../domain/engine.ts';
import { BookChecksum } from '../wire/book-checksum.ts';
import {
  RESTING_BYTES,
  RESTING_CREATED_US,
  RESTING_LOTS,
  RESTING_NUMBER,
  RESTING_PRICE_TICKS,
  RESTING_SIDE,
} from '../wire/full-book-codec.ts';

const COPIES_MAX = 2;
/** A copy that nobody has read for this long is freed. */
const KEPT_US = 3_000_000;
/** An order in words of 8 bytes. */
const WORDS = RESTING_BYTES / 8;

/** The resting orders of an instrument as they were at `sequence`. */
export interface BookCopy {
  readonly instrument: number;
  readonly sequence: number;
  readonly timeUs: number;
  /** Orders. */
  readonly total: number;
  readonly checksum: BookChecksum;
  /** Records (full-book-codec.ts): bids best first, then asks, each level in queue order. */
  readonly bytes: Uint8Array;
}

interface KeptCopy {
  readonly copy: BookCopy;
  /** Who has begun to read it and has not come to its end. */
  readers: number;
  usedUs: number;
}

export class BookCopies {
  readonly #engine: Engine;
  #kept: KeptCopy[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * The instrument's orders as they are, to be read from their beginning, `limit` at a time. Undefined while others are
   * kept that are still read.
   */
  begin(instrument: number, limit: number, nowUs: number): BookCopy | undefined {
    this.sweep(nowUs);
    const shared = this.#find(instrument, this.#engine.sequence);
    if (shared !== undefined) {
      shared.readers++;
      shared.usedUs = nowUs;
      return shared.copy;
    }
    const isLong = restingOrders(this.#engine, instrument) > limit;
    if (isLong && this.#kept.length === COPIES_MAX) return undefined;
    const copy = copyBook(this.#engine, instrument);
    if (isLong) this.#kept.push({ copy, readers: 1, usedUs: nowUs });
    return copy;
  }

  /** The instrument's orders as they were at that sequence, which were begun before. Undefined when they are not kept any more. */
  goOn(instrument: number, sequence: number, nowUs: number): BookCopy | undefined {
    const kept = this.#find(instrument, sequence);
    if (kept === undefined) return undefined;
    kept.usedUs = nowUs;
    return kept.copy;
  }

  /** Somebody has read the copy to its end. */
  finish(copy: BookCopy): void {
    const kept = this.#find(copy.instrument, copy.sequence);
    if (kept === undefined) return;
    kept.readers--;
    if (kept.readers === 0) this.#kept = this.#kept.filter((one) => one !== kept);
  }

  /** Frees what nobody reads. */
  sweep(nowUs: number): void {
    if (this.#kept.length > 0) this.#kept = this.#kept.filter(({ usedUs }) => nowUs - usedUs < KEPT_US);
  }

  #find(instrument: number, sequence: number): KeptCopy | undefined {
    return this.#kept.find(({ copy }) => copy.instrument === instrument && copy.sequence === sequence);
  }
}

/** How many orders rest. Costs a step a level. */
function restingOrders(engine: Engine, instrument: number): number {
  let total = 0;
  const add = (_priceTicks: number, _lots: number, orders: number): void => {
    total += orders;
  };
  engine.forEachLevel(instrument, Side.BUY, add);
  engine.forEachLevel(instrument, Side.SELL, add);
  return total;
}

function copyBook(engine: Engine, instrument: number): BookCopy {
  const { sequence, timeUs } = engine;
  const total = restingOrders(engine, instrument);
  const words = new Float64Array(total * WORDS);
  const bytes = new Uint8Array(words.buffer);
  const checksum = new BookChecksum();
  let order = 0;
  for (const side of [Side.BUY, Side.SELL] as const) {
    engine.forEachLevel(instrument, side, (priceTicks, lots) => checksum.change(side, priceTicks, 0, lots));
    engine.forEachOrder(instrument, side, (row) => {
      copyOrder(engine.orders, row, words, bytes, order++);
    });
  }
  return { instrument, sequence, timeUs, total, checksum, bytes };
}

function copyOrder(orders: OrderRows, row: number, words: Float64Array, bytes: Uint8Array, order: number): void {
  const word = order * WORDS;
  words[word + RESTING_NUMBER / 8] = orders.number(row);
  words[word + RESTING_CREATED_US / 8] = orders.createdUs(row);
  words[word + RESTING_PRICE_TICKS / 8] = orders.priceTicks(row);
  words[word + RESTING_LOTS / 8] = orders.shownLots(row);
  bytes[order * RESTING_BYTES + RESTING_SIDE] = orders.side(row);
}
