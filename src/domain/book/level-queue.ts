// The queue of orders at a price level: a list linked through the orders' rows, its ends in the level's row. Pure functions
// over the rows of one engine; they count nothing. Allocates: nothing.

import type { LevelRows } from './level-rows.ts';
import type { OrderRows } from './order-rows.ts';

/** Puts an order, which stands nowhere, behind `previous` in a level's queue; -1 is in front of all. */
export function enqueue(orders: OrderRows, levels: LevelRows, level: number, previous: number, row: number): void {
  const next = previous < 0 ? levels.first(level) : orders.next(previous);
  orders.setLevel(row, level);
  orders.setPrevious(row, previous);
  orders.setNext(row, next);
  if (previous < 0) levels.setFirst(level, row);
  else orders.setNext(previous, row);
  if (next < 0) levels.setLast(level, row);
  else orders.setPrevious(next, row);
}

/** Takes an order out of its level's queue, wherever it stands there. */
export function dequeue(orders: OrderRows, levels: LevelRows, level: number, row: number): void {
  const previous = orders.previous(row);
  const next = orders.next(row);
  if (previous < 0) levels.setFirst(level, next);
  else orders.setNext(previous, next);
  if (next < 0) levels.setLast(level, previous);
  else orders.setPrevious(next, previous);
  orders.setLevel(row, -1);
}
