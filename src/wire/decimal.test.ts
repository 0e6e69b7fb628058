// Decimals against BigInt: exact in both directions, and every other text refused with its reason.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECIMAL_BYTES_MAX, DecimalError, formatDecimal, parseDecimal, SCALE_MAX, writeDecimal } from './decimal.ts';

const MAX = BigInt(Number.MAX_SAFE_INTEGER);
const GRAMMAR = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

function parse(text: string, scale: number): number {
  const bytes = new TextEncoder().encode(`##${text}99`);
  return parseDecimal(bytes, 2, bytes.length - 2, scale);
}

/** The same question answered with BigInt. */
function oracle(text: string, scale: number): number {
  const match = GRAMMAR.exec(text);
  if (!match) return DecimalError.MALFORMED;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return 0;
  if (sign) return DecimalError.NEGATIVE;
  const shift = Number(exponent) - fraction.length + scale;
  if (shift > 400) return DecimalError.TOO_LARGE;
  if (shift < -2_000) return DecimalError.OVER_PRECISE;
  const power = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && digits % power !== 0n) return DecimalError.OVER_PRECISE;
  const value = shift < 0 ? digits / power : digits * power;
  return value > MAX ? DecimalError.TOO_LARGE : Number(value);
}

const digitString = fc
  .array(fc.oneof(fc.constantFrom('0', '00', '000000'), fc.constantFrom(...'123456789'), fc.constant('9007199')), {
    minLength: 1,
    maxLength: 14,
  })
  .map((parts) => parts.join(''));
const decimalText = fc
  .record({
    sign: fc.constantFrom('', '', '', '-'),
    whole: digitString.map((d) => d.replace(/^0+(?=.)/, '')),
    fraction: fc.option(digitString, { nil: undefined }),
    exponent: fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), fc.integer({ min: 0, max: 40 })), {
      nil: undefined,
    }),
  })
  .map(
    ({ sign, whole, fraction, exponent }) =>
      sign + whole + (fraction === undefined ? '' : `.${fraction}`) + (exponent ? exponent.join('') : ''),
  );
const scales = fc.integer({ min: 0, max: SCALE_MAX });

describe('parseDecimal', () => {
  it.each([
    ['0.1', 1, 1],
    ['0.2', 1, 2],
    ['0.3', 1, 3],
    ['1e2', 0, 100],
    ['1.50', 2, 150],
    ['1.500', 2, 150],
    ['0.1e1', 0, 1],
    ['100e-2', 0, 1],
    ['0', 2, 0],
    ['-0', 2, 0],
    ['-0.000e9', 2, 0],
    ['0e999999999999999999999', 0, 0],
    ['9007199254740991', 0, Number.MAX_SAFE_INTEGER],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
    ['9007199254740991000e-3', 0, Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 0, DecimalError.TOO_LARGE],
    ['9007199254740993', 0, DecimalError.TOO_LARGE],
    ['9007199254740993', 2, DecimalError.TOO_LARGE],
    ['1e400', 2, DecimalError.TOO_LARGE],
    ['1e99999999999999999999', 2, DecimalError.TOO_LARGE],
    ['1e-400', 2, DecimalError.OVER_PRECISE],
    ['1e-99999999999999999999', 2, DecimalError.OVER_PRECISE],
    ['0.001', 2, DecimalError.OVER_PRECISE],
    ['0.30000000000000004', 2, DecimalError.OVER_PRECISE],
    ['-1', 2, DecimalError.NEGATIVE],
    ['-1e-400', 2, DecimalError.NEGATIVE],
  ])('%s at scale %i is %d', (text, scale, expected) => {
    expect(Object.is(parse(text, scale), expected)).toBe(true);
  });

  it.each([
    '',
    '-',
    '+1',
    '.5',
    '1.',
    '01',
    '-01',
    '00',
    '1e',
    '1e+',
    '1e-',
    '1.5.5',
    '0x10',
    'NaN',
    'Infinity',
    '1 ',
    ' 1',
    '1_0',
    '1e1.5',
    '--1',
    'e5',
  ])('refuses %j as malformed', (text) => {
    expect(parse(text, 2)).toBe(DecimalError.MALFORMED);
  });

  it('counts zeros however many', () => {
    const zeros = '0'.repeat(400);
    expect(parse(`1.5${zeros}`, 2)).toBe(150);
    expect(parse(`15${zeros}e-400`, 2)).toBe(1_500);
    expect(parse(`0.${zeros}15e401`, 2)).toBe(150);
    expect(parse(`0.${zeros}15`, 2)).toBe(DecimalError.OVER_PRECISE);
    expect(parse(`15${zeros}`, 2)).toBe(DecimalError.TOO_LARGE);
    expect(parse(`1${zeros}1e-400`, 2)).toBe(DecimalError.OVER_PRECISE);
  });

  it('agrees with BigInt', () => {
    fc.assert(
      fc.property(decimalText, scales, (text, scale) => {
        expect(parse(text, scale)).toBe(oracle(text, scale));
      }),
      { numRuns: 3_000 },
    );
  });

  it('agrees with the grammar on arbitrary characters', () => {
    const characters = fc.string({ unit: fc.constantFrom(...'0019.-+eE x'), maxLength: 8 });
    fc.assert(
      fc.property(characters, (text) => {
        expect(parse(text, 3)).toBe(oracle(text, 3));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('writeDecimal', () => {
  const values = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(),
    fc.integer({ min: 0, max: 15 }).map((n) => 10 ** n),
    fc.integer({ min: 0, max: 15 }).map((n) => 10 ** n - 1),
    fc.constantFrom(0, 1, 99, 100, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, 99_999_999),
  );

  it('writes what BigInt writes, formatDecimal says and parseDecimal reads back', () => {
    fc.assert(
      fc.property(values, scales, (value, scale) => {
        const bytes = new Uint8Array(40).fill(0x23);
        const length = writeDecimal(bytes, 3, value, scale);
        const text = new TextDecoder().decode(bytes.subarray(3, 3 + length));
        const digits = BigInt(value)
          .toString()
          .padStart(scale + 1, '0');
        const expected = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
        expect(text).toBe(expected);
        expect(formatDecimal(value, scale)).toBe(expected);
        expect(length).toBeLessThanOrEqual(DECIMAL_BYTES_MAX);
        expect(bytes[2]).toBe(0x23);
        expect(bytes[3 + length]).toBe(0x23);
        expect(parse(text, scale)).toBe(value);
      }),
      { numRuns: 3_000 },
    );
  });
});
