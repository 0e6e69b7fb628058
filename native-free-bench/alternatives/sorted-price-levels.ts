// The price index that lost to price-levels.ts: a map finds the level of a price, a sorted array holds the order, best at
// the END. Cheap as long as prices come and go near the best; a change far from it moves every cell in between.

import { assert } from '#ringbook/assert.js';
import { Side } from '#ringbook/domain/codes.js';
import { OneTableMap } from './one-table-map.ts';

const CAPACITY_MIN = 64;
/** Cells up to which a plain loop moves faster than a call of copyWithin, and a scan finds faster than bisection. */
const NEAR = 16;

export class SortedPriceLevels {
  /** +1 or -1: ranks ascend from worst to best on both sides. */
  private readonly sign: number;
  private readonly slots = new OneTableMap();
  /** Price in ticks of each slot. */
  private prices = new Float64Array(CAPACITY_MIN);
  /** sign x price, ascending, `size` cells in use. */
  private ranks = new Float64Array(CAPACITY_MIN);
  /** The slot of each rank. */
  private rankSlots = new Int32Array(CAPACITY_MIN);
  /** Stack of free slots below `fresh`. */
  private free = new Int32Array(CAPACITY_MIN);
  private freeCount = 0;
  private fresh = 0;
  private count = 0;

  constructor(side: Side) {
    this.sign = side === Side.BUY ? 1 : -1;
  }

  /** The level with the best price, -1 when the side is empty. Allocates: nothing. */
  best(): number {
    return this.count === 0 ? -1 : this.rankSlots[this.count - 1];
  }

  /** The level of a price, -1 when there is none. Allocates: nothing. */
  find(priceTicks: number): number {
    return this.slots.get(priceTicks);
  }

  priceOf(level: number): number {
    return this.prices[level];
  }

  /** Adds an absent price; returns its level, a small number reused after removal. Allocates: nothing but growth. */
  insert(priceTicks: number): number {
    if (this.count === this.ranks.length) this.grow();
    const level = this.freeCount > 0 ? this.free[--this.freeCount] : this.fresh++;
    const rank = this.sign * priceTicks;
    const position = this.positionOf(rank);
    assert(position === this.count || this.ranks[position] !== rank, 'price levels: the price to insert is absent');
    this.shift(position, position + 1);
    this.ranks[position] = rank;
    this.rankSlots[position] = level;
    this.count++;
    this.prices[level] = priceTicks;
    this.slots.add(priceTicks, level);
    return level;
  }

  /** Removes a level. Allocates: nothing. */
  remove(level: number): void {
    const priceTicks = this.prices[level];
    const position = this.positionOf(this.sign * priceTicks);
    assert(position < this.count && this.rankSlots[position] === level, 'price levels: the level to remove is present');
    this.shift(position + 1, position);
    this.count--;
    this.slots.delete(priceTicks);
    this.free[this.freeCount++] = level;
  }

  /** The first position whose rank is not below `rank`: near the best by a scan, else by bisection. */
  private positionOf(rank: number): number {
    const ranks = this.ranks;
    let high = this.count;
    const near = high > NEAR ? high - NEAR : 0;
    while (high > near) {
      if (ranks[high - 1] < rank) return high;
      high--;
    }
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranks[middle] < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the cells from `from` up to the end so that they begin at `to` (one place up or down). */
  private shift(from: number, to: number): void {
    const { ranks, rankSlots, count } = this;
    if (count - from > NEAR) {
      ranks.copyWithin(to, from, count);
      rankSlots.copyWithin(to, from, count);
    } else if (to > from) {
      for (let i = count; i > from; i--) {
        ranks[i] = ranks[i - 1];
        rankSlots[i] = rankSlots[i - 1];
      }
    } else {
      for (let i = from; i < count; i++) {
        ranks[i - 1] = ranks[i];
        rankSlots[i - 1] = rankSlots[i];
      }
    }
  }

  private grow(): void {
    const capacity = this.ranks.length * 2;
    const { prices, ranks, rankSlots, free } = this;
    this.prices = new Float64Array(capacity);
    this.prices.set(prices);
    this.ranks = new Float64Array(capacity);
    this.ranks.set(ranks);
    this.rankSlots = new Int32Array(capacity);
    this.rankSlots.set(rankSlots);
    this.free = new Int32Array(capacity);
    this.free.set(free);
  }
}
