// The sorted side against a plain map, and at ten thousand levels.

import { expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { BookSide } from './book-side.ts';

it.each([
  ['bids', true],
  ['asks', false],
])('keeps %s sorted and exact, like a map that is sorted when it is read', (_, higherIsBetter) => {
  const random = new Random(3);
  const side = new BookSide(higherIsBetter);
  const map = new Map<number, number>();
  for (let n = 0; n < 3_000; n++) {
    const price = random.below(400);
    const quantity = random.below(3) === 0 ? 0 : 1 + random.below(9);
    expect(side.quantityOf(price)).toBe(map.get(price) ?? 0);
    expect(side.set(price, quantity)).toBe(map.get(price) ?? 0);
    if (quantity === 0) map.delete(price);
    else map.set(price, quantity);
    if (n % 100 !== 0) continue;
    const sorted = [...map].sort((a, b) => (higherIsBetter ? b[0] - a[0] : a[0] - b[0]));
    const ranks = Array.from({ length: side.size }, (_, rank) => [side.priceAt(rank), side.quantityAt(rank)]);
    expect(ranks).toEqual(sorted);
  }
  side.clear();
  expect([side.size, side.quantityOf(1)]).toEqual([0, 0]);
});
