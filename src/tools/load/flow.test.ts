// The seeded flow: a function of its seed, of what the shares say, exact, and with a book that stays small however long it runs.

import { describe, expect, it } from 'vitest';
import { createExchange, type Exchange } from '../../domain/exchange.ts';
import { type Action, EVERYDAY, type FlowOrder, type Mix, OPEN_ORDERS_MAX, ORDERS_ONLY, OrderFlow } from './flow.ts';

const STREAMS = 8;

function take(flow: OrderFlow, count: number): Action[] {
  return Array.from({ length: count }, () => flow.next());
}

function ticks(price: string): number {
  return Number(price.replace('.', ''));
}

function lots(quantity: string): number {
  return Number(quantity.replace('.', ''));
}

/** One stream's actions on an exchange, as a client would: by the numbers of its own orders. */
class Player {
  readonly refused: string[] = [];
  readonly #exchange: Exchange;
  readonly #flow: OrderFlow;
  readonly #orders = new Map<number, number>();

  constructor(exchange: Exchange, flow: OrderFlow) {
    this.#exchange = exchange;
    this.#flow = flow;
  }

  play(): void {
    const action = this.#flow.next();
    if (action.kind === 'place') this.#place(action.number, action.order);
    else this.#change(action, this.#orders.get(action.target) ?? Number.NaN);
  }

  #place(number: number, order: FlowOrder): void {
    const outcome = this.#exchange.newOrder({
      clientId: order.client_id,
      instrument: order.instrument,
      side: order.side,
      type: order.type,
      priceTicks: order.price === undefined ? 0 : ticks(order.price),
      quantityLots: lots(order.quantity),
      timeInForce: order.time_in_force ?? 'GTC',
      postOnly: order.post_only ?? false,
    });
    this.refused.push(outcome.refused);
    this.#orders.set(number, outcome.order?.orderNumber ?? Number.NaN);
  }

  #change(action: Exclude<Action, { kind: 'place' }>, orderNumber: number): void {
    if (action.kind === 'cancel') {
      this.refused.push(this.#exchange.cancel(orderNumber).refused);
      return;
    }
    const { price, quantity } = action.changes;
    const changes = price === undefined ? { quantityLots: lots(quantity ?? '') } : { priceTicks: ticks(price) };
    this.refused.push(this.#exchange.amend(orderNumber, changes).refused);
  }
}

/** Greatest number of open orders, and how often each refusal was told. */
function playAll(mix: Mix, rounds: number) {
  const exchange = createExchange();
  const players = Array.from({ length: STREAMS }, (_, s) => new Player(exchange, new OrderFlow(7, s, mix)));
  let openMax = 0;
  for (let round = 0; round < rounds; round++) {
    for (const player of players) player.play();
    openMax = Math.max(openMax, exchange.engine.openOrders);
  }
  const refusals = new Map<string, number>();
  for (const reason of players.flatMap(({ refused }) => refused)) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  return { openMax, refusals, trades: exchange.engine.lastTradeNumber };
}

