// Exact decimals beyond 2^53: text bytes <-> pairs of limbs (domain/clearing/exact.ts), for amounts of money and fees.
// Any thread. Allocates: the texts, and writePair beyond 2^53; parsing nothing.

import { LIMB, toBigInt } from '../domain/clearing/exact.ts';
import { DecimalError, parseDecimal, parseExponent, writeDecimal } from './decimal.ts';

/** Amounts stay below 2^100, that is with a high limb below this. */
export const AMOUNT_HIGH_LIMIT = 2 ** 52;
/** With a high limb of a smaller magnitude the value is a safe integer. */
const ONE_FLOAT_HIGH = 31;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** high * 2^48 + low, 0 <= low < 2^48. */
export interface Pair {
  high: number;
  low: number;
}

/**
 * The number in `bytes[from..to)` as a count of 10^-scale, into `pair`. Grammar and errors are parseDecimal's; what is
 * 2^100 or more is TOO_LARGE. Returns 0 when it went well.
 */
export function parseDecimalPair(
  bytes: Uint8Array,
  from: number,
  to: number,
  scale: number,
  pair: Pair,
): 0 | DecimalError {
  const value = parseDecimal(bytes, from, to, scale);
  if (value >= 0) {
    pair.high = Math.floor(value / LIMB);
    pair.low = value - pair.high * LIMB;
    return 0;
  }
  // Well formed, positive and a whole count: only too large for one float.
  if (value === DecimalError.TOO_LARGE) return parseLarge(bytes, from, to, scale, pair) ? 0 : DecimalError.TOO_LARGE;
  return value === DecimalError.NEGATIVE || value === DecimalError.OVER_PRECISE ? value : DecimalError.MALFORMED;
}

function parseLarge(bytes: Uint8Array, from: number, to: number, scale: number, pair: Pair): boolean {
  pair.high = 0;
  pair.low = 0;
  let exponent = scale;
  let zeros = 0;
  let inFraction = false;
  let at = from;
  for (; at < to; at++) {
    if (bytes[at] === POINT) {
      inFraction = true;
      continue;
    }
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) break;
    if (inFraction) exponent--;
    if (digit === 0) {
      zeros++;
      continue;
    }
    if (!appendZeros(pair, zeros) || !append(pair, digit)) return false;
    zeros = 0;
  }
  if (at < to) exponent += parseExponent(bytes, at, to);
  return appendZeros(pair, exponent + zeros);
}

/** At most 31 times what is not zero: then it is too large. */
function appendZeros(pair: Pair, zeros: number): boolean {
  if (pair.high === 0 && pair.low === 0) return true;
  for (let i = 0; i < zeros; i++) if (!append(pair, 0)) return false;
  return true;
}

function append(pair: Pair, digit: number): boolean {
  const low = pair.low * 10 + digit;
  const carry = Math.floor(low / LIMB);
  pair.low = low - carry * LIMB;
  pair.high = pair.high * 10 + carry;
  return pair.high < AMOUNT_HIGH_LIMIT;
}

/** The pair x 10^-scale with exactly `scale` decimals. */
export function formatPair(high: number, low: number, scale: number): string {
  return formatScaled(toBigInt(high, low), scale);
}

/** `value` x 10^-scale with exactly `scale` decimals. */
export function formatScaled(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Most bytes that writePair writes: 31 digits, point and sign. */
export const PAIR_BYTES_MAX = 33;

/** Writes what formatPair gives. Returns the length in bytes. */
export function writePair(bytes: Uint8Array, offset: number, high: number, low: number, scale: number): number {
  if (high >= 0 && high < ONE_FLOAT_HIGH) return writeDecimal(bytes, offset, high * LIMB + low, scale);
  if (high < 0 && high > -ONE_FLOAT_HIGH) {
    bytes[offset] = MINUS;
    return 1 + writeDecimal(bytes, offset + 1, -(high * LIMB + low), scale);
  }
  const text = formatPair(high, low, scale);
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
  return text.length;
}
