// How an incoming order meets the other side of the book [1, 5, 8]: level by level from the best, order by order from the
// front, until its quantity or amount, its price, the band or prevention ends it. Pure; owned by one engine.
// Allocates: nothing.

import type { OrderRows } from '../book/order-rows.ts';
import { type Accounts, POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { OrderType, SelfTrade } from '../codes.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { Execution } from './execution.ts';
import type { Prevention } from './prevention.ts';
import type { PriceBand } from './price-band.ts';
import { isByAmount, isWorse, payableLots, worstPrice } from './terms.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const MARKET = OrderType.MARKET;

export class Matcher {
  /** What is left of the incoming order's quote amount, ticks x lots; set before `match` for an order that has one. */
  readonly amountLeft = new Amount();
  private readonly cost = new Amount();
  private readonly orders: OrderRows;
  private readonly desk: Desk;
  private readonly accounts: Accounts;
  private readonly band: PriceBand;
  private readonly execution: Execution;
  private readonly prevention: Prevention;

  constructor(desk: Desk, execution: Execution, prevention: Prevention) {
    this.orders = desk.orders;
    this.desk = desk;
    this.accounts = desk.state.accounts;
    this.band = desk.band;
    this.execution = execution;
    this.prevention = prevention;
  }

  /**
   * Trades an incoming order, which stands nowhere, with the other side. Returns why what remains of it must be cancelled,
   * or NONE: nothing remains, its amount is used up, or it is a limit order that meets no price it accepts.
   */
  match(taker: number): Reason {
    const { orders } = this;
    const side = orders.side(taker);
    const makers = this.desk.book.opposite(side);
    const worstTicks = worstPrice(side, orders.priceTicks(taker));
    const isMarket = orders.orderType(taker) === MARKET;
    const hasAmount = isByAmount(orders.flags(taker));
    while (hasAmount ? !this.amountLeft.isZero() : orders.remainingLots(taker) > 0) {
      const level = makers.bestLevel();
      if (level < 0) return isMarket ? Reason.NO_LIQUIDITY : NONE;
      const priceTicks = makers.priceOf(level);
      if (isWorse(side, priceTicks, worstTicks)) return isMarket ? Reason.PRICE_PROTECTION : NONE;
      if (!this.band.holds(priceTicks)) return Reason.PRICE_BAND;
      const wantedLots = hasAmount ? this.lotsPaid(priceTicks) : orders.remainingLots(taker);
      if (wantedLots === 0) return NONE;
      const maker = makers.firstOf(level);
      const before = orders.quantityLots(taker);
      if (hasAmount && this.isTooMuch(taker, maker, wantedLots)) return Reason.POSITION_OVERFLOW;
      if (!this.isPrevented(maker, taker)) {
        this.execution.lots = Math.min(wantedLots, orders.shownLots(maker));
        this.execution.trade(makers, level, taker);
      } else if (this.prevention.prevent(maker, taker, wantedLots)) {
        return Reason.SELF_TRADE;
      }
      // The quantity of an order by amount is what was executed and prevented so far.
      if (hasAmount) this.amountLeft.subtract(this.cost.setProduct(priceTicks, orders.quantityLots(taker) - before));
    }
    return NONE;
  }

  private isPrevented(maker: number, taker: number): boolean {
    return this.orders.selfTrade(taker) !== SelfTrade.NONE && this.orders.client(maker) === this.orders.client(taker);
  }

  /** Lots, in whole increments, that what is left of the amount pays at a price [5]. */
  private lotsPaid(priceTicks: number): number {
    return payableLots(this.amountLeft, priceTicks, this.desk.instrument.quantityIncrementLots);
  }

  /** A sell by amount takes more lots the lower the price: it must not lead beyond what can be computed. */
  private isTooMuch(taker: number, maker: number, wantedLots: number): boolean {
    const { orders } = this;
    const lots = Math.min(wantedLots, orders.remainingLots(maker));
    return (
      lots > this.accounts.roomLots(orders.account(taker), orders.side(taker)) ||
      lots > POSITION_LOTS_MAX - orders.quantityLots(taker)
    );
  }
}
