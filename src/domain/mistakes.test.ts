// Mistakes that other engines make or made, each as a test that ours does not (RULES.md, "Mistakes of other engines").

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { commandOf, limitOrder } from '../sim/testing/commands.ts';
import { ORDER_REASON } from '../wire/order-codec.ts';
import { QueryType } from '../wire/query-codec.ts';
import { REPLY_ORDER, REPLY_TRADES_TOTAL } from '../wire/reply-codec.ts';
import { LevelRows } from './book/level-rows.ts';
import { OrderRows } from './book/order-rows.ts';
import { AccountRows } from './clearing/account-rows.ts';
import { CommandType, SelfTrade, Side } from './codes.ts';
import { Engine } from './engine.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import { SILENT_LISTENER } from './listener.ts';
import type { NewOrder, SideName } from './plain-objects.ts';
import { Reason } from './reasons.ts';

function limit(clientId: string, side: SideName, quantityLots: number, priceTicks: number): NewOrder {
  return { clientId, side, quantityLots, priceTicks };
}

/** Places an order that must come in, and returns its number. */
function place(exchange: Exchange, order: NewOrder): number {
  const { order: placed } = exchange.newOrder(order);
  if (placed === undefined || placed.status === 'rejected') throw new Error(`not placed: ${placed?.reason}`);
  return placed.orderNumber;
}

describe('mistakes of other engines', () => {
  it('a fill-or-kill order with cancel-maker prevention does not fill in part and rest', () => {
    const exchange = createExchange();
    const own = place(exchange, limit('ann', 'sell', 5, 100));
    place(exchange, limit('bob', 'sell', 5, 101));
    const { order, trades } = exchange.newOrder({
      ...limit('ann', 'buy', 10, 101),
      ...{ timeInForce: 'FOK', selfTrade: 'co' },
    });
    expect(trades).toEqual([]);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'fok_unfilled', executedLots: 0, remainingLots: 0 });
    expect(exchange.order(own)).toMatchObject({ status: 'open', remainingLots: 5 });
    expect([exchange.bestBid(), exchange.bestAsk()]).toEqual([0, 100]);
  });

  it('a command that prevention stops after fills is in the journal, and replays to the same state and trades', () => {
    const [before, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    const exchange = new InProcessExchange({ directory: before });
    exchange.submit(limitOrder('bob', Side.SELL, 100, 2));
    exchange.submit(limitOrder('ann', Side.SELL, 101, 5));
    exchange.submit(limitOrder('ann', Side.BUY, 102, 6, { selfTrade: SelfTrade.CANCEL_NEWEST }));
    exchange.submit(limitOrder('bob', Side.BUY, 101, 5));
    exchange.settle();
    const [, , stopped] = exchange.replies();
    expect(stopped.readUInt16LE(REPLY_ORDER + ORDER_REASON)).toBe(Reason.SELF_TRADE);
    expect(stopped.readUInt32LE(REPLY_TRADES_TOTAL)).toBe(1);
    const known = [exchange.digest(), exchange.depth(), exchange.ask(QueryType.TRADE_RANGE, 1, 1)];
    exchange.close();

    // Nothing else is left: no snapshot, and nothing that was told before.
    cpSync(join(before, 'journal'), join(elsewhere, 'journal'), { recursive: true });
    const replayed = new InProcessExchange({ directory: elsewhere });
    expect(replayed.recovered).toMatchObject({ sequence: 4, differences: [] });
    expect([replayed.digest(), replayed.depth(), replayed.ask(QueryType.TRADE_RANGE, 1, 1)]).toEqual(known);
    expect(replayed.ask(QueryType.TRADE_RANGE, 1, 1).body.length).toBeGreaterThan(0);
    replayed.close();
  });

  it('restoring keeps the last trade price, so stops are due when they were', () => {
    const before = createExchange();
    place(before, limit('ann', 'sell', 1, 100));
    place(before, limit('bob', 'buy', 1, 100));
    place(before, limit('ann', 'sell', 1, 101));
    const stop = { ...limit('cat', 'buy', 1, 101), stopPriceTicks: 100 };
    const after = createExchange({ snapshot: before.snapshot() });
    for (const exchange of [before, after]) {
      const { order, trades } = exchange.newOrder(stop);
      expect(order).toMatchObject({ status: 'filled', triggered: true });
      expect(trades).toHaveLength(1);
    }
    expect(after.digest()).toBe(before.digest());
  });

  it('an amend that makes a post-only order cross leaves it where it was', () => {
    const exchange = createExchange();
    place(exchange, limit('bob', 'sell', 5, 101));
    const postOnly = place(exchange, { ...limit('ann', 'buy', 5, 100), postOnly: true });
    const later = place(exchange, limit('cat', 'buy', 5, 100));
    expect(exchange.amend(postOnly, { priceTicks: 101 }).refused).toBe('amend_would_cross');
    expect(exchange.order(postOnly)).toMatchObject({ status: 'open', priceTicks: 100, remainingLots: 5 });
    const { trades } = exchange.newOrder(limit('bob', 'sell', 6, 100));
    expect(trades.map(({ makerOrder }) => makerOrder)).toEqual([postOnly, later]);
  });

  it('a smaller quantity keeps its priority', () => {
    const exchange = createExchange();
    const first = place(exchange, limit('ann', 'buy', 5, 100));
    place(exchange, limit('bob', 'buy', 5, 100));
    exchange.amend(first, { quantityLots: 2 });
    expect(exchange.newOrder(limit('cat', 'sell', 1, 100)).trades[0].makerOrder).toBe(first);
  });

  it('an amended order is still its owner’s, for prevention too', () => {
    const exchange = createExchange();
    const own = place(exchange, { ...limit('ann', 'buy', 5, 98), selfTrade: 'cn' });
    const other = place(exchange, limit('ann', 'sell', 5, 101));
    const { order, trades } = exchange.amend(own, { priceTicks: 101 });
    expect(trades).toEqual([]);
    expect(order).toMatchObject({ clientId: 'ann', status: 'cancelled', reason: 'self_trade_prevented' });
    expect(exchange.order(other)).toMatchObject({ clientId: 'ann', remainingLots: 5 });

    // And the other way round: the amended order rests, and its owner's next one meets it.
    exchange.amend(other, { priceTicks: 102, quantityLots: 6 });
    const next = exchange.newOrder({ ...limit('ann', 'buy', 6, 102), selfTrade: 'cn' });
    expect(next).toMatchObject({ trades: [], order: { reason: 'self_trade_prevented' } });
  });

  it('0.1 + 0.2 against 0.3 leaves nothing in the book', () => {
    const exchange = createExchange();
    // BTC-USD counts quantities in 1e-8.
    place(exchange, limit('ann', 'sell', 10_000_000, 100));
    place(exchange, limit('bob', 'sell', 20_000_000, 100));
    const { order } = exchange.newOrder(limit('cat', 'buy', 30_000_000, 100));
    expect(order).toMatchObject({ status: 'filled', remainingLots: 0 });
    expect([exchange.bestBid(), exchange.bestAsk(), exchange.depthAt('sell', 100)]).toEqual([0, 0, 0]);
    expect(exchange.engine.openOrders).toBe(0);
  });

  it.each(['dc', 'co', 'cn', 'cb'] as const)('quantities add up after prevention by %s', (selfTrade) => {
    const states: { readonly [name: string]: unknown }[] = [];
    const exchange = createExchange({
      onEvent: (event) => {
        if (event.type === 'order') states.push({ ...event.order });
      },
    });
    place(exchange, limit('bob', 'sell', 2, 99));
    place(exchange, limit('ann', 'sell', 3, 100));
    place(exchange, limit('bob', 'sell', 2, 101));
    exchange.newOrder({ ...limit('ann', 'buy', 10, 101), selfTrade });
    expect(states.length).toBeGreaterThan(4);
    for (const state of states) {
      const { quantityLots, executedLots, preventedLots, remainingLots, status } = state;
      const isLive = status === 'open' || status === 'partially_filled';
      const parts = Number(executedLots) + Number(preventedLots) + Number(remainingLots);
      if (isLive) expect(parts).toBe(quantityLots);
      else expect(remainingLots).toBe(0);
    }
    const resting = exchange.depthAt('buy', 101);
    expect(resting).toBe({ dc: 3, co: 6, cn: 0, cb: 0 }[selfTrade]);
  });

  it('an empty side has no volume', () => {
    const exchange = createExchange();
    const own = place(exchange, { ...limit('ann', 'sell', 9, 100), displayLots: 3 });
    exchange.newOrder({ ...limit('ann', 'buy', 9, 100), selfTrade: 'dc' });
    expect(exchange.order(own)).toBeUndefined();
    expect([exchange.bestAsk(), exchange.depthAt('sell', 100)]).toEqual([0, 0]);
    let levels = 0;
    for (const side of [1, 2] as const) {
      exchange.engine.forEachLevel(0, side, () => {
        levels++;
      });
    }
    expect(levels).toBe(0);
  });

  it('the cost of a cancel does not grow with the orders at its price', () => {
    // Not by the clock: by all that a cancel asks of the rows of orders, levels and accounts.
    const few = workOfCancel(20);
    expect(few).toBeGreaterThan(20);
    expect(workOfCancel(2_000)).toBe(few);
  });
});

