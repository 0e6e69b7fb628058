// RULES.md: the order of checks, the band, limits, balances, positions, settlements and dry runs. Matching is in
// engine.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from './codes.ts';
import type { Exchange } from './exchange.ts';
import type { NewOrder, Outcome } from './plain-objects.ts';
import { DRY_RUN_ORDERS_MAX } from './rules/dry-run.ts';
import { bitcoin, Market } from './testing/market.ts';

describe('the order of checks', () => {
  it('the first objection is the reason', () => {
    const band = { priceBandBps: 1_000, referencePriceTicks: 100 };
    const market = new Market({ priceIncrementTicks: 5, quantityIncrementLots: 10, ...band });
    market.exchange.setClientLimits({ clientId: 'ann', maxOrderLots: 10 });
    market.exchange.setKillSwitch(true);
    market.exchange.setInstrumentStatus('BTC-USD', 'halted');
    let order: Partial<NewOrder> = {
      ...{ instrument: 'DOGE-USD', postOnly: true, timeInForce: 'IOC', displayLots: 1, stopPriceTicks: 1 },
      ...{ quoteAmount: 5n, priceTicks: 0, quantityLots: 0 },
    };
    const reasonWith = (change: Partial<NewOrder>): string | undefined => {
      order = { ...order, ...change };
      return market.buy(0, 0, order).order?.reason;
    };
    const without = (name: keyof NewOrder): void => {
      const { [name]: _left, ...rest } = order;
      order = rest;
    };
    expect(reasonWith({})).toBe('unknown_instrument');
    expect(reasonWith({ instrument: 'BTC-USD' })).toBe('kill_switch');
    market.exchange.setKillSwitch(false);
    expect(reasonWith({})).toBe('instrument_halted');
    market.exchange.setInstrumentStatus('BTC-USD', 'cancel_only');
    expect(reasonWith({})).toBe('instrument_cancel_only');
    market.exchange.setInstrumentStatus('BTC-USD', 'open');
    expect(reasonWith({})).toBe('post_only_invalid');
    expect(reasonWith({ postOnly: false })).toBe('quote_amount_invalid');
    without('quoteAmount');
    expect(reasonWith({})).toBe('display_quantity_invalid');
    expect(reasonWith({ displayLots: 0 })).toBe('stop_price_invalid');
    without('stopPriceTicks');
    expect(reasonWith({ timeInForce: 'GTT', expiresUs: 1 })).toBe('expiry_passed');
    expect(reasonWith({ timeInForce: 'GTC' })).toBe('price_out_of_bounds');
    expect(reasonWith({ priceTicks: 111 })).toBe('price_off_tick');
    expect(reasonWith({ priceTicks: 115 })).toBe('quantity_out_of_bounds');
    expect(reasonWith({ quantityLots: 15 })).toBe('quantity_off_lot');
    expect(reasonWith({ quantityLots: 20 })).toBe('price_band');
    market.sell(10, 110);
    expect(reasonWith({ priceTicks: 110, postOnly: true })).toBe('post_only_would_cross');
    expect(reasonWith({ priceTicks: 105 })).toBe('limit_order_quantity');
    expect(reasonWith({ quantityLots: 10 })).toBe('');
  });

  it.each<[string, Partial<NewOrder>]>([
    ['more than the quantity', { displayLots: 6 }],
    ['less than the minimum', { displayLots: 1 }],
    ['less than a hundredth', { displayLots: 2, quantityLots: 202 }],
    ['off lot', { displayLots: 3 }],
    ['market', { displayLots: 2, type: 'market', priceTicks: 0 }],
    ['IOC', { displayLots: 2, timeInForce: 'IOC' }],
    ['FOK', { displayLots: 2, timeInForce: 'FOK' }],
  ])('display quantity: not %s', (_what, more) => {
    const market = new Market({ minQuantityLots: 2, quantityIncrementLots: 2 });
    expect(market.buy(4, 100, more).order?.reason).toBe('display_quantity_invalid');
  });

  it.each<Partial<NewOrder>>([{}, { type: 'market', timeInForce: 'FOK' }, { type: 'market', stopPriceTicks: 5 }])(
    'quote amount: not with %o',
    (more) => {
      expect(new Market().buy(0, 0, { quoteAmount: 9n, ...more }).order?.reason).toBe('quote_amount_invalid');
    },
  );

  it.each<Partial<NewOrder>>([
    { type: 'limit' },
    { stopPriceTicks: 5 },
    { slippageTicks: 7 },
    { slippageTicks: 20_000_000_000 },
  ])('slippage: not %o', (more) => {
    const market = new Market({ priceIncrementTicks: 5 });
    const order = market.buy(1, 0, { type: 'market', slippageTicks: 5, ...more }).order;
    expect(order?.reason).toBe('price_out_of_bounds');
  });
});

