// An exact signed integer of two limbs (exact.ts) that is calculated in place. Whoever calculates keeps a few as scratch.
// Pure; owned by whoever made it. Allocates: nothing. No value is ever held in a float that could not hold it exactly;
// where a rounded float serves as an estimate, the comment says so. Neither limb is ever -0: snapshots compare bytes.

import { assert } from '../../assert.ts';
import { LIMB } from './exact.ts';

/** Largest factors of a product. */
export const FACTOR_MAX = 2 ** 48;
export const LARGE_FACTOR_MAX = 2 ** 52;

const HIGH_MAX = Number.MAX_SAFE_INTEGER;
const HALF = 2 ** 24;
/** A pair with a smaller high limb is below 2^53 and fits one float. */
const ONE_FLOAT_HIGH = 32;
const SAFE = 2 ** 53;

export class Amount {
  high = 0;
  low = 0;
  /** What the last `divide` left over. A field, since V8 boxes more than 31 bits to return them from a call. */
  remainder = 0;

  set(high: number, low: number): this {
    this.high = high;
    this.low = low;
    return this;
  }

  copy(other: Amount): this {
    this.high = other.high;
    this.low = other.low;
    return this;
  }

  /** Any safe integer. */
  setNumber(value: number): this {
    const high = Math.floor(value / LIMB);
    this.high = high + 0;
    this.low = value - high * LIMB;
    return this;
  }

  /** factor x large, of integers 0 <= factor <= 2^48 (a price, a power of ten), 0 <= large <= 2^52 (a quantity). */
  setProduct(factor: number, large: number): this {
    assert(factor >= 0 && factor <= FACTOR_MAX, 'amount: the factor within its limit');
    assert(large >= 0 && large <= LARGE_FACTOR_MAX, 'amount: the large factor within its limit');
    const product = factor * large;
    // Exact when below 2^53, and beyond that never rounded to below it.
    if (product < SAFE) {
      const high = Math.floor(product / LIMB);
      this.high = high;
      this.low = product - high * LIMB;
    } else {
      this.setLongProduct(factor, large);
    }
    return this;
  }

  /** Schoolbook multiplication in halves of 24 bits. Bounds of each intermediate are noted beside it. */
  private setLongProduct(factor: number, large: number): void {
    const factorHigh = Math.floor(factor / HALF); // <= 2^24
    const factorLow = factor - factorHigh * HALF; // < 2^24
    const largeHigh = Math.floor(large / HALF); // <= 2^28
    const largeLow = large - largeHigh * HALF; // < 2^24
    const middle = factorHigh * largeLow + factorLow * largeHigh; // < 2^48 + 2^52
    const middleHigh = Math.floor(middle / HALF); // < 2^29
    const middleLow = middle - middleHigh * HALF; // < 2^24
    const sum = factorLow * largeLow + middleLow * HALF; // < 2^49
    const carry = Math.floor(sum / LIMB);
    this.low = sum - carry * LIMB;
    this.high = factorHigh * largeHigh + middleHigh + carry; // < 2^52 + 2^29 + 2
  }

  add(other: Amount): this {
    return this.addPair(other.high, other.low);
  }

  addPair(high: number, low: number): this {
    const sum = this.low + low;
    const carry = sum >= LIMB ? 1 : 0;
    this.low = sum - carry * LIMB;
    return this.setHigh(this.high + carry + high);
  }

  subtract(other: Amount): this {
    return this.subtractPair(other.high, other.low);
  }

  subtractPair(high: number, low: number): this {
    const difference = this.low - low;
    const borrow = difference < 0 ? 1 : 0;
    this.low = difference + borrow * LIMB;
    return this.setHigh(this.high - borrow - high);
  }

  /** Adds an integer of at most 2^52 in magnitude. */
  addNumber(value: number): this {
    const sum = this.low + value;
    const carry = Math.floor(sum / LIMB);
    this.low = sum - carry * LIMB;
    return this.setHigh(this.high + carry);
  }

  negate(): this {
    if (this.low === 0) {
      this.high = 0 - this.high;
    } else {
      this.low = LIMB - this.low;
      this.setHigh(-1 - this.high);
    }
    return this;
  }

  /**
   * Multiplies by an integer of 0 to 2^52. False when the result does not fit two limbs, and the value is undefined
   * then.
   */
  multiply(factor: number): boolean {
    const negative = this.high < 0;
    if (negative) this.negate();
    const upper = this.high * factor;
    this.setProduct(this.low, factor);
    // Exact unless it is too large, and then rounding leaves it too large.
    this.high += upper;
    if (this.high > HIGH_MAX) return false;
    if (!negative) return true;
    // The most negative value is the smaller in magnitude.
    if (this.high === HIGH_MAX && this.low > 0) return false;
    this.negate();
    return true;
  }

