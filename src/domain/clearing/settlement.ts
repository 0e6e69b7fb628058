// The legs of one trade on the balances of buyer and seller [16]: the buyer gets the base and pays the notional, the
// seller the reverse, each pays its fee. What both lose and nobody gets, their fees, is the venue's. Pure.
// Allocates: nothing.

import { assert } from '../../assert.ts';
import type { Instrument } from '../instrument.ts';
import { Amount } from './amount.ts';
import type { Balances } from './balances.ts';
import { baseUnit, quoteUnit } from './holds.ts';

/** One trade, in the words of its instrument. Reused. */
export class TradeLegs {
  /** Indices of the instrument's currencies. */
  base = 0;
  quote = 0;
  /** Client numbers; they may be the same. */
  buyer = 0;
  seller = 0;
  lots = 0;
  /** Ticks x lots, like both fees. */
  readonly notional = new Amount();
  readonly buyerFee = new Amount();
  readonly sellerFee = new Amount();
}

/** Books the trade. Holds for what is spent here must have been released; it must have been covered. */
export function settleTrade(balances: Balances, instrument: Instrument, legs: TradeLegs): void {
  const { base, quote, buyer, seller } = legs;
  amount.setProduct(baseUnit(instrument), legs.lots);
  balances.debit(balances.open(seller, base), amount);
  balances.credit(balances.open(buyer, base), amount);
  toUnits(amount.copy(legs.notional).add(legs.buyerFee), instrument);
  balances.debit(balances.open(buyer, quote), amount);
  toUnits(amount.copy(legs.notional).subtract(legs.sellerFee), instrument);
  balances.credit(balances.open(seller, quote), amount);
}

function toUnits(ofTickLots: Amount, instrument: Instrument): void {
  const fits = ofTickLots.multiply(quoteUnit(instrument));
  assert(fits, 'settlement: what was covered fits two limbs');
}

/** Scratch of settleTrade. */
const amount = new Amount();
