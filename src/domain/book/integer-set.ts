// A set of the keys of rows, positive whole numbers below 2^48, that finds the greatest one below another: bitmaps of 256 numbers, bitmaps
// of 256 such pages, and so on up to one root. Pages exist only where numbers are and are found by hash, so memory grows
// with the numbers present and never with the range they span; an operation looks at six heights at most, and at one
// where another number is near. Pure; owned by one PriceLevels, on one thread. Allocates: nothing but growth, which
// copies 1 MiB at most (arena.ts).
//
// A page is one cache line:  0 f64 key = prefix x 8 + height + 1    8 i32 x 8 bits    40 i32 parent page, -1 for the root
//                           44 i32 bits set (of a free page: the next free one)
// Its prefix is a number without the bits of this and lower heights; bit i stands for child prefix x 256 + i.

import { assert } from '../../assert.ts';
import { Arena } from './arena.ts';
import { type KeyedRows, OrderMap } from './order-map.ts';

const PAGE_BYTES = 64;
const BITS = 2;
const BIT_INTS = 8;
const PARENT = 10;
const COUNT = 11;
const FAN = 256;
const ROOT_HEIGHT = 5;
const FRONT_SLOTS = 1024;

export class IntegerSet {
  readonly keys = new Arena();
  /** What `below` found: a cell, as in order-map.ts. */
  readonly found = new Float64Array(1);
  private readonly rows: Arena;
  private words = this.keys.words;
  private ints = this.keys.ints;
  private readonly map = new OrderMap(this, FRONT_SLOTS);
  private free = -1;
  private fresh = 0;

  constructor(rows: KeyedRows) {
    this.rows = rows.keys;
  }

  /** Adds the key of a row, which is absent; returns its page, which `delete` and `below` want to know. */
  add(row: number): number {
    const number = this.rows.words[row << 3];
    const prefix = Math.floor(number / FAN);
    let page = this.map.get(prefix * 8 + 1);
    if (page < 0) page = this.open(prefix, 0);
    this.set(page, number & 255);
    return page;
  }

  /** Takes the key of a row out, and pages that get empty. */
  delete(row: number, page: number): void {
    const number = this.rows.words[row << 3];
    if (this.clear(page, number & 255) > 0) return;
    let empty = page;
    let prefix = Math.floor(number / FAN);
    for (;;) {
      const parent = this.ints[(empty << 4) | PARENT];
      this.close(empty);
      if (parent < 0 || this.clear(parent, prefix & 255) > 0) return;
      empty = parent;
      prefix = Math.floor(prefix / FAN);
    }
  }

  /** Puts the greatest number below a row's key into `found`; false when there is none. */
  below(row: number, page: number): boolean {
    let at = page;
    let child = this.rows.words[row << 3];
    for (let height = 0; at >= 0; height++) {
      const bit = this.highestBelow(at, child & 255);
      child = Math.floor(child / FAN);
      if (bit >= 0) {
        this.found[0] = child * FAN + bit;
        this.descend(height);
        return true;
      }
      at = this.ints[(at << 4) | PARENT];
    }
    return false;
  }

  /** From a bit that is set in a page of this height, in `found`, to the greatest number under it. */
  private descend(height: number): void {
    for (let h = height - 1; h >= 0; h--) {
      const page = this.map.get(this.found[0] * 8 + h + 1);
      this.found[0] = this.found[0] * FAN + this.highestBelow(page, FAN);
    }
  }

  /** The highest bit set below `bit`, -1 when none is. */
  private highestBelow(page: number, bit: number): number {
    const at = (page << 4) | BITS;
    let int = bit >>> 5;
    let bits = int < BIT_INTS ? this.ints[at + int] & ((1 << (bit & 31)) - 1) : 0;
    while (bits === 0) {
      if (--int < 0) return -1;
      bits = this.ints[at + int];
    }
    return int * 32 + 31 - Math.clz32(bits);
  }

  private set(page: number, bit: number): void {
    const at = ((page << 4) | BITS) + (bit >>> 5);
    const bits = this.ints[at];
    assert((bits & (1 << (bit & 31))) === 0, 'integer set: the number to add is absent');
    this.ints[at] = bits | (1 << (bit & 31));
    this.ints[(page << 4) | COUNT]++;
  }

  /** Returns how many bits are left. */
  private clear(page: number, bit: number): number {
    this.ints[((page << 4) | BITS) + (bit >>> 5)] &= ~(1 << (bit & 31));
    const count = this.ints[(page << 4) | COUNT] - 1;
    this.ints[(page << 4) | COUNT] = count;
    return count;
  }

  /** An empty page; its parent is opened too when it must be. */
  private open(prefix: number, height: number): number {
    let parent = -1;
    if (height < ROOT_HEIGHT) {
      const above = Math.floor(prefix / FAN);
      parent = this.map.get(above * 8 + height + 2);
      if (parent < 0) parent = this.open(above, height + 1);
      this.set(parent, prefix & 255);
    }
    const page = this.take();
    this.words[page << 3] = prefix * 8 + height + 1;
    for (let i = BITS; i < BITS + BIT_INTS; i++) this.ints[(page << 4) | i] = 0;
    this.ints[(page << 4) | PARENT] = parent;
    this.ints[(page << 4) | COUNT] = 0;
    this.map.addRow(page);
    return page;
  }

  private close(page: number): void {
    this.map.deleteRow(page);
    this.ints[(page << 4) | COUNT] = this.free;
    this.free = page;
  }

  private take(): number {
    const page = this.free;
    if (page >= 0) {
      this.free = this.ints[(page << 4) | COUNT];
      return page;
    }
    this.keys.reserve((this.fresh + 1) * PAGE_BYTES);
    this.words = this.keys.words;
    this.ints = this.keys.ints;
    return this.fresh++;
  }
}