describe('the band', () => {
  it('lies around the last trade price, or the reference until there is one', () => {
    const market = new Market({ priceBandBps: 500, referencePriceTicks: 199 });
    // floor(199 x 5 %) = 9
    expect(market.buy(1, 189).order?.reason).toBe('price_band');
    expect(market.buy(1, 190).order?.status).toBe('open');
    expect(market.sell(1, 209).order?.reason).toBe('price_band');
    expect(market.sell(1, 208).order?.status).toBe('open');
    market.sell(1, 190);
    expect(market.buy(1, 200).order?.reason).toBe('price_band');
    expect(market.exchange.amend(4, { priceTicks: 200 }).refused).toBe('price_band');
  });

  it('there is none without a reference', () => {
    const market = new Market({ priceBandBps: 500 });
    expect(market.buy(1, 1).order?.status).toBe('open');
  });

  it('is exact where price x basis points is not', () => {
    const reference = 2 ** 46 - 1;
    const width = Number((BigInt(reference) * 9_999n) / 10_000n);
    const market = new Market({ priceBandBps: 9_999, referencePriceTicks: reference, maxPriceTicks: reference });
    expect(market.buy(1, reference - width - 1).order?.reason).toBe('price_band');
    expect(market.buy(1, reference - width).order?.status).toBe('open');
  });

  it('binds executions: it stays as the command found it, and what remains is cancelled', () => {
    const market = new Market({ priceBandBps: 1_000, referencePriceTicks: 100 });
    for (const price of [105, 110]) market.sell(1, price);
    market.print(105);
    market.sell(1, 115);
    market.exchange.defineInstrument(bitcoin({ priceBandBps: 500, referencePriceTicks: 100 }));
    const { order } = market.buy(5, 0, { type: 'market' });
    expect(order).toMatchObject({ executedLots: 2, status: 'cancelled', reason: 'price_band' });
  });
});

