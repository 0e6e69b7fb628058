// Price levels as rows of memory, one cache line of 64 bytes each: the price, what rests at it, its queue of orders.
// Pure; owned by one PriceLevels, on one thread. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts). (Literal offsets:
// order-rows.ts says why.)
//
//   0 f64 price, ticks    8 f64 displayed, lots    16 f64 hidden, lots
//  24 i32 first  28 i32 last order of the queue    32 i32 orders    36 i32 page (price-levels.ts)

import { Arena } from './arena.ts';

export class LevelRows {
  readonly keys = new Arena();
  private words = this.keys.words;
  private ints = this.keys.ints;
  /** First free level, linked by `page`; -1 when none. */
  private free = -1;
  private fresh = 0;

  constructor() {
    this.words[0] = Number.NaN;
  }

  /** An empty level at a price. */
  take(priceTicks: number, page: number): number {
    let level = this.free;
    if (level >= 0) this.free = this.page(level);
    else level = this.takeFresh();
    const { words, ints } = this;
    words[level << 3] = priceTicks;
    words[(level << 3) | 1] = 0;
    words[(level << 3) | 2] = 0;
    ints[(level << 4) | 6] = -1;
    ints[(level << 4) | 7] = -1;
    ints[(level << 4) | 8] = 0;
    ints[(level << 4) | 9] = page;
    return level;
  }

  /** Gives a level back. A free level has no price: the first one is told apart too, before it is taken. */
  release(level: number): void {
    this.words[level << 3] = Number.NaN;
    this.ints[(level << 4) | 9] = this.free;
    this.free = level;
  }

  private takeFresh(): number {
    const level = this.fresh++;
    this.keys.reserve(this.fresh * 64);
    this.words = this.keys.words;
    this.ints = this.keys.ints;
    return level;
  }

  /** NaN of a free level. */
  priceTicks(level: number): number {
    return this.words[level << 3];
  }

  /** Displayed lots of all its orders. */
  lots(level: number): number {
    return this.words[(level << 3) | 1];
  }

  setLots(level: number, value: number): void {
    this.words[(level << 3) | 1] = value;
  }

  /** Hidden lots of its icebergs. */
  hidden(level: number): number {
    return this.words[(level << 3) | 2];
  }

  setHidden(level: number, value: number): void {
    this.words[(level << 3) | 2] = value;
  }

  /** The order at the front of the queue, -1 while it is empty. */
  first(level: number): number {
    return this.ints[(level << 4) | 6];
  }

  setFirst(level: number, value: number): void {
    this.ints[(level << 4) | 6] = value;
  }

  /** The order at the end of the queue. */
  last(level: number): number {
    return this.ints[(level << 4) | 7];
  }

  setLast(level: number, value: number): void {
    this.ints[(level << 4) | 7] = value;
  }

  orders(level: number): number {
    return this.ints[(level << 4) | 8];
  }

  setOrders(level: number, value: number): void {
    this.ints[(level << 4) | 8] = value;
  }

  /** The page of the price index that the level is on. */
  page(level: number): number {
    return this.ints[(level << 4) | 9];
  }
}
