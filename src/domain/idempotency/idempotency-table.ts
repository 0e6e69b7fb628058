// What each (client, idempotency key) was first answered: rule 12 of RULES.md. Pure; owned by one engine.
// A ring of the newest keys; the oldest makes room. Must never forget a key before that, nor take one for another: keys
// are compared byte by byte, commands field by field.
// Allocates: nothing but growth, which copies 1 MiB at most (arena.ts, hash-slots.ts).

import { assert } from '../../assert.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../command.ts';
import type { Reason } from '../reasons.ts';
import { AskedCommand } from './asked-command.ts';
import { FIXED_HASH_SECRET, type HashSecret } from './half-sip-hash.ts';
import { HashSlots, type TextHolder } from './hash-slots.ts';
import { PackedText } from './packed-text.ts';
import { ResultKind, ResultRows } from './result-rows.ts';

/** The newest 2^22 keys are kept [12]. */
export const IDEMPOTENCY_KEYS_MAX = 2 ** 22;

export class IdempotencyTable implements TextHolder {
  readonly results = new ResultRows();
  readonly keysMax: number;
  private readonly slots = new HashSlots(this);
  /** The row of the oldest key. Stays 0 until the table is full. */
  private oldest = 0;
  private used = 0;
  private readonly text: PackedText;
  private readonly keyBytes = new Uint8Array(IDEMPOTENCY_KEY_BYTES_MAX);
  private readonly asked = new AskedCommand();
  private readonly known = new AskedCommand();

  /** `keysMax` is a power of two. */
  constructor(keysMax = IDEMPOTENCY_KEYS_MAX, secret: HashSecret = FIXED_HASH_SECRET) {
    assert(Number.isInteger(Math.log2(keysMax)) && keysMax <= 2 ** 24, 'idempotency table: a power of two of keys');
    this.keysMax = keysMax;
    this.text = new PackedText(secret);
  }

  /** Keys held. */
  get size(): number {
    return this.used;
  }

  /** The row of the key `age` places after the oldest one. */
  rowAt(age: number): number {
    assert(age >= 0 && age < this.used, 'idempotency table: the key exists');
    return (this.oldest + age) & (this.keysMax - 1);
  }

  /** Batch time of the oldest key's command, 0 when there is none. */
  oldestUs(): number {
    return this.used === 0 ? 0 : this.results.orders.updatedUs(this.oldest);
  }

  /**
   * The row of a client's key, -1 when it is not known (any more). The key stays at hand for the next `addOrder`,
   * `addRefusal` or `addValue`. Borrows the bytes. Allocates: nothing.
   */
  find(client: number, bytes: Uint8Array, offset: number, length: number): number {
    // What comes next is most likely an add, which evicts.
    if (this.used === this.keysMax) this.slots.prefetch(this.results.keyHash(this.oldest));
    return this.slots.find(this.text.pack(bytes, offset, length, client));
  }

  /** True when the command is the one whose result the row holds. Compares what each type of command means, no more. */
  isSameCommand(row: number, command: Command): boolean {
    const asked = this.asked.set(command);
    const known = this.known;
    this.results.readAsked(row, known);
    if (known.head !== asked.head || known.terms !== asked.terms) return false;
    for (let i = 0; i < asked.numbers.length; i++) {
      if (known.numbers[i] !== asked.numbers[i]) return false;
    }
    return true;
  }

  /**
   * Remembers that the command led to the order in row `order` of `orders`, which is copied as it is. Its key was the last
   * one sought, and is unknown; a client that is new with this command needs no search before, here and below.
   */
  addOrder(
    client: number,
    command: Command,
    sequence: number,
    orders: OrderRows,
    order: number,
    firstTrade: number,
    tradeCount: number,
  ): void {
    const row = this.addCommand(client, command, sequence);
    this.results.orders.copyFrom(orders, order, row);
    this.results.orders.setClient(row, client);
    this.results.setOutcome(row, ResultKind.ORDER, firstTrade, tradeCount);
  }

