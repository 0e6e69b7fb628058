// What few orders have: prevented and display quantity, a stop price, an expiry. Rows of their own, so that the others do
// not pay for them. Pure; owned by OrderRows. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
//   0 f64 prevented, lots   8 f64 display, lots   16 f64 stop price, ticks   24 f64 expires, us
//  32 i32 row of the order  36 i32 place in the expiry queue + 1, 0 for none  (of a free entry: the next free one)

import { Arena } from './arena.ts';

const ENTRY_BYTES = 40;
const WORDS = ENTRY_BYTES / 8;
const PREVENTED = 0;
const DISPLAY = 1;
const STOP_PRICE = 2;
const EXPIRES = 3;
const INTS = ENTRY_BYTES / 4;
const ROW = 8;
const PLACE = 9;

export class RareAttributes {
  private readonly arena = new Arena();
  private words = this.arena.words;
  private ints = this.arena.ints;
  private free = -1;
  private fresh = 0;

  /** An entry of zeros for the order in `row`. */
  take(row: number): number {
    let entry = this.free;
    if (entry >= 0) this.free = this.ints[entry * INTS + PLACE];
    else entry = this.takeFresh();
    this.words.fill(0, entry * WORDS, entry * WORDS + WORDS);
    this.ints[entry * INTS + ROW] = row;
    return entry;
  }

  release(entry: number): void {
    this.ints[entry * INTS + PLACE] = this.free;
    this.free = entry;
  }

  private takeFresh(): number {
    const entry = this.fresh++;
    this.arena.reserve(this.fresh * ENTRY_BYTES);
    this.words = this.arena.words;
    this.ints = this.arena.ints;
    return entry;
  }

  preventedLots(row: number): number {
    return this.words[row * WORDS + PREVENTED];
  }

  setPreventedLots(row: number, value: number): void {
    this.words[row * WORDS + PREVENTED] = value;
  }

  displayLots(row: number): number {
    return this.words[row * WORDS + DISPLAY];
  }

  setDisplayLots(row: number, value: number): void {
    this.words[row * WORDS + DISPLAY] = value;
  }

  stopPriceTicks(row: number): number {
    return this.words[row * WORDS + STOP_PRICE];
  }

  setStopPriceTicks(row: number, value: number): void {
    this.words[row * WORDS + STOP_PRICE] = value;
  }

  expiresUs(row: number): number {
    return this.words[row * WORDS + EXPIRES];
  }

  setExpiresUs(row: number, value: number): void {
    this.words[row * WORDS + EXPIRES] = value;
  }

  /** Place in the expiry queue + 1, 0 while it is not in it. */
  expiryPlace(row: number): number {
    return this.ints[row * INTS + PLACE];
  }

  setExpiryPlace(row: number, value: number): void {
    this.ints[row * INTS + PLACE] = value;
  }

  /** Row of the order that the entry belongs to. */
  rowOf(entry: number): number {
    return this.ints[entry * INTS + ROW];
  }

  /** Copies the attributes, not the places. */
  copyFrom(source: RareAttributes, from: number, to: number): void {
    for (let i = PREVENTED; i <= EXPIRES; i++) this.words[to * WORDS + i] = source.words[from * WORDS + i];
  }
}
