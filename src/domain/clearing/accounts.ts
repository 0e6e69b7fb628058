// What every client has in every instrument: its position, what its trades cost and earned, its open orders, its limits
// (RULES.md: Positions, Limits, What can be computed, A settlement). Pure; owned by one engine, on one thread.
// Must never judge an order by anything but the account and the arguments. Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { Side } from '../codes.ts';
import { Reason } from '../reasons.ts';
import { AccountRows } from './account-rows.ts';
import { Amount } from './amount.ts';
import { ClientIndex } from './client-index.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const BUY = Side.BUY;
const NONE = Reason.NONE;

/** No position leaves this magnitude, with everything open on one side executed. */
export const POSITION_LOTS_MAX = 2 ** 52;
/** High limb of 2^100: an account whose amounts reach it takes no more orders. */
const AMOUNT_HIGH_MAX = 2 ** 52;

export class Accounts extends AccountRows {
  private readonly orders: OrderRows;
  private readonly index = new ClientIndex();
  // Scratch, meaningless between calls.
  private readonly sum = new Amount();
  private readonly value = new Amount();
  private readonly share = new Amount();
  /** Of the trade being booked: its lots, and the position before it. Fields, since V8 boxes more than 31 bits for a call. */
  private tradedLots = 0;
  private heldLots = 0;

  /** The accounts of the clients whose live orders are rows of `orders`. */
  constructor(orders: OrderRows) {
    super();
    this.orders = orders;
  }

  /** The account, -1 when the client never had one in this instrument. */
  find(client: number, instrument: number): number {
    return this.index.get(client, instrument);
  }

  /** The account, created when there is none. */
  open(client: number, instrument: number): number {
    const found = this.index.get(client, instrument);
    if (found >= 0) return found;
    const account = this.take(client, instrument);
    this.index.add(client, instrument, account);
    return account;
  }

  /** Visits every account in order of client, then instrument. */
  forEach(visit: (account: number) => void): void {
    this.index.forEach(visit);
  }

  /** Visits the accounts of one client in order of instrument. The visitor may close orders. */
  forEachOf(client: number, visit: (account: number) => void): void {
    this.index.forEachOf(client, visit);
  }

  // --- open orders ---

  /**
   * An order became live: it rests or waits for its stop price. Gives it its account, links it among the account's orders
   * and counts what remains of it as open. Orders are expected in rising numbers; an older one walks past all newer ones,
   * so an order that is lifted to be amended, or triggered, stays open meanwhile (`openChanged`), and a restored state
   * opens its orders in order of number.
   */
  orderOpened(order: number): void {
    const account = this.open(this.orders.client(order), this.orders.instrument(order));
    this.orders.setAccount(order, account);
    this.link(account, order);
    this.setOpenOrders(account, this.openOrders(account) + 1);
    this.changeOpen(account, this.orders.side(order), this.orders.remainingLots(order));
  }

  /** What remains of a live order became more or less (amended, executed, prevented). */
  openChanged(order: number, deltaLots: number): void {
    this.changeOpen(this.orders.account(order), this.orders.side(order), deltaLots);
  }

  /** A live order ended while `remainingLots` of it were still counted as open. */
  orderClosed(order: number, remainingLots: number): void {
    const account = this.orders.account(order);
    this.unlink(account, order);
    this.setOpenOrders(account, this.openOrders(account) - 1);
    this.changeOpen(account, this.orders.side(order), -remainingLots);
  }

  private changeOpen(account: number, side: Side, deltaLots: number): void {
    const lots = (side === BUY ? this.openBuyLots(account) : this.openSellLots(account)) + deltaLots;
    assert(lots >= 0, 'accounts: no less than nothing is open');
    if (side === BUY) this.setOpenBuyLots(account, lots);
    else this.setOpenSellLots(account, lots);
  }

  private link(account: number, order: number): void {
    const orders = this.orders;
    const number = orders.number(order);
    let before = this.lastOrder(account);
    while (before >= 0 && orders.number(before) > number) before = orders.accountPrevious(before);
    const after = before < 0 ? this.firstOrder(account) : orders.accountNext(before);
    orders.setAccountPrevious(order, before);
    orders.setAccountNext(order, after);
    this.join(account, before, order);
    this.join(account, order, after);
  }

  private unlink(account: number, order: number): void {
    this.join(account, this.orders.accountPrevious(order), this.orders.accountNext(order));
  }

  /** Makes two orders neighbours; -1 is the end of the list. */
  private join(account: number, before: number, after: number): void {
    if (before < 0) this.setFirstOrder(account, after);
    else this.orders.setAccountNext(before, after);
    if (after < 0) this.setLastOrder(account, before);
    else this.orders.setAccountPrevious(after, before);
  }

  // --- checks ---

  /** How many more lots the account could still execute on this side beyond what it has open there. */
  roomLots(account: number, side: Side): number {
    return POSITION_LOTS_MAX - this.leadLots(account, side, 0);
  }

