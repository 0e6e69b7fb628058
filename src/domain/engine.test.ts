// The rules of RULES.md one by one, in its numbering, through the plain exchange; and one regression test for each
// known mistake of other engines that applies. Whole event streams are compared with the reference in fuzz.test.ts.

import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { SILENT_LISTENER } from '../sim/testing/silent-listener.ts';
import { CommandType, REASONS, Reason, reasonName, Side } from './codes.ts';
import { Command } from './command.ts';
import { Engine } from './engine.ts';
import { EngineState } from './engine-state.ts';
import { createExchange, type Exchange, type ExchangeEvent, type NewOrder, type Outcome } from './exchange.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import type { EngineListener } from './listener.ts';

class Market {
  readonly events: string[] = [];
  readonly exchange: Exchange = createExchange({ onEvent: (event) => this.events.push(line(event)) });

  buy(quantityLots: number, priceTicks: number, more: Partial<NewOrder> = {}): Outcome {
    return this.exchange.newOrder({ clientId: 'ann', side: 'buy', priceTicks, quantityLots, ...more });
  }

  sell(quantityLots: number, priceTicks: number, more: Partial<NewOrder> = {}): Outcome {
    return this.exchange.newOrder({ clientId: 'bob', side: 'sell', priceTicks, quantityLots, ...more });
  }

  /** Orders in price-time order as `number:remaining@price`. */
  book(side: Side): string {
    const { engine } = this.exchange;
    const found: string[] = [];
    engine.forEachOrder(0, side, (row) => {
      const { number, quantityLots, executedLots, priceTicks } = engine.orders;
      found.push(`${number[row]}:${quantityLots[row] - executedLots[row]}@${priceTicks[row]}`);
    });
    return found.join(' ');
  }

  /** Events since the last call. */
  told(): string[] {
    return this.events.splice(0);
  }
}

function line(event: ExchangeEvent): string {
  if (event.type === 'trade') {
    const { makerOrder, takerOrder, quantityLots, priceTicks } = event.trade;
    return `trade ${makerOrder}<-${takerOrder} ${quantityLots}@${priceTicks}`;
  }
  if (event.type === 'order') return `${event.change} ${event.order.orderNumber} ${event.restingDeltaLots}`;
  return event.type === 'refused' ? `refused ${event.reason}` : `replayed ${event.originalSequence}`;
}

describe('rule 1: price-time priority at the maker price', () => {
  it('takes the best price first, then the oldest; a partly filled maker stays in front', () => {
    const market = new Market();
    market.sell(10, 101);
    market.sell(10, 100);
    market.sell(10, 100);
    market.told();
    const outcome = market.buy(14, 105);
    expect(outcome.trades.map((trade) => [trade.makerOrder, trade.quantityLots, trade.priceTicks])).toEqual([
      [2, 10, 100],
      [3, 4, 100],
    ]);
    expect(outcome.order).toMatchObject({ status: 'filled', executedLots: 14, remainingLots: 0, notional: 1_400n });
    expect(market.told()).toEqual(['trade 2<-4 10@100', 'filled 2 -10', 'trade 3<-4 4@100', 'filled 3 -4', 'done 4 0']);
    market.buy(1, 100);
    expect(market.book(Side.SELL)).toBe('3:5@100 1:10@101');
  });

  it('numbers trades without gaps and names the first of a command', () => {
    const market = new Market();
    for (let i = 0; i < 3; i++) market.sell(1, 100);
    const { engine } = market.exchange;
    expect([engine.firstTradeOfCommand, engine.tradeCountOfCommand, engine.lastTradeNumber]).toEqual([0, 0, 0]);
    market.buy(1, 100);
    market.buy(2, 100);
    expect([engine.firstTradeOfCommand, engine.tradeCountOfCommand, engine.lastTradeNumber]).toEqual([2, 2, 3]);
  });

  it('prints at the maker price when a crossing amend is the taker [4]', () => {
    const market = new Market();
    market.sell(5, 100);
    market.buy(8, 90);
    market.told();
    const outcome = market.exchange.amend(2, { priceTicks: 110 });
    expect(outcome.order).toMatchObject({ orderNumber: 2, executedLots: 5, remainingLots: 3, priceTicks: 110 });
    expect(market.told()).toEqual(['lifted 2 -8', 'trade 1<-2 5@100', 'filled 1 -5', 'rested 2 3']);
    expect(market.book(Side.BUY)).toBe('2:3@110');
  });
});

