// Looks ahead: what an order would find on the other side of the book, by level totals, before anything happens. Pure;
// scratch of one engine. Asks the same questions as matching, in the same order; looks at single orders only where
// self-trade prevention makes them differ, and never goes through everyone's: that is as long as the book.
// Changes nothing. Allocates: nothing.

import type { BookSide } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { SelfTrade, Side } from '../codes.ts';
import type { Command } from '../command.ts';
import type { Desk } from './desk.ts';
import type { PriceBand } from './price-band.ts';
import { isByAmount, isWaiting, isWorse, payableLots, sideOf, worstPrice } from './terms.ts';

const NOBODY = -1;
const NO_ACCOUNT = -1;
const NO_LEVEL = -1;

export class Walk {
  /** What the last `spend` found: lots, and their price x quantity in ticks x lots. */
  lots = 0;
  readonly notional = new Amount();
  private readonly amountLeft = new Amount();
  private readonly cost = new Amount();
  private readonly orders: OrderRows;
  private readonly desk: Desk;
  private readonly band: PriceBand;

  constructor(desk: Desk) {
    this.orders = desk.orders;
    this.desk = desk;
    this.band = desk.band;
  }

  /** True when matching would fill all of an incoming order, which stands nowhere [6]. */
  fills(row: number): boolean {
    const { orders } = this;
    const side = orders.side(row);
    const makers = this.desk.book.opposite(side);
    const worstTicks = worstPrice(side, orders.priceTicks(row));
    const client = orders.client(row);
    const mode = orders.selfTrade(row);
    const own = mode === SelfTrade.NONE ? NO_ACCOUNT : this.accountAgainst(side, client, orders.instrument(row));
    const passesOver = mode === SelfTrade.CANCEL_OLDEST;
    // Its own orders that are passed over count with their levels: then so much more is wanted.
    let leftLots = orders.remainingLots(row) + (passesOver ? this.ownLots(own, side, worstTicks) : 0);
    const lastLevel = passesOver ? NO_LEVEL : this.bestOwnLevel(own, side);
    for (let level = makers.bestLevel(); level >= 0; level = makers.nextLevel(level)) {
      if (!this.accepts(side, makers.priceOf(level), worstTicks)) return false;
      if (level === lastLevel) return this.lotsBefore(makers, level, client) >= leftLots;
      const lots = makers.lotsOf(level) + makers.hiddenOf(level);
      if (lots >= leftLots) return true;
      leftLots -= lots;
    }
    return false;
  }

  /**
   * Finds what a market order would spend or sell. Its client's own orders count like any other's, as if it traded with
   * them, which costs no less than being stopped or decremented there; only those that it would cancel to go on behind
   * them do not.
   */
  spend(command: Command, priceTicks: number, client: number): void {
    const { quantityIncrementLots } = this.desk.instrument;
    const side = sideOf(command);
    const makers = this.desk.book.opposite(side);
    const worstTicks = worstPrice(side, priceTicks);
    const hasAmount = isByAmount(command.flags);
    const isPassedOver =
      command.selfTrade === SelfTrade.CANCEL_OLDEST &&
      this.accountAgainst(side, client, command.instrument) !== NO_ACCOUNT;
    const passedOver = isPassedOver ? client : NOBODY;
    this.lots = 0;
    this.notional.set(0, 0);
    if (hasAmount) this.amountLeft.set(command.amountHigh, command.amountLow);
    const mostLots = hasAmount ? POSITION_LOTS_MAX : command.quantityLots;
    for (let level = makers.bestLevel(); level >= 0 && this.lots < mostLots; level = makers.nextLevel(level)) {
      const levelTicks = makers.priceOf(level);
      if (!this.accepts(side, levelTicks, worstTicks)) return;
      const paidLots = hasAmount ? payableLots(this.amountLeft, levelTicks, quantityIncrementLots) : mostLots;
      if (paidLots === 0) return;
      const levelLots = this.lotsOfOthers(makers, level, passedOver);
      const lots = Math.min(paidLots, mostLots - this.lots, levelLots);
      this.lots += lots;
      this.notional.add(this.cost.setProduct(levelTicks, lots));
      if (hasAmount) this.amountLeft.subtract(this.cost);
      // What it leaves at a level it cannot pay there, and matching ends there too.
      if (lots < levelLots) return;
    }
  }

  private accepts(side: Side, priceTicks: number, worstTicks: number): boolean {
    return !isWorse(side, priceTicks, worstTicks) && this.band.holds(priceTicks);
  }

  /** The client's account when it has anything open against an order of this side, waiting stops included. */
  private accountAgainst(side: Side, client: number, instrument: number): number {
    const { accounts } = this.desk.state;
    const account = accounts.find(client, instrument);
    if (account < 0) return NO_ACCOUNT;
    const openLots = side === Side.BUY ? accounts.openSellLots(account) : accounts.openBuyLots(account);
    return openLots > 0 ? account : NO_ACCOUNT;
  }

  /**
   * What remains of the account's orders that an order of this side would meet. Costs as much as the account has orders, not
   * as much as the book has.
   */
  private ownLots(account: number, side: Side, worstTicks: number): number {
    const { orders } = this;
    let lots = 0;
    for (let row = this.firstOwn(account); row >= 0; row = orders.accountNext(row)) {
      if (this.restsAgainst(row, side) && this.accepts(side, orders.priceTicks(row), worstTicks)) {
        lots += orders.remainingLots(row);
      }
    }
    return lots;
  }

  /** The best level on which an order of this side would meet one of the account's. */
  private bestOwnLevel(account: number, side: Side): number {
    const { orders } = this;
    let best = -1;
    for (let row = this.firstOwn(account); row >= 0; row = orders.accountNext(row)) {
      if (!this.restsAgainst(row, side)) continue;
      if (best < 0 || isWorse(side, orders.priceTicks(best), orders.priceTicks(row))) best = row;
    }
    return best < 0 ? NO_LEVEL : orders.level(best);
  }

  private firstOwn(account: number): number {
    return account === NO_ACCOUNT ? -1 : this.desk.state.accounts.firstOrder(account);
  }

  private restsAgainst(row: number, side: Side): boolean {
    return this.orders.side(row) !== side && !isWaiting(this.orders, row);
  }

  /** Lots, hidden parts included, of everyone at a level but one client (or NOBODY). */
  private lotsOfOthers(makers: BookSide, level: number, client: number): number {
    let lots = makers.lotsOf(level) + makers.hiddenOf(level);
    if (client === NOBODY) return lots;
    for (let row = makers.firstOf(level); row >= 0; row = this.orders.next(row)) {
      if (this.orders.client(row) === client) lots -= this.orders.remainingLots(row);
    }
    return lots;
  }

  /** Displayed lots before the client's first order at a level: hidden parts come behind it. */
  private lotsBefore(makers: BookSide, level: number, client: number): number {
    let lots = 0;
    for (let row = makers.firstOf(level); row >= 0; row = this.orders.next(row)) {
      if (this.orders.client(row) === client) break;
      lots += this.orders.shownLots(row);
    }
    return lots;
  }
}
