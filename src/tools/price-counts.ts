// How many orders stand at each price of one side, and the best of them: the replay's own small picture of a book, which knows
// neither orders nor quantities. A tool's process; pure. Its cost grows with the number of prices, which is a few thousand.

import { assert } from '../assert.ts';
import type { RecordedSide } from './recorded-flow.ts';

export class PriceCounts {
  readonly #counts = new Map<number, number>();
  /** Every price with a count, ascending. */
  readonly #prices: number[] = [];

  add(price: number): void {
    const count = this.#counts.get(price) ?? 0;
    this.#counts.set(price, count + 1);
    if (count === 0) this.#prices.splice(this.#find(price), 0, price);
  }

  remove(price: number): void {
    const count = this.#counts.get(price) ?? 0;
    assert(count > 0, 'a price is removed as often as it was added');
    if (count > 1) {
      this.#counts.set(price, count - 1);
      return;
    }
    this.#counts.delete(price);
    this.#prices.splice(this.#find(price), 1);
  }

  get lowest(): number | undefined {
    return this.#prices[0];
  }

  get highest(): number | undefined {
    return this.#prices.at(-1);
  }

  /** Index of the first price that is not below `price`. */
  #find(price: number): number {
    let from = 0;
    let to = this.#prices.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#prices[middle] < price) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** One PriceCounts for each side. */
export class BookPrices {
  readonly B = new PriceCounts();
  readonly S = new PriceCounts();

  /** Whether an order of `side` at `priceTicks` meets anything of the other side. */
  crosses(side: RecordedSide, priceTicks: number): boolean {
    if (side === 'B') return this.S.lowest !== undefined && priceTicks >= this.S.lowest;
    return this.B.highest !== undefined && priceTicks <= this.B.highest;
  }
}
