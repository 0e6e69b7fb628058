// Fees against BigInt, and the promise of holds: whatever a live order executes at its price or better, fees included,
// never costs more than what was held for it.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Side } from '../codes.ts';
import { AMOUNT_SCALE, DEFAULT_INSTRUMENTS, type Instrument } from '../instrument.ts';
import { Amount } from './amount.ts';
import { PRICE_TICKS_LIMIT, QUANTITY_LOTS_LIMIT } from './exact.ts';
import { setFee } from './fees.ts';
import { baseUnit, quoteUnit, setBaseNeeded, setHold, setQuoteNeeded } from './holds.ts';
import { amountOf, big, floorDivide, numberUpTo, signedUpTo, wholeUpTo } from './testing/values.ts';

const MILLION = 1_000_000n;
/** Greatest notional there may be. */
const NOTIONAL_MAX = 2n ** 98n;

function feeOf(notional: bigint, millionths: number): bigint {
  return floorDivide(notional * BigInt(millionths), MILLION);
}

function randomTerms(random: Random): Instrument {
  const priceScale = random.below(AMOUNT_SCALE + 1);
  return {
    ...DEFAULT_INSTRUMENTS[0],
    priceScale,
    quantityScale: random.below(AMOUNT_SCALE + 1 - priceScale),
    makerFeeMillionths: Number(signedUpTo(random, MILLION)),
    takerFeeMillionths: Number(signedUpTo(random, MILLION)),
  };
}

describe('a fee', () => {
  it('is the notional times the rate, rounded toward minus infinity [16]', () => {
    const random = new Random(1);
    const fee = new Amount();
    for (let run = 0; run < 100_000; run++) {
      const notional = wholeUpTo(random, NOTIONAL_MAX);
      const millionths = Number(signedUpTo(random, MILLION));
      setFee(fee, amountOf(notional), millionths);
      if (big(fee) !== feeOf(notional, millionths)) expect([notional, millionths, big(fee)]).toEqual('the right fee');
      if (Object.is(fee.high, -0) || Object.is(fee.low, -0)) expect([notional, millionths]).toEqual('no minus zero');
    }
  });
});

describe('what an order needs', () => {
  it('is exact in units of 10^-14, or more than any balance', () => {
    const random = new Random(2);
    const needed = new Amount();
    for (let run = 0; run < 50_000; run++) {
      const terms = randomTerms(random);
      const lots = numberUpTo(random, QUANTITY_LOTS_LIMIT);
      setBaseNeeded(needed, lots, terms);
      const base = BigInt(lots) * 10n ** BigInt(AMOUNT_SCALE - terms.quantityScale);
      const cost = wholeUpTo(random, NOTIONAL_MAX);
      const millionths = Number(signedUpTo(random, MILLION));
      const baseComputed = big(needed);
      const fits = setQuoteNeeded(needed, amountOf(cost), millionths, terms);
      const fee = millionths > 0 ? feeOf(cost, millionths) : 0n;
      const quote = (cost + fee) * 10n ** BigInt(AMOUNT_SCALE - terms.priceScale - terms.quantityScale);
      const right = [base, quote < 2n ** 101n ? quote : false];
      if (baseComputed !== right[0] || (fits && big(needed)) !== right[1])
        expect([baseComputed, fits && big(needed), cost, millionths]).toEqual([...right, cost, millionths]);
    }
  });

  it('keeps cost and result apart', () => {
    const cost = new Amount();
    expect(() => setQuoteNeeded(cost, cost, 0, DEFAULT_INSTRUMENTS[0])).toThrow('kept apart');
  });
});

describe('the hold of a live order', () => {
  it('covers whatever it executes, piece by piece, at its price or better', () => {
    const random = new Random(3);
    const before = new Amount();
    const after = new Amount();
    let compared = 0;
    for (let run = 0; run < 5_000; run++) {
      const terms = randomTerms(random);
      const side = random.pick([Side.BUY, Side.SELL]);
      const price = Math.max(1, numberUpTo(random, PRICE_TICKS_LIMIT));
      let remaining = numberUpTo(random, QUANTITY_LOTS_LIMIT);
      if (!setHold(before, side, price, remaining, terms)) continue;
      for (let piece = 0; piece < 10 && remaining > 0; piece++) {
        const lots = Math.max(1, numberUpTo(random, remaining));
        remaining -= lots;
        expect(setHold(after, side, price, remaining, terms)).toBe(true);
        // A buy trades at its price or below, as maker or as taker.
        const notional = BigInt(Math.max(1, numberUpTo(random, price))) * BigInt(lots);
        const fee = feeOf(notional, random.pick([terms.makerFeeMillionths, terms.takerFeeMillionths]));
        const spent =
          side === Side.SELL ? BigInt(lots) * BigInt(baseUnit(terms)) : (notional + fee) * BigInt(quoteUnit(terms));
        const released = big(before) - big(after);
        if (spent > released) expect({ spent, released, terms, price, lots, remaining }).toEqual('covered');
        before.copy(after);
        compared++;
      }
      if (remaining === 0) expect(before.isZero()).toBe(true);
    }
    expect(compared).toBeGreaterThan(10_000);
  });
});
