// The numbers of the domain: they stand in journals, rings and snapshots, so a number is never reused or changed.
// Pure constants; any thread. The names are the field's own, the texts are what HTTP, WebSocket and metrics show.

export const CommandType = { NEW_ORDER: 1, CANCEL_ORDER: 2, AMEND_ORDER: 3 } as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];

export const Side = { BUY: 1, SELL: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderType = { LIMIT: 1, MARKET: 2 } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { GTC: 1, IOC: 2 } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** Bits of a command's and an order's `flags`. */
export const OrderFlag = { POST_ONLY: 1 } as const;

export const OrderStatus = {
  OPEN: 1,
  PARTIALLY_FILLED: 2,
  FILLED: 3,
  CANCELLED: 4,
  REJECTED: 5,
  EXPIRED: 6,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** True while the order rests in the book. */
export function isLive(status: number): boolean {
  return status === OrderStatus.OPEN || status === OrderStatus.PARTIALLY_FILLED;
}

/**
 * Why an order closed without being filled, or why a command was refused. 0 means no reason.
 * 1-99: the order itself was rejected or cancelled by the engine (it has an order number).
 * 100-199: the command was refused and changed nothing.
 */
export const Reason = {
  NONE: 0,
  UNKNOWN_INSTRUMENT: 1,
  PRICE_OUT_OF_BOUNDS: 2,
  QUANTITY_OUT_OF_BOUNDS: 3,
  POST_ONLY_WOULD_CROSS: 4,
  POST_ONLY_INVALID: 5,
  NO_LIQUIDITY: 10,
  IOC_REMAINDER: 11,
  CANCELLED_BY_CLIENT: 20,
  ORDER_UNKNOWN: 100,
  ORDER_CLOSED: 101,
  NOT_OWNER: 102,
  KEY_REUSED: 103,
  AMEND_INVALID: 104,
  AMEND_WOULD_CROSS: 105,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** One row for each reason: the stable name and one sentence for people. HTTP and metrics read this table. */
export const REASONS: ReadonlyMap<number, { readonly name: string; readonly text: string }> = new Map<
  number,
  { name: string; text: string }
>([
  [Reason.UNKNOWN_INSTRUMENT, { name: 'unknown_instrument', text: 'No such instrument.' }],
  [
    Reason.PRICE_OUT_OF_BOUNDS,
    { name: 'price_out_of_bounds', text: 'The price is outside what the instrument allows.' },
  ],
  [
    Reason.QUANTITY_OUT_OF_BOUNDS,
    { name: 'quantity_out_of_bounds', text: 'The quantity is outside what the instrument allows.' },
  ],
  [
    Reason.POST_ONLY_WOULD_CROSS,
    { name: 'post_only_would_cross', text: 'A post-only order would have traded on arrival.' },
  ],
  [
    Reason.POST_ONLY_INVALID,
    { name: 'post_only_invalid', text: 'Post-only goes only with a limit order that may rest (GTC).' },
  ],
  [Reason.NO_LIQUIDITY, { name: 'no_liquidity', text: 'Nothing was left in the book for the rest of a market order.' }],
  [
    Reason.IOC_REMAINDER,
    { name: 'ioc_remainder', text: 'What an immediate-or-cancel order could not fill was cancelled.' },
  ],
  [Reason.CANCELLED_BY_CLIENT, { name: 'cancelled_by_client', text: 'Cancelled by request.' }],
  [Reason.ORDER_UNKNOWN, { name: 'order_unknown', text: 'No such order.' }],
  [Reason.ORDER_CLOSED, { name: 'order_closed', text: 'The order is already filled, cancelled or rejected.' }],
  [Reason.NOT_OWNER, { name: 'order_unknown', text: 'No such order of this client.' }],
  [
    Reason.KEY_REUSED,
    { name: 'idempotency_key_reused', text: 'This idempotency key was used with a different request.' },
  ],
  [Reason.AMEND_INVALID, { name: 'amend_invalid', text: 'The amended price or quantity is not allowed.' }],
  [
    Reason.AMEND_WOULD_CROSS,
    { name: 'amend_would_cross', text: 'A post-only order cannot be amended into the opposite side.' },
  ],
]);

/** The name of a reason; '' for NONE. */
export function reasonName(reason: number): string {
  return REASONS.get(reason)?.name ?? '';
}
