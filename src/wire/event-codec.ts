// The event record: what the engine told, for everyone downstream. The same bytes in the event ring (matching thread
// to market data) and in the event spool (follower to ledger and market data). Layout: WIRE.md, "Event record".

/** Record types in the event ring and the spool. Numbers are never reused. */
export const EventType = {
  /** An order record. */
  ORDER: 1,
  /** A trade record. */
  TRADE: 2,
  /** What one client owes or gets for one instrument in a settlement cycle. */
  OBLIGATION: 3,
  /** A settlement cycle was closed; follows its obligations. */
  SETTLEMENT: 4,
  /** An instrument was added or changed: its number and its whole definition. */
  INSTRUMENT: 5,
  /** Spool only, its first record when it does not begin with the first command: where it begins. */
  OPENING: 6,
  /** Spool only, behind OPENING: a price level as it was there. */
  LEVEL: 7,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export const EVENT_SEQUENCE = 0;
export const EVENT_TIME_US = 8;
/** ORDER only: by how much the displayed quantity at the order's price changed, lots. */
export const EVENT_RESTING_DELTA_LOTS = 16;
/** ORDER only: OrderChange (domain/listener.ts). */
export const EVENT_CHANGE = 24;
/** The order record, the trade record, or one of the bodies below. */
export const EVENT_BODY = 32;

/** Body of OBLIGATION. Positive: the client receives; negative: the client delivers. */
export const OBLIGATION_CYCLE = 0;
export const OBLIGATION_NET_LOTS = 8;
/** Net quote amount of the cycle, fees included: high * 2^48 + low in ticks x lots, 0 <= low < 2^48. */
export const OBLIGATION_QUOTE_HIGH = 16;
export const OBLIGATION_QUOTE_LOW = 24;
export const OBLIGATION_INSTRUMENT = 32;
export const OBLIGATION_CLIENT_LENGTH = 34;
export const OBLIGATION_CLIENT = 40;

/** Body of SETTLEMENT. */
export const SETTLEMENT_CYCLE = 0;
/** How many obligations the cycle closed with. */
export const SETTLEMENT_OBLIGATIONS = 8;
export const SETTLEMENT_BYTES = 16;

/** Body of INSTRUMENT. */
export const INSTRUMENT_EVENT_INDEX = 0;
/** As instrument-codec.ts has it. */
export const INSTRUMENT_EVENT_DEFINITION = 8;

/** Body of OPENING; sequence and time are those of the last command before the spool's events. */
export const OPENING_TRADE_NUMBER = 0;
export const OPENING_BYTES = 8;

/** Body of LEVEL: what the level displays. */
export const LEVEL_PRICE_TICKS = 0;
export const LEVEL_LOTS = 8;
export const LEVEL_INSTRUMENT = 16;
export const LEVEL_SIDE = 18;
export const LEVEL_BYTES = 24;

/** Writes the 32 bytes before the body. Allocates: nothing. */
export function encodeEventHeader(
  view: DataView,
  offset: number,
  sequence: number,
  timeUs: number,
  change: number,
  restingDeltaLots: number,
): void {
  view.setFloat64(offset + EVENT_SEQUENCE, sequence, true);
  view.setFloat64(offset + EVENT_TIME_US, timeUs, true);
  view.setFloat64(offset + EVENT_RESTING_DELTA_LOTS, restingDeltaLots, true);
  view.setFloat64(offset + EVENT_CHANGE, 0, true);
  view.setUint16(offset + EVENT_CHANGE, change, true);
}
