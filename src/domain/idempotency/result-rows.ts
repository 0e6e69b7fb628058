// First results of idempotency keys as rows of memory: what was asked, what came of it, and the key. Pure; owned by one
// idempotency table, whose ring decides which rows live. Row numbers are memory layout, never state.
// Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
//   row     0 f64 sequence     8 f64 first trade, or the value     16 f64 x 3 plain numbers of what was asked
//          40 u32 trade count  44 i32 head, 48 u16 terms of what was asked (asked-command.ts)
//          50 u8 key length, bytes   51 u8 kind   52 i32 rarity + 1, 0 for none   56 i32 the key's hash
//          60 first 36 bytes of the key: a UUID's
//   rarity  0 f64 x 5 rare numbers of what was asked   40 the key's bytes from the 37th on   (free: 0 i32 next free one)

import { Arena } from '../book/arena.ts';
import { OrderRows } from '../book/order-rows.ts';
import type { CommandType } from '../codes.ts';
import { type AskedCommand, PLAIN_NUMBERS, RARE_NUMBERS } from './asked-command.ts';
import type { PackedText } from './packed-text.ts';

/** What a row holds of the outcome. */
export const ResultKind = {
  /** The order in `orders`, as it was right after the command. */
  ORDER: 1,
  /** Why the command was refused: `orders` has reason, client and time (updatedUs), the rest is 0. */
  REFUSAL: 2,
  /** A command about no single order was applied: `value`; `orders` has client and time, the rest is 0. */
  VALUE: 3,
} as const;
export type ResultKind = (typeof ResultKind)[keyof typeof ResultKind];

const ROW_BYTES = 96;
const WORDS = ROW_BYTES / 8;
const SEQUENCE = 0;
const FIRST_TRADE = 1;
const NUMBERS = 2;
const INTS = ROW_BYTES / 4;
const TRADE_COUNT = 10;
const HEAD = 11;
const TERMS_LOW = 48;
const TERMS_HIGH = 49;
const KEY_LENGTH = 50;
const KIND = 51;
const RARITY = 13;
const HASH = 14;
const KEY = 15;
const KEY_WORDS = 9;

const RARITY_BYTES = 72;
const RARITY_WORDS = RARITY_BYTES / 8;
const RARITY_INTS = RARITY_BYTES / 4;
const TAIL = 10;

export class ResultRows {
  readonly orders = new OrderRows();
  private readonly arena = new Arena();
  private words = this.arena.words;
  private ints = this.arena.ints;
  private bytes = this.arena.bytes;
  private readonly rarityArena = new Arena();
  private rarityWords = this.rarityArena.words;
  private rarityInts = this.rarityArena.ints;
  private rarityBytes = this.rarityArena.bytes;
  private freeRarity = -1;
  private rarities = 0;

  /** Makes room at once for `rows` rows in all. */
  reserve(rows: number): void {
    this.orders.reserve(rows);
    this.grow(rows * ROW_BYTES);
  }

  /** The next row, numbered from 0 without a gap; all zeros, but for the order. */
  take(): number {
    const row = this.orders.take();
    if ((row + 1) * ROW_BYTES > this.bytes.length) this.grow((row + 1) * ROW_BYTES);
    return row;
  }

  private grow(lengthBytes: number): void {
    this.arena.reserve(lengthBytes);
    this.words = this.arena.words;
    this.ints = this.arena.ints;
    this.bytes = this.arena.bytes;
  }

  /** Gives back what the row has besides itself, before it is another key's. */
  releaseRarity(row: number): void {
    const at = row * INTS + RARITY;
    if (this.ints[at] === 0) return;
    this.rarityInts[(this.ints[at] - 1) * RARITY_INTS] = this.freeRarity;
    this.freeRarity = this.ints[at] - 1;
    this.ints[at] = 0;
  }

  /** Sequence of the original command. Its batch time is the order's `updatedUs`. */
  sequence(row: number): number {
    return this.words[row * WORDS + SEQUENCE];
  }

  setSequence(row: number, value: number): void {
    this.words[row * WORDS + SEQUENCE] = value;
  }

  /** Number of the command's first trade, 0 when it had none; its others followed without a gap. */
  firstTrade(row: number): number {
    return this.isValue(row) ? 0 : this.words[row * WORDS + FIRST_TRADE];
  }

  tradeCount(row: number): number {
    return this.ints[row * INTS + TRADE_COUNT] >>> 0;
  }

  /** What onApplied told of a VALUE, else 0. */
  value(row: number): number {
    return this.isValue(row) ? this.words[row * WORDS + FIRST_TRADE] : 0;
  }

  kind(row: number): ResultKind {
    return this.bytes[row * ROW_BYTES + KIND] as ResultKind;
  }

  isRefusal(row: number): boolean {
    return this.kind(row) === ResultKind.REFUSAL;
  }

  isValue(row: number): boolean {
    return this.kind(row) === ResultKind.VALUE;
  }

  /** Says what came of the command; `firstTrade` is the value when the kind is VALUE. */
  setOutcome(row: number, kind: ResultKind, firstTrade: number, tradeCount: number): void {
    this.words[row * WORDS + FIRST_TRADE] = firstTrade;
    this.ints[row * INTS + TRADE_COUNT] = tradeCount;
    this.bytes[row * ROW_BYTES + KIND] = kind;
  }

