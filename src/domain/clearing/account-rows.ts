// Accounts as rows of memory, one for each client and instrument. The first cache line of 64 bytes is what an order's
// arrival and end touch, the second what a trade does. Pure; owned by Accounts. Rows are never removed.
// Row numbers are memory layout, never state. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
//    0 i32 client      4 i32 instrument       8 i32 open orders    12 i32 first and 16 i32 last of them, as rows
//   20 i32 limits + 1, 0 for none            24 f64 net, lots      32 f64 net at the last settlement
//   40 f64 open buys, lots                   48 f64 open sells, lots                              (56 unused)
//   64 f64 cost   80 f64 realised   96 f64 fees   112 f64 cycle's quote: high and low of each, ticks x lots

import { Arena } from '../book/arena.ts';
import { AccountLimits, type Limits } from './account-limits.ts';
import type { Amount } from './amount.ts';

const ROW_BYTES = 128;
const INTS = ROW_BYTES / 4;
const CLIENT = 0;
const INSTRUMENT = 1;
const OPEN_ORDERS = 2;
const FIRST = 3;
const LAST = 4;
const LIMITS = 5;
const WORDS = ROW_BYTES / 8;
const NET = 3;
const NET_AT_SETTLEMENT = 4;
const OPEN_BUYS = 5;
const OPEN_SELLS = 6;
const COST = 8;
const REALISED = 10;
const FEES = 12;
const CYCLE = 14;

export class AccountRows {
  private readonly arena = new Arena();
  private readonly limits = new AccountLimits();
  private ints = this.arena.ints;
  private words = this.arena.words;
  private used = 0;

  /** Rows: 0..count-1, in order of creation. */
  get count(): number {
    return this.used;
  }

  /** A new row of zeros without orders. */
  protected take(client: number, instrument: number): number {
    const account = this.used++;
    this.arena.reserve(this.used * ROW_BYTES);
    this.ints = this.arena.ints;
    this.words = this.arena.words;
    const at = account * INTS;
    this.ints[at + CLIENT] = client;
    this.ints[at + INSTRUMENT] = instrument;
    this.ints[at + FIRST] = -1;
    this.ints[at + LAST] = -1;
    return account;
  }

  clientOf(account: number): number {
    return this.ints[account * INTS + CLIENT];
  }

  instrumentOf(account: number): number {
    return this.ints[account * INTS + INSTRUMENT];
  }

  /** Live orders, waiting stops included. */
  openOrders(account: number): number {
    return this.ints[account * INTS + OPEN_ORDERS];
  }

  protected setOpenOrders(account: number, value: number): void {
    this.ints[account * INTS + OPEN_ORDERS] = value;
  }

  /** Row of the live order with the smallest number, -1 for none; go on with `accountNext` of OrderRows. */
  firstOrder(account: number): number {
    return this.ints[account * INTS + FIRST];
  }

  protected setFirstOrder(account: number, value: number): void {
    this.ints[account * INTS + FIRST] = value;
  }

  protected lastOrder(account: number): number {
    return this.ints[account * INTS + LAST];
  }

  protected setLastOrder(account: number, value: number): void {
    this.ints[account * INTS + LAST] = value;
  }

  /** The position: negative is short. At most 2^52 in magnitude. */
  netLots(account: number): number {
    return this.words[account * WORDS + NET];
  }

  setNetLots(account: number, value: number): void {
    this.words[account * WORDS + NET] = value;
  }

  /** The position as the last settlement found it. */
  netAtSettlement(account: number): number {
    return this.words[account * WORDS + NET_AT_SETTLEMENT];
  }

  setNetAtSettlement(account: number, value: number): void {
    this.words[account * WORDS + NET_AT_SETTLEMENT] = value;
  }

  /** What remains of all live buys, stops and hidden parts included. */
  openBuyLots(account: number): number {
    return this.words[account * WORDS + OPEN_BUYS];
  }

  protected setOpenBuyLots(account: number, value: number): void {
    this.words[account * WORDS + OPEN_BUYS] = value;
  }

  openSellLots(account: number): number {
    return this.words[account * WORDS + OPEN_SELLS];
  }

  protected setOpenSellLots(account: number, value: number): void {
    this.words[account * WORDS + OPEN_SELLS] = value;
  }

  /** Signed notional the position was entered at: of the sign of net. Ticks x lots, like all amounts here. */
  costHigh(account: number): number {
    return this.words[account * WORDS + COST];
  }

  costLow(account: number): number {
    return this.words[account * WORDS + COST + 1];
  }

  setCost(account: number, value: Amount): void {
    this.setPair(account * WORDS + COST, value);
  }

  /** Profit of what was closed, without fees; negative is a loss. */
  realisedHigh(account: number): number {
    return this.words[account * WORDS + REALISED];
  }

  realisedLow(account: number): number {
    return this.words[account * WORDS + REALISED + 1];
  }

  setRealised(account: number, value: Amount): void {
    this.setPair(account * WORDS + REALISED, value);
  }

  /** Fees paid; negative when rebates were more. */
  feesHigh(account: number): number {
    return this.words[account * WORDS + FEES];
  }

  feesLow(account: number): number {
    return this.words[account * WORDS + FEES + 1];
  }

  setFees(account: number, value: Amount): void {
    this.setPair(account * WORDS + FEES, value);
  }

  /** Quote received less quote and fees paid since the last settlement. */
  cycleQuoteHigh(account: number): number {
    return this.words[account * WORDS + CYCLE];
  }

  cycleQuoteLow(account: number): number {
    return this.words[account * WORDS + CYCLE + 1];
  }

  setCycleQuote(account: number, value: Amount): void {
    this.setPair(account * WORDS + CYCLE, value);
  }

  /** Of all limits, 0 means none. */
  maxOpenOrders(account: number): number {
    const row = this.limitsOf(account);
    return row < 0 ? 0 : this.limits.openOrders(row);
  }

  maxOrderLots(account: number): number {
    const row = this.limitsOf(account);
    return row < 0 ? 0 : this.limits.orderLots(row);
  }

  maxOrderNotionalHigh(account: number): number {
    const row = this.limitsOf(account);
    return row < 0 ? 0 : this.limits.orderNotionalHigh(row);
  }

  maxOrderNotionalLow(account: number): number {
    const row = this.limitsOf(account);
    return row < 0 ? 0 : this.limits.orderNotionalLow(row);
  }

  maxPositionLots(account: number): number {
    const row = this.limitsOf(account);
    return row < 0 ? 0 : this.limits.positionLots(row);
  }

  /** Replaces all limits of the account. */
  setLimits(account: number, limits: Limits): void {
    const at = account * INTS + LIMITS;
    if (this.ints[at] === 0) this.ints[at] = this.limits.take() + 1;
    this.limits.set(this.ints[at] - 1, limits);
  }

  /** False when no limit was ever set: what `maxOpenOrders` and the others return is 0 then. */
  protected mayBeLimited(account: number): boolean {
    return this.limitsOf(account) >= 0;
  }

  private limitsOf(account: number): number {
    return this.ints[account * INTS + LIMITS] - 1;
  }

  private setPair(at: number, value: Amount): void {
    this.words[at] = value.high;
    this.words[at + 1] = value.low;
  }
}
