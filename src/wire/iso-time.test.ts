// Times as text, against Date.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ISO_TIME_BYTES, IsoTimeWriter, isoTime } from './iso-time.ts';

it('writes what Date writes, and the microseconds', () => {
  const writer = new IsoTimeWriter();
  const times = fc.oneof(
    fc.maxSafeNat(),
    fc.integer({ min: 1_777_000_000_000_000, max: 1_777_000_004_000_000 }),
    // Around the turns of days, months, years and leap days.
    fc
      .tuple(fc.integer({ min: 1970, max: 2254 }), fc.constantFrom(0, 1, 2, 11, 12), fc.integer({ min: -2, max: 2 }))
      .map(([year, month, us]) => Math.max(0, Date.UTC(year, month, 1) * 1_000 + us)),
  );
  fc.assert(
    fc.property(times, (timeUs) => {
      const bytes = new Uint8Array(40).fill(0x23);
      expect(writer.write(bytes, 3, timeUs)).toBe(3 + ISO_TIME_BYTES);
      const ms = Math.floor(timeUs / 1_000);
      const us = String(timeUs - ms * 1_000).padStart(3, '0');
      const expected = new Date(ms).toISOString().replace('Z', `${us}Z`);
      expect(Buffer.from(bytes).toString('latin1')).toBe(`###${expected}${'#'.repeat(10)}`);
      expect(isoTime(timeUs)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});
