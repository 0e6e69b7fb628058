// The in-process exchange: what it says for what is not there, and what it refuses to tell the engine. What the engine
// makes of commands is in the other tests, which go through here.

import { describe, expect, it } from 'vitest';
import { createExchange } from './exchange.ts';

describe('in-process exchange', () => {
  it('has a balance of nothing for whoever has none, and no currency that no instrument has', () => {
    const exchange = createExchange();
    const nothing = { total: 0n, held: 0n };
    expect(exchange.setRiskMode('balances').refused).toBe('');
    expect(exchange.balance('ann', 'USD')).toEqual(nothing);
    exchange.deposit('ann', 'USD', 5n);
    expect(exchange.balance('ann', 'USD')).toEqual({ total: 5n, held: 0n });
    expect(exchange.balance('ann', 'BTC')).toEqual(nothing);
    expect(exchange.balance('bob', 'USD')).toEqual(nothing);
    expect(() => exchange.balance('ann', 'EUR')).toThrow('no currency EUR');
  });

  it('turns balances off again: they stay, and nothing is asked of them', () => {
    const exchange = createExchange();
    exchange.setRiskMode('balances');
    exchange.deposit('ann', 'USD', 5n);
    const order = { clientId: 'ann', side: 'buy', priceTicks: 100, quantityLots: 1 } as const;
    expect(exchange.newOrder(order).order?.reason).toBe('insufficient_funds');
    expect(exchange.setRiskMode('off').refused).toBe('');
    expect(exchange.newOrder(order).order?.status).toBe('open');
    expect(exchange.balance('ann', 'USD')).toEqual({ total: 5n, held: 0n });
  });

  it('needs no price for a market order and no quantity for one by quote amount', () => {
    const exchange = createExchange();
    exchange.newOrder({ clientId: 'bob', side: 'sell', priceTicks: 100, quantityLots: 9 });
    const market = { clientId: 'ann', side: 'buy', type: 'market' } as const;
    expect(exchange.newOrder({ ...market, quantityLots: 2 }).order).toMatchObject({ priceTicks: 0, executedLots: 2 });
    expect(exchange.newOrder({ ...market, quoteAmount: 300n }).order).toMatchObject({
      executedLots: 3,
      notional: 300n,
    });
    expect(exchange.newOrder(market).order?.reason).toBe('quantity_out_of_bounds');
  });

  it('lets no amount near the engine that two limbs do not hold, nor a negative quote amount', () => {
    const exchange = createExchange();
    exchange.setRiskMode('balances');
    const order = { clientId: 'ann', side: 'buy', type: 'market' } as const;
    const most = 2n ** 101n;
    expect(() => exchange.newOrder({ ...order, quoteAmount: -1n })).toThrow('quoteAmount is negative: -1');
    expect(() => exchange.newOrder({ ...order, quoteAmount: most })).toThrow('quoteAmount is beyond 2^101');
    expect(() => exchange.deposit('ann', 'USD', most)).toThrow('amount is beyond 2^101');
    // Of a negative amount the high limb is rounded down.
    const least = 2n ** 48n - most;
    expect(() => exchange.deposit('ann', 'USD', least - 1n)).toThrow('amount is beyond 2^101');
    expect(exchange.engine.sequence).toBe(1);
    expect(exchange.deposit('ann', 'USD', most - 1n).refused).toBe('amount_overflow');
    expect(exchange.deposit('ann', 'USD', least).refused).toBe('insufficient_funds');
  });
});