describe('the flow', () => {
  it('is a function of seed, stream and mix', () => {
    expect(take(new OrderFlow(1, 2, EVERYDAY), 500)).toEqual(take(new OrderFlow(1, 2, EVERYDAY), 500));
    const first = JSON.stringify(take(new OrderFlow(1, 2, EVERYDAY), 20));
    expect(JSON.stringify(take(new OrderFlow(2, 2, EVERYDAY), 20))).not.toBe(first);
    expect(JSON.stringify(take(new OrderFlow(1, 3, EVERYDAY), 20))).not.toBe(first);
    expect(JSON.stringify(take(new OrderFlow(1, 2, ORDERS_ONLY), 20))).not.toBe(first);
  });

  it('stays the same from build to build', () => {
    expect(take(new OrderFlow(1, 0, EVERYDAY), 3)).toMatchInlineSnapshot(`
      [
        {
          "kind": "place",
          "number": 0,
          "order": {
            "client_id": "load-0",
            "instrument": "BTC-USD",
            "price": "70000.16",
            "quantity": "0.00014318",
            "side": "sell",
            "type": "limit",
          },
        },
        {
          "kind": "place",
          "number": 1,
          "order": {
            "client_id": "load-0",
            "instrument": "BTC-USD",
            "price": "70000.16",
            "quantity": "0.03875391",
            "side": "sell",
            "type": "limit",
          },
        },
        {
          "kind": "cancel",
          "target": 0,
        },
      ]
    `);
  });

  it('has the shares of its mix', () => {
    const actions = take(new OrderFlow(3, 0, EVERYDAY), 20_000);
    const orders = actions.flatMap((action) => (action.kind === 'place' ? [action.order] : []));
    const share = (part: readonly unknown[], all: readonly unknown[]) => part.length / all.length;
    // Cancels may be more: they keep the number of open orders below its bound.
    const cancels = actions.filter(({ kind }) => kind === 'cancel');
    expect(share(cancels, actions)).toBeGreaterThan(EVERYDAY.cancel - 0.02);
    const of = (is: (order: FlowOrder) => boolean) => share(orders.filter(is), orders);
    expect(of(({ type }) => type === 'market')).toBeCloseTo(EVERYDAY.market, 1);
    expect(of((order) => order.time_in_force === 'IOC')).toBeCloseTo(EVERYDAY.ioc, 1);
    expect(of((order) => order.post_only === true)).toBeCloseTo(EVERYDAY.postOnly, 1);
    expect(of(({ side }) => side === 'buy')).toBeCloseTo(0.5, 1);
  });

  it('numbers its orders, cancels each at most once, and touches only those that may rest', () => {
    const resting = new Set<number>();
    let placed = 0;
    let openMax = 0;
    for (const action of take(new OrderFlow(4, 9, EVERYDAY), 20_000)) {
      if (action.kind === 'place') {
        expect(action.number).toBe(placed++);
        const { type, time_in_force } = action.order;
        if (type === 'limit' && time_in_force === undefined) resting.add(action.number);
      } else {
        expect(resting.has(action.target)).toBe(true);
        if (action.kind === 'cancel') resting.delete(action.target);
      }
      openMax = Math.max(openMax, resting.size);
    }
    expect(openMax).toBe(OPEN_ORDERS_MAX);
  });

  it('cancels young orders most of the time', () => {
    let placed = 0;
    const ages: number[] = [];
    for (const action of take(new OrderFlow(5, 0, EVERYDAY), 20_000)) {
      if (action.kind === 'place') placed = action.number;
      else if (action.kind === 'cancel') ages.push(placed - action.target);
    }
    ages.sort((a, b) => a - b);
    expect(ages[ages.length >> 1]).toBeLessThan(20);
  });

  it('says prices and quantities exactly, and rests near the middle, most of the time close to it', () => {
    const orders = take(new OrderFlow(6, 0, EVERYDAY), 20_000).flatMap((action) =>
      action.kind === 'place' ? [action.order] : [],
    );
    for (const { price = '70000.00', quantity } of orders) {
      expect(price).toMatch(/^(69|70)\d{3}\.\d\d$/);
      expect(quantity).toMatch(/^0\.0\d{7}$/);
      expect(lots(quantity)).toBeGreaterThan(0);
    }
    const resting = orders.flatMap(({ post_only, price }) =>
      post_only === true && price !== undefined ? [price] : [],
    );
    const distances = resting.map((price) => Math.abs(ticks(price) - 7_000_000)).sort((a, b) => a - b);
    expect(distances[distances.length >> 1]).toBeLessThan(25);
    expect(distances.at(-1)).toBeGreaterThan(2_000);
  });

  it.each([
    ['EVERYDAY', EVERYDAY, STREAMS * OPEN_ORDERS_MAX],
    ['ORDERS_ONLY', ORDERS_ONLY, STREAMS * 40],
  ])('keeps the book of an exchange bounded: %s', (_, mix, openMax) => {
    const played = playAll(mix, 10_000);
    expect(played.openMax).toBeLessThanOrEqual(openMax);
    expect(played.trades).toBeGreaterThan(5_000);
    expect([...played.refusals.keys()].filter((reason) => reason !== '' && reason !== 'order_closed')).toEqual([]);
    const closed = played.refusals.get('order_closed') ?? 0;
    expect(closed).toBeLessThan(STREAMS * 10_000 * 0.2);
  });

  it('refuses shares that make no sense, and mixes whose book would grow', () => {
    const withShares = (shares: Partial<Mix>) => () => new OrderFlow(1, 0, { ...ORDERS_ONLY, ...shares });
    expect(withShares({ cancel: -0.1 })).toThrow(RangeError);
    expect(withShares({ cancel: 0.6, amend: 0.6 })).toThrow(RangeError);
    expect(withShares({ taking: Number.NaN })).toThrow(RangeError);
    expect(withShares({ ioc: 0.1, taking: 0.9 })).toThrow('without cancels');
    expect(withShares({ taking: 0.5 })).toThrow('without cancels');
    expect(withShares({ cancel: 0.1, taking: 0.5 })).not.toThrow();
  });
});
