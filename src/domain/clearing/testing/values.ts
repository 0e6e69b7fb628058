// Random whole numbers for tests of exact arithmetic: of every width, and often at the edges of limbs and halves.

import type { Random } from '../../../sim/testing/random.ts';
import { Amount } from '../amount.ts';
import { highLimb, lowLimb, toBigInt } from '../exact.ts';

export function big(amount: Amount): bigint {
  return toBigInt(amount.high, amount.low);
}

export function amountOf(value: bigint): Amount {
  return new Amount().set(highLimb(value), lowLimb(value));
}

/** 0 to max, of a random width; one in three lies beside a power of two or beside max. */
export function wholeUpTo(random: Random, max: bigint): bigint {
  const width = BigInt(random.below(max.toString(2).length + 1));
  const near = BigInt(random.below(5) - 2);
  const kind = random.below(6);
  let value = near + (kind === 0 ? max : 1n << width);
  if (kind > 1) value = randomBits(random, width);
  if (value < 0n) return 0n;
  return value > max ? max : value;
}

/** -max to max. */
export function signedUpTo(random: Random, max: bigint): bigint {
  const value = wholeUpTo(random, max);
  return random.below(2) === 0 ? value : -value;
}

export function numberUpTo(random: Random, max: number): number {
  return Number(wholeUpTo(random, BigInt(max)));
}

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

function randomBits(random: Random, width: bigint): bigint {
  let value = 0n;
  for (let i = 0; i < 4; i++) value = (value << 32n) | BigInt(random.below(2 ** 32));
  return BigInt.asUintN(Number(width), value);
}
