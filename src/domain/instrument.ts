// What can be traded: name, scales, bounds and terms. Pure; any thread. Bounds are in the instrument's own integers
// (ticks, lots); decimals exist only at the edges of the system.

import { assert } from '../assert.ts';
import { PRICE_TICKS_LIMIT, QUANTITY_LOTS_LIMIT } from './clearing/exact.ts';
import { InstrumentStatus } from './codes.ts';

/** What the rules know of an instrument. Names, currencies and scales never change; the rest may, by command. */
export interface Instrument {
  /** 1 to 16 characters: A-Z, 0-9, '-', '_', '.', '/'. */
  readonly name: string;
  /** Currencies, 1 to 8 characters: A-Z, 0-9. */
  readonly base: string;
  readonly quote: string;
  /** Decimals of a price: one tick is 10^-priceScale of the quote currency. */
  readonly priceScale: number;
  /** Decimals of a quantity: one lot is 10^-quantityScale of the base currency. */
  readonly quantityScale: number;
  readonly minPriceTicks: number;
  readonly maxPriceTicks: number;
  readonly minQuantityLots: number;
  readonly maxQuantityLots: number;
  /** Prices and quantities are multiples of these. */
  readonly priceIncrementTicks: number;
  readonly quantityIncrementLots: number;
  /** Width of the price band on each side of the reference, in basis points; 0: no band. */
  readonly priceBandBps: number;
  /** The band's reference until the first trade; 0: none, and no band until then. */
  readonly referencePriceTicks: number;
  /** Fee rates in millionths of the notional (100 = 1 basis point); negative is a rebate. */
  readonly makerFeeMillionths: number;
  readonly takerFeeMillionths: number;
  readonly status: InstrumentStatus;
}

/** Rows the instrument table may have. Shared memory and market data are laid out for as many. */
export const INSTRUMENTS_MAX = 64;
export const INSTRUMENT_NAME_MAX = 16;
export const CURRENCY_NAME_MAX = 8;
/** Balances and settlements count every currency in units of 10^-14, so that every instrument's amounts fit exactly. */
export const AMOUNT_SCALE = 14;

const MILLION = 1_000_000;
const NAME = /^[A-Z0-9][A-Z0-9._/-]{0,15}$/;
const CURRENCY = /^[A-Z0-9]{1,8}$/;

/** Tick 0.01, lot 0.00000001, prices to 100,000,000, quantities to 1,000,000; no band, no fees. */
export const DEFAULT_INSTRUMENTS: readonly Instrument[] = Object.freeze([
  Object.freeze({
    ...{ name: 'BTC-USD', base: 'BTC', quote: 'USD', priceScale: 2, quantityScale: 8 },
    ...{ minPriceTicks: 1, maxPriceTicks: 10_000_000_000 },
    ...{ minQuantityLots: 1, maxQuantityLots: 100_000_000_000_000 },
    ...{ priceIncrementTicks: 1, quantityIncrementLots: 1, priceBandBps: 0, referencePriceTicks: 0 },
    ...{ makerFeeMillionths: 0, takerFeeMillionths: 0, status: InstrumentStatus.OPEN },
  }),
]);

/** A definition that can be filled again and again: what DEFINE_INSTRUMENT carries and what the engine's table holds. */
export class InstrumentDefinition implements Instrument {
  name = '';
  base = '';
  quote = '';
  priceScale = 0;
  quantityScale = 0;
  minPriceTicks = 1;
  maxPriceTicks = 1;
  minQuantityLots = 1;
  maxQuantityLots = 1;
  priceIncrementTicks = 1;
  quantityIncrementLots = 1;
  priceBandBps = 0;
  referencePriceTicks = 0;
  makerFeeMillionths = 0;
  takerFeeMillionths = 0;
  status: InstrumentStatus = InstrumentStatus.OPEN;

