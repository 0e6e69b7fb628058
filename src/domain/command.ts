// A command as the engine sees it: plain numbers plus borrowed bytes. One object is reused for all commands.
// Pure; any thread. The bytes stay the caller's and are only read during Engine.apply.

import type { CommandType, OrderType, Side, TimeInForce } from './codes.ts';

const NO_BYTES = new Uint8Array(0);

export class Command {
  type: CommandType = 1;
  /** Index of the instrument in the engine's table. */
  instrument = 0;
  side: Side = 1;
  orderType: OrderType = 1;
  timeInForce: TimeInForce = 1;
  /** Bits of OrderFlag. */
  flags = 0;
  /** Limit price in ticks; 0 for a market order and for an amend that keeps the price. */
  priceTicks = 0;
  /** Quantity in lots; for an amend the new total, 0 keeps it. */
  quantityLots = 0;
  /** Cancel and amend: the order's number. */
  targetOrder = 0;

  /** Where client id and idempotency key lie. Lengths in bytes, at most 64 each; length 0 means absent. */
  bytes: Uint8Array = NO_BYTES;
  clientOffset = 0;
  clientLength = 0;
  keyOffset = 0;
  keyLength = 0;
}

/** Longest client id and longest idempotency key, in UTF-8 bytes (rule 12 of RULES.md). */
export const CLIENT_ID_BYTES_MAX = 64;
export const IDEMPOTENCY_KEY_BYTES_MAX = 64;
