// The rules of RULES.md one by one, in its numbering: matching (1 to 9). Commands are in engine-commands.test.ts, checks,
// limits and clearing in engine-clearing.test.ts. Whole event streams are compared with the reference in src/sim/domain-fuzz/fuzz.test.ts.

import { describe, expect, it } from 'vitest';
import { Side } from './codes.ts';
import { Command } from './command.ts';
import { Engine } from './engine.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import { SILENT_LISTENER } from './listener.ts';
import type { NewOrder, SelfTradeName } from './plain-objects.ts';
import { Market } from './testing/market.ts';

describe('rule 1: price, then time', () => {
  it('takes the best price first, then the oldest; a partly filled maker stays in front', () => {
    const market = new Market();
    market.sell(10, 101);
    market.sell(10, 100);
    market.sell(10, 100);
    market.told();
    const { order } = market.buy(14, 105);
    expect(order).toMatchObject({ status: 'filled', executedLots: 14, remainingLots: 0, notional: 1_400n });
    expect(market.told()).toEqual(['trade 2<-4 10@100', 'filled 2 -10', 'trade 3<-4 4@100', 'filled 3 -4', 'done 4 0']);
    market.buy(1, 100);
    expect(market.book(Side.SELL)).toBe('3:5@100 1:10@101');
  });

  it('numbers trades without gaps', () => {
    const market = new Market();
    for (let i = 0; i < 3; i++) market.sell(1, 100);
    const { engine } = market.exchange;
    expect(engine.lastTradeNumber).toBe(0);
    market.buy(1, 100);
    expect(market.buy(2, 100).trades.map(({ tradeNumber }) => tradeNumber)).toEqual([2, 3]);
    expect(engine.lastTradeNumber).toBe(3);
  });

  it('shows a part of an iceberg, and the next one at the end of the queue', () => {
    const market = new Market();
    market.sell(10, 100, { displayLots: 4 });
    market.sell(5, 100);
    expect(market.book(Side.SELL)).toBe('1:4+6@100 2:5@100');
    expect(market.exchange.depthAt('sell', 100)).toBe(9);
    market.told();
    market.buy(4, 100);
    expect(market.told()).toEqual(['trade 1<-3 4@100', 'filled 1 -4', 'replenished 1 4', 'done 3 0']);
    expect(market.book(Side.SELL)).toBe('2:5@100 1:4+2@100');
  });

  it('a sweep takes the displayed parts in turn, and the level stays open while an iceberg is alone in it', () => {
    const market = new Market();
    market.sell(5, 100, { displayLots: 2 });
    market.told();
    const { trades } = market.buy(9, 100);
    expect(trades.map((trade) => trade.quantityLots)).toEqual([2, 2, 1]);
    expect(market.told()).toEqual([
      ...['trade 1<-2 2@100', 'filled 1 -2', 'replenished 1 2', 'trade 1<-2 2@100', 'filled 1 -2', 'replenished 1 1'],
      ...['trade 1<-2 1@100', 'filled 1 -1', 'rested 2 4'],
    ]);
  });

  it('trades the whole of an incoming iceberg, and shows a part of what rests', () => {
    const market = new Market();
    market.sell(6, 100);
    market.buy(20, 100, { displayLots: 5 });
    expect(market.book(Side.BUY)).toBe('2:5+9@100');
  });
});

