// The matching engine: a pure function of sequenced commands, narrated to a listener. Runs on the matching thread, and
// again, as its own instance, wherever the journal is replayed. Owns all order state. Must never read a clock, draw a
// random number, do I/O or depend on the order of anything hashed: time and sequence arrive with the command.
// The rules are those of RULES.md (numbers in brackets): price-time priority, maker's price, amend, market and IOC.

import { assert } from '../assert.ts';
import type { ClientTable } from './client-table.ts';
import { CommandType, isLive, OrderFlag, OrderStatus, OrderType, Reason, Side, TimeInForce } from './codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { Counter, EngineState } from './engine-state.ts';
import { addProduct } from './exact.ts';
import type { IdempotencyTable, ResultColumns } from './idempotency-table.ts';
import { INSTRUMENTS_MAX, type Instrument } from './instrument.ts';
import { type EngineListener, OrderChange } from './listener.ts';
import type { BookSide, GoOn, OrderBook } from './order-book.ts';
import { OrderColumns } from './order-columns.ts';
import type { OrderMap } from './order-map.ts';
import type { OrderPool } from './order-pool.ts';
import { digestOfSnapshot, readSnapshot, writeSnapshot } from './snapshot.ts';

/** One row of zeros: what a refused command's result starts from. */
const NO_ORDER = new OrderColumns(1);

export class Engine {
  readonly instruments: readonly Instrument[];
  /** Orders by row. A row named in a listener call is valid until that call returns. */
  readonly orders: OrderColumns;
  /** First results of idempotency keys by row; a row named by onReplayed is valid until it returns. */
  readonly results: ResultColumns;
  readonly clients: ClientTable;
  private readonly listener: EngineListener;
  private readonly state: EngineState;
  private readonly pool: OrderPool;
  private readonly live: OrderMap;
  private readonly books: readonly OrderBook[];
  private readonly keys: IdempotencyTable;
  private readonly counters: Float64Array;
  private tradesOfCommand = 0;

  /** `state` is for restoring and for tests that want few idempotency keys; without it the engine starts empty. */
  constructor(instruments: readonly Instrument[], listener: EngineListener, state = new EngineState(instruments)) {
    assert(state.instruments === instruments, 'engine: the state was made for these instruments');
    this.instruments = instruments;
    this.listener = listener;
    this.state = state;
    this.pool = state.pool;
    this.orders = state.pool.orders;
    this.live = state.live;
    this.books = state.books;
    this.clients = state.clients;
    this.keys = state.keys;
    this.results = state.keys.results;
    this.counters = state.counters;
  }

  /**
   * Applies the next command and narrates what it did. Borrows the command until return. `timeUs` is the batch time,
   * microseconds since the epoch. Refusals and rejections are narrated, never thrown; a Fault is a bug of the caller
   * or ours. Allocates: nothing, except when a table or pool doubles.
   */
  apply(sequence: number, timeUs: number, command: Command): void {
    assert(sequence === this.counters[Counter.SEQUENCE] + 1, 'engine: sequences have no gap');
    assert(timeUs >= this.counters[Counter.TIME_US], 'engine: time does not run backwards');
    assertWellFormed(command);
    this.counters[Counter.SEQUENCE] = sequence;
    this.counters[Counter.TIME_US] = timeUs;
    this.tradesOfCommand = 0;
    if (command.keyLength > 0 && command.clientLength > 0 && this.answerAgain(command)) return;
    if (command.type === CommandType.NEW_ORDER) this.newOrder(command);
    else if (command.type === CommandType.CANCEL_ORDER) this.cancelOrder(command);
    else this.amendOrder(command);
  }

  /** Sequence of the last command, 0 at the start. */
  get sequence(): number {
    return this.counters[Counter.SEQUENCE];
  }

  /** Batch time of the last command. */
  get timeUs(): number {
    return this.counters[Counter.TIME_US];
  }

  get lastTradeNumber(): number {
    return this.counters[Counter.TRADE];
  }

  get openOrders(): number {
    return this.live.size;
  }

