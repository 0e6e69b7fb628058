// Writes what the reference engine returned as numbers (trace.ts). Pure; one for each reference engine.

import { highLimb, lowLimb } from '../../domain/clearing/exact.ts';
import type { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import type { ReferenceEvent, ReferenceOrder } from '../../domain/reference/reference-types.ts';
import { Code, type Trace } from './trace.ts';

export class ReferenceTracer {
  private readonly reference: ReferenceEngine;
  /** Client numbers, looked up once. */
  private readonly clients = new Map<string, number>();

  constructor(reference: ReferenceEngine) {
    this.reference = reference;
  }

  write(trace: Trace, events: readonly ReferenceEvent[]): void {
    for (const event of events) this.writeEvent(trace, event);
  }

  private writeEvent(trace: Trace, event: ReferenceEvent): void {
    switch (event.kind) {
      case 'trade':
        trace.add(Code.TRADE);
        trace.add(event.trade);
        trace.add(event.price);
        trace.add(event.quantity);
        writeAmount(trace, event.makerFee);
        writeAmount(trace, event.takerFee);
        this.writeOrder(trace, event.maker);
        this.writeOrder(trace, event.taker);
        return;
      case 'order':
        trace.add(Code.ORDER);
        trace.add(event.change);
        trace.add(event.delta);
        this.writeOrder(trace, event.order);
        return;
      case 'refused':
        trace.add(event.order === undefined ? Code.REFUSED : Code.REFUSED_ORDER);
        trace.add(event.reason);
        if (event.order !== undefined) this.writeOrder(trace, event.order);
        return;
      case 'replayed':
        if ('order' in event.answer) {
          trace.add(Code.REPLAYED);
          trace.add(event.sequence);
          trace.add(event.answer.firstTrade);
          trace.add(event.answer.tradeCount);
          this.writeOrder(trace, event.answer.order);
        } else if ('value' in event.answer) {
          trace.add(Code.REPLAYED_VALUE);
          trace.add(event.sequence);
          trace.add(event.answer.value);
        }
        return;
      case 'applied':
        trace.add(Code.APPLIED);
        trace.add(event.value);
        return;
      case 'obligation':
        trace.add(Code.DUE);
        trace.add(event.cycle);
        trace.add(this.clientNumber(event.account.client));
        trace.add(event.account.instrument);
        trace.add(Number(event.account.cycleBase));
        writeAmount(trace, event.account.cycleQuote);
    }
  }

  writeOrder(trace: Trace, order: ReferenceOrder): void {
    trace.add(order.number);
    trace.add(this.clientNumber(order.client));
    trace.add(order.instrument);
    trace.add(order.side);
    trace.add(order.orderType);
    trace.add(order.timeInForce);
    trace.add(order.selfTrade);
    trace.add(order.flags);
    trace.add(order.price);
    trace.add(order.quantity);
    trace.add(order.executed);
    trace.add(order.prevented);
    trace.add(order.display);
    trace.add(order.stopPrice);
    trace.add(order.expiresUs);
    writeAmount(trace, order.notional);
    trace.add(order.status);
    trace.add(order.reason);
    trace.add(order.createdUs);
    trace.add(order.updatedUs);
  }

  /** -1 when the client is not known. */
  clientNumber(client: string): number {
    const { clients } = this;
    if (clients.size < this.reference.clients.length) {
      this.reference.clients.forEach((name, number) => {
        clients.set(name, number);
      });
    }
    return clients.get(client) ?? -1;
  }
}

function writeAmount(trace: Trace, amount: bigint): void {
  trace.add(amount === 0n ? 0 : highLimb(amount));
  trace.add(amount === 0n ? 0 : lowLimb(amount));
}