describe('rules 2 and 3: amend', () => {
  function threeBids(): Market {
    const market = new Market();
    for (let i = 0; i < 3; i++) market.buy(10, 100);
    market.told();
    return market;
  }

  it('keeps priority for a smaller quantity at the same price', () => {
    const market = threeBids();
    market.exchange.amend(1, { quantityLots: 4 });
    expect(market.told()).toEqual(['amended 1 -6']);
    expect(market.book(Side.BUY)).toBe('1:4@100 2:10@100 3:10@100');
    expect(market.exchange.depthAt('buy', 100)).toBe(24);
  });

  it('changes nothing for the same quantity and price', () => {
    const market = threeBids();
    market.exchange.amend(1, { quantityLots: 10, priceTicks: 100 });
    expect(market.told()).toEqual(['amended 1 0']);
    expect(market.book(Side.BUY)).toBe('1:10@100 2:10@100 3:10@100');
  });

  it('loses priority for a larger quantity and for any other price', () => {
    const market = threeBids();
    market.exchange.amend(1, { quantityLots: 11 });
    expect(market.told()).toEqual(['lifted 1 -10', 'rested 1 11']);
    expect(market.book(Side.BUY)).toBe('2:10@100 3:10@100 1:11@100');
    market.exchange.amend(2, { priceTicks: 99 });
    market.exchange.amend(2, { priceTicks: 100 });
    expect(market.book(Side.BUY)).toBe('3:10@100 1:11@100 2:10@100');
  });

  it('takes the quantity as the total: what is executed counts', () => {
    const market = threeBids();
    market.sell(4, 100);
    const outcome = market.exchange.amend(1, { quantityLots: 6 });
    expect(outcome.order).toMatchObject({ quantityLots: 6, executedLots: 4, remainingLots: 2 });
    expect(market.book(Side.BUY)).toBe('1:2@100 2:10@100 3:10@100');
  });

  it.each([3, 4])('closes an order as filled when the new total %i is executed already', (quantityLots) => {
    const market = threeBids();
    market.sell(4, 100);
    market.told();
    const outcome = market.exchange.amend(1, { quantityLots, priceTicks: 120 });
    expect(market.told()).toEqual(['lifted 1 -6', 'done 1 0']);
    expect(outcome.order).toMatchObject({ status: 'filled', quantityLots: 4, executedLots: 4, reason: '' });
    expect(market.exchange.order(1)).toBeUndefined();
    expect(market.book(Side.BUY)).toBe('2:10@100 3:10@100');
  });

  it('leaves the order untouched when it fails', () => {
    const market = threeBids();
    const before = market.exchange.order(1);
    for (const amendment of [{}, { quantityLots: 2 ** 50 }, { priceTicks: 2 ** 50 }]) {
      expect(market.exchange.amend(1, amendment).refused).toBe('amend_invalid');
    }
    expect(market.exchange.amend(1, { quantityLots: 5, clientId: 'bob' }).refused).toBe('order_unknown');
    expect(market.exchange.amend(77, { quantityLots: 5 }).refused).toBe('order_unknown');
    expect(market.exchange.order(1)).toEqual(before);
    expect(market.book(Side.BUY)).toBe('1:10@100 2:10@100 3:10@100');
  });
});

describe('rule 5: what may not rest', () => {
  it('accepts a market order on an empty book and cancels it with nothing executed', () => {
    const market = new Market();
    const outcome = market.buy(5, 0, { type: 'market' });
    expect(outcome.order).toMatchObject({ status: 'cancelled', reason: 'no_liquidity', executedLots: 0 });
    expect(market.told()).toEqual(['done 1 0']);
  });

  it('cancels the remainder of market and IOC orders', () => {
    const market = new Market();
    market.sell(3, 100);
    market.sell(3, 102);
    expect(market.buy(5, 101, { timeInForce: 'IOC' }).order).toMatchObject({
      ...{ status: 'cancelled', reason: 'ioc_remainder', executedLots: 3, remainingLots: 0 },
    });
    expect(market.buy(5, 0, { type: 'market' }).order).toMatchObject({
      ...{ status: 'cancelled', reason: 'no_liquidity', executedLots: 3, notional: 306n },
    });
    expect(market.exchange.engine.openOrders).toBe(0);
  });
});

