// One trade: both orders, the maker's place in the book, fees, positions, balances, the last price; then it is told [1, 9,
// 16]. Pure; owned by one engine. Row, book and accounts agree before anyone is told. Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import type { BookSide } from '../book/order-book.ts';
import type { OrderRows } from '../book/order-rows.ts';
import type { Accounts } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import { setFee } from '../clearing/fees.ts';
import { OrderStatus, Side } from '../codes.ts';
import type { Instrument } from '../instrument.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import { type EngineListener, OrderChange } from '../listener.ts';
import type { Desk } from './desk.ts';
import type { Funds } from './funds.ts';
import type { LiveOrders } from './live-orders.ts';
import { isByAmount } from './terms.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const FILLED = OrderStatus.FILLED;

export class Execution {
  /** Price x quantity of the last trade, ticks x lots. */
  readonly notional = new Amount();
  /** Quantity of the trade; set before `trade`. A field, since V8 boxes more than 31 bits to pass them to a call. */
  lots = 0;
  private readonly makerFee = new Amount();
  private readonly takerFee = new Amount();
  private readonly sum = new Amount();
  private readonly desk: Desk;
  private readonly listener: EngineListener;
  private readonly orders: OrderRows;
  private readonly instruments: InstrumentTable;
  private readonly accounts: Accounts;
  private readonly live: LiveOrders;
  private readonly funds: Funds;

  constructor(desk: Desk, live: LiveOrders, funds: Funds) {
    this.desk = desk;
    this.listener = desk.listener;
    this.orders = desk.orders;
    this.instruments = desk.state.instruments;
    this.accounts = desk.state.accounts;
    this.live = live;
    this.funds = funds;
  }

  /** `lots`, at most what it displays, trade with the order at the front of the level, at its price. */
  trade(makers: BookSide, level: number, taker: number): void {
    const { orders, notional, lots } = this;
    const maker = makers.firstOf(level);
    const priceTicks = makers.priceOf(level);
    assert(lots > 0 && lots <= orders.shownLots(maker), 'execution: a trade has quantity, and it is displayed');
    assert(maker !== taker, 'execution: an order does not trade with itself');
    const instrument = orders.instrument(maker);
    notional.setProduct(priceTicks, lots);
    this.setFees(this.desk.instrument);
    if (this.desk.keepsBalances) this.moveFunds(maker, taker);
    this.execute(maker);
    this.execute(taker);
    this.instruments.setLastPriceTicks(instrument, priceTicks);
    this.accounts.openChanged(maker, -lots);
    this.accounts.trade(orders.account(maker), orders.side(maker), priceTicks, lots, notional, this.makerFee);
    this.accounts.trade(orders.account(taker), orders.side(taker), priceTicks, lots, notional, this.takerFee);
    const isFilled = orders.status(maker) === FILLED;
    if (isFilled) makers.remove(maker, 0);
    else makers.reduce(level, lots, 0);
    orders.setShownLots(maker, orders.shownLots(maker) - lots);
    if (isFilled) this.live.end(maker);
    this.listener.onTrade(this.desk.nextTrade(), maker, taker, priceTicks, lots);
    this.listener.onOrder(OrderChange.FILLED, maker, -lots);
    if (isFilled) orders.release(maker);
    else if (orders.shownLots(maker) === 0) this.replenish(makers, maker);
  }

  /** An iceberg shows its next part, at the end of the queue [1]. */
  private replenish(makers: BookSide, maker: number): void {
    const { orders } = this;
    const shown = Math.min(orders.displayLots(maker), orders.remainingLots(maker));
    makers.replenish(maker, shown);
    this.listener.onOrder(OrderChange.REPLENISHED, maker, shown);
  }

  private execute(row: number): void {
    const { orders, notional, lots } = this;
    const executedLots = orders.executedLots(row) + lots;
    const hasAmount = isByAmount(orders.flags(row));
    // By quote amount the quantity is what was executed and prevented so far, and whether that is all shows at the end.
    if (hasAmount) orders.setQuantityLots(row, orders.quantityLots(row) + lots);
    const restLots = orders.quantityLots(row) - executedLots - orders.preventedLots(row);
    assert(restLots >= 0, 'execution: no order is overfilled');
    orders.setExecutedLots(row, executedLots);
    this.sum.set(orders.notionalHigh(row), orders.notionalLow(row)).add(notional);
    orders.setNotionalHigh(row, this.sum.high);
    orders.setNotionalLow(row, this.sum.low);
    orders.setStatus(row, restLots === 0 && !hasAmount ? FILLED : OrderStatus.PARTIALLY_FILLED);
    orders.setUpdatedUs(row, this.desk.timeUs);
  }

  private setFees(instrument: Instrument): void {
    const { makerFee, takerFee, notional } = this;
    const { tradeFees } = this.desk;
    setFee(makerFee, notional, instrument.makerFeeMillionths);
    setFee(takerFee, notional, instrument.takerFeeMillionths);
    tradeFees[0] = makerFee.high;
    tradeFees[1] = makerFee.low;
    tradeFees[2] = takerFee.high;
    tradeFees[3] = takerFee.low;
  }

  /** The maker holds less, and what was traded changes hands. The taker holds nothing while it trades. */
  private moveFunds(maker: number, taker: number): void {
    const { orders, funds, notional, lots, makerFee, takerFee } = this;
    const remainingLots = orders.remainingLots(maker);
    funds.release(maker, remainingLots);
    if (orders.side(maker) === Side.SELL) funds.move(taker, maker, lots, notional, takerFee, makerFee);
    else funds.move(maker, taker, lots, notional, makerFee, takerFee);
    funds.hold(maker, remainingLots - lots);
  }
}
