// The stops of one instrument that wait for their price [14]: by side, stop price and order number. Pure; owned by one
// engine. A waiting order uses the queue fields of its row (next, previous, level). Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import { Side } from '../codes.ts';
import { dequeue, enqueue } from './level-queue.ts';
import type { GoOn } from './order-book.ts';
import type { OrderRows } from './order-rows.ts';
import { PriceLevels } from './price-levels.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const { BUY, SELL } = Side;

/** True when the last trade price (0: there was no trade) is at the stop price or beyond it [14]. */
export function isStopDue(side: Side, stopPriceTicks: number, lastPriceTicks: number): boolean {
  if (lastPriceTicks === 0) return false;
  return side === BUY ? lastPriceTicks >= stopPriceTicks : lastPriceTicks <= stopPriceTicks;
}

export class StopBook {
  private readonly orders: OrderRows;
  /** In trigger order: buys from the lowest stop price up, as asks are sorted; sells from the highest down. */
  private readonly buys = new PriceLevels(SELL);
  private readonly sells = new PriceLevels(BUY);

  constructor(orders: OrderRows) {
    this.orders = orders;
  }

  /** Lets an order wait, behind those of its stop price with smaller numbers. */
  add(row: number): void {
    const { orders } = this;
    assert(orders.level(row) < 0, 'stop book: an order waits once');
    const levels = this.side(orders.side(row));
    const level = levels.ensure(orders.stopPriceTicks(row));
    const rows = levels.rows;
    // Numbers rise as orders arrive, so the walk from the end is short.
    let previous = rows.last(level);
    while (previous >= 0 && orders.number(previous) > orders.number(row)) previous = orders.previous(previous);
    enqueue(orders, rows, level, previous, row);
  }

  /** Takes a waiting order out. */
  remove(row: number): void {
    const { orders } = this;
    const level = orders.level(row);
    assert(level >= 0, 'stop book: the order to remove waits');
    const levels = this.side(orders.side(row));
    dequeue(orders, levels.rows, level, row);
    if (levels.rows.first(level) < 0) levels.remove(level);
  }

  /** The order to trigger first at this last trade price (0: there was no trade), -1 when none is due. */
  due(lastPriceTicks: number): number {
    const buy = this.buys.best();
    if (buy >= 0 && isStopDue(BUY, this.buys.priceOf(buy), lastPriceTicks)) return this.buys.rows.first(buy);
    const sell = this.sells.best();
    if (sell >= 0 && isStopDue(SELL, this.sells.priceOf(sell), lastPriceTicks)) return this.sells.rows.first(sell);
    return -1;
  }

  /** Rows of one side in trigger order. */
  forEach(side: Side, visit: (row: number) => GoOn): void {
    const levels = this.side(side);
    for (let level = levels.best(); level >= 0; level = levels.worse(level)) {
      for (let row = levels.rows.first(level); row >= 0; row = this.orders.next(row)) {
        if (visit(row) === false) return;
      }
    }
  }

  private side(side: Side): PriceLevels {
    return side === BUY ? this.buys : this.sells;
  }
}