  /** Copies every field of `source`; returns itself. */
  set(source: Instrument): this {
    this.name = source.name;
    this.base = source.base;
    this.quote = source.quote;
    this.priceScale = source.priceScale;
    this.quantityScale = source.quantityScale;
    this.minPriceTicks = source.minPriceTicks;
    this.maxPriceTicks = source.maxPriceTicks;
    this.minQuantityLots = source.minQuantityLots;
    this.maxQuantityLots = source.maxQuantityLots;
    this.priceIncrementTicks = source.priceIncrementTicks;
    this.quantityIncrementLots = source.quantityIncrementLots;
    this.priceBandBps = source.priceBandBps;
    this.referencePriceTicks = source.referencePriceTicks;
    this.makerFeeMillionths = source.makerFeeMillionths;
    this.takerFeeMillionths = source.takerFeeMillionths;
    this.status = source.status;
    return this;
  }
}

/** What is wrong with a definition, in words that name the field; '' when nothing is. */
export function objectionToInstrument(instrument: Instrument): string {
  const { priceScale, quantityScale, minPriceTicks, maxPriceTicks, minQuantityLots, maxQuantityLots } = instrument;
  if (!NAME.test(instrument.name)) return 'name must be 1 to 16 characters A-Z, 0-9, "-", "_", "." or "/"';
  if (!CURRENCY.test(instrument.base)) return 'base must be 1 to 8 characters A-Z or 0-9';
  if (!CURRENCY.test(instrument.quote)) return 'quote must be 1 to 8 characters A-Z or 0-9';
  if (instrument.base === instrument.quote) return 'base and quote must differ';
  if (!isWithin(priceScale, 0, AMOUNT_SCALE)) return `price_scale must be 0 to ${AMOUNT_SCALE}`;
  if (!isWithin(quantityScale, 0, AMOUNT_SCALE)) return `quantity_scale must be 0 to ${AMOUNT_SCALE}`;
  if (priceScale + quantityScale > AMOUNT_SCALE)
    return `price_scale and quantity_scale together must be at most ${AMOUNT_SCALE}`;
  if (!isWithin(minPriceTicks, 1, PRICE_TICKS_LIMIT))
    return 'min_price must be at least one tick and within 2^46 ticks';
  if (!isWithin(maxPriceTicks, minPriceTicks, PRICE_TICKS_LIMIT))
    return 'max_price must be at least min_price and within 2^46 ticks';
  if (!isWithin(minQuantityLots, 1, QUANTITY_LOTS_LIMIT))
    return 'min_quantity must be at least one lot and within 2^51 lots';
  if (!isWithin(maxQuantityLots, minQuantityLots, QUANTITY_LOTS_LIMIT))
    return 'max_quantity must be at least min_quantity and within 2^51 lots';
  if (!isWithin(instrument.priceIncrementTicks, 1, maxPriceTicks)) return 'tick must be positive and at most max_price';
  if (!isWithin(instrument.quantityIncrementLots, 1, maxQuantityLots))
    return 'lot must be positive and at most max_quantity';
  if (!isWithin(instrument.priceBandBps, 0, 10_000)) return 'price_band_bps must be 0 to 10000';
  if (!isWithin(instrument.referencePriceTicks, 0, PRICE_TICKS_LIMIT))
    return 'reference_price must be within 2^46 ticks';
  if (!isWithin(instrument.makerFeeMillionths, -MILLION, MILLION)) return 'maker_fee_bps must be -10000 to 10000';
  if (!isWithin(instrument.takerFeeMillionths, -MILLION, MILLION)) return 'taker_fee_bps must be -10000 to 10000';
  // Together they never pay out: so trades bring nobody more than was deposited (clearing/balances.ts).
  if (instrument.makerFeeMillionths + instrument.takerFeeMillionths < 0)
    return 'maker_fee_bps and taker_fee_bps together must not be negative';
  if (!isWithin(instrument.status, InstrumentStatus.OPEN, InstrumentStatus.DELISTED)) return 'status is unknown';
  return '';
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

/** Stops on a table the engine's arithmetic could not carry. */
export function assertInstruments(instruments: readonly Instrument[]): void {
  assert(instruments.length >= 1, 'instruments: at least one');
  assert(instruments.length <= INSTRUMENTS_MAX, 'instruments: no more than the table has rows');
  for (const instrument of instruments) {
    const objection = objectionToInstrument(instrument);
    assert(objection === '', `instrument ${instrument.name}: ${objection}`);
  }
  const names = new Set(instruments.map((instrument) => instrument.name));
  assert(names.size === instruments.length, 'instruments: names are distinct');
}