describe('rule 7: post-only', () => {
  it('is rejected when it would touch the opposite best, and rests otherwise', () => {
    const market = new Market();
    market.sell(5, 100);
    expect(market.buy(1, 100, { postOnly: true }).order?.reason).toBe('post_only_would_cross');
    expect(market.buy(1, 99, { postOnly: true }).order?.status).toBe('open');
    expect(market.sell(1, 99, { postOnly: true }).order?.status).toBe('rejected');
  });

  it('does not go with market or IOC', () => {
    const market = new Market();
    expect(market.buy(1, 100, { postOnly: true, timeInForce: 'IOC' }).order?.reason).toBe('post_only_invalid');
    expect(market.buy(1, 0, { postOnly: true, type: 'market' }).order?.reason).toBe('post_only_invalid');
  });
});

describe('rule 10: bounds', () => {
  const [bitcoin] = DEFAULT_INSTRUMENTS;

  it.each([
    ['price_out_of_bounds', { priceTicks: 0 }],
    ['price_out_of_bounds', { priceTicks: bitcoin.maxPriceTicks + 1 }],
    ['price_out_of_bounds', { priceTicks: 5, type: 'market' as const }],
    ['quantity_out_of_bounds', { quantityLots: 0 }],
    ['quantity_out_of_bounds', { quantityLots: bitcoin.maxQuantityLots + 1 }],
    ['unknown_instrument', { instrument: 'DOGE-USD' }],
  ])('rejects by name: %s', (reason, wrong) => {
    const market = new Market();
    const outcome = market.buy(1, 100, wrong);
    expect(outcome.order).toMatchObject({ orderNumber: 1, status: 'rejected', reason, remainingLots: 0 });
    expect(market.told()).toEqual(['rejected 1 0']);
    expect(market.exchange.engine.sequence).toBe(1);
  });

  it('takes the largest order, and its notional is exact', () => {
    const market = new Market();
    market.sell(bitcoin.maxQuantityLots, bitcoin.maxPriceTicks);
    const { order } = market.buy(bitcoin.maxQuantityLots, bitcoin.maxPriceTicks);
    expect(order?.notional).toBe(10_000_000_000n * 100_000_000_000_000n);
  });

  it('rejects what would make the total at one price inexact, before anything changes', () => {
    const market = new Market();
    const most = bitcoin.maxQuantityLots;
    const fitting = Math.floor(Number.MAX_SAFE_INTEGER / most);
    for (let i = 0; i < fitting; i++) market.buy(most, 100);
    expect(market.buy(most, 100).order?.reason).toBe('quantity_out_of_bounds');
    expect(market.buy(most, 99).order?.status).toBe('open');
    expect(market.exchange.amend(fitting + 2, { priceTicks: 100 }).refused).toBe('amend_invalid');
    expect(market.exchange.depthAt('buy', 100)).toBe(most * fitting);
    market.exchange.amend(1, { quantityLots: 5 });
    market.buy(most, 100);
    expect(market.buy(Number.MAX_SAFE_INTEGER - most * fitting - 5, 100).order?.status).toBe('open');
    expect(market.exchange.depthAt('buy', 100)).toBe(Number.MAX_SAFE_INTEGER);
    expect(market.exchange.amend(1, { quantityLots: 6 }).refused).toBe('amend_invalid');
  });

  it('lets no fraction or negative number near the engine', () => {
    const market = new Market();
    for (const wrong of [0.5, Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53]) {
      expect(() => market.buy(1, wrong)).toThrow('priceTicks is not a whole number');
      expect(() => market.buy(wrong, 1)).toThrow('quantityLots is not a whole number');
    }
    expect(() => market.buy(1, 1, { clientId: '' })).toThrow('clientId is empty');
    expect(() => market.buy(1, 1, { clientId: 'é'.repeat(33) })).toThrow('clientId is longer than 64 bytes');
    expect(() => market.exchange.bestBid('DOGE-USD')).toThrow('no instrument');
    expect(market.exchange.engine.sequence).toBe(0);
  });
});

