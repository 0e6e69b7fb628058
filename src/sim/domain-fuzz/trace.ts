// What an engine told, as numbers: either engine writes the same numbers for the same events, so that comparing is
// cheap, and only a difference is put into words. Pure; one trace is used for all commands of an engine.

import type { OrderRows } from '../../domain/book/order-rows.ts';
import type { Engine } from '../../domain/engine.ts';
import type { EngineListener, OrderChange } from '../../domain/listener.ts';
import type { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import type { ReferenceEvent, ReferenceOrder } from '../../domain/reference/reference-types.ts';

const LOW_BITS = 48n;
const LOW_MASK = 2n ** LOW_BITS - 1n;

/** The limbs of an amount, as clearing/exact.ts counts them. */
export function highOf(amount: bigint): number {
  return Number(amount >> LOW_BITS);
}

export function lowOf(amount: bigint): number {
  return Number(amount & LOW_MASK);
}

export function amountOf(high: number, low: number): bigint {
  return BigInt(high) * 2n ** LOW_BITS + BigInt(low);
}

const ORDER_FIELDS = [
  ...['number', 'client', 'instrument', 'side', 'type', 'time in force', 'self-trade', 'flags', 'price', 'quantity'],
  ...['executed', 'prevented', 'display', 'stop price', 'expires', 'notional high', 'notional low', 'status', 'reason'],
  ...['created', 'updated'],
];

/** Each event: its code, then as many numbers as its kind has. */
const Code = { TRADE: 1, ORDER: 2, REFUSED: 3, REFUSED_ORDER: 4, REPLAYED: 5, REPLAYED_VALUE: 6, APPLIED: 7, DUE: 8 };
const KINDS: readonly { readonly name: string; readonly fields: readonly string[] }[] = [
  { name: '', fields: [] },
  {
    name: 'trade',
    fields: [
      ...['trade', 'price', 'quantity', 'maker fee high', 'maker fee low', 'taker fee high', 'taker fee low'],
      ...ORDER_FIELDS.map((field) => `maker ${field}`),
      ...ORDER_FIELDS.map((field) => `taker ${field}`),
    ],
  },
  { name: 'order', fields: ['change', 'delta', ...ORDER_FIELDS] },
  { name: 'refused', fields: ['why'] },
  { name: 'refused, the order being', fields: ['why', ...ORDER_FIELDS] },
  { name: 'replayed', fields: ['sequence', 'first trade', 'trades', ...ORDER_FIELDS] },
  { name: 'replayed', fields: ['sequence', 'value'] },
  { name: 'applied', fields: ['value'] },
  { name: 'obligation', fields: ['cycle', 'client', 'instrument', 'base lots', 'quote high', 'quote low'] },
];

/** Numbers of one command's events. */
export class Trace {
  numbers = new Float64Array(4_096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  add(value: number): void {
    if (this.length === this.numbers.length) this.grow();
    this.numbers[this.length++] = value;
  }

  private grow(): void {
    const numbers = new Float64Array(this.numbers.length * 2);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }
}

/** True when both say the same. A row's undefined bits are none here: -0 and 0 are equal. */
export function areSame(a: Trace, b: Trace): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a.numbers[i] !== b.numbers[i]) return false;
  }
  return true;
}

/** One event, its numbers by name: those of a trade's orders are `maker price` and so on. */
export interface ToldEvent {
  readonly kind: string;
  readonly values: ReadonlyMap<string, number>;
}

/** The events of a trace. */
export function decode({ numbers, length }: Trace): ToldEvent[] {
  const events: ToldEvent[] = [];
  for (let at = 0; at < length; ) {
    const { name, fields } = KINDS[numbers[at]] ?? { name: `code ${numbers[at]}`, fields: [] };
    const start = at + 1;
    events.push({ kind: name, values: new Map(fields.map((field, i) => [field, numbers[start + i]])) });
    at = start + fields.length;
  }
  return events;
}

/** Events with all their numbers, one line each. */
export function describe(trace: Trace): string[] {
  return decode(trace).map(
    ({ kind, values }) => `${kind}: ${[...values].map(([field, value]) => `${field} ${value}`).join(', ')}`,
  );
}

/** How often each kind of outcome was seen. */
export class OutcomeCounts {
  private readonly counts = new Map<number, number>();

  count({ numbers, length }: Trace): void {
    for (let at = 0; at < length; at += 1 + KINDS[numbers[at]].fields.length) {
      const outcome = outcomeOf(numbers, at);
      this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
    }
  }

  /** By name: `order 1/0` is OrderChange/Reason, `refused 101`, `trade`, `replayed`, `applied`, `obligation`. */
  byName(): Map<string, number> {
    const named = new Map<string, number>();
    for (const [outcome, times] of this.counts) {
      const name = nameOf(outcome);
      named.set(name, (named.get(name) ?? 0) + times);
    }
    return named;
  }
}

const KIND_WEIGHT = 1_000_000;
const CHANGE_WEIGHT = 1_000;

function outcomeOf(numbers: Float64Array, at: number): number {
  const kind = numbers[at];
  if (kind === Code.ORDER) {
    const reason = numbers[at + 3 + ORDER_FIELDS.indexOf('reason')];
    return kind * KIND_WEIGHT + numbers[at + 1] * CHANGE_WEIGHT + reason;
  }
  const isRefused = kind === Code.REFUSED || kind === Code.REFUSED_ORDER;
  return kind * KIND_WEIGHT + (isRefused ? numbers[at + 1] : 0);
}

function nameOf(outcome: number): string {
  const kind = Math.floor(outcome / KIND_WEIGHT);
  const rest = outcome % KIND_WEIGHT;
  if (kind === Code.ORDER) return `order ${Math.floor(rest / CHANGE_WEIGHT)}/${rest % CHANGE_WEIGHT}`;
  if (kind === Code.REFUSED || kind === Code.REFUSED_ORDER) return `refused ${rest}`;
  return KINDS[kind].name;
}

// --- the reference engine's events ------------------------------------------------------------------------------------

/** Writes what the reference engine returned. */
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
  trace.add(amount === 0n ? 0 : highOf(amount));
  trace.add(amount === 0n ? 0 : lowOf(amount));
}

// --- the fast engine's events -----------------------------------------------------------------------------------------

/** Writes what the fast engine tells. */
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
