// The oracle: the same rules as engine.ts, written to be obviously right and kept for ever. Pure; tests and tools only.
// One array of live orders in order of time, BigInt for every quantity and price, a Map for keys. Shares nothing with
// the fast engine but the codes, so that a mistake in one is not a mistake in both. Slow, and must stay slow and plain.
// The protected methods are the rules one by one; tests break them on purpose to prove that the fuzzer would notice.

import { CommandType, OrderFlag, OrderStatus, OrderType, Reason, Side, TimeInForce } from './codes.ts';
import type { Instrument } from './instrument.ts';
import { OrderChange } from './listener.ts';

export interface ReferenceCommand {
  readonly type: CommandType;
  readonly client: string;
  readonly key: string;
  readonly instrument: number;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly target: number;
}

export interface ReferenceOrder {
  readonly number: number;
  readonly client: string;
  readonly instrument: number;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly createdUs: number;
  updatedUs: number;
  price: bigint;
  quantity: bigint;
  executed: bigint;
  notional: bigint;
  status: OrderStatus;
  reason: Reason;
}

export interface ReferenceResult {
  readonly order: ReferenceOrder;
  readonly sequence: number;
  readonly firstTrade: number;
  readonly tradeCount: number;
}

/** What a key was first answered: a result, or why the command was refused. */
export interface ReferenceAnswer {
  readonly fingerprint: string;
  readonly timeUs: number;
  readonly answer: ReferenceResult | Reason;
}

export type ReferenceEvent =
  | { kind: 'trade'; trade: number; maker: ReferenceOrder; taker: ReferenceOrder; price: bigint; quantity: bigint }
  | { kind: 'order'; change: OrderChange; order: ReferenceOrder; delta: bigint }
  | { kind: 'refused'; reason: Reason; order: ReferenceOrder | undefined }
  | { kind: 'replayed'; result: ReferenceResult };

const LEVEL_TOTAL_MAX = BigInt(Number.MAX_SAFE_INTEGER);

export class ReferenceEngine {
  /** Live orders; an earlier place in the array is earlier time. */
  live: ReferenceOrder[] = [];
  sequence = 0;
  timeUs = 0;
  lastTrade = 0;
  /** Insertion order is age. */
  readonly keys = new Map<string, ReferenceAnswer>();
  protected readonly instruments: readonly Instrument[];
  private readonly keysMax: number;
  protected events: ReferenceEvent[] = [];
  private trades = 0;

  constructor(instruments: readonly Instrument[], keysMax = 2 ** 22) {
    this.instruments = instruments;
    this.keysMax = keysMax;
  }

  /** Applies one command and returns what happened. Orders in events are copies of that moment. */
  apply(timeUs: number, command: ReferenceCommand): ReferenceEvent[] {
    this.sequence++;
    this.timeUs = timeUs;
    this.events = [];
    this.trades = 0;
    const key = command.key !== '' && command.client !== '' ? JSON.stringify([command.client, command.key]) : '';
    const known = key === '' ? undefined : this.keys.get(key);
    if (known !== undefined) {
      if (!this.isSame(known.fingerprint, fingerprintOf(command))) this.refuse(Reason.KEY_REUSED, undefined);
      else if (typeof known.answer === 'number') this.refuseAgain(known.answer, command);
      else this.events.push({ kind: 'replayed', result: known.answer });
      return this.events;
    }
    const outcome = this.carryOut(command);
    if (key !== '' && this.isKept(outcome)) this.store(key, command, outcome);
    return this.events;
  }

  /** Live orders of one side in price-time order. */
  side(instrument: number, side: Side): ReferenceOrder[] {
    const orders = this.live.filter((order) => order.instrument === instrument && order.side === side);
    // Array.sort is stable: equal prices stay in order of time.
    return orders.sort((a, b) => (a.price === b.price ? 0 : a.price < b.price === (side === Side.BUY) ? 1 : -1));
  }

