// Orders as rows of memory: the hot half (what matching, cancelling and walking a queue touch) is one cache line of 64
// bytes, the cold half 48. Rare attributes lie in a table of their own. Pure; owned by one engine, on one thread.
// Row numbers are memory layout, never state: nothing that leaves the engine for longer than a call may hold one.
// Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
//   hot   0 f64 number    8 f64 price, ticks    16 f64 shown, lots   24 f64 quantity, lots    32 f64 executed, lots
//        40 i32 next     44 i32 previous        48 i32 level         52 u32 client
//        56 u16 instrument  58 u8 reason  59 u8 side  60 u8 type | 128 when it has rare attributes
//        61 u8 time in force | self-trade << 4  62 u8 status  63 u8 flags
//   cold  0 f64 notional high    8 f64 notional low    16 f64 created, us    24 f64 updated, us
//        32 i32 rare attributes    36 i32 account    40 i32 next and 44 i32 previous order of the account
//
// quantity = executed + prevented + remaining while the order lives [8, 9]; of what remains, `shown` is displayed in the
// book and the rest is an iceberg's hidden part. A closed order keeps its quantities; what remained was cancelled.
//
// Offsets are literals: V8 inlines a function of up to 27 bytes of bytecode wherever it is called, and named constants
// would make the setters 29 and box the numbers that pass through them.

import { assert } from '../../assert.ts';
import type { OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Reason } from '../reasons.ts';
import { Arena } from './arena.ts';
import { RareAttributes } from './rare-attributes.ts';

export class OrderRows {
  /** Prevented and display quantity, stop price and expiry of the orders that have one. */
  readonly rare = new RareAttributes();
  /** The hot halves: 64 bytes each that begin with the order's number (order-map.ts). */
  readonly keys = new Arena();
  private readonly coldArena = new Arena();
  private hot = this.keys.words;
  private hotInts = this.keys.ints;
  private hotBytes = this.keys.bytes;
  private cold = this.coldArena.words;
  private coldInts = this.coldArena.ints;
  /** First free row, linked by `next`; -1 when none. Rows from `fresh` on were never used. */
  private free = -1;
  private fresh = 0;
  private taken = 0;

  /** Rows in use. */
  get size(): number {
    return this.taken;
  }

  /** All rows in use are below this; of those that are not, what they hold is undefined, but that they rest nowhere. */
  get rowsEnd(): number {
    return this.fresh;
  }

  /** Makes room at once for `rows` rows in all. */
  reserve(rows: number): void {
    this.keys.reserve(rows * 64);
    this.coldArena.reserve(rows * 48);
    this.hot = this.keys.words;
    this.hotInts = this.keys.ints;
    this.hotBytes = this.keys.bytes;
    this.cold = this.coldArena.words;
    this.coldInts = this.coldArena.ints;
  }

  /** A row that rests nowhere and has no rare attributes; its other content is undefined until `clear` or setters. */
  take(): number {
    let row = this.free;
    if (row >= 0) this.free = this.hotInts[(row << 4) | 10];
    else row = this.takeFresh();
    this.hotInts[(row << 4) | 10] = -1;
    this.hotInts[(row << 4) | 11] = -1;
    this.hotInts[(row << 4) | 12] = -1;
    this.taken++;
    return row;
  }

  /** Gives a row back; it must not stand in a queue any more. */
  release(row: number): void {
    assert(this.taken > 0, 'order rows: something is taken');
    assert(this.hotInts[(row << 4) | 12] < 0, 'order rows: a released order does not rest');
    if (this.hotBytes[row * 64 + 60] >= 128) this.releaseRare(row);
    this.hotInts[(row << 4) | 10] = this.free;
    this.free = row;
    this.taken--;
  }

  private releaseRare(row: number): void {
    this.rare.release(this.coldInts[row * 12 + 8]);
    this.hotBytes[row * 64 + 60] &= 127;
  }

  private takeFresh(): number {
    const row = this.fresh++;
    if (this.fresh * 16 > this.hotInts.length || this.fresh * 12 > this.coldInts.length) this.reserve(this.fresh);
    return row;
  }

  /** The order's number: the sequence of the command that placed it. */
  number(row: number): number {
    return this.hot[row << 3];
  }

  setNumber(row: number, value: number): void {
    this.hot[row << 3] = value;
  }

  /** Limit price; of a market order its protection price or 0. */
  priceTicks(row: number): number {
    return this.hot[(row << 3) | 1];
  }

  setPriceTicks(row: number, value: number): void {
    this.hot[(row << 3) | 1] = value;
  }

  /** What stands displayed in the book; 0 for an order that does not rest. */
  shownLots(row: number): number {
    return this.hot[(row << 3) | 2];
  }

