// A map from positive safe integers (order numbers, price pages) to rows, which hold the keys themselves. Pure; owned by
// one engine, on one thread. It cannot be walked, on purpose: its order is memory layout. Allocates: nothing but a table
// when it doubles, which moves a few entries per operation and never all at once.
//
// Two tiers. In front a direct-mapped table: one slot for each low part of a key. Who comes in takes its slot, and who
// was there moves to the far tier (far-map.ts). Order numbers rise, so the front holds the newest, and most orders come
// and go there for one load and one store.

import { assert } from '../../assert.ts';
import type { Arena } from './arena.ts';
import { FarMap } from './far-map.ts';

/** Rows of 64 bytes that begin with their key, a float64. */
export interface KeyedRows {
  readonly keys: Arena;
}

/** Slots in front for order numbers: 256 KiB, what a core's second cache has room for. */
const FRONT_SLOTS = 65_536;

export class OrderMap {
  private readonly arena: Arena;
  /** The key asked for. A cell and small functions around it, since V8 boxes more than 31 bits to pass them to a call. */
  private readonly key = new Float64Array(1);
  /** Row + 1, 0: free. */
  private readonly front: Int32Array;
  private readonly frontMask: number;
  private readonly far: FarMap;
  private count = 0;
  /** Written so that the read before it is not optimised away. */
  protected touched = 0;

  /** `frontSlots`: a power of two. */
  constructor(rows: KeyedRows, frontSlots = FRONT_SLOTS) {
    this.arena = rows.keys;
    this.front = new Int32Array(frontSlots);
    this.frontMask = frontSlots - 1;
    this.far = new FarMap(rows.keys, this.key);
  }

  get size(): number {
    return this.count;
  }

  /** The row of `key`, -1 when absent, as every number is that is no key. Allocates: nothing. */
  get(key: number): number {
    this.key[0] = key;
    return this.sought();
  }

  private sought(): number {
    const key = this.key[0];
    const row = this.front[key & this.frontMask] - 1;
    return row >= 0 && this.arena.words[row << 3] === key ? row : this.far.get();
  }

  /** Reads the slot of the far tier where the key is looked for first. */
  touch(key: number): void {
    this.key[0] = key;
    this.touched = this.far.touch();
  }

  /** The row in front at the slot of a key, which pushes it to the far tier when it is added; -1 when there is none. */
  inFrontOf(key: number): number {
    return this.front[key & this.frontMask] - 1;
  }

  /** Slots in front. */
  get frontSize(): number {
    return this.frontMask + 1;
  }

  /** Adds a row under the key that it holds, which is absent. */
  addRow(row: number): void {
    const key = this.arena.words[row << 3];
    assert(key >= 1, 'order map: a positive key');
    const slot = key & this.frontMask;
    const before = this.front[slot] - 1;
    this.front[slot] = row + 1;
    this.count++;
    if (before >= 0) this.far.add(before);
  }

  /** Removes a row by the key that it still holds. */
  deleteRow(row: number): void {
    assert(row >= 0, 'order map: the key to delete is present');
    const slot = this.arena.words[row << 3] & this.frontMask;
    if (this.front[slot] === row + 1) this.front[slot] = 0;
    else this.far.delete(row);
    this.count--;
  }
}
