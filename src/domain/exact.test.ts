// Two-limb sums of products against BigInt: exact up to the largest prices and quantities there may be.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addProduct, LIMB, PRICE_TICKS_LIMIT, QUANTITY_LOTS_LIMIT, toBigInt } from './exact.ts';

const price = fc.oneof(
  fc.bigInt(0n, BigInt(PRICE_TICKS_LIMIT)).map(Number),
  fc.constantFrom(0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 47, PRICE_TICKS_LIMIT - 1, PRICE_TICKS_LIMIT),
);
const quantity = fc.oneof(
  fc.bigInt(0n, BigInt(QUANTITY_LOTS_LIMIT)).map(Number),
  fc.constantFrom(0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 31, QUANTITY_LOTS_LIMIT - 1, QUANTITY_LOTS_LIMIT),
);

describe('exact price x quantity', () => {
  it('sums products as BigInt does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(price, quantity), { maxLength: 3 }), (products) => {
        const high = new Float64Array(2);
        const low = new Float64Array(2);
        let expected = 0n;
        for (const [priceTicks, quantityLots] of products) {
          addProduct(high, low, 1, priceTicks, quantityLots);
          expected += BigInt(priceTicks) * BigInt(quantityLots);
        }
        expect(toBigInt(high[1], low[1])).toBe(expected);
        expect(low[1]).toBeLessThan(LIMB);
        expect([high[0], low[0]]).toEqual([0, 0]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('sums small products one by one without loss', () => {
    const high = new Float64Array(1);
    const low = new Float64Array(1);
    for (let i = 0; i < 3_000; i++) addProduct(high, low, 0, 2 ** 26 - 1, 2 ** 26 - i);
    let expected = 0n;
    for (let i = 0n; i < 3_000n; i++) expected += (2n ** 26n - 1n) * (2n ** 26n - i);
    expect(toBigInt(high[0], low[0])).toBe(expected);
  });

  it('stops on what its limbs cannot hold', () => {
    const cell = new Float64Array(1);
    expect(() => addProduct(cell, cell, 0, PRICE_TICKS_LIMIT + 2, 1)).toThrow('price within its limit');
    expect(() => addProduct(cell, cell, 0, 1, QUANTITY_LOTS_LIMIT + 1)).toThrow('quantity within its limit');
    expect(() => toBigInt(-1, 0)).toThrow();
    expect(() => toBigInt(0, LIMB)).toThrow();
  });
});