  /** The order the command was about, or why it was refused. */
  protected carryOut(command: ReferenceCommand): ReferenceOrder | Reason {
    if (command.type === CommandType.NEW_ORDER) return this.newOrder(command);
    const order = this.live.find((candidate) => candidate.number === command.target);
    if (order === undefined) {
      const wasIssued = command.target >= 1 && command.target < this.sequence;
      return this.refuse(wasIssued ? Reason.ORDER_CLOSED : Reason.ORDER_UNKNOWN, undefined);
    }
    if (!this.mayTouch(command, order)) return this.refuse(Reason.NOT_OWNER, undefined);
    return command.type === CommandType.CANCEL_ORDER ? this.cancel(order) : this.amend(order, command);
  }

  private newOrder(command: ReferenceCommand): ReferenceOrder {
    const { client, instrument, side, orderType, timeInForce, postOnly, price, quantity } = command;
    const order: ReferenceOrder = {
      ...{ number: this.sequence, client, instrument, side, orderType, timeInForce, postOnly, price, quantity },
      ...{ createdUs: this.timeUs, updatedUs: this.timeUs, executed: 0n, notional: 0n },
      ...{ status: OrderStatus.OPEN, reason: Reason.NONE },
    };
    const reason = this.whyRejected(order);
    if (reason !== Reason.NONE) {
      order.status = OrderStatus.REJECTED;
      order.reason = reason;
      this.tell(OrderChange.REJECTED, order, 0n);
      return order;
    }
    this.comeIn(order);
    return order;
  }

  /** Rules 7 and 10. */
  protected whyRejected(order: ReferenceOrder): Reason {
    const instrument = this.instruments[order.instrument];
    if (instrument === undefined) return Reason.UNKNOWN_INSTRUMENT;
    const rests = order.orderType === OrderType.LIMIT && order.timeInForce === TimeInForce.GTC;
    if (order.postOnly && !rests) return Reason.POST_ONLY_INVALID;
    if (order.orderType === OrderType.MARKET && order.price !== 0n) return Reason.PRICE_OUT_OF_BOUNDS;
    if (order.orderType === OrderType.LIMIT && !isPriceWithin(instrument, order.price)) {
      return Reason.PRICE_OUT_OF_BOUNDS;
    }
    if (!isQuantityWithin(instrument, order.quantity)) return Reason.QUANTITY_OUT_OF_BOUNDS;
    if (order.postOnly && this.bestMakerFor(order) !== undefined) return Reason.POST_ONLY_WOULD_CROSS;
    if (rests && this.levelTotal(order) + order.quantity > LEVEL_TOTAL_MAX) return Reason.QUANTITY_OUT_OF_BOUNDS;
    return Reason.NONE;
  }

  /** Rules 1, 4 and 5: match, then rest, or end. */
  private comeIn(order: ReferenceOrder): void {
    while (order.executed < order.quantity) {
      const maker = this.bestMakerFor(order);
      if (maker === undefined) break;
      this.trade(maker, order);
    }
    const remaining = order.quantity - order.executed;
    if (remaining === 0n) this.tell(OrderChange.DONE, order, 0n);
    else if (order.orderType === OrderType.MARKET) this.end(order, Reason.NO_LIQUIDITY);
    else if (order.timeInForce === TimeInForce.IOC) this.end(order, Reason.IOC_REMAINDER);
    else {
      this.live.push(order);
      this.tell(OrderChange.RESTED, order, remaining);
    }
  }

  private end(order: ReferenceOrder, reason: Reason): void {
    order.status = OrderStatus.CANCELLED;
    order.reason = reason;
    order.updatedUs = this.timeUs;
    this.tell(OrderChange.DONE, order, 0n);
  }

