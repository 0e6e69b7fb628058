// Public ids of orders and trades: UUIDs of version 8 that carry what they name. Layout: WIRE.md, "Public ids".
// Any thread; one object for each journal. Encoding and decoding allocate nothing (toString allocates its string).
//
// The check bits tell a mistyped or foreign id from ours. They are not a secret: who may see an order is decided elsewhere.

import { assert } from '../assert.ts';

export const IdKind = { ORDER: 1, TRADE: 2 } as const;
export type IdKind = (typeof IdKind)[keyof typeof IdKind];

export const PUBLIC_ID_BYTES = 36;
/** Numbers are below this (46 bits). */
export const ID_NUMBER_LIMIT = 2 ** 46;

const LOW_BITS = 2 ** 28;
const TIME_LOW_BITS = 2 ** 16;
const TIME_MS_LIMIT = 2 ** 48;
const CHECK_MASK = 0xfffff;
const SHARD_MAX = 63;
const HYPHEN = 0x2d;
/** Marks a byte that is no hexadecimal digit. */
const BAD = 0x80;

const DIGITS = new TextEncoder().encode('0123456789abcdef');
const VALUES = new Uint8Array(256).fill(BAD);
for (let digit = 0; digit < 16; digit++) {
  VALUES[digit.toString(16).charCodeAt(0)] = digit;
  VALUES[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** A journal's identity, two u32, as clients read it: 16 hexadecimal digits. */
export function journalIdText(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

export class PublicIds {
  readonly #keyHigh: number;
  readonly #keyLow: number;
  readonly #shard: number;
  readonly #scratch = Buffer.alloc(PUBLIC_ID_BYTES);

  /** The key, two u32, is the journal's; `shard` is 0 to 63. */
  constructor(keyHigh: number, keyLow: number, shard = 0) {
    assert(Number.isInteger(shard) && shard >= 0 && shard <= SHARD_MAX, 'a shard number has 6 bits');
    this.#keyHigh = keyHigh | 0;
    this.#keyLow = keyLow | 0;
    this.#shard = shard;
  }

  /** Writes the id as 36 ASCII bytes in lower case; returns 36. `timeUs` counts from the epoch. */
  write(bytes: Uint8Array, offset: number, kind: IdKind, number: number, timeUs: number): number {
    const timeMs = Math.floor(timeUs / 1_000);
    assert(number >= 0 && number < ID_NUMBER_LIMIT, 'an id carries a number of 46 bits');
    assert(timeMs >= 0 && timeMs < TIME_MS_LIMIT, 'an id carries a time of 48 bits');
    const timeHigh = Math.floor(timeMs / TIME_LOW_BITS) | 0;
    const timeLow = (timeMs % TIME_LOW_BITS) | 0;
    const numberHigh = Math.floor(number / LOW_BITS) | 0;
    const numberLow = (number - numberHigh * LOW_BITS) | 0;
    const third = 0x8000 | (kind << 10) | (this.#shard << 4) | (numberHigh >>> 14);
    const fourth = 0x8000 | (numberHigh & 0x3fff);
    const check = this.#check(timeHigh, timeLow, third, fourth, numberLow);

    writeHex(bytes, offset, timeHigh >>> 16);
    writeHex(bytes, offset + 4, timeHigh & 0xffff);
    bytes[offset + 8] = HYPHEN;
    writeHex(bytes, offset + 9, timeLow);
    bytes[offset + 13] = HYPHEN;
    writeHex(bytes, offset + 14, third);
    bytes[offset + 18] = HYPHEN;
    writeHex(bytes, offset + 19, fourth);
    bytes[offset + 23] = HYPHEN;
    writeHex(bytes, offset + 24, numberLow >>> 12);
    writeHex(bytes, offset + 28, ((numberLow << 4) | (check >>> 16)) & 0xffff);
    writeHex(bytes, offset + 32, check & 0xffff);
    return PUBLIC_ID_BYTES;
  }

  toString(kind: IdKind, number: number, timeUs: number): string {
    this.write(this.#scratch, 0, kind, number, timeUs);
    return this.#scratch.toString('latin1');
  }

  /** The number in the id `bytes[from..to)`, hexadecimal digits in either case; -1 when it is not an id of this journal and kind. */
  decode(kind: IdKind, bytes: Uint8Array, from: number, to: number): number {
    if (to - from !== PUBLIC_ID_BYTES) return -1;
    if (bytes[from + 8] !== HYPHEN || bytes[from + 13] !== HYPHEN) return -1;
    if (bytes[from + 18] !== HYPHEN || bytes[from + 23] !== HYPHEN) return -1;
    const time1 = readHex(bytes, from);
    const time2 = readHex(bytes, from + 4);
    const timeLow = readHex(bytes, from + 9);
    const third = readHex(bytes, from + 14);
    const fourth = readHex(bytes, from + 19);
    const fifth1 = readHex(bytes, from + 24);
    const fifth2 = readHex(bytes, from + 28);
    const fifth3 = readHex(bytes, from + 32);
    if ((time1 | time2 | timeLow | third | fourth | fifth1 | fifth2 | fifth3) < 0) return -1;
    if (third >>> 4 !== (0x8000 | (kind << 10) | (this.#shard << 4)) >>> 4 || fourth >>> 14 !== 2) return -1;
    const numberLow = (fifth1 << 12) | (fifth2 >>> 4);
    const check = ((fifth2 & 0xf) << 16) | fifth3;
    if (check !== this.#check((time1 << 16) | time2, timeLow, third, fourth, numberLow)) return -1;
    return (((third & 0xf) << 14) | (fourth & 0x3fff)) * LOW_BITS + numberLow;
  }

  /**
   * 20 check bits: 14 or 16 bits at a time enter the state by exclusive or, and a keyed permutation of 20 bits follows.
   * A difference within one piece can therefore never vanish: every change of a single digit is found.
   */
  #check(timeHigh: number, timeLow: number, third: number, fourth: number, numberLow: number): number {
    const high = this.#keyHigh;
    const low = this.#keyLow;
    let state = permute(high & CHECK_MASK, high, low);
    state = permute(state ^ (timeHigh >>> 16), high, low);
    state = permute(state ^ (timeHigh & 0xffff), high, low);
    state = permute(state ^ timeLow, high, low);
    state = permute(state ^ third, high, low);
    state = permute(state ^ fourth, high, low);
    state = permute(state ^ (numberLow >>> 14), high, low);
    return permute(state ^ (numberLow & 0x3fff), high, low);
  }
}

/** A permutation of 20 bits: every step (odd factor, added key, shifted exclusive or) can be undone. */
function permute(state: number, keyHigh: number, keyLow: number): number {
  let x = (Math.imul(state, 0x9e375) + keyLow) & CHECK_MASK;
  x ^= x >>> 11;
  x = (Math.imul(x, (keyHigh << 1) | 1) + (keyLow >>> 12)) & CHECK_MASK;
  x ^= x >>> 9;
  x = (Math.imul(x, 0x5bd1d) + (keyHigh >>> 12)) & CHECK_MASK;
  return x ^ (x >>> 10);
}

/** Writes the 16 bits of `value` as four digits. */
function writeHex(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = DIGITS[(value >>> 12) & 0xf];
  bytes[offset + 1] = DIGITS[(value >>> 8) & 0xf];
  bytes[offset + 2] = DIGITS[(value >>> 4) & 0xf];
  bytes[offset + 3] = DIGITS[value & 0xf];
}

/** The 16 bits that four digits stand for, negative when one is not a digit. */
function readHex(bytes: Uint8Array, from: number): number {
  const a = VALUES[bytes[from]];
  const b = VALUES[bytes[from + 1]];
  const c = VALUES[bytes[from + 2]];
  const d = VALUES[bytes[from + 3]];
  return (a | b | c | d) >= BAD ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}
