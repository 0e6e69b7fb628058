// Where live orders are: in the book or among the waiting stops, in the number map, the expiry queue, their account's
// list, with their open quantity and what they hold. Pure; owned by one engine. Every change of a live order goes through
// here, so that all of these agree before anyone is told. Allocates: nothing but growth.

import type { BookSide } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import type { StopBook } from '../book/stop-book.ts';
import type { OrderStatus } from '../codes.ts';
import type { EngineState } from '../engine-state.ts';
import { OrderChange } from '../listener.ts';
import type { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { Funds } from './funds.ts';
import { isWaiting } from './terms.ts';

export class LiveOrders {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly orders: OrderRows;
  private readonly funds: Funds;

  constructor(desk: Desk, funds: Funds) {
    this.desk = desk;
    this.state = desk.state;
    this.orders = desk.orders;
    this.funds = funds;
  }

  /** An order that came in rests with what remains of it: a new one, or one that was lifted. */
  rest(row: number, isNew: boolean): void {
    const { orders } = this;
    const remainingLots = orders.remainingLots(row);
    const display = orders.displayLots(row);
    const shown = display !== 0 && display < remainingLots ? display : remainingLots;
    orders.setShownLots(row, shown);
    this.sideOf(row).append(row, remainingLots - shown);
    if (isNew) this.begin(row);
    else this.resume(row);
  }

  /** A new stop waits for its price. */
  wait(row: number): void {
    this.stopsOf(row).add(row);
    this.begin(row);
  }

  /**
   * Takes a live order from where it stands, to be amended, triggered or ended: nothing of it is open or held until it rests
   * again or is ended. Returns the lots that left the displayed book.
   */
  lift(row: number): number {
    const shown = this.takeOut(row);
    this.suspend(row);
    return shown;
  }

  /** Nothing of a live order counts as open or is held, until `resume` or `end`. */
  suspend(row: number): void {
    const remainingLots = this.orders.remainingLots(row);
    this.state.accounts.openChanged(row, -remainingLots);
    if (this.desk.keepsBalances) this.funds.release(row, remainingLots);
  }

  /** What remains of the order counts as open again, and is held. */
  resume(row: number): void {
    const remainingLots = this.orders.remainingLots(row);
    this.state.accounts.openChanged(row, remainingLots);
    if (this.desk.keepsBalances) this.funds.hold(row, remainingLots);
  }

  /** A lifted or used up order lives no longer. Its row stays until it is released. */
  end(row: number): void {
    this.endWith(row, 0);
  }

  /** A lifted order ends by a cancel or by its time, and this is told; `shownLots` left the book. The row is kept. */
  finish(row: number, shownLots: number, status: OrderStatus, reason: Reason): void {
    this.endWith(row, 0);
    this.desk.close(row, status, reason);
    this.desk.listener.onOrder(OrderChange.CANCELLED, row, 0 - shownLots);
  }

  /** A live order ends by a cancel or by its time, and this is told. The row is kept. */
  cancel(row: number, status: OrderStatus, reason: Reason): void {
    const remainingLots = this.orders.remainingLots(row);
    const shown = this.takeOut(row);
    if (this.desk.keepsBalances) this.funds.release(row, remainingLots);
    this.endWith(row, remainingLots);
    this.desk.close(row, status, reason);
    this.desk.listener.onOrder(OrderChange.CANCELLED, row, 0 - shown);
  }

  /**
   * A resting order gives up `lots` of what remains, its hidden part first, and keeps its place; its quantities are the
   * caller's to change. Returns the lots that left the displayed book.
   */
  shrink(row: number, lots: number): number {
    const { orders } = this;
    const remainingLots = orders.remainingLots(row);
    const shown = orders.shownLots(row);
    const hiddenLess = Math.min(remainingLots - shown, lots);
    const shownLess = lots - hiddenLess;
    this.sideOf(row).reduce(orders.level(row), shownLess, hiddenLess);
    orders.setShownLots(row, shown - shownLess);
    this.state.accounts.openChanged(row, -lots);
    if (this.desk.keepsBalances) {
      this.funds.release(row, remainingLots);
      this.funds.hold(row, remainingLots - lots);
    }
    return shownLess;
  }

  private begin(row: number): void {
    const { state, orders } = this;
    state.live.addRow(row);
    state.accounts.orderOpened(row);
    state.instruments.orderOpened(orders.instrument(row));
    if (orders.expiresUs(row) !== 0) state.expiries.add(row);
    if (this.desk.keepsBalances) this.funds.hold(row, orders.remainingLots(row));
  }

  /** `openLots` of it still count as open. */
  private endWith(row: number, openLots: number): void {
    const { state, orders } = this;
    state.live.deleteRow(row);
    state.accounts.orderClosed(row, openLots);
    state.instruments.orderClosed(orders.instrument(row));
    if (orders.expiresUs(row) !== 0) state.expiries.remove(row);
  }

  /** Out of the book or from among the waiting stops. Returns the lots that left the displayed book. */
  private takeOut(row: number): number {
    const { orders } = this;
    const shown = orders.shownLots(row);
    if (isWaiting(orders, row)) {
      this.stopsOf(row).remove(row);
    } else {
      this.sideOf(row).remove(row, orders.remainingLots(row) - shown);
      orders.setShownLots(row, 0);
    }
    return shown;
  }

  private sideOf(row: number): BookSide {
    return this.state.instruments.bookOf(this.orders.instrument(row)).side(this.orders.side(row));
  }

  private stopsOf(row: number): StopBook {
    return this.state.instruments.stopsOf(this.orders.instrument(row));
  }
}
