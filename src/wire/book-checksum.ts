// The checksum of a whole book, kept up to date level by level: two sums over all levels, in any order. Rule: WEBSOCKET.md.
// Any thread, and the client. Allocates: nothing, but for text().

import { Side } from '../domain/codes.ts';

const LANE_0 = 0x9e3779b9 | 0;
const LANE_1 = 0x7f4a7c15 | 0;
const WORD = 2 ** 32;

export class BookChecksum {
  /** The two sums, 0 to 2^32 - 1. */
  lane0 = 0;
  lane1 = 0;

  /** The level at `price` (ticks) of `side` held `from` lots and holds `to`; 0 is no level. */
  change(side: number, price: number, from: number, to: number): void {
    if (from > 0) this.#add(side, price, from, -1);
    if (to > 0) this.#add(side, price, to, 1);
  }

  /** Back to the empty book. */
  clear(): void {
    this.lane0 = 0;
    this.lane1 = 0;
  }

  /** 16 hexadecimal digits. */
  text(): string {
    return hex(this.lane0) + hex(this.lane1);
  }

  #add(side: number, price: number, lots: number, sign: number): void {
    const code = side === Side.BUY ? 1 : 2;
    this.lane0 = (this.lane0 + sign * mix(LANE_0, code, price, lots)) >>> 0;
    this.lane1 = (this.lane1 + sign * mix(LANE_1, code, price, lots)) >>> 0;
  }
}

function mix(seed: number, side: number, price: number, lots: number): number {
  let h = seed ^ side;
  h = round(h, price | 0);
  h = round(h, (price / WORD) | 0);
  h = round(h, lots | 0);
  return round(h, (lots / WORD) | 0) >>> 0;
}

function round(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
