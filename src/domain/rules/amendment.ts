// Amends of live orders [2, 3, 4]. Pure; owned by one engine. A refused one changes nothing. Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { InstrumentStatus, isLive, OrderFlag, OrderStatus, OrderType } from '../codes.ts';
import type { Command } from '../command.ts';
import type { EngineState } from '../engine-state.ts';
import type { Instrument } from '../instrument.ts';
import { type EngineListener, OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import type { Arrival } from './arrival.ts';
import type { ArrivalChecks } from './arrival-checks.ts';
import type { Desk } from './desk.ts';
import type { Funds } from './funds.ts';
import type { LiveOrders } from './live-orders.ts';
import type { Memory } from './memory.ts';
import { hasTooManyParts, isMultiple, isPriceWithin, isQuantityWithin, isWaiting } from './terms.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const MARKET = OrderType.MARKET;
const POST_ONLY = OrderFlag.POST_ONLY;
const FILLED = OrderStatus.FILLED;

export class Amendment {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly listener: EngineListener;
  private readonly orders: OrderRows;
  private readonly live: LiveOrders;
  private readonly funds: Funds;
  private readonly checks: ArrivalChecks;
  private readonly arrival: Arrival;
  private readonly memory: Memory;
  /** What the order shall have. Fields, since V8 boxes more than 31 bits to pass them to a call. */
  private priceTicks = 0;
  private quantityLots = 0;

  constructor(desk: Desk, live: LiveOrders, funds: Funds, checks: ArrivalChecks, arrival: Arrival, memory: Memory) {
    this.desk = desk;
    this.state = desk.state;
    this.listener = desk.listener;
    this.orders = desk.orders;
    this.live = live;
    this.funds = funds;
    this.checks = checks;
    this.arrival = arrival;
    this.memory = memory;
  }

  /** Amends the live order in `row`, or refuses to. */
  amend(command: Command, row: number): void {
    const { orders } = this;
    const instrument = orders.instrument(row);
    this.desk.turnTo(instrument);
    const priceTicks = command.priceTicks === 0 ? orders.priceTicks(row) : command.priceTicks;
    const quantityLots = command.quantityLots === 0 ? orders.quantityLots(row) : command.quantityLots;
    this.priceTicks = priceTicks;
    this.quantityLots = quantityLots;
    const lessLots = orders.quantityLots(row) - quantityLots;
    const isDone = lessLots >= orders.remainingLots(row);
    const keepsPlace = priceTicks === orders.priceTicks(row) && lessLots >= 0;
    const reason =
      this.objection(command, row) ||
      (isDone ? NONE : this.objectionToRest(row)) ||
      (isDone || keepsPlace ? NONE : this.objectionToMove(row));
    if (reason !== NONE) {
      this.memory.refuse(command, reason, row);
      return;
    }
    if (isDone) this.close(row);
    else if (isWaiting(orders, row)) this.changeWaiting(row);
    else if (keepsPlace) this.shrink(row);
    else this.requeue(row);
    this.memory.rememberOrder(command, row);
    if (!isLive(orders.status(row))) orders.release(row);
    this.arrival.triggerDue(instrument);
  }

  /** What may be asked for at all. */
  private objection(command: Command, row: number): Reason {
    const { orders } = this;
    const { instrument } = this.desk;
    const { priceTicks, quantityLots } = command;
    if (this.desk.isKillSwitchOn) return Reason.KILL_SWITCH;
    const { status } = instrument;
    assert(status !== InstrumentStatus.DELISTED, 'amendment: an instrument with live orders is listed');
    if (status === InstrumentStatus.HALTED) return Reason.INSTRUMENT_HALTED;
    if (status === InstrumentStatus.CANCEL_ONLY) return Reason.INSTRUMENT_CANCEL_ONLY;
    if (priceTicks === 0 && quantityLots === 0) return Reason.AMEND_INVALID;
    if (priceTicks !== 0 && orders.orderType(row) === MARKET) return Reason.AMEND_INVALID;
    if (priceTicks !== 0 && !isPriceAllowed(instrument, priceTicks)) return Reason.AMEND_INVALID;
    if (quantityLots !== 0 && !isQuantityAllowed(instrument, quantityLots)) return Reason.AMEND_INVALID;
    if (hasTooManyParts(orders.displayLots(row), quantityLots)) return Reason.AMEND_INVALID;
    return NONE;
  }

  private objectionToRest(row: number): Reason {
    const { status } = this.desk.instrument;
    if (status !== InstrumentStatus.POST_ONLY) return NONE;
    return this.isPostOnly(row) ? NONE : Reason.INSTRUMENT_POST_ONLY;
  }

  /** What is asked of an order that does not keep its place. */
  private objectionToMove(row: number): Reason {
    return (isWaiting(this.orders, row) ? NONE : this.objectionToPlace(row)) || this.objectionToLimits(row);
  }

  private objectionToPlace(row: number): Reason {
    const { orders, priceTicks, quantityLots } = this;
    const { book } = this.desk;
    const own = book.side(orders.side(row));
    const moreLots = quantityLots - orders.quantityLots(row);
    if (priceTicks === orders.priceTicks(row)) {
      return own.hasRoom(priceTicks, moreLots) ? NONE : Reason.AMEND_INVALID;
    }
    if (!this.desk.band.holds(priceTicks)) return Reason.PRICE_BAND;
    if (this.isPostOnly(row) && book.crosses(orders.side(row), priceTicks)) return Reason.AMEND_WOULD_CROSS;
    return own.hasRoom(priceTicks, orders.remainingLots(row) + moreLots) ? NONE : Reason.AMEND_INVALID;
  }

  private objectionToLimits(row: number): Reason {
    const { orders, priceTicks, quantityLots } = this;
    const instrument = orders.instrument(row);
    const side = orders.side(row);
    const moreLots = quantityLots - orders.quantityLots(row);
    const account = orders.account(row);
    const reason = this.checks.objectionOfAccount(account, side, priceTicks, quantityLots, moreLots, 0);
    if (reason !== NONE || !this.desk.keepsBalances) return reason;
    const lots = orders.remainingLots(row) + moreLots;
    const isCovered = this.funds.coversHold(orders.client(row), instrument, side, priceTicks, lots, row);
    return isCovered ? NONE : Reason.INSUFFICIENT_FUNDS;
  }

  private isPostOnly(row: number): boolean {
    return (this.orders.flags(row) & POST_ONLY) !== 0;
  }

  /** The new total is executed or prevented already: the order ends with what it has [3]. */
  private close(row: number): void {
    const { orders } = this;
    this.lift(row);
    this.live.end(row);
    const executedLots = orders.executedLots(row);
    orders.setQuantityLots(row, executedLots + orders.preventedLots(row));
    if (executedLots > 0) this.desk.close(row, FILLED, NONE);
    else this.desk.close(row, OrderStatus.CANCELLED, Reason.CANCELLED_BY_CLIENT);
    this.listener.onOrder(OrderChange.DONE, row, 0);
  }

  /** Same price, not more quantity: the order keeps its place [2]. */
  private shrink(row: number): void {
    const { orders, quantityLots } = this;
    const shownLess = this.live.shrink(row, orders.quantityLots(row) - quantityLots);
    orders.setQuantityLots(row, quantityLots);
    orders.setUpdatedUs(row, this.desk.timeUs);
    this.listener.onOrder(OrderChange.AMENDED, row, 0 - shownLess);
  }

  /** A waiting stop stands in no queue: whatever is amended of it, it waits on. */
  private changeWaiting(row: number): void {
    const { orders, priceTicks, quantityLots } = this;
    this.live.suspend(row);
    orders.setPriceTicks(row, priceTicks);
    orders.setQuantityLots(row, quantityLots);
    orders.setUpdatedUs(row, this.desk.timeUs);
    this.live.resume(row);
    this.listener.onOrder(OrderChange.AMENDED, row, 0);
  }

  /** Another price or more quantity: the order comes in again, as a taker first [2, 4]. */
  private requeue(row: number): void {
    const { orders, priceTicks, quantityLots } = this;
    this.lift(row);
    orders.setPriceTicks(row, priceTicks);
    orders.setQuantityLots(row, quantityLots);
    orders.setUpdatedUs(row, this.desk.timeUs);
    this.arrival.comeIn(row, false);
  }

  private lift(row: number): void {
    const shown = this.live.lift(row);
    this.listener.onOrder(OrderChange.LIFTED, row, 0 - shown);
  }
}

function isPriceAllowed(instrument: Instrument, priceTicks: number): boolean {
  return isPriceWithin(instrument, priceTicks) && isMultiple(priceTicks, instrument.priceIncrementTicks);
}

function isQuantityAllowed(instrument: Instrument, quantityLots: number): boolean {
  return isQuantityWithin(instrument, quantityLots) && isMultiple(quantityLots, instrument.quantityIncrementLots);
}
