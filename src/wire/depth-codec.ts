// Prepared depth: the market-data agent's serialised levels, which a gateway cuts to `?levels=` and sends as they are.
// Layout: WIRE.md, "Depth record". One value per instrument in a LatestValue, versioned by sequence.

/** Sequence the book is at. */
export const DEPTH_SEQUENCE = 0;
/** Levels serialised per side, and how many the whole side has. */
export const DEPTH_ASKS = 8;
export const DEPTH_BIDS = 12;
export const DEPTH_ASKS_TOTAL = 16;
export const DEPTH_BIDS_TOTAL = 20;
/** From here u32 ends: byte offset, from the start of the record, just after each ask, then after each bid. */
export const DEPTH_ENDS = 24;

/** Most levels a side that a read may ask for. */
export const DEPTH_LEVELS_MAX = 1_000;
export const DEPTH_LEVELS_DEFAULT = 20;

/** Longest level text: three decimals of at most 25 bytes and their names. */
const DEPTH_LEVEL_BYTES_MAX = 128;
export const DEPTH_BYTES_MAX = DEPTH_ENDS + 2 * DEPTH_LEVELS_MAX * (4 + DEPTH_LEVEL_BYTES_MAX);

/** Byte offset of the first ask's text. */
export function depthTextStart(asks: number, bids: number): number {
  return DEPTH_ENDS + 4 * (asks + bids);
}
