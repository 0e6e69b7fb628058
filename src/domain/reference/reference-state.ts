// The reference engine's state, and how to find things in it: plain arrays and maps. Tests and tools only.

import { OrderFlag, OrderStatus, OrderType, RiskMode, Side, TimeInForce } from '../codes.ts';
import type { Instrument } from '../instrument.ts';
import { OrderChange } from '../listener.ts';
import type { Reason } from '../reasons.ts';
import type {
  ReferenceAccount,
  ReferenceEvent,
  ReferenceKey,
  ReferenceLimits,
  ReferenceMarket,
  ReferenceOrder,
} from './reference-types.ts';

/** Those of RULES.md. */
export const REFERENCE_LIMITS: ReferenceLimits = {
  keysMax: 2 ** 22,
  clientsMax: 2 ** 22,
  accountsMax: 2 ** 24,
  openOrdersMax: 2 ** 24,
};

export class ReferenceState {
  sequence = 0;
  timeUs = 0;
  lastTrade = 0;
  killSwitch = false;
  riskMode: RiskMode = RiskMode.OFF;
  /** Settlement cycles closed. */
  settlementCycle = 0;
  /** In order of appearance: a client's number is its place. */
  clients: string[] = [];
  /** In order of appearance. */
  currencies: string[] = [];
  markets: ReferenceMarket[] = [];
  /** Live orders, waiting stops included, by number. */
  live = new Map<number, ReferenceOrder>();
  accounts = new Map<string, ReferenceAccount>();
  /** In units of 10^-14, by client and currency. */
  balances = new Map<string, bigint>();
  /** Insertion order is age. */
  readonly keys = new Map<string, ReferenceKey>();
  /** Who has had an order come in to which instrument, or limits set for it: these count as accounts. */
  opened = new Set<string>();
  protected readonly limits: ReferenceLimits;
  protected events: ReferenceEvent[] = [];
  /** Number of the last trade before the current command. */
  protected tradesBefore = 0;

  constructor(instruments: readonly Instrument[], limits = REFERENCE_LIMITS) {
    this.limits = limits;
    for (const instrument of instruments) this.addMarket(instrument);
  }

  protected addMarket(instrument: Instrument): void {
    this.markets.push({ instrument, lastPrice: 0, bandReference: 0, bids: [], asks: [], stops: [] });
    for (const currency of [instrument.base, instrument.quote]) {
      if (!this.currencies.includes(currency)) this.currencies.push(currency);
    }
  }

