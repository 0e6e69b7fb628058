// The prices of one side of a book: finds, adds, removes a price and walks from the best. Pure; owned by one book side.
// Knows nothing of orders: a level is a row, and what lies in the row beside its price is the book's.
//
// A small table of the levels seen last answers most questions for a price. Behind it prices lie on pages of 8
// neighbouring ticks that name the level of each, found by hash. The next worse level is a bit of the page, or stands on
// the page that a set of page numbers (integer-set.ts) says is the next one. So no operation's cost grows with the number
// of levels, and memory does not grow with the range of prices. Pages are numbered so that a worse one has a smaller
// number on both sides. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
// A page is one cache line:  0 f64 number    8 i32 x 8 level + 1, 0 for none    40 i32 bits of the levels
//                           44 i32 where the set keeps the number (of a free page: the next free one)

import { assert } from '../../assert.ts';
import { Side } from '../codes.ts';
import { Arena } from './arena.ts';
import { IntegerSet } from './integer-set.ts';
import { LevelRows } from './level-rows.ts';
import { OrderMap } from './order-map.ts';

const PAGE_BYTES = 64;
const LEVELS = 2;
const BITS = 10;
const IN_SET = 11;
const TICKS = 8;
const TICK_MASK = 7;
/** Above every price, and the first tick of a page. */
const PRICES_END = 2 ** 47;
const FRONT_SLOTS = 4096;
const RECENT_SLOTS = 1024;
const RECENT_MASK = RECENT_SLOTS - 1;

export class PriceLevels {
  readonly rows = new LevelRows();
  readonly keys = new Arena();
  /** A price's place is origin + sign x price: the better, the greater. */
  private readonly sign: number;
  private readonly origin: number;
  private words = this.keys.words;
  private ints = this.keys.ints;
  private readonly map = new OrderMap(this, FRONT_SLOTS);
  private readonly set = new IntegerSet(this);
  /** By the low bits of the price, the level found or opened last; it counts if its price is the one asked for. */
  private readonly recent = new Int32Array(RECENT_SLOTS);
  private free = -1;
  private fresh = 0;
  private bestLevel = -1;
  private count = 0;

  constructor(side: Side) {
    this.sign = side === Side.BUY ? 1 : -1;
    this.origin = side === Side.BUY ? TICKS : PRICES_END;
  }

  /** Levels present. */
  get size(): number {
    return this.count;
  }

  /** The level with the best price, -1 when the side is empty. */
  best(): number {
    return this.bestLevel;
  }

  /** The level of a price, a whole number of ticks; -1 when there is none. */
  find(priceTicks: number): number {
    const level = this.recent[priceTicks & RECENT_MASK];
    return this.rows.priceTicks(level) === priceTicks ? level : this.findOnPage(priceTicks);
  }

  /** The level of a price, opened when there is none: a small number, reused after removal. */
  ensure(priceTicks: number): number {
    const level = this.recent[priceTicks & RECENT_MASK];
    return this.rows.priceTicks(level) === priceTicks ? level : this.ensureOnPage(priceTicks);
  }

  priceOf(level: number): number {
    return this.rows.priceTicks(level);
  }

  /** The next worse level, -1 at the end. */
  worse(level: number): number {
    const place = this.origin + this.sign * this.rows.priceTicks(level);
    let at = this.rows.page(level) << 4;
    let bits = this.ints[at | BITS] & ((1 << (place & TICK_MASK)) - 1);
    if (bits === 0) {
      if (!this.set.below(at >>> 4, this.ints[at | IN_SET])) return -1;
      at = this.map.get(this.set.found[0]) << 4;
      bits = this.ints[at | BITS];
    }
    return this.ints[at + LEVELS + 31 - Math.clz32(bits)] - 1;
  }

  /** Removes a level. */
  remove(level: number): void {
    const { ints } = this;
    if (level === this.bestLevel) this.bestLevel = this.worse(level);
    const page = this.rows.page(level);
    const at = page << 4;
    const bit = (this.origin + this.sign * this.rows.priceTicks(level)) & TICK_MASK;
    assert(ints[at + LEVELS + bit] === level + 1, 'price levels: the level to remove is present');
    ints[at + LEVELS + bit] = 0;
    const bits = ints[at | BITS] ^ (1 << bit);
    ints[at | BITS] = bits;
    this.rows.release(level);
    this.count--;
    if (bits === 0) this.closePage(page);
  }

  private findOnPage(priceTicks: number): number {
    const place = this.origin + this.sign * priceTicks;
    const page = this.map.get(Math.floor(place / TICKS));
    if (page < 0) return -1;
    const level = this.ints[(page << 4) + LEVELS + (place & TICK_MASK)] - 1;
    if (level >= 0) this.recent[priceTicks & RECENT_MASK] = level;
    return level;
  }

  private ensureOnPage(priceTicks: number): number {
    const place = this.origin + this.sign * priceTicks;
    const number = Math.floor(place / TICKS);
    let page = this.map.get(number);
    if (page < 0) {
      page = this.takePage();
      this.words[page << 3] = number;
      this.openPage(page);
    }
    const at = (page << 4) + LEVELS + (place & TICK_MASK);
    let level = this.ints[at] - 1;
    if (level < 0) {
      level = this.rows.take(priceTicks, page);
      this.ints[at] = level + 1;
      this.ints[(page << 4) | BITS] |= 1 << (place & TICK_MASK);
      this.count++;
      if (this.bestLevel < 0 || this.sign * (priceTicks - this.rows.priceTicks(this.bestLevel)) > 0)
        this.bestLevel = level;
    }
    this.recent[priceTicks & RECENT_MASK] = level;
    return level;
  }

  private openPage(page: number): void {
    for (let i = LEVELS; i <= BITS; i++) this.ints[(page << 4) | i] = 0;
    this.ints[(page << 4) | IN_SET] = this.set.add(page);
    this.map.addRow(page);
  }

  private closePage(page: number): void {
    this.set.delete(page, this.ints[(page << 4) | IN_SET]);
    this.map.deleteRow(page);
    this.ints[(page << 4) | IN_SET] = this.free;
    this.free = page;
  }

  private takePage(): number {
    const page = this.free;
    if (page >= 0) {
      this.free = this.ints[(page << 4) | IN_SET];
      return page;
    }
    this.keys.reserve((this.fresh + 1) * PAGE_BYTES);
    this.words = this.keys.words;
    this.ints = this.keys.ints;
    return this.fresh++;
  }
}
