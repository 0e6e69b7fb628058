// The orders that a thread's server has acknowledged: the numbers of all, eight bytes each, and the orders to be read back, all or a
// random sample. Owned by its thread. Must never keep an order from being drawn because of what it is.

import type { Placed } from './requests.ts';

const BLOCK = 65_536;
const PROBLEMS_MAX = 5;

export class Acknowledged {
  /** To be read back. */
  readonly sample: Placed[] = [];
  readonly #sampleMax: number;
  readonly #blocks: Float64Array[] = [];
  readonly #random: () => number;
  #count = 0;

  /** `sampleMax` may be Infinity: all. `random` gives 0 to below 1. */
  constructor(sampleMax: number, random: () => number) {
    this.#sampleMax = sampleMax;
    this.#random = random;
  }

  get count(): number {
    return this.#count;
  }

  add(placed: Placed): void {
    // Blocks, since one array that grows would be copied whole while orders wait.
    if (this.#count % BLOCK === 0) this.#blocks.push(new Float64Array(BLOCK));
    this.#blocks[this.#blocks.length - 1][this.#count % BLOCK] = placed.number;
    this.#count++;
    if (this.sample.length < this.#sampleMax) {
      this.sample.push(placed);
      return;
    }
    // The n-th takes the place of one of the sample with probability sampleMax / n: each has the same chance in the end.
    const place = Math.floor(this.#random() * this.#count);
    if (place < this.#sampleMax) this.sample[place] = placed;
  }

  /** All numbers, in the order of acknowledgement. */
  numbers(): Float64Array {
    const all = new Float64Array(this.#blocks.length * BLOCK);
    this.#blocks.forEach((block, k) => {
      all.set(block, k * BLOCK);
    });
    return all.slice(0, this.#count);
  }
}

/**
 * What is wrong with the numbers that the threads' orders were given, while the server went from one sequence to another; the first few
 * problems. An order's number is its command's sequence: a new one, and no other order's.
 */
export function numberProblems(threads: readonly Float64Array[], before: number, after: number): string[] {
  const all = new Float64Array(threads.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const numbers of threads) {
    all.set(numbers, at);
    at += numbers.length;
  }
  all.sort();
  const problems: string[] = [];
  for (let i = 0; i < all.length && problems.length < PROBLEMS_MAX; i++) {
    if (all[i] === all[i - 1]) problems.push(`two orders have the number ${all[i]}`);
    else if (all[i] <= before) problems.push(`an order has the number ${all[i]}, and ${before} was taken before`);
    else if (all[i] > after) problems.push(`an order has the number ${all[i]}, and ${after} is the last`);
  }
  return problems;
}
