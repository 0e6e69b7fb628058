// The average price against exact integer arithmetic.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { averagePriceTicks } from './average-price.ts';

const LIMB = 2n ** 48n;

it('divides exactly and rounds half up', () => {
  expect(averagePriceTicks(0, 15, 10)).toBe(2);
  expect(averagePriceTicks(0, 14, 10)).toBe(1);
  expect(averagePriceTicks(0, 25, 10)).toBe(3);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 48 }),
      fc.integer({ min: 1, max: 2 ** 51 }),
      fc.nat(),
      fc.boolean(),
      (price, executed, extra, half) => {
        // Some price x quantity, a little more than a whole multiple; or right at the half.
        const more = half ? BigInt(executed) / 2n : BigInt(extra) % BigInt(executed);
        const notional = BigInt(price) * BigInt(executed) + more;
        const expected = more * 2n >= BigInt(executed) ? price + 1 : price;
        expect(averagePriceTicks(Number(notional / LIMB), Number(notional % LIMB), executed)).toBe(expected);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('is right on both sides of 2^53', () => {
  for (const notional of [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n]) {
    for (const executed of [1n, 2n, 3n, 2n ** 51n, 2n ** 51n - 1n]) {
      const expected = Number((2n * notional + executed) / (2n * executed));
      if (expected > Number.MAX_SAFE_INTEGER) continue;
      expect(averagePriceTicks(Number(notional / LIMB), Number(notional % LIMB), Number(executed))).toBe(expected);
    }
  }
});
