// The resting orders of one instrument: two sides of price levels, each level a FIFO queue with its total quantity
// and order count. Pure; owned by one engine. Keeps order and totals; decides nothing and changes no order's state.

import { assert } from '../assert.ts';
import { Side } from './codes.ts';
import type { OrderPool } from './order-pool.ts';
import { PriceLevels } from './price-levels.ts';
import { grownF64, grownI32, grownU32 } from './typed-arrays.ts';

const CAPACITY_MIN = 64;

/** What a visitor returns: false stops the walk, nothing or true goes on. */
// biome-ignore lint/suspicious/noConfusingVoidType: visitors without a return statement are welcome
export type GoOn = boolean | void;

export class BookSide {
  readonly levels: PriceLevels;
  /** By level: resting quantity in lots (an exact integer, see hasRoom), orders, first and last row of the queue. */
  lots = new Float64Array(CAPACITY_MIN);
  orders = new Uint32Array(CAPACITY_MIN);
  first = new Int32Array(CAPACITY_MIN);
  last = new Int32Array(CAPACITY_MIN);
  private readonly pool: OrderPool;

  constructor(side: Side, pool: OrderPool) {
    this.levels = new PriceLevels(side);
    this.pool = pool;
  }

  /** The best price in ticks, 0 when the side is empty. */
  bestPriceTicks(): number {
    const level = this.levels.best();
    return level < 0 ? 0 : this.levels.priceOf(level);
  }

  /** Resting lots at a price. */
  depthAt(priceTicks: number): number {
    const level = this.levels.find(priceTicks);
    return level < 0 ? 0 : this.lots[level];
  }

  /**
   * True when `moreLots` can be added at a price with the level's total still an exact integer. Where a level exists
   * no order at its price can cross, so what is asked about would rest as a whole: the answer holds before matching.
   */
  hasRoom(priceTicks: number, moreLots: number): boolean {
    const level = this.levels.find(priceTicks);
    return level < 0 || moreLots <= Number.MAX_SAFE_INTEGER - this.lots[level];
  }

  /** Puts an order at the end of its price's queue. Allocates: nothing but growth. */
  append(row: number, restingLots: number): void {
    const pool = this.pool;
    assert(pool.level[row] < 0, 'book: an order rests once');
    assert(restingLots > 0, 'book: a resting order has quantity left');
    const priceTicks = pool.orders.priceTicks[row];
    let level = this.levels.find(priceTicks);
    if (level < 0) level = this.openLevel(priceTicks);
    const last = this.last[level];
    pool.previous[row] = last;
    pool.next[row] = -1;
    pool.level[row] = level;
    if (last < 0) this.first[level] = row;
    else pool.next[last] = row;
    this.last[level] = row;
    this.lots[level] += restingLots;
    this.orders[level]++;
    assert(this.lots[level] <= Number.MAX_SAFE_INTEGER, 'book: a level total is exact');
  }

  /** Takes an order out, wherever it stands in its queue. Allocates: nothing. */
  remove(row: number, restingLots: number): void {
    const pool = this.pool;
    const level = pool.level[row];
    assert(level >= 0, 'book: the order to remove rests');
    const previous = pool.previous[row];
    const next = pool.next[row];
    if (previous < 0) this.first[level] = next;
    else pool.next[previous] = next;
    if (next < 0) this.last[level] = previous;
    else pool.previous[next] = previous;
    pool.level[row] = -1;
    this.lots[level] -= restingLots;
    this.orders[level]--;
    if (this.first[level] < 0) this.closeLevel(level);
  }

  /** Takes quantity off a level; the order it belongs to stays where it stands. Allocates: nothing. */
  reduce(level: number, lots: number): void {
    this.lots[level] -= lots;
    assert(this.lots[level] > 0, 'book: a level with orders has quantity');
  }

  /** Rows in price-time order; stops when `visit` returns false. */
  forEachOrder(visit: (row: number) => GoOn): void {
    const pool = this.pool;
    for (let rank = 0; rank < this.levels.size; rank++) {
      for (let row = this.first[this.levels.at(rank)]; row >= 0; row = pool.next[row]) {
        if (visit(row) === false) return;
      }
    }
  }

  private openLevel(priceTicks: number): number {
    const level = this.levels.insert(priceTicks);
    if (level >= this.lots.length) this.grow();
    this.lots[level] = 0;
    this.orders[level] = 0;
    this.first[level] = -1;
    this.last[level] = -1;
    return level;
  }

  private closeLevel(level: number): void {
    assert(this.lots[level] === 0 && this.orders[level] === 0, 'book: an empty level has no quantity');
    this.levels.remove(level);
  }

  private grow(): void {
    const capacity = this.lots.length * 2;
    this.lots = grownF64(this.lots, capacity);
    this.orders = grownU32(this.orders, capacity);
    this.first = grownI32(this.first, capacity);
    this.last = grownI32(this.last, capacity);
  }
}

export class OrderBook {
  readonly bids: BookSide;
  readonly asks: BookSide;

  constructor(pool: OrderPool) {
    this.bids = new BookSide(Side.BUY, pool);
    this.asks = new BookSide(Side.SELL, pool);
  }

  side(side: number): BookSide {
    return side === Side.BUY ? this.bids : this.asks;
  }

  opposite(side: number): BookSide {
    return side === Side.BUY ? this.asks : this.bids;
  }

  /** True when an order at this price would trade with the best opposite order. Touching is crossing [7]. */
  crosses(side: number, priceTicks: number): boolean {
    const best = this.opposite(side).bestPriceTicks();
    if (best === 0) return false;
    return side === Side.BUY ? priceTicks >= best : priceTicks <= best;
  }
}
