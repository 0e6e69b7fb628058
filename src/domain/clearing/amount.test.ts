// Every operation of an amount against BigInt: at random widths, at the edges of limbs, up to the limits and beyond them.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Amount, FACTOR_MAX, LARGE_FACTOR_MAX } from './amount.ts';
import { LIMB } from './exact.ts';
import { amountOf, big, numberUpTo, signedUpTo, wholeUpTo } from './testing/values.ts';

const RUNS = 100_000;
/** What two limbs hold is -MAX to LIMIT: beyond it a sum stops and a product says no. */
const MAX = 2n ** 101n - 2n ** 48n;
const LIMIT = MAX + 2n ** 48n - 1n;

/** `check` returns what was computed and what is right; a failure prints the inputs it names. */
function forRandom(seed: number, check: (random: Random) => [unknown, unknown, ...unknown[]]): void {
  const random = new Random(seed);
  for (let run = 0; run < RUNS; run++) {
    const [computed, right, ...inputs] = check(random);
    if (computed !== right) expect({ computed, inputs }).toEqual({ computed: right, inputs });
  }
}

/** The value, or what is wrong with its form. */
function exactly(amount: Amount): bigint | string {
  if (Object.is(amount.high, -0) || Object.is(amount.low, -0)) return 'minus zero';
  return big(amount);
}