  /** Rule 1: the best price, then the earliest, of those the taker's price allows. */
  protected bestMakerFor(taker: ReferenceOrder): ReferenceOrder | undefined {
    let best: ReferenceOrder | undefined;
    for (const maker of this.live) {
      if (maker.instrument !== taker.instrument || maker.side === taker.side) continue;
      if (!this.agrees(taker, maker.price)) continue;
      if (best === undefined || (taker.side === Side.BUY ? maker.price < best.price : maker.price > best.price)) {
        best = maker;
      }
    }
    return best;
  }

  /** Touching the opposite price is enough. */
  protected agrees(taker: ReferenceOrder, makerPrice: bigint): boolean {
    if (taker.orderType === OrderType.MARKET) return true;
    return taker.side === Side.BUY ? makerPrice <= taker.price : makerPrice >= taker.price;
  }

  /** Rule 1: a trade prints at the maker's price. */
  protected tradePrice(maker: ReferenceOrder, _taker: ReferenceOrder): bigint {
    return maker.price;
  }

  private trade(maker: ReferenceOrder, taker: ReferenceOrder): void {
    const makerLeft = maker.quantity - maker.executed;
    const takerLeft = taker.quantity - taker.executed;
    const quantity = makerLeft < takerLeft ? makerLeft : takerLeft;
    const price = this.tradePrice(maker, taker);
    this.lastTrade++;
    this.trades++;
    for (const order of [maker, taker]) {
      order.executed += quantity;
      order.notional += price * quantity;
      order.status = order.executed === order.quantity ? OrderStatus.FILLED : OrderStatus.PARTIALLY_FILLED;
      order.updatedUs = this.timeUs;
    }
    if (maker.status === OrderStatus.FILLED) this.leave(maker);
    const event = { kind: 'trade', trade: this.lastTrade, maker: { ...maker }, taker: { ...taker } } as const;
    this.events.push({ ...event, price, quantity });
    this.tell(OrderChange.FILLED, maker, -quantity);
  }

  /** Rule 11. */
  protected mayTouch(command: ReferenceCommand, order: ReferenceOrder): boolean {
    return command.client === '' || command.client === order.client;
  }

  private cancel(order: ReferenceOrder): ReferenceOrder {
    this.leave(order);
    order.status = OrderStatus.CANCELLED;
    order.reason = Reason.CANCELLED_BY_CLIENT;
    order.updatedUs = this.timeUs;
    this.tell(OrderChange.CANCELLED, order, order.executed - order.quantity);
    return order;
  }

  /** Rules 2, 3 and 4. */
  private amend(order: ReferenceOrder, command: ReferenceCommand): ReferenceOrder | Reason {
    const price = command.price === 0n ? order.price : command.price;
    const quantity = command.quantity === 0n ? order.quantity : command.quantity;
    const reason = this.whyNotAmended(order, command, { ...order, price, quantity });
    if (reason !== Reason.NONE) return this.refuse(reason, order);
    if (quantity > order.executed && this.keepsPriority(order, price, quantity)) {
      const less = order.quantity - quantity;
      order.quantity = quantity;
      order.updatedUs = this.timeUs;
      this.tell(OrderChange.AMENDED, order, -less);
      return order;
    }
    this.leave(order);
    this.tell(OrderChange.LIFTED, order, order.executed - order.quantity);
    order.updatedUs = this.timeUs;
    if (quantity <= order.executed) {
      order.quantity = order.executed;
      order.status = OrderStatus.FILLED;
      this.tell(OrderChange.DONE, order, 0n);
    } else {
      order.price = price;
      order.quantity = quantity;
      this.comeIn(order);
    }
    return order;
  }

  /** Rule 2. */
  protected keepsPriority(order: ReferenceOrder, price: bigint, quantity: bigint): boolean {
    return price === order.price && quantity <= order.quantity;
  }

