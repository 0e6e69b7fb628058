// The newest closed orders, so that a read just after a close needs no database. Owned by the follower, on its thread;
// bounded: the oldest make room, and are then the ledger's to tell.

import { OrderMap } from '../domain/book/order-map.ts';
import { OrderRows } from '../domain/book/order-rows.ts';

export class RecentOrders {
  readonly rows = new OrderRows();
  readonly #capacity: number;
  readonly #byNumber = new OrderMap(this.rows);
  /** The rows in the order of their use: the next one to be overwritten is at `#next`. */
  readonly #ring: Int32Array;
  #next = 0;
  #count = 0;

  /** `capacity` in orders. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = new Int32Array(capacity);
  }

  /** Remembers row `row` of `source`, an order that just closed. */
  add(source: OrderRows, row: number): void {
    const target = this.#rowForNext();
    this.rows.copyFrom(source, row, target);
    this.#byNumber.addRow(target);
  }

  /** Row in `rows`, or -1. */
  find(orderNumber: number): number {
    return this.#byNumber.get(orderNumber);
  }

  /** A new row while there is room for one, then the oldest's. */
  #rowForNext(): number {
    const at = this.#next;
    this.#next = (at + 1) % this.#capacity;
    if (this.#count < this.#capacity) {
      this.#count++;
      this.#ring[at] = this.rows.take();
    } else {
      this.#byNumber.deleteRow(this.#ring[at]);
    }
    return this.#ring[at];
  }
}
