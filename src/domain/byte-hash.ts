// A 32-bit hash of bytes for the tables of client ids and idempotency keys. Pure. Only ever a first guess: equality
// is decided by comparing the bytes, and nothing is iterated in hash order.

/** Hash of `length` bytes from `offset`, started from `seed`: a signed 32-bit integer. Allocates: nothing. */
export function hashBytes(bytes: Uint8Array, offset: number, length: number, seed: number): number {
  let hash = seed ^ length;
  const end = offset + length;
  let i = offset;
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    // Multiplication carries upwards only: bring the high bits back down.
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  // Short inputs leave little in the high bits: finish as MurmurHash3 does.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  // Signed, so that it stays a small integer wherever it is passed.
  return hash ^ (hash >>> 16);
}
