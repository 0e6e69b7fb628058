// The map that lost to order-map.ts: one open-addressed table, the keys beside the rows, linear probing, backward-shift
// deletion. Twelve bytes a slot, a lookup's misses are the table's and the row's, and growing copies the whole of it at
// once. Same interface, without the rows that hold the keys.

import { assert } from '#ringbook/assert.js';

const CAPACITY_MIN = 16;
/** 2^32 / golden ratio: spreads consecutive numbers over the high bits. */
const FIBONACCI = 0x9e3779b1;

export class OneTableMap {
  /** 0 marks a free slot. Length: a power of two. */
  private keys = new Float64Array(CAPACITY_MIN);
  private rows = new Int32Array(CAPACITY_MIN);
  private mask = CAPACITY_MIN - 1;
  private shift = 32 - Math.log2(CAPACITY_MIN);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The row of `key`, -1 when absent, as every number is that add would not take. Allocates: nothing. */
  get(key: number): number {
    const keys = this.keys;
    const mask = this.mask;
    let slot = this.home(key);
    for (;;) {
      const found = keys[slot];
      // Before the comparison: a caller may ask for 0, which is how a free slot looks.
      if (found === 0) return -1;
      if (found === key) return this.rows[slot];
      slot = (slot + 1) & mask;
    }
  }

  /** Adds an absent key. Allocates: nothing, except when the table doubles. */
  add(key: number, row: number): void {
    assert(key >= 1 && row >= 0, 'one-table map: a positive key and a row');
    if ((this.count + 1) * 2 > this.keys.length) this.grow();
    this.place(key, row);
    this.count++;
  }

  /** Removes a present key, and closes the gap it leaves. Allocates: nothing. */
  delete(key: number): void {
    const keys = this.keys;
    const rows = this.rows;
    const mask = this.mask;
    let gap = this.home(key);
    while (keys[gap] !== key) {
      assert(keys[gap] !== 0, 'one-table map: the key to delete is present');
      gap = (gap + 1) & mask;
    }
    let slot = gap;
    for (;;) {
      slot = (slot + 1) & mask;
      const moving = keys[slot];
      if (moving === 0) break;
      // An entry may fill the gap only when that does not put it before its home slot.
      if (((slot - this.home(moving)) & mask) < ((slot - gap) & mask)) continue;
      keys[gap] = moving;
      rows[gap] = rows[slot];
      gap = slot;
    }
    keys[gap] = 0;
    this.count--;
  }

  private home(key: number): number {
    const high = (key / 4_294_967_296) | 0;
    return Math.imul((key | 0) ^ Math.imul(high, 0x85ebca6b), FIBONACCI) >>> this.shift;
  }

  private place(key: number, row: number): void {
    const keys = this.keys;
    const mask = this.mask;
    let slot = this.home(key);
    while (keys[slot] !== 0) {
      assert(keys[slot] !== key, 'one-table map: the key to add is absent');
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    this.rows[slot] = row;
  }

  private grow(): void {
    const keys = this.keys;
    const rows = this.rows;
    const capacity = keys.length * 2;
    this.keys = new Float64Array(capacity);
    this.rows = new Int32Array(capacity);
    this.mask = capacity - 1;
    this.shift--;
    for (let slot = 0; slot < keys.length; slot++) {
      if (keys[slot] !== 0) this.place(keys[slot], rows[slot]);
    }
  }
}
