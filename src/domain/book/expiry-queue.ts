// Live orders that end by themselves, the first to end in front [13]: a binary heap by expiry, then order number. Pure;
// owned by one engine. It holds entries of the orders' rare attributes, which know their place in the heap, so that an
// order is taken out without a search. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).

import { assert } from '../../assert.ts';
import { Arena } from './arena.ts';
import type { OrderRows } from './order-rows.ts';
import type { RareAttributes } from './rare-attributes.ts';

export class ExpiryQueue {
  private readonly orders: OrderRows;
  private readonly rare: RareAttributes;
  private readonly arena = new Arena();
  private heap = this.arena.ints;
  private count = 0;

  constructor(orders: OrderRows) {
    this.orders = orders;
    this.rare = orders.rare;
  }

  get size(): number {
    return this.count;
  }

  /** When the first order ends, microseconds since the epoch; 0 when none does. */
  earliestUs(): number {
    return this.count === 0 ? 0 : this.rare.expiresUs(this.heap[0]);
  }

  /** The order that ends first, -1 when none does. */
  first(): number {
    return this.count === 0 ? -1 : this.rare.rowOf(this.heap[0]);
  }

  /** Adds an order with an expiry. */
  add(row: number): void {
    const entry = this.orders.rareOf(row);
    assert(entry >= 0 && this.rare.expiresUs(entry) > 0, 'expiry queue: the order has an expiry');
    assert(this.rare.expiryPlace(entry) === 0, 'expiry queue: an order is in it once');
    this.arena.reserve((this.count + 1) * 4);
    this.heap = this.arena.ints;
    this.rise(entry, this.count++);
  }

  /** Takes an order out, wherever it stands. */
  remove(row: number): void {
    const entry = this.orders.rareOf(row);
    assert(entry >= 0 && this.rare.expiryPlace(entry) > 0, 'expiry queue: the order to remove is in it');
    const place = this.rare.expiryPlace(entry) - 1;
    this.rare.setExpiryPlace(entry, 0);
    const last = this.heap[--this.count];
    if (last === entry) return;
    if (place > 0 && this.isBefore(last, this.heap[(place - 1) >>> 1])) this.rise(last, place);
    else this.sink(last, place);
  }

  /** Puts an entry at a free place or nearer to the front, where those before it are earlier. */
  private rise(entry: number, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.isBefore(entry, this.heap[parent])) break;
      this.put(this.heap[parent], place);
      place = parent;
    }
    this.put(entry, place);
  }

  /** Puts an entry at a free place or further back, where those behind it are later. */
  private sink(entry: number, from: number): void {
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && this.isBefore(this.heap[child + 1], this.heap[child])) child++;
      if (!this.isBefore(this.heap[child], entry)) break;
      this.put(this.heap[child], place);
      place = child;
    }
    this.put(entry, place);
  }

  private put(entry: number, place: number): void {
    this.heap[place] = entry;
    this.rare.setExpiryPlace(entry, place + 1);
  }

  private isBefore(a: number, b: number): boolean {
    const expiresA = this.rare.expiresUs(a);
    const expiresB = this.rare.expiresUs(b);
    if (expiresA !== expiresB) return expiresA < expiresB;
    return this.orders.number(this.rare.rowOf(a)) < this.orders.number(this.rare.rowOf(b));
  }
}
