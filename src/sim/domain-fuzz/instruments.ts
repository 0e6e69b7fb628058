// What the fuzzer trades: an ordinary instrument, one with few prices, one at the limits of the arithmetic and one with
// fees; and others that a command may define. Pure data.

import { InstrumentStatus } from '../../domain/codes.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../../domain/instrument.ts';

const PLAIN: Instrument = {
  ...{ name: 'PLAIN', base: 'AAA', quote: 'USD', priceScale: 2, quantityScale: 4 },
  ...{ minPriceTicks: 1, maxPriceTicks: 1_000_000, minQuantityLots: 1, maxQuantityLots: 1_000_000 },
  ...{ priceIncrementTicks: 1, quantityIncrementLots: 1, priceBandBps: 0, referencePriceTicks: 0 },
  ...{ makerFeeMillionths: 0, takerFeeMillionths: 0, status: InstrumentStatus.OPEN },
};

/** Few prices, narrow bounds, increments, a band, a rebate for makers. */
const TINY: Instrument = {
  ...PLAIN,
  ...{ name: 'TINY', base: 'TNY', priceScale: 0, quantityScale: 0, minPriceTicks: 4, maxPriceTicks: 60 },
  ...{ minQuantityLots: 6, maxQuantityLots: 90, priceIncrementTicks: 2, quantityIncrementLots: 3 },
  ...{ priceBandBps: 3_000, referencePriceTicks: 24, makerFeeMillionths: -1_500, takerFeeMillionths: 7_333 },
};

/** The largest prices and quantities; its amounts leave what balances can hold. */
const HUGE: Instrument = {
  ...PLAIN,
  ...{ name: 'HUGE', base: 'BTC', quote: 'HUG', priceScale: 0, quantityScale: 0 },
  ...{ maxPriceTicks: 2 ** 46, maxQuantityLots: 2 ** 51, makerFeeMillionths: -999_999, takerFeeMillionths: 1_000_000 },
};

/** Shares its currencies with the ordinary one. */
const FEES: Instrument = {
  ...PLAIN,
  ...{ name: 'FEES', base: 'USD', quote: 'BTC', makerFeeMillionths: 101, takerFeeMillionths: 263 },
};

export const FUZZ_INSTRUMENTS: readonly Instrument[] = [...DEFAULT_INSTRUMENTS, TINY, HUGE, FEES];
export const TINY_INDEX = 1;
export const HUGE_INDEX = 2;

/** A price that trading of an instrument begins around. */
export function firstPrice(instrument: Instrument): number {
  if (instrument.name === 'HUGE') return 2 ** 46 - 40;
  return instrument.referencePriceTicks || Math.min(5_000, Math.floor(instrument.maxPriceTicks / 2));
}
