// What every client has of every currency, and how much of it live orders hold (RULES.md, Balances). In units of 10^-14
// (AMOUNT_SCALE). Available is the balance less what is held; it is never negative. Pure; owned by one engine.
// Allocates: nothing but growth, which copies 1 MiB at most (arena.ts). Rows are never removed; their numbers are never state.
//
//   0 f64 balance, high    8 f64 balance, low    16 f64 held, high    24 f64 held, low    32 i32 client    36 i32 currency

import { assert } from '../../assert.ts';
import { Arena } from '../book/arena.ts';
import { INSTRUMENTS_MAX } from '../instrument.ts';
import { Reason } from '../reasons.ts';
import { Amount } from './amount.ts';
import { ClientIndex } from './client-index.ts';

const ROW_BYTES = 40;
const WORDS = ROW_BYTES / 8;
const BALANCE = 0;
const HELD = 2;
const INTS = ROW_BYTES / 4;
const CLIENT = 8;
const CURRENCY = 9;
/** High limb of 2^100: no deposit brings what all clients have of a currency to it, and so trades bring nobody there. */
const TOTAL_HIGH_LIMIT = 2 ** 52;
/** Two for each instrument there can be. */
const CURRENCIES_MAX = 2 * INSTRUMENTS_MAX;

export class Balances {
  private readonly arena = new Arena();
  private words = this.arena.words;
  private ints = this.arena.ints;
  private used = 0;
  private readonly index = new ClientIndex();
  /** What all clients have together, by currency: a high and a low limb each. */
  private readonly totals = new Float64Array(2 * CURRENCIES_MAX);
  // Scratch, meaningless between calls.
  private readonly sum = new Amount();
  private readonly total = new Amount();

  get count(): number {
    return this.used;
  }

  /** The row of a client's currency, -1 when it never had any. */
  find(client: number, currency: number): number {
    return this.index.get(client, currency);
  }

  /** The row, created with nothing in it when there is none. */
  open(client: number, currency: number): number {
    const found = this.index.get(client, currency);
    return found >= 0 ? found : this.append(client, currency);
  }

  /** Visits every row in order of client, then currency. */
  forEach(visit: (row: number) => void): void {
    this.index.forEach(visit);
  }

  clientOf(row: number): number {
    return this.ints[row * INTS + CLIENT];
  }

  currencyOf(row: number): number {
    return this.ints[row * INTS + CURRENCY];
  }

  balanceHigh(row: number): number {
    return this.words[row * WORDS + BALANCE];
  }

  balanceLow(row: number): number {
    return this.words[row * WORDS + BALANCE + 1];
  }

  heldHigh(row: number): number {
    return this.words[row * WORDS + HELD];
  }

  heldLow(row: number): number {
    return this.words[row * WORDS + HELD + 1];
  }

  /** What the client has from here on; the total of the currency follows. */
  setBalance(row: number, balance: Amount): void {
    const { totals } = this;
    const at = this.currencyOf(row) * 2;
    const total = this.total.set(totals[at], totals[at + 1]);
    total.subtractPair(this.balanceHigh(row), this.balanceLow(row)).add(balance);
    totals[at] = total.high;
    totals[at + 1] = total.low;
    this.setPair(row * WORDS + BALANCE, balance);
  }

  /** What live orders hold from here on. */
  setHeld(row: number, held: Amount): void {
    this.setPair(row * WORDS + HELD, held);
  }

  /**
   * Deposits a positive amount or withdraws a negative one, or changes nothing: FUNDS_HELD when less is available,
   * AMOUNT_OVERFLOW when all clients together would have 2^100 or more of the currency.
   */
  adjust(client: number, currency: number, amount: Amount): Reason {
    const found = this.find(client, currency);
    if (amount.isNegative()) {
      if (this.available(found).add(amount).isNegative()) return Reason.FUNDS_HELD;
    } else {
      const { totals, total } = this;
      // Both are looked at before they are added: their sum might not fit.
      total.set(totals[currency * 2], totals[currency * 2 + 1]);
      if (amount.high >= TOTAL_HIGH_LIMIT || total.high >= TOTAL_HIGH_LIMIT) return Reason.AMOUNT_OVERFLOW;
      if (total.add(amount).high >= TOTAL_HIGH_LIMIT) return Reason.AMOUNT_OVERFLOW;
    }
    this.credit(this.open(client, currency), amount);
    return Reason.NONE;
  }

  /** True when the client's available balance, with `released` more of it, is at least `needed`. */
  canCover(client: number, currency: number, needed: Amount, released: Amount): boolean {
    return this.available(this.find(client, currency)).add(released).compare(needed) >= 0;
  }

  /** Holds more for a live order. It must be available. */
  hold(row: number, amount: Amount): void {
    this.setHeld(row, this.held(row).add(amount));
    assert(!this.available(row).isNegative(), 'balances: only what is available can be held');
  }

  /** Frees what was held for an order: because it ended, or before what it executed is debited. */
  release(row: number, amount: Amount): void {
    const held = this.held(row).subtract(amount);
    assert(!held.isNegative(), 'balances: no more is released than was held');
    this.setHeld(row, held);
  }

  /** Adds what a trade brings. */
  credit(row: number, amount: Amount): void {
    this.setBalance(row, this.balance(row).add(amount));
  }

  /** Takes off what a trade costs. It must be available: what was held for it is released before. */
  debit(row: number, amount: Amount): void {
    this.setBalance(row, this.balance(row).subtract(amount));
    assert(!this.available(row).isNegative(), 'balances: what a trade costs was covered');
  }

  private append(client: number, currency: number): number {
    const row = this.used++;
    this.arena.reserve(this.used * ROW_BYTES);
    this.words = this.arena.words;
    this.ints = this.arena.ints;
    this.ints[row * INTS + CLIENT] = client;
    this.ints[row * INTS + CURRENCY] = currency;
    this.index.add(client, currency, row);
    return row;
  }

  private balance(row: number): Amount {
    return row < 0 ? this.sum.set(0, 0) : this.sum.set(this.balanceHigh(row), this.balanceLow(row));
  }

  private held(row: number): Amount {
    return this.sum.set(this.heldHigh(row), this.heldLow(row));
  }

  private available(row: number): Amount {
    const balance = this.balance(row);
    return row < 0 ? balance : balance.subtractPair(this.heldHigh(row), this.heldLow(row));
  }

  private setPair(at: number, value: Amount): void {
    this.words[at] = value.high;
    this.words[at + 1] = value.low;
  }
}
