// The amounts and times of an order's body, at its instrument's scales, once its shape is read. Gateway threads.
// Reads fields into the command, or answers false with the problem filled. Allocates only then.

import { OrderFlag, OrderType, TimeInForce } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Pair } from './decimal-pair.ts';
import { OrderField as F } from './order-fields.ts';
import type { RequestFields } from './request-fields.ts';
import {
  type AmountRule,
  PRICE_RULE,
  readAmount,
  readPair,
  readPrice,
  readQuantity,
  readTime,
} from './request-values.ts';

const STOP_RULE: AmountRule = { unit: 'tick', offUnit: 'stop_price_invalid', outOfBounds: 'stop_price_invalid' };
const DISPLAY_RULE: AmountRule = {
  unit: 'lot',
  offUnit: 'display_quantity_invalid',
  outOfBounds: 'display_quantity_invalid',
};
const QUOTE_RULE: AmountRule = {
  unit: 'tick times the lot',
  offUnit: 'quote_amount_invalid',
  outOfBounds: 'quote_amount_invalid',
};

/** Price, quantity or quote amount, and what only some orders have; `quote` is scratch. */
export function readAmounts(fields: RequestFields, instrument: Instrument, command: Command, quote: Pair): boolean {
  command.amountHigh = 0;
  command.amountLow = 0;
  command.quantityLots = 0;
  if (!readLimit(fields, instrument, command)) return false;
  if ((command.flags & OrderFlag.QUOTE_AMOUNT) !== 0) {
    const scale = instrument.priceScale + instrument.quantityScale;
    if (!readPair(fields, F.QUOTE_QUANTITY, QUOTE_RULE, scale, quote)) return false;
    command.amountHigh = quote.high;
    command.amountLow = quote.low;
  } else {
    command.quantityLots = readQuantity(fields, F.QUANTITY, instrument);
    if (command.quantityLots < 0) return false;
  }
  return readRare(fields, instrument, command);
}

/** The limit price, or what bounds a market order. */
function readLimit(fields: RequestFields, instrument: Instrument, command: Command): boolean {
  command.priceTicks = 0;
  if (command.orderType === OrderType.LIMIT) {
    if (!fields.has(F.PRICE)) return fields.refuse('missing_field', F.PRICE, 'price is required for a limit order.');
    command.priceTicks = readPrice(fields, F.PRICE, instrument);
  } else if (fields.has(F.PRICE)) {
    return fields.refuse('price_not_allowed', F.PRICE, 'price must be left out of a market order.');
  } else if (fields.has(F.PROTECTION_PRICE)) {
    command.priceTicks = readPrice(fields, F.PROTECTION_PRICE, instrument);
  } else if (fields.has(F.MAX_SLIPPAGE)) {
    const { priceScale, priceIncrementTicks, maxPriceTicks } = instrument;
    command.priceTicks = readAmount(
      fields,
      F.MAX_SLIPPAGE,
      PRICE_RULE,
      priceScale,
      priceIncrementTicks,
      0,
      maxPriceTicks,
    );
  }
  return command.priceTicks >= 0;
}

function readRare(fields: RequestFields, instrument: Instrument, command: Command): boolean {
  command.stopPriceTicks = fields.has(F.STOP_PRICE) ? readPrice(fields, F.STOP_PRICE, instrument, STOP_RULE) : 0;
  if (command.stopPriceTicks < 0) return false;
  command.displayLots = fields.has(F.DISPLAY_QUANTITY) ? readDisplay(fields, instrument, command.quantityLots) : 0;
  if (command.displayLots < 0) return false;
  command.expiresUs = command.timeInForce === TimeInForce.GTT ? readTime(fields, F.EXPIRES_AT) : 0;
  return command.expiresUs >= 0;
}

/** From a hundredth of the quantity to all of it, as the engine asks too. */
function readDisplay(fields: RequestFields, instrument: Instrument, quantityLots: number): number {
  const { quantityScale, quantityIncrementLots, minQuantityLots } = instrument;
  const hundredth = Math.ceil(quantityLots / (100 * quantityIncrementLots)) * quantityIncrementLots;
  const lots = readAmount(
    fields,
    F.DISPLAY_QUANTITY,
    DISPLAY_RULE,
    quantityScale,
    quantityIncrementLots,
    Math.max(minQuantityLots, hundredth),
    quantityLots,
  );
  const { problem } = fields;
  if (lots < 0 && problem.code === 'display_quantity_invalid') {
    problem.detail += ' What is shown is from a hundredth of the quantity to all of it.';
  }
  return lots;
}
