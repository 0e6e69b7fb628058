// Exact price x quantity beyond 2^53: value = high * 2^48 + low, 0 <= low < 2^48, two float64 cells.
// Pure; any thread. Must never hold an intermediate of 2^53 or more in a float, and never allocate (toBigInt excepted).

import { assert } from '../assert.ts';

/** Weight of the high limb. */
export const LIMB = 2 ** 48;
/** Largest price and quantity that addProduct takes. instrument.ts keeps every instrument within them. */
export const PRICE_TICKS_LIMIT = 2 ** 48;
export const QUANTITY_LOTS_LIMIT = 2 ** 51;

const HALF = 2 ** 24;
/** low < 2^48 plus a product of at most this stays below 2^53. */
const ONE_STEP_PRODUCT_MAX = 2 ** 52;

/**
 * Adds priceTicks x quantityLots to the pair (high[row], low[row]). Allocates: nothing.
 * Both factors are non-negative integers within the limits above.
 */
export function addProduct(
  high: Float64Array,
  low: Float64Array,
  row: number,
  priceTicks: number,
  quantityLots: number,
): void {
  assert(priceTicks >= 0 && priceTicks <= PRICE_TICKS_LIMIT, 'addProduct: price within its limit');
  assert(quantityLots >= 0 && quantityLots <= QUANTITY_LOTS_LIMIT, 'addProduct: quantity within its limit');
  const product = priceTicks * quantityLots;
  if (product <= ONE_STEP_PRODUCT_MAX) {
    // Below 2^53 the float product is the exact product.
    const sum = low[row] + product;
    const carry = Math.floor(sum / LIMB);
    low[row] = sum - carry * LIMB;
    high[row] += carry;
  } else {
    addLongProduct(high, low, row, priceTicks, quantityLots);
  }
  assert(high[row] <= Number.MAX_SAFE_INTEGER, 'addProduct: the sum stays within two limbs');
}

/** Schoolbook multiplication in halves of 24 bits. Bounds of each intermediate are noted beside it. */
function addLongProduct(
  high: Float64Array,
  low: Float64Array,
  row: number,
  priceTicks: number,
  quantityLots: number,
): void {
  const priceHigh = Math.floor(priceTicks / HALF); // <= 2^24
  const priceLow = priceTicks - priceHigh * HALF; // < 2^24
  const quantityHigh = Math.floor(quantityLots / HALF); // <= 2^27
  const quantityLow = quantityLots - quantityHigh * HALF; // < 2^24
  const middle = priceHigh * quantityLow + priceLow * quantityHigh; // < 2^48 + 2^51
  const middleHigh = Math.floor(middle / HALF); // < 2^28
  const middleLow = middle - middleHigh * HALF; // < 2^24
  const sum = low[row] + priceLow * quantityLow + middleLow * HALF; // < 3 * 2^48
  const carry = Math.floor(sum / LIMB);
  low[row] = sum - carry * LIMB;
  high[row] += priceHigh * quantityHigh + middleHigh + carry; // product part < 2^51 + 2^28 + 3
}

/** The pair as one BigInt: for the edges (serialising, tests), never on a hot path. */
export function toBigInt(high: number, low: number): bigint {
  assert(Number.isSafeInteger(high) && high >= 0, 'toBigInt: high is a non-negative safe integer');
  assert(Number.isSafeInteger(low) && low >= 0 && low < LIMB, 'toBigInt: low is within its limb');
  return BigInt(high) * 281_474_976_710_656n + BigInt(low);
}
