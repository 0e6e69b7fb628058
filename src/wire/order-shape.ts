// What kind of order a body asks for, amounts apart: type, time in force, flags, self-trade prevention; and whether they
// go together. Gateway threads. The order of objections and their names are those of domain/RULES.md, "The order of
// checks". Each function reads fields into the command, or answers false with the problem filled. Allocates only then.

import { OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { ORDER_TYPE_TEXTS, SELF_TRADE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from './enum-texts.ts';
import { OrderField as F } from './order-fields.ts';
import type { RequestFields } from './request-fields.ts';
import { readFlag, readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const SIDES = new WordTable(SIDE_TEXTS);
const TYPES = new WordTable(ORDER_TYPE_TEXTS);
/** GTD is another name for GTT. */
const TIMES_IN_FORCE = new WordTable([...TIME_IN_FORCE_TEXTS, 'GTD']);
const SELF_TRADES = new WordTable(SELF_TRADE_TEXTS);
const SELF_TRADE_CODES = Object.values(SelfTrade);

/** The side, which must be there. */
export function readSide(fields: RequestFields, command: Command): boolean {
  const side = readWord(fields, F.SIDE, SIDES);
  command.side = side === Side.BUY ? Side.BUY : Side.SELL;
  return side >= 0;
}

/**
 * Everything else. A market order never rests: GTC on one is accepted, as clients of the API it replaces send it, and
 * becomes IOC. With a stop price it waits, so it may have an expiry.
 */
export function readShape(fields: RequestFields, command: Command): boolean {
  const type = readWord(fields, F.TYPE, TYPES);
  if (type < 0) return false;
  const timeInForce = readTimeInForce(fields);
  if (timeInForce === -1) return false;
  const postOnly = readFlag(fields, F.POST_ONLY);
  if (postOnly < 0) return false;
  const selfTrade = fields.has(F.SELF_TRADE) ? readWord(fields, F.SELF_TRADE, SELF_TRADES) : SelfTrade.NONE;
  if (selfTrade < 0) return false;
  const market = type === OrderType.MARKET;
  command.orderType = market ? OrderType.MARKET : OrderType.LIMIT;
  command.timeInForce = market && timeInForce === TimeInForce.GTC ? TimeInForce.IOC : timeInForce;
  command.selfTrade = SELF_TRADE_CODES[selfTrade];
  command.flags =
    (postOnly === 1 ? OrderFlag.POST_ONLY : 0) |
    (fields.has(F.STOP_PRICE) ? OrderFlag.STOP : 0) |
    (fields.has(F.QUOTE_QUANTITY) ? OrderFlag.QUOTE_AMOUNT : 0) |
    (fields.has(F.MAX_SLIPPAGE) ? OrderFlag.SLIPPAGE : 0);
  return goesTogether(fields, command);
}

function readTimeInForce(fields: RequestFields): TimeInForce | -1 {
  if (!fields.has(F.TIME_IN_FORCE)) return TimeInForce.GTC;
  switch (readWord(fields, F.TIME_IN_FORCE, TIMES_IN_FORCE)) {
    case -1:
      return -1;
    case TimeInForce.GTC:
      return TimeInForce.GTC;
    case TimeInForce.IOC:
      return TimeInForce.IOC;
    case TimeInForce.FOK:
      return TimeInForce.FOK;
    default:
      return TimeInForce.GTT;
  }
}

function goesTogether(fields: RequestFields, command: Command): boolean {
  const { orderType, timeInForce, flags } = command;
  const market = orderType === OrderType.MARKET;
  const stop = (flags & OrderFlag.STOP) !== 0;
  const rests = !market && (timeInForce === TimeInForce.GTC || timeInForce === TimeInForce.GTT);
  if ((flags & OrderFlag.POST_ONLY) !== 0 && (!rests || stop)) {
    const detail = 'post_only goes only with a limit order that may rest (GTC or GTT), without a stop_price.';
    return fields.refuse('post_only_invalid', F.POST_ONLY, detail);
  }
  if (!quoteGoesTogether(fields, market, timeInForce)) return false;
  if (fields.has(F.DISPLAY_QUANTITY) && !rests) {
    const detail = 'display_quantity goes only with a limit order that may rest (GTC or GTT).';
    return fields.refuse('display_quantity_invalid', F.DISPLAY_QUANTITY, detail);
  }
  return protectionGoesTogether(fields, market, stop) && expiryGoesTogether(fields, market, stop, timeInForce);
}

function quoteGoesTogether(fields: RequestFields, market: boolean, timeInForce: TimeInForce): boolean {
  if (!fields.has(F.QUOTE_QUANTITY)) return fields.has(F.QUANTITY) || fields.missing(F.QUANTITY);
  const alone = !fields.has(F.QUANTITY) && !fields.has(F.DISPLAY_QUANTITY) && !fields.has(F.STOP_PRICE);
  if (market && alone && timeInForce !== TimeInForce.FOK) return true;
  const detail =
    'quote_quantity goes only with a market order, without quantity, display_quantity, stop_price and FOK.';
  return fields.refuse('quote_amount_invalid', F.QUOTE_QUANTITY, detail);
}

function protectionGoesTogether(fields: RequestFields, market: boolean, stop: boolean): boolean {
  const field = fields.has(F.MAX_SLIPPAGE) ? F.MAX_SLIPPAGE : F.PROTECTION_PRICE;
  if (!fields.has(field)) return true;
  const name = fields.name(field);
  if (!market) return fields.refuse('field_not_allowed', field, `${name} goes only with a market order.`);
  if (field === F.PROTECTION_PRICE) return true;
  if (fields.has(F.PROTECTION_PRICE)) {
    return fields.refuse('field_not_allowed', field, 'max_slippage does not go with a protection_price.');
  }
  return !stop || fields.refuse('price_out_of_bounds', field, 'max_slippage does not go with a stop_price.');
}

function expiryGoesTogether(fields: RequestFields, market: boolean, stop: boolean, timeInForce: TimeInForce): boolean {
  if (timeInForce !== TimeInForce.GTT) {
    if (!fields.has(F.EXPIRES_AT)) return true;
    return fields.refuse('field_not_allowed', F.EXPIRES_AT, 'expires_at goes only with time_in_force GTT.');
  }
  if (market && !stop) {
    const detail = 'time_in_force GTT goes only with an order that may rest or wait, not with a market order.';
    return fields.refuse('invalid_value', F.TIME_IN_FORCE, detail);
  }
  return (
    fields.has(F.EXPIRES_AT) ||
    fields.refuse('missing_field', F.EXPIRES_AT, 'expires_at is required with time_in_force GTT.')
  );
}
