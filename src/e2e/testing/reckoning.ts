// For the whole-system tests: what must be true, reckoned from nothing but the accepted answers: every order's state, every
// trade, the book. Each trade is told in exactly one answer, its taker's; so when every outcome is known, so is everything.
// Independent of the engine's own sources; amounts are exact integers.

import { unitsOf } from './orders.ts';
import type { DetailedTrade, Order } from './replies.ts';
import { orderReplyOf } from './replies.ts';
import { type Exchange, orderIn } from './traffic.ts';

export interface ExpectedTrade {
  readonly tradeId: string;
  readonly maker: string;
  readonly taker: string;
  readonly price: string;
  readonly quantity: string;
}

export interface ExpectedOrder {
  /** As its owner was last told. */
  readonly told: Order;
  /** What has become of it since. */
  filled: bigint;
  /** Sum of price x quantity over all its trades, in ticks times lots. */
  notional: bigint;
}

/** The fields of an order that never change without its owner's doing. */
const OWNERS_FIELDS = [
  'order_id',
  'client_id',
  'instrument',
  'side',
  'type',
  'price',
  'quantity',
  'time_in_force',
  'post_only',
  'sequence',
  'created_at',
] as const;

export class Reckoning {
  readonly orders = new Map<string, ExpectedOrder>();
  readonly trades = new Map<string, ExpectedTrade>();
  /** Contradictions among the answers themselves. */
  readonly contradictions: string[] = [];

  /** Exchanges of one client in their order. */
  add(log: readonly Exchange[]): void {
    for (const { request, outcome, answer } of log) {
      if (outcome !== 'accepted' || answer === undefined) continue;
      const told = orderIn(request.kind, answer);
      this.orders.set(told.order_id, { told, filled: 0n, notional: 0n });
      if (request.kind !== 'cancel') this.#addTrades(told.order_id, orderReplyOf(answer));
    }
  }

  /** When every exchange was added; again when more were. */
  settle(): void {
    for (const order of this.orders.values()) {
      order.filled = 0n;
      order.notional = 0n;
    }
    for (const { maker, taker, price, quantity, tradeId } of this.trades.values()) {
      for (const id of [maker, taker]) {
        const order = this.orders.get(id);
        if (order === undefined) {
          this.contradictions.push(`trade ${tradeId} names order ${id}, which nobody was told of`);
          continue;
        }
        order.filled += unitsOf(quantity);
        order.notional += unitsOf(price) * unitsOf(quantity);
      }
    }
    for (const order of this.orders.values()) this.#checkOwn(order);
  }

  #addTrades(taker: string, reply: ReturnType<typeof orderReplyOf>): void {
    if (reply.trades.length !== reply.trades_total) throw new Error('traffic with more than a hundred trades an order');
    for (const { trade_id: tradeId, maker_order_id: maker, price, quantity } of reply.trades) {
      if (this.trades.has(tradeId)) this.contradictions.push(`trade ${tradeId} was told twice`);
      this.trades.set(tradeId, { tradeId, maker, taker, price, quantity });
    }
  }

  #checkOwn({ told, filled }: ExpectedOrder): void {
    const say = (what: string) => this.contradictions.push(`order ${told.order_id}: ${what}`);
    if (filled < unitsOf(told.filled_quantity)) say(`its trades fill ${filled}, it was told ${told.filled_quantity}`);
    if (filled > unitsOf(told.quantity)) say(`its trades overfill it: ${filled} of ${told.quantity}`);
  }
}

function isLive(told: Order): boolean {
  return told.status === 'open' || told.status === 'partially_filled';
}

export function expectedStatus({ told, filled }: ExpectedOrder): string {
  if (!isLive(told)) return told.status;
  if (filled === unitsOf(told.quantity)) return 'filled';
  return filled > 0n ? 'partially_filled' : 'open';
}

/** What is wrong with an order as the server shows it now; empty when nothing is. */
export function orderProblems(expected: ExpectedOrder, shown: Order): string[] {
  const { told, filled } = expected;
  const status = expectedStatus(expected);
  const open = status === 'open' || status === 'partially_filled';
  const remaining = open ? unitsOf(told.quantity) - filled : 0n;
  const wrong = (field: string, is: unknown, should: unknown) =>
    is === should ? [] : [`order ${told.order_id}: ${field} is ${is}, not ${should}`];
  return [
    ...OWNERS_FIELDS.flatMap((field) => wrong(field, shown[field], told[field])),
    ...wrong('status', shown.status, status),
    ...wrong('filled_quantity', unitsOf(shown.filled_quantity), filled),
    ...wrong('remaining_quantity', unitsOf(shown.remaining_quantity), remaining),
    ...(isLive(told) ? [] : wrong('updated_at', shown.updated_at, told.updated_at)),
    ...(isLive(told) ? [] : wrong('reject_reason', shown.reject_reason, told.reject_reason)),
  ];
}

/** Price and quantity of each level as the answers have it, best first. */
export function expectedLevels({ orders }: Reckoning, side: 'buy' | 'sell'): [price: number, quantity: number][] {
  const levels = new Map<bigint, bigint>();
  for (const { told, filled } of orders.values()) {
    if (told.side !== side || told.price === null || !isLive(told)) continue;
    const remaining = unitsOf(told.quantity) - filled;
    const price = unitsOf(told.price);
    if (remaining > 0n) levels.set(price, (levels.get(price) ?? 0n) + remaining);
  }
  const sorted = [...levels].sort(([a], [b]) => Number(side === 'buy' ? b - a : a - b));
  return sorted.map(([price, quantity]) => [Number(price) / 1e2, Number(quantity) / 1e8]);
}

/** A trade in one line, whoever tells it, so that two tellings can be compared. */
export function tradeLine({ tradeId, maker, taker, price, quantity }: ExpectedTrade): string {
  return `${tradeId} maker ${maker} taker ${taker}: ${quantity} at ${price}`;
}

export function detailedTradeLine(trade: DetailedTrade): string {
  const { trade_id: tradeId, price, quantity, buy_order_id: buy, sell_order_id: sell } = trade;
  const [maker, taker] = trade.side === 'buy' ? [sell, buy] : [buy, sell];
  return tradeLine({ tradeId, maker, taker, price, quantity });
}

/** Lines that are only in one of the two. */
export function differences(what: string, expected: Iterable<string>, found: Iterable<string>): string[] {
  const [want, have] = [new Set(expected), new Set(found)];
  return [
    ...[...want].filter((line) => !have.has(line)).map((line) => `${what} is missing: ${line}`),
    ...[...have].filter((line) => !want.has(line)).map((line) => `${what} is unknown: ${line}`),
  ];
}
