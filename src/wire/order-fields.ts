// The fields of an order's body, by number. Constants; any thread.

export const ORDER_FIELD_NAMES = [
  'idempotency_key',
  'client_id',
  'instrument',
  'side',
  'type',
  'price',
  'quantity',
  'time_in_force',
  'post_only',
  'stp',
  'expires_at',
  'stop_price',
  'display_quantity',
  'quote_quantity',
  'protection_price',
  'max_slippage',
  'dry_run',
] as const;

/** Numbers of the names above. A replacement knows all but the last. */
export const OrderField = {
  KEY: 0,
  CLIENT: 1,
  INSTRUMENT: 2,
  SIDE: 3,
  TYPE: 4,
  PRICE: 5,
  QUANTITY: 6,
  TIME_IN_FORCE: 7,
  POST_ONLY: 8,
  SELF_TRADE: 9,
  EXPIRES_AT: 10,
  STOP_PRICE: 11,
  DISPLAY_QUANTITY: 12,
  QUOTE_QUANTITY: 13,
  PROTECTION_PRICE: 14,
  MAX_SLIPPAGE: 15,
  DRY_RUN: 16,
} as const;
