// The reply record: the matching thread's answer to one command, in the reply ring of the gateway that asked.
// Layout: WIRE.md, "Reply record". A reply is written only after its command is durable. Allocates: nothing.

import { ORDER_RECORD_BYTES_MAX } from './order-codec.ts';

/** Message types in a reply ring. */
export const ReplyType = { COMMAND: 1 } as const;

/** How a command ended. */
export const ReplyKind = {
  /** Applied: the order record holds the result, also when the engine rejected the order. */
  APPLIED: 1,
  /** A known idempotency key with the same command: the first result again, an order's or (without order record) a value. */
  REPLAYED: 2,
  /** Changed nothing; the reason says why. */
  REFUSED: 3,
  /** Applied, and about no single order: the value is what EngineListener.onApplied told. */
  VALUE: 4,
} as const;

export const REPLY_REQUEST_ID = 0;
export const REPLY_KIND = 4;
export const REPLY_REASON = 6;
/** Sequence of the command the result belongs to (a replay's is the original's). */
export const REPLY_RESULT_SEQUENCE = 8;
/** Sequence of the command that is answered. */
export const REPLY_SEQUENCE = 16;
export const REPLY_FIRST_TRADE = 24;
export const REPLY_TRADES_TOTAL = 32;
/** Fills that follow the order record; at most FILLS_MAX. */
export const REPLY_FILLS = 36;
/** Length of the order record, 0 when there is none. */
export const REPLY_ORDER_BYTES = 38;
/** VALUE, and a REPLAYED one: what the command came to; else 0. */
export const REPLY_VALUE = 40;
/**
 * The stopwatch's times at which the command was durable, was taken from its ring and had been applied with its batch,
 * microseconds: for figures of latency alone.
 */
export const REPLY_DURABLE_US = 48;
export const REPLY_DRAINED_US = 56;
export const REPLY_APPLIED_US = 64;
export const REPLY_ORDER = 72;

/** One fill of the answered order. */
export const FILL_TRADE_NUMBER = 0;
export const FILL_MAKER_ORDER = 8;
export const FILL_MAKER_CREATED_US = 16;
export const FILL_PRICE_TICKS = 24;
export const FILL_QUANTITY_LOTS = 32;
export const FILL_BYTES = 40;
/** A reply carries the first hundred fills; `trades_total` counts them all. */
export const FILLS_MAX = 100;

export const REPLY_BYTES_MAX = REPLY_ORDER + ORDER_RECORD_BYTES_MAX + FILLS_MAX * FILL_BYTES;

/** Capacity of one gateway's reply ring, a power of two: a slot's worth of the largest reply for each, and the wrap. */
export function replyRingBytes(ringSlots: number): number {
  return 2 ** Math.ceil(Math.log2((ringSlots + 2) * (REPLY_BYTES_MAX + 8)));
}