  /**
   * What stands against an order: POSITION_OVERFLOW, then the limits that are set; or NONE. What the order is judged by:
   * @param quantityLots its quantity, 0 when it is by quote amount
   * @param growthLots by how much it lets grow what is open on its side: what remains of it, less what remains of the
   *   order it replaces or amends; by quote amount, as many lots as that pays at the best opposite price
   * @param notional price x quantity or the quote amount, ticks x lots
   * @param openOrders live orders the account would have with it, or 0 when that is not asked
   */
  objection(
    account: number,
    side: Side,
    quantityLots: number,
    growthLots: number,
    notional: Amount,
    openOrders: number,
  ): Reason {
    const lead = this.leadLots(account, side, growthLots);
    if (lead > POSITION_LOTS_MAX || !this.amountsHaveRoom(account)) return Reason.POSITION_OVERFLOW;
    if (!this.mayBeLimited(account)) return NONE;
    if (isAbove(quantityLots, this.maxOrderLots(account))) return Reason.LIMIT_ORDER_QUANTITY;
    if (this.isAboveMaxNotional(account, notional)) return Reason.LIMIT_ORDER_NOTIONAL;
    if (isAbove(openOrders, this.maxOpenOrders(account))) return Reason.LIMIT_OPEN_ORDERS;
    if (isAbove(lead, this.maxPositionLots(account))) return Reason.LIMIT_POSITION;
    return NONE;
  }

  /** The position toward `side` with everything open there executed: positive when it is on that side of zero. */
  private leadLots(account: number, side: Side, moreLots: number): number {
    const net = this.netLots(account);
    return side === BUY ? net + this.openBuyLots(account) + moreLots : this.openSellLots(account) - net + moreLots;
  }

  private isAboveMaxNotional(account: number, notional: Amount): boolean {
    const high = this.maxOrderNotionalHigh(account);
    const low = this.maxOrderNotionalLow(account);
    return (high > 0 || low > 0) && notional.comparePair(high, low) > 0;
  }

  private amountsHaveRoom(account: number): boolean {
    return (
      hasRoom(this.realisedHigh(account), this.realisedLow(account)) &&
      hasRoom(this.feesHigh(account), this.feesLow(account)) &&
      hasRoom(this.cycleQuoteHigh(account), this.cycleQuoteLow(account))
    );
  }

  // --- trades ---

  /**
   * The account traded: position, cost, realised profit, fees and the cycle. Called once for either side of a trade.
   * `notional` is priceTicks x lots; `fee` what this side pays (fees.ts), negative for a rebate.
   */
  trade(account: number, side: Side, priceTicks: number, lots: number, notional: Amount, fee: Amount): void {
    const net = this.netLots(account);
    const after = side === BUY ? net + lots : net - lots;
    assert(lots > 0 && Math.abs(after) <= POSITION_LOTS_MAX, 'accounts: a position within its limit');
    this.setNetLots(account, after);
    this.tradedLots = lots;
    this.heldLots = Math.abs(net);
    if (net === 0 || net > 0 === (side === BUY)) this.addCost(account, side, notional);
    else this.closePart(account, side, priceTicks, notional);
    this.setFees(account, this.sum.set(this.feesHigh(account), this.feesLow(account)).add(fee));
    const cycle = this.sum.set(this.cycleQuoteHigh(account), this.cycleQuoteLow(account)).subtract(fee);
    this.setCycleQuote(account, side === BUY ? cycle.subtract(notional) : cycle.add(notional));
  }

  private addCost(account: number, side: Side, notional: Amount): void {
    const cost = this.sum.set(this.costHigh(account), this.costLow(account));
    this.setCost(account, side === BUY ? cost.add(notional) : cost.subtract(notional));
  }

  /** A trade against the position: what of it is closed leaves its cost and is realised, a rest opens. */
  private closePart(account: number, side: Side, priceTicks: number, notional: Amount): void {
    const { tradedLots: lots, heldLots: held } = this;
    const closed = Math.min(lots, held);
    const value = closed === lots ? this.value.copy(notional) : this.value.setProduct(priceTicks, closed);
    const cost = this.share.set(this.costHigh(account), this.costLow(account));
    const bought = side === BUY;
    // A buy closes a short position, whose cost is negative.
    if (bought) cost.negate();
    const share = closed === held ? cost : cost.takeShare(closed, held);
    const realised = this.sum.set(this.realisedHigh(account), this.realisedLow(account));
    this.setRealised(account, bought ? realised.add(share).subtract(value) : realised.add(value).subtract(share));
    // The cost loses its share and gains what opens on the other side: both in the direction of the trade.
    this.addCost(account, side, share.add(notional).subtract(value));
  }

  // --- settlement ---

  /** True when the account traded since the last settlement and is not left as if it had not. */
  hasCycle(account: number): boolean {
    return this.cycleNetLots(account) !== 0 || this.cycleQuoteHigh(account) !== 0 || this.cycleQuoteLow(account) !== 0;
  }

  /** Net base lots of the trades since the last settlement. */
  cycleNetLots(account: number): number {
    return this.netLots(account) - this.netAtSettlement(account);
  }

  /** Starts the next cycle. */
  closeCycle(account: number): void {
    this.setNetAtSettlement(account, this.netLots(account));
    this.setCycleQuote(account, this.sum.set(0, 0));
  }
}

function isAbove(value: number, limit: number): boolean {
  return limit > 0 && value > limit;
}

/** Below 2^100 in magnitude. */
function hasRoom(high: number, low: number): boolean {
  return high < AMOUNT_HIGH_MAX && (high > -AMOUNT_HIGH_MAX || (high === -AMOUNT_HIGH_MAX && low > 0));
}
