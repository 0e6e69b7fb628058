// Times as clients write them, against Date and against the writer.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IsoTimeWriter } from './iso-time.ts';
import { parseIsoTime } from './iso-time-parser.ts';

function parse(text: string): number {
  const bytes = new TextEncoder().encode(`2${text}0`);
  return parseIsoTime(bytes, 1, bytes.length - 1);
}

const timesUs = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

it('reads what the writer writes', () => {
  const writer = new IsoTimeWriter();
  const bytes = new Uint8Array(27);
  fc.assert(
    fc.property(timesUs, (timeUs) => {
      writer.write(bytes, 0, timeUs);
      expect(parseIsoTime(bytes, 0, bytes.length)).toBe(timeUs);
    }),
    { numRuns: 3_000 },
  );
});

it('reads a time of any zone as Date does', () => {
  const day = 86_400_000;
  const zone = fc.record({ sign: fc.constantFrom('+', '-'), hour: fc.nat(23), minute: fc.nat(59) });
  const two = (value: number) => String(value).padStart(2, '0');
  fc.assert(
    fc.property(fc.integer({ min: 2 * day, max: 9_007_000_000_000 }), zone, (timeMs, { sign, hour, minute }) => {
      const text = new Date(timeMs).toISOString().replace('Z', `${sign}${two(hour)}:${two(minute)}`);
      expect(parse(text)).toBe(Date.parse(text) * 1_000);
    }),
  );
});

it.each([
  ['2030-01-01T00:00:00Z', 1_893_456_000_000_000],
  ['2028-02-29T23:59:59.9Z', 1_835_481_599_900_000],
  ['2000-02-29T00:00:00Z', 951_782_400_000_000],
  ['2030-01-01T00:00:00.1234560Z', 1_893_456_000_123_456],
  ['1970-01-01T00:00:00.000001Z', 1],
  ['2255-06-05T23:47:34.740991Z', Number.MAX_SAFE_INTEGER],
])('reads %s', (text, timeUs) => {
  expect(parse(text)).toBe(timeUs);
});

it.each([
  '',
  'soon',
  '2030-01-01',
  '2030-01-01T00:00Z',
  '2030-01-01T00:00:00',
  '2030-01-01 00:00:00Z',
  '2030-01-01T00:00:00z',
  '2030-01-01T00:00:00.Z',
  '2030-01-01T00:00:00.1234561Z',
  '2030-01-01T00:00:00+01',
  '2030-01-01T00:00:00+0100',
  '2030-01-01T00:00:00+24:00',
  '2030-01-01T00:00:00+01:60',
  '2030-01-01T00:00:00Z0',
  '2030-1-01T00:00:000Z',
  '2030-00-01T00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-01-00T00:00:00Z',
  '2030-01-01T24:00:00Z',
  '2030-01-01T00:60:00Z',
  '2030-01-01T00:00:60Z',
  '1970-01-01T00:00:00Z',
  '1970-01-01T00:30:00+01:00',
  '1969-12-31T23:59:59Z',
  '2255-06-05T23:47:34.740992Z',
  '9999-12-31T23:59:59Z',
  '-030-01-01T00:00:00Z',
])('refuses %j', (text) => {
  expect(parse(text)).toBe(-1);
});
