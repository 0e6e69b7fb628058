// Levels of a book that changed, each once. Market data's thread. Allocates: as its sets grow.

import { Side } from '../../domain/codes.ts';

export class ChangedLevels {
  /** Prices of the bids, then of the asks, in the order of their first change. */
  readonly sides = [
    { side: Side.BUY, prices: new Set<number>() },
    { side: Side.SELL, prices: new Set<number>() },
  ] as const;

  get empty(): boolean {
    return this.sides[0].prices.size + this.sides[1].prices.size === 0;
  }

  add(side: number, priceTicks: number): void {
    this.sides[side === Side.BUY ? 0 : 1].prices.add(priceTicks);
  }

  clear(): void {
    for (const { prices } of this.sides) prices.clear();
  }
}
