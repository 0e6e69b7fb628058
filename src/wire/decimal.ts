// Exact decimals: text bytes <-> whole numbers of 10^-scale (ticks, lots). The one place where text becomes a number.
// Gateways parse, gateways and market data write; any thread. Never goes through a parsed float: 0.1 + 0.2 is 0.3 here.

import { assert } from '../assert.ts';
import { writeInteger, writePadded } from './digits.ts';

/** What parseDecimal returns instead of a value; every one is negative. */
export const DecimalError = {
  /** Not a number in JSON's grammar. */
  MALFORMED: -1,
  /** Not a multiple of 10^-scale. */
  OVER_PRECISE: -2,
  /** A multiple of 10^-scale, but above 2^53 - 1 of them. */
  TOO_LARGE: -3,
  /** Below zero (`-0` is zero). Wins over the two above. */
  NEGATIVE: -4,
} as const;
export type DecimalError = (typeof DecimalError)[keyof typeof DecimalError];

/** Largest scale: 10^15 still counts exactly in a safe integer. */
export const SCALE_MAX = 15;

const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

/** Powers of ten that are safe integers, and the largest factor each leaves room for. */
const POWERS: readonly number[] = Array.from({ length: SCALE_MAX + 1 }, (_, i) => 10 ** i);
const FACTOR_MAX: readonly number[] = POWERS.map((power) => Math.floor(Number.MAX_SAFE_INTEGER / power));

/** An exponent stops growing here: beyond it a value can only be zero, over-precise or too large. */
const EXPONENT_CAP = 1_000_000_000;

/**
 * The number in `bytes[from..to)` (JSON's number grammar, exponent included) as a count of 10^-scale: a safe integer
 * >= 0, or a DecimalError. Zeros at the end do not count as precision: `1.500` at scale 2 is 150. Allocates: nothing.
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number, scale: number): number {
  let at = from;
  const negative = at < to && bytes[at] === MINUS;
  if (negative) at++;

  // `digits` is the digit string up to its last digit other than 0, `zeros` how many zeros follow. Above 2^53 it is no
  // longer exact, but rounding is monotonic: it never falls back below, which is all that the last check asks.
  let digits = 0;
  let zeros = 0;
  const whole = at;
  let digit = 0;
  for (; at < to; at++) {
    digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) break;
    if (digit === 0) zeros++;
    else {
      for (; zeros > 0; zeros--) digits *= 10;
      digits = digits * 10 + digit;
    }
  }
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return DecimalError.MALFORMED;

  let exponent = scale;
  if (at < to && bytes[at] === POINT) {
    const fraction = ++at;
    for (; at < to; at++) {
      digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      if (digit === 0) zeros++;
      else {
        for (; zeros > 0; zeros--) digits *= 10;
        digits = digits * 10 + digit;
      }
    }
    if (at === fraction) return DecimalError.MALFORMED;
    exponent -= at - fraction;
  }
  if (at < to) {
    const written = parseExponent(bytes, at, to);
    if (Number.isNaN(written)) return DecimalError.MALFORMED;
    exponent += written;
  }
  if (digits === 0) return 0;
  return negative ? DecimalError.NEGATIVE : atScale(digits, exponent + zeros);
}

/** The exponent part in `bytes[from..to)`, from its `e` on; NaN when malformed. */
export function parseExponent(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return Number.NaN;
  at++;
  const negative = at < to && bytes[at] === MINUS;
  if (negative || (at < to && bytes[at] === PLUS)) at++;
  if (at === to) return Number.NaN;
  let exponent = 0;
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    if (exponent < EXPONENT_CAP) exponent = exponent * 10 + digit;
  }
  return negative ? -exponent : exponent;
}

/** digits x 10^exponent, where `digits` does not end in 0. */
function atScale(digits: number, exponent: number): number {
  if (exponent < 0) return DecimalError.OVER_PRECISE;
  if (exponent > SCALE_MAX || digits > FACTOR_MAX[exponent]) return DecimalError.TOO_LARGE;
  return digits * POWERS[exponent];
}

/** Writes `value` (a safe integer >= 0) x 10^-scale with exactly `scale` decimals. Returns the length in bytes. */
export function writeDecimal(bytes: Uint8Array, offset: number, value: number, scale: number): number {
  if (scale === 0) return writeInteger(bytes, offset, value) - offset;
  const power = POWERS[scale];
  const whole = Math.floor(value / power);
  let at = writeInteger(bytes, offset, whole);
  bytes[at++] = POINT;
  const fraction = value - whole * power;
  if (scale <= 8) return writePadded(bytes, at, fraction, scale) - offset;
  const high = Math.floor(fraction / POWERS[8]);
  at = writePadded(bytes, at, high, scale - 8);
  return writePadded(bytes, at, fraction - high * POWERS[8], 8) - offset;
}

/** Most bytes that writeDecimal writes: 16 digits, the point, and a zero before it. */
export const DECIMAL_BYTES_MAX = 18;

/** What writeDecimal writes, as a string; for messages and cold paths. */
export function formatDecimal(value: number, scale: number): string {
  assert(Number.isSafeInteger(value) && value >= 0, 'a decimal is written from a safe integer');
  if (scale === 0) return String(value);
  const digits = String(value).padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
