// The price index against a sorted array, for prices close together, far apart and everywhere.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Side } from '../codes.ts';
import { PriceLevels } from './price-levels.ts';

const PRICE_MAX = 2 ** 46;

function walk(levels: PriceLevels): number[] {
  const prices: number[] = [];
  for (let level = levels.best(); level >= 0; level = levels.worse(level)) prices.push(levels.priceOf(level));
  return prices;
}

const RANGES: [string, (random: Random) => number][] = [
  ['few prices', (random) => 1 + random.below(40)],
  ['a page and its neighbours', (random) => 65_536 - 400 + random.below(800)],
  [
    'a power law around a middle',
    (random) => 5_000_000 + Math.floor((random.below(2_001) / 1_000 - 1) ** 5 * 4_000_000),
  ],
  ['everywhere', (random) => 1 + random.below(PRICE_MAX)],
  ['powers of two and beside', (random) => Math.max(1, 2 ** random.below(47) - random.below(2))],
];

describe.each([
  ['bids', Side.BUY],
  ['asks', Side.SELL],
])('price levels of %s', (_side, side) => {
  it.each(RANGES)('walk from the best: %s', (_name, draw) => {
    const random = new Random(3);
    const levels = new PriceLevels(side);
    const model = new Map<number, number>();
    for (let i = 0; i < 8_000; i++) {
      const price = draw(random);
      const level = model.get(price);
      if (level === undefined) {
        if (model.size < 1_000 || i % 2 === 0) model.set(price, levels.ensure(price));
      } else {
        levels.remove(level);
        model.delete(price);
      }
      if (i % 3 === 0 && model.size > 0) {
        const [some] = model.keys();
        levels.remove(levels.find(some));
        model.delete(some);
      }
      expect(levels.find(price)).toBe(model.get(price) ?? -1);
      if (i % 100 > 0) continue;
      const sorted = [...model.keys()].sort((a, b) => (side === Side.BUY ? b - a : a - b));
      expect(walk(levels)).toEqual(sorted);
      expect(levels.size).toBe(sorted.length);
      expect(levels.best()).toBe(sorted.length === 0 ? -1 : model.get(sorted[0]));
    }
    for (const level of model.values()) levels.remove(level);
    expect(walk(levels)).toEqual([]);
  });

  it('opens and closes at the best price, up and down the range', () => {
    const levels = new PriceLevels(side);
    const down = side === Side.BUY ? 1 : -1;
    const prices = Array.from({ length: 2_000 }, (_, i) => 1_000_000 + down * i * 37);
    for (const price of prices) {
      levels.ensure(price);
      expect(levels.priceOf(levels.best())).toBe(price);
    }
    for (const price of prices.toReversed()) {
      expect(levels.priceOf(levels.best())).toBe(price);
      levels.remove(levels.best());
    }
    expect(levels.best()).toBe(-1);
  });
});
