// What each (client, idempotency key) was first answered: rule 12 of RULES.md. Pure; owned by one engine.
// A ring of the newest keys; the oldest makes room. Rows hold the order as it was right after the original command, or
// why that was refused.
// The fingerprint is exact: the command's own fields are kept, or read back from the order they became.

import { assert } from '../assert.ts';
import { hashBytes } from './byte-hash.ts';
import { CommandType } from './codes.ts';
import type { Command } from './command.ts';
import { IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { OrderColumns } from './order-columns.ts';
import { growOrderColumns } from './order-pool.ts';
import { grownF64, grownI32, grownU8, grownU32 } from './typed-arrays.ts';

/** The newest 2^22 keys are kept [12]. */
export const IDEMPOTENCY_KEYS_MAX = 2 ** 22;
const CAPACITY_MIN = 64;

/**
 * An order's state after a command, and what the command was and did. Of a refused command the order columns hold only
 * `number` (the order it named), `client`, `reason` and `updatedUs` (its batch time); the others, `status` too, are 0.
 */
export class ResultColumns extends OrderColumns {
  /** Sequence of the original command. Its batch time is the row's `updatedUs`. */
  sequence: Float64Array;
  /** Number of its first trade (0 when none) and how many followed, gapless. */
  firstTrade: Float64Array;
  tradeCount: Uint32Array;
  /** The command's type, and price and quantity as it named them (0 where an amend keeps). */
  commandType: Uint8Array;
  askedPriceTicks: Float64Array;
  askedQuantityLots: Float64Array;

  constructor(capacity: number) {
    super(capacity);
    this.sequence = new Float64Array(capacity);
    this.firstTrade = new Float64Array(capacity);
    this.tradeCount = new Uint32Array(capacity);
    this.commandType = new Uint8Array(capacity);
    this.askedPriceTicks = new Float64Array(capacity);
    this.askedQuantityLots = new Float64Array(capacity);
  }
}

export class IdempotencyTable {
  readonly results: ResultColumns;
  readonly keysMax: number;
  /** By row: hash, and where the key's bytes begin: a count of all key bytes ever stored, taken modulo the ring's size. */
  private hashes: Int32Array;
  private keyStarts: Float64Array;
  private keyLengths: Uint8Array;
  /** A ring of key bytes. Length: a power of two, so that a start means the same after growth. */
  private keyBytes: Uint8Array;
  private keyBytesEnd = 0;
  /** Row + 1, 0 for a free slot. Length: a power of two, at least twice the rows. */
  private slots: Int32Array;
  /** The row of the oldest key. Stays 0 until the table is at its full size. */
  private oldest = 0;
  private used = 0;

  constructor(keysMax = IDEMPOTENCY_KEYS_MAX) {
    assert(Number.isInteger(Math.log2(keysMax)) && keysMax <= 2 ** 28, 'idempotency table: a power of two of keys');
    const capacity = Math.min(CAPACITY_MIN, keysMax);
    this.keysMax = keysMax;
    this.results = new ResultColumns(capacity);
    this.hashes = new Int32Array(capacity);
    this.keyStarts = new Float64Array(capacity);
    this.keyLengths = new Uint8Array(capacity);
    this.keyBytes = new Uint8Array(CAPACITY_MIN * IDEMPOTENCY_KEY_BYTES_MAX);
    this.slots = new Int32Array(CAPACITY_MIN * 2);
  }

  /** Keys held. */
  get size(): number {
    return this.used;
  }

  /** The row of the key `age` places after the oldest one. */
  rowAt(age: number): number {
    assert(age >= 0 && age < this.used, 'idempotency table: the key exists');
    return (this.oldest + age) & (this.results.capacity - 1);
  }

  /** Batch time of the oldest key's command, 0 when there is none. */
  oldestUs(): number {
    return this.used === 0 ? 0 : this.results.updatedUs[this.oldest];
  }

  /** The row of a client's key, -1 when it is not known (any more). Borrows the bytes. Allocates: nothing. */
  find(client: number, bytes: Uint8Array, offset: number, length: number): number {
    const hash = hashBytes(bytes, offset, length, client);
    const slots = this.slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const row = slots[slot] - 1;
      if (this.hashes[row] === hash && this.isAt(row, client, bytes, offset, length)) return row;
    }
    return -1;
  }

  /** True when the command is the one whose result the row holds. Compares what each type of command means, no more. */
  isSameCommand(row: number, command: Command): boolean {
    const results = this.results;
    if (results.commandType[row] !== command.type) return false;
    if (command.type === CommandType.CANCEL_ORDER) return results.number[row] === command.targetOrder;
    if (results.askedPriceTicks[row] !== command.priceTicks) return false;
    if (results.askedQuantityLots[row] !== command.quantityLots) return false;
    if (command.type === CommandType.AMEND_ORDER) return results.number[row] === command.targetOrder;
    // A new order became the row itself, and these fields of an order never change.
    return (
      results.instrument[row] === command.instrument &&
      results.side[row] === command.side &&
      results.orderType[row] === command.orderType &&
      results.timeInForce[row] === command.timeInForce &&
      results.flags[row] === command.flags
    );
  }

  /** True when the row holds why a command was refused, and no order. */
  isRefusal(row: number): boolean {
    return this.results.status[row] === 0;
  }

  /**
   * Remembers an unknown key; the oldest makes room when the table is full. Returns the row, whose order columns the
   * caller fills together with `sequence`, `firstTrade`, `tradeCount` and the command's. Copies the key.
   * Allocates: nothing, except growth.
   */
  add(client: number, bytes: Uint8Array, offset: number, length: number): number {
    assert(length >= 1 && length <= IDEMPOTENCY_KEY_BYTES_MAX, 'idempotency table: a key of 1 to 64 bytes');
    if (this.used === this.keysMax) this.evictOldest();
    else if (this.used === this.results.capacity) this.grow();
    const row = (this.oldest + this.used) & (this.results.capacity - 1);
    const hash = hashBytes(bytes, offset, length, client);
    this.storeKey(row, bytes, offset, length);
    this.hashes[row] = hash;
    this.results.client[row] = client;
    this.place(row, hash);
    this.used++;
    return row;
  }

  keyLengthOf(row: number): number {
    return this.keyLengths[row];
  }

  /** Copies a row's key to `target` and returns its length. Allocates: nothing. */
  copyKeyTo(row: number, target: Uint8Array, offset: number): number {
    const length = this.keyLengths[row];
    const source = this.keyBytes;
    const mask = source.length - 1;
    const start = this.keyStarts[row];
    for (let i = 0; i < length; i++) target[offset + i] = source[(start + i) & mask];
    return length;
  }

  private isAt(row: number, client: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.results.client[row] !== client || this.keyLengths[row] !== length) return false;
    const own = this.keyBytes;
    const mask = own.length - 1;
    const start = this.keyStarts[row];
    for (let i = 0; i < length; i++) {
      if (own[(start + i) & mask] !== bytes[offset + i]) return false;
    }
    return true;
  }

  private storeKey(row: number, bytes: Uint8Array, offset: number, length: number): void {
    const start = this.keyBytesEnd;
    const liveFrom = this.used === 0 ? start : this.keyStarts[this.oldest];
    while (start + length - liveFrom > this.keyBytes.length) this.growKeyBytes(liveFrom, start);
    const own = this.keyBytes;
    const mask = own.length - 1;
    for (let i = 0; i < length; i++) own[(start + i) & mask] = bytes[offset + i];
    this.keyStarts[row] = start;
    this.keyLengths[row] = length;
    this.keyBytesEnd = start + length;
  }

  /** Doubles the ring; the live bytes [from, to) keep their starts. In at most two pieces, as they may wrap. */
  private growKeyBytes(from: number, to: number): void {
    const source = this.keyBytes;
    const size = source.length;
    const target = new Uint8Array(size * 2);
    for (let start = from; start < to; ) {
      const at = start & (size - 1);
      const end = Math.min(to, start + size - at);
      target.set(source.subarray(at, at + end - start), start & (size * 2 - 1));
      start = end;
    }
    this.keyBytes = target;
  }

  private place(row: number, hash: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }

  /** Forgets the oldest key; backward-shift deletion leaves no tombstone in the slots. */
  private evictOldest(): void {
    const { slots, hashes } = this;
    const mask = slots.length - 1;
    let gap = hashes[this.oldest] & mask;
    while (slots[gap] !== this.oldest + 1) {
      assert(slots[gap] !== 0, 'idempotency table: the oldest key is present');
      gap = (gap + 1) & mask;
    }
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hashes[slots[slot] - 1] & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot];
      gap = slot;
    }
    slots[gap] = 0;
    this.oldest = (this.oldest + 1) & (this.results.capacity - 1);
    this.used--;
  }

  private grow(): void {
    assert(this.oldest === 0, 'idempotency table: nothing was forgotten before the full size');
    const capacity = this.results.capacity * 2;
    growResultColumns(this.results, capacity);
    this.hashes = grownI32(this.hashes, capacity);
    this.keyStarts = grownF64(this.keyStarts, capacity);
    this.keyLengths = grownU8(this.keyLengths, capacity);
    this.slots = new Int32Array(capacity * 2);
    for (let row = 0; row < this.used; row++) this.place(row, this.hashes[row]);
  }
}

function growResultColumns(results: ResultColumns, capacity: number): void {
  growOrderColumns(results, capacity);
  results.sequence = grownF64(results.sequence, capacity);
  results.firstTrade = grownF64(results.firstTrade, capacity);
  results.tradeCount = grownU32(results.tradeCount, capacity);
  results.commandType = grownU8(results.commandType, capacity);
  results.askedPriceTicks = grownF64(results.askedPriceTicks, capacity);
  results.askedQuantityLots = grownF64(results.askedQuantityLots, capacity);
}
