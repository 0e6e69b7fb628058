// The resting orders of one instrument: two sides of price levels, each level a FIFO queue with its totals. Pure; owned
// by one engine. Keeps order and totals; decides nothing. Of an order it writes only its place in the queue, and what it
// displays when an iceberg is replenished. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).

import { assert } from '../../assert.ts';
import { Side } from '../codes.ts';
import { dequeue, enqueue } from './level-queue.ts';
import type { OrderRows } from './order-rows.ts';
import { PriceLevels } from './price-levels.ts';

/** Local, since V8 folds constants of a module's own but not imported ones. */
const BUY = Side.BUY;

/** What a visitor returns: false stops the walk, nothing or true goes on. */
// biome-ignore lint/suspicious/noConfusingVoidType: visitors without a return statement are welcome
export type GoOn = boolean | void;

export class BookSide {
  private readonly levels: PriceLevels;
  private readonly orders: OrderRows;

  constructor(side: Side, orders: OrderRows) {
    this.levels = new PriceLevels(side);
    this.orders = orders;
  }

  /** The level with the best price, -1 when the side is empty. */
  bestLevel(): number {
    return this.levels.best();
  }

  /** The best price in ticks, 0 when the side is empty. */
  bestPriceTicks(): number {
    const level = this.levels.best();
    return level < 0 ? 0 : this.levels.priceOf(level);
  }

  /** The next worse level, -1 at the end. */
  nextLevel(level: number): number {
    return this.levels.worse(level);
  }

  priceOf(level: number): number {
    return this.levels.rows.priceTicks(level);
  }

  /** Displayed lots of a level. */
  lotsOf(level: number): number {
    return this.levels.rows.lots(level);
  }

  /** Hidden lots of a level's icebergs. */
  hiddenOf(level: number): number {
    return this.levels.rows.hidden(level);
  }

  /** The order at the front of a level's queue. */
  firstOf(level: number): number {
    return this.levels.rows.first(level);
  }

  /** Displayed lots at a price. */
  depthAt(priceTicks: number): number {
    const level = this.levels.find(priceTicks);
    return level < 0 ? 0 : this.levels.rows.lots(level);
  }

  /**
   * True when `moreLots` can be added at a price with the level's total still an exact integer. Where a level exists
   * no order at its price can cross, so what is asked about would rest as a whole: the answer holds before matching.
   */
  hasRoom(priceTicks: number, moreLots: number): boolean {
    const level = this.levels.find(priceTicks);
    if (level < 0) return true;
    return moreLots <= Number.MAX_SAFE_INTEGER - this.levels.rows.lots(level) - this.levels.rows.hidden(level);
  }

  /** Puts an order at the end of its price's queue: it displays its shown lots, and this many more are hidden. */
  append(row: number, hiddenLots: number): void {
    const { orders, levels } = this;
    assert(orders.level(row) < 0, 'book: an order rests once');
    assert(orders.shownLots(row) > 0, 'book: a resting order displays quantity');
    const level = levels.ensure(orders.priceTicks(row));
    this.link(row, level);
    const lots = levels.rows.lots(level) + orders.shownLots(row);
    assert(lots <= Number.MAX_SAFE_INTEGER - levels.rows.hidden(level), 'book: a level total is exact');
    levels.rows.setLots(level, lots);
    if (hiddenLots > 0) this.hide(level, hiddenLots);
  }

  /** Takes an order out, wherever it stands in its queue, with its shown and hidden lots. */
  remove(row: number, hiddenLots: number): void {
    const { orders, levels } = this;
    const level = orders.level(row);
    assert(level >= 0, 'book: the order to remove rests');
    levels.rows.setLots(level, levels.rows.lots(level) - orders.shownLots(row));
    if (hiddenLots > 0) this.hide(level, -hiddenLots);
    this.unlink(row, level);
    if (levels.rows.orders(level) === 0) this.closeLevel(level);
  }