describe('an amount', () => {
  it('multiplies factors up to their limits', () => {
    forRandom(1, (random) => {
      const factor = numberUpTo(random, FACTOR_MAX);
      const large = numberUpTo(random, LARGE_FACTOR_MAX);
      const product = new Amount().set(-7, 7).setProduct(factor, large);
      return [exactly(product), BigInt(factor) * BigInt(large), factor, large];
    });
    expect(() => new Amount().setProduct(FACTOR_MAX + 2, 1)).toThrow('factor within its limit');
    expect(() => new Amount().setProduct(1, LARGE_FACTOR_MAX + 1)).toThrow('large factor within its limit');
    expect(() => new Amount().setProduct(-1, 1)).toThrow('factor within its limit');
  });

  it('takes any safe integer', () => {
    forRandom(2, (random) => {
      const value = Number(signedUpTo(random, BigInt(Number.MAX_SAFE_INTEGER)));
      return [exactly(new Amount().setNumber(value)), BigInt(value), value];
    });
  });

  it('adds and subtracts, or stops', () => {
    forRandom(3, (random) => {
      const a = signedUpTo(random, MAX);
      const b = signedUpTo(random, MAX);
      const right = a + b > LIMIT || a + b < -MAX ? 'stays within two limbs' : a + b;
      return [outcome(() => amountOf(a).add(amountOf(b))), right, a, b];
    });
    forRandom(4, (random) => {
      const a = signedUpTo(random, MAX);
      const b = signedUpTo(random, MAX);
      const right = a - b > LIMIT || a - b < -MAX ? 'stays within two limbs' : a - b;
      return [outcome(() => amountOf(a).subtract(amountOf(b))), right, a, b];
    });
  });

  it('adds single numbers', () => {
    forRandom(5, (random) => {
      const a = signedUpTo(random, 2n ** 100n);
      const number = Number(signedUpTo(random, 2n ** 52n));
      return [exactly(amountOf(a).addNumber(number)), a + BigInt(number), a, number];
    });
  });

  it('negates, compares and knows its sign', () => {
    forRandom(6, (random) => {
      const a = signedUpTo(random, MAX);
      return [exactly(amountOf(a).negate()), -a, a];
    });
    forRandom(7, (random) => {
      const a = signedUpTo(random, MAX);
      const b =
        random.below(4) === 0 ? a : random.below(2) === 0 ? a + signedUpTo(random, 3n) : signedUpTo(random, MAX);
      const order = Math.sign(amountOf(a).compare(amountOf(b)));
      return [order + 0, a < b ? -1 : a > b ? 1 : 0, a, b];
    });
    forRandom(8, (random) => {
      const a = signedUpTo(random, random.below(2) === 0 ? 2n : MAX);
      const amount = amountOf(a);
      return [`${amount.isNegative()} ${amount.isZero()}`, `${a < 0n} ${a === 0n}`, a];
    });
  });

  it('multiplies by a small factor, or says that the result does not fit', () => {
    forRandom(9, (random) => {
      const factor = numberUpTo(random, random.below(2) === 0 ? 10 ** 14 : LARGE_FACTOR_MAX);
      // Half of the products lie about the limit.
      const bound = random.below(2) === 0 && factor > 0 ? MAX / BigInt(factor) + 2n : MAX;
      const a = signedUpTo(random, bound < MAX ? bound : MAX);
      const right = a * BigInt(factor);
      const amount = amountOf(a);
      const fits = amount.multiply(factor);
      return [fits ? exactly(amount) : 'no', right > LIMIT || -right > MAX ? 'no' : right, a, factor];
    });
  });

  it('divides with a remainder', () => {
    forRandom(10, (random) => {
      const divisor = Math.max(1, numberUpTo(random, LARGE_FACTOR_MAX));
      // Often a multiple of the divisor or one less: where a rounded quotient goes wrong.
      const near = BigInt(divisor) * wholeUpTo(random, MAX / BigInt(divisor)) - BigInt(random.below(2));
      const a = random.below(2) === 0 || near < 0n ? wholeUpTo(random, MAX) : near;
      const amount = amountOf(a);
      const remainder = amount.divide(divisor).remainder;
      const right = [a / BigInt(divisor), a % BigInt(divisor)];
      return [`${exactly(amount)} ${remainder}`, right.join(' '), a, divisor];
    });
    expect(() => amountOf(-1n).divide(1)).toThrow('not negative');
    expect(() => amountOf(1n).divide(0)).toThrow('divisor within its limit');
  });

  it('tells a quotient up to a greatest one', () => {
    forRandom(11, (random) => {
      const divisor = Math.max(1, numberUpTo(random, 2 ** 46));
      const max = numberUpTo(random, Number.MAX_SAFE_INTEGER);
      const product = BigInt(divisor) * BigInt(max) + BigInt(random.below(3) - 1);
      const a = random.below(2) === 0 || product < 0n || product > MAX ? wholeUpTo(random, MAX) : product;
      const amount = amountOf(a);
      const right = a / BigInt(divisor);
      const lots = amount.quotient(divisor, max);
      return [`${lots} ${big(amount)}`, `${right < BigInt(max) ? right : max} ${a}`, a, divisor, max];
    });
  });

  it('takes a share, rounded down', () => {
    forRandom(12, (random) => {
      const whole = Math.max(1, numberUpTo(random, LARGE_FACTOR_MAX));
      const part = numberUpTo(random, whole);
      const a = wholeUpTo(random, MAX);
      return [exactly(amountOf(a).takeShare(part, whole)), (a * BigInt(part)) / BigInt(whole), a, part, whole];
    });
    // As a position's cost is: a price near the lots it was entered at.
    forRandom(13, (random) => {
      const whole = Math.max(1, numberUpTo(random, 2 ** 52));
      const part = numberUpTo(random, whole);
      const a = wholeUpTo(random, 2n ** 46n) * BigInt(whole) + wholeUpTo(random, BigInt(whole));
      return [exactly(amountOf(a).takeShare(part, whole)), (a * BigInt(part)) / BigInt(whole), a, part, whole];
    });
    expect(() => amountOf(1n).takeShare(3, 2)).toThrow('part of the whole');
  });

  it('stops at the edge of its limbs', () => {
    const edge = new Amount().set(Number.MAX_SAFE_INTEGER, LIMB - 1);
    expect(() => edge.add(amountOf(1n))).toThrow('stays within two limbs');
    expect(() => new Amount().set(-Number.MAX_SAFE_INTEGER, 0).addNumber(-1)).toThrow('stays within two limbs');
  });
});

function outcome(compute: () => Amount): bigint | string {
  try {
    return exactly(compute());
  } catch (error) {
    return String(error).includes('stays within two limbs') ? 'stays within two limbs' : String(error);
  }
}
