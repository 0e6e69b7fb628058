// What all rules share while a command is applied: the state, the listener, the command's band and its trades. Pure;
// owned by one engine. Decides nothing.

import { assert } from '../../assert.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { isLive, type OrderStatus, RiskMode } from '../codes.ts';
import type { Command } from '../command.ts';
import { Counter, type EngineState } from '../engine-state.ts';
import type { Instrument } from '../instrument.ts';
import type { EngineListener } from '../listener.ts';
import type { Reason } from '../reasons.ts';
import { PriceBand } from './price-band.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const { SEQUENCE, TIME_US, TRADE, KILL_SWITCH, RISK_MODE } = Counter;

export class Desk {
  readonly state: EngineState;
  readonly listener: EngineListener;
  readonly orders: OrderRows;
  readonly band = new PriceBand();
  /** Fees of the trade being told, in ticks x lots: maker's high and low limb, taker's high and low limb. */
  readonly tradeFees = new Float64Array(4);
  /** Terms and book of the instrument that the command's orders are of. */
  instrument: Instrument;
  book: OrderBook;
  /** Trades of the command so far. */
  tradeCount = 0;
  /** The command's client, -1 when it names none or one that is not known yet. */
  client = -1;
  /** Batch time of the command. */
  timeUs = 0;
  private readonly counters: Float64Array;

  constructor(state: EngineState, listener: EngineListener) {
    this.state = state;
    this.listener = listener;
    this.orders = state.orders;
    this.counters = state.counters;
    this.instrument = state.instruments.get(0);
    this.book = state.instruments.bookOf(0);
    this.timeUs = state.counters[TIME_US];
  }

  /** The next command begins. */
  begin(sequence: number, timeUs: number, command: Command): void {
    this.counters[SEQUENCE] = sequence;
    this.counters[TIME_US] = timeUs;
    this.tradeCount = 0;
    this.consider(timeUs, command);
  }

  /** Looks at a command without beginning it: a dry run's. */
  consider(timeUs: number, command: Command): void {
    const { bytes, clientOffset, clientLength } = command;
    this.timeUs = timeUs;
    this.client = clientLength === 0 ? -1 : this.state.clients.find(bytes, clientOffset, clientLength);
  }

  /** The number of the command's client, who is known from here on. */
  internClient(command: Command): number {
    if (this.client < 0) {
      this.client = this.state.clients.intern(command.bytes, command.clientOffset, command.clientLength);
    }
    return this.client;
  }

  /** The number of the command's client: its own, or the one it would get. */
  get expectedClient(): number {
    return this.client < 0 ? this.state.clients.count : this.client;
  }

  /** The command is about orders of this instrument: its terms, its book, and its band as the command finds it. */
  turnTo(instrument: number): void {
    const { instruments } = this.state;
    this.instrument = instruments.get(instrument);
    this.book = instruments.bookOf(instrument);
    this.band.fix(this.instrument, instruments.lastPriceTicks(instrument));
  }

  get sequence(): number {
    return this.counters[SEQUENCE];
  }

  /** Number of the command's first trade, 0 when it has none. */
  get firstTrade(): number {
    return this.tradeCount === 0 ? 0 : this.counters[TRADE] - this.tradeCount + 1;
  }

  get isKillSwitchOn(): boolean {
    return this.counters[KILL_SWITCH] !== 0;
  }

  get keepsBalances(): boolean {
    return this.counters[RISK_MODE] === RiskMode.BALANCES;
  }

  /** Counts a trade and returns its number. */
  nextTrade(): number {
    this.tradeCount++;
    return ++this.counters[TRADE];
  }

  /** The order ends; it stands nowhere any more. */
  close(row: number, status: OrderStatus, reason: Reason): void {
    assert(!isLive(status), 'desk: closing ends an order');
    this.orders.setStatus(row, status);
    this.orders.setReason(row, reason);
    this.orders.setUpdatedUs(row, this.timeUs);
  }
}
