// A command as the engine sees it: plain numbers plus borrowed bytes. One object is reused for all commands.
// Pure; any thread. The bytes stay the caller's and are only read during Engine.apply.
// A field that a command's type does not use is left as it is and never read.

import type { CommandType, OrderType, SelfTrade, Side, TimeInForce } from './codes.ts';
import { InstrumentDefinition } from './instrument.ts';

const NO_BYTES = new Uint8Array(0);

export class Command {
  type: CommandType = 1;
  /** Index of the instrument in the engine's table; ALL_INSTRUMENTS in a mass cancel. */
  instrument = 0;
  /** A mass cancel may say BOTH_SIDES (0). */
  side: Side | 0 = 1;

  // --- orders: new, replace; price and quantity also amend ---
  orderType: OrderType = 1;
  timeInForce: TimeInForce = 1;
  selfTrade: SelfTrade = 0;
  /** Bits of OrderFlag. */
  flags = 0;
  /**
   * Limit price in ticks. A market order's protection price, 0 for none; with SLIPPAGE its greatest distance from the
   * best opposite price. 0 in an amend keeps the price.
   */
  priceTicks = 0;
  /** Quantity in lots; 0 with QUOTE_AMOUNT. For an amend the new total, 0 keeps it. */
  quantityLots = 0;
  /** Cancel, amend and replace: the order's number. */
  targetOrder = 0;
  /** With STOP: the last trade price that triggers the order. */
  stopPriceTicks = 0;
  /** An iceberg's displayed quantity, 0 for an order that shows all. */
  displayLots = 0;
  /** With GTT: when the order ends, microseconds since the epoch; else 0. */
  expiresUs = 0;

  // --- amounts: high * 2^48 + low, 0 <= low < 2^48 (clearing/exact.ts) ---
  /** With QUOTE_AMOUNT: ticks x lots. ADJUST_BALANCE: signed, in units of 10^-AMOUNT_SCALE of the currency. */
  amountHigh = 0;
  amountLow = 0;

  // --- venue control ---
  /** SET_INSTRUMENT_STATUS: InstrumentStatus. SET_KILL_SWITCH: 1 on, 0 off. SET_RISK_MODE: RiskMode. */
  value = 0;
  /** ADJUST_BALANCE: index of the currency in the engine's table. */
  currency = 0;
  /** SET_CLIENT_LIMITS, for one client and instrument; 0 means no limit. The notional limit is in ticks x lots. */
  maxOpenOrders = 0;
  maxOrderLots = 0;
  maxOrderNotionalHigh = 0;
  maxOrderNotionalLow = 0;
  maxPositionLots = 0;
  /** DEFINE_INSTRUMENT. */
  readonly definition = new InstrumentDefinition();

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
