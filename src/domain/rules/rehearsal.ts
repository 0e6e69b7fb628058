// What a new order or a replacement would do, without doing it: the checks, then matching rehearsed along the queues it
// would meet, up to a bound. Pure; owned by one engine. Changes nothing but its report. Stops that its trades would trigger
// are not followed. Allocates: the report's lists, and what icebergs would show next.

import type { BookSide } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { isStopDue } from '../book/stop-book.ts';
import { type Accounts, POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import { Reason } from '../reasons.ts';
import type { ArrivalChecks } from './arrival-checks.ts';
import type { Desk } from './desk.ts';
import { DRY_RUN_ORDERS_MAX, DryRun } from './dry-run.ts';
import { isByAmount, isWorse, mayRest, payableLots, sideOf, worstPrice } from './terms.ts';
import { objectionToTriggered } from './triggered.ts';

export class Rehearsal {
  private readonly desk: Desk;
  private readonly orders: OrderRows;
  private readonly instruments: InstrumentTable;
  private readonly accounts: Accounts;
  private readonly checks: ArrivalChecks;
  private report = new DryRun();
  // The incoming order.
  private side: Side = Side.BUY;
  private client = 0;
  private mode: SelfTrade = SelfTrade.NONE;
  private hasAmount = false;
  private incrementLots = 1;
  private leftLots = 0;
  private readonly amountLeft = new Amount();
  private readonly cost = new Amount();
  private roomLots = 0;
  /** Lots executed and prevented so far. */
  private usedLots = 0;
  /** Orders met so far. */
  private met = 0;
  /** Nothing more is wanted: filled, used up, prevented or stopped; or there is too much to look at. */
  private isOver = false;
  /** Icebergs of one level that went to the end of its queue, and what remains of each. */
  private readonly icebergs: number[] = [];
  private readonly icebergLots: number[] = [];

  constructor(desk: Desk, checks: ArrivalChecks) {
    this.desk = desk;
    this.orders = desk.orders;
    this.instruments = desk.state.instruments;
    this.accounts = desk.state.accounts;
    this.checks = checks;
  }

  /** Fills `report`. `client` as in ArrivalChecks.objection, `replaced` is the order that would go for it, or -1. */
  run(command: Command, client: number, replaced: number, report: DryRun): void {
    report.reason = this.checks.objection(command, client, replaced);
    if (report.reason !== Reason.NONE) return;
    this.report = report;
    this.begin(command, client, replaced);
    if ((command.flags & OrderFlag.STOP) !== 0) {
      const lastTicks = this.instruments.lastPriceTicks(command.instrument);
      if (!isStopDue(this.side, command.stopPriceTicks, lastTicks)) {
        report.remainingLots = command.quantityLots;
        return;
      }
      const { orderType, timeInForce, priceTicks, quantityLots } = command;
      report.reason = objectionToTriggered(this.desk, this.side, orderType, timeInForce, priceTicks, quantityLots);
      if (report.reason !== Reason.NONE) return;
    }
    const reason = this.match(command);
    if (!report.isTooLarge) this.conclude(command, reason);
  }

  private begin(command: Command, client: number, replaced: number): void {
    const account = this.accounts.find(client, command.instrument);
    this.side = sideOf(command);
    this.client = client;
    this.mode = command.selfTrade;
    this.hasAmount = isByAmount(command.flags);
    this.incrementLots = this.desk.instrument.quantityIncrementLots;
    this.leftLots = command.quantityLots;
    this.amountLeft.set(command.amountHigh, command.amountLow);
    this.roomLots = account < 0 ? POSITION_LOTS_MAX : this.accounts.roomLots(account, this.side);
    if (replaced >= 0) this.roomLots += this.orders.remainingLots(replaced);
    this.usedLots = 0;
    this.met = 0;
    this.isOver = false;
  }

  /** Matcher.match, without touching the makers. */
  private match(command: Command): Reason {
    const makers = this.desk.book.opposite(this.side);
    const worstTicks = worstPrice(this.side, this.checks.arrivalPrice(command));
    const isMarket = command.orderType === OrderType.MARKET;
    for (let level = makers.bestLevel(); !this.isOver; level = makers.nextLevel(level)) {
      if (level < 0) return isMarket ? Reason.NO_LIQUIDITY : Reason.NONE;
      const priceTicks = makers.priceOf(level);
      if (isWorse(this.side, priceTicks, worstTicks)) return isMarket ? Reason.PRICE_PROTECTION : Reason.NONE;
      if (!this.desk.band.holds(priceTicks)) return Reason.PRICE_BAND;
      const reason = this.matchLevel(makers, level) || this.matchIcebergs(priceTicks);
      if (reason !== Reason.NONE) return reason;
    }
    return Reason.NONE;
  }

  /** Goes through the queue as it stands. */
  private matchLevel(makers: BookSide, level: number): Reason {
    const { orders } = this;
    const priceTicks = makers.priceOf(level);
    this.icebergs.length = 0;
    this.icebergLots.length = 0;
    let reason: Reason = Reason.NONE;
    for (let row = makers.firstOf(level); row >= 0 && !this.isOver && reason === Reason.NONE; row = orders.next(row)) {
      reason = this.meet(row, orders.shownLots(row), orders.remainingLots(row), priceTicks);
    }
    return reason;
  }

  /** Goes on with what icebergs show next, which may bring them to the end once more. */
  private matchIcebergs(priceTicks: number): Reason {
    let reason: Reason = Reason.NONE;
    for (let at = 0; at < this.icebergs.length && !this.isOver && reason === Reason.NONE; at++) {
      const row = this.icebergs[at];
      const restLots = this.icebergLots[at];
      reason = this.meet(row, Math.min(this.orders.displayLots(row), restLots), restLots, priceTicks);
    }
    return reason;
  }

  /** One order at the front of the queue, which shows `shownLots` of the `restLots` that remain of it. */
  private meet(maker: number, shownLots: number, restLots: number, priceTicks: number): Reason {
    const wantedLots = this.hasAmount ? payableLots(this.amountLeft, priceTicks, this.incrementLots) : this.leftLots;
    this.isOver = wantedLots === 0 || this.met === DRY_RUN_ORDERS_MAX;
    if (this.isOver) {
      if (wantedLots > 0) this.report.giveUp();
      return Reason.NONE;
    }
    this.met++;
    if (this.hasAmount && this.isTooMuch(Math.min(wantedLots, restLots))) return Reason.POSITION_OVERFLOW;
    const isOwn = this.mode !== SelfTrade.NONE && this.orders.client(maker) === this.client;
    if (isOwn) return this.prevent(wantedLots, restLots, priceTicks);
    this.trade(maker, Math.min(wantedLots, shownLots), priceTicks);
    this.use(wantedLots, shownLots, priceTicks);
    if (wantedLots >= shownLots && restLots > shownLots) {
      this.icebergs.push(maker);
      this.icebergLots.push(restLots - shownLots);
    }
    return Reason.NONE;
  }

  /** Prevention.prevent. */
  private prevent(wantedLots: number, restLots: number, priceTicks: number): Reason {
    if (this.mode === SelfTrade.CANCEL_OLDEST) return Reason.NONE;
    if (this.mode !== SelfTrade.DECREMENT) return Reason.SELF_TRADE;
    this.use(wantedLots, restLots, priceTicks);
    return !this.hasAmount && this.leftLots === 0 ? Reason.SELF_TRADE : Reason.NONE;
  }

  /** Matcher.isTooMuch. */
  private isTooMuch(lots: number): boolean {
    return lots > this.roomLots || lots > POSITION_LOTS_MAX - this.usedLots;
  }

  private trade(maker: number, lots: number, priceTicks: number): void {
    const { report } = this;
    report.priceTicks.push(priceTicks);
    report.quantityLots.push(lots);
    report.makerOrders.push(this.orders.number(maker));
    report.executedLots += lots;
    // What a client sells to itself leaves its position where it was.
    if (this.orders.client(maker) !== this.client) this.roomLots -= lots;
  }

  /** Takes what is wanted of what is offered off the incoming order: it is over when it leaves some, or has no more to take. */
  private use(wantedLots: number, offeredLots: number, priceTicks: number): void {
    const lots = Math.min(wantedLots, offeredLots);
    this.usedLots += lots;
    if (this.hasAmount) this.amountLeft.subtract(this.cost.setProduct(priceTicks, lots));
    else this.leftLots -= lots;
    const isUsedUp = this.hasAmount ? this.amountLeft.isZero() : this.leftLots === 0;
    this.isOver = isUsedUp || lots < offeredLots;
  }

  /** Arrival.comeIn after matching. */
  private conclude(command: Command, reason: Reason): void {
    const { report } = this;
    if (command.timeInForce === TimeInForce.FOK && report.executedLots < command.quantityLots) {
      report.clear();
      report.reason = Reason.FOK_UNFILLED;
    } else if (reason !== Reason.NONE) {
      report.reason = reason;
    } else if (this.hasAmount) {
      if (report.executedLots === 0) report.reason = Reason.QUOTE_REMAINDER;
    } else if (this.leftLots > 0) {
      if (mayRest(command.orderType, command.timeInForce)) report.remainingLots = this.leftLots;
      else report.reason = Reason.IOC_REMAINDER;
    }
  }
}
