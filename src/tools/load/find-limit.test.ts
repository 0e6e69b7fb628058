// The search against servers that hold up to a rate, for all rates, and against one with a bad moment.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLimit } from './find-limit.ts';

test('finds the limit within 5 %, from below or from above, and never names a rate that did not hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 900_000 }),
      fc.integer({ min: 1, max: 900_000 }),
      async (limit, first) => {
        const tried = new Set<number>();
        const found = await findLimit(first, async (rate) => {
          tried.add(rate);
          return rate <= limit;
        });
        expect(found).toBeLessThanOrEqual(limit);
        expect(limit - (found ?? 0)).toBeLessThanOrEqual(Math.max(1, limit * 0.05));
        expect(tried).toContain(found);
      },
    ),
  );
});

test('one bad moment does not count', async () => {
  let calls = 0;
  expect(await findLimit(1_000, async (rate) => ++calls !== 2 && rate <= 4_000)).toBe(4_000);
});

test('nothing holds', async () => {
  expect(await findLimit(1_000, async () => false)).toBeUndefined();
});