  setShownLots(row: number, value: number): void {
    this.hot[(row << 3) | 2] = value;
  }

  /** The order's total quantity. */
  quantityLots(row: number): number {
    return this.hot[(row << 3) | 3];
  }

  setQuantityLots(row: number, value: number): void {
    this.hot[(row << 3) | 3] = value;
  }

  executedLots(row: number): number {
    return this.hot[(row << 3) | 4];
  }

  setExecutedLots(row: number, value: number): void {
    this.hot[(row << 3) | 4] = value;
  }

  /** Row of the next order in its queue, -1 at the end. */
  next(row: number): number {
    return this.hotInts[(row << 4) | 10];
  }

  setNext(row: number, value: number): void {
    this.hotInts[(row << 4) | 10] = value;
  }

  /** Row of the order before in its queue, -1 at the front. */
  previous(row: number): number {
    return this.hotInts[(row << 4) | 11];
  }

  setPrevious(row: number, value: number): void {
    this.hotInts[(row << 4) | 11] = value;
  }

  /** The level in whose queue the order stands, -1 while it does not rest. */
  level(row: number): number {
    return this.hotInts[(row << 4) | 12];
  }

  setLevel(row: number, value: number): void {
    this.hotInts[(row << 4) | 12] = value;
  }

  /** The client's number in the engine's client table. */
  client(row: number): number {
    return this.hotInts[(row << 4) | 13];
  }

  setClient(row: number, value: number): void {
    this.hotInts[(row << 4) | 13] = value;
  }

  instrument(row: number): number {
    const at = row * 64;
    return this.hotBytes[at + 56] | (this.hotBytes[at + 57] << 8);
  }

  setInstrument(row: number, value: number): void {
    const at = row * 64;
    this.hotBytes[at + 56] = value;
    this.hotBytes[at + 57] = value >>> 8;
  }

  /** Why it closed or was rejected (reasons.ts), 0 while it lives or when filled. */
  reason(row: number): Reason {
    return this.hotBytes[row * 64 + 58] as Reason;
  }

  setReason(row: number, value: Reason): void {
    this.hotBytes[row * 64 + 58] = value;
  }

  side(row: number): Side {
    return this.hotBytes[row * 64 + 59] as Side;
  }

  setSide(row: number, value: Side): void {
    this.hotBytes[row * 64 + 59] = value;
  }

  orderType(row: number): OrderType {
    return (this.hotBytes[row * 64 + 60] & 127) as OrderType;
  }

  setOrderType(row: number, value: OrderType): void {
    this.hotBytes[row * 64 + 60] = (this.hotBytes[row * 64 + 60] & 128) | value;
  }

  timeInForce(row: number): TimeInForce {
    return (this.hotBytes[row * 64 + 61] & 15) as TimeInForce;
  }

  selfTrade(row: number): SelfTrade {
    return (this.hotBytes[row * 64 + 61] >>> 4) as SelfTrade;
  }

  setTerms(row: number, timeInForce: TimeInForce, selfTrade: SelfTrade): void {
    this.hotBytes[row * 64 + 61] = timeInForce | (selfTrade << 4);
  }

  status(row: number): OrderStatus {
    return this.hotBytes[row * 64 + 62] as OrderStatus;
  }

  setStatus(row: number, value: OrderStatus): void {
    this.hotBytes[row * 64 + 62] = value;
  }

  /** Bits of OrderFlag. */
  flags(row: number): number {
    return this.hotBytes[row * 64 + 63];
  }

  setFlags(row: number, value: number): void {
    this.hotBytes[row * 64 + 63] = value;
  }

  /** Sum of price x quantity over all executions, in ticks x lots: high * 2^48 + low (clearing/exact.ts). */
  notionalHigh(row: number): number {
    return this.cold[row * 6];
  }

  setNotionalHigh(row: number, value: number): void {
    this.cold[row * 6] = value;
  }

  notionalLow(row: number): number {
    return this.cold[row * 6 + 1];
  }

  setNotionalLow(row: number, value: number): void {
    this.cold[row * 6 + 1] = value;
  }

  /** Batch time of the placing command, microseconds since the epoch. */
  createdUs(row: number): number {
    return this.cold[row * 6 + 2];
  }

  setCreatedUs(row: number, value: number): void {
    this.cold[row * 6 + 2] = value;
  }

  /** Batch time of the last change. */
  updatedUs(row: number): number {
    return this.cold[row * 6 + 3];
  }

  setUpdatedUs(row: number, value: number): void {
    this.cold[row * 6 + 3] = value;
  }

  /** Row of the client's account for this instrument (clearing/accounts.ts), -1 for an order that never came in. */
  account(row: number): number {
    return this.coldInts[row * 12 + 9];
  }

