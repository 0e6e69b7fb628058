// The event record: what the engine told, for everyone downstream. The same bytes in the event ring (matching thread
// to market data) and in the event spool (follower to ledger and market data). Layout: WIRE.md, "Event record".

/** Record types in the event ring and the spool. Numbers are never reused. */
export const EventType = { ORDER: 1, TRADE: 2 } as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export const EVENT_SEQUENCE = 0;
export const EVENT_TIME_US = 8;
/** ORDER only: by how much the resting quantity at the order's price changed, lots. */
export const EVENT_RESTING_DELTA_LOTS = 16;
/** ORDER only: OrderChange (domain/listener.ts). */
export const EVENT_CHANGE = 24;
/** The order record or the trade record. */
export const EVENT_BODY = 32;

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