describe('limits', () => {
  function limited(limits: Parameters<Exchange['setClientLimits']>[0] | object): Market {
    const market = new Market();
    market.exchange.setClientLimits({ clientId: 'ann', ...limits });
    return market;
  }

  it('of quantity and notional', () => {
    const market = limited({ maxOrderLots: 10, maxOrderNotional: 500n });
    expect(market.buy(11, 10).order?.reason).toBe('limit_order_quantity');
    expect(market.buy(10, 51).order?.reason).toBe('limit_order_notional');
    expect(market.buy(10, 50).order?.status).toBe('open');
    expect(market.exchange.amend(4, { quantityLots: 11 }).refused).toBe('limit_order_quantity');
    expect(market.exchange.amend(4, { priceTicks: 51 }).refused).toBe('limit_order_notional');
    expect(market.sell(11, 51).order?.status).toBe('open');
  });

  it('the notional of a market order is at its protection price, or at the best opposite price', () => {
    const market = limited({ maxOrderNotional: 500n });
    expect(market.buy(10, 0, { type: 'market' }).order?.reason).toBe('no_liquidity');
    market.sell(1, 51);
    expect(market.buy(10, 0, { type: 'market' }).order?.reason).toBe('limit_order_notional');
    expect(market.buy(10, 51, { type: 'market' }).order?.reason).toBe('limit_order_notional');
    expect(market.buy(10, 50, { type: 'market' }).order?.reason).toBe('price_protection');
    expect(market.buy(0, 0, { type: 'market', quoteAmount: 501n }).order?.reason).toBe('limit_order_notional');
  });

  it('of open orders, asked of orders that may rest or wait; a replacement takes the other’s place', () => {
    const market = limited({ maxOpenOrders: 2 });
    market.buy(1, 10);
    market.buy(1, 10, { stopPriceTicks: 20 });
    expect(market.buy(1, 10).order?.reason).toBe('limit_open_orders');
    expect(market.buy(1, 10, { timeInForce: 'IOC' }).order?.reason).toBe('ioc_remainder');
    const order = { clientId: 'ann', side: 'buy', priceTicks: 9, quantityLots: 1 } as const;
    expect(market.exchange.replace(2, order).refused).toBe('');
    market.exchange.cancel(3);
    expect(market.buy(1, 10).order?.status).toBe('open');
  });

  it('of the position with everything open on the order’s side, only on that side of zero', () => {
    const market = limited({ maxPositionLots: 10 });
    market.sell(8, 10, { clientId: 'bob' });
    market.buy(6, 10);
    expect(market.buy(5, 9).order?.reason).toBe('limit_position');
    expect(market.buy(4, 9).order?.status).toBe('open');
    expect(market.exchange.amend(5, { quantityLots: 5 }).refused).toBe('limit_position');
    // Long 6 with 4 more to buy: a sell may lead to -10.
    expect(market.sell(17, 20, { clientId: 'ann' }).order?.reason).toBe('limit_position');
    expect(market.sell(16, 20, { clientId: 'ann' }).order?.status).toBe('open');
  });

  it('a reduced order is not judged', () => {
    const market = new Market();
    market.buy(10, 10);
    market.exchange.setClientLimits({ clientId: 'ann', maxOrderLots: 1 });
    expect(market.exchange.amend(1, { quantityLots: 5 }).refused).toBe('');
    expect(market.exchange.amend(1, { quantityLots: 6 }).refused).toBe('limit_order_quantity');
  });
});

describe('positions', () => {
  it('adds up cost, realises by average, and counts fees apart', () => {
    const market = new Market({ makerFeeMillionths: -100_000, takerFeeMillionths: 250_000 });
    market.sell(3, 100);
    market.sell(4, 101);
    const { trades } = market.buy(7, 101);
    // Rounded toward minus infinity: 250,000 of 404 is 101, of 300 is 75; the rebate of 404 is -40.4.
    expect(trades.map((trade) => [trade.makerFee, trade.takerFee])).toEqual([
      [-30n, 75n],
      [-41n, 101n],
    ]);
    expect(market.exchange.position('ann')).toMatchObject({ netLots: 7, cost: 704n, realised: 0n, fees: 176n });
    market.buy(9, 110, { clientId: 'cat' });
    market.sell(2, 110, { clientId: 'ann' });
    // floor(704 x 2 / 7) = 201 leaves with the two lots.
    expect(market.exchange.position('ann')).toMatchObject({ netLots: 5, cost: 503n, realised: 19n });
    market.sell(7, 110, { clientId: 'ann' });
    expect(market.exchange.position('ann')).toMatchObject({ netLots: -2, cost: -220n, realised: 66n });
    expect(market.exchange.position('nobody').netLots).toBe(0);
  });
});

