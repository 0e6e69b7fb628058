// The rules of RULES.md one by one: commands (10 to 15) and the venue's own. Matching is in engine.test.ts.

import { describe, expect, it } from 'vitest';
import { CommandType, Side } from './codes.ts';
import { Command } from './command.ts';
import { Engine } from './engine.ts';
import { EngineState } from './engine-state.ts';
import { createExchange } from './exchange.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import type { EngineListener } from './listener.ts';
import type { InstrumentStatusName, NewOrder } from './plain-objects.ts';
import { bitcoin, Market } from './testing/market.ts';

describe('rule 10: exact or refused', () => {
  const [{ maxPriceTicks, maxQuantityLots }] = DEFAULT_INSTRUMENTS;

  it.each<[string, Partial<NewOrder>]>([
    ['price_out_of_bounds', { priceTicks: 0 }],
    ['price_out_of_bounds', { priceTicks: maxPriceTicks + 1 }],
    ['price_out_of_bounds', { priceTicks: maxPriceTicks + 1, type: 'market' }],
    ['quantity_out_of_bounds', { quantityLots: 0 }],
    ['quantity_out_of_bounds', { quantityLots: maxQuantityLots + 1 }],
    ['unknown_instrument', { instrument: 'DOGE-USD' }],
  ])('rejects by name: %s %o', (reason, wrong) => {
    const market = new Market();
    const { order } = market.buy(1, 100, wrong);
    expect(order).toMatchObject({ orderNumber: 1, status: 'rejected', reason, remainingLots: 0 });
    expect(market.told()).toEqual(['rejected 1 0']);
    expect(market.exchange.engine.sequence).toBe(1);
  });

  it('keeps to tick and lot', () => {
    const market = new Market({ priceIncrementTicks: 5, quantityIncrementLots: 10, minQuantityLots: 10 });
    expect(market.buy(10, 101).order?.reason).toBe('price_off_tick');
    expect(market.buy(11, 100).order?.reason).toBe('quantity_off_lot');
    expect(market.buy(10, 100).order?.status).toBe('open');
    expect(market.exchange.amend(3, { priceTicks: 101 }).refused).toBe('amend_invalid');
    expect(market.exchange.amend(3, { quantityLots: 15 }).refused).toBe('amend_invalid');
  });

  it('keeps the total at one price exact, before anything changes', () => {
    const market = new Market();
    const clients = ['ann', 'bob', 'cat'];
    const fitting = Math.floor(Number.MAX_SAFE_INTEGER / maxQuantityLots);
    for (let i = 0; i < fitting; i++) market.buy(maxQuantityLots, 100, { clientId: clients[i % 3] });
    const more = { clientId: 'dan' };
    expect(market.buy(maxQuantityLots, 100, more).order?.reason).toBe('quantity_out_of_bounds');
    expect(market.buy(maxQuantityLots, 99, more).order?.status).toBe('open');
    expect(market.exchange.amend(fitting + 2, { priceTicks: 100 }).refused).toBe('amend_invalid');
    expect(market.exchange.depthAt('buy', 100)).toBe(maxQuantityLots * fitting);
    market.exchange.amend(1, { quantityLots: 5 });
    market.buy(maxQuantityLots, 100, more);
    const rest = Number.MAX_SAFE_INTEGER - maxQuantityLots * fitting - 5;
    expect(market.buy(rest, 100, more).order?.status).toBe('open');
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

describe('replacing an order', () => {
  it('cancels the one and places the other, whose number is the command’s sequence', () => {
    const market = new Market();
    market.buy(5, 99);
    market.told();
    const { order } = market.exchange.replace(1, { clientId: 'ann', side: 'buy', priceTicks: 98, quantityLots: 7 });
    expect(order).toMatchObject({ orderNumber: 2, status: 'open' });
    expect(market.told()).toEqual(['cancelled 1 -5', 'rested 2 7']);
    expect(market.exchange.cancel(1).refused).toBe('order_closed');
  });

  it.each<[string, Partial<NewOrder>]>([
    ['replace_invalid', { side: 'sell' }],
    ['post_only_would_cross', { priceTicks: 100, postOnly: true }],
    ['price_out_of_bounds', { priceTicks: 0 }],
    ['order_unknown', { clientId: 'bob' }],
  ])('does neither when there is an objection: %s', (reason, wrong) => {
    const market = new Market();
    market.buy(5, 99);
    market.sell(5, 100);
    market.told();
    const order = { clientId: 'ann', side: 'buy', priceTicks: 98, quantityLots: 7, ...wrong } as const;
    expect(market.exchange.replace(1, order).refused).toBe(reason);
    expect(market.told()).toEqual([`refused ${reason}`]);
    expect(market.book(Side.BUY)).toBe('1:5@99');
  });

  it('may not fill whole and still takes the place of the other: that is no objection', () => {
    const market = new Market();
    market.buy(5, 99);
    const order = { clientId: 'ann', side: 'buy', priceTicks: 99, quantityLots: 7, timeInForce: 'FOK' } as const;
    expect(market.exchange.replace(1, order).order?.reason).toBe('fok_unfilled');
    expect(market.exchange.engine.openOrders).toBe(0);
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
    expect([results.sequence(0), results.firstTrade(0), results.tradeCount(0)]).toEqual([2, 1, 1]);
  });

  it('the result is what the order’s own arrival made of it, before stops followed', () => {
    const market = new Market();
    market.sell(4, 100, { stopPriceTicks: 100, clientId: 'eve' });
    market.sell(1, 100);
    const { order } = market.buy(5, 100, { idempotencyKey: 'k' });
    expect(order).toMatchObject({ executedLots: 1, status: 'partially_filled' });
    expect(market.exchange.order(3)).toBeUndefined();
    expect(market.buy(5, 100, { idempotencyKey: 'k' })).toMatchObject({ replayed: true, order });
  });

  it('refuses a key with another command, and knows each client apart', () => {
    const market = new Market();
    market.buy(5, 100, { idempotencyKey: 'k' });
    expect(market.buy(6, 100, { idempotencyKey: 'k' }).refused).toBe('idempotency_key_reused');
    expect(market.buy(5, 100, { idempotencyKey: 'k', postOnly: true }).refused).toBe('idempotency_key_reused');
    expect(market.exchange.cancel(1, 'ann', 'k').refused).toBe('idempotency_key_reused');
    expect(market.buy(5, 100, { idempotencyKey: 'k', clientId: 'cat' }).replayed).toBe(false);
    expect(market.exchange.engine.openOrders).toBe(2);
  });

  it('remembers rejected orders, and cancels', () => {
    const market = new Market();
    const rejected = market.buy(0, 100, { idempotencyKey: 'k' });
    expect(market.buy(0, 100, { idempotencyKey: 'k' })).toMatchObject({ replayed: true, order: rejected.order });
    market.buy(5, 100);
    market.told();
    market.exchange.cancel(3, 'ann', 'c');
    market.exchange.cancel(3, 'ann', 'c');
    expect(market.told()).toEqual(['cancelled 3 -5', 'replayed 4']);
    expect(market.exchange.engine.idempotencyKeys).toBe(2);
    expect(market.exchange.engine.oldestKeyUs).toBe(1);
  });

  it('remembers what a command about no single order came to', () => {
    const market = new Market();
    market.buy(5, 100);
    const { engine } = market.exchange;
    keyed(engine, { type: CommandType.MASS_CANCEL, instrument: 0, side: 0 });
    market.buy(5, 100);
    market.told();
    keyed(engine, { type: CommandType.MASS_CANCEL, instrument: 0, side: 0 });
    expect(market.told()).toEqual(['replayed 2']);
    expect([engine.results.isValue(0), engine.results.value(0)]).toEqual([true, 1]);
    expect(market.book(Side.BUY)).toBe('3:5@100');
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
    keyed(engine, amend);
    expect(market.told()).toEqual(['refused amend_would_cross']);
    expect(market.book(Side.BUY)).toBe('1:5@99');
    keyed(engine, { ...amend, priceTicks: 102 });
    keyed(engine, { targetOrder: 1 });
    expect(market.told()).toEqual(['refused idempotency_key_reused', 'refused idempotency_key_reused']);
    expect(engine.idempotencyKeys).toBe(1);
    keyed(engine, amend, 'another');
    expect(market.book(Side.BUY)).toBe('1:5@101');
  });

  it('refuses again to cancel an order that came later', () => {
    const market = new Market();
    market.exchange.cancel(2, 'ann', 'k');
    market.buy(5, 99);
    market.exchange.cancel(2, 'ann', 'k');
    expect(market.told()).toEqual(['refused order_unknown', 'rested 2 5', 'refused order_unknown']);
    expect(market.book(Side.BUY)).toBe('2:5@99');
  });

  it('remembers a refusal of clients never seen before, but none without a key or without a client', () => {
    const market = new Market();
    const { engine } = market.exchange;
    keyed(engine, { targetOrder: 9, clientLength: 0 });
    keyed(engine, { targetOrder: 9, keyLength: 0 });
    expect([engine.clients.count, engine.idempotencyKeys]).toEqual([0, 0]);
    keyed(engine, { targetOrder: 9 });
    expect([engine.clients.count, engine.idempotencyKeys]).toEqual([1, 1]);
    expect(engine.results.isRefusal(0)).toBe(true);
  });

  it('leaves nothing of a forgotten result in the refusal that takes its row', () => {
    const told: string[] = [];
    const listener: EngineListener = {
      ...{ onTrade() {}, onOrder() {}, onApplied() {}, onObligation() {} },
      onRefused: (reason, order) => told.push(`${reason} ${order}`),
      onReplayed: () => told.push('replayed'),
    };
    const engine = new Engine(
      DEFAULT_INSTRUMENTS,
      listener,
      new EngineState(DEFAULT_INSTRUMENTS, { idempotencyKeysMax: 1 }),
    );
    keyed(engine, { type: CommandType.NEW_ORDER, priceTicks: 5, quantityLots: 5 }, 'first');
    keyed(engine, { targetOrder: 7 }, 'second');
    keyed(engine, { targetOrder: 7 }, 'second');
    expect(told).toEqual(['100 -1', '100 -1']);
    const { orders } = engine.results;
    expect([orders.status(0), orders.priceTicks(0), orders.quantityLots(0), orders.side(0)]).toEqual([0, 0, 0, 0]);
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

describe('rule 13: time is an input', () => {
  const until = (expiresUs: number): Partial<NewOrder> => ({ timeInForce: 'GTT', expiresUs });

  it('ends orders in order of expiry, then number, and stops too', () => {
    const market = new Market();
    market.buy(1, 100, until(300));
    market.buy(2, 100, until(200));
    market.buy(3, 100, until(200));
    market.buy(4, 100, { ...until(100), stopPriceTicks: 200 });
    market.buy(5, 100);
    market.told();
    const { engine } = market.exchange;
    expect(engine.nextExpiryUs).toBe(100);
    expect(market.exchange.expire(199).value).toBe(1);
    expect(market.exchange.expire(300).value).toBe(3);
    expect(market.told()).toEqual([
      ...['cancelled 4 0', 'applied 1', 'cancelled 2 -2', 'cancelled 3 -3', 'cancelled 1 -1', 'applied 3'],
    ]);
    expect([engine.nextExpiryUs, market.book(Side.BUY)]).toEqual([0, '5:5@100']);
  });

  it('says expired', () => {
    const told: string[] = [];
    const exchange = createExchange({
      onEvent: (event) => {
        if (event.type === 'order') told.push(`${event.order.status} ${event.order.reason}`);
      },
    });
    exchange.newOrder({ clientId: 'ann', side: 'buy', priceTicks: 1, quantityLots: 1, ...until(9) });
    exchange.expire(9);
    expect(told).toEqual(['open ', 'expired expired']);
  });

  it('rejects an order whose time has come, and forgets the time of one that ended otherwise', () => {
    const market = new Market();
    expect(market.buy(1, 100, until(1)).order?.reason).toBe('expiry_passed');
    market.buy(1, 100, until(100));
    market.sell(1, 100);
    expect(market.exchange.engine.nextExpiryUs).toBe(0);
  });
});

describe('rule 14: stops', () => {
  const stop = (stopPriceTicks: number, more: Partial<NewOrder> = {}): Partial<NewOrder> => ({
    ...{ clientId: 'eve', stopPriceTicks, ...more },
  });

  it('waits outside the book until the last trade price reaches it', () => {
    const market = new Market();
    market.print(100);
    market.buy(5, 120, stop(110));
    expect(market.told()).toEqual(['stop_accepted 3 0']);
    expect([market.book(Side.BUY), market.exchange.engine.openOrders]).toEqual(['', 1]);
    market.print(109);
    expect(market.exchange.order(3)?.triggered).toBe(false);
    market.sell(1, 110);
    market.told();
    market.buy(1, 110);
    expect(market.told()).toEqual(['trade 6<-7 1@110', 'filled 6 -1', 'done 7 0', 'triggered 3 0', 'rested 3 5']);
    expect(market.exchange.order(3)).toMatchObject({ triggered: true, priceTicks: 120 });
  });

  it('comes in at once when it is due on arrival', () => {
    const market = new Market();
    market.print(100);
    market.buy(5, 120, stop(100));
    expect(market.told()).toEqual(['triggered 3 0', 'rested 3 5']);
  });

  it('triggers buys from the lowest price up, then sells from the highest down, the older first at one price', () => {
    const market = new Market();
    market.buy(1, 300, stop(110, { type: 'market', priceTicks: 0 }));
    market.buy(1, 300, stop(105, { type: 'market', priceTicks: 0 }));
    market.buy(1, 300, stop(105, { type: 'market', priceTicks: 0 }));
    market.sell(1, 1, stop(120, { type: 'market', priceTicks: 0 }));
    market.sell(1, 1, stop(130, { type: 'market', priceTicks: 0 }));
    market.told();
    market.sell(1, 115);
    market.buy(1, 115);
    const triggered = market.told().filter((line) => line.startsWith('triggered'));
    expect(triggered).toEqual(['triggered 2 0', 'triggered 3 0', 'triggered 1 0', 'triggered 5 0', 'triggered 4 0']);
    expect(market.exchange.engine.openOrders).toBe(0);
  });

  it('cascades: the trades of one trigger the next, until none is due', () => {
    const market = new Market();
    for (const price of [101, 102, 103, 104]) market.sell(1, price);
    market.buy(1, 0, stop(101, { type: 'market' }));
    market.buy(1, 0, stop(102, { type: 'market' }));
    market.buy(1, 0, stop(104, { type: 'market' }));
    const { trades } = market.buy(1, 101);
    expect(trades.map((trade) => [trade.takerOrder, trade.priceTicks])).toEqual([
      [8, 101],
      [5, 102],
      [6, 103],
    ]);
    expect(market.exchange.order(7)?.triggered).toBe(false);
  });

  it('comes in by its own terms: FOK, IOC, and the band of the command that triggered it', () => {
    const market = new Market({ priceBandBps: 1_000 });
    market.print(100);
    market.buy(5, 105, stop(105, { timeInForce: 'FOK' }));
    market.buy(5, 105, stop(105, { timeInForce: 'IOC' }));
    market.buy(5, 111, stop(105));
    market.sell(1, 105);
    market.sell(2, 105);
    market.told();
    market.buy(1, 105);
    const ended = market.told().slice(3);
    expect(ended).toEqual([
      ...['triggered 3 0', 'done 3 0', 'triggered 4 0', 'trade 7<-4 2@105', 'filled 7 -2', 'done 4 0'],
      ...['triggered 5 0', 'done 5 0'],
    ]);
  });

  it('is amended where it waits', () => {
    const market = new Market();
    market.print(100);
    market.buy(5, 120, stop(110));
    market.buy(5, 0, stop(110, { type: 'market' }));
    market.told();
    market.exchange.amend(3, { priceTicks: 130, quantityLots: 9 });
    expect(market.told()).toEqual(['amended 3 0']);
    expect(market.exchange.order(3)).toMatchObject({ priceTicks: 130, quantityLots: 9 });
    expect(market.exchange.amend(4, { priceTicks: 130 }).refused).toBe('amend_invalid');
    expect(market.exchange.amend(4, { quantityLots: 6 }).order?.quantityLots).toBe(6);
    expect(market.exchange.position('eve').openBuyLots).toBe(15);
  });

  it('is not due before the first trade, and the last price is in the snapshot', () => {
    const market = new Market();
    expect(market.sell(1, 1, stop(100)).order?.triggered).toBe(false);
    market.print(100);
    const restored = createExchange({ snapshot: market.exchange.snapshot() });
    const order = { clientId: 'eve', side: 'buy', quantityLots: 1, priceTicks: 99, stopPriceTicks: 100 } as const;
    expect(restored.newOrder(order).order?.triggered).toBe(true);
  });

  it('has a price within bounds and on tick', () => {
    const market = new Market({ priceIncrementTicks: 5 });
    expect(market.buy(1, 100, stop(0)).order?.reason).toBe('stop_price_invalid');
    expect(market.buy(1, 100, stop(101)).order?.reason).toBe('stop_price_invalid');
  });
});

describe('rule 15: halts let cancels through', () => {
  it.each<[InstrumentStatusName, string]>([
    ['halted', 'instrument_halted'],
    ['cancel_only', 'instrument_cancel_only'],
  ])('%s', (status, reason) => {
    const market = new Market();
    market.buy(5, 100);
    market.buy(5, 100, { timeInForce: 'GTT', expiresUs: 1_000 });
    market.buy(5, 100);
    market.exchange.setInstrumentStatus('BTC-USD', status);
    expect(market.buy(5, 100, { postOnly: true }).order?.reason).toBe(reason);
    expect(market.exchange.amend(1, { quantityLots: 1 }).refused).toBe(reason);
    const order = { clientId: 'ann', side: 'buy', priceTicks: 98, quantityLots: 7 } as const;
    expect(market.exchange.replace(1, order).refused).toBe(reason);
    expect(market.exchange.cancel(1).refused).toBe('');
    expect(market.exchange.expire(1_000).value).toBe(1);
    expect(market.exchange.massCancel().value).toBe(1);
  });

  it('kill switch: for all instruments, and before any of them is looked at', () => {
    const market = new Market();
    market.buy(5, 100);
    market.exchange.setKillSwitch(true);
    expect(market.buy(5, 0).order?.reason).toBe('kill_switch');
    expect(market.exchange.amend(1, {}).refused).toBe('kill_switch');
    expect(market.exchange.cancel(1).refused).toBe('');
    market.exchange.setKillSwitch(false);
    expect(market.buy(5, 100).order?.status).toBe('open');
  });

  it('post-only mode lets only post-only orders in, and amends that make an order end', () => {
    const market = new Market();
    market.buy(5, 100);
    market.sell(2, 100);
    market.exchange.setInstrumentStatus('BTC-USD', 'post_only');
    expect(market.buy(5, 100).order?.reason).toBe('instrument_post_only');
    expect(market.buy(5, 100, { postOnly: true }).order?.status).toBe('open');
    expect(market.exchange.amend(1, { quantityLots: 4 }).refused).toBe('instrument_post_only');
    expect(market.exchange.amend(1, { quantityLots: 2 }).order?.status).toBe('filled');
  });
});

describe('mass cancel', () => {
  const ETHER = bitcoin({ name: 'ETH-USD', base: 'ETH' });

  function twoInstruments(): { exchange: ReturnType<typeof createExchange>; told: string[] } {
    const told: string[] = [];
    const exchange = createExchange({
      instruments: [bitcoin(), ETHER],
      onEvent: (event) => {
        if (event.type === 'order' && event.change === 'cancelled') told.push(`${event.order.orderNumber}`);
      },
    });
    const place = (clientId: string, instrument: string, more: Partial<NewOrder> = {}): void => {
      const order = { clientId, instrument, side: 'buy', priceTicks: 100, quantityLots: 1, ...more } as const;
      exchange.newOrder(order);
    };
    place('ann', 'ETH-USD');
    place('bob', 'BTC-USD');
    place('ann', 'BTC-USD', { side: 'sell', priceTicks: 200 });
    place('bob', 'BTC-USD', { stopPriceTicks: 150 });
    place('ann', 'BTC-USD');
    return { exchange, told };
  }

  it.each([
    [{}, ['3', '5', '2', '4', '1']],
    [{ clientId: 'ann' }, ['3', '5', '1']],
    [{ instrument: 'BTC-USD' }, ['3', '5', '2', '4']],
    [{ instrument: 'BTC-USD', side: 'buy' as const }, ['5', '2', '4']],
    [{ clientId: 'ann', instrument: 'ETH-USD', side: 'sell' as const }, []],
    [{ clientId: 'nobody' }, []],
  ])('%o, in order of instrument, client and number', (which, expected) => {
    const { exchange, told } = twoInstruments();
    const before = exchange.engine.openOrders;
    expect(exchange.massCancel(which).value).toBe(expected.length);
    expect(told).toEqual(expected);
    expect(exchange.engine.openOrders).toBe(before - expected.length);
  });

  it('refuses an unknown instrument', () => {
    expect(twoInstruments().exchange.massCancel({ instrument: 'DOGE-USD' }).refused).toBe('unknown_instrument');
  });
});

describe('instruments', () => {
  it('are added and changed by command; stored numbers stay what they are', () => {
    const market = new Market();
    const { exchange } = market;
    const ether = bitcoin({ name: 'ETH-USD', base: 'ETH' });
    expect(exchange.defineInstrument(ether).value).toBe(1);
    const order = { clientId: 'ann', instrument: 'ETH-USD', side: 'buy', priceTicks: 7, quantityLots: 1 } as const;
    expect(exchange.newOrder(order).order).toMatchObject({ instrument: 'ETH-USD', status: 'open' });
    expect(exchange.defineInstrument({ ...ether, maxPriceTicks: 6 }).value).toBe(1);
    expect(exchange.newOrder(order).order?.reason).toBe('price_out_of_bounds');
    expect(exchange.defineInstrument({ ...ether, priceScale: 3 }).refused).toBe('instrument_immutable');
    expect(exchange.defineInstrument({ ...ether, base: 'BTC' }).refused).toBe('instrument_immutable');
    expect(exchange.defineInstrument({ ...ether, minPriceTicks: 0 }).refused).toBe('instrument_invalid');
    expect(exchange.engine.instruments.get(1).maxPriceTicks).toBe(6);
  });

  it('are not delisted while they have live orders, and unknown afterwards', () => {
    const market = new Market();
    market.buy(1, 100);
    expect(market.exchange.setInstrumentStatus('BTC-USD', 'delisted').refused).toBe('instrument_busy');
    expect(market.exchange.defineInstrument(bitcoin({ status: 5 })).refused).toBe('');
    expect(market.sell(1, 200).order?.status).toBe('open');
    market.exchange.massCancel();
    market.exchange.setInstrumentStatus('BTC-USD', 'delisted');
    expect(market.buy(1, 100).order?.reason).toBe('unknown_instrument');
    expect(market.exchange.setInstrumentStatus('DOGE-USD', 'open').refused).toBe('unknown_instrument');
  });

  it('have room for 64', () => {
    const exchange = createExchange();
    for (let i = 1; i < 64; i++) exchange.defineInstrument(bitcoin({ name: `I${i}` }));
    expect(exchange.defineInstrument(bitcoin({ name: 'I64' })).refused).toBe('instruments_full');
    expect(exchange.defineInstrument(bitcoin({ name: 'I63', maxPriceTicks: 9 })).refused).toBe('');
  });
});
