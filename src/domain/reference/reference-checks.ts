// What the reference engine asks before an order comes in, is amended or replaces another: RULES.md, "The order of
// checks". The first objection is the reason. Tests and tools only.

import { InstrumentStatus, OrderFlag, OrderType, RiskMode, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Instrument } from '../instrument.ts';
import { Reason } from '../reasons.ts';
import { isByAmount, isMarket, magnitude, quoteUnit } from './reference-clearing.ts';
import { POSITION_MAX, ReferenceMatching } from './reference-matching.ts';
import { has, isWaiting, mayRest, remainingOf } from './reference-state.ts';
import type { ReferenceCommand, ReferenceOrder } from './reference-types.ts';

export const AMOUNT_LIMIT = 2n ** 100n;

export class ReferenceChecks extends ReferenceMatching {
  /** Why a new order or a replacement does not come in. */
  protected whyRejected(order: ReferenceOrder): Reason {
    return (
      this.objectionToState(order) ||
      this.objectionToShape(order) ||
      this.objectionToPrice(order) ||
      this.objectionToQuantity(order) ||
      this.objectionToBook(order) ||
      this.objectionToRoom(order) ||
      this.objectionToClient(order)
    );
  }

  /** The client is asked about the order as it will come in. */
  private objectionToClient(order: ReferenceOrder): Reason {
    const arriving = has(order, OrderFlag.SLIPPAGE) ? { ...order, price: this.priceOnArrival(order) } : order;
    return this.objectionToLimits(arriving, true) || this.objectionToFunds(arriving);
  }

  /** Why an amend is refused; `amended` is what the order would become. */
  protected whyNotAmended(order: ReferenceOrder, command: ReferenceCommand, amended: ReferenceOrder): Reason {
    const { instrument } = this.marketOf(order);
    const { price, quantity } = command;
    const closed = this.objectionToStatus(instrument.status);
    if (closed !== Reason.NONE) return closed;
    if (price === 0 && quantity === 0) return Reason.AMEND_INVALID;
    if (price !== 0 && isMarket(order)) return Reason.AMEND_INVALID;
    if (price !== 0 && this.objectionToLimitPrice(instrument, price) !== Reason.NONE) return Reason.AMEND_INVALID;
    if (quantity !== 0 && this.objectionToLots(instrument, quantity) !== Reason.NONE) return Reason.AMEND_INVALID;
    if (quantity !== 0 && this.hasTooManyParts(amended)) return Reason.AMEND_INVALID;
    if (this.isAlreadyDone(amended)) return Reason.NONE;
    if (instrument.status === InstrumentStatus.POST_ONLY && !isPostOnly(order)) return Reason.INSTRUMENT_POST_ONLY;
    if (this.keepsPlace(order, amended)) return Reason.NONE;
    return this.without(order, () => {
      if (!isWaiting(order)) {
        if (amended.price !== order.price && !this.isInsideBand(amended, amended.price)) return Reason.PRICE_BAND;
        if (isPostOnly(order) && this.wouldCross(amended)) return Reason.AMEND_WOULD_CROSS;
        if (!this.hasRoom(amended)) return Reason.AMEND_INVALID;
      }
      return this.objectionToLimits(amended, false) || this.objectionToFunds(amended);
    });
  }

  /** Rule 3: the new total is executed or prevented already. */
  protected isAlreadyDone(amended: ReferenceOrder): boolean {
    return remainingOf(amended) <= 0;
  }

  /** Rule 2. */
  protected keepsPlace(order: ReferenceOrder, amended: ReferenceOrder): boolean {
    return amended.price === order.price && amended.quantity <= order.quantity;
  }

  // --- 1: the venue ---

  protected objectionToState(order: ReferenceOrder): Reason {
    const status = this.markets[order.instrument]?.instrument.status ?? InstrumentStatus.DELISTED;
    if (status === InstrumentStatus.DELISTED) return Reason.UNKNOWN_INSTRUMENT;
    if (status === InstrumentStatus.POST_ONLY && !isPostOnly(order)) {
      return this.objectionToStatus(status) || Reason.INSTRUMENT_POST_ONLY;
    }
    return this.objectionToStatus(status);
  }