describe('settlement', () => {
  it('tells what the trades since the last one come to, by client and instrument, and starts anew', () => {
    const market = new Market({ takerFeeMillionths: 100_000 });
    market.sell(5, 100);
    market.buy(5, 100);
    market.told();
    const { obligations, value } = market.exchange.closeSettlement();
    expect(value).toBe(1);
    expect(market.told()).toEqual([...['obligation bob BTC-USD -5 500', 'obligation ann BTC-USD 5 -550', 'applied 1']]);
    expect(obligations.reduce((sum, one) => sum + one.baseLots, 0)).toBe(0);
    expect(market.exchange.closeSettlement()).toMatchObject({ value: 2, obligations: [] });
    expect(market.exchange.position('ann').netLots).toBe(5);
  });
});

describe('balances', () => {
  /** Units of 10^-14 in one lot of base and in one tick x lot: scales are 0. */
  const UNIT = 10n ** 14n;

  /** ann has dollars, bob bitcoin. */
  function funded(dollars: bigint, bitcoins: bigint, fees = 0): Market {
    const market = new Market({ priceScale: 0, quantityScale: 0, takerFeeMillionths: fees, maxPriceTicks: 1_000 });
    market.exchange.setRiskMode('balances');
    market.exchange.deposit('ann', 'USD', dollars * UNIT);
    market.exchange.deposit('bob', 'BTC', bitcoins * UNIT);
    market.told();
    return market;
  }

  const held = (market: Market, client: string, currency: string): bigint =>
    market.exchange.balance(client, currency).held / UNIT;
  const total = (market: Market, client: string, currency: string): bigint =>
    market.exchange.balance(client, currency).total / UNIT;

  it('a live order holds what it may spend, fee included, and frees it when it ends', () => {
    const market = funded(1_100n, 5n, 100_000);
    expect(market.buy(10, 101).order?.reason).toBe('insufficient_funds');
    expect(market.buy(10, 100).order?.status).toBe('open');
    expect(held(market, 'ann', 'USD')).toBe(1_100n);
    expect(market.exchange.withdraw('ann', 'USD', 1n).refused).toBe('insufficient_funds');
    market.exchange.amend(5, { quantityLots: 5 });
    expect(held(market, 'ann', 'USD')).toBe(550n);
    market.exchange.amend(5, { priceTicks: 50 });
    expect(held(market, 'ann', 'USD')).toBe(275n);
    expect(market.exchange.amend(5, { priceTicks: 201 }).refused).toBe('insufficient_funds');
    const order = { clientId: 'ann', side: 'buy', priceTicks: 100, quantityLots: 10 } as const;
    expect(market.exchange.replace(5, order).refused).toBe('');
    market.exchange.massCancel();
    expect(held(market, 'ann', 'USD')).toBe(0n);
  });

  it('a trade moves both legs, and price improvement is released with it', () => {
    const market = funded(1_100n, 5n, 100_000);
    market.sell(5, 80);
    expect(held(market, 'bob', 'BTC')).toBe(5n);
    market.buy(8, 100);
    expect([total(market, 'ann', 'USD'), held(market, 'ann', 'USD')]).toEqual([1_100n - 440n, 330n]);
    expect([total(market, 'bob', 'USD'), total(market, 'bob', 'BTC')]).toEqual([400n, 0n]);
    expect(total(market, 'ann', 'BTC')).toBe(5n);
    expect(held(market, 'bob', 'BTC')).toBe(0n);
  });

  it('a market order must be covered by the walk it would make', () => {
    const market = funded(1_000n, 10n);
    market.sell(5, 100);
    market.sell(5, 200);
    expect(market.sell(1, 300).order?.reason).toBe('insufficient_funds');
    expect(market.buy(8, 0, { type: 'market' }).order?.reason).toBe('insufficient_funds');
    expect(market.buy(7, 0, { type: 'market' }).order?.status).toBe('filled');
    expect(total(market, 'ann', 'USD')).toBe(100n);
    expect(market.buy(0, 0, { type: 'market', quoteAmount: 100n }).order?.reason).toBe('quote_remainder');
    expect(market.sell(9, 0, { type: 'market', clientId: 'ann' }).order?.reason).toBe('no_liquidity');
  });

  it('orders that would be cancelled to go on behind them do not make the walk cheaper', () => {
    const market = funded(1_000n, 5n);
    market.exchange.deposit('ann', 'BTC', 5n * UNIT);
    market.sell(5, 100, { clientId: 'ann' });
    market.sell(5, 300);
    const order = { type: 'market', selfTrade: 'co' } as const;
    expect(market.buy(4, 0, order).order?.reason).toBe('insufficient_funds');
    expect(market.buy(3, 0, order).order).toMatchObject({ status: 'filled', notional: 900n });
    expect(total(market, 'ann', 'USD')).toBe(100n);
  });

  it('a stop-market buy needs a protection price, and holds by it', () => {
    const market = funded(1_000n, 5n);
    const stop = { type: 'market', stopPriceTicks: 150 } as const;
    expect(market.buy(5, 0, stop).order?.reason).toBe('protection_required');
    expect(market.buy(5, 201, stop).order?.reason).toBe('insufficient_funds');
    expect(market.buy(5, 200, stop).order?.status).toBe('open');
    expect(held(market, 'ann', 'USD')).toBe(1_000n);
    market.exchange.deposit('cat', 'USD', 1_000n * UNIT);
    market.sell(1, 150);
    market.sell(4, 160);
    market.buy(1, 150, { clientId: 'cat' });
    expect([total(market, 'ann', 'USD'), held(market, 'ann', 'USD')]).toEqual([360n, 0n]);
  });

  it('are off until they are turned on, which needs that no order is live', () => {
    const market = new Market();
    expect(market.exchange.deposit('ann', 'USD', 1n).refused).toBe('balances_off');
    market.buy(1, 100);
    expect(market.exchange.setRiskMode('balances').refused).toBe('risk_mode_busy');
    market.exchange.massCancel();
    expect(market.exchange.setRiskMode('balances').refused).toBe('');
    expect(market.exchange.deposit('ann', 'EUR', 1n).refused).toBe('currency_unknown');
    expect(market.exchange.withdraw('ann', 'USD', 1n).refused).toBe('insufficient_funds');
    expect(market.exchange.deposit('ann', 'USD', 2n ** 100n).refused).toBe('amount_overflow');
    // Whom nothing was deposited for is not known.
    expect(market.exchange.engine.clients.count).toBe(1);
    market.exchange.deposit('ann', 'USD', 1_000n * UNIT);
    market.exchange.deposit('bob', 'BTC', UNIT);
    market.sell(1, 100);
    expect(market.exchange.defineInstrument(bitcoin({ makerFeeMillionths: 1 })).refused).toBe('instrument_busy');
    expect(market.exchange.defineInstrument(bitcoin({ maxPriceTicks: 1 })).refused).toBe('');
  });
});

