// The two checksums of the journal: CRC-32 finds damage, SHA-256 links each frame to the one before. Pure; any thread.
// In a file of their own so that a test can put a broken one in their place and see the other tests fail.

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** CRC-32 of `bytes`, seeded: the same bytes under another salt do not pass. */
export function checksum(bytes: Uint8Array, salt: number): number {
  return crc32(bytes, salt);
}

/** SHA-256, 32 bytes. Owns what it returns. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
