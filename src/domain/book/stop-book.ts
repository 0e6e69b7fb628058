// The stops of one instrument that wait for their price [14]: by side, stop price and order number. Pure; owned by one
// engine. A waiting order uses the queue fields of its row (next, previous, level). Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import { Side } from '../codes.ts';
import type { GoOn } from './order-book.ts';
import type { OrderRows } from './order-rows.ts';
import { PriceLevels } from './price-levels.ts';

export class StopBook {
  private readonly orders: OrderRows;
  /** In trigger order: buys from the lowest stop price up, as asks are sorted; sells from the highest down. */
  private readonly buys = new PriceLevels(Side.SELL);
  private readonly sells = new PriceLevels(Side.BUY);
  private waiting = 0;

  constructor(orders: OrderRows) {
    this.orders = orders;
  }

  /** Stops that wait. */
  get size(): number {
    return this.waiting;
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
    const next = previous < 0 ? rows.first(level) : orders.next(previous);
    orders.setLevel(row, level);
    orders.setPrevious(row, previous);
    orders.setNext(row, next);
    if (previous < 0) rows.setFirst(level, row);
    else orders.setNext(previous, row);
    if (next < 0) rows.setLast(level, row);
    else orders.setPrevious(next, row);
    this.waiting++;
  }

  /** Takes a waiting order out. */
  remove(row: number): void {
    const { orders } = this;
    const level = orders.level(row);
    assert(level >= 0, 'stop book: the order to remove waits');
    const levels = this.side(orders.side(row));
    const previous = orders.previous(row);
    const next = orders.next(row);
    if (previous < 0) levels.rows.setFirst(level, next);
    else orders.setNext(previous, next);
    if (next < 0) levels.rows.setLast(level, previous);
    else orders.setPrevious(next, previous);
    orders.setLevel(row, -1);
    if (levels.rows.first(level) < 0) levels.remove(level);
    this.waiting--;
  }

  /** The order to trigger first at this last trade price (0: there was no trade), -1 when none is due. */
  due(lastPriceTicks: number): number {
    if (this.waiting === 0 || lastPriceTicks === 0) return -1;
    const buy = this.buys.best();
    if (buy >= 0 && this.buys.priceOf(buy) <= lastPriceTicks) return this.buys.rows.first(buy);
    const sell = this.sells.best();
    if (sell >= 0 && this.sells.priceOf(sell) >= lastPriceTicks) return this.sells.rows.first(sell);
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
    return side === Side.BUY ? this.buys : this.sells;
  }
}
