// Price levels of one instrument as events tell them: the market-data agent's own book, never the engine's.
// Owned by the market-data agent, on its thread.

import { assert } from '../assert.ts';
import { PriceLevels } from '../domain/book/price-levels.ts';
import { Side } from '../domain/codes.ts';

/** One side: resting lots by price. */
export class L2Side {
  readonly #levels: PriceLevels;
  /** The level that was asked for last and its rank: whoever reads a side reads it from the best on. */
  #rank = 0;
  #level = -1;

  constructor(side: Side) {
    this.#levels = new PriceLevels(side);
  }

  get levels(): number {
    return this.#levels.size;
  }

  /** Changes the resting quantity at a price and returns the new one, 0 when the level is gone. */
  add(priceTicks: number, deltaLots: number): number {
    if (this.#levels.find(priceTicks) < 0) {
      assert(deltaLots > 0, 'only a new quantity opens a level');
      this.#level = -1;
    }
    const level = this.#levels.ensure(priceTicks);
    const lots = this.#levels.rows.lots(level) + deltaLots;
    assert(lots >= 0, 'a level never holds less than nothing');
    this.#levels.rows.setLots(level, lots);
    if (lots === 0) {
      this.#levels.remove(level);
      this.#level = -1;
    }
    return lots;
  }

  /** The resting quantity at a price, 0 when there is no level. */
  lotsOf(priceTicks: number): number {
    const level = this.#levels.find(priceTicks);
    return level < 0 ? 0 : this.#levels.rows.lots(level);
  }

  /** The price of the `rank`-th level from the best (0). Ranks asked for in ascending order cost one step each. */
  priceAt(rank: number): number {
    return this.#levels.priceOf(this.#at(rank));
  }

  lotsAt(rank: number): number {
    return this.#levels.rows.lots(this.#at(rank));
  }

  #at(rank: number): number {
    assert(rank >= 0 && rank < this.#levels.size, 'the rank exists');
    if (this.#level < 0 || rank < this.#rank) {
      this.#level = this.#levels.best();
      this.#rank = 0;
    }
    for (; this.#rank < rank; this.#rank++) this.#level = this.#levels.worse(this.#level);
    return this.#level;
  }
}

export class L2Book {
  readonly bids = new L2Side(Side.BUY);
  readonly asks = new L2Side(Side.SELL);

  side(side: number): L2Side {
    return side === Side.BUY ? this.bids : this.asks;
  }
}
