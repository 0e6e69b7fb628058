// The one generator of the tests and benchmarks (mulberry32): small, seeded, the same numbers everywhere. Any thread.
// Good enough for inventing orders and choosing moments; must never be used where somebody could gain by guessing.

/** Numbers 0 <= x < 1 of 32 random bits each. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers and choices, by 53 random bits each: also for limits beyond 2^32. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = createRandom(seed);
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    const high = this.#next() * 2 ** 53;
    const low = Math.floor(this.#next() * 2 ** 21);
    return Math.floor(((high + low) / 2 ** 53) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}
