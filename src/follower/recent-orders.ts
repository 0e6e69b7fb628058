// The newest closed orders, so that a read just after a close needs no database. Owned by the follower, on its thread;
// bounded: the oldest make room, and are then the ledger's to tell.

import { OrderColumns } from '../domain/order-columns.ts';
import { OrderMap } from '../domain/order-map.ts';

export class RecentOrders {
  readonly columns: OrderColumns;
  readonly #rows = new OrderMap();
  #next = 0;
  #full = false;

  constructor(capacity: number) {
    this.columns = new OrderColumns(capacity);
  }

  /** Remembers row `row` of `source`, an order that just closed. */
  add(source: OrderColumns, row: number): void {
    const { columns } = this;
    const target = this.#next;
    if (this.#full) this.#rows.delete(columns.number[target]);
    columns.copyRow(source, row, target);
    this.#rows.add(columns.number[target], target);
    this.#next = target + 1;
    if (this.#next === columns.capacity) {
      this.#next = 0;
      this.#full = true;
    }
  }

  /** Row in `columns`, or -1. */
  find(orderNumber: number): number {
    return this.#rows.get(orderNumber);
  }
}