  /** Divides by an integer of 1 to 2^52, rounding down, and leaves `remainder`. The value must not be negative. */
  divide(divisor: number): this {
    assert(this.high >= 0, 'amount: a dividend is not negative');
    assert(divisor >= 1 && divisor <= LARGE_FACTOR_MAX, 'amount: the divisor within its limit');
    if (this.high < ONE_FLOAT_HIGH) {
      // Of integers below 2^53 the rounded quotient never reaches the next integer.
      const value = this.high * LIMB + this.low;
      const quotient = Math.floor(value / divisor);
      this.remainder = value - quotient * divisor;
      return this.setNumber(quotient);
    }
    const high = Math.floor(this.high / divisor);
    this.high -= high * divisor;
    this.divideLow(divisor);
    this.high = high;
    return this;
  }

  /** The value by divisor, high < divisor: the quotient is below 2^48. It is left in `low`; `high` is undefined then. */
  private divideLow(divisor: number): void {
    const { high: rest, low } = this;
    // An estimate: two roundings of 2^-53 each of what is below 2^48, so it is off by one at most.
    const estimate = Math.floor((rest * LIMB + low) / divisor);
    this.setProduct(estimate, divisor);
    // Exact: both terms are multiples of 2^48 or below it, their sum lies between -divisor and 2 x divisor.
    const remainder = (rest - this.high) * LIMB + (low - this.low);
    const correction = remainder < 0 ? -1 : remainder >= divisor ? 1 : 0;
    this.low = estimate + correction;
    this.remainder = remainder - correction * divisor;
  }

  /** The value divided by `divisor` (1 to 2^52), rounded down, or `max` (a safe integer) when that is less. Not negative. */
  quotient(divisor: number, max: number): number {
    quotient.copy(this).divide(divisor);
    if (quotient.high >= ONE_FLOAT_HIGH) return max;
    return Math.min(quotient.high * LIMB + quotient.low, max);
  }

  /** Sets the value to floor(value x part / whole), 0 <= part <= whole, 1 <= whole <= 2^52. Not negative. */
  takeShare(part: number, whole: number): this {
    assert(part >= 0 && part <= whole, 'amount: a share is a part of the whole');
    // With value = q x whole + rest: value x part / whole = q x part + rest x part / whole.
    const rest = this.divide(whole).remainder;
    const fits = this.multiply(part);
    assert(fits, 'amount: a share is no more than the value');
    return this.addNumber(shareOf(rest, part, whole));
  }

  /** True when the value is not negative and below 2^53: one float holds it. */
  isSafe(): boolean {
    return this.high >= 0 && this.high < ONE_FLOAT_HIGH;
  }

  isZero(): boolean {
    return this.high === 0 && this.low === 0;
  }

  isNegative(): boolean {
    return this.high < 0;
  }

  /** Negative, 0 or positive, as the value is less than, equal to or greater than the pair's. */
  comparePair(high: number, low: number): number {
    return this.high !== high ? this.high - high : this.low - low;
  }

  compare(other: Amount): number {
    return this.comparePair(other.high, other.low);
  }

  /** What would not fit is never rounded to what does: a caller adds the carry first, then the larger limb. */
  private setHigh(high: number): this {
    assert(high <= HIGH_MAX && high >= -HIGH_MAX, 'amount: the sum stays within two limbs');
    this.high = high;
    return this;
  }
}

/** floor(rest x part / whole) where rest < whole and part <= whole, hence at most rest. */
function shareOf(rest: number, part: number, whole: number): number {
  if (rest * part < SAFE) return Math.floor((rest * part) / whole);
  // Long division by hand, the upper digits of `part` first.
  const partHigh = Math.floor(part / HALF); // <= 2^28
  const partLow = part - partHigh * HALF; // < 2^24
  const remainder = product.setProduct(partHigh, rest).divide(whole).remainder;
  const high = product.low; // <= 2^28, the quotient's high limb is 0
  product.setProduct(HALF, remainder).add(lowProduct.setProduct(partLow, rest)).divide(whole);
  return high * HALF + product.low;
}

// Scratch of single calls above: nothing is kept in them from one call to the next.
const quotient = new Amount();
const product = new Amount();
const lowProduct = new Amount();
