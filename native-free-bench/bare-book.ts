// The book alone: rows, map, levels and queues as the engine uses them, with the least of rules around them: new, take,
// cancel, amend by order number, matching by price and time, and everything told to a listener. No checks, no clients'
// accounts, no idempotency. Main thread of the benchmark. Allocates nothing once warm: what is wider than 31 bits passes
// through columns and cells, since a call that is not inlined boxes such numbers.

import { type BookSide, OrderBook } from '#ringbook/domain/book/order-book.js';
import { OrderMap } from '#ringbook/domain/book/order-map.js';
import { OrderRows } from '#ringbook/domain/book/order-rows.js';
import { OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '#ringbook/domain/codes.js';
import { Reason } from '#ringbook/domain/reasons.js';
import { Action, type Columns, type Flow } from './flows/index.ts';
import { HASH_START } from './suite.ts';

/** Local, since V8 folds constants of a module's own but not imported ones. */
const { REST, TAKE, CANCEL, AMEND } = Action;
const { BUY, SELL } = Side;
const { OPEN, PARTIALLY_FILLED, FILLED, CANCELLED } = OrderStatus;
const { GTC, IOC } = TimeInForce;
const { LIMIT } = OrderType;
const { NONE } = SelfTrade;
const NO_REASON = Reason.NONE;
const { CANCELLED_BY_CLIENT } = Reason;

/** What a book tells; orders are rows, valid until return. */
export interface BareListener {
  /** Price and quantity are in cells 0 and 1 of the book's `trade`. */
  onTrade(maker: number, taker: number): void;
  onRested(row: number): void;
  /** A maker was filled. */
  onFilled(row: number): void;
  /** An incoming order ended. */
  onDone(row: number): void;
  onCancelled(row: number): void;
  onAmended(row: number): void;
  /** A cancel or an amend of an order that does not rest. */
  onRefused(): void;
}

/** Commands known beforehand. */
const EXPECTED = 32;

export class BareBook {
  readonly orders = new OrderRows();
  readonly live = new OrderMap(this.orders);
  readonly book = new OrderBook(this.orders);
  readonly trade = new Float64Array(2);
  private readonly listener: BareListener;
  /** The number of the newest order. */
  private readonly newest = new Float64Array(1);
  // As in outlook.ts, which `expect` does as far as there is a book alone.
  private readonly old = new Float64Array(EXPECTED + 1);
  private readonly oldRows = new Int32Array(EXPECTED + 1);
  private readonly pushed = new Int32Array(EXPECTED + 1);
  protected touched = 0;

  constructor(listener: (book: BareBook) => BareListener) {
    this.listener = listener(this);
  }

  /** Applies row `at` of the columns. */
  apply(columns: Columns, at: number): void {
    const action = columns.action[at];
    if (action === CANCEL) this.cancel(columns, at);
    else if (action === AMEND) this.amend(columns, at);
    else this.place(columns, at, action === TAKE);
  }

  /** Reads what rows `from` to `end`, at most EXPECTED of them, will need. */
  expect(columns: Columns, from: number, end: number): void {
    if (this.live.size >= this.live.frontSize) this.read(columns, from, end);
  }

  private read(columns: Columns, from: number, end: number): void {
    const { live, orders, old, oldRows, pushed } = this;
    const { number, action } = columns;
    const frontFrom = this.newest[0] - live.frontSize;
    let olds = 0;
    let pushes = 0;
    for (let at = from; at < end; at++) {
      old[olds] = number[at];
      olds += +(number[at] < frontFrom);
      pushed[pushes] = live.inFrontOf(number[at]);
      pushes += +(action[at] === REST) & +(pushed[pushes] >= 0);
    }
    let rows = 0;
    let sum = 0;
    for (let i = 0; i < olds; i++) live.touch(old[i]);
    for (let i = 0; i < pushes; i++) sum ^= orders.level(pushed[i]);
    for (let i = 0; i < olds; i++) {
      oldRows[rows] = live.get(old[i]);
      rows += +(oldRows[rows] >= 0);
    }
    for (let i = 0; i < pushes; i++) live.touch(orders.number(pushed[i]));
    for (let i = 0; i < rows; i++) sum ^= this.book.side(orders.side(oldRows[i])).touch(oldRows[i]);
    this.touched = sum;
  }

  private place(columns: Columns, at: number, isTaking: boolean): void {
    const { orders } = this;
    const row = orders.take();
    this.newest[0] = columns.number[at];
    orders.setNumber(row, columns.number[at]);
    orders.setPriceTicks(row, columns.priceTicks[at]);
    orders.setQuantityLots(row, columns.quantityLots[at]);
    orders.setShownLots(row, 0);
    orders.setExecutedLots(row, 0);
    orders.setClient(row, columns.client[at]);
    orders.setInstrument(row, 0);
    orders.setReason(row, NO_REASON);
    orders.setSide(row, columns.side[at] === BUY ? BUY : SELL);
    orders.setOrderType(row, LIMIT);
    orders.setTerms(row, isTaking ? IOC : GTC, NONE);
    orders.setStatus(row, OPEN);
    orders.setFlags(row, 0);
    this.arrive(row, isTaking);
  }

  private arrive(row: number, isTaking: boolean): void {
    const { orders } = this;
    const side = orders.side(row);
    if (this.book.crosses(side, orders.priceTicks(row))) this.match(row, this.book.opposite(side), side);
    if (orders.executedLots(row) === orders.quantityLots(row)) this.end(row, FILLED);
    else if (isTaking) this.end(row, CANCELLED);
    else this.rest(row, side);
  }

  private end(row: number, status: OrderStatus): void {
    this.orders.setStatus(row, status);
    this.listener.onDone(row);
    this.orders.release(row);
  }

  private fill(maker: number): void {
    this.orders.setStatus(maker, FILLED);
    this.listener.onFilled(maker);
    this.orders.release(maker);
  }

  private rest(row: number, side: Side): void {
    const { orders } = this;
    orders.setShownLots(row, orders.quantityLots(row) - orders.executedLots(row));
    this.book.side(side).append(row, 0);
    this.live.addRow(row);
    this.listener.onRested(row);
  }

  /** Executes against the best opposite orders while the taker has quantity and its price allows. */
  private match(taker: number, makers: BookSide, side: Side): void {
    const { orders, trade } = this;
    const limit = orders.priceTicks(taker);
    let left = orders.quantityLots(taker) - orders.executedLots(taker);
    for (let level = makers.bestLevel(); level >= 0 && left > 0; level = makers.bestLevel()) {
      const price = makers.priceOf(level);
      if (side === BUY ? price > limit : price < limit) break;
      const maker = makers.firstOf(level);
      const lots = Math.min(left, orders.shownLots(maker));
      left -= lots;
      trade[0] = price;
      trade[1] = lots;
      this.execute(maker, taker, level, makers);
    }
  }

  private execute(maker: number, taker: number, level: number, makers: BookSide): void {
    const { orders, trade, listener } = this;
    const lots = trade[1];
    orders.setExecutedLots(taker, orders.executedLots(taker) + lots);
    orders.setExecutedLots(maker, orders.executedLots(maker) + lots);
    listener.onTrade(maker, taker);
    const shown = orders.shownLots(maker);
    if (lots < shown) {
      makers.reduce(level, lots, 0);
      orders.setShownLots(maker, shown - lots);
      orders.setStatus(maker, PARTIALLY_FILLED);
    } else {
      makers.remove(maker, 0);
      this.live.deleteRow(maker);
      orders.setShownLots(maker, 0);
      this.fill(maker);
    }
  }

  private cancel(columns: Columns, at: number): void {
    const { orders } = this;
    const row = this.live.get(columns.number[at]);
    if (row < 0) {
      this.listener.onRefused();
      return;
    }
    this.book.side(orders.side(row)).remove(row, 0);
    this.live.deleteRow(row);
    orders.setStatus(row, CANCELLED);
    orders.setReason(row, CANCELLED_BY_CLIENT);
    this.listener.onCancelled(row);
    orders.release(row);
  }

  /** Price 0 and quantity 0 keep what is [2, 3]. */
  private amend(columns: Columns, at: number): void {
    const { orders } = this;
    const row = this.live.get(columns.number[at]);
    if (row < 0 || (columns.quantityLots[at] > 0 && columns.quantityLots[at] <= orders.executedLots(row))) {
      this.listener.onRefused();
      return;
    }
    const less = orders.quantityLots(row) - columns.quantityLots[at];
    if (columns.priceTicks[at] === 0 && less >= 0) this.shrink(row, less);
    else this.move(row, columns, at);
  }

  private shrink(row: number, lots: number): void {
    const { orders } = this;
    this.book.side(orders.side(row)).reduce(orders.level(row), lots, 0);
    orders.setShownLots(row, orders.shownLots(row) - lots);
    orders.setQuantityLots(row, orders.quantityLots(row) - lots);
    this.listener.onAmended(row);
  }

  private move(row: number, columns: Columns, at: number): void {
    const { orders } = this;
    this.book.side(orders.side(row)).remove(row, 0);
    this.live.deleteRow(row);
    orders.setShownLots(row, 0);
    if (columns.priceTicks[at] > 0) orders.setPriceTicks(row, columns.priceTicks[at]);
    if (columns.quantityLots[at] > 0) orders.setQuantityLots(row, columns.quantityLots[at]);
    this.listener.onAmended(row);
    this.arrive(row, false);
  }
}

const PRIME = 0x01000193;

/** Folds everything that is told, as 32-bit words, into a hash of numbers: rows are memory layout, not results. */
export class Tally implements BareListener {
  hash = HASH_START | 0;
  private readonly trade: Float64Array;
  private readonly orders: OrderRows;

  constructor(book: BareBook) {
    this.trade = book.trade;
    this.orders = book.orders;
  }

  onTrade(maker: number, taker: number): void {
    this.fold(this.orders.number(maker) ^ this.orders.number(taker), this.trade[0] ^ this.trade[1]);
  }

  onRested(row: number): void {
    this.fold(this.orders.number(row) | 0, this.orders.shownLots(row) | 0);
  }

  onFilled(row: number): void {
    this.fold(this.orders.number(row) | 0, this.orders.executedLots(row) | 0);
  }

  onDone(row: number): void {
    this.fold(this.orders.number(row) | 0, this.orders.executedLots(row) ^ this.orders.status(row));
  }

  onCancelled(row: number): void {
    this.fold(this.orders.number(row) | 0, this.orders.shownLots(row) | 0);
  }

  onAmended(row: number): void {
    this.fold(this.orders.number(row) | 0, this.orders.quantityLots(row) | 0);
  }

  onRefused(): void {
    this.fold(-1, -1);
  }

  private fold(a: number, b: number): void {
    this.hash = Math.imul(Math.imul(this.hash ^ a, PRIME) ^ b, PRIME);
  }
}

/** A book with what rests at the start of a flow. */
export function prepared(flow: Flow, listener: (book: BareBook) => BareListener): BareBook {
  const book = new BareBook(listener);
  playAll(book, flow.resting);
  return book;
}

export function playAll(book: BareBook, columns: Columns): void {
  for (let from = 0; from < columns.length; from += EXPECTED) {
    const end = Math.min(from + EXPECTED, columns.length);
    book.expect(columns, from, end);
    for (let at = from; at < end; at++) book.apply(columns, at);
  }
}
