// The far tier of a map from keys to rows (order-map.ts): a hash table of groups. Pure; owned by one OrderMap. Allocates:
// nothing but a table when it doubles; its entries move over a group per operation, never all at once.
//
// A group is 16 slots of 4 bytes, one cache line: 26 bits of row + 1 (0: free) and a tag of 6 bits of hash, so that rows
// of other keys are hardly ever read. 16 consecutive keys share their group, each beginning at a slot of its own. Who
// finds the group full goes on to another one, a hashed number of groups away, and leaves a count there; who leaves takes
// the count with it. So a removal moves nothing and leaves no tombstone, and full groups do not grow into clusters.

import { assert } from '../../assert.ts';
import type { Arena } from './arena.ts';

const GROUP_BITS = 4;
const GROUP = 16;
const ROW_MASK = 2 ** 26 - 1;
const TAG_SHIFT = 26;
const GROUPS_MIN = 4;
/** 2^32 / golden ratio: spreads consecutive blocks of keys evenly over the high bits. */
const FIBONACCI = 0x9e3779b1;
const HIGH = 2 ** 32;
const HIGH_FACTOR = 0x85ebca6b;
/** A count that got here stays: it says "maybe", and a lookup goes on. */
const COUNT_MAX = 255;

class Table {
  readonly slots: Int32Array;
  /** By group: entries that went on because it was full. */
  readonly passed: Uint8Array;
  readonly groupMask: number;
  readonly shift: number;

  constructor(groups: number) {
    this.slots = new Int32Array(groups * GROUP);
    this.passed = new Uint8Array(groups);
    this.groupMask = groups - 1;
    this.shift = Math.clz32(groups) + 1;
  }
}

const NO_TABLE = new Table(GROUPS_MIN);

export class FarMap {
  private readonly arena: Arena;
  private readonly key: Float64Array;
  private table = new Table(GROUPS_MIN);
  private count = 0;
  /** The table before it doubled, while its entries move over; those of groups before `moved` have. */
  private old = NO_TABLE;
  private oldCount = 0;
  private moved = 0;

  /** `key`: the cell with the key to get. */
  constructor(arena: Arena, key: Float64Array) {
    this.arena = arena;
    this.key = key;
  }

  /** The row of the key in the cell, -1 when absent. */
  get(): number {
    if (this.count === 0) return -1;
    const slot = this.find(this.table);
    if (slot >= 0) return (this.table.slots[slot] & ROW_MASK) - 1;
    const old = this.oldCount === 0 ? -1 : this.find(this.old);
    return old < 0 ? -1 : (this.old.slots[old] & ROW_MASK) - 1;
  }

  /** Reads the slot where the key in the cell is looked for first. */
  touch(): number {
    const { slots, shift } = this.table;
    const key = this.key[0];
    return slots[((hashOf(key | 0, (key / HIGH) | 0) >>> shift) << GROUP_BITS) | (key & 15)];
  }

  /** Adds a row, whose key is absent. */
  add(row: number): void {
    assert(row < ROW_MASK, 'far map: a slot has room for the row');
    if ((this.count + 1) * 4 > this.table.slots.length * 3) this.grow();
    this.place(row);
    this.count++;
    if (this.oldCount > 0) this.move();
  }

  /** Removes a row that is present, by the key that it still holds. */
  delete(row: number): void {
    const free = this.remove(this.table, row);
    if (!free) {
      const freeOld = this.oldCount > 0 && this.remove(this.old, row);
      assert(freeOld, 'far map: the row to delete is present');
      this.oldCount--;
    }
    this.count--;
    if (this.oldCount > 0) this.move();
    else this.old = NO_TABLE;
  }

  /** The slot of the key in the cell, -1 when absent. */
  private find(table: Table): number {
    const { slots, passed, groupMask } = table;
    const words = this.arena.words;
    const key = this.key[0];
    const start = key & 15;
    const hash = hashOf(key | 0, (key / HIGH) | 0);
    const tag = tagOf(hash);
    const home = hash >>> table.shift;
    let group = home;
    do {
      for (let i = 0; i < GROUP; i++) {
        const slot = (group << GROUP_BITS) | ((start + i) & 15);
        const entry = slots[slot];
        if (entry >>> TAG_SHIFT === tag && words[((entry & ROW_MASK) - 1) << 3] === key) return slot;
      }
      if (passed[group] === 0) return -1;
      group = (group + stepOf(hash)) & groupMask;
    } while (group !== home);
    return -1;
  }

  private place(row: number): void {
    const { slots, passed, groupMask, shift } = this.table;
    const key = this.arena.words[row << 3];
    const start = key & 15;
    const hash = hashOf(key | 0, (key / HIGH) | 0);
    for (let group = hash >>> shift; ; group = (group + stepOf(hash)) & groupMask) {
      for (let i = 0; i < GROUP; i++) {
        const slot = (group << GROUP_BITS) | ((start + i) & 15);
        if (slots[slot] !== 0) continue;
        slots[slot] = (row + 1) | (tagOf(hash) << TAG_SHIFT);
        return;
      }
      if (passed[group] < COUNT_MAX) passed[group]++;
    }
  }

  /** Frees the row's slot, and takes its count out of the groups that were full when it came. False: it has none. */
  private remove(table: Table, row: number): boolean {
    const { slots, passed, groupMask, shift } = table;
    const key = this.arena.words[row << 3];
    const start = key & 15;
    const hash = hashOf(key | 0, (key / HIGH) | 0);
    const entry = (row + 1) | (tagOf(hash) << TAG_SHIFT);
    const home = hash >>> shift;
    let group = home;
    do {
      for (let i = 0; i < GROUP; i++) {
        const slot = (group << GROUP_BITS) | ((start + i) & 15);
        if (slots[slot] !== entry) continue;
        slots[slot] = 0;
        uncount(table, home, group, stepOf(hash));
        return true;
      }
      if (passed[group] === 0) return false;
      group = (group + stepOf(hash)) & groupMask;
    } while (group !== home);
    return false;
  }

  private grow(): void {
    assert(this.oldCount === 0, 'far map: entries have moved before it grows again');
    this.old = this.table;
    this.oldCount = this.count;
    this.moved = 0;
    this.table = new Table((this.old.groupMask + 1) * 2);
  }

  /** Moves the entries of a group. Those that stay keep finding theirs: counts of the old table only remain too high. */
  private move(): void {
    const { slots } = this.old;
    const base = this.moved++ << GROUP_BITS;
    for (let slot = base; slot < base + GROUP; slot++) {
      const entry = slots[slot];
      if (entry === 0) continue;
      slots[slot] = 0;
      this.oldCount--;
      this.place((entry & ROW_MASK) - 1);
    }
    if (this.oldCount === 0) this.old = NO_TABLE;
  }
}

/** Takes an entry's count out of the groups from its home up to the one it is in. */
function uncount(table: Table, home: number, end: number, step: number): void {
  const { passed, groupMask } = table;
  for (let group = home; group !== end; group = (group + step) & groupMask) {
    if (passed[group] < COUNT_MAX) passed[group]--;
  }
}

/** Of the halves of a key; 16 consecutive keys have one hash. */
function hashOf(low: number, high: number): number {
  return Math.imul((low >>> GROUP_BITS) ^ Math.imul(high, HIGH_FACTOR), FIBONACCI);
}

/** Never 0, so that a free slot matches none. */
function tagOf(hash: number): number {
  return (hash & 31) | 32;
}

/** Odd: it leads through every group of a power of two. */
function stepOf(hash: number): number {
  return (hash >>> 5) | 1;
}
