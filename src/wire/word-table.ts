// A fixed set of short words, found by their bytes: member names and enumerated values of requests. Any thread.
// Open addressing over a hash of length and four bytes; then the bytes themselves decide. Look-ups allocate: nothing.

const SLOTS_MIN = 128;
const FREE = -1;

export class WordTable {
  readonly words: readonly string[];
  readonly #bytes: readonly Uint8Array[];
  /** Index of a word, or FREE; a power of two, at most a quarter taken. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** '' stands for an index without a word. */
  constructor(words: readonly string[]) {
    let slots = SLOTS_MIN;
    while (slots < words.length * 4) slots *= 2;
    this.#slots = new Int32Array(slots).fill(FREE);
    this.#mask = slots - 1;
    this.words = words;
    this.#bytes = words.map((word) => new TextEncoder().encode(word));
    for (const [index, word] of this.#bytes.entries()) {
      if (word.length === 0) continue;
      let slot = hash(word, 0, word.length) & this.#mask;
      while (this.#slots[slot] !== FREE) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index;
    }
  }

  /** Index of the word in `bytes[from..to)`, -1 when it is none of ours. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (from === to) return -1;
    let slot = hash(bytes, from, to) & this.#mask;
    for (;;) {
      const index = this.#slots[slot];
      if (index === FREE || isWord(this.#bytes[index], bytes, from, to)) return index;
      slot = (slot + 1) & this.#mask;
    }
  }
}

function hash(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const inner = bytes[from + (length >> 1)] * 31 + bytes[from + (length >> 2)] * 17;
  return length * 37 + bytes[from] * 7 + bytes[to - 1] * 3 + inner;
}

function isWord(word: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false;
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[from + i]) return false;
  return true;
}