  get idempotencyKeys(): number {
    return this.keys.size;
  }

  /** Batch time of the command that brought the oldest key still held; 0 when there is none. */
  get oldestKeyUs(): number {
    return this.keys.oldestUs();
  }

  /** Number of the first trade of the command being applied or last applied; 0 when it has not traded. */
  get firstTradeOfCommand(): number {
    return this.tradesOfCommand === 0 ? 0 : this.counters[Counter.TRADE] - this.tradesOfCommand + 1;
  }

  get tradeCountOfCommand(): number {
    return this.tradesOfCommand;
  }

  /** The row of a resting order, -1 when the number is not live. Valid until the next apply. */
  findOrder(orderNumber: number): number {
    return this.live.get(orderNumber);
  }

  /** Best price in ticks, 0 when that side is empty. */
  bestPriceTicks(instrument: number, side: Side): number {
    return this.bookSide(instrument, side).bestPriceTicks();
  }

  /** Resting lots at a price. */
  depthAt(instrument: number, side: Side, priceTicks: number): number {
    return this.bookSide(instrument, side).depthAt(priceTicks);
  }

  /** Visits levels, best first, until `visit` returns false. The visitor must not apply commands. */
  forEachLevel(
    instrument: number,
    side: Side,
    visit: (priceTicks: number, quantityLots: number, orders: number) => GoOn,
  ): void {
    const { levels, lots, orders } = this.bookSide(instrument, side);
    for (let rank = 0; rank < levels.size; rank++) {
      const level = levels.at(rank);
      if (visit(levels.priceOf(level), lots[level], orders[level]) === false) return;
    }
  }

  /** Visits resting orders in price-time order until `visit` returns false. The visitor must not apply commands. */
  forEachOrder(instrument: number, side: Side, visit: (row: number) => GoOn): void {
    this.bookSide(instrument, side).forEachOrder(visit);
  }

  /** The whole state as canonical bytes (snapshot.ts): equal states give equal bytes. Cost grows with the state. */
  writeSnapshot(): Uint8Array {
    return writeSnapshot(this.state);
  }

  /** An engine that continues from a snapshot. Throws SnapshotError for damage or for other instruments. */
  static fromSnapshot(bytes: Uint8Array, instruments: readonly Instrument[], listener: EngineListener): Engine {
    return new Engine(instruments, listener, readSnapshot(bytes, instruments));
  }

  /** 16 hex digits over the canonical state: the checksum at the end of its snapshot. Cost grows with the state. */
  digest(): string {
    return digestOfSnapshot(writeSnapshot(this.state));
  }

  private bookSide(instrument: number, side: Side): BookSide {
    assert(instrument >= 0 && instrument < this.books.length, 'engine: the instrument exists');
    return this.books[instrument].side(side);
  }

  // --- new order -----------------------------------------------------------------------------------------------------

  private newOrder(command: Command): void {
    const row = this.placeRow(command);
    const reason = this.objectionToNew(command);
    if (reason !== Reason.NONE) {
      this.close(row, OrderStatus.REJECTED, reason);
      this.listener.onOrder(OrderChange.REJECTED, row, 0);
    } else {
      this.match(row);
      this.settle(row);
    }
    this.remember(command, row);
    if (!isLive(this.orders.status[row])) this.pool.release(row);
  }

  /** The incoming order as a row of its own; its number is the sequence of its command. */
  private placeRow(command: Command): number {
    const row = this.pool.take();
    const orders = this.orders;
    const timeUs = this.counters[Counter.TIME_US];
    orders.number[row] = this.counters[Counter.SEQUENCE];
    orders.createdUs[row] = timeUs;
    orders.updatedUs[row] = timeUs;
    orders.priceTicks[row] = command.priceTicks;
    orders.quantityLots[row] = command.quantityLots;
    orders.executedLots[row] = 0;
    orders.notionalHigh[row] = 0;
    orders.notionalLow[row] = 0;
    orders.client[row] = this.clients.intern(command.bytes, command.clientOffset, command.clientLength);
    orders.instrument[row] = command.instrument;
    orders.reason[row] = Reason.NONE;
    orders.side[row] = command.side;
    orders.orderType[row] = command.orderType;
    orders.timeInForce[row] = command.timeInForce;
    orders.flags[row] = command.flags;
    orders.status[row] = OrderStatus.OPEN;
    return row;
  }

