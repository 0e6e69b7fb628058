// What can be traded: name, scales and bounds. Pure constants and checks; any thread.
// Bounds are in the instrument's own integers (ticks, lots); decimals exist only at the edges of the system.

import { assert } from '../assert.ts';
import { PRICE_TICKS_LIMIT, QUANTITY_LOTS_LIMIT } from './exact.ts';

export interface Instrument {
  readonly name: string;
  /** Decimals of a price: one tick is 10^-priceScale of the quote currency. */
  readonly priceScale: number;
  /** Decimals of a quantity: one lot is 10^-quantityScale of the base currency. */
  readonly quantityScale: number;
  readonly base: string;
  readonly quote: string;
  readonly minPriceTicks: number;
  readonly maxPriceTicks: number;
  readonly minQuantityLots: number;
  readonly maxQuantityLots: number;
}

/** Orders carry their instrument as 16 bits; the highest index stays free to mean "unknown". */
export const INSTRUMENTS_MAX = 65_535;

/** Tick 0.01, lot 0.00000001, prices to 100,000,000, quantities to 1,000,000. */
export const DEFAULT_INSTRUMENTS: readonly Instrument[] = Object.freeze([
  Object.freeze({
    name: 'BTC-USD',
    priceScale: 2,
    quantityScale: 8,
    base: 'BTC',
    quote: 'USD',
    minPriceTicks: 1,
    maxPriceTicks: 10_000_000_000,
    minQuantityLots: 1,
    maxQuantityLots: 100_000_000_000_000,
  }),
]);

/** Stops on a table the engine's arithmetic could not carry. */
export function assertInstruments(instruments: readonly Instrument[]): void {
  assert(instruments.length >= 1, 'instruments: at least one');
  assert(instruments.length <= INSTRUMENTS_MAX, 'instruments: the index fits 16 bits');
  for (const instrument of instruments) assertInstrument(instrument);
  const names = new Set(instruments.map((instrument) => instrument.name));
  assert(names.size === instruments.length, 'instruments: names are distinct');
}

function assertInstrument(instrument: Instrument): void {
  const { name, priceScale, quantityScale, minPriceTicks, maxPriceTicks, minQuantityLots, maxQuantityLots } =
    instrument;
  assert(name.length >= 1 && name.length <= 64, `instrument ${name}: a name of 1 to 64 characters`);
  assert(
    Number.isInteger(priceScale) && priceScale >= 0 && priceScale <= 15,
    `instrument ${name}: price scale 0 to 15`,
  );
  assert(
    Number.isInteger(quantityScale) && quantityScale >= 0 && quantityScale <= 15,
    `instrument ${name}: quantity scale 0 to 15`,
  );
  // Above these limits a notional, summed over one order, could leave the two limbs of exact.ts.
  assertRange(`instrument ${name}: price`, minPriceTicks, maxPriceTicks, PRICE_TICKS_LIMIT);
  assertRange(`instrument ${name}: quantity`, minQuantityLots, maxQuantityLots, QUANTITY_LOTS_LIMIT);
}

function assertRange(what: string, min: number, max: number, limit: number): void {
  assert(Number.isSafeInteger(min) && min >= 1, `${what} minimum is an integer of at least 1`);
  assert(Number.isSafeInteger(max) && max >= min && max <= limit, `${what} maximum is an integer within its limit`);
}
