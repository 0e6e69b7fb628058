// Questions about what an order is, asked of a command and of a row alike. Pure functions.

import type { OrderRows } from '../book/order-rows.ts';
import type { Amount } from '../clearing/amount.ts';
import { OrderFlag, OrderType, Side, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';
import type { Instrument } from '../instrument.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const { BUY, SELL } = Side;
const LIMIT = OrderType.LIMIT;
const { GTC, GTT } = TimeInForce;
const { STOP, TRIGGERED, QUOTE_AMOUNT } = OrderFlag;

/** The side of an order's command; only a mass cancel may say both. */
export function sideOf(command: Command): Side {
  return command.side === SELL ? SELL : BUY;
}

/** Limit orders that are good till cancelled or till a time rest in the book [5]. */
export function mayRest(orderType: number, timeInForce: number): boolean {
  return orderType === LIMIT && (timeInForce === GTC || timeInForce === GTT);
}

/** True for a stop that has not been triggered: it waits outside the book [14]. */
export function isWaiting(orders: OrderRows, row: number): boolean {
  return (orders.flags(row) & (STOP | TRIGGERED)) === STOP;
}

export function isPriceWithin(instrument: Instrument, priceTicks: number): boolean {
  return priceTicks >= instrument.minPriceTicks && priceTicks <= instrument.maxPriceTicks;
}

export function isQuantityWithin(instrument: Instrument, quantityLots: number): boolean {
  return quantityLots >= instrument.minQuantityLots && quantityLots <= instrument.maxQuantityLots;
}

/** Prices and quantities are multiples of their increment [10]. */
export function isMultiple(value: number, increment: number): boolean {
  return increment === 1 || value % increment === 0;
}

/** A market order by what it may spend or earn, not by quantity. */
export function isByAmount(flags: number): boolean {
  return (flags & QUOTE_AMOUNT) !== 0;
}

/** The worst price an order accepts; a market order without a protection price (0) accepts any. */
export function worstPrice(side: Side, priceTicks: number): number {
  return side === BUY && priceTicks === 0 ? Number.POSITIVE_INFINITY : priceTicks;
}

/** True when an order of this side gets a worse price than `worstTicks`. */
export function isWorse(side: Side, priceTicks: number, worstTicks: number): boolean {
  return side === BUY ? priceTicks > worstTicks : priceTicks < worstTicks;
}

/** Lots, in whole increments, that an amount pays at a price [5]; as many as a number holds when it pays more. */
export function payableLots(amount: Amount, priceTicks: number, incrementLots: number): number {
  const lots = amount.quotient(priceTicks, Number.MAX_SAFE_INTEGER);
  return incrementLots === 1 ? lots : lots - (lots % incrementLots);
}

/** Each part of an iceberg is a trade of its own, and one command may meet them all. */
const ICEBERG_PARTS_MAX = 100;

/** `displayLots` is 0 for an order that shows all. Beyond 2^53 the product is inexact, and far above any quantity. */
export function hasTooManyParts(displayLots: number, quantityLots: number): boolean {
  return displayLots !== 0 && quantityLots > displayLots * ICEBERG_PARTS_MAX;
}
