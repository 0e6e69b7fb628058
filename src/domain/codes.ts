// The numbers of the domain: they stand in journals, rings and snapshots, so a number is never reused or changed.
// Pure constants; any thread. The names are the field's own. Reasons have a file of their own, reasons.ts.

export const CommandType = {
  NEW_ORDER: 1,
  CANCEL_ORDER: 2,
  AMEND_ORDER: 3,
  /** Cancels an order and places another in its stead, or does neither. */
  REPLACE_ORDER: 4,
  /** Cancels every order of a client (or of all), of an instrument (or of all), of a side (or of both). */
  MASS_CANCEL: 5,
  /** Ends every order whose time has come. Written by the matching thread, before the commands of its batch. */
  EXPIRE_ORDERS: 6,
  /** Adds an instrument or changes one. */
  DEFINE_INSTRUMENT: 7,
  SET_INSTRUMENT_STATUS: 8,
  SET_KILL_SWITCH: 9,
  SET_CLIENT_LIMITS: 10,
  /** A deposit or a withdrawal. */
  ADJUST_BALANCE: 11,
  /** Turns balances with holds on or off. */
  SET_RISK_MODE: 12,
  CLOSE_SETTLEMENT: 13,
} as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];
export const COMMAND_TYPE_MAX = CommandType.CLOSE_SETTLEMENT;

export const Side = { BUY: 1, SELL: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderType = { LIMIT: 1, MARKET: 2 } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { GTC: 1, IOC: 2, FOK: 3, GTT: 4 } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** What an incoming order does when it meets its own client's order [8]. */
export const SelfTrade = {
  NONE: 0,
  DECREMENT: 1,
  CANCEL_OLDEST: 2,
  CANCEL_NEWEST: 3,
  CANCEL_BOTH: 4,
} as const;
export type SelfTrade = (typeof SelfTrade)[keyof typeof SelfTrade];

/** Bits of a command's and an order's `flags`. */
export const OrderFlag = {
  POST_ONLY: 1,
  /** The order has a stop price: it waits outside the book until the last trade price reaches it [14]. */
  STOP: 2,
  /** A market order by what it may spend or earn, not by quantity. */
  QUOTE_AMOUNT: 4,
  /** A market order whose price is a distance from the best opposite price on arrival, not a price. */
  SLIPPAGE: 8,
  /** Set by the engine: the stop has been triggered. Never in a command. */
  TRIGGERED: 16,
} as const;
export const COMMAND_FLAGS = OrderFlag.POST_ONLY | OrderFlag.STOP | OrderFlag.QUOTE_AMOUNT | OrderFlag.SLIPPAGE;

export const OrderStatus = {
  OPEN: 1,
  PARTIALLY_FILLED: 2,
  FILLED: 3,
  CANCELLED: 4,
  REJECTED: 5,
  EXPIRED: 6,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** True while the order rests in the book or waits for its trigger. */
export function isLive(status: number): boolean {
  return status === OrderStatus.OPEN || status === OrderStatus.PARTIALLY_FILLED;
}

export const InstrumentStatus = {
  OPEN: 1,
  /** Only post-only orders come in. */
  POST_ONLY: 2,
  CANCEL_ONLY: 3,
  HALTED: 4,
  /** Not traded any more, and not shown. */
  DELISTED: 5,
} as const;
export type InstrumentStatus = (typeof InstrumentStatus)[keyof typeof InstrumentStatus];

export const RiskMode = { OFF: 0, BALANCES: 1 } as const;
export type RiskMode = (typeof RiskMode)[keyof typeof RiskMode];

/** In a mass cancel: every instrument, both sides. */
export const ALL_INSTRUMENTS = 65_535;
export const BOTH_SIDES = 0;
