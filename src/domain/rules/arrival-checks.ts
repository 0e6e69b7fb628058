// What is asked before an order comes in: "The order of checks" of RULES.md for a new order, a replacement and a dry run.
// The first objection is the reason. Pure questions: nothing changes. Owned by one engine; the command's band is fixed.
// Allocates: nothing.

import type { OrderBook } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { type Accounts, POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { InstrumentStatus, OrderFlag, OrderType, Side, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';
import type { Instrument } from '../instrument.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { Funds } from './funds.ts';
import {
  hasTooManyParts,
  isByAmount,
  isMultiple,
  isPriceWithin,
  isQuantityWithin,
  isWaiting,
  mayRest,
  payableLots,
  sideOf,
} from './terms.ts';
import type { Walk } from './walk.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const BUY = Side.BUY;
const NONE = Reason.NONE;
const OPEN = InstrumentStatus.OPEN;
const { LIMIT, MARKET } = OrderType;
const { FOK, GTT } = TimeInForce;
const { STOP, POST_ONLY, SLIPPAGE, QUOTE_AMOUNT } = OrderFlag;

const RARE_FLAGS = STOP | QUOTE_AMOUNT;

export class ArrivalChecks {
  private readonly desk: Desk;
  private readonly orders: OrderRows;
  private readonly instruments: InstrumentTable;
  private readonly accounts: Accounts;
  private readonly funds: Funds;
  private readonly walk: Walk;
  private readonly notional = new Amount();
  /** The account that the last order was judged by, -1 when it has none yet or was not asked. */
  account = -1;

  constructor(desk: Desk, funds: Funds, walk: Walk) {
    this.desk = desk;
    this.orders = desk.orders;
    this.instruments = desk.state.instruments;
    this.accounts = desk.state.accounts;
    this.funds = funds;
    this.walk = walk;
  }

  /**
   * Why the order that a command asks for may not come in, NONE when it may. `client` is its client's number, or the
   * one it would get; `replaced` the live order that would go for it and does not count against it, or -1.
   */
  objection(command: Command, client: number, replaced: number): Reason {
    this.account = -1;
    if (command.instrument >= this.instruments.count) return Reason.UNKNOWN_INSTRUMENT;
    this.desk.turnTo(command.instrument);
    const { instrument } = this.desk;
    return (
      this.objectionToVenue(instrument, command.flags) ||
      this.objectionToShape(instrument, command) ||
      objectionToPrice(instrument, command) ||
      objectionToQuantity(instrument, command) ||
      this.objectionToBook(command, replaced) ||
      this.objectionToLimits(command, client, replaced) ||
      this.objectionToFunds(command, client, replaced)
    );
  }

  /**
   * The price an order comes in with: a slippage is resolved to a protection price, 0 when the other side is empty. The
   * desk has turned to its instrument.
   */
  arrivalPrice(command: Command): number {
    if ((command.flags & SLIPPAGE) === 0) return command.priceTicks;
    const bestTicks = this.bestOpposite(command.side);
    if (bestTicks === 0) return 0;
    if (command.side === BUY) return bestTicks + command.priceTicks;
    return Math.max(1, bestTicks - command.priceTicks);
  }

  /**
   * What stands against an order in the terms of its account (-1: it has none yet): its quantity, by how much it lets grow
   * what is open, and, unless it is by quote amount, its notional. Of a market order without a price, that at the best.
   */
  objectionOfAccount(
    account: number,
    side: Side,
    priceTicks: number,
    quantityLots: number,
    growthLots: number,
    openOrders: number,
  ): Reason {
    const { accounts, notional } = this;
    if (account < 0) return growthLots > POSITION_LOTS_MAX ? Reason.POSITION_OVERFLOW : NONE;
    const isNotionalLimited = accounts.maxOrderNotionalHigh(account) > 0 || accounts.maxOrderNotionalLow(account) > 0;
    if (isNotionalLimited && quantityLots > 0) {
      notional.setProduct(priceTicks === 0 ? this.bestOpposite(side) : priceTicks, quantityLots);
    }
    return accounts.objection(account, side, quantityLots, growthLots, notional, openOrders);
  }

  /** 1. */
  private objectionToVenue(instrument: Instrument, flags: number): Reason {
    const { status } = instrument;
    if (status === OPEN) return this.desk.isKillSwitchOn ? Reason.KILL_SWITCH : NONE;
    if (status === InstrumentStatus.DELISTED) return Reason.UNKNOWN_INSTRUMENT;
    if (this.desk.isKillSwitchOn) return Reason.KILL_SWITCH;
    if (status === InstrumentStatus.HALTED) return Reason.INSTRUMENT_HALTED;
    if (status === InstrumentStatus.CANCEL_ONLY) return Reason.INSTRUMENT_CANCEL_ONLY;
    const isPostOnly = (flags & POST_ONLY) !== 0;
    return status === InstrumentStatus.POST_ONLY && !isPostOnly ? Reason.INSTRUMENT_POST_ONLY : NONE;
  }

  /** 2. */
  private objectionToShape(instrument: Instrument, command: Command): Reason {
    const { flags, displayLots, orderType, timeInForce } = command;
    const rests = mayRest(orderType, timeInForce);
    const isStop = (flags & STOP) !== 0;
    if ((flags & POST_ONLY) !== 0 && (!rests || isStop)) return Reason.POST_ONLY_INVALID;
    if ((flags & RARE_FLAGS) === 0 && displayLots === 0 && timeInForce !== GTT) return NONE;
    if (isByAmount(flags)) {
      const isPlainMarket = orderType === MARKET && timeInForce !== FOK && !isStop;
      if (!isPlainMarket || displayLots !== 0) return Reason.QUOTE_AMOUNT_INVALID;
    }
    if (displayLots !== 0) {
      if (!rests || displayLots > command.quantityLots) return Reason.DISPLAY_INVALID;
      if (hasTooManyParts(displayLots, command.quantityLots)) return Reason.DISPLAY_INVALID;
      if (displayLots < instrument.minQuantityLots) return Reason.DISPLAY_INVALID;
      if (!isMultiple(displayLots, instrument.quantityIncrementLots)) return Reason.DISPLAY_INVALID;
    }
    if (isStop) {
      const { stopPriceTicks } = command;
      if (!isPriceWithin(instrument, stopPriceTicks)) return Reason.STOP_PRICE_INVALID;
      if (!isMultiple(stopPriceTicks, instrument.priceIncrementTicks)) return Reason.STOP_PRICE_INVALID;
    }
    const isOver = timeInForce === GTT && command.expiresUs <= this.desk.timeUs;
    return isOver ? Reason.EXPIRY_PASSED : NONE;
  }

  /** 5, 6 and 7: for limit orders that do not wait for a stop price. */
  private objectionToBook(command: Command, replaced: number): Reason {
    const { flags, priceTicks, side } = command;
    if (command.orderType !== LIMIT || (flags & STOP) !== 0) return NONE;
    if (!this.desk.band.holds(priceTicks)) return Reason.PRICE_BAND;
    const { book } = this.desk;
    if ((flags & POST_ONLY) !== 0 && book.crosses(side, priceTicks)) return Reason.POST_ONLY_WOULD_CROSS;
    if (!mayRest(command.orderType, command.timeInForce)) return NONE;
    return this.hasRoom(book, command, replaced) ? NONE : Reason.QUANTITY_OUT_OF_BOUNDS;
  }

  private hasRoom(book: OrderBook, command: Command, replaced: number): boolean {
    const { orders } = this;
    let moreLots = command.quantityLots;
    if (replaced >= 0 && !isWaiting(orders, replaced) && orders.priceTicks(replaced) === command.priceTicks) {
      moreLots -= orders.remainingLots(replaced);
    }
    return book.side(command.side).hasRoom(command.priceTicks, moreLots);
  }

  /** 8. */
  private objectionToLimits(command: Command, client: number, replaced: number): Reason {
    const { flags, quantityLots } = command;
    const account = this.accounts.find(client, command.instrument);
    const mayLive = mayRest(command.orderType, command.timeInForce) || (flags & STOP) !== 0;
    this.account = account;
    // Who replaces an order takes its place and has its account.
    if (replaced < 0 && !this.hasPlace(account, mayLive)) return Reason.ENGINE_FULL;
    const lots = isByAmount(flags) ? this.lotsPaid(command) : quantityLots;
    const growthLots = replaced < 0 ? lots : lots - this.orders.remainingLots(replaced);
    let openOrders = 0;
    if (account >= 0 && mayLive) {
      openOrders = this.accounts.openOrders(account) + (replaced < 0 ? 1 : 0);
    }
    const priceTicks = this.arrivalPrice(command);
    return this.objectionOfAccount(account, sideOf(command), priceTicks, quantityLots, growthLots, openOrders);
  }

  /** True when the engine can hold the account of a new order (-1: it has none yet), and the order if it lives on. */
  private hasPlace(account: number, mayLive: boolean): boolean {
    const { live, capacity } = this.desk.state;
    if (mayLive && live.size >= capacity.openOrdersMax) return false;
    return account >= 0 || this.accounts.count < capacity.accountsMax;
  }

  /** As many lots as a quote amount, which is the order's notional, pays at the best opposite price. */
  private lotsPaid(command: Command): number {
    const bestTicks = this.bestOpposite(command.side);
    this.notional.set(command.amountHigh, command.amountLow);
    return bestTicks === 0 ? 0 : payableLots(this.notional, bestTicks, 1);
  }

  /** 9. */
  private objectionToFunds(command: Command, client: number, replaced: number): Reason {
    if (!this.desk.keepsBalances) return NONE;
    const { instrument, quantityLots } = command;
    const side = sideOf(command);
    const isStop = (command.flags & STOP) !== 0;
    const priceTicks = this.arrivalPrice(command);
    if (command.orderType === MARKET && !isStop) {
      this.walk.spend(command, priceTicks, client);
      const { lots, notional } = this.walk;
      const isCovered = this.funds.coversWalk(client, instrument, side, lots, notional, replaced);
      return isCovered ? NONE : Reason.INSUFFICIENT_FUNDS;
    }
    // What a sell holds needs no price.
    if (side === BUY && priceTicks === 0) return Reason.PROTECTION_REQUIRED;
    const isCovered = this.funds.coversHold(client, instrument, side, priceTicks, quantityLots, replaced);
    return isCovered ? NONE : Reason.INSUFFICIENT_FUNDS;
  }

  /** The best price of the other side, 0 when it is empty. */
  private bestOpposite(side: number): number {
    return this.desk.book.opposite(side).bestPriceTicks();
  }
}

/** 3. */
function objectionToPrice(instrument: Instrument, command: Command): Reason {
  const { priceTicks, flags } = command;
  const isMarket = command.orderType === MARKET;
  if ((flags & SLIPPAGE) !== 0) {
    const isAllowed =
      isMarket &&
      (flags & STOP) === 0 &&
      priceTicks <= instrument.maxPriceTicks &&
      isMultiple(priceTicks, instrument.priceIncrementTicks);
    return isAllowed ? NONE : Reason.PRICE_OUT_OF_BOUNDS;
  }
  if (isMarket && priceTicks === 0) return NONE;
  if (!isPriceWithin(instrument, priceTicks)) return Reason.PRICE_OUT_OF_BOUNDS;
  return isMultiple(priceTicks, instrument.priceIncrementTicks) ? NONE : Reason.PRICE_OFF_TICK;
}

/** 4. */
function objectionToQuantity(instrument: Instrument, command: Command): Reason {
  if (isByAmount(command.flags)) return NONE;
  if (!isQuantityWithin(instrument, command.quantityLots)) return Reason.QUANTITY_OUT_OF_BOUNDS;
  return isMultiple(command.quantityLots, instrument.quantityIncrementLots) ? NONE : Reason.QUANTITY_OFF_LOT;
}