  protected whyNotAmended(order: ReferenceOrder, command: ReferenceCommand, wanted: ReferenceOrder): Reason {
    const instrument = this.instruments[order.instrument];
    if (instrument === undefined) return Reason.AMEND_INVALID;
    if (command.price === 0n && command.quantity === 0n) return Reason.AMEND_INVALID;
    if (!isPriceWithin(instrument, wanted.price)) return Reason.AMEND_INVALID;
    if (!isQuantityWithin(instrument, wanted.quantity)) return Reason.AMEND_INVALID;
    if (wanted.quantity <= order.executed) return Reason.NONE;
    if (order.postOnly && this.bestMakerFor(wanted) !== undefined) return Reason.AMEND_WOULD_CROSS;
    const others = this.levelTotal(wanted) - (wanted.price === order.price ? order.quantity - order.executed : 0n);
    // Only a level that exists can be full: alone at its price, an order always fits.
    const isFull = others > 0n && others + wanted.quantity - wanted.executed > LEVEL_TOTAL_MAX;
    return isFull ? Reason.AMEND_INVALID : Reason.NONE;
  }

  /** What rests on the order's side at its price, itself included. */
  private levelTotal(order: ReferenceOrder): bigint {
    let total = 0n;
    for (const other of this.live) {
      if (other.instrument !== order.instrument || other.side !== order.side || other.price !== order.price) continue;
      total += other.quantity - other.executed;
    }
    return total;
  }

  private leave(order: ReferenceOrder): void {
    this.live = this.live.filter((other) => other !== order);
  }

  protected isSame(first: string, second: string): boolean {
    return first === second;
  }

  /** Rule 12: results and refusals alike. */
  protected isKept(_outcome: ReferenceOrder | Reason): boolean {
    return true;
  }

  /** Rule 12: a refusal stands, whatever has changed since. */
  protected refuseAgain(reason: Reason, _command: ReferenceCommand): void {
    this.refuse(reason, undefined);
  }

  /** Rule 12: the outcome as it is now, and the oldest key makes room. */
  private store(key: string, command: ReferenceCommand, outcome: ReferenceOrder | Reason): void {
    const answer = typeof outcome === 'number' ? outcome : this.resultFor(outcome);
    this.keys.set(key, { fingerprint: fingerprintOf(command), timeUs: this.timeUs, answer });
    if (this.keys.size <= this.keysMax) return;
    for (const oldest of this.keys.keys()) {
      this.keys.delete(oldest);
      return;
    }
  }

  private resultFor(order: ReferenceOrder): ReferenceResult {
    const firstTrade = this.trades === 0 ? 0 : this.lastTrade - this.trades + 1;
    return { order: { ...order }, sequence: this.sequence, firstTrade, tradeCount: this.trades };
  }

  private tell(change: OrderChange, order: ReferenceOrder, delta: bigint): void {
    this.events.push({ kind: 'order', change, order: { ...order }, delta });
  }

  private refuse(reason: Reason, order: ReferenceOrder | undefined): Reason {
    this.events.push({ kind: 'refused', reason, order: order === undefined ? undefined : { ...order } });
    return reason;
  }
}

function isPriceWithin(instrument: Instrument, price: bigint): boolean {
  return price >= BigInt(instrument.minPriceTicks) && price <= BigInt(instrument.maxPriceTicks);
}

function isQuantityWithin(instrument: Instrument, quantity: bigint): boolean {
  return quantity >= BigInt(instrument.minQuantityLots) && quantity <= BigInt(instrument.maxQuantityLots);
}

/** The parts of a command that mean something for its type. */
function fingerprintOf(command: ReferenceCommand): string {
  const { type, target, price, quantity } = command;
  if (type === CommandType.CANCEL_ORDER) return `cancel ${target}`;
  if (type === CommandType.AMEND_ORDER) return `amend ${target} ${price} ${quantity}`;
  const flags = command.postOnly ? OrderFlag.POST_ONLY : 0;
  return `new ${command.instrument} ${command.side} ${command.orderType} ${command.timeInForce} ${flags} ${price} ${quantity}`;
}
