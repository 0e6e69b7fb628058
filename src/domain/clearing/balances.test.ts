// Balances against a model in BigInt: nothing is made or lost but fees, nothing is spent or withdrawn that is not
// available, and holds cover what they are for.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Side } from '../codes.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../instrument.ts';
import { Reason } from '../reasons.ts';
import { Amount } from './amount.ts';
import { Balances } from './balances.ts';
import { setFee } from './fees.ts';
import { quoteUnit, setHold } from './holds.ts';
import { settleTrade, TradeLegs } from './settlement.ts';
import { amountOf, big, floorDivide, numberUpTo, signedUpTo } from './testing/values.ts';

const NONE = new Amount();
const BASE = 0;
const QUOTE = 1;

function balanceOf(balances: Balances, client: number, currency: number): bigint {
  const row = balances.find(client, currency);
  return row < 0 ? 0n : big(new Amount().set(balances.balanceHigh(row), balances.balanceLow(row)));
}

function heldOf(balances: Balances, client: number, currency: number): bigint {
  const row = balances.find(client, currency);
  return row < 0 ? 0n : big(new Amount().set(balances.heldHigh(row), balances.heldLow(row)));
}

describe('deposits, withdrawals and holds', () => {
  it('change what a model of them changes', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const balances = new Balances();
      let balance = 0n;
      let held = 0n;
      for (let step = 0; step < 200; step++) {
        const amount = signedUpTo(random, 2n ** BigInt(random.pick([10, 60, 101])) - 2n ** 48n);
        const size = amount < 0n ? -amount : amount;
        const kind = random.below(3);
        if (kind === 0) {
          const reason = balances.adjust(3, 1, amountOf(amount));
          const right =
            amount < 0n && balance - held + amount < 0n
              ? Reason.FUNDS_HELD
              : amount >= 0n && balance + amount >= 2n ** 100n
                ? Reason.AMOUNT_OVERFLOW
                : Reason.NONE;
          expect(reason).toBe(right);
          if (right === Reason.NONE) balance += amount;
        } else if (kind === 1) {
          const covered = balances.canCover(3, 1, amountOf(size), NONE);
          expect(covered).toBe(size <= balance - held);
          if (covered) {
            balances.hold(balances.open(3, 1), amountOf(size));
            held += size;
          }
        } else if (size <= held) {
          expect(balances.canCover(3, 1, amountOf(balance - held + size), amountOf(size))).toBe(true);
          expect(balances.canCover(3, 1, amountOf(balance - held + size + 1n), amountOf(size))).toBe(false);
          balances.release(balances.open(3, 1), amountOf(size));
          held -= size;
        }
        expect([balanceOf(balances, 3, 1), heldOf(balances, 3, 1)]).toEqual([balance, held]);
      }
    }
  });

  it('leave nothing behind when they are refused', () => {
    const balances = new Balances();
    expect(balances.adjust(0, 0, amountOf(-1n))).toBe(Reason.FUNDS_HELD);
    expect(balances.adjust(0, 0, amountOf(2n ** 100n))).toBe(Reason.AMOUNT_OVERFLOW);
    expect(balances.canCover(0, 0, amountOf(1n), NONE)).toBe(false);
    expect(balances.canCover(0, 0, NONE, NONE)).toBe(true);
    expect(balances.count).toBe(0);
  });

  it('can always be withdrawn, also from more than a deposit may make', () => {
    const balances = new Balances();
    const row = balances.open(0, 0);
    balances.setBalance(row, amountOf(2n ** 100n + 5n));
    expect(balances.adjust(0, 0, amountOf(1n))).toBe(Reason.AMOUNT_OVERFLOW);
    expect(balances.adjust(0, 0, amountOf(2n ** 100n))).toBe(Reason.AMOUNT_OVERFLOW);
    expect(balances.adjust(0, 0, amountOf(-1n))).toBe(Reason.NONE);
    expect(balanceOf(balances, 0, 0)).toBe(2n ** 100n + 4n);
    balances.setBalance(row, amountOf(2n ** 101n - 2n ** 48n));
    expect(balances.adjust(0, 0, amountOf(2n ** 99n))).toBe(Reason.AMOUNT_OVERFLOW);
  });

  it('stop on what would spend or free what is not there', () => {
    const balances = new Balances();
    const row = balances.open(0, 0);
    balances.setBalance(row, amountOf(10n));
    balances.setHeld(row, amountOf(4n));
    expect(() => balances.debit(row, amountOf(7n))).toThrow('was covered');
    expect(() => balances.hold(balances.open(0, 1), amountOf(1n))).toThrow('only what is available');
    expect(() => balances.release(balances.open(0, 2), amountOf(1n))).toThrow('no more is released');
  });

  it('are visited in order of client, then currency', () => {
    const balances = new Balances();
    const visited: number[][] = [];
    for (const [client, currency] of [
      [5, 0],
      [1, 9],
      [1, 2],
    ]) {
      balances.open(client, currency);
    }
    balances.forEach((row) => {
      visited.push([balances.clientOf(row), balances.currencyOf(row)]);
    });
    expect(visited).toEqual([
      [1, 2],
      [1, 9],
      [5, 0],
    ]);
  });
});

