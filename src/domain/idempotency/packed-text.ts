// A short text as 32-bit words with its hash: the form in which client ids and idempotency keys are stored and compared.
// Pure; one object is filled again and again. The hash is only ever a first guess: equality is decided by the words and
// the length, and nothing is iterated in hash order. So its secret, which keeps clients from making up texts that hash
// alike, decides nothing but speed, and is no state.

import { type HashSecret, halfSipHash } from './half-sip-hash.ts';

/** Words of the longest text, 64 bytes. */
const TEXT_WORDS_MAX = 16;

export class PackedText {
  /** Little endian; the last word is filled up with zeros. Words beyond `wordCount` are left from before. */
  readonly words = new Int32Array(TEXT_WORDS_MAX);
  wordCount = 0;
  /** In bytes. */
  length = 0;
  /** What belongs to the text's identity without being part of it: a key's client. No client's number at first. */
  seed = -1;
  /** A signed 32-bit integer. */
  hash = 0;
  private readonly secretLow: number;
  private readonly secretHigh: number;
  /** What is hashed: the seed, the text's words, and its length above the bytes of a last word that is not whole. */
  private readonly blocks = new Int32Array(TEXT_WORDS_MAX + 2);

  constructor([low, high]: HashSecret) {
    this.secretLow = low;
    this.secretHigh = high;
  }

  /** Takes `length` bytes (at most 64) from `offset`. Allocates: nothing. */
  pack(bytes: Uint8Array, offset: number, length: number, seed: number): this {
    const { words, blocks } = this;
    const whole = length >>> 2;
    let at = offset;
    let count = 0;
    blocks[0] = seed;
    for (; count < whole; at += 4) {
      const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      words[count++] = word;
      blocks[count] = word;
    }
    let rest = 0;
    if ((length & 3) !== 0) {
      for (let last = offset + length - 1; last >= at; last--) rest = (rest << 8) | bytes[last];
      words[count++] = rest;
    }
    blocks[whole + 1] = rest | ((length + 4) << 24);
    this.wordCount = count;
    this.length = length;
    this.seed = seed;
    this.hash = halfSipHash(this.secretLow, this.secretHigh, blocks, whole + 2, 1, 3);
    return this;
  }
}
