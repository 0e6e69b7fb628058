// What both sides of a crossing between two threads know of it. Both; owns nothing.

/** A peer's job. `control` is Peer's. */
export interface CrossingJob {
  readonly kind: 'echo-rings' | 'echo-words' | 'fill-ring' | 'fill-blocks' | 'write-events';
  readonly there: SharedArrayBuffer;
  /** Of echo-rings; else the same as `there`. */
  readonly back: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  /** Messages of a run; of fill-blocks a multiple of BLOCK_RECORDS. */
  readonly count: number;
  /** A multiple of 8. */
  readonly recordBytes: number;
  /** Records that are shown together, of write-events. */
  readonly batch: number;
  readonly seed: number;
}

/** Words of the ping-pong, each on a cache line of its own. */
export const PING_WORD = 0;
export const PONG_WORD = 32;
export const PING_PONG_BYTES = 256;

/** The copy loop's blocks: each has a flag, and all lie behind the flags. */
export const BLOCKS = 16;
export const BLOCK_RECORDS = 256;
export const EMPTY = 0;
export const FULL = 1;
/** Of the flags, which are 32-bit words, in 64-bit numbers. */
const FLAGS_NUMBERS = 32;

/** Index of a block's first 64-bit number. */
export function blockOffset(block: number, recordNumbers: number): number {
  return FLAGS_NUMBERS + block * BLOCK_RECORDS * recordNumbers;
}

export function blocksBytes(recordBytes: number): number {
  return 8 * blockOffset(BLOCKS, recordBytes / 8);
}