describe('settled trades', () => {
  it('move base and quote between clients and fees to the venue, within what makers hold and takers have [16]', () => {
    for (let seed = 1; seed <= 60; seed++) tradeAtRandom(new Random(seed));
  });

  /** A client's order rests and is executed piece by piece at its price or better by others who can pay for it. */
  function tradeAtRandom(random: Random): void {
    const terms: Instrument = {
      ...DEFAULT_INSTRUMENTS[0],
      makerFeeMillionths: random.below(2_001) - 1_000,
      takerFeeMillionths: random.below(2_001) - 1_000,
    };
    const balances = new Balances();
    const deposited = [0n, 0n];
    for (let client = 0; client < 3; client++) {
      for (const currency of [BASE, QUOTE]) {
        const amount = 1n + BigInt(numberUpTo(random, 2 ** 50)) * 10n ** 14n;
        balances.adjust(client, currency, amountOf(amount));
        deposited[currency] += amount;
      }
    }
    let venue = 0n;
    for (let round = 0; round < 20; round++) venue += placeAndFill(random, balances, terms);
    const total = (currency: number) =>
      [0, 1, 2].reduce((sum, client) => sum + balanceOf(balances, client, currency), 0n);
    expect(total(BASE)).toBe(deposited[BASE]);
    expect(total(QUOTE) + venue).toBe(deposited[QUOTE]);
    for (let client = 0; client < 3; client++) {
      for (const currency of [BASE, QUOTE]) expect(heldOf(balances, client, currency)).toBe(0n);
    }
  }

  /** Returns what the venue got, in units of quote. */
  function placeAndFill(random: Random, balances: Balances, terms: Instrument): bigint {
    const side = random.pick([Side.BUY, Side.SELL]);
    const [maker, held, needed] = [random.below(3), new Amount(), new Amount()];
    const price = 1 + numberUpTo(random, 10 ** 9);
    let remaining = 1 + numberUpTo(random, 10 ** 12);
    const currency = side === Side.BUY ? QUOTE : BASE;
    let venue = 0n;
    if (!setHold(held, side, price, remaining, terms)) return venue;
    if (!balances.canCover(maker, currency, held, NONE)) return venue;
    balances.hold(balances.open(maker, currency), held);
    for (let piece = 0; piece < 5 && remaining > 0; piece++) {
      const lots = 1 + random.below(remaining);
      // Better than its price at times, as the executions of an order that came in are.
      const better = random.below(3) === 0 ? random.below(price) : 0;
      const legs = legsOf(random, terms, side, maker, side === Side.BUY ? price - better : price + better, lots);
      if (legs === undefined || !takerCovers(balances, legs, side, terms)) continue;
      setHold(needed, side, price, remaining - lots, terms);
      balances.release(balances.open(maker, currency), new Amount().copy(held).subtract(needed));
      held.copy(needed);
      remaining -= lots;
      settleTrade(balances, terms, legs);
      venue += (big(legs.buyerFee) + big(legs.sellerFee)) * BigInt(quoteUnit(terms));
    }
    balances.release(balances.open(maker, currency), held);
    return venue;
  }

  function legsOf(
    random: Random,
    terms: Instrument,
    side: Side,
    maker: number,
    price: number,
    lots: number,
  ): TradeLegs | undefined {
    if (price < 1) return undefined;
    const legs = new TradeLegs();
    const taker = (maker + 1 + random.below(2)) % 3;
    legs.base = BASE;
    legs.quote = QUOTE;
    legs.buyer = side === Side.BUY ? maker : taker;
    legs.seller = side === Side.BUY ? taker : maker;
    legs.lots = lots;
    legs.notional.setProduct(price, lots);
    const [makerFee, takerFee] = [new Amount(), new Amount()];
    setFee(makerFee, legs.notional, terms.makerFeeMillionths);
    setFee(takerFee, legs.notional, terms.takerFeeMillionths);
    const right = floorDivide(BigInt(price) * BigInt(lots) * BigInt(terms.makerFeeMillionths), 1_000_000n);
    expect(big(makerFee)).toBe(right);
    legs.buyerFee.copy(side === Side.BUY ? makerFee : takerFee);
    legs.sellerFee.copy(side === Side.BUY ? takerFee : makerFee);
    return legs;
  }

  function takerCovers(balances: Balances, legs: TradeLegs, makerSide: Side, terms: Instrument): boolean {
    const needed = new Amount();
    if (makerSide === Side.BUY) {
      needed.setProduct(10 ** (14 - terms.quantityScale), legs.lots);
      return balances.canCover(legs.seller, BASE, needed, NONE);
    }
    needed.copy(legs.notional).add(legs.buyerFee);
    return needed.multiply(quoteUnit(terms)) && balances.canCover(legs.buyer, QUOTE, needed, NONE);
  }

  it('take buyer and seller being one client', () => {
    const balances = new Balances();
    balances.adjust(0, BASE, amountOf(10n ** 14n));
    balances.adjust(0, QUOTE, amountOf(10n ** 18n));
    const legs = new TradeLegs();
    legs.base = BASE;
    legs.quote = QUOTE;
    legs.lots = 100;
    legs.notional.setProduct(50, 100);
    legs.buyerFee.setNumber(3);
    legs.sellerFee.setNumber(-1);
    settleTrade(balances, DEFAULT_INSTRUMENTS[0], legs);
    expect(balanceOf(balances, 0, BASE)).toBe(10n ** 14n);
    expect(balanceOf(balances, 0, QUOTE)).toBe(10n ** 18n - 2n * 10n ** 4n);
  });
});
