// A short text as 32-bit words with its hash: the form in which client ids and idempotency keys are stored and compared.
// Pure; one object is filled again and again. The hash is only ever a first guess: equality is decided by the words and
// the length, and nothing is iterated in hash order.

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

  /** Takes `length` bytes (at most 64) from `offset`. Allocates: nothing. */
  pack(bytes: Uint8Array, offset: number, length: number, seed: number): this {
    const words = this.words;
    const whole = length >>> 2;
    let hash = seed ^ length;
    let at = offset;
    let count = 0;
    for (; count < whole; count++, at += 4) {
      const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      words[count] = word;
      hash = mixed(hash, word);
    }
    if ((length & 3) !== 0) {
      let word = 0;
      for (let last = offset + length - 1; last >= at; last--) word = (word << 8) | bytes[last];
      words[count++] = word;
      hash = mixed(hash, word);
    }
    this.wordCount = count;
    this.length = length;
    this.seed = seed;
    this.hash = finished(hash);
    return this;
  }
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  // Multiplication carries upwards only: bring the high bits back down.
  return product ^ (product >>> 15);
}

/** Short texts leave little in the high bits: finish as MurmurHash3 does. Signed, so that it stays a small integer. */
function finished(mix: number): number {
  let hash = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