  /** Why a new order is rejected, NONE when it is not. The first reason in this order counts. */
  private objectionToNew(command: Command): Reason {
    if (command.instrument >= this.instruments.length) return Reason.UNKNOWN_INSTRUMENT;
    const instrument = this.instruments[command.instrument];
    const { priceTicks, quantityLots } = command;
    const isLimit = command.orderType === OrderType.LIMIT;
    const mayRest = isLimit && command.timeInForce === TimeInForce.GTC;
    const isPostOnly = (command.flags & OrderFlag.POST_ONLY) !== 0;
    if (isPostOnly && !mayRest) return Reason.POST_ONLY_INVALID;
    const isPriceAllowed = isLimit ? hasPrice(instrument, priceTicks) : priceTicks === 0;
    if (!isPriceAllowed) return Reason.PRICE_OUT_OF_BOUNDS;
    if (!hasQuantity(instrument, quantityLots)) return Reason.QUANTITY_OUT_OF_BOUNDS;
    if (!mayRest) return Reason.NONE;
    const book = this.books[command.instrument];
    if (isPostOnly && book.crosses(command.side, priceTicks)) return Reason.POST_ONLY_WOULD_CROSS;
    if (!book.side(command.side).hasRoom(priceTicks, quantityLots)) return Reason.QUANTITY_OUT_OF_BOUNDS;
    return Reason.NONE;
  }

  /** What becomes of an incoming order after matching: filled, resting, or its remainder cancelled [5]. */
  private settle(row: number): void {
    const orders = this.orders;
    const remainingLots = orders.quantityLots[row] - orders.executedLots[row];
    if (remainingLots === 0) {
      this.listener.onOrder(OrderChange.DONE, row, 0);
    } else if (orders.orderType[row] === OrderType.MARKET) {
      this.close(row, OrderStatus.CANCELLED, Reason.NO_LIQUIDITY);
      this.listener.onOrder(OrderChange.DONE, row, 0);
    } else if (orders.timeInForce[row] === TimeInForce.IOC) {
      this.close(row, OrderStatus.CANCELLED, Reason.IOC_REMAINDER);
      this.listener.onOrder(OrderChange.DONE, row, 0);
    } else {
      this.books[orders.instrument[row]].side(orders.side[row]).append(row, remainingLots);
      this.live.add(orders.number[row], row);
      this.listener.onOrder(OrderChange.RESTED, row, remainingLots);
    }
  }

  // --- matching ------------------------------------------------------------------------------------------------------

  /** Trades an incoming order against the best opposite orders while its price allows [1]. */
  private match(taker: number): void {
    const orders = this.orders;
    const isBuy = orders.side[taker] === Side.BUY;
    const makers = this.books[orders.instrument[taker]].opposite(orders.side[taker]);
    const levels = makers.levels;
    const isMarket = orders.orderType[taker] === OrderType.MARKET;
    const limit = isMarket ? (isBuy ? Number.POSITIVE_INFINITY : 0) : orders.priceTicks[taker];
    while (orders.executedLots[taker] < orders.quantityLots[taker]) {
      const level = levels.best();
      if (level < 0) return;
      const priceTicks = levels.priceOf(level);
      if (isBuy ? priceTicks > limit : priceTicks < limit) return;
      this.trade(makers, level, taker);
    }
  }

