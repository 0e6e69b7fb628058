// How an accepted order comes in: it waits for its stop price, or it is matched, and then rests or is done [5, 6, 14].
// Pure; owned by one engine. Every arrival ends with exactly one of RESTED, DONE and STOP_ACCEPTED. The row of an order that
// is done stays until its caller releases it. Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { isStopDue } from '../book/stop-book.ts';
import { isLive, OrderFlag, OrderStatus, TimeInForce } from '../codes.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import { type EngineListener, OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { LiveOrders } from './live-orders.ts';
import type { Matcher } from './matcher.ts';
import { isByAmount, isWaiting, mayRest } from './terms.ts';
import { objectionToTriggered } from './triggered.ts';
import type { Walk } from './walk.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const FOK = TimeInForce.FOK;
const POST_ONLY = OrderFlag.POST_ONLY;
const FILLED = OrderStatus.FILLED;

export class Arrival {
  private readonly desk: Desk;
  private readonly listener: EngineListener;
  private readonly orders: OrderRows;
  private readonly instruments: InstrumentTable;
  private readonly live: LiveOrders;
  private readonly matcher: Matcher;
  private readonly walk: Walk;

  constructor(desk: Desk, live: LiveOrders, matcher: Matcher, walk: Walk) {
    this.desk = desk;
    this.listener = desk.listener;
    this.orders = desk.orders;
    this.instruments = desk.state.instruments;
    this.live = live;
    this.matcher = matcher;
    this.walk = walk;
  }

  /** A new order that nothing stands against. It has its account. */
  accept(row: number): void {
    const { orders } = this;
    if (!isWaiting(orders, row)) {
      this.comeIn(row, true);
    } else if (this.isDue(row)) {
      this.trigger(row, true);
    } else {
      this.live.wait(row);
      this.listener.onOrder(OrderChange.STOP_ACCEPTED, row, 0);
    }
  }

  /** Matches an order that stands nowhere: a new one, or a lifted one, which lives already. */
  comeIn(row: number, isNew: boolean): void {
    const { orders } = this;
    if (orders.timeInForce(row) === FOK && !this.walk.fills(row)) {
      this.cancelRest(row, isNew, Reason.FOK_UNFILLED);
      return;
    }
    // A post-only order meets nobody: that was asked before it came here [7].
    const isPostOnly = (orders.flags(row) & POST_ONLY) !== 0;
    const reason = isPostOnly ? NONE : this.matcher.match(row);
    if (reason !== NONE) this.cancelRest(row, isNew, reason);
    else if (isByAmount(orders.flags(row))) this.endAmount(row);
    else if (orders.remainingLots(row) === 0) this.done(row, isNew);
    else if (!mayRest(orders.orderType(row), orders.timeInForce(row)))
      this.cancelRest(row, isNew, Reason.IOC_REMAINDER);
    else this.rest(row, isNew);
  }

  /** Triggers waiting stops one after the other until none is due [14]. Called once the command's own order is done. */
  triggerDue(instrument: number): void {
    // Stops that were due before the command are gone: only a trade makes others due.
    if (this.desk.tradeCount === 0) return;
    const stops = this.instruments.stopsOf(instrument);
    for (;;) {
      const row = stops.due(this.instruments.lastPriceTicks(instrument));
      if (row < 0) return;
      this.live.lift(row);
      this.trigger(row, false);
      if (!isLive(this.orders.status(row))) this.orders.release(row);
    }
  }

  /** A stop comes in as new. What could be asked of its price before it arrived is asked now. */
  private trigger(row: number, isNew: boolean): void {
    const { orders } = this;
    orders.setFlags(row, orders.flags(row) | OrderFlag.TRIGGERED);
    orders.setUpdatedUs(row, this.desk.timeUs);
    this.listener.onOrder(OrderChange.TRIGGERED, row, 0);
    const reason = this.objectionToTriggered(row);
    if (reason === NONE) this.comeIn(row, isNew);
    else this.cancelRest(row, isNew, reason);
  }

  private objectionToTriggered(row: number): Reason {
    const { orders } = this;
    return objectionToTriggered(
      this.desk,
      orders.side(row),
      orders.orderType(row),
      orders.timeInForce(row),
      orders.priceTicks(row),
      orders.remainingLots(row),
    );
  }

  private isDue(row: number): boolean {
    const { orders } = this;
    const lastTicks = this.instruments.lastPriceTicks(orders.instrument(row));
    return isStopDue(orders.side(row), orders.stopPriceTicks(row), lastTicks);
  }

  private rest(row: number, isNew: boolean): void {
    this.live.rest(row, isNew);
    this.listener.onOrder(OrderChange.RESTED, row, this.orders.shownLots(row));
  }

  /** What is left of the amount pays nothing any more [5]. Such an order is always new. */
  private endAmount(row: number): void {
    if (this.orders.executedLots(row) > 0) this.desk.close(row, FILLED, NONE);
    else this.desk.close(row, OrderStatus.CANCELLED, Reason.QUOTE_REMAINDER);
    this.done(row, true);
  }

  private cancelRest(row: number, isNew: boolean, reason: Reason): void {
    this.desk.close(row, OrderStatus.CANCELLED, reason);
    this.done(row, isNew);
  }

  private done(row: number, isNew: boolean): void {
    assert(!isLive(this.orders.status(row)), 'arrival: what is done was closed');
    if (!isNew) this.live.end(row);
    this.listener.onOrder(OrderChange.DONE, row, 0);
  }
}