  // --- what was asked ------------------------------------------------------------------------------------------------

  commandType(row: number): CommandType {
    return (this.ints[row * INTS + HEAD] & 255) as CommandType;
  }

  setAsked(row: number, asked: AskedCommand): void {
    const { words } = this;
    const { numbers } = asked;
    const at = row * WORDS + NUMBERS;
    words[at] = numbers[0];
    words[at + 1] = numbers[1];
    words[at + 2] = numbers[2];
    this.ints[row * INTS + HEAD] = asked.head;
    this.bytes[row * ROW_BYTES + TERMS_LOW] = asked.terms;
    this.bytes[row * ROW_BYTES + TERMS_HIGH] = asked.terms >>> 8;
    if (asked.isRare) this.setRareNumbers(row, asked);
  }

  private setRareNumbers(row: number, asked: AskedCommand): void {
    const rare = this.ensureRarity(row) * RARITY_WORDS;
    for (let i = 0; i < RARE_NUMBERS; i++) this.rarityWords[rare + i] = asked.numbers[PLAIN_NUMBERS + i];
  }

  /** Fills `asked` from the row. */
  readAsked(row: number, asked: AskedCommand): void {
    const at = row * WORDS + NUMBERS;
    for (let i = 0; i < PLAIN_NUMBERS; i++) asked.numbers[i] = this.words[at + i];
    asked.head = this.ints[row * INTS + HEAD];
    asked.terms = this.bytes[row * ROW_BYTES + TERMS_LOW] | (this.bytes[row * ROW_BYTES + TERMS_HIGH] << 8);
    const rarity = this.ints[row * INTS + RARITY] - 1;
    asked.isRare = rarity >= 0;
    for (let i = 0; i < RARE_NUMBERS; i++) {
      asked.numbers[PLAIN_NUMBERS + i] = rarity < 0 ? 0 : this.rarityWords[rarity * RARITY_WORDS + i];
    }
  }

  // --- the key -------------------------------------------------------------------------------------------------------

  /** In bytes. */
  keyLength(row: number): number {
    return this.bytes[row * ROW_BYTES + KEY_LENGTH];
  }

  /** Hash of the key and its client. */
  keyHash(row: number): number {
    return this.ints[row * INTS + HASH];
  }

  setKey(row: number, key: PackedText): void {
    const { ints } = this;
    const { words } = key;
    this.bytes[row * ROW_BYTES + KEY_LENGTH] = key.length;
    ints[row * INTS + HASH] = key.hash;
    const at = row * INTS + KEY;
    const inRow = Math.min(key.wordCount, KEY_WORDS);
    for (let i = 0; i < inRow; i++) ints[at + i] = words[i];
    if (key.wordCount <= KEY_WORDS) return;
    const tail = this.ensureRarity(row) * RARITY_INTS + TAIL - KEY_WORDS;
    for (let i = KEY_WORDS; i < key.wordCount; i++) this.rarityInts[tail + i] = words[i];
  }

  hasKey(row: number, key: PackedText): boolean {
    if (this.keyLength(row) !== key.length) return false;
    const at = row * INTS + KEY;
    const inRow = Math.min(key.wordCount, KEY_WORDS);
    for (let i = 0; i < inRow; i++) {
      if (this.ints[at + i] !== key.words[i]) return false;
    }
    const tail = (this.ints[row * INTS + RARITY] - 1) * RARITY_INTS + TAIL - KEY_WORDS;
    for (let i = KEY_WORDS; i < key.wordCount; i++) {
      if (this.rarityInts[tail + i] !== key.words[i]) return false;
    }
    return true;
  }

  /** Copies the key to `target` and returns its length in bytes. Allocates: nothing. */
  copyKeyTo(row: number, target: Uint8Array, offset: number): number {
    const length = this.keyLength(row);
    const inRow = Math.min(length, KEY_WORDS * 4);
    const at = row * ROW_BYTES + KEY * 4;
    for (let i = 0; i < inRow; i++) target[offset + i] = this.bytes[at + i];
    const tail = (this.ints[row * INTS + RARITY] - 1) * RARITY_BYTES + (TAIL - KEY_WORDS) * 4;
    for (let i = inRow; i < length; i++) target[offset + i] = this.rarityBytes[tail + i];
    return length;
  }

  // --- rarities ------------------------------------------------------------------------------------------------------

  private ensureRarity(row: number): number {
    const at = row * INTS + RARITY;
    if (this.ints[at] === 0) this.ints[at] = this.takeRarity() + 1;
    return this.ints[at] - 1;
  }

  private takeRarity(): number {
    const rarity = this.freeRarity;
    if (rarity < 0) return this.takeFreshRarity();
    this.freeRarity = this.rarityInts[rarity * RARITY_INTS];
    this.rarityWords.fill(0, rarity * RARITY_WORDS, rarity * RARITY_WORDS + RARE_NUMBERS);
    return rarity;
  }

  private takeFreshRarity(): number {
    const rarity = this.rarities++;
    this.rarityArena.reserve(this.rarities * RARITY_BYTES);
    this.rarityWords = this.rarityArena.words;
    this.rarityInts = this.rarityArena.ints;
    this.rarityBytes = this.rarityArena.bytes;
    return rarity;
  }
}