describe('rule 11: cancel', () => {
  it('cancels a live order once', () => {
    const market = new Market();
    market.buy(5, 100);
    market.told();
    expect(market.exchange.cancel(1, 'ann').order).toMatchObject({
      ...{ status: 'cancelled', reason: 'cancelled_by_client', remainingLots: 0 },
    });
    expect(market.told()).toEqual(['cancelled 1 -5']);
    expect(market.exchange.cancel(1, 'ann').refused).toBe('order_closed');
  });

  it('refuses filled, foreign and unknown orders by different reasons', () => {
    const market = new Market();
    market.buy(5, 100);
    market.sell(5, 100);
    market.buy(5, 100);
    expect(market.exchange.cancel(1).refused).toBe('order_closed');
    expect(market.exchange.cancel(3, 'bob').refused).toBe('order_unknown');
    expect(market.exchange.cancel(3, 'nobody').refused).toBe('order_unknown');
    expect(market.exchange.cancel(1_000).refused).toBe('order_unknown');
    expect(market.exchange.cancel(0).refused).toBe('order_unknown');
    // Its own sequence is no order's number yet.
    expect(market.exchange.cancel(9).refused).toBe('order_unknown');
    expect(market.book(Side.BUY)).toBe('3:5@100');
  });
});

describe('rule 12: idempotency', () => {
  it('gives the original result again, though the order has changed since', () => {
    const market = new Market();
    market.sell(2, 100);
    const first = market.buy(5, 100, { idempotencyKey: 'k' });
    market.exchange.cancel(2);
    market.told();
    const second = market.buy(5, 100, { idempotencyKey: 'k' });
    expect(second).toMatchObject({ replayed: true, order: first.order, trades: [], sequence: 4 });
    expect(market.told()).toEqual(['replayed 2']);
    const { results } = market.exchange.engine;
    expect([results.sequence[0], results.firstTrade[0], results.tradeCount[0]]).toEqual([2, 1, 1]);
  });

  it('refuses a key with another command, and knows each client apart', () => {
    const market = new Market();
    market.buy(5, 100, { idempotencyKey: 'k' });
    expect(market.buy(6, 100, { idempotencyKey: 'k' }).refused).toBe('idempotency_key_reused');
    expect(market.buy(5, 100, { idempotencyKey: 'k', postOnly: true }).refused).toBe('idempotency_key_reused');
    expect(market.buy(5, 100, { idempotencyKey: 'k', clientId: 'cat' }).replayed).toBe(false);
    expect(market.exchange.engine.openOrders).toBe(2);
  });

  it('remembers rejected orders', () => {
    const market = new Market();
    const rejected = market.buy(0, 100, { idempotencyKey: 'k' });
    expect(market.buy(0, 100, { idempotencyKey: 'k' })).toMatchObject({ replayed: true, order: rejected.order });
    expect(market.exchange.engine.idempotencyKeys).toBe(1);
  });

  it('holds for cancels too', () => {
    const market = new Market();
    market.buy(5, 100);
    market.buy(5, 100);
    const { engine } = market.exchange;
    market.told();
    keyed(engine, { targetOrder: 1 });
    keyed(engine, { targetOrder: 1 });
    keyed(engine, { targetOrder: 2 });
    expect(market.told()).toEqual(['cancelled 1 -5', 'replayed 3', 'refused idempotency_key_reused']);
    expect(engine.oldestKeyUs).toBe(3);
  });

  it('refuses again what it refused, though it could be carried out by now', () => {
    const market = new Market();
    const { engine } = market.exchange;
    market.buy(5, 99, { postOnly: true });
    market.sell(5, 101);
    const amend = { type: CommandType.AMEND_ORDER, targetOrder: 1, priceTicks: 101 };
    keyed(engine, amend);
    market.exchange.cancel(2);
    market.told();
    const before = engine.writeSnapshot();
    keyed(engine, amend);
    expect(market.told()).toEqual(['refused amend_would_cross']);
    expect(market.book(Side.BUY)).toBe('1:5@99');
    // Nothing but sequence and time is other than before.
    const after = engine.writeSnapshot();
    expect(after.subarray(40, -16)).toEqual(before.subarray(40, -16));
    keyed(engine, { ...amend, priceTicks: 102 });
    keyed(engine, { targetOrder: 1 });
    expect(market.told()).toEqual(['refused idempotency_key_reused', 'refused idempotency_key_reused']);
    expect(engine.idempotencyKeys).toBe(1);
    keyed(engine, amend, 'another');
    expect(market.book(Side.BUY)).toBe('1:5@101');
  });

  it('refuses again to cancel an order that came later', () => {
    const market = new Market();
    const { engine } = market.exchange;
    keyed(engine, { targetOrder: 2 });
    market.buy(5, 99);
    keyed(engine, { targetOrder: 2 });
    expect(market.told()).toEqual(['refused order_unknown', 'rested 2 5', 'refused order_unknown']);
    expect(market.book(Side.BUY)).toBe('2:5@99');
  });

  it('stores a refusal as a result without an order, for clients never seen before too', () => {
    const market = new Market();
    const { engine } = market.exchange;
    market.buy(5, 99, { clientId: 'bob', idempotencyKey: 'older' });
    market.buy(5, 98, { clientId: 'bob' });
    expect(engine.clients.count).toBe(1);
    keyed(engine, { type: CommandType.AMEND_ORDER, targetOrder: 2, priceTicks: 7, quantityLots: 8 });
    expect([engine.clients.count, engine.idempotencyKeys]).toEqual([2, 2]);
    const row = Object.fromEntries(Object.entries(engine.results).map(([name, column]) => [name, column[1]]));
    const zeros = Object.fromEntries(Object.keys(engine.results).map((name) => [name, 0]));
    const asked = { commandType: CommandType.AMEND_ORDER, askedPriceTicks: 7, askedQuantityLots: 8 };
    const told = { number: 2, reason: Reason.NOT_OWNER, client: 1, sequence: 3, updatedUs: 3 };
    expect(row).toEqual({ ...zeros, ...asked, ...told });
  });

  it('remembers no refusal without a key or without a client', () => {
    const market = new Market();
    const { engine } = market.exchange;
    keyed(engine, { targetOrder: 9, clientLength: 0 });
    keyed(engine, { targetOrder: 9, keyLength: 0 });
    expect([engine.clients.count, engine.idempotencyKeys]).toEqual([0, 0]);
  });

  it('leaves nothing of a forgotten result in the refusal that takes its row', () => {
    const told: string[] = [];
    const listener: EngineListener = {
      ...{ onTrade() {}, onOrder() {} },
      onRefused: (reason, order) => told.push(`${reason} ${order}`),
      onReplayed: () => told.push('replayed'),
    };
    const engine = new Engine(DEFAULT_INSTRUMENTS, listener, new EngineState(DEFAULT_INSTRUMENTS, 1));
    keyed(engine, { type: CommandType.NEW_ORDER, priceTicks: 5, quantityLots: 5 }, 'first');
    keyed(engine, { targetOrder: 7 }, 'second');
    keyed(engine, { targetOrder: 7 }, 'second');
    expect(told).toEqual(['100 -1', '100 -1']);
    const { results } = engine;
    expect([results.status[0], results.priceTicks[0], results.quantityLots[0], results.side[0]]).toEqual([0, 0, 0, 0]);
  });

  /** Applies a command, a cancel unless said otherwise, of client ann with an idempotency key. */
  function keyed(engine: Engine, fields: Partial<Command>, key = 'key'): void {
    const command = new Command();
    command.type = CommandType.CANCEL_ORDER;
    command.bytes = new TextEncoder().encode(`ann${key}`);
    command.clientLength = 3;
    command.keyOffset = 3;
    command.keyLength = key.length;
    Object.assign(command, fields);
    engine.apply(engine.sequence + 1, engine.sequence + 1, command);
  }
});