describe('dry runs', () => {
  it('say what an order would do, and change nothing', () => {
    const market = new Market();
    market.sell(5, 100, { displayLots: 2 });
    market.sell(3, 100, { clientId: 'ann' });
    market.sell(4, 101);
    const before = market.exchange.digest();
    const order = { clientId: 'ann', side: 'buy', priceTicks: 101, quantityLots: 10, selfTrade: 'dc' } as const;
    expect(market.exchange.dryRun(order)).toEqual({
      ...{ isTooLarge: false, reason: '', executedLots: 7, remainingLots: 0 },
      fills: [
        { priceTicks: 100, quantityLots: 2, makerOrder: 1 },
        { priceTicks: 100, quantityLots: 2, makerOrder: 1 },
        { priceTicks: 100, quantityLots: 1, makerOrder: 1 },
        { priceTicks: 101, quantityLots: 2, makerOrder: 3 },
      ],
    });
    expect(market.exchange.dryRun({ ...order, clientId: 'never seen' }).executedLots).toBe(10);
    expect(market.exchange.dryRun({ ...order, postOnly: true }).reason).toBe('post_only_would_cross');
    expect(market.exchange.dryRun({ ...order, priceTicks: 99 })).toMatchObject({ reason: '', remainingLots: 10 });
    expect(market.exchange.digest()).toBe(before);
  });

  it('meet so many orders and no more, and say so', () => {
    const market = new Market();
    for (let i = 0; i < DRY_RUN_ORDERS_MAX; i++) market.sell(1, 100);
    market.sell(4, 101, { displayLots: 1 });
    const order = { clientId: 'ann', side: 'buy', priceTicks: 101 } as const;
    const whole = market.exchange.dryRun({ ...order, quantityLots: DRY_RUN_ORDERS_MAX });
    expect(whole).toMatchObject({ isTooLarge: false, executedLots: DRY_RUN_ORDERS_MAX });
    expect(whole.fills).toHaveLength(DRY_RUN_ORDERS_MAX);
    const quantityLots = DRY_RUN_ORDERS_MAX + 1;
    const tooLarge = { isTooLarge: true, reason: '', fills: [], executedLots: 0, remainingLots: 0 };
    expect(market.exchange.dryRun({ ...order, quantityLots })).toEqual(tooLarge);
    expect(market.exchange.dryRun({ ...order, quantityLots, timeInForce: 'FOK' })).toEqual(tooLarge);
    // At its limit price it meets no more; and a smaller one is looked at again.
    expect(market.exchange.dryRun({ ...order, quantityLots, priceTicks: 100 })).toMatchObject({
      ...{ isTooLarge: false, executedLots: DRY_RUN_ORDERS_MAX, remainingLots: 1 },
    });
    // Each part of an iceberg counts.
    market.buy(3, 100);
    expect(market.exchange.dryRun({ ...order, quantityLots: DRY_RUN_ORDERS_MAX }).isTooLarge).toBe(false);
    expect(market.exchange.dryRun({ ...order, quantityLots })).toEqual(tooLarge);
  });

  const orders = fc.record({
    clientId: fc.constantFrom('ann', 'bob', 'cat'),
    side: fc.constantFrom('buy', 'sell'),
    priceTicks: fc.integer({ min: 97, max: 103 }),
    quantityLots: fc.integer({ min: 1, max: 12 }),
    timeInForce: fc.constantFrom('GTC', 'GTC', 'IOC', 'FOK'),
    selfTrade: fc.constantFrom('none', 'dc', 'co', 'cn', 'cb'),
    displayLots: fc.constantFrom(0, 0, 1, 3),
  } as const);

  it('come true, without stops', () => {
    fc.assert(
      fc.property(fc.array(orders, { maxLength: 40 }), (flow) => {
        const market = new Market();
        for (const order of flow) {
          const expected = market.exchange.dryRun(order);
          const { order: state, trades }: Outcome = market.exchange.newOrder(order);
          const fills = trades.map(({ priceTicks, quantityLots, makerOrder }) => ({
            ...{ priceTicks, quantityLots, makerOrder },
          }));
          expect(expected).toEqual({
            ...{ isTooLarge: false, reason: state?.reason, fills, executedLots: state?.executedLots },
            remainingLots: state?.remainingLots,
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('accounts and book', () => {
  it('count the same open quantity', () => {
    const market = new Market();
    market.buy(20, 100, { displayLots: 5 });
    market.buy(5, 99);
    market.buy(7, 98, { stopPriceTicks: 200 });
    market.sell(6, 100);
    market.sell(4, 100, { clientId: 'ann', selfTrade: 'dc' });
    market.exchange.amend(2, { priceTicks: 100, quantityLots: 6 });
    const resting = market.book(Side.BUY);
    expect(resting).toBe('1:4+6@100 2:6@100');
    expect(market.exchange.position('ann')).toMatchObject({ openBuyLots: 23, openSellLots: 0, openOrders: 3 });
  });
});
