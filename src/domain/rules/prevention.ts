// Self-trade prevention [8]: what happens when an incoming order meets its own client's. Pure; owned by one engine.
// None of it is a trade: no print, no volume, no last price. Allocates: nothing but growth.

import type { OrderRows } from '../book/order-rows.ts';
import { OrderStatus, SelfTrade } from '../codes.ts';
import { OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { LiveOrders } from './live-orders.ts';
import { isByAmount } from './terms.ts';

export class Prevention {
  private readonly desk: Desk;
  private readonly orders: OrderRows;
  private readonly live: LiveOrders;

  constructor(desk: Desk, live: LiveOrders) {
    this.desk = desk;
    this.orders = desk.orders;
    this.live = live;
  }

  /** Keeps the two from trading, by the taker's mode. True when what remains of the taker is to be cancelled. */
  prevent(maker: number, taker: number, wantedLots: number): boolean {
    const mode = this.orders.selfTrade(taker);
    if (mode === SelfTrade.DECREMENT) {
      const lots = Math.min(wantedLots, this.orders.remainingLots(maker));
      this.decrementTaker(taker, lots);
      this.decrementMaker(maker, lots);
      return false;
    }
    if (mode !== SelfTrade.CANCEL_NEWEST) this.cancelMaker(maker, 0);
    return mode !== SelfTrade.CANCEL_OLDEST;
  }

  private decrementTaker(taker: number, lots: number): void {
    const { orders } = this;
    this.addPrevented(taker, lots);
    orders.setUpdatedUs(taker, this.desk.timeUs);
    if (isByAmount(orders.flags(taker))) orders.setQuantityLots(taker, orders.quantityLots(taker) + lots);
    else if (orders.remainingLots(taker) === 0) this.desk.close(taker, OrderStatus.CANCELLED, Reason.SELF_TRADE);
  }

  private decrementMaker(maker: number, lots: number): void {
    const { orders } = this;
    if (lots === orders.remainingLots(maker)) {
      this.cancelMaker(maker, lots);
      return;
    }
    const shownLess = this.live.shrink(maker, lots);
    this.addPrevented(maker, lots);
    orders.setUpdatedUs(maker, this.desk.timeUs);
    this.desk.listener.onOrder(OrderChange.PREVENTED, maker, 0 - shownLess);
  }

  /** Ends the resting order; of what remained, `preventedLots` were decremented and the rest is cancelled. */
  private cancelMaker(maker: number, preventedLots: number): void {
    const shown = this.live.lift(maker);
    if (preventedLots > 0) this.addPrevented(maker, preventedLots);
    this.live.finish(maker, shown, OrderStatus.CANCELLED, Reason.SELF_TRADE);
    this.orders.release(maker);
  }

  private addPrevented(row: number, lots: number): void {
    const { rare } = this.orders;
    const entry = this.orders.ensureRare(row);
    rare.setPreventedLots(entry, rare.preventedLots(entry) + lots);
  }
}
