// Rows in PostgreSQL's binary COPY format (PostgreSQL documentation, COPY, "Binary Format"), built in one growing buffer.
// On the projector's thread, which owns it. Big endian; each field is an i32 length, -1 for null, and its bytes.
// Allocates: nothing per row, except when the buffer doubles and for numerics beyond 2^53.

import { assert } from '../assert.ts';
import { toBigInt } from '../domain/clearing/exact.ts';

const SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0];
const TRAILER_BYTES = 2;
const BYTES_MIN = 64 * 1024;
/** A buffer that grew beyond this for one command is given back. */
const BYTES_KEPT = 32 << 20;
/** 2000-01-01 in microseconds since 1970: where PostgreSQL's timestamps begin. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;
const TWO_32 = 2 ** 32;
/** Numerics are digits of base 10^4. */
const GROUP = 10_000;
const TAIL_POWERS = [1, 10, 100, 1_000] as const;
/** 2^101 ticks x lots, counted in units of 10^-14, has at most 45 decimal digits; a sum of all instruments' has 47. */
const GROUPS_MAX = 16;
const NUMERIC_NEGATIVE = 0x4000;

export class CopyBuffer {
  #bytes = new Uint8Array(BYTES_MIN);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #rows = 0;
  readonly #groups = new Uint16Array(GROUPS_MAX);

  constructor() {
    this.clear();
  }

  get rows(): number {
    return this.#rows;
  }

  clear(): void {
    if (this.#bytes.length > BYTES_KEPT) this.#take(new Uint8Array(BYTES_MIN));
    this.#bytes.set(SIGNATURE, 0);
    this.#used = SIGNATURE.length;
    this.#rows = 0;
  }

  /** The whole COPY, with its trailer; a view, valid until the next row. */
  finished(): Uint8Array {
    this.#ensure(TRAILER_BYTES);
    this.#view.setInt16(this.#used, -1);
    return this.#bytes.subarray(0, this.#used + TRAILER_BYTES);
  }

  /** Begins a row of `columns` fields that together take at most `bytesMax` bytes. */
  beginRow(columns: number, bytesMax: number): void {
    this.#ensure(2 + columns * 4 + bytesMax);
    this.#view.setInt16(this.#used, columns);
    this.#used += 2;
    this.#rows++;
  }

  putNull(): void {
    this.#view.setInt32(this.#used, -1);
    this.#used += 4;
  }

  putBoolean(value: boolean): void {
    this.#view.setInt32(this.#used, 1);
    this.#bytes[this.#used + 4] = value ? 1 : 0;
    this.#used += 5;
  }

  /** A safe integer as bigint. */
  putBigint(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.#view.setInt32(this.#used, 8);
    this.#view.setInt32(this.#used + 4, high);
    this.#view.setUint32(this.#used + 8, value - high * TWO_32);
    this.#used += 12;
  }

  /** Microseconds since 1970 as timestamptz. */
  putTimestamp(timeUs: number): void {
    this.putBigint(timeUs - POSTGRES_EPOCH_US);
  }

  /** `length` bytes of UTF-8 as text. Borrows them until return. */
  putText(bytes: Uint8Array, offset: number, length: number): void {
    this.#view.setInt32(this.#used, length);
    this.#used += 4;
    for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = bytes[offset + i];
    this.#used += length;
  }

  /** The usual 36 characters, ASCII, as uuid. Borrows them until return. */
  putUuid(text: Uint8Array): void {
    assert(text.length === 36, 'copy: a uuid of 36 characters');
    this.#view.setInt32(this.#used, 16);
    this.#used += 4;
    for (let i = 0; i < 36; i += 2) {
      if (i === 8 || i === 13 || i === 18 || i === 23) i++;
      this.#bytes[this.#used++] = (nibble(text, i) << 4) | nibble(text, i + 1);
    }
  }

  /** `value` x 10^-scale as numeric with exactly `scale` decimals; `value` is a safe integer. */
  putNumeric(value: number, scale: number): void {
    const tail = scale & 3;
    let rest = Math.abs(value);
    let count = 0;
    if (tail !== 0) {
      const power = TAIL_POWERS[tail];
      const quotient = Math.floor(rest / power);
      this.#groups[count++] = (rest - quotient * power) * (TAIL_POWERS[4 - tail] ?? 1);
      rest = quotient;
    }
    this.#putGroups(rest, count, scale, value < 0);
  }

  /** (high x 2^48 + low) x 10^-scale, 0 <= low < 2^48, as putNumeric. Allocates BigInts when that is beyond 2^53. */
  putLongNumeric(high: number, low: number, scale: number): void {
    if (high > -32 && high < 32) this.putNumeric(high * 2 ** 48 + low, scale);
    else this.putBigNumeric(toBigInt(high, low), scale);
  }

  /** As putNumeric, of any size up to 60 digits. Allocates. */
  putBigNumeric(value: bigint, scale: number): void {
    const tail = scale & 3;
    const negative = value < 0n;
    let rest = negative ? -value : value;
    let count = 0;
    if (tail !== 0) {
      const power = BigInt(TAIL_POWERS[tail] ?? 1);
      this.#groups[count++] = Number(rest % power) * (TAIL_POWERS[4 - tail] ?? 1);
      rest /= power;
    }
    while (rest > BigInt(Number.MAX_SAFE_INTEGER)) {
      this.#groups[count++] = Number(rest % BigInt(GROUP));
      rest /= BigInt(GROUP);
    }
    this.#putGroups(Number(rest), count, scale, negative);
  }

  /** Adds the groups of `rest` above the `count` that are there, and writes them, most significant first. */
  #putGroups(rest: number, count: number, scale: number, negative: boolean): void {
    const groups = this.#groups;
    let top = count;
    for (let value = rest; value > 0; ) {
      const quotient = Math.floor(value / GROUP);
      groups[top++] = value - quotient * GROUP;
      value = quotient;
    }
    assert(top <= GROUPS_MAX, 'copy: a numeric of at most 60 digits');
    while (top > 0 && groups[top - 1] === 0) top--;
    let bottom = 0;
    while (bottom < top && groups[bottom] === 0) bottom++;
    const digits = top - bottom;
    const view = this.#view;
    let at = this.#used;
    view.setInt32(at, 8 + 2 * digits);
    view.setInt16(at + 4, digits);
    view.setInt16(at + 6, digits === 0 ? 0 : top - 1 - Math.ceil(scale / 4)); // power of 10^4 of the first group
    view.setUint16(at + 8, negative ? NUMERIC_NEGATIVE : 0);
    view.setUint16(at + 10, scale);
    at += 12;
    for (let i = top - 1; i >= bottom; i--, at += 2) view.setUint16(at, groups[i]);
    this.#used = at;
  }

  #ensure(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#bytes.length) return;
    let capacity = this.#bytes.length;
    while (capacity < needed) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#take(grown);
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Most bytes that any numeric takes after the length. */
export const NUMERIC_BYTES_MAX = 8 + 2 * GROUPS_MAX;

function nibble(text: Uint8Array, index: number): number {
  const code = text[index];
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}