  /** The same state once more, of the same class; nothing done to one shows in the other. Idempotency keys are shared. */
  protected copy(): this {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this)), this) as this;
    copy.clients = [...this.clients];
    copy.events = [];
    copy.live = new Map();
    const copyOrder = (order: ReferenceOrder): ReferenceOrder => {
      const other = { ...order };
      copy.live.set(other.number, other);
      return other;
    };
    copy.markets = this.markets.map((market) => ({
      ...market,
      ...{ bids: market.bids.map(copyOrder), asks: market.asks.map(copyOrder), stops: market.stops.map(copyOrder) },
    }));
    copy.accounts = new Map([...this.accounts].map(([name, account]) => [name, { ...account }]));
    copy.balances = new Map(this.balances);
    copy.opened = new Set(this.opened);
    return copy;
  }

  protected marketOf(order: ReferenceOrder): ReferenceMarket {
    return this.markets[order.instrument];
  }

  /** The side of the book that an order rests on. */
  protected ownSide(order: ReferenceOrder): ReferenceOrder[] {
    const market = this.marketOf(order);
    return order.side === Side.BUY ? market.bids : market.asks;
  }

  /** The side of the book that an order trades with. */
  protected otherSide(order: ReferenceOrder): ReferenceOrder[] {
    const market = this.marketOf(order);
    return order.side === Side.BUY ? market.asks : market.bids;
  }

  /** Where a live order stands. */
  protected queueOf(order: ReferenceOrder): ReferenceOrder[] {
    return isWaiting(order) ? this.marketOf(order).stops : this.ownSide(order);
  }

  /** Live orders of an instrument. */
  protected liveIn(market: ReferenceMarket): ReferenceOrder[] {
    return [...market.bids, ...market.asks, ...market.stops];
  }

  /** Into the book, behind everything at a better or the same price. */
  protected enterBook(order: ReferenceOrder): void {
    const side = this.ownSide(order);
    let place = 0;
    while (place < side.length && !isBetter(order.side, order.price, side[place].price)) place++;
    side.splice(place, 0, order);
    this.live.set(order.number, order);
  }

  protected leave(order: ReferenceOrder): void {
    const queue = this.queueOf(order);
    queue.splice(queue.indexOf(order), 1);
    this.live.delete(order.number);
  }

  /** What `ask` finds while a live order is not there: an amended or replaced one does not count against itself. */
  protected without<T>(order: ReferenceOrder, ask: () => T): T {
    const queue = this.queueOf(order);
    const place = queue.indexOf(order);
    this.leave(order);
    const answer = ask();
    queue.splice(place, 0, order);
    this.live.set(order.number, order);
    return answer;
  }

  protected accountOf(client: string, instrument: number): ReferenceAccount {
    const name = `${instrument} ${client}`;
    let account = this.accounts.get(name);
    if (account === undefined) {
      account = {
        ...{ client, instrument, net: 0n, cost: 0n, realised: 0n, fees: 0n, cycleBase: 0n, cycleQuote: 0n },
        ...{ maxOpenOrders: 0, maxOrderQuantity: 0, maxOrderNotional: 0n, maxPosition: 0 },
      };
      this.accounts.set(name, account);
    }
    return account;
  }

  protected openAccount(client: string, instrument: number): void {
    this.opened.add(`${instrument} ${client}`);
  }

  /** The client has no account there, and there is no room for another. */
  protected lacksAccount(client: string, instrument: number): boolean {
    return !this.opened.has(`${instrument} ${client}`) && this.opened.size >= this.limits.accountsMax;
  }

  /** The client gets a number when it has none yet. */
  protected intern(client: string): void {
    if (!this.clients.includes(client)) this.clients.push(client);
  }

  /** The order is closed; what was open of it is nowhere any more. */
  protected close(order: ReferenceOrder, status: OrderStatus, reason: Reason): void {
    order.status = status;
    order.reason = reason;
    order.open = 0;
    order.updatedUs = this.timeUs;
  }

  /** A live order ends by a cancel or because its time ran out. */
  protected cancelLive(order: ReferenceOrder, reason: Reason, status: OrderStatus = OrderStatus.CANCELLED): void {
    const { open } = order;
    this.leave(order);
    this.close(order, status, reason);
    this.tell(OrderChange.CANCELLED, order, -open);
  }

  /** `delta`: by how much the displayed quantity at the order's price changed. */
  protected tell(change: OrderChange, order: ReferenceOrder, delta: number): void {
    this.events.push({ kind: 'order', change, order: { ...order }, delta });
  }
}

/** True when an order at `price` trades before one at `other`. */
export function isBetter(side: Side, price: number, other: number): boolean {
  return side === Side.BUY ? price > other : price < other;
}

/** What is still to be executed; of an order by quote amount, which counts an amount, 0. */
export function remainingOf(order: ReferenceOrder): number {
  return order.quantity - order.executed - order.prevented;
}

export function has(order: { readonly flags: number }, flag: number): boolean {
  return (order.flags & flag) !== 0;
}

/** A stop that has not been triggered. */
export function isWaiting(order: ReferenceOrder): boolean {
  return has(order, OrderFlag.STOP) && !has(order, OrderFlag.TRIGGERED);
}

/** Limit orders that are good till cancelled or till a time rest in the book. */
export function mayRest(order: ReferenceOrder): boolean {
  const { orderType, timeInForce } = order;
  return orderType === OrderType.LIMIT && (timeInForce === TimeInForce.GTC || timeInForce === TimeInForce.GTT);
}
