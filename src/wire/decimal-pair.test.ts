// Decimals beyond 2^53, against BigInt.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBigInt } from '../domain/clearing/exact.ts';
import { DecimalError } from './decimal.ts';
import { formatPair, formatScaled, PAIR_BYTES_MAX, parseDecimalPair, writePair } from './decimal-pair.ts';

const LIMIT = 2n ** 100n;
const scales = fc.nat(14);
const values = fc.oneof(fc.bigInt(0n, LIMIT - 1n), fc.bigInt(0n, 2n ** 55n), fc.bigInt(0n, 1_000n));

function parse(text: string, scale: number): bigint | number {
  const bytes = new TextEncoder().encode(`9${text}9`);
  const pair = { high: -1, low: -1 };
  const result = parseDecimalPair(bytes, 1, bytes.length - 1, scale, pair);
  return result === 0 ? toBigInt(pair.high, pair.low) : result;
}

describe('a pair', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(values, scales, (value, scale) => {
        expect(parse(formatScaled(value, scale), scale)).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read with an exponent and with zeros at both ends', () => {
    fc.assert(
      fc.property(values, scales, fc.integer({ min: -20, max: 20 }), fc.nat(5), (value, scale, exponent, zeros) => {
        const text = `${value}.${'0'.repeat(zeros + 1)}e${exponent - scale}`;
        const expected = exponent >= 0 ? value * 10n ** BigInt(exponent) : value / 10n ** BigInt(-exponent);
        if (exponent < 0 && expected * 10n ** BigInt(-exponent) !== value)
          expect(parse(text, scale)).toBe(DecimalError.OVER_PRECISE);
        else expect(parse(text, scale)).toBe(expected < LIMIT ? expected : DecimalError.TOO_LARGE);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['', 0, DecimalError.MALFORMED],
    ['1.', 0, DecimalError.MALFORMED],
    ['-1', 0, DecimalError.NEGATIVE],
    ['-99999999999999999999999', 0, DecimalError.NEGATIVE],
    ['99999999999999999999999.5', 0, DecimalError.OVER_PRECISE],
    [String(LIMIT - 1n), 0, LIMIT - 1n],
    [String(LIMIT), 0, DecimalError.TOO_LARGE],
    ['1e999999999', 0, DecimalError.TOO_LARGE],
    ['0e999999999', 14, 0n],
    ['-0', 14, 0n],
    [`0.${'0'.repeat(40)}1e60`, 0, 10n ** 19n],
  ])('%s at scale %d', (text, scale, expected) => {
    expect(parse(text, scale)).toBe(expected);
  });

  it('is written with its sign, alike as text and as bytes', () => {
    const bytes = new Uint8Array(PAIR_BYTES_MAX + 2);
    const limb = fc.nat(2 ** 48 - 1);
    const high = fc.oneof(fc.integer({ min: -33, max: 33 }), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
    fc.assert(
      fc.property(high, limb, scales, (high, low, scale) => {
        const text = formatPair(high, low, scale);
        const length = writePair(bytes, 1, high, low, scale);
        expect(length).toBeLessThanOrEqual(PAIR_BYTES_MAX);
        expect(new TextDecoder().decode(bytes.subarray(1, 1 + length))).toBe(text);
        expect(BigInt(text.replace('.', ''))).toBe(toBigInt(high, low));
        expect(text).toMatch(scale === 0 ? /^-?[0-9]+$/ : /^-?(0|[1-9][0-9]*)\.[0-9]+$/);
      }),
      { numRuns: 2_000 },
    );
    expect(formatPair(-1, 2 ** 48 - 5, 2)).toBe('-0.05');
  });
});