  setAccount(row: number, value: number): void {
    this.coldInts[row * 12 + 9] = value;
  }

  /** Row of the account's next live order in order of number, -1 at the end. */
  accountNext(row: number): number {
    return this.coldInts[row * 12 + 10];
  }

  setAccountNext(row: number, value: number): void {
    this.coldInts[row * 12 + 10] = value;
  }

  accountPrevious(row: number): number {
    return this.coldInts[row * 12 + 11];
  }

  setAccountPrevious(row: number, value: number): void {
    this.coldInts[row * 12 + 11] = value;
  }

  /** Index of the order's rare attributes, -1 when it has none. */
  rareOf(row: number): number {
    return this.hotBytes[row * 64 + 60] < 128 ? -1 : this.coldInts[row * 12 + 8];
  }

  /** The same, given to the order when it has none yet. */
  ensureRare(row: number): number {
    if (this.hotBytes[row * 64 + 60] < 128) {
      this.coldInts[row * 12 + 8] = this.rare.take(row);
      this.hotBytes[row * 64 + 60] |= 128;
    }
    return this.coldInts[row * 12 + 8];
  }

  /** Quantity that self-trade prevention took off the order [8]. */
  preventedLots(row: number): number {
    const rare = this.rareOf(row);
    return rare < 0 ? 0 : this.rare.preventedLots(rare);
  }

  /** An iceberg's displayed quantity, 0 for an order that shows all. */
  displayLots(row: number): number {
    const rare = this.rareOf(row);
    return rare < 0 ? 0 : this.rare.displayLots(rare);
  }

  /** The last trade price that triggers the order, 0 when it is no stop. */
  stopPriceTicks(row: number): number {
    const rare = this.rareOf(row);
    return rare < 0 ? 0 : this.rare.stopPriceTicks(rare);
  }

  /** When the order ends, microseconds since the epoch; 0 when it does not. */
  expiresUs(row: number): number {
    const rare = this.rareOf(row);
    return rare < 0 ? 0 : this.rare.expiresUs(rare);
  }

  /** What is still to be executed while the order lives: displayed and hidden. Of a closed order: what was cancelled. */
  remainingLots(row: number): number {
    return this.hot[(row << 3) | 3] - this.hot[(row << 3) | 4] - this.preventedLots(row);
  }

  /** Copies the order of `source` over row `to`, without its place in queues. */
  copyFrom(source: OrderRows, from: number, to: number): void {
    if (this.rareOf(to) >= 0) this.releaseRare(to);
    this.copyHot(source, from, to);
    this.copyCold(source, from, to);
    const rare = source.rareOf(from);
    if (rare >= 0) this.rare.copyFrom(source.rare, rare, this.ensureRare(to));
  }

  /** Integers are copied as such: as a float64, their bits may be a NaN, which need not be kept as it is. */
  private copyHot(source: OrderRows, from: number, to: number): void {
    const { hot, hotInts } = this;
    const { hot: sourceHot, hotInts: sourceInts } = source;
    hot[to << 3] = sourceHot[from << 3];
    hot[(to << 3) | 1] = sourceHot[(from << 3) | 1];
    hot[(to << 3) | 2] = sourceHot[(from << 3) | 2];
    hot[(to << 3) | 3] = sourceHot[(from << 3) | 3];
    hot[(to << 3) | 4] = sourceHot[(from << 3) | 4];
    hotInts[(to << 4) | 13] = sourceInts[(from << 4) | 13];
    hotInts[(to << 4) | 14] = sourceInts[(from << 4) | 14];
    // The lowest byte says whether there are rare attributes: `to` has none yet.
    hotInts[(to << 4) | 15] = sourceInts[(from << 4) | 15] & ~128;
  }

  private copyCold(source: OrderRows, from: number, to: number): void {
    const { cold } = this;
    const { cold: sourceCold } = source;
    cold[to * 6] = sourceCold[from * 6];
    cold[to * 6 + 1] = sourceCold[from * 6 + 1];
    cold[to * 6 + 2] = sourceCold[from * 6 + 2];
    cold[to * 6 + 3] = sourceCold[from * 6 + 3];
    this.coldInts[to * 12 + 9] = -1;
  }

  /** Makes the row an order of zeros, as a refusal's result is. */
  clear(row: number): void {
    if (this.rareOf(row) >= 0) this.releaseRare(row);
    this.hot.fill(0, row * 8, row * 8 + 5);
    this.hotInts.fill(0, row * 16 + 13, row * 16 + 16);
    this.cold.fill(0, row * 6, row * 6 + 4);
    this.setAccount(row, -1);
  }
}