describe('mistakes of other engines', () => {
  it('a crossing post-only amend does not destroy the order', () => {
    const market = new Market();
    market.buy(5, 99, { postOnly: true });
    market.buy(5, 99);
    market.sell(5, 100);
    const before = market.exchange.order(1);
    expect(market.exchange.amend(1, { priceTicks: 100 }).refused).toBe('amend_would_cross');
    expect(market.exchange.order(1)).toEqual(before);
    expect(market.book(Side.BUY)).toBe('1:5@99 2:5@99');
  });

  it('an amended order still belongs to its client', () => {
    const market = new Market();
    market.buy(5, 99);
    expect(market.exchange.amend(1, { priceTicks: 98, clientId: 'ann' }).order?.clientId).toBe('ann');
    expect(market.exchange.cancel(1, 'bob').refused).toBe('order_unknown');
  });

  it('no dust rests: 0.1 + 0.2 BTC fill 0.3 BTC', () => {
    const market = new Market();
    market.sell(10_000_000, 100);
    market.sell(20_000_000, 100);
    expect(market.buy(30_000_000, 100).order).toMatchObject({ status: 'filled', remainingLots: 0 });
    expect(market.exchange.engine.openOrders).toBe(0);
    expect([market.exchange.bestBid(), market.exchange.bestAsk()]).toEqual([0, 0]);
  });

  it('an empty book has no volume', () => {
    const market = new Market();
    const numbers = [1, 2, 3, 4].map((lots) => market.buy(lots, 100).sequence);
    for (const number of numbers) market.exchange.cancel(number);
    let levels = 0;
    market.exchange.engine.forEachLevel(0, Side.BUY, () => {
      levels++;
    });
    expect([levels, market.exchange.depthAt('buy', 100), market.exchange.bestBid()]).toEqual([0, 0, 0]);
  });

  it('a cancel does not walk its level: 100,000 orders at one price, cancelled in random order', () => {
    const market = createExchange();
    const count = 100_000;
    const numbers = Array.from({ length: count }, () => {
      return market.newOrder({ clientId: 'ann', side: 'sell', priceTicks: 100, quantityLots: 1 }).sequence;
    });
    const random = new Random(1);
    const startedMs = performance.now();
    while (numbers.length > 0) {
      const pick = random.below(numbers.length);
      market.cancel(numbers[pick]);
      numbers[pick] = numbers[numbers.length - 1];
      numbers.pop();
    }
    expect(market.engine.openOrders).toBe(0);
    // Walking would be 2.5 billion steps, tens of seconds.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe('the engine itself', () => {
  it('stops on a gap in the sequence, on time running backwards, and on malformed commands', () => {
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
    const command = new Command();
    command.bytes = new Uint8Array([65]);
    command.clientLength = 1;
    command.priceTicks = 1;
    command.quantityLots = 1;
    engine.apply(1, 10, command);
    expect(() => engine.apply(3, 10, command)).toThrow('no gap');
    expect(() => engine.apply(2, 9, command)).toThrow('backwards');
    expect(() => engine.apply(2, 10, Object.assign(new Command(), command, { flags: 8 }))).toThrow('flags');
    expect(() => engine.apply(2, 10, Object.assign(new Command(), command, { priceTicks: 0.5 }))).toThrow('whole');
    expect(() => engine.apply(2, 10, Object.assign(new Command(), command, { clientLength: 0 }))).toThrow('client');
    expect(() => new Engine([...DEFAULT_INSTRUMENTS], SILENT_LISTENER, new EngineState(DEFAULT_INSTRUMENTS))).toThrow(
      'state',
    );
    expect([engine.sequence, engine.timeUs, engine.openOrders]).toEqual([1, 10, 1]);
  });

  it('lets a visitor stop', () => {
    const market = new Market();
    for (let i = 0; i < 5; i++) market.buy(1, 100 + i);
    const seen: number[] = [];
    market.exchange.engine.forEachLevel(0, Side.BUY, (priceTicks) => {
      seen.push(priceTicks);
      return seen.length < 2;
    });
    market.exchange.engine.forEachOrder(0, Side.BUY, (row) => {
      seen.push(market.exchange.engine.orders.number[row]);
      return false;
    });
    expect(seen).toEqual([104, 103, 5]);
  });

  it('names every reason', () => {
    for (const reason of Object.values(Reason)) expect(reason === 0 || REASONS.has(reason)).toBe(true);
    expect([reasonName(0), reasonName(10)]).toEqual(['', 'no_liquidity']);
  });
});
