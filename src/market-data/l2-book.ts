// Price levels of one instrument as events tell them: the market-data agent's own book, never the engine's.
// Owned by the market-data agent, on its thread.

import { assert } from '../assert.ts';
import { Side } from '../domain/codes.ts';
import { PriceLevels } from '../domain/price-levels.ts';

/** One side: resting lots by price. */
export class L2Side {
  readonly #levels: PriceLevels;
  #lots = new Float64Array(256);

  constructor(side: Side) {
    this.#levels = new PriceLevels(side);
  }

  get levels(): number {
    return this.#levels.size;
  }

  /** Changes the resting quantity at a price and returns the new one, 0 when the level is gone. */
  add(priceTicks: number, deltaLots: number): number {
    let level = this.#levels.find(priceTicks);
    if (level < 0) {
      assert(deltaLots > 0, 'only a new quantity opens a level');
      level = this.#levels.insert(priceTicks);
      if (level >= this.#lots.length) this.#grow(level);
      this.#lots[level] = 0;
    }
    const lots = this.#lots[level] + deltaLots;
    assert(lots >= 0, 'a level never holds less than nothing');
    this.#lots[level] = lots;
    if (lots === 0) this.#levels.remove(level);
    return lots;
  }

  /** The `rank`-th level from the best (0): its price and quantity. */
  priceAt(rank: number): number {
    return this.#levels.priceOf(this.#levels.at(rank));
  }

  lotsAt(rank: number): number {
    return this.#lots[this.#levels.at(rank)];
  }

  #grow(level: number): void {
    const grown = new Float64Array(Math.max(this.#lots.length * 2, level + 1));
    grown.set(this.#lots);
    this.#lots = grown;
  }
}

export class L2Book {
  readonly bids = new L2Side(Side.BUY);
  readonly asks = new L2Side(Side.SELL);

  side(side: number): L2Side {
    return side === Side.BUY ? this.bids : this.asks;
  }
}
