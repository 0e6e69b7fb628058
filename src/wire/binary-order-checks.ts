// What a binary record may say of an order that is placed or takes another's place: the checks of order-request.ts,
// order-shape.ts and order-amounts.ts on numbers instead of JSON, in the same order, with the same codes and field names.
// Where JSON leaves a field out, a record has 0. Gateway threads. Allocates: the sentence of a refusal.

import { LIMB } from '../domain/clearing/exact.ts';
import { COMMAND_FLAGS, OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import { type CountRule, checkAmount, PRICE, QUANTITY, refuse } from './binary-refusals.ts';
import { checkRecordText } from './binary-texts.ts';
import { AMOUNT_HIGH_LIMIT } from './decimal-pair.ts';
import type { InstrumentList } from './instrument-list.ts';
import type { RequestProblem } from './problem.ts';

const { LIMIT, MARKET } = OrderType;
const { GTC, IOC, FOK, GTT } = TimeInForce;
const { POST_ONLY, STOP, QUOTE_AMOUNT, SLIPPAGE } = OrderFlag;

const STOP_PRICE: CountRule = { unit: 'ticks', offUnit: 'stop_price_invalid', outOfBounds: 'stop_price_invalid' };
const DISPLAY: CountRule = {
  unit: 'lots',
  offUnit: 'display_quantity_invalid',
  outOfBounds: 'display_quantity_invalid',
};

/** Whether the order of a new order or a replacement is one; puts it into the one form that its meaning has. */
export function checkOrder(problem: RequestProblem, list: InstrumentList, command: Command): boolean {
  // As an amount -0 is 0; as bytes it is not.
  command.stopPriceTicks += 0;
  command.displayLots += 0;
  command.expiresUs += 0;
  command.amountHigh += 0;
  command.amountLow += 0;
  if (!hasRequired(problem, command)) return false;
  if (!checkRecordText(problem, 'idempotency_key', command.bytes, command.keyOffset, command.keyLength)) return false;
  if (!checkRecordText(problem, 'client_id', command.bytes, command.clientOffset, command.clientLength)) return false;
  if (command.instrument >= list.all.length) {
    return refuse(problem, 'unknown_instrument', 'instrument', 'There is no such instrument.');
  }
  return (
    checkCodes(problem, command) &&
    goesTogether(problem, command) &&
    checkAmounts(problem, list.all[command.instrument], command)
  );
}

function hasRequired(problem: RequestProblem, command: Command): boolean {
  if (command.keyLength === 0) return missing(problem, 'idempotency_key');
  if (command.clientLength === 0) return missing(problem, 'client_id');
  if (command.side === 0) return missing(problem, 'side');
  return Number(command.orderType) !== 0 || missing(problem, 'type');
}

function missing(problem: RequestProblem, field: string): false {
  return refuse(problem, 'missing_field', field, `${field} is required.`);
}

function checkCodes(problem: RequestProblem, command: Command): boolean {
  const { side, orderType, timeInForce, selfTrade, flags } = command;
  if (side > Side.SELL) return refuse(problem, 'invalid_value', 'side', 'side must be 1 (buy) or 2 (sell).');
  if (orderType > MARKET) return refuse(problem, 'invalid_value', 'type', 'type must be 1 (limit) or 2 (market).');
  if (timeInForce < GTC || timeInForce > GTT) {
    return refuse(
      problem,
      'invalid_value',
      'time_in_force',
      'time_in_force must be 1 (GTC), 2 (IOC), 3 (FOK) or 4 (GTT).',
    );
  }
  if ((flags & ~COMMAND_FLAGS) !== 0) {
    return refuse(problem, 'invalid_value', 'flags', 'flags has bits that mean nothing in a command.');
  }
  if (selfTrade > SelfTrade.CANCEL_BOTH) {
    return refuse(problem, 'invalid_value', 'stp', 'stp must be 0 (none), 1 (dc), 2 (co), 3 (cn) or 4 (cb).');
  }
  // A market order never rests: GTC on one is IOC.
  if (orderType === MARKET && timeInForce === GTC) command.timeInForce = IOC;
  return true;
}

function goesTogether(problem: RequestProblem, command: Command): boolean {
  const { orderType, timeInForce, flags } = command;
  const market = orderType === MARKET;
  const stop = (flags & STOP) !== 0;
  const rests = !market && (timeInForce === GTC || timeInForce === GTT);
  if ((flags & POST_ONLY) !== 0 && (!rests || stop)) {
    const detail = 'post-only goes only with a limit order that may rest (GTC or GTT), without a stop price.';
    return refuse(problem, 'post_only_invalid', 'post_only', detail);
  }
  if (!quoteGoesTogether(problem, command)) return false;
  if (command.displayLots !== 0 && !rests) {
    const detail = 'display_quantity goes only with a limit order that may rest (GTC or GTT).';
    return refuse(problem, 'display_quantity_invalid', 'display_quantity', detail);
  }
  if (!stop && command.stopPriceTicks !== 0) {
    return refuse(problem, 'field_not_allowed', 'stop_price', 'stop_price goes only with its flag.');
  }
  return slippageGoesTogether(problem, command) && expiryGoesTogether(problem, command);
}

function quoteGoesTogether(problem: RequestProblem, command: Command): boolean {
  const { orderType, timeInForce, flags, quantityLots, displayLots } = command;
  if ((flags & QUOTE_AMOUNT) === 0) {
    if (command.amountHigh !== 0 || command.amountLow !== 0) {
      return refuse(problem, 'field_not_allowed', 'quote_quantity', 'quote_quantity goes only with its flag.');
    }
    return quantityLots !== 0 || missing(problem, 'quantity');
  }
  const alone = quantityLots === 0 && displayLots === 0 && (flags & STOP) === 0;
  if (orderType === MARKET && alone && timeInForce !== FOK) return true;
  const detail =
    'quote_quantity goes only with a market order, without quantity, display_quantity, stop_price and FOK.';
  return refuse(problem, 'quote_amount_invalid', 'quote_quantity', detail);
}

function slippageGoesTogether(problem: RequestProblem, { flags, orderType }: Command): boolean {
  if ((flags & SLIPPAGE) === 0) return true;
  if (orderType !== MARKET) {
    return refuse(problem, 'field_not_allowed', 'max_slippage', 'max_slippage goes only with a market order.');
  }
  if ((flags & STOP) === 0) return true;
  return refuse(problem, 'price_out_of_bounds', 'max_slippage', 'max_slippage does not go with a stop_price.');
}

function expiryGoesTogether(problem: RequestProblem, command: Command): boolean {
  const { orderType, timeInForce, flags, expiresUs } = command;
  if (timeInForce !== GTT) {
    if (expiresUs === 0) return true;
    return refuse(problem, 'field_not_allowed', 'expires_at', 'expires_at goes only with time_in_force GTT.');
  }
  if (orderType === MARKET && (flags & STOP) === 0) {
    const detail = 'time_in_force GTT goes only with an order that may rest or wait, not with a market order.';
    return refuse(problem, 'invalid_value', 'time_in_force', detail);
  }
  if (expiresUs !== 0) return true;
  return refuse(problem, 'missing_field', 'expires_at', 'expires_at is required with time_in_force GTT.');
}

function checkAmounts(problem: RequestProblem, instrument: Instrument, command: Command): boolean {
  const { flags, stopPriceTicks } = command;
  return (
    checkPrice(problem, instrument, command) &&
    ((flags & QUOTE_AMOUNT) === 0 ? checkQuantity(problem, instrument, command) : checkQuote(problem, command)) &&
    ((flags & STOP) === 0 || isPrice(problem, STOP_PRICE, 'stop_price', stopPriceTicks, instrument)) &&
    (command.displayLots === 0 || checkDisplay(problem, instrument, command)) &&
    (command.timeInForce !== GTT || checkExpiry(problem, command.expiresUs))
  );
}

/** The limit price, or what bounds a market order. */
function checkPrice(
  problem: RequestProblem,
  instrument: Instrument,
  { orderType, flags, priceTicks }: Command,
): boolean {
  if (orderType === LIMIT) {
    if (priceTicks === 0) return refuse(problem, 'missing_field', 'price', 'price is required for a limit order.');
    return isPrice(problem, PRICE, 'price', priceTicks, instrument);
  }
  if ((flags & SLIPPAGE) !== 0) {
    const { priceIncrementTicks, maxPriceTicks } = instrument;
    return checkAmount(problem, PRICE, 'max_slippage', priceTicks, priceIncrementTicks, 0, maxPriceTicks);
  }
  return priceTicks === 0 || isPrice(problem, PRICE, 'protection_price', priceTicks, instrument);
}

/** Whether a price may be one of the instrument's. */
export function isPrice(
  problem: RequestProblem,
  rule: CountRule,
  field: string,
  ticks: number,
  instrument: Instrument,
): boolean {
  const { priceIncrementTicks, minPriceTicks, maxPriceTicks } = instrument;
  return checkAmount(problem, rule, field, ticks, priceIncrementTicks, minPriceTicks, maxPriceTicks);
}

/** The same of the command's quantity. */
export function checkQuantity(problem: RequestProblem, instrument: Instrument, { quantityLots }: Command): boolean {
  const { quantityIncrementLots, minQuantityLots, maxQuantityLots } = instrument;
  return checkAmount(
    problem,
    QUANTITY,
    'quantity',
    quantityLots,
    quantityIncrementLots,
    minQuantityLots,
    maxQuantityLots,
  );
}

/** Above zero and below 2^100: every limb whole and within its bounds. */
function checkQuote(problem: RequestProblem, { amountHigh, amountLow }: Command): boolean {
  const field = 'quote_quantity';
  const isHigh = amountHigh >= 0 && amountHigh < AMOUNT_HIGH_LIMIT && amountHigh % 1 === 0;
  const isLow = amountLow >= 0 && amountLow < LIMB && amountLow % 1 === 0;
  if (isHigh && isLow) {
    return amountHigh > 0 || amountLow > 0 || refuse(problem, 'zero', field, `${field} must be above zero.`);
  }
  if (amountHigh < 0) return refuse(problem, 'negative', field, `${field} must be above zero.`);
  return refuse(problem, 'quote_amount_invalid', field, `${field} must be a pair below 2^100.`);
}

/** From a hundredth of the quantity to all of it, as the engine asks too. */
function checkDisplay(
  problem: RequestProblem,
  instrument: Instrument,
  { displayLots, quantityLots }: Command,
): boolean {
  const { quantityIncrementLots, minQuantityLots } = instrument;
  const hundredth = Math.ceil(quantityLots / (100 * quantityIncrementLots)) * quantityIncrementLots;
  const min = Math.max(minQuantityLots, hundredth);
  return checkAmount(problem, DISPLAY, 'display_quantity', displayLots, quantityIncrementLots, min, quantityLots);
}

function checkExpiry(problem: RequestProblem, expiresUs: number): boolean {
  if (expiresUs > 0 && Number.isSafeInteger(expiresUs)) return true;
  const detail = 'expires_at must be microseconds since the epoch, before the year 2255.';
  return refuse(problem, 'invalid_value', 'expires_at', detail);
}
