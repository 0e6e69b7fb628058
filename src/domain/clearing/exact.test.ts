// Pairs of limbs as BigInt.

import { describe, expect, it } from 'vitest';
import { highLimb, LIMB, lowLimb, toBigInt } from './exact.ts';

describe('a pair of limbs as BigInt', () => {
  it('has the sign of its high limb', () => {
    expect(toBigInt(0, 7)).toBe(7n);
    expect(toBigInt(2, 1)).toBe(2n ** 49n + 1n);
    expect(toBigInt(-1, LIMB - 1)).toBe(-1n);
    expect(toBigInt(-Number.MAX_SAFE_INTEGER, 0)).toBe(2n ** 48n - 2n ** 101n);
  });

  it('is taken apart again', () => {
    for (const value of [0n, 7n, -1n, 2n ** 49n + 1n, -(2n ** 48n), 2n ** 101n - 1n]) {
      expect(toBigInt(highLimb(value), lowLimb(value))).toBe(value);
    }
    expect([highLimb(-1n), lowLimb(-1n)]).toEqual([-1, LIMB - 1]);
  });

  it('stops on what is no pair', () => {
    expect(() => toBigInt(0, LIMB)).toThrow('low');
    expect(() => toBigInt(0, -1)).toThrow('low');
    expect(() => toBigInt(0, 0.5)).toThrow('low');
    expect(() => toBigInt(2 ** 53, 0)).toThrow('high');
    expect(() => toBigInt(Number.NaN, 0)).toThrow('high');
  });
});
