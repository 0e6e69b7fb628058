// How an order of the reference engine comes in: matching, self-trade prevention, resting, stops [1, 5, 6, 8, 14].
// Tests and tools only. The small protected methods are the rules one by one.

import { OrderFlag, OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import { OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import { isByAmount, isMarket, ReferenceClearing } from './reference-clearing.ts';
import { has, isWaiting, mayRest, remainingOf } from './reference-state.ts';
import type { ReferenceMarket, ReferenceOrder } from './reference-types.ts';

const LEVEL_TOTAL_MAX = BigInt(Number.MAX_SAFE_INTEGER);
export const POSITION_MAX = 2n ** 52n;

export class ReferenceMatching extends ReferenceClearing {
  /** An accepted order: it waits when it is a stop that is not due, else it comes in. */
  protected arrive(order: ReferenceOrder): void {
    if (!isWaiting(order)) {
      this.comeIn(order);
    } else if (this.isDue(order)) {
      this.trigger(order);
    } else {
      this.marketOf(order).stops.push(order);
      this.live.set(order.number, order);
      this.tell(OrderChange.STOP_ACCEPTED, order, 0);
    }
  }

  /** Matches an order that stands nowhere; then it rests, or it is done. */
  protected comeIn(order: ReferenceOrder): void {
    if (order.timeInForce === TimeInForce.FOK && !this.canFillWhole(order)) {
      this.finish(order, OrderStatus.CANCELLED, Reason.FOK_UNFILLED);
      return;
    }
    const why = this.match(order);
    if (why === Reason.NONE && isByAmount(order)) this.finishByAmount(order);
    else if (why !== Reason.NONE) this.finish(order, OrderStatus.CANCELLED, why);
    else if (remainingOf(order) === 0) this.tell(OrderChange.DONE, order, 0);
    else if (!mayRest(order)) this.finish(order, OrderStatus.CANCELLED, Reason.IOC_REMAINDER);
    else this.rest(order);
  }

  private finish(order: ReferenceOrder, status: OrderStatus, reason: Reason): void {
    this.close(order, status, reason);
    this.tell(OrderChange.DONE, order, 0);
  }

  /** What is left of the amount pays nothing any more [5]. */
  private finishByAmount(order: ReferenceOrder): void {
    if (order.executed > 0) this.finish(order, OrderStatus.FILLED, Reason.NONE);
    else this.finish(order, OrderStatus.CANCELLED, Reason.QUOTE_REMAINDER);
  }

  private rest(order: ReferenceOrder): void {
    order.open = this.shownOf(order);
    this.enterBook(order);
    this.tell(OrderChange.RESTED, order, order.open);
  }

  /** What an order shows when it enters the book or its shown part is used up. */
  protected shownOf(order: ReferenceOrder): number {
    const remaining = remainingOf(order);
    return order.display === 0 ? remaining : Math.min(order.display, remaining);
  }

  /**
   * Trades an order with the first of the other side until nothing is left of it. Returns why its remainder must be
   * cancelled; NONE when nothing remains, when a limit order meets nobody any more, and when an amount is used up.
   */
  protected match(taker: ReferenceOrder): Reason {
    const otherSide = this.otherSide(taker);
    while (isByAmount(taker) ? taker.amountLeft > 0n : remainingOf(taker) > 0) {
      const maker = this.firstOf(otherSide);
      if (maker === undefined) return isMarket(taker) ? Reason.NO_LIQUIDITY : Reason.NONE;
      if (!this.agrees(taker, maker.price)) return isMarket(taker) ? Reason.PRICE_PROTECTION : Reason.NONE;
      if (!this.isInsideBand(taker, maker.price)) return Reason.PRICE_BAND;
      if (this.wantedAt(taker, maker.price) === 0) return Reason.NONE;
      if (isByAmount(taker) && this.leadsTooFar(maker, taker)) return Reason.POSITION_OVERFLOW;
      if (!this.arePrevented(maker, taker)) this.trade(maker, taker);
      else if (this.prevent(maker, taker)) return Reason.SELF_TRADE;
    }
    return Reason.NONE;
  }

  /** Rule 1: price, then time. */
  protected firstOf(side: readonly ReferenceOrder[]): ReferenceOrder | undefined {
    return side[0];
  }

  /** Touching the opposite price is enough. A price of 0 is none: a market order without protection. */
  protected agrees(taker: ReferenceOrder, price: number): boolean {
    if (taker.price === 0) return true;
    return taker.side === Side.BUY ? price <= taker.price : price >= taker.price;
  }

  /** A slippage becomes a protection price as the order comes in; 0 when the other side is empty. */
  protected priceOnArrival(order: ReferenceOrder): number {
    if (!has(order, OrderFlag.SLIPPAGE)) return order.price;
    const best = this.bestOpposite(order);
    if (best === 0) return 0;
    return order.side === Side.BUY ? best + order.price : Math.max(1, best - order.price);
  }

  /** 0 on an empty side. */
  protected bestOpposite(order: ReferenceOrder): number {
    return this.otherSide(order)[0]?.price ?? 0;
  }

  /** floor(reference x bps / 10000) on each side of the reference, fixed for the whole command. */
  protected isInsideBand(order: ReferenceOrder, price: number): boolean {
    const { instrument, bandReference } = this.marketOf(order);
    if (instrument.priceBandBps === 0 || bandReference === 0) return true;
    const reference = BigInt(bandReference);
    const width = (reference * BigInt(instrument.priceBandBps)) / 10_000n;
    return BigInt(price) >= reference - width && BigInt(price) <= reference + width;
  }

  /** Lots an order wants at a price: what remains of it, or what the rest of its amount pays in whole increments. */
  protected wantedAt(taker: ReferenceOrder, price: number): number {
    if (!isByAmount(taker)) return remainingOf(taker);
    const increment = BigInt(this.marketOf(taker).instrument.quantityIncrementLots);
    const lots = taker.amountLeft / BigInt(price);
    // More than any order has is as good as all: kept within what a number holds exactly.
    const most = lots > LEVEL_TOTAL_MAX ? LEVEL_TOTAL_MAX : lots;
    return Number(most - (most % increment));
  }

  /** A sell by amount takes more lots the lower the price: more than could be asked about before it came in. */
  private leadsTooFar(maker: ReferenceOrder, taker: ReferenceOrder): boolean {
    const lots = BigInt(Math.min(this.wantedAt(taker, maker.price), remainingOf(maker)));
    const reach = this.positionReached(taker, lots);
    return reach > POSITION_MAX || BigInt(taker.quantity) + lots > POSITION_MAX;
  }

  /**
   * How far the client's position gets on the order's side of zero with everything open on that side and `lots` more
   * executed; negative when it stays on the other side. The order itself is not among the live ones.
   */
  protected positionReached(order: ReferenceOrder, lots: bigint): bigint {
    const { net } = this.accountOf(order.client, order.instrument);
    const open = this.openLots(order.client, order.instrument, order.side) + lots;
    return order.side === Side.BUY ? net + open : open - net;
  }

  /** Rule 1: a trade prints at the maker's price. */
  protected tradePrice(maker: ReferenceOrder, _taker: ReferenceOrder): number {
    return maker.price;
  }

  private trade(maker: ReferenceOrder, taker: ReferenceOrder): void {
    const price = this.tradePrice(maker, taker);
    const quantity = Math.min(maker.open, this.wantedAt(taker, price));
    const notional = BigInt(price) * BigInt(quantity);
    const { instrument } = this.marketOf(maker);
    const makerFee = this.feeOf(notional, instrument.makerFeeMillionths);
    const takerFee = this.feeOf(notional, instrument.takerFeeMillionths);
    this.lastTrade++;
    this.marketOf(maker).lastPrice = price;
    this.execute(maker, quantity, notional);
    this.execute(taker, quantity, notional);
    maker.open -= quantity;
    const isUsedUp = maker.open === 0 && remainingOf(maker) > 0;
    if (remainingOf(maker) === 0) this.leave(maker);
    this.clear(maker, price, quantity, makerFee);
    this.clear(taker, price, quantity, takerFee);
    const both = { maker: { ...maker }, taker: { ...taker }, makerFee, takerFee };
    this.events.push({ kind: 'trade', trade: this.lastTrade, price, quantity, ...both });
    this.tell(OrderChange.FILLED, maker, -quantity);
    if (isUsedUp) this.replenish(maker);
  }

  private execute(order: ReferenceOrder, quantity: number, notional: bigint): void {
    order.executed += quantity;
    order.notional += notional;
    order.updatedUs = this.timeUs;
    if (isByAmount(order)) {
      order.quantity += quantity;
      order.amountLeft -= notional;
    }
    const isWhole = remainingOf(order) === 0 && !isByAmount(order);
    order.status = isWhole ? OrderStatus.FILLED : OrderStatus.PARTIALLY_FILLED;
  }

  /** Rule 1: an iceberg's next part goes to the end of the queue. */
  protected replenish(maker: ReferenceOrder): void {
    this.leave(maker);
    maker.open = this.shownOf(maker);
    this.enterBook(maker);
    this.tell(OrderChange.REPLENISHED, maker, maker.open);
  }

  // --- self-trade prevention [8] ---

  protected arePrevented(maker: ReferenceOrder, taker: ReferenceOrder): boolean {
    return maker.client === taker.client && taker.selfTrade !== SelfTrade.NONE;
  }

  /** True when the rest of the taker is to be cancelled. */
  protected prevent(maker: ReferenceOrder, taker: ReferenceOrder): boolean {
    if (taker.selfTrade === SelfTrade.DECREMENT) {
      this.decrementBoth(maker, taker);
      return false;
    }
    if (taker.selfTrade !== SelfTrade.CANCEL_NEWEST) this.cancelLive(maker, Reason.SELF_TRADE);
    return taker.selfTrade !== SelfTrade.CANCEL_OLDEST;
  }

  private decrementBoth(maker: ReferenceOrder, taker: ReferenceOrder): void {
    const quantity = Math.min(remainingOf(maker), this.wantedAt(taker, maker.price));
    maker.prevented += quantity;
    taker.prevented += quantity;
    taker.updatedUs = this.timeUs;
    if (isByAmount(taker)) {
      taker.quantity += quantity;
      taker.amountLeft -= BigInt(maker.price) * BigInt(quantity);
    } else if (remainingOf(taker) === 0) {
      this.close(taker, OrderStatus.CANCELLED, Reason.SELF_TRADE);
    }
    if (remainingOf(maker) === 0) this.cancelLive(maker, Reason.SELF_TRADE);
    else this.showAtMostWhatRemains(maker, OrderChange.PREVENTED);
  }

  /** A resting order became smaller in its place: the hidden part went first. */
  protected showAtMostWhatRemains(order: ReferenceOrder, change: OrderChange): void {
    const before = order.open;
    order.open = Math.min(before, remainingOf(order));
    order.updatedUs = this.timeUs;
    this.tell(change, order, order.open - before);
  }

  // --- stops [14] ---

  /** The last trade price has reached the stop price. */
  protected isDue(stop: ReferenceOrder): boolean {
    const { lastPrice } = this.marketOf(stop);
    if (lastPrice === 0) return false;
    return stop.side === Side.BUY ? lastPrice >= stop.stopPrice : lastPrice <= stop.stopPrice;
  }

  /** One after the other until none is due. */
  protected triggerStops(market: ReferenceMarket): void {
    for (let stop = this.nextStop(market); stop !== undefined; stop = this.nextStop(market)) {
      this.leave(stop);
      this.trigger(stop);
    }
  }

  /** Buys from the lowest stop price up, then sells from the highest down; at one price the smaller number. */
  protected nextStop(market: ReferenceMarket): ReferenceOrder | undefined {
    const due = market.stops.filter((stop) => this.isDue(stop));
    due.sort((a, b) => a.side - b.side || this.stopOrder(a, b) || a.number - b.number);
    return due[0];
  }

  /** Of two stops on one side. */
  protected stopOrder(a: ReferenceOrder, b: ReferenceOrder): number {
    return a.side === Side.BUY ? a.stopPrice - b.stopPrice : b.stopPrice - a.stopPrice;
  }

  /** A stop comes in as new. */
  private trigger(stop: ReferenceOrder): void {
    stop.flags |= OrderFlag.TRIGGERED;
    stop.updatedUs = this.timeUs;
    this.tell(OrderChange.TRIGGERED, stop, 0);
    const isLimit = stop.orderType === OrderType.LIMIT;
    if (isLimit && !this.isInsideBand(stop, stop.price)) {
      this.finish(stop, OrderStatus.CANCELLED, Reason.PRICE_BAND);
    } else if (mayRest(stop) && !this.hasRoom(stop)) {
      this.finish(stop, OrderStatus.CANCELLED, Reason.QUANTITY_OUT_OF_BOUNDS);
    } else {
      this.comeIn(stop);
    }
  }

  // --- looking ahead ---

  /** An order as matching would leave it if it came in now; changes nothing. */
  protected rehearse(order: ReferenceOrder): ReferenceOrder {
    const rehearsed = { ...order };
    this.copy().match(rehearsed);
    return rehearsed;
  }

  /** Rule 6: fills of the whole quantity; what prevention takes off is not filled. */
  protected canFillWhole(order: ReferenceOrder): boolean {
    return this.rehearse(order).executed === order.quantity;
  }

  /** What rests on one side at a price, hidden parts included, stays an exact number with this order. */
  protected hasRoom(order: ReferenceOrder): boolean {
    let total = 0n;
    for (const other of this.ownSide(order)) {
      if (other.price === order.price) total += BigInt(remainingOf(other));
    }
    return total === 0n || total + BigInt(remainingOf(order)) <= LEVEL_TOTAL_MAX;
  }
}
