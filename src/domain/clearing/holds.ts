// What an order must have, in units of 10^-14 of a currency (AMOUNT_SCALE), so that amounts of all instruments add up.
// Pure. Allocates: nothing. What a live order holds covers whatever it may still spend: its executions are at its price
// or better, and fees rounded down one by one are never more than the fee on their sum.

import { assert } from '../../assert.ts';
import { Side } from '../codes.ts';
import { AMOUNT_SCALE, type Instrument } from '../instrument.ts';
import { Amount } from './amount.ts';
import { setFee } from './fees.ts';

/** By exponent: `10 ** n` need not be exact everywhere. */
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14];

type Scales = Pick<Instrument, 'priceScale' | 'quantityScale'>;
type Terms = Scales & Pick<Instrument, 'makerFeeMillionths' | 'takerFeeMillionths'>;

/** Units of base in one lot. */
export function baseUnit(instrument: Pick<Instrument, 'quantityScale'>): number {
  return POWERS_OF_TEN[AMOUNT_SCALE - instrument.quantityScale];
}

/** Units of quote in one tick x lot. */
export function quoteUnit(instrument: Scales): number {
  return POWERS_OF_TEN[AMOUNT_SCALE - instrument.priceScale - instrument.quantityScale];
}

/**
 * What a live order with `remainingLots` at `priceTicks` (a stop-market order's protection price) holds: a sell its base,
 * a buy what it may pay with the fee at the higher of both rates. False when that is more than any balance can be.
 */
export function setHold(
  hold: Amount,
  side: Side,
  priceTicks: number,
  remainingLots: number,
  instrument: Terms,
): boolean {
  if (side === Side.SELL) {
    setBaseNeeded(hold, remainingLots, instrument);
    return true;
  }
  const millionths = Math.max(instrument.makerFeeMillionths, instrument.takerFeeMillionths);
  return setQuoteNeeded(hold, notional.setProduct(priceTicks, remainingLots), millionths, instrument);
}

/** What a sell of `lots` needs, in base. */
export function setBaseNeeded(needed: Amount, lots: number, instrument: Pick<Instrument, 'quantityScale'>): void {
  needed.setProduct(baseUnit(instrument), lots);
}

/**
 * What a buy for `cost` (ticks x lots) needs in quote, with the fee at `millionths` if that is positive. False when that
 * is more than any balance can be; `needed` is undefined then. `needed` must be another object than `cost`.
 */
export function setQuoteNeeded(needed: Amount, cost: Amount, millionths: number, instrument: Scales): boolean {
  assert(needed !== cost, 'holds: the result is kept apart');
  setFee(needed, cost, Math.max(millionths, 0));
  return needed.add(cost).multiply(quoteUnit(instrument));
}

/** Scratch of setHold. */
const notional = new Amount();
