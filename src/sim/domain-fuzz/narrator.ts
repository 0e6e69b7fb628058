// Writes what the fast engine tells as numbers (trace.ts). Pure; the listener of one engine, which owns its trace.

import type { OrderRows } from '../../domain/book/order-rows.ts';
import type { Engine } from '../../domain/engine.ts';
import type { EngineListener, OrderChange } from '../../domain/listener.ts';
import { Code, Trace } from './trace.ts';

export class Narrator implements EngineListener {
  readonly trace = new Trace();
  engine: Engine | undefined;

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    if (this.engine === undefined) return;
    const { trace } = this;
    trace.add(Code.TRADE);
    trace.add(tradeNumber);
    trace.add(priceTicks);
    trace.add(quantityLots);
    for (const limb of this.engine.tradeFees) trace.add(limb);
    this.order(this.engine.orders, maker);
    this.order(this.engine.orders, taker);
  }

  onOrder(change: OrderChange, row: number, restingDeltaLots: number): void {
    if (this.engine === undefined) return;
    this.trace.add(Code.ORDER);
    this.trace.add(change);
    this.trace.add(restingDeltaLots);
    this.order(this.engine.orders, row);
  }

  onRefused(reason: number, row: number): void {
    if (this.engine === undefined) return;
    this.trace.add(row < 0 ? Code.REFUSED : Code.REFUSED_ORDER);
    this.trace.add(reason);
    if (row >= 0) this.order(this.engine.orders, row);
  }

  onReplayed(result: number): void {
    const results = this.engine?.results;
    if (results === undefined) return;
    const { trace } = this;
    trace.add(results.isValue(result) ? Code.REPLAYED_VALUE : Code.REPLAYED);
    trace.add(results.sequence(result));
    if (results.isValue(result)) {
      trace.add(results.value(result));
      return;
    }
    trace.add(results.firstTrade(result));
    trace.add(results.tradeCount(result));
    this.order(results.orders, result);
  }

  onApplied(value: number): void {
    this.trace.add(Code.APPLIED);
    this.trace.add(value);
  }

  onObligation(cycle: number, account: number): void {
    const accounts = this.engine?.accounts;
    if (accounts === undefined) return;
    const { trace } = this;
    trace.add(Code.DUE);
    trace.add(cycle);
    trace.add(accounts.clientOf(account));
    trace.add(accounts.instrumentOf(account));
    trace.add(accounts.cycleNetLots(account));
    trace.add(accounts.cycleQuoteHigh(account));
    trace.add(accounts.cycleQuoteLow(account));
  }

  /** As ReferenceTracer.writeOrder. */
  order(orders: OrderRows, row: number, trace = this.trace): void {
    trace.add(orders.number(row));
    trace.add(orders.client(row));
    trace.add(orders.instrument(row));
    trace.add(orders.side(row));
    trace.add(orders.orderType(row));
    trace.add(orders.timeInForce(row));
    trace.add(orders.selfTrade(row));
    trace.add(orders.flags(row));
    trace.add(orders.priceTicks(row));
    trace.add(orders.quantityLots(row));
    trace.add(orders.executedLots(row));
    trace.add(orders.preventedLots(row));
    trace.add(orders.displayLots(row));
    trace.add(orders.stopPriceTicks(row));
    trace.add(orders.expiresUs(row));
    trace.add(orders.notionalHigh(row));
    trace.add(orders.notionalLow(row));
    trace.add(orders.status(row));
    trace.add(orders.reason(row));
    trace.add(orders.createdUs(row));
    trace.add(orders.updatedUs(row));
  }
}
