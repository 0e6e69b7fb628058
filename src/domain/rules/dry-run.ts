// What a new order or a replacement would do, without doing it: the checks, then matching rehearsed on copies of the
// queues it would meet. Pure; owned by one engine. Changes nothing but its report. Stops that its trades would trigger are
// not followed. Allocates: the report's lists, and scratch as long as the longest queue it meets.

import type { BookSide } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { type Accounts, POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import { Reason } from '../reasons.ts';
import type { ArrivalChecks } from './arrival-checks.ts';
import type { Desk } from './desk.ts';
import { isByAmount, isWorse, mayRest, payableLots, sideOf, worstPrice } from './terms.ts';

/** What a dry run found. One object is filled again and again. */
export class DryRun {
  /** Why the order would be rejected or refused, or why what is left of it would be cancelled; NONE when neither. */
  reason: Reason = Reason.NONE;
  executedLots = 0;
  /** What would rest in the book, or wait for its stop price. */
  remainingLots = 0;
  /** Its trades in order: the makers' prices, the quantities, the makers' order numbers. */
  readonly priceTicks: number[] = [];
  readonly quantityLots: number[] = [];
  readonly makerOrders: number[] = [];

  clear(): void {
    this.reason = Reason.NONE;
    this.executedLots = 0;
    this.remainingLots = 0;
    this.priceTicks.length = 0;
    this.quantityLots.length = 0;
    this.makerOrders.length = 0;
  }
}

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
  /** Nothing more is wanted: filled, used up, prevented or stopped. */
  private isOver = false;
  /** A copy of one level's queue: rows, what each displays, and what remains of it. */
  private readonly rows: number[] = [];
  private readonly shown: number[] = [];
  private readonly rest: number[] = [];

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
      if (!this.isDue(command)) {
        report.remainingLots = command.quantityLots;
        return;
      }
      report.reason = this.objectionToTriggered(command);
      if (report.reason !== Reason.NONE) return;
    }
    const reason = this.match(command);
    this.conclude(command, reason);
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
    this.isOver = false;
  }

  private isDue(command: Command): boolean {
    const lastTicks = this.instruments.lastPriceTicks(command.instrument);
    if (lastTicks === 0) return false;
    return this.side === Side.BUY ? lastTicks >= command.stopPriceTicks : lastTicks <= command.stopPriceTicks;
  }

  private objectionToTriggered(command: Command): Reason {
    if (command.orderType !== OrderType.LIMIT) return Reason.NONE;
    if (!this.desk.band.holds(command.priceTicks)) return Reason.PRICE_BAND;
    if (!mayRest(command.orderType, command.timeInForce)) return Reason.NONE;
    const own = this.desk.book.side(this.side);
    return own.hasRoom(command.priceTicks, command.quantityLots) ? Reason.NONE : Reason.QUANTITY_OUT_OF_BOUNDS;
  }

  /** Matcher.match, on copies. */
  private match(command: Command): Reason {
    const makers = this.desk.book.opposite(this.side);
    const worstTicks = worstPrice(this.side, this.checks.arrivalPrice(command));
    const isMarket = command.orderType === OrderType.MARKET;
    for (let level = makers.bestLevel(); !this.isOver; level = makers.nextLevel(level)) {
      if (level < 0) return isMarket ? Reason.NO_LIQUIDITY : Reason.NONE;
      const priceTicks = makers.priceOf(level);
      if (isWorse(this.side, priceTicks, worstTicks)) return isMarket ? Reason.PRICE_PROTECTION : Reason.NONE;
      if (!this.desk.band.holds(priceTicks)) return Reason.PRICE_BAND;
      this.copyQueue(makers, level);
      const reason = this.matchQueue(priceTicks);
      if (reason !== Reason.NONE) return reason;
    }
    return Reason.NONE;
  }

  private copyQueue(makers: BookSide, level: number): void {
    const { orders } = this;
    this.rows.length = 0;
    this.shown.length = 0;
    this.rest.length = 0;
    for (let row = makers.firstOf(level); row >= 0; row = orders.next(row)) {
      this.enqueue(row, orders.openLots(row), orders.remainingLots(row));
    }
  }

  private enqueue(row: number, shown: number, rest: number): void {
    this.rows.push(row);
    this.shown.push(shown);
    this.rest.push(rest);
  }

  /** Goes through the queue, which gets longer by what icebergs show next. */
  private matchQueue(priceTicks: number): Reason {
    let at = 0;
    while (at < this.rows.length) {
      const wanted = this.hasAmount ? payableLots(this.amountLeft, priceTicks, this.incrementLots) : this.leftLots;
      this.isOver = wanted === 0;
      if (this.isOver) return Reason.NONE;
      if (this.hasAmount && this.isTooMuch(Math.min(wanted, this.rest[at]))) return Reason.POSITION_OVERFLOW;
      const isOwn = this.mode !== SelfTrade.NONE && this.orders.client(this.rows[at]) === this.client;
      if (!isOwn) {
        this.trade(at, Math.min(wanted, this.shown[at]), priceTicks);
      } else if (this.mode === SelfTrade.DECREMENT) {
        const lots = Math.min(wanted, this.rest[at]);
        this.use(at, lots, priceTicks);
        if (!this.hasAmount && this.leftLots === 0) return Reason.SELF_TRADE;
      } else if (this.mode === SelfTrade.CANCEL_OLDEST) {
        this.shown[at] = 0;
      } else {
        return Reason.SELF_TRADE;
      }
      if (this.shown[at] === 0) at++;
    }
    this.isOver = this.hasAmount ? this.amountLeft.isZero() : this.leftLots === 0;
    return Reason.NONE;
  }

  /** Matcher.isTooMuch. */
  private isTooMuch(lots: number): boolean {
    return lots > this.roomLots || lots > POSITION_LOTS_MAX - this.usedLots;
  }

  private trade(at: number, lots: number, priceTicks: number): void {
    const { report } = this;
    report.priceTicks.push(priceTicks);
    report.quantityLots.push(lots);
    report.makerOrders.push(this.orders.number(this.rows[at]));
    report.executedLots += lots;
    // What a client sells to itself leaves its position where it was.
    if (this.orders.client(this.rows[at]) !== this.client) this.roomLots -= lots;
    const shown = this.shown[at] - lots;
    this.use(at, lots, priceTicks);
    this.shown[at] = shown;
    const rest = this.rest[at];
    if (shown === 0 && rest > 0)
      this.enqueue(this.rows[at], Math.min(this.orders.displayLots(this.rows[at]), rest), rest);
  }

  /** Takes `lots` off both orders; the maker shows no more than what remains of it. */
  private use(at: number, lots: number, priceTicks: number): void {
    this.usedLots += lots;
    this.rest[at] -= lots;
    this.shown[at] = Math.min(this.shown[at], this.rest[at]);
    if (this.hasAmount) this.amountLeft.subtract(this.cost.setProduct(priceTicks, lots));
    else this.leftLots -= lots;
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
