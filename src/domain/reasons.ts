// Why an order was rejected or closed, and why a command was refused: the one table that HTTP, OpenAPI, metrics and the
// ledger read. Pure constants; any thread. A number is never reused; a name is what clients program against.

/**
 * 0 means no reason. 1-99 are about an order: why it was rejected, why what was left of it was cancelled, or why an amend
 * or a replacement was refused. 100-199 are about a command: it was refused and changed nothing.
 */
export const Reason = {
  NONE: 0,
  UNKNOWN_INSTRUMENT: 1,
  PRICE_OUT_OF_BOUNDS: 2,
  QUANTITY_OUT_OF_BOUNDS: 3,
  POST_ONLY_WOULD_CROSS: 4,
  POST_ONLY_INVALID: 5,
  PRICE_OFF_TICK: 6,
  QUANTITY_OFF_LOT: 7,
  PRICE_BAND: 8,
  STOP_PRICE_INVALID: 9,
  NO_LIQUIDITY: 10,
  IOC_REMAINDER: 11,
  SELF_TRADE: 12,
  FOK_UNFILLED: 13,
  PRICE_PROTECTION: 14,
  QUOTE_REMAINDER: 15,
  CANCELLED_BY_CLIENT: 20,
  REPLACED: 21,
  MASS_CANCELLED: 22,
  EXPIRED: 23,
  DISPLAY_INVALID: 30,
  QUOTE_AMOUNT_INVALID: 31,
  EXPIRY_PASSED: 32,
  KILL_SWITCH: 40,
  INSTRUMENT_HALTED: 41,
  INSTRUMENT_CANCEL_ONLY: 42,
  INSTRUMENT_POST_ONLY: 43,
  LIMIT_OPEN_ORDERS: 50,
  LIMIT_ORDER_QUANTITY: 51,
  LIMIT_ORDER_NOTIONAL: 52,
  LIMIT_POSITION: 53,
  POSITION_OVERFLOW: 54,
  ENGINE_FULL: 55,
  INSUFFICIENT_FUNDS: 60,
  PROTECTION_REQUIRED: 61,
  ORDER_UNKNOWN: 100,
  ORDER_CLOSED: 101,
  NOT_OWNER: 102,
  KEY_REUSED: 103,
  AMEND_INVALID: 104,
  AMEND_WOULD_CROSS: 105,
  REPLACE_INVALID: 106,
  INSTRUMENT_INVALID: 110,
  INSTRUMENT_IMMUTABLE: 111,
  INSTRUMENTS_FULL: 112,
  INSTRUMENT_BUSY: 113,
  INSTRUMENT_UNKNOWN: 114,
  BALANCES_OFF: 115,
  RISK_MODE_BUSY: 116,
  CURRENCY_UNKNOWN: 117,
  FUNDS_HELD: 118,
  AMOUNT_OVERFLOW: 119,
  CLIENTS_FULL: 120,
  COMMAND_SKIPPED: 121,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** One row for each reason but NONE: the stable name and one sentence for people. */
export const REASONS: ReadonlyMap<number, { readonly name: string; readonly text: string }> = new Map([
  row(Reason.UNKNOWN_INSTRUMENT, 'unknown_instrument', 'No such instrument.'),
  row(Reason.PRICE_OUT_OF_BOUNDS, 'price_out_of_bounds', 'The price is outside what the instrument allows.'),
  row(Reason.QUANTITY_OUT_OF_BOUNDS, 'quantity_out_of_bounds', 'The quantity is outside what the instrument allows.'),
  row(Reason.POST_ONLY_WOULD_CROSS, 'post_only_would_cross', 'A post-only order would have traded on arrival.'),
  row(
    Reason.POST_ONLY_INVALID,
    'post_only_invalid',
    'Post-only goes only with a limit order that may rest (GTC or GTT) and has no stop price.',
  ),
  row(Reason.PRICE_OFF_TICK, 'price_off_tick', 'The price is not a multiple of the tick.'),
  row(Reason.QUANTITY_OFF_LOT, 'quantity_off_lot', 'The quantity is not a multiple of the lot.'),
  row(Reason.PRICE_BAND, 'price_band', 'The price is outside the band around the last trade price.'),
  row(
    Reason.STOP_PRICE_INVALID,
    'stop_price_invalid',
    'The stop price is out of bounds or not a multiple of the tick.',
  ),
  row(Reason.NO_LIQUIDITY, 'no_liquidity', 'Nothing was left in the book for the rest of a market order.'),
  row(Reason.IOC_REMAINDER, 'ioc_remainder', 'What an immediate-or-cancel order could not fill was cancelled.'),
  row(Reason.SELF_TRADE, 'self_trade_prevented', 'Cancelled so that the client does not trade with itself.'),
  row(Reason.FOK_UNFILLED, 'fok_unfilled', 'A fill-or-kill order could not be filled whole, so it did not trade.'),
  row(Reason.PRICE_PROTECTION, 'price_protection', 'The book was left only at prices beyond the order’s protection.'),
  row(Reason.QUOTE_REMAINDER, 'quote_remainder', 'What was left of the quote amount is less than one lot costs.'),
  row(Reason.CANCELLED_BY_CLIENT, 'cancelled_by_client', 'Cancelled by request.'),
  row(Reason.REPLACED, 'replaced', 'Cancelled because another order replaced it.'),
  row(Reason.MASS_CANCELLED, 'mass_cancelled', 'Cancelled by a mass cancel.'),
  row(Reason.EXPIRED, 'expired', 'The order’s time ran out.'),
  row(
    Reason.DISPLAY_INVALID,
    'display_quantity_invalid',
    'A display quantity is from a hundredth of the quantity to all of it, at least the minimum, on lot, and for limit orders that may rest.',
  ),
  row(
    Reason.QUOTE_AMOUNT_INVALID,
    'quote_amount_invalid',
    'A quote amount is for market orders without FOK, stop price and display quantity.',
  ),
  row(Reason.EXPIRY_PASSED, 'expiry_passed', 'The order’s time had run out when it arrived.'),
  row(Reason.KILL_SWITCH, 'kill_switch', 'The kill switch is on: only cancels pass.'),
  row(Reason.INSTRUMENT_HALTED, 'instrument_halted', 'The instrument is halted: only cancels pass.'),
  row(Reason.INSTRUMENT_CANCEL_ONLY, 'instrument_cancel_only', 'The instrument takes only cancels.'),
  row(Reason.INSTRUMENT_POST_ONLY, 'instrument_post_only', 'The instrument takes only post-only orders and cancels.'),
  row(Reason.LIMIT_OPEN_ORDERS, 'limit_open_orders', 'The client has as many open orders as it may have.'),
  row(Reason.LIMIT_ORDER_QUANTITY, 'limit_order_quantity', 'The quantity is above the client’s limit for one order.'),
  row(Reason.LIMIT_ORDER_NOTIONAL, 'limit_order_notional', 'Price times quantity is above the client’s limit.'),
  row(
    Reason.LIMIT_POSITION,
    'limit_position',
    'With its open orders executed the client’s position would exceed its limit.',
  ),
  row(
    Reason.POSITION_OVERFLOW,
    'position_overflow',
    'The client’s position or amounts could leave what can be computed exactly.',
  ),
  row(Reason.ENGINE_FULL, 'engine_full', 'The engine holds as many clients, accounts or orders as it can.'),
  row(Reason.INSUFFICIENT_FUNDS, 'insufficient_funds', 'The client’s available balance does not cover the order.'),
  row(
    Reason.PROTECTION_REQUIRED,
    'protection_required',
    'With balances, a market order with a stop price needs a protection price to say what it may spend.',
  ),
  row(Reason.ORDER_UNKNOWN, 'order_unknown', 'No such order.'),
  row(Reason.ORDER_CLOSED, 'order_closed', 'The order is already filled, cancelled, rejected or expired.'),
  row(Reason.NOT_OWNER, 'order_unknown', 'No such order of this client.'),
  row(Reason.KEY_REUSED, 'idempotency_key_reused', 'This idempotency key was used with a different request.'),
  row(Reason.AMEND_INVALID, 'amend_invalid', 'The amended price or quantity is not allowed.'),
  row(Reason.AMEND_WOULD_CROSS, 'amend_would_cross', 'A post-only order cannot be amended into the opposite side.'),
  row(
    Reason.REPLACE_INVALID,
    'replace_invalid',
    'A replacement has the instrument and the side of the order it replaces.',
  ),
  row(
    Reason.INSTRUMENT_INVALID,
    'instrument_invalid',
    'The definition contradicts itself or leaves what can be computed.',
  ),
  row(
    Reason.INSTRUMENT_IMMUTABLE,
    'instrument_immutable',
    'Currencies and scales of an instrument never change: stored numbers are counted in them.',
  ),
  row(Reason.INSTRUMENTS_FULL, 'instruments_full', 'There is no room for another instrument.'),
  row(Reason.INSTRUMENT_BUSY, 'instrument_busy', 'The instrument still has live orders.'),
  row(Reason.INSTRUMENT_UNKNOWN, 'unknown_instrument', 'No such instrument.'),
  row(Reason.BALANCES_OFF, 'balances_off', 'Balances are not kept: start with RINGBOOK_RISK=balances.'),
  row(Reason.RISK_MODE_BUSY, 'risk_mode_busy', 'The risk mode changes only while no order is live.'),
  row(Reason.CURRENCY_UNKNOWN, 'currency_unknown', 'No instrument has this currency.'),
  row(Reason.FUNDS_HELD, 'insufficient_funds', 'The available balance is smaller than the withdrawal.'),
  row(Reason.AMOUNT_OVERFLOW, 'amount_overflow', 'The balance would leave what can be computed exactly.'),
  row(Reason.CLIENTS_FULL, 'engine_full', 'The engine holds as many clients, accounts or orders as it can.'),
  row(
    Reason.COMMAND_SKIPPED,
    'command_skipped',
    'The engine could not carry it out, and an operator has ruled it out.',
  ),
]);

function row(reason: number, name: string, text: string): [number, { readonly name: string; readonly text: string }] {
  return [reason, { name, text }];
}

/** The name of a reason; '' for NONE. */
export function reasonName(reason: number): string {
  return REASONS.get(reason)?.name ?? '';
}