  /** One trade with the order at the front of the level, at its price. Row and book agree before anyone is told. */
  private trade(makers: BookSide, level: number, taker: number): void {
    const orders = this.orders;
    const maker = makers.first[level];
    const priceTicks = orders.priceTicks[maker];
    const makerLots = orders.quantityLots[maker] - orders.executedLots[maker];
    const takerLots = orders.quantityLots[taker] - orders.executedLots[taker];
    const lots = makerLots < takerLots ? makerLots : takerLots;
    assert(lots > 0, 'engine: a trade has quantity');
    assert(maker !== taker, 'engine: an order does not trade with itself');
    this.counters[Counter.TRADE]++;
    this.tradesOfCommand++;
    this.execute(maker, priceTicks, lots);
    this.execute(taker, priceTicks, lots);
    const isMakerFilled = lots === makerLots;
    if (isMakerFilled) this.takeOut(makers, maker, lots);
    else makers.reduce(level, lots);
    this.listener.onTrade(this.counters[Counter.TRADE], maker, taker, priceTicks, lots);
    this.listener.onOrder(OrderChange.FILLED, maker, -lots);
    if (isMakerFilled) this.pool.release(maker);
  }

  private execute(row: number, priceTicks: number, lots: number): void {
    const orders = this.orders;
    const executedLots = orders.executedLots[row] + lots;
    const quantityLots = orders.quantityLots[row];
    assert(executedLots <= quantityLots, 'engine: no order is overfilled');
    orders.executedLots[row] = executedLots;
    addProduct(orders.notionalHigh, orders.notionalLow, row, priceTicks, lots);
    orders.status[row] = executedLots === quantityLots ? OrderStatus.FILLED : OrderStatus.PARTIALLY_FILLED;
    orders.updatedUs[row] = this.counters[Counter.TIME_US];
  }

  // --- cancel --------------------------------------------------------------------------------------------------------

  private cancelOrder(command: Command): void {
    const row = this.targetOf(command);
    if (row < 0) return;
    const orders = this.orders;
    const remainingLots = orders.quantityLots[row] - orders.executedLots[row];
    this.takeOut(this.books[orders.instrument[row]].side(orders.side[row]), row, remainingLots);
    this.close(row, OrderStatus.CANCELLED, Reason.CANCELLED_BY_CLIENT);
    this.listener.onOrder(OrderChange.CANCELLED, row, -remainingLots);
    this.remember(command, row);
    this.pool.release(row);
  }

  // --- amend ---------------------------------------------------------------------------------------------------------

  private amendOrder(command: Command): void {
    const row = this.targetOf(command);
    if (row < 0) return;
    const orders = this.orders;
    const reason = this.objectionToAmend(command, row);
    if (reason !== Reason.NONE) {
      this.refuse(command, reason, row);
      return;
    }
    const priceTicks = command.priceTicks === 0 ? orders.priceTicks[row] : command.priceTicks;
    const quantityLots = command.quantityLots === 0 ? orders.quantityLots[row] : command.quantityLots;
    if (quantityLots <= orders.executedLots[row]) this.closeAsFilled(row);
    else if (priceTicks === orders.priceTicks[row] && quantityLots <= orders.quantityLots[row])
      this.shrink(row, quantityLots);
    else this.requeue(row, priceTicks, quantityLots);
    this.remember(command, row);
    if (!isLive(orders.status[row])) this.pool.release(row);
  }

  /** Why an amend is refused, NONE when it is not: asked before anything changes, so that a refusal changes nothing [3]. */
  private objectionToAmend(command: Command, row: number): Reason {
    const orders = this.orders;
    const instrument = this.instruments[orders.instrument[row]];
    const book = this.books[orders.instrument[row]];
    const side = orders.side[row];
    const oldPrice = orders.priceTicks[row];
    const oldQuantity = orders.quantityLots[row];
    const priceTicks = command.priceTicks === 0 ? oldPrice : command.priceTicks;
    const quantityLots = command.quantityLots === 0 ? oldQuantity : command.quantityLots;
    if (command.priceTicks === 0 && command.quantityLots === 0) return Reason.AMEND_INVALID;
    if (!hasPrice(instrument, priceTicks) || !hasQuantity(instrument, quantityLots)) return Reason.AMEND_INVALID;
    if (quantityLots <= orders.executedLots[row]) return Reason.NONE;
    if (priceTicks === oldPrice) {
      const hasRoom = book.side(side).hasRoom(priceTicks, quantityLots - oldQuantity);
      return hasRoom ? Reason.NONE : Reason.AMEND_INVALID;
    }
    const isPostOnly = (orders.flags[row] & OrderFlag.POST_ONLY) !== 0;
    if (isPostOnly && book.crosses(side, priceTicks)) return Reason.AMEND_WOULD_CROSS;
    const hasRoom = book.side(side).hasRoom(priceTicks, quantityLots - orders.executedLots[row]);
    return hasRoom ? Reason.NONE : Reason.AMEND_INVALID;
  }

