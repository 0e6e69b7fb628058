// Listens to the follower's engine and derives what is read and projected: events into the spool, closed orders and
// trades into memory. Runs on the follower's thread, inside Engine.apply; never writes to Postgres or Redis itself.
// Its events are the ones that the matching thread tells, one for one: readers change between the two in the middle.

import { assert } from '../assert.ts';
import { isLive } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { type EngineListener, OrderChange } from '../domain/listener.ts';
import { EventEncoder, type EventSink } from '../wire/event-encoder.ts';
import { encodeTrade, type TradeFacts } from '../wire/trade-codec.ts';
import type { RecentOrders } from './recent-orders.ts';
import type { RecentTrades } from './recent-trades.ts';

export class Derivation implements EngineListener {
  readonly #sink: EventSink;
  readonly #orders: RecentOrders;
  readonly #trades: RecentTrades;
  readonly #command: Command;
  #engine: Engine | undefined;
  #events: EventEncoder | undefined;
  #facts: TradeFacts | undefined;

  /** `command` is the object that holds each command while it is applied. */
  constructor(sink: EventSink, orders: RecentOrders, trades: RecentTrades, command: Command) {
    this.#sink = sink;
    this.#command = command;
    this.#orders = orders;
    this.#trades = trades;
  }

  /** The engine that talks to this listener; once, before the first command. */
  attach(engine: Engine): void {
    this.#engine = engine;
    this.#events = new EventEncoder(engine, this.#sink);
    const fees = engine.tradeFees;
    this.#facts = { tradeNumber: 0, sequence: 0, timeUs: 0, priceTicks: 0, quantityLots: 0, fees };
  }

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const engine = this.#engine;
    const facts = this.#facts;
    assert(engine !== undefined && facts !== undefined, 'attached before it listens');
    this.#events?.trade(tradeNumber, maker, taker, priceTicks, quantityLots);
    facts.tradeNumber = tradeNumber;
    facts.sequence = engine.sequence;
    facts.timeUs = engine.timeUs;
    facts.priceTicks = priceTicks;
    facts.quantityLots = quantityLots;
    const trades = this.#trades;
    const slot = trades.slotForNext(tradeNumber, engine.orders.instrument(maker));
    encodeTrade(trades.bytes, trades.view, slot, facts, engine.orders, maker, taker, engine.clients);
  }

  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void {
    const engine = this.#engine;
    assert(engine !== undefined, 'attached before it listens');
    this.#events?.order(change, order, restingDeltaLots);
    if (change === OrderChange.LIFTED || isLive(engine.orders.status(order))) return;
    this.#orders.add(engine.orders, order);
  }

  onApplied(value: number): void {
    this.#events?.applied(this.#command.type, value);
  }

  onObligation(cycle: number, account: number): void {
    this.#events?.obligation(cycle, account);
  }

  /** Changed nothing: nothing to derive. */
  onRefused(): void {}

  /** Changed nothing: nothing to derive. */
  onReplayed(): void {}
}