describe('rules 2 and 3: amend', () => {
  function threeBids(): Market {
    const market = new Market();
    for (let i = 0; i < 3; i++) market.buy(10, 100);
    market.told();
    return market;
  }

  it('keeps the place for a smaller or the same quantity at the same price', () => {
    const market = threeBids();
    market.exchange.amend(1, { quantityLots: 4 });
    market.exchange.amend(1, { quantityLots: 4, priceTicks: 100 });
    expect(market.told()).toEqual(['amended 1 -6', 'amended 1 0']);
    expect(market.book(Side.BUY)).toBe('1:4@100 2:10@100 3:10@100');
    expect(market.exchange.depthAt('buy', 100)).toBe(24);
  });

  it('loses the place for a larger quantity and for any other price', () => {
    const market = threeBids();
    market.exchange.amend(1, { quantityLots: 11 });
    expect(market.told()).toEqual(['lifted 1 -10', 'rested 1 11']);
    expect(market.book(Side.BUY)).toBe('2:10@100 3:10@100 1:11@100');
    market.exchange.amend(2, { priceTicks: 99 });
    market.exchange.amend(2, { priceTicks: 100 });
    expect(market.book(Side.BUY)).toBe('3:10@100 1:11@100 2:10@100');
  });

  it('an iceberg gives up its hidden part first', () => {
    const market = new Market();
    market.buy(10, 100, { displayLots: 4 });
    market.buy(1, 100);
    market.told();
    market.exchange.amend(1, { quantityLots: 6 });
    expect(market.book(Side.BUY)).toBe('1:4+2@100 2:1@100');
    market.exchange.amend(1, { quantityLots: 3 });
    expect(market.book(Side.BUY)).toBe('1:3@100 2:1@100');
    expect(market.told()).toEqual(['amended 1 0', 'amended 1 -1']);
    market.exchange.amend(1, { quantityLots: 9 });
    expect(market.book(Side.BUY)).toBe('2:1@100 1:4+5@100');
    expect(market.exchange.amend(1, { quantityLots: 401 }).refused).toBe('amend_invalid');
    expect(market.exchange.amend(1, { quantityLots: 400 }).refused).toBe('');
  });

  it('takes the quantity as the total: what is executed counts', () => {
    const market = threeBids();
    market.sell(4, 100);
    const { order } = market.exchange.amend(1, { quantityLots: 6 });
    expect(order).toMatchObject({ quantityLots: 6, executedLots: 4, remainingLots: 2 });
    expect(market.book(Side.BUY)).toBe('1:2@100 2:10@100 3:10@100');
  });

  it.each([3, 4])('closes an order as filled when the new total %i is executed already', (quantityLots) => {
    const market = threeBids();
    market.sell(4, 100);
    market.told();
    const { order } = market.exchange.amend(1, { quantityLots, priceTicks: 120 });
    expect(market.told()).toEqual(['lifted 1 -6', 'done 1 0']);
    expect(order).toMatchObject({ status: 'filled', quantityLots: 4, executedLots: 4, reason: '' });
    expect(market.exchange.order(1)).toBeUndefined();
    expect(market.book(Side.BUY)).toBe('2:10@100 3:10@100');
  });

  it('closes an order as cancelled when the new total is prevented already and nothing was executed', () => {
    const market = new Market();
    market.sell(10, 100, { clientId: 'ann' });
    market.buy(4, 100, { selfTrade: 'dc' });
    const { order } = market.exchange.amend(1, { quantityLots: 3 });
    expect(order).toMatchObject({ status: 'cancelled', quantityLots: 4, preventedLots: 4, executedLots: 0 });
  });

  it('leaves the order untouched when it is refused', () => {
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

describe('rule 4: amend through the spread', () => {
  it('trades at the maker price, the amended order being the taker', () => {
    const market = new Market();
    market.sell(5, 100);
    market.buy(8, 90);
    market.told();
    const { order } = market.exchange.amend(2, { priceTicks: 110 });
    expect(order).toMatchObject({ orderNumber: 2, executedLots: 5, remainingLots: 3, priceTicks: 110 });
    expect(market.told()).toEqual(['lifted 2 -8', 'trade 1<-2 5@100', 'filled 1 -5', 'rested 2 3']);
  });

  it('is refused for a post-only order, which rests on as it was', () => {
    const market = new Market();
    market.buy(5, 99, { postOnly: true });
    market.buy(5, 99);
    market.sell(5, 100);
    expect(market.exchange.amend(1, { priceTicks: 100 }).refused).toBe('amend_would_cross');
    expect(market.book(Side.BUY)).toBe('1:5@99 2:5@99');
  });

  it('obeys self-trade prevention: the order is still its client’s', () => {
    const market = new Market();
    market.sell(5, 100, { clientId: 'ann' });
    market.buy(5, 90, { selfTrade: 'cn' });
    const { order, trades } = market.exchange.amend(2, { priceTicks: 100 });
    expect([order?.status, order?.reason, trades.length]).toEqual(['cancelled', 'self_trade_prevented', 0]);
  });
});

describe('rule 5: what may not rest', () => {
  it('accepts a market order on an empty book and cancels it with nothing executed', () => {
    const market = new Market();
    const { order } = market.buy(5, 0, { type: 'market' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'no_liquidity', executedLots: 0 });
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

  it('a market order does not trade beyond its protection price', () => {
    const market = new Market();
    market.sell(3, 100);
    market.sell(3, 102);
    const { order } = market.buy(5, 101, { type: 'market' });
    expect(order).toMatchObject({ executedLots: 3, status: 'cancelled', reason: 'price_protection' });
  });

  it.each([
    ['buy', 101, 3],
    ['sell', 93, 2],
  ] as const)('a slippage is a distance from the best opposite price on arrival: %s', (side, protection, executed) => {
    const market = new Market();
    for (const [lots, price] of [
      [1, 100],
      [2, 101],
      [4, 102],
    ])
      market.sell(lots, price);
    for (const [lots, price] of [
      [1, 95],
      [1, 93],
      [4, 92],
    ])
      market.buy(lots, price);
    const slippageTicks = side === 'buy' ? 1 : 2;
    const order = { clientId: 'eve', side, type: 'market', quantityLots: 9, slippageTicks } as const;
    expect(market.exchange.newOrder(order).order).toMatchObject({
      ...{ priceTicks: protection, executedLots: executed, reason: 'price_protection' },
    });
  });

  it('a slippage on an empty side, and one beyond the lowest price, protect from nothing', () => {
    const market = new Market();
    expect(market.sell(1, 0, { type: 'market', slippageTicks: 5 }).order).toMatchObject({
      ...{ priceTicks: 0, reason: 'no_liquidity' },
    });
    market.buy(1, 3);
    expect(market.sell(2, 0, { type: 'market', slippageTicks: 5 }).order).toMatchObject({
      ...{ priceTicks: 1, reason: 'no_liquidity', executedLots: 1 },
    });
  });

  const byAmount = (quoteAmount: bigint): Partial<NewOrder> => ({ type: 'market', quoteAmount });

  it('a quote amount buys at each price what is left of it pays, and its quantity is what it executed', () => {
    const market = new Market();
    market.sell(3, 100);
    market.sell(9, 150);
    const { order, trades } = market.buy(0, 0, byAmount(700n));
    expect(trades.map((trade) => [trade.quantityLots, trade.priceTicks])).toEqual([
      [3, 100],
      [2, 150],
    ]);
    expect(order).toMatchObject({ status: 'filled', quantityLots: 5, executedLots: 5, notional: 600n, reason: '' });
  });

  it('a quote amount counts in whole increments', () => {
    const market = new Market({ quantityIncrementLots: 5, minQuantityLots: 5 });
    market.sell(50, 10);
    expect(market.buy(0, 0, byAmount(149n)).order).toMatchObject({ status: 'filled', executedLots: 10 });
    expect(market.buy(0, 0, byAmount(49n)).order).toMatchObject({ status: 'cancelled', reason: 'quote_remainder' });
  });

  it('a quote amount is cancelled with what remains when the book ends, or its protection', () => {
    const market = new Market();
    market.buy(2, 10);
    market.buy(2, 8);
    expect(market.sell(0, 9, byAmount(100n)).order).toMatchObject({
      ...{ status: 'cancelled', reason: 'price_protection', executedLots: 2, quantityLots: 2 },
    });
    expect(market.sell(0, 0, byAmount(100n)).order).toMatchObject({ reason: 'no_liquidity', notional: 16n });
  });

  it('a sell by quote amount that would lead beyond what can be computed is stopped', () => {
    const most = DEFAULT_INSTRUMENTS[0].maxQuantityLots;
    const market = new Market();
    market.buy(1, 1_000_000_000, { clientId: 'a1' });
    for (let i = 0; i < 50; i++) market.buy(most, 1, { clientId: `a${i % 2}` });
    const { order } = market.sell(0, 0, byAmount(2n ** 54n));
    expect(order).toMatchObject({ status: 'cancelled', reason: 'position_overflow' });
    expect(market.exchange.position('bob').netLots).toBe(-1 - 45 * most);
  });
});

describe('rule 6: fill or kill', () => {
  it('fills whole, hidden parts included, or trades nothing', () => {
    const market = new Market();
    market.sell(10, 100, { displayLots: 2 });
    market.sell(5, 101);
    market.told();
    expect(market.buy(16, 105, { timeInForce: 'FOK' }).order).toMatchObject({
      ...{ status: 'cancelled', reason: 'fok_unfilled', executedLots: 0 },
    });
    expect(market.buy(11, 100, { timeInForce: 'FOK' }).order?.reason).toBe('fok_unfilled');
    expect(market.told()).toEqual(['done 3 0', 'done 4 0']);
    expect(market.buy(15, 101, { timeInForce: 'FOK' }).order?.status).toBe('filled');
  });

  it('goes for market orders too', () => {
    const market = new Market();
    market.sell(5, 100);
    expect(market.buy(6, 0, { type: 'market', timeInForce: 'FOK' }).order?.reason).toBe('fok_unfilled');
    expect(market.buy(5, 0, { type: 'market', timeInForce: 'FOK' }).order?.status).toBe('filled');
  });

  it('counts only what is inside the band', () => {
    const market = new Market({ priceBandBps: 1_000, referencePriceTicks: 100 });
    market.sell(5, 110);
    market.exchange.defineInstrument({ ...market.exchange.engine.instruments.get(0), referencePriceTicks: 99 });
    expect(market.buy(5, 0, { type: 'market', timeInForce: 'FOK' }).order?.reason).toBe('fok_unfilled');
  });

  /** ann has the second of three asks, of 5 lots each. */
  function withOwnOrder(): Market {
    const market = new Market();
    market.sell(5, 100);
    market.sell(5, 100, { clientId: 'ann' });
    market.sell(5, 100);
    return market;
  }

  it.each([
    ['none', 15, 'filled'],
    ['co', 10, 'filled'],
    ['co', 11, 'cancelled'],
    ['cn', 5, 'filled'],
    ['cn', 6, 'cancelled'],
    ['cb', 6, 'cancelled'],
    ['dc', 6, 'cancelled'],
  ] as const)('with prevention %s, %i lots: %s', (selfTrade, lots, status) => {
    const market = withOwnOrder();
    market.told();
    expect(market.buy(lots, 100, { timeInForce: 'FOK', selfTrade }).order?.status).toBe(status);
    if (status === 'filled') return;
    // No maker was cancelled for nothing.
    expect(market.told()).toEqual(['done 4 0']);
    expect(market.book(Side.SELL)).toBe('1:5@100 2:5@100 3:5@100');
  });

  it('meets its own order before the hidden part of one that stands in front', () => {
    const market = new Market();
    market.sell(10, 100, { displayLots: 2 });
    market.sell(5, 100, { clientId: 'ann' });
    expect(market.buy(3, 100, { timeInForce: 'FOK', selfTrade: 'cn' }).order?.reason).toBe('fok_unfilled');
    expect(market.buy(2, 100, { timeInForce: 'FOK', selfTrade: 'cn' }).order?.status).toBe('filled');
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

  it('is rejected before anything is prevented', () => {
    const market = new Market();
    market.sell(5, 100, { clientId: 'ann' });
    market.told();
    market.buy(5, 100, { postOnly: true, selfTrade: 'co' });
    expect(market.told()).toEqual(['rejected 2 0']);
  });

  it.each<Partial<NewOrder>>([
    { timeInForce: 'IOC' },
    { timeInForce: 'FOK' },
    { type: 'market', priceTicks: 0 },
    { stopPriceTicks: 100 },
  ])('does not go with %o', (more) => {
    expect(new Market().buy(1, 100, { postOnly: true, ...more }).order?.reason).toBe('post_only_invalid');
  });
});

describe('rule 8: self-trade prevention', () => {
  /** bob 5, ann 5, bob 5 at one price; ann sweeps 12. */
  function sweep(selfTrade: SelfTradeName, lots = 12): Market {
    const market = new Market();
    market.sell(5, 100);
    market.sell(5, 100, { clientId: 'ann' });
    market.sell(5, 100);
    market.told();
    market.buy(lots, 100, { selfTrade });
    return market;
  }

  it('none: they trade', () => {
    expect(sweep('none').told()).toContain('trade 2<-4 5@100');
  });

  it('co: the resting order is cancelled and matching goes on', () => {
    const market = sweep('co');
    expect(market.told()).toEqual([
      ...['trade 1<-4 5@100', 'filled 1 -5', 'cancelled 2 -5', 'trade 3<-4 5@100', 'filled 3 -5', 'rested 4 2'],
    ]);
  });

  it('cn: what remains of the incoming order is cancelled; fills before it stand', () => {
    const market = sweep('cn');
    expect(market.told()).toEqual(['trade 1<-4 5@100', 'filled 1 -5', 'done 4 0']);
    expect(market.book(Side.SELL)).toBe('2:5@100 3:5@100');
  });

  it('cb: both', () => {
    const market = sweep('cb');
    expect(market.told()).toEqual(['trade 1<-4 5@100', 'filled 1 -5', 'cancelled 2 -5', 'done 4 0']);
    expect(market.book(Side.SELL)).toBe('3:5@100');
  });

  it('dc: both lose the smaller remainder, which is not a trade; matching goes on', () => {
    const market = sweep('dc');
    expect(market.told()).toEqual([
      ...['trade 1<-4 5@100', 'filled 1 -5', 'cancelled 2 -5', 'trade 3<-4 2@100', 'filled 3 -2', 'done 4 0'],
    ]);
    expect(market.exchange.engine.lastTradeNumber).toBe(2);
  });

  it('dc: an order of which nothing remains is cancelled, and says how much was prevented', () => {
    const market = new Market();
    market.sell(9, 100, { clientId: 'ann', displayLots: 4 });
    market.told();
    const { order } = market.buy(6, 100, { selfTrade: 'dc' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'self_trade_prevented', preventedLots: 6 });
    // The hidden part goes first.
    expect(market.told()).toEqual(['prevented 1 -1', 'done 2 0']);
    expect(market.exchange.order(1)).toMatchObject({
      quantityLots: 9,
      preventedLots: 6,
      remainingLots: 3,
      openLots: 3,
    });
    expect(market.exchange.engine.instruments.lastPriceTicks(0)).toBe(0);
  });

  it('dc: an order by quote amount is decremented by what the lots would have cost', () => {
    const market = new Market();
    market.sell(2, 100, { clientId: 'ann' });
    market.sell(9, 100);
    const { order } = market.buy(0, 0, { type: 'market', quoteAmount: 550n, selfTrade: 'dc' });
    expect(order).toMatchObject({ status: 'filled', executedLots: 3, preventedLots: 2, quantityLots: 5 });
  });

  it('dc: a quote amount that was prevented whole is cancelled', () => {
    const market = new Market();
    market.sell(9, 100, { clientId: 'ann' });
    const { order } = market.buy(0, 0, { type: 'market', quoteAmount: 550n, selfTrade: 'dc' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'quote_remainder', preventedLots: 5, quantityLots: 5 });
    expect(market.book(Side.SELL)).toBe('1:4@100');
  });

  it('looks at the incoming order’s mode only', () => {
    const market = new Market();
    market.sell(5, 100, { clientId: 'ann', selfTrade: 'cn' });
    expect(market.buy(5, 100).order?.status).toBe('filled');
  });
});

describe('rule 9: quantities add up', () => {
  it('through fills, prevention and an amend', () => {
    const market = new Market();
    market.buy(20, 100);
    market.sell(3, 100);
    market.sell(4, 100, { clientId: 'ann', selfTrade: 'dc' });
    expect(market.exchange.order(1)).toMatchObject({ executedLots: 3, preventedLots: 4, remainingLots: 13 });
    market.exchange.amend(1, { quantityLots: 10 });
    expect(market.exchange.order(1)).toMatchObject({ quantityLots: 10, remainingLots: 3 });
    expect(market.sell(3, 100).order?.status).toBe('filled');
    expect(market.exchange.order(1)).toBeUndefined();
  });

  it('the notional of the largest order is exact', () => {
    const [{ maxQuantityLots, maxPriceTicks }] = DEFAULT_INSTRUMENTS;
    const market = new Market();
    market.sell(maxQuantityLots, maxPriceTicks);
    const { order } = market.buy(maxQuantityLots, maxPriceTicks);
    expect(order?.notional).toBe(BigInt(maxQuantityLots) * BigInt(maxPriceTicks));
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
    const changed = (fields: Partial<Command>): Command => Object.assign(new Command(), command, fields);
    engine.apply(1, 10, command);
    expect(() => engine.apply(3, 10, command)).toThrow('no gap');
    expect(() => engine.apply(2, 9, command)).toThrow('backwards');
    expect(() => engine.apply(2, 10, changed({ flags: 16 }))).toThrow('flags');
    expect(() => engine.apply(2, 10, changed({ priceTicks: 0.5 }))).toThrow('whole');
    expect(() => engine.apply(2, 10, changed({ clientLength: 0 }))).toThrow('client');
    expect([engine.sequence, engine.timeUs, engine.openOrders]).toEqual([1, 10, 1]);
  });

  it('lets a visitor stop', () => {
    const market = new Market();
    for (let i = 0; i < 5; i++) market.buy(1, 100 + i);
    for (let i = 0; i < 5; i++) market.buy(1, 200, { stopPriceTicks: 150 + i });
    const { engine } = market.exchange;
    const seen: number[] = [];
    engine.forEachLevel(0, Side.BUY, (priceTicks) => {
      seen.push(priceTicks);
      return seen.length < 2;
    });
    engine.forEachOrder(0, Side.BUY, (row) => {
      seen.push(engine.orders.number(row));
      return false;
    });
    engine.forEachStop(0, Side.BUY, (row) => {
      seen.push(engine.orders.number(row));
      return seen.length < 5;
    });
    expect(seen).toEqual([104, 103, 5, 6, 7]);
  });
});