  /** [15] Only cancels pass. */
  protected objectionToStatus(status: InstrumentStatus): Reason {
    if (this.killSwitch) return Reason.KILL_SWITCH;
    if (status === InstrumentStatus.HALTED || status === InstrumentStatus.DELISTED) return Reason.INSTRUMENT_HALTED;
    if (status === InstrumentStatus.CANCEL_ONLY) return Reason.INSTRUMENT_CANCEL_ONLY;
    return Reason.NONE;
  }

  // --- 2: the shape ---

  protected objectionToShape(order: ReferenceOrder): Reason {
    const { instrument } = this.marketOf(order);
    const { display, stopPrice } = order;
    const isStop = has(order, OrderFlag.STOP);
    const isFok = order.timeInForce === TimeInForce.FOK;
    if (isPostOnly(order) && (!mayRest(order) || isStop)) return Reason.POST_ONLY_INVALID;
    if (isByAmount(order) && (!isMarket(order) || isFok || isStop || display !== 0)) return Reason.QUOTE_AMOUNT_INVALID;
    if (display !== 0) {
      if (!mayRest(order) || display > order.quantity) return Reason.DISPLAY_INVALID;
      if (this.hasTooManyParts(order)) return Reason.DISPLAY_INVALID;
      if (display < instrument.minQuantityLots || display % instrument.quantityIncrementLots !== 0) {
        return Reason.DISPLAY_INVALID;
      }
    }
    if (isStop && this.objectionToLimitPrice(instrument, stopPrice) !== Reason.NONE) return Reason.STOP_PRICE_INVALID;
    if (order.timeInForce === TimeInForce.GTT && order.expiresUs <= this.timeUs) return Reason.EXPIRY_PASSED;
    return Reason.NONE;
  }

  protected hasTooManyParts({ display, quantity }: ReferenceOrder): boolean {
    return display !== 0 && BigInt(quantity) > BigInt(display) * 100n;
  }

  // --- 3 and 4: price and quantity ---

  protected objectionToPrice(order: ReferenceOrder): Reason {
    const { instrument } = this.marketOf(order);
    if (has(order, OrderFlag.SLIPPAGE)) {
      const isAllowed =
        isMarket(order) &&
        order.price <= instrument.maxPriceTicks &&
        order.price % instrument.priceIncrementTicks === 0 &&
        !has(order, OrderFlag.STOP);
      return isAllowed ? Reason.NONE : Reason.PRICE_OUT_OF_BOUNDS;
    }
    if (isMarket(order) && order.price === 0) return Reason.NONE;
    return this.objectionToLimitPrice(instrument, order.price);
  }

  protected objectionToLimitPrice(instrument: Instrument, price: number): Reason {
    if (price < instrument.minPriceTicks || price > instrument.maxPriceTicks) return Reason.PRICE_OUT_OF_BOUNDS;
    return price % instrument.priceIncrementTicks === 0 ? Reason.NONE : Reason.PRICE_OFF_TICK;
  }

  protected objectionToQuantity(order: ReferenceOrder): Reason {
    if (isByAmount(order)) return Reason.NONE;
    return this.objectionToLots(this.marketOf(order).instrument, order.quantity);
  }

  protected objectionToLots(instrument: Instrument, quantity: number): Reason {
    const { minQuantityLots, maxQuantityLots, quantityIncrementLots } = instrument;
    if (quantity < minQuantityLots || quantity > maxQuantityLots) return Reason.QUANTITY_OUT_OF_BOUNDS;
    return quantity % quantityIncrementLots === 0 ? Reason.NONE : Reason.QUANTITY_OFF_LOT;
  }

  // --- 5, 6 and 7: the book ---

  protected objectionToBook(order: ReferenceOrder): Reason {
    if (order.orderType !== OrderType.LIMIT || isWaiting(order)) return Reason.NONE;
    if (!this.isInsideBand(order, order.price)) return Reason.PRICE_BAND;
    if (isPostOnly(order) && this.wouldCross(order)) return Reason.POST_ONLY_WOULD_CROSS;
    if (mayRest(order) && !this.hasRoom(order)) return Reason.QUANTITY_OUT_OF_BOUNDS;
    return Reason.NONE;
  }

  /** Rule 7: at the best opposite price it would trade already. */
  protected wouldCross(order: ReferenceOrder): boolean {
    const best = this.bestOpposite(order);
    return best !== 0 && this.agrees(order, best);
  }

