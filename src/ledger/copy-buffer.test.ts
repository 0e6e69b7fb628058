// The binary COPY encoding, judged by PostgreSQL itself: what goes in comes out as the same text.

import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { CopyBuffer, NUMERIC_BYTES_MAX } from './copy-buffer.ts';
import { withClient } from './testing/database-client.ts';
import { decimal } from './testing/plain-decimal.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase('copy');
});
afterAll(() => database.drop());

/** One column of `type`, filled by `put` for each value, read back as text in order. */
function roundTrip<T>(
  type: string,
  values: readonly T[],
  put: (row: CopyBuffer, value: T) => void,
): Promise<(string | null)[]> {
  return withClient(database.connection, async (client: pg.Client) => {
    await client.query(`CREATE TEMPORARY TABLE t (n int GENERATED ALWAYS AS IDENTITY, x ${type})`);
    const rows = new CopyBuffer();
    for (const value of values) {
      rows.beginRow(1, NUMERIC_BYTES_MAX + 128);
      put(rows, value);
    }
    const stream = client.query(copyFrom('COPY t (x) FROM STDIN WITH (FORMAT binary)'));
    stream.end(rows.finished());
    await finished(stream);
    expect(stream.rowCount).toBe(values.length);
    const result = await client.query<{ x: string | null }>('SELECT x::text FROM t ORDER BY n');
    return result.rows.map(({ x }) => x);
  });
}

const SAFE = [
  0,
  1,
  9,
  10,
  9_999,
  10_000,
  10_001,
  99_999_999,
  100_000_000,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  1e15,
  123_000_000,
];

describe('binary COPY', () => {
  it('writes safe integers of either sign as numeric at every scale', async () => {
    const random = fc.sample(fc.maxSafeNat(), { seed: 1, numRuns: 200 });
    const positive = [...SAFE, ...random];
    const values = [...positive, ...positive.filter((value) => value > 0).map((value) => -value)].flatMap((value) =>
      Array.from({ length: 31 }, (_, scale) => ({ value, scale })),
    );
    const texts = await roundTrip('numeric', values, (row, { value, scale }) => row.putNumeric(value, scale));
    expect(texts).toEqual(values.map(({ value, scale }) => decimal(BigInt(value), scale)));
  });

  it('writes sums of two limbs as numeric', async () => {
    const limb = fc.oneof(fc.constantFrom(0, 1, 31, 32, 2 ** 48 - 1), fc.nat({ max: 2 ** 48 - 1 }));
    const high = fc.oneof(limb, fc.constantFrom(2 ** 53 - 1, -1, -31, -32, -33, -(2 ** 53) + 1), fc.maxSafeInteger());
    const values = fc.sample(fc.record({ high, low: limb, scale: fc.nat({ max: 30 }) }), { seed: 2, numRuns: 3_000 });
    const texts = await roundTrip('numeric', values, (row, v) => row.putLongNumeric(v.high, v.low, v.scale));
    expect(texts).toEqual(values.map(({ high, low, scale }) => decimal((BigInt(high) << 48n) + BigInt(low), scale)));
  });

  it('writes amounts of 60 digits as numeric, and refuses longer ones', async () => {
    const digits = fc.bigInt({ min: -(10n ** 60n) + 1n, max: 10n ** 60n - 1n });
    const values = fc.sample(fc.record({ value: digits, scale: fc.nat({ max: 30 }) }), { seed: 3, numRuns: 1_000 });
    const texts = await roundTrip('numeric', values, (row, v) => row.putBigNumeric(v.value, v.scale));
    expect(texts).toEqual(values.map(({ value, scale }) => decimal(value, scale)));
    const row = new CopyBuffer();
    row.beginRow(1, 1_000);
    expect(() => row.putBigNumeric(10n ** 64n, 0)).toThrow(/60 digits/);
  });

  it('writes bigint, timestamptz, boolean, uuid, text and null', async () => {
    const signed = [...SAFE, -1, -(2 ** 32), -(2 ** 53) + 1];
    expect(await roundTrip('bigint', signed, (row, value) => row.putBigint(value))).toEqual(signed.map(String));

    const times = [0, 946_684_799_999_999, 946_684_800_000_000, 1_780_000_000_123_456, 4_102_444_800_000_001];
    const written = await roundTrip('timestamptz', times, (row, value) => row.putTimestamp(value));
    expect(written.map((text) => Date.parse(text ?? '') * 1_000)).toEqual(
      times.map((us) => Math.floor(us / 1_000) * 1_000),
    );
    expect(written[3]).toMatch(/\.123456\+/);

    expect(await roundTrip('boolean', [true, false], (row, value) => row.putBoolean(value))).toEqual(['true', 'false']);
    const ids = ['00000000-0000-8000-8000-000000000000', '019e7bd0-ffff-8410-8abc-def012345678'];
    expect(await roundTrip('uuid', ids, (row, value) => row.putUuid(Buffer.from(value)))).toEqual(ids);
    const texts = ['', 'a', 'çarşı', '€\t\\N"'];
    const putText = (row: CopyBuffer, value: string) =>
      row.putText(Buffer.from(`__${value}`), 2, Buffer.byteLength(value));
    expect(await roundTrip('text', texts, putText)).toEqual(texts);
    expect(await roundTrip('text', [null], (row) => row.putNull())).toEqual([null]);
  });
});
