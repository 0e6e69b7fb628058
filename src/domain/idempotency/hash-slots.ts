// From the hash of a text to the row that holds it: open addressing, linear probing, half full at most. Pure; owned by
// one table. Must never stall: a larger table is filled a few slots per added row while the old one still answers.
// Allocates: only the larger table, whose pages the system hands out as they are touched.

import { assert } from '../../assert.ts';
import type { PackedText } from './packed-text.ts';

/** The table that owns the rows: it decides whether a row whose hash agrees is the one. */
export interface TextHolder {
  holdsText(row: number, text: PackedText): boolean;
}

const SLOTS_MIN = 128;
/** Slots of the old table moved with every added row: the move ends after a quarter as many rows as it has slots. */
const SLOTS_MOVED = 4;
const NOTHING = new Int32Array(0);

export class HashSlots {
  private readonly holder: TextHolder;
  /** Pairs of hash and row + 1; 0 in the second place marks a free slot. As many pairs as a power of two. */
  private slots = new Int32Array(SLOTS_MIN * 2);
  private mask = SLOTS_MIN - 1;
  private rows = 0;
  /** The table before, only read, until its slots from 0 to `movedSlots` are all. Empty when there is nothing to move. */
  private old: Int32Array = NOTHING;
  private movedSlots = 0;
  /** Written so that the read before it is not optimised away. */
  protected prefetched = 0;

  constructor(holder: TextHolder) {
    this.holder = holder;
  }

  /** The row that holds the text, -1 when none does. Allocates: nothing. */
  find(text: PackedText): number {
    const row = this.search(this.slots, text);
    if (row >= 0 || this.old.length === 0) return row;
    return this.search(this.old, text);
  }

  /** Makes room at once for `rows` rows in all. While it is empty. */
  reserve(rows: number): void {
    assert(this.rows === 0, 'hash slots: room is reserved before the first row');
    while (rows * 2 > this.mask + 1) this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array((this.mask + 1) * 2);
  }

  /** False when no row hashes to this. Allocates: nothing. */
  hasHash(hash: number): boolean {
    const { slots, mask } = this;
    for (let slot = hash & mask; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      if (slots[slot * 2] === hash) return true;
    }
    return false;
  }

  /** Adds a row whose text no row holds. */
  add(hash: number, row: number): void {
    if ((this.rows + 1) * 2 > this.mask + 1) this.grow();
    if (this.old.length > 0) this.move();
    this.place(hash, row);
    this.rows++;
  }

  /** Removes a row; backward-shift deletion leaves no tombstone. Not while rows are being moved. Allocates: nothing. */
  delete(hash: number, row: number): void {
    assert(this.old.length === 0, 'hash slots: nothing is deleted during growth');
    const { slots, mask } = this;
    let gap = hash & mask;
    while (slots[gap * 2 + 1] !== row + 1) {
      assert(slots[gap * 2 + 1] !== 0, 'hash slots: the row to delete is present');
      gap = (gap + 1) & mask;
    }
    for (let slot = (gap + 1) & mask; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      // An entry may fill the gap only when that does not put it before its home slot.
      if (((slot - slots[slot * 2]) & mask) < ((slot - gap) & mask)) continue;
      slots[gap * 2] = slots[slot * 2];
      slots[gap * 2 + 1] = slots[slot * 2 + 1];
      gap = slot;
    }
    slots[gap * 2 + 1] = 0;
    this.rows--;
  }

  /** Fetches the slots of a hash into the cache while other work goes on. */
  prefetch(hash: number): void {
    this.prefetched = this.slots[(hash & this.mask) * 2];
  }

  private search(slots: Int32Array, text: PackedText): number {
    const hash = text.hash;
    const mask = (slots.length >>> 1) - 1;
    for (let slot = hash & mask; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      const row = slots[slot * 2 + 1] - 1;
      if (slots[slot * 2] === hash && this.holder.holdsText(row, text)) return row;
    }
    return -1;
  }

  private place(hash: number, row: number): void {
    const { slots, mask } = this;
    let slot = hash & mask;
    while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    slots[slot * 2] = hash;
    slots[slot * 2 + 1] = row + 1;
  }

  private grow(): void {
    assert(this.old.length === 0, 'hash slots: one growth ends before the next begins');
    this.old = this.slots;
    this.movedSlots = 0;
    this.slots = new Int32Array(this.old.length * 2);
    this.mask = this.mask * 2 + 1;
  }

  /** Copies the next few slots; the old table stays whole, so that its probing still finds what was not copied yet. */
  private move(): void {
    const old = this.old;
    const end = (this.movedSlots + SLOTS_MOVED) * 2;
    for (let at = this.movedSlots * 2; at < end; at += 2) {
      if (old[at + 1] !== 0) this.place(old[at], old[at + 1] - 1);
    }
    this.movedSlots += SLOTS_MOVED;
    if (end === old.length) this.old = NOTHING;
  }
}