/** Calls to any row while the order in the middle of a price's queue is cancelled. */
function workOfCancel(orders: number): number {
  const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
  for (let sequence = 1; sequence <= orders; sequence++) {
    engine.apply(sequence, sequence, limitOrder('ann', Side.BUY, 100, 1));
  }
  const cancel = commandOf(CommandType.CANCEL_ORDER, { targetOrder: orders / 2 });
  const prototypes = [OrderRows.prototype, LevelRows.prototype, AccountRows.prototype];
  const calls = callsOf(prototypes, () => engine.apply(orders + 1, orders + 1, cancel));
  expect([engine.openOrders, engine.depthAt(0, Side.BUY, 100)]).toEqual([orders - 1, orders - 1]);
  return calls;
}

/** How often `act` calls any method of the classes. */
function callsOf(prototypes: readonly object[], act: () => void): number {
  let calls = 0;
  const restorers = prototypes.flatMap((prototype) => {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
      ([name, { value }]) => name !== 'constructor' && typeof value === 'function',
    );
    return methods.map(([name, method]) => {
      const value = function (this: unknown, ...passed: unknown[]): unknown {
        calls++;
        return method.value.apply(this, passed);
      };
      Object.defineProperty(prototype, name, { ...method, value });
      return () => Object.defineProperty(prototype, name, method);
    });
  });
  act();
  for (const restore of restorers) restore();
  return calls;
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-mistakes-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