  /** The new total is already executed: the order ends as filled, at what it executed [3]. */
  private closeAsFilled(row: number): void {
    this.lift(row);
    this.orders.quantityLots[row] = this.orders.executedLots[row];
    this.close(row, OrderStatus.FILLED, Reason.NONE);
    this.listener.onOrder(OrderChange.DONE, row, 0);
  }

  /** Same price, not more quantity: the order keeps its place [2]. */
  private shrink(row: number, quantityLots: number): void {
    const orders = this.orders;
    const lessLots = orders.quantityLots[row] - quantityLots;
    assert(lessLots >= 0, 'engine: a shrink does not grow');
    this.books[orders.instrument[row]].side(orders.side[row]).reduce(this.pool.level[row], lessLots);
    orders.quantityLots[row] = quantityLots;
    orders.updatedUs[row] = this.counters[Counter.TIME_US];
    this.listener.onOrder(OrderChange.AMENDED, row, 0 - lessLots);
  }

  /** Another price or more quantity: the order comes in again, as a taker first [2, 4]. */
  private requeue(row: number, priceTicks: number, quantityLots: number): void {
    this.lift(row);
    const orders = this.orders;
    orders.priceTicks[row] = priceTicks;
    orders.quantityLots[row] = quantityLots;
    orders.updatedUs[row] = this.counters[Counter.TIME_US];
    this.match(row);
    this.settle(row);
  }

  private lift(row: number): void {
    const orders = this.orders;
    const remainingLots = orders.quantityLots[row] - orders.executedLots[row];
    this.takeOut(this.books[orders.instrument[row]].side(orders.side[row]), row, remainingLots);
    this.listener.onOrder(OrderChange.LIFTED, row, -remainingLots);
  }

  // --- shared --------------------------------------------------------------------------------------------------------

  /** The row of the order a cancel or amend names, -1 after telling why it is refused [11]. */
  private targetOf(command: Command): number {
    const row = this.live.get(command.targetOrder);
    if (row < 0) {
      // Public ids carry check bits: a number up to here was really issued, so the order existed and is closed.
      const wasIssued = command.targetOrder >= 1 && command.targetOrder < this.counters[Counter.SEQUENCE];
      this.refuse(command, wasIssued ? Reason.ORDER_CLOSED : Reason.ORDER_UNKNOWN, -1);
      return -1;
    }
    if (command.clientLength === 0) return row;
    const client = this.clients.find(command.bytes, command.clientOffset, command.clientLength);
    if (client === this.orders.client[row]) return row;
    this.refuse(command, Reason.NOT_OWNER, -1);
    return -1;
  }

  /** Takes a resting order out of the book and the map; its row stays. */
  private takeOut(side: BookSide, row: number, remainingLots: number): void {
    side.remove(row, remainingLots);
    this.live.delete(this.orders.number[row]);
  }

  private close(row: number, status: OrderStatus, reason: Reason): void {
    assert(!isLive(status), 'engine: closing ends an order');
    this.orders.status[row] = status;
    this.orders.reason[row] = reason;
    this.orders.updatedUs[row] = this.counters[Counter.TIME_US];
  }

