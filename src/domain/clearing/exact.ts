// Exact integers beyond 2^53: value = high * 2^48 + low, 0 <= low < 2^48, high a signed integer below 2^53 in magnitude.
// So every value has one form, the sign is that of `high`, and magnitudes stay below 2^101. Arithmetic is in amount.ts.
// Pure; any thread.

import { assert } from '../../assert.ts';

/** Weight of the high limb. */
export const LIMB = 2 ** 48;
/** Largest price and quantity of any instrument; instrument.ts keeps definitions within them. */
export const PRICE_TICKS_LIMIT = 2 ** 46;
export const QUANTITY_LOTS_LIMIT = 2 ** 51;

/** The pair as one BigInt: for the edges (serialising, tests), never on a hot path. */
export function toBigInt(high: number, low: number): bigint {
  assert(Number.isSafeInteger(high), 'toBigInt: high is a safe integer');
  assert(Number.isSafeInteger(low) && low >= 0 && low < LIMB, 'toBigInt: low is within its limb');
  return (BigInt(high) << 48n) + BigInt(low);
}

/** The high limb of a value, which is a safe integer for magnitudes below 2^101: the caller's to see to. For the edges. */
export function highLimb(value: bigint): number {
  return Number(value >> 48n);
}

/** The low limb of a value. For the edges. */
export function lowLimb(value: bigint): number {
  return Number(BigInt.asUintN(48, value));
}
