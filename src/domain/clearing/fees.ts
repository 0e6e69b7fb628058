// The fee of one side of a trade [16]. Pure. Allocates: nothing.

import type { Amount } from './amount.ts';

const MILLION = 1_000_000;

/**
 * Sets `fee` to notional x millionths / 10^6, rounded toward minus infinity to one tick x lot: a fee is never a fraction
 * too high, nor a rebate (negative) a fraction too small. `notional` is not negative, `millionths` at most 10^6 in
 * magnitude.
 */
export function setFee(fee: Amount, notional: Amount, millionths: number): void {
  if (millionths === 0) {
    fee.set(0, 0);
    return;
  }
  const ordinary = notional.isSafe();
  // With notional = q x 10^6 + rest: q x millionths is whole, only rest x millionths has a fraction.
  const rest = fee.copy(notional).divide(MILLION).remainder;
  const fraction = Math.floor((rest * millionths) / MILLION);
  if (ordinary) {
    // No intermediate is more than the notional in magnitude.
    fee.setNumber(fee.low * millionths + fraction);
  } else {
    fee.multiply(Math.abs(millionths));
    if (millionths < 0) fee.negate();
    fee.addNumber(fraction);
  }
}
