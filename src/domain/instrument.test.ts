import { describe, expect, it } from 'vitest';
import { assertInstruments, DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';

describe('instruments', () => {
  const [bitcoin] = DEFAULT_INSTRUMENTS;

  it('are at least one and have distinct names', () => {
    assertInstruments(DEFAULT_INSTRUMENTS);
    expect(() => assertInstruments([])).toThrow('at least one');
    expect(() => assertInstruments([bitcoin, bitcoin])).toThrow('distinct');
    const many = Array.from({ length: 65 }, (_, i) => ({ ...bitcoin, name: `I${i}` }));
    assertInstruments(many.slice(1));
    expect(() => assertInstruments(many)).toThrow('rows');
  });

  it.each<[Partial<Instrument>, string]>([
    [{ name: '' }, 'name must'],
    [{ name: 'btc' }, 'name must'],
    [{ base: 'BITCOINCASH' }, 'base must'],
    [{ quote: 'usd' }, 'quote must'],
    [{ quote: 'BTC' }, 'must differ'],
    [{ priceScale: 15 }, 'price_scale must'],
    [{ quantityScale: 0.5 }, 'quantity_scale must'],
    [{ priceScale: 7 }, 'together'],
    [{ minPriceTicks: 0 }, 'min_price must'],
    [{ maxPriceTicks: 2 ** 46 + 1 }, 'max_price must'],
    [{ minQuantityLots: 0 }, 'min_quantity must'],
    [{ maxQuantityLots: 2 ** 51 + 1 }, 'max_quantity must'],
    [{ priceIncrementTicks: 0 }, 'tick must'],
    [{ quantityIncrementLots: 2 ** 50 }, 'lot must'],
    [{ priceBandBps: 10_001 }, 'price_band_bps must'],
    [{ referencePriceTicks: 2 ** 46 + 1 }, 'reference_price must'],
    [{ makerFeeMillionths: -1_000_001 }, 'maker_fee_bps must'],
    [{ takerFeeMillionths: 1_000_001 }, 'taker_fee_bps must'],
    [{ status: JSON.parse('6') }, 'status is'],
  ])('are checked against what the arithmetic can carry: %o', (change, message) => {
    expect(() => assertInstruments([{ ...bitcoin, ...change }])).toThrow(message);
  });
});