  /** Answers a known key [12]; false when the key is new. */
  private answerAgain(command: Command): boolean {
    const client = this.clients.find(command.bytes, command.clientOffset, command.clientLength);
    if (client < 0) return false;
    const row = this.keys.find(client, command.bytes, command.keyOffset, command.keyLength);
    if (row < 0) return false;
    if (!this.keys.isSameCommand(row, command)) this.listener.onRefused(Reason.KEY_REUSED, -1);
    else if (this.keys.isRefusal(row)) this.listener.onRefused(this.results.reason[row], -1);
    else this.listener.onReplayed(row);
    return true;
  }

  /** Refuses a command, `row` being the asker's order or -1. The refusal is the key's result from now on [12]. */
  private refuse(command: Command, reason: Reason, row: number): void {
    this.listener.onRefused(reason, row);
    if (command.keyLength === 0 || command.clientLength === 0) return;
    const results = this.results;
    const client = this.clients.intern(command.bytes, command.clientOffset, command.clientLength);
    const result = this.keys.add(client, command.bytes, command.keyOffset, command.keyLength);
    results.copyRow(NO_ORDER, 0, result);
    results.number[result] = command.targetOrder;
    results.updatedUs[result] = this.counters[Counter.TIME_US];
    results.client[result] = client;
    results.reason[result] = reason;
    this.rememberCommand(command, result);
  }

  /** Stores the result of a command that was not refused, when it carries a key and a client [12]. */
  private remember(command: Command, row: number): void {
    if (command.keyLength === 0 || command.clientLength === 0) return;
    const client = this.orders.client[row];
    const result = this.keys.add(client, command.bytes, command.keyOffset, command.keyLength);
    this.results.copyRow(this.orders, row, result);
    this.rememberCommand(command, result);
  }

  private rememberCommand(command: Command, result: number): void {
    const results = this.results;
    results.sequence[result] = this.counters[Counter.SEQUENCE];
    results.firstTrade[result] = this.firstTradeOfCommand;
    results.tradeCount[result] = this.tradesOfCommand;
    results.commandType[result] = command.type;
    results.askedPriceTicks[result] = command.priceTicks;
    results.askedQuantityLots[result] = command.quantityLots;
  }
}

function hasPrice(instrument: Instrument, priceTicks: number): boolean {
  return priceTicks >= instrument.minPriceTicks && priceTicks <= instrument.maxPriceTicks;
}

function hasQuantity(instrument: Instrument, quantityLots: number): boolean {
  return quantityLots >= instrument.minQuantityLots && quantityLots <= instrument.maxQuantityLots;
}

/** What the codecs guarantee. Anything else is a bug before the engine, not a client's mistake. */
function assertWellFormed(command: Command): void {
  const { type, side, orderType, timeInForce, instrument } = command;
  assert(type >= CommandType.NEW_ORDER && type <= CommandType.AMEND_ORDER, 'command: a known type');
  assert(command.clientLength >= 0 && command.clientLength <= CLIENT_ID_BYTES_MAX, 'command: client id length');
  assert(command.keyLength >= 0 && command.keyLength <= IDEMPOTENCY_KEY_BYTES_MAX, 'command: key length');
  if (type !== CommandType.CANCEL_ORDER) {
    assert(Number.isSafeInteger(command.priceTicks) && command.priceTicks >= 0, 'command: price is a whole number');
    assert(Number.isSafeInteger(command.quantityLots) && command.quantityLots >= 0, 'command: quantity is whole');
  }
  if (type !== CommandType.NEW_ORDER) {
    assert(Number.isSafeInteger(command.targetOrder) && command.targetOrder >= 0, 'command: an order number');
    return;
  }
  assert(command.clientLength >= 1, 'command: a new order has a client');
  assert(side === Side.BUY || side === Side.SELL, 'command: a known side');
  assert(orderType === OrderType.LIMIT || orderType === OrderType.MARKET, 'command: a known order type');
  assert(timeInForce === TimeInForce.GTC || timeInForce === TimeInForce.IOC, 'command: a known time in force');
  assert((command.flags & ~OrderFlag.POST_ONLY) === 0, 'command: known flags only');
  assert(instrument >= 0 && instrument <= INSTRUMENTS_MAX, 'command: the instrument fits 16 bits');
}
