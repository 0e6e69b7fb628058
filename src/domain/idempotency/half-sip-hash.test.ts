// HalfSipHash against the published vectors of its reference implementation, and what a secret is good for.

import { describe, expect, it } from 'vitest';
import { FIXED_HASH_SECRET, type HashSecret, halfSipHash } from './half-sip-hash.ts';
import { PackedText } from './packed-text.ts';

const OTHER: HashSecret = [0x0badcafe, -0x12345678];

/** HalfSipHash-2-4, 32 bits, under the secret 00 01 .. 07, of the messages of n bytes 00 01 02 .. for n from 0 on. */
const VECTORS = [
  ...[0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5, 0x23fc6358, 0xc563cf8b],
  ...[0x8f84b8d0, 0x79e706f8, 0x3479b094, 0x50300808, 0x2f87f057, 0xff63e677, 0x7cf8ffd6, 0x972bfe74],
];

/** The message of n bytes 00 01 02 .. as blocks. */
function blocksOf(length: number): Int32Array {
  const bytes = new Uint8Array((length & ~3) + 4);
  for (let i = 0; i < length; i++) bytes[i] = i;
  bytes[bytes.length - 1] = length;
  return new Int32Array(bytes.buffer);
}

function hashOf(bytes: Uint8Array, secret: HashSecret, client = 0): number {
  return new PackedText(secret).pack(bytes, 0, bytes.length, client).hash;
}

describe('HalfSipHash', () => {
  it.each([...VECTORS.entries()])('is that of the published vector of %d bytes', (length, expected) => {
    const blocks = blocksOf(length);
    expect(halfSipHash(0x03020100, 0x07060504, blocks, blocks.length, 2, 4)).toBe(expected | 0);
  });

  it('is what a text is packed with, in 1-3 rounds: its client first, then its bytes', () => {
    for (const length of [1, 4, 7, 36, 63, 64]) {
      const message = Uint8Array.from({ length: length + 4 }, (_, i) => i * 37);
      const blocks = new Int32Array(18);
      const view = new DataView(blocks.buffer);
      new Uint8Array(blocks.buffer).set(message);
      const count = (message.length >>> 2) + 1;
      view.setUint8(count * 4 - 1, message.length);
      const [low, high] = OTHER;
      const expected = halfSipHash(low, high, blocks, count, 1, 3);
      expect(hashOf(message.subarray(4), OTHER, view.getInt32(0, true))).toBe(expected);
    }
  });
});

describe('the secret', () => {
  it('decides which texts hash alike: those made up for one do not under another', () => {
    // Who knows the secret finds texts for one slot of 2^10 as fast as it can hash.
    const made: Uint8Array[] = [];
    const encoder = new TextEncoder();
    for (let i = 0; made.length < 200; i++) {
      const bytes = encoder.encode(`client-${i}`);
      if ((hashOf(bytes, FIXED_HASH_SECRET) & 1023) === 0) made.push(bytes);
    }
    const slots = new Set(made.map((bytes) => hashOf(bytes, OTHER) & 1023));
    // 200 of 1,024 by chance: some 181 different ones.
    expect(slots.size).toBeGreaterThan(150);
  });

  it('counts in both halves', () => {
    const bytes = new TextEncoder().encode('ann');
    const secrets: HashSecret[] = [FIXED_HASH_SECRET, [1, FIXED_HASH_SECRET[1]], [FIXED_HASH_SECRET[0], 1]];
    expect(new Set(secrets.map((secret) => hashOf(bytes, secret))).size).toBe(3);
  });
});
