// Rows for orders: the columns, the intrusive links of the FIFO queues, and a free list. Pure; owned by one engine.
// Row numbers are memory layout, never state: nothing that leaves the engine for longer than a call may hold one.

import { assert } from '../assert.ts';
import { OrderColumns } from './order-columns.ts';
import { grownF64, grownI32, grownU8, grownU16, grownU32 } from './typed-arrays.ts';

const CAPACITY_MIN = 64;

export class OrderPool {
  readonly orders = new OrderColumns(CAPACITY_MIN);
  /** Row of the next order in its queue, -1 at the end. For a free row: the next free row. */
  next = new Int32Array(CAPACITY_MIN);
  /** Row of the order before in its queue, -1 at the front. */
  previous = new Int32Array(CAPACITY_MIN);
  /** The level in whose queue the order stands, -1 while it does not rest. */
  level = new Int32Array(CAPACITY_MIN);
  private free = -1;
  private taken = 0;

  constructor() {
    this.chain(0, CAPACITY_MIN);
  }

  /** Rows in use. */
  get size(): number {
    return this.taken;
  }

  /** A row of undefined content. Allocates: nothing, except when the pool doubles. */
  take(): number {
    if (this.free < 0) this.grow();
    const row = this.free;
    assert(row >= 0, 'order pool: a free row exists after growth');
    this.free = this.next[row];
    this.level[row] = -1;
    this.taken++;
    return row;
  }

  /** Gives a row back; it must not stand in a queue any more. Allocates: nothing. */
  release(row: number): void {
    assert(this.taken > 0, 'order pool: something is taken');
    assert(this.level[row] < 0, 'order pool: a released order does not rest');
    this.next[row] = this.free;
    this.free = row;
    this.taken--;
  }

  private grow(): void {
    const from = this.next.length;
    const capacity = from * 2;
    growOrderColumns(this.orders, capacity);
    this.next = grownI32(this.next, capacity);
    this.previous = grownI32(this.previous, capacity);
    this.level = grownI32(this.level, capacity);
    this.chain(from, capacity);
  }

  /** Makes rows from..to-1 the free list, lowest first: fresh rows are used in memory order. */
  private chain(from: number, to: number): void {
    for (let row = from; row < to; row++) {
      this.next[row] = row + 1;
      this.level[row] = -1;
    }
    this.next[to - 1] = -1;
    this.free = from;
  }
}

/** Makes `columns` larger in place: the object stays, its arrays are replaced. */
export function growOrderColumns(columns: OrderColumns, capacity: number): void {
  assert(capacity > columns.capacity, 'order columns: growth is growth');
  columns.number = grownF64(columns.number, capacity);
  columns.createdUs = grownF64(columns.createdUs, capacity);
  columns.updatedUs = grownF64(columns.updatedUs, capacity);
  columns.priceTicks = grownF64(columns.priceTicks, capacity);
  columns.quantityLots = grownF64(columns.quantityLots, capacity);
  columns.executedLots = grownF64(columns.executedLots, capacity);
  columns.notionalHigh = grownF64(columns.notionalHigh, capacity);
  columns.notionalLow = grownF64(columns.notionalLow, capacity);
  columns.client = grownU32(columns.client, capacity);
  columns.instrument = grownU16(columns.instrument, capacity);
  columns.reason = grownU16(columns.reason, capacity);
  columns.side = grownU8(columns.side, capacity);
  columns.orderType = grownU8(columns.orderType, capacity);
  columns.timeInForce = grownU8(columns.timeInForce, capacity);
  columns.flags = grownU8(columns.flags, capacity);
  columns.status = grownU8(columns.status, capacity);
}
