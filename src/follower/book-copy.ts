// All resting orders of an instrument as they are between two commands. Taken at once, while no command may be applied: of
// most of the engine's orders by reading its rows in the order they lie in memory, four times as fast as walking the queues
// (a million orders: 50 to 90 ms of a processor); the queues are walked in the copy then, as pages are asked for. Of few of
// them by walking the queues. On the follower's thread.

import { assert } from '../assert.ts';
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

/** An order in words of 8 bytes. */
const WORDS = RESTING_BYTES / 8;
/** How many rows are read in the time of one step along a queue. */
const ROWS_A_STEP = 4;

export class BookCopy {
  readonly instrument: number;
  readonly sequence: number;
  readonly timeUs: number;
  /** Orders. */
  readonly total: number;
  readonly checksum = new BookChecksum();
  /** Records (full-book-codec.ts) as they were copied. */
  readonly #records: Float64Array;
  readonly #bytes: Uint8Array;
  /** By record: the row of the next order of its level, -1 at the end. */
  #next = new Int32Array(0);
  /** By row of the engine: its record. */
  #recordOf = new Int32Array(0);
  /** The first row of each level: bids best first, then asks. */
  readonly #firsts: number[] = [];
  /** By place in the book: the record. Known as far as it was read. */
  readonly #order: Int32Array;
  #ordered = 0;
  #level = 0;
  /** Where the walk goes on, -1 at the next level. */
  #row = -1;

  constructor(engine: Engine, instrument: number) {
    this.instrument = instrument;
    this.sequence = engine.sequence;
    this.timeUs = engine.timeUs;
    this.total = this.#copyLevels(engine);
    this.#records = new Float64Array(this.total * WORDS);
    this.#bytes = new Uint8Array(this.#records.buffer);
    this.#order = new Int32Array(this.total);
    if (this.total * ROWS_A_STEP < engine.orders.rowsEnd) this.#copyByQueues(engine);
    else this.#copyByRows(engine);
  }

  /** Writes the records of `count` orders from the place `read` on, in their order, to word `at` of `out`. There are as many. */
  write(out: Float64Array, at: number, read: number, count: number): void {
    assert(read >= 0 && count >= 0 && read + count <= this.total, 'a page lies in its copy');
    const records = this.#records;
    let word = at;
    for (let place = read; place < read + count; place++) {
      while (this.#ordered <= place) this.#walkOn();
      const from = this.#order[place] * WORDS;
      for (let i = 0; i < WORDS; i++) out[word++] = records[from + i];
    }
  }

  /** Returns how many orders there are. */
  #copyLevels(engine: Engine): number {
    let total = 0;
    for (const side of [Side.BUY, Side.SELL] as const) {
      engine.forEachLevel(this.instrument, side, (priceTicks, lots, orders, first) => {
        this.checksum.change(side, priceTicks, 0, lots);
        this.#firsts.push(first);
        total += orders;
      });
    }
    return total;
  }

  #copyByRows({ orders }: Engine): void {
    const { instrument } = this;
    const end = orders.rowsEnd;
    const next = new Int32Array(this.total);
    const recordOf = new Int32Array(end);
    let record = 0;
    for (let row = 0; row < end; row++) {
      // Stops that wait stand in a queue too, and display nothing.
      if (orders.level(row) < 0 || orders.instrument(row) !== instrument || orders.shownLots(row) === 0) continue;
      this.#copyOrder(orders, row, record);
      next[record] = orders.next(row);
      recordOf[row] = record++;
    }
    assert(record === this.total, 'a copy has the orders that the levels count');
    this.#next = next;
    this.#recordOf = recordOf;
  }

  #copyByQueues(engine: Engine): void {
    const copy = (row: number): void => {
      this.#copyOrder(engine.orders, row, this.#ordered);
      this.#order[this.#ordered] = this.#ordered;
      this.#ordered++;
    };
    engine.forEachOrder(this.instrument, Side.BUY, copy);
    engine.forEachOrder(this.instrument, Side.SELL, copy);
  }

  #copyOrder(orders: OrderRows, row: number, record: number): void {
    const words = this.#records;
    const word = record * WORDS;
    words[word + RESTING_NUMBER / 8] = orders.number(row);
    words[word + RESTING_CREATED_US / 8] = orders.createdUs(row);
    words[word + RESTING_PRICE_TICKS / 8] = orders.priceTicks(row);
    words[word + RESTING_LOTS / 8] = orders.shownLots(row);
    this.#bytes[record * RESTING_BYTES + RESTING_SIDE] = orders.side(row);
  }

  #walkOn(): void {
    if (this.#row < 0) this.#row = this.#firsts[this.#level++];
    const record = this.#recordOf[this.#row];
    this.#order[this.#ordered++] = record;
    this.#row = this.#next[record];
  }
}