  // --- 8: room in the engine, what can be computed, and limits ---

  /** An order that is replaced is not among the live ones while this is asked. */
  protected objectionToRoom(order: ReferenceOrder): Reason {
    const mayLive = mayRest(order) || isWaiting(order);
    if (mayLive && this.live.size >= this.limits.openOrdersMax) return Reason.ENGINE_FULL;
    return this.lacksAccount(order.client, order.instrument) ? Reason.ENGINE_FULL : Reason.NONE;
  }

  /** The order itself is not among the live ones while this is asked. */
  protected objectionToLimits(order: ReferenceOrder, isNew: boolean): Reason {
    const account = this.accountOf(order.client, order.instrument);
    const { realised, fees, cycleQuote } = account;
    const reach = this.positionReached(order, this.lotsAsked(order));
    if (reach > POSITION_MAX) return Reason.POSITION_OVERFLOW;
    for (const amount of [realised, fees, cycleQuote]) {
      if (magnitude(amount) >= AMOUNT_LIMIT) return Reason.POSITION_OVERFLOW;
    }
    const { maxOrderQuantity, maxOrderNotional, maxOpenOrders, maxPosition } = account;
    if (maxOrderQuantity !== 0 && order.quantity > maxOrderQuantity) return Reason.LIMIT_ORDER_QUANTITY;
    if (maxOrderNotional !== 0n && this.notionalAsked(order) > maxOrderNotional) return Reason.LIMIT_ORDER_NOTIONAL;
    if (isNew && maxOpenOrders !== 0 && (mayRest(order) || isWaiting(order))) {
      const open = this.liveIn(this.marketOf(order)).filter((other) => other.client === order.client);
      if (open.length + 1 > maxOpenOrders) return Reason.LIMIT_OPEN_ORDERS;
    }
    return maxPosition !== 0 && reach > BigInt(maxPosition) ? Reason.LIMIT_POSITION : Reason.NONE;
  }

  /** What remains to be executed; by quote amount, as many lots as it pays at the best opposite price. */
  private lotsAsked(order: ReferenceOrder): bigint {
    if (!isByAmount(order)) return BigInt(remainingOf(order));
    const best = this.bestOpposite(order);
    return best === 0 ? 0n : order.amountLeft / BigInt(best);
  }

  private notionalAsked(order: ReferenceOrder): bigint {
    if (isByAmount(order)) return order.amountLeft;
    return BigInt(order.price === 0 ? this.bestOpposite(order) : order.price) * BigInt(order.quantity);
  }

  // --- 9: balances ---

  protected objectionToFunds(order: ReferenceOrder): Reason {
    if (this.riskMode !== RiskMode.BALANCES) return Reason.NONE;
    const isStop = has(order, OrderFlag.STOP);
    if (isStop && isMarket(order) && order.side === Side.BUY && order.price === 0) return Reason.PROTECTION_REQUIRED;
    const needed = isMarket(order) && !isStop ? this.costOfWalk(order) : this.holdOf(order);
    const currency = this.currencySpent(order);
    const available = this.balanceOf(order.client, currency) - this.heldBy(order.client, currency);
    return needed > available ? Reason.INSUFFICIENT_FUNDS : Reason.NONE;
  }

  /**
   * What a market order would spend by the walk it would make, as if it traded with its client's own orders; those that
   * it would cancel to go on behind them do not count.
   */
  private costOfWalk(order: ReferenceOrder): bigint {
    const { instrument } = this.marketOf(order);
    const passesOver = order.selfTrade === SelfTrade.CANCEL_OLDEST;
    const walked = this.rehearse({ ...order, selfTrade: passesOver ? SelfTrade.CANCEL_OLDEST : SelfTrade.NONE });
    if (order.side === Side.SELL)
      return this.holdOf({ ...order, quantity: walked.executed, executed: 0, prevented: 0 });
    const fee = this.feeOf(walked.notional, instrument.takerFeeMillionths);
    return (walked.notional + (fee > 0n ? fee : 0n)) * quoteUnit(instrument);
  }
}

function isPostOnly(order: ReferenceOrder): boolean {
  return has(order, OrderFlag.POST_ONLY);
}
