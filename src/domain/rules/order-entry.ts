// New orders and replacements: the command becomes a row, is judged, and comes in or does not. Pure; owned by one engine.
// Allocates: nothing but growth.

import type { OrderRows } from '../book/order-rows.ts';
import { isLive, OrderFlag, OrderStatus, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';
import type { EngineState } from '../engine-state.ts';
import { OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import type { Arrival } from './arrival.ts';
import type { ArrivalChecks } from './arrival-checks.ts';
import type { Desk } from './desk.ts';
import type { LiveOrders } from './live-orders.ts';
import type { Matcher } from './matcher.ts';
import type { Memory } from './memory.ts';
import { isByAmount, sideOf } from './terms.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const GTT = TimeInForce.GTT;
const { STOP, SLIPPAGE } = OrderFlag;

const NO_ORDER = -1;

export class OrderEntry {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly orders: OrderRows;
  private readonly live: LiveOrders;
  private readonly checks: ArrivalChecks;
  private readonly matcher: Matcher;
  private readonly arrival: Arrival;
  private readonly memory: Memory;

  constructor(desk: Desk, live: LiveOrders, checks: ArrivalChecks, matcher: Matcher, arrival: Arrival, memory: Memory) {
    this.desk = desk;
    this.state = desk.state;
    this.orders = desk.orders;
    this.live = live;
    this.checks = checks;
    this.matcher = matcher;
    this.arrival = arrival;
    this.memory = memory;
  }

  /** A new order. One that is rejected is an order too, and told as one. */
  enter(command: Command): void {
    const client = this.desk.internClient(command);
    const reason = this.checks.objection(command, client, NO_ORDER);
    const row = this.takeRow(command, client);
    if (reason === NONE) {
      this.comeIn(command, row);
    } else {
      this.desk.close(row, OrderStatus.REJECTED, reason);
      this.desk.listener.onOrder(OrderChange.REJECTED, row, 0);
      this.memory.rememberOrder(command, row);
      this.orders.release(row);
    }
  }

  /** Cancels the target and enters another order in its stead; or refuses, and the target stays as it was. */
  replace(command: Command, target: number): void {
    const { orders } = this;
    const client = orders.client(target);
    const reason = this.objectionToKind(command, target) || this.checks.objection(command, client, target);
    if (reason !== NONE) {
      this.memory.refuse(command, reason, target);
      return;
    }
    this.live.cancel(target, OrderStatus.CANCELLED, Reason.REPLACED);
    orders.release(target);
    this.comeIn(command, this.takeRow(command, client));
  }

  /** Why an order of another instrument or side does not replace the target. */
  objectionToKind(command: Command, target: number): Reason {
    const { orders } = this;
    const isSame = command.instrument === orders.instrument(target) && command.side === orders.side(target);
    return isSame ? NONE : Reason.REPLACE_INVALID;
  }

  /** The order comes in; its result is what its own arrival made of it, before stops follow. */
  private comeIn(command: Command, row: number): void {
    const { orders } = this;
    const instrument = command.instrument;
    if ((command.flags & SLIPPAGE) !== 0) this.resolveSlippage(command, row);
    if (isByAmount(command.flags)) this.matcher.amountLeft.set(command.amountHigh, command.amountLow);
    const { account } = this.checks;
    orders.setAccount(row, account < 0 ? this.state.accounts.open(orders.client(row), instrument) : account);
    this.arrival.accept(row);
    this.memory.rememberOrder(command, row);
    if (!isLive(orders.status(row))) orders.release(row);
    this.arrival.triggerDue(instrument);
  }

  /** From here on it is a protection price like any other. */
  private resolveSlippage(command: Command, row: number): void {
    this.orders.setPriceTicks(row, this.checks.arrivalPrice(command));
    this.orders.setFlags(row, command.flags & ~SLIPPAGE);
  }

  /** The order as a row of its own; its number is the sequence of its command. */
  private takeRow(command: Command, client: number): number {
    const { orders, desk } = this;
    const row = orders.take();
    orders.setNumber(row, desk.sequence);
    orders.setPriceTicks(row, command.priceTicks);
    orders.setShownLots(row, 0);
    orders.setQuantityLots(row, command.quantityLots);
    orders.setExecutedLots(row, 0);
    orders.setClient(row, client);
    orders.setInstrument(row, command.instrument);
    orders.setReason(row, NONE);
    orders.setSide(row, sideOf(command));
    orders.setOrderType(row, command.orderType);
    orders.setTerms(row, command.timeInForce, command.selfTrade);
    orders.setStatus(row, OrderStatus.OPEN);
    orders.setFlags(row, command.flags);
    orders.setNotionalHigh(row, 0);
    orders.setNotionalLow(row, 0);
    orders.setCreatedUs(row, desk.timeUs);
    orders.setUpdatedUs(row, desk.timeUs);
    orders.setAccount(row, -1);
    this.setRareAttributes(command, row);
    return row;
  }

  private setRareAttributes(command: Command, row: number): void {
    const { orders } = this;
    const isStop = (command.flags & STOP) !== 0;
    const isTimed = command.timeInForce === GTT;
    if (command.displayLots === 0 && !isStop && !isTimed) return;
    const rare = orders.ensureRare(row);
    orders.rare.setDisplayLots(rare, command.displayLots);
    if (isStop) orders.rare.setStopPriceTicks(rare, command.stopPriceTicks);
    if (isTimed) orders.rare.setExpiresUs(rare, command.expiresUs);
  }
}
