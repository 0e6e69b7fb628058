// HalfSipHash (Aumasson and Bernstein): a hash with a secret, so that nobody who does not know it can make up texts that
// hash alike. 32-bit additions, rotations and exclusive ors. Pure; any thread. 1-3 rounds are what its authors mean for
// hash tables; 2-4 are what test vectors are published of. Allocates: nothing.

/** 64 bits, as two int32. */
export type HashSecret = readonly [number, number];

/** For tests and tools, whose texts nobody makes up to harm them. */
export const FIXED_HASH_SECRET: HashSecret = [0x243f6a88, 0x05a308d3];

/**
 * A signed 32-bit integer. `blocks`: the message as little-endian words, the last of which has its length in bytes (mod
 * 256) for its highest byte. `perBlock` rounds follow every block, `atEnd` the whole.
 */
export function halfSipHash(
  low: number,
  high: number,
  blocks: Int32Array,
  count: number,
  perBlock: number,
  atEnd: number,
): number {
  // Said to be integers, or V8 keeps the words as floating point or boxed numbers: twice the time.
  let v0 = low | 0;
  let v1 = high | 0;
  let v2 = low ^ 0x6c796765;
  let v3 = high ^ 0x74656462;
  for (let i = 0; i <= count; i++) {
    let block = 0;
    let rounds = atEnd;
    if (i < count) {
      block = blocks[i];
      rounds = perBlock;
    } else {
      v2 ^= 0xff;
    }
    v3 ^= block;
    // Written once and here: a function could not give back four numbers.
    for (; rounds > 0; rounds--) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= block;
  }
  return v1 ^ v3;
}