  /** Remembers why the command was refused. */
  addRefusal(client: number, command: Command, sequence: number, timeUs: number, reason: Reason): void {
    const row = this.addCommand(client, command, sequence);
    this.setNoOrder(row, client, timeUs);
    this.results.orders.setReason(row, reason);
    this.results.setOutcome(row, ResultKind.REFUSAL, 0, 0);
  }

  /** Remembers what onApplied told of a command that was about no single order. */
  addValue(client: number, command: Command, sequence: number, timeUs: number, value: number): void {
    const row = this.addCommand(client, command, sequence);
    this.setNoOrder(row, client, timeUs);
    this.results.setOutcome(row, ResultKind.VALUE, value, 0);
  }

  /**
   * Adds an unknown key; the oldest makes room when the table is full. Returns the row: what was asked, the outcome and
   * the order are the caller's to fill. Copies the key.
   */
  add(client: number, bytes: Uint8Array, offset: number, length: number): number {
    this.text.pack(bytes, offset, length, client);
    return this.addText();
  }

  /** Makes room at once for `count` keys in all. While the table is empty. */
  reserve(count: number): void {
    assert(count <= this.keysMax, 'idempotency table: no more keys than are kept');
    this.results.reserve(count);
    this.slots.reserve(count);
  }

  /**
   * Takes a key that `index` makes known later, into a table that is not full. Returns its row: what was asked, the outcome
   * and the order are the caller's to fill. Copies the key.
   */
  addUnindexed(client: number, bytes: Uint8Array, offset: number, length: number): number {
    const row = this.results.take();
    this.results.setKey(row, this.text.pack(bytes, offset, length, client));
    this.used++;
    return row;
  }

  /**
   * Makes `count` keys known that `addUnindexed` took, from the row `from` on; their orders name the clients. Returns the
   * first row whose key is known already, where it stops; -1 when there is none.
   */
  index(from: number, count: number): number {
    const { slots, results } = this;
    // Their slots lie anywhere in memory: so the waits for them overlap.
    for (let row = from; row < from + count; row++) slots.prefetch(results.keyHash(row));
    for (let row = from; row < from + count; row++) {
      const hash = results.keyHash(row);
      if (slots.hasHash(hash) && this.isKnown(row)) return row;
      slots.add(hash, row);
    }
    return -1;
  }

  /** True when an indexed row has the key of this row. */
  private isKnown(row: number): boolean {
    const { results, keyBytes } = this;
    const length = results.copyKeyTo(row, keyBytes, 0);
    return this.slots.find(this.text.pack(keyBytes, 0, length, results.orders.client(row))) >= 0;
  }

  private addText(): number {
    const { text } = this;
    assert(text.length >= 1 && text.length <= IDEMPOTENCY_KEY_BYTES_MAX, 'idempotency table: a key of 1 to 64 bytes');
    const row = this.used === this.keysMax ? this.evictOldest() : this.results.take();
    this.results.setKey(row, text);
    this.results.orders.setClient(row, text.seed);
    this.slots.add(text.hash, row);
    this.used++;
    return row;
  }

  /** For HashSlots. */
  holdsText(row: number, text: PackedText): boolean {
    return this.results.orders.client(row) === text.seed && this.results.hasKey(row, text);
  }

  private addCommand(client: number, command: Command, sequence: number): number {
    const { text } = this;
    // Nothing is sought for a client without a number; the number that it has got since is no earlier text's.
    if (text.seed !== client) text.pack(command.bytes, command.keyOffset, command.keyLength, client);
    assert(text.length === command.keyLength, 'idempotency table: the key that is added was sought last');
    const row = this.addText();
    this.results.setSequence(row, sequence);
    this.results.setAsked(row, this.asked.set(command));
    return row;
  }

  private setNoOrder(row: number, client: number, timeUs: number): void {
    const orders = this.results.orders;
    orders.clear(row);
    orders.setClient(row, client);
    orders.setUpdatedUs(row, timeUs);
  }

  /** Forgets the oldest key and returns its row, which becomes the newest one's. */
  private evictOldest(): number {
    const row = this.oldest;
    this.slots.delete(this.results.keyHash(row), row);
    this.results.releaseRarity(row);
    this.oldest = (row + 1) & (this.keysMax - 1);
    this.used--;
    return row;
  }
}