  /** Reads what `remove` of the order will need, its level and its neighbours; row 0, which always exists, where there is none. */
  touch(row: number): number {
    const { orders } = this;
    const level = Math.max(0, orders.level(row));
    const next = Math.max(0, orders.next(row));
    const previous = Math.max(0, orders.previous(row));
    return this.levels.rows.orders(level) ^ orders.level(next) ^ orders.level(previous);
  }

  /** Takes quantity off a level; the order it belongs to stays where it stands, and is the caller's to change. */
  reduce(level: number, displayedLots: number, hiddenLots: number): void {
    const { rows } = this.levels;
    const lots = rows.lots(level) - displayedLots;
    assert(lots >= 0, 'book: a level never holds less than nothing');
    rows.setLots(level, lots);
    if (hiddenLots > 0) this.hide(level, -hiddenLots);
  }

  /** An iceberg's displayed part is used up: `lots` of its hidden part are displayed, at the end of the queue [1]. */
  replenish(row: number, lots: number): void {
    const { orders, levels } = this;
    const level = orders.level(row);
    assert(level >= 0 && orders.shownLots(row) === 0, 'book: a replenished order rests and displays nothing');
    assert(lots > 0, 'book: a resting order displays quantity');
    this.unlink(row, level);
    this.link(row, level);
    orders.setShownLots(row, lots);
    levels.rows.setLots(level, levels.rows.lots(level) + lots);
    this.hide(level, -lots);
  }

  /** Levels from the best to the worst: price, displayed lots, orders, the row of the first one. */
  forEachLevel(visit: (priceTicks: number, lots: number, orders: number, first: number) => GoOn): void {
    const rows = this.levels.rows;
    for (let level = this.levels.best(); level >= 0; level = this.levels.worse(level)) {
      if (visit(rows.priceTicks(level), rows.lots(level), rows.orders(level), rows.first(level)) === false) return;
    }
  }

  /** Rows in price-time order. */
  forEachOrder(visit: (row: number) => GoOn): void {
    const rows = this.levels.rows;
    for (let level = this.levels.best(); level >= 0; level = this.levels.worse(level)) {
      for (let row = rows.first(level); row >= 0; row = this.orders.next(row)) {
        if (visit(row) === false) return;
      }
    }
  }

  /** Changes what a level hides. */
  private hide(level: number, deltaLots: number): void {
    const { rows } = this.levels;
    const hidden = rows.hidden(level) + deltaLots;
    assert(hidden >= 0, 'book: a level never hides less than nothing');
    assert(hidden <= Number.MAX_SAFE_INTEGER - rows.lots(level), 'book: a level total is exact');
    rows.setHidden(level, hidden);
  }

  private link(row: number, level: number): void {
    const { rows } = this.levels;
    enqueue(this.orders, rows, level, rows.last(level), row);
    rows.setOrders(level, rows.orders(level) + 1);
  }

  private unlink(row: number, level: number): void {
    const { rows } = this.levels;
    dequeue(this.orders, rows, level, row);
    rows.setOrders(level, rows.orders(level) - 1);
  }

  private closeLevel(level: number): void {
    const rows = this.levels.rows;
    assert(rows.lots(level) === 0 && rows.hidden(level) === 0, 'book: an empty level has no quantity');
    this.levels.remove(level);
  }
}

export class OrderBook {
  readonly bids: BookSide;
  readonly asks: BookSide;

  constructor(orders: OrderRows) {
    this.bids = new BookSide(Side.BUY, orders);
    this.asks = new BookSide(Side.SELL, orders);
  }

  side(side: number): BookSide {
    return side === BUY ? this.bids : this.asks;
  }

  opposite(side: number): BookSide {
    return side === BUY ? this.asks : this.bids;
  }

  /** True when an order at this price would trade with the best opposite order. Touching is crossing [7]. */
  crosses(side: number, priceTicks: number): boolean {
    const best = this.opposite(side).bestPriceTicks();
    if (best === 0) return false;
    return side === BUY ? priceTicks >= best : priceTicks <= best;
  }
}
