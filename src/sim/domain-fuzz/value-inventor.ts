// Draws the values of invented commands: who, what, at which price, how much; mostly where the book is, now and then
// where nothing is allowed. Pure.

import { Side } from '../../domain/codes.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import type { Random } from '../testing/random.ts';
import { firstPrice, HUGE_INDEX, TINY_INDEX } from './instruments.ts';
import type { Profile } from './profiles.ts';
import { FIRST_TIME_US } from './steps.ts';

/** Lots that may be displayed one by one: each part of an iceberg is a trade of its own. */
const SMALL = 200;

export class ValueInventor {
  protected readonly random: Random;
  protected readonly reference: ReferenceEngine;
  protected readonly profile: Profile;
  protected timeUs = FIRST_TIME_US;

  constructor(random: Random, reference: ReferenceEngine, profile: Profile) {
    this.random = random;
    this.reference = reference;
    this.profile = profile;
  }

  protected key(): string {
    const dice = this.random.below(10);
    if (dice < 6) return '';
    return dice === 9 ? `${this.random.below(60)}`.padStart(64, '-') : `key-${this.random.below(200)}`;
  }

  protected chance(inThousand: number): boolean {
    return this.random.below(1_000) < inThousand;
  }

  protected anyClient(): string {
    return this.random.pick(this.profile.clients);
  }

  protected anyInstrument(): number {
    return this.random.pick(this.profile.instruments);
  }

  protected instrument(index: number): Instrument {
    return (this.reference.markets[index] ?? this.reference.markets[0]).instrument;
  }

  /** Around which price an instrument trades. */
  protected middle(index: number): number {
    const market = this.reference.markets[index] ?? this.reference.markets[0];
    return market.lastPrice || firstPrice(market.instrument);
  }

  protected price(index: number, side: Side): number {
    const { minPriceTicks, maxPriceTicks, priceIncrementTicks } = this.instrument(index);
    const dice = this.random.below(90);
    if (dice === 0) return minPriceTicks - 1;
    if (dice === 1) return maxPriceTicks + 1;
    if (dice === 2) return minPriceTicks;
    if (dice === 3) return maxPriceTicks;
    if (dice === 4) return minPriceTicks + this.random.below(maxPriceTicks - minPriceTicks + 1);
    if (dice < 20) {
      const joined = this.priceInBook(index, side);
      if (joined !== undefined) return joined;
    }
    const middle = this.middle(index);
    const near = this.nearPrice(middle, side) * (index === TINY_INDEX ? 1 : priceIncrementTicks);
    return dice === 5 ? near + 1 : Math.floor(near / priceIncrementTicks) * priceIncrementTicks;
  }

  /** Of an order that rests on the same side: queues grow. */
  protected priceInBook(index: number, side: Side): number | undefined {
    const market = this.reference.markets[index];
    const orders = side === Side.BUY ? market?.bids : market?.asks;
    return orders === undefined || orders.length === 0 ? undefined : this.random.pick(orders).price;
  }

  /** In a deep book one order in six comes in anywhere; the rest stays on its own side of the middle. */
  protected nearPrice(middle: number, side: Side): number {
    const { spread } = this.profile;
    if (spread <= 4 || this.chance(160)) return Math.max(1, middle - spread + this.random.below(2 * spread + 1));
    if (side === Side.BUY) return Math.max(1, middle - this.random.below(spread));
    return middle + 1 + this.random.below(spread);
  }

  protected stopPrice(index: number): number {
    return this.price(index, this.chance(500) ? Side.BUY : Side.SELL);
  }

  protected quantity(index: number): number {
    const { minQuantityLots, maxQuantityLots, quantityIncrementLots } = this.instrument(index);
    const lots = this.anyQuantity(index, minQuantityLots, maxQuantityLots);
    return this.chance(20) ? lots : Math.floor(lots / quantityIncrementLots) * quantityIncrementLots;
  }

  protected anyQuantity(index: number, min: number, max: number): number {
    const dice = this.random.below(60);
    if (dice === 0) return min - 1;
    if (dice === 1) return max + 1;
    if (dice < 4 || (index === HUGE_INDEX && dice < 20)) return Math.max(min, max - this.random.below(3));
    if (dice < 7) return min + this.random.below(max - min + 1);
    return min + this.random.below(40);
  }

  /** A third of the quantity, or what is not allowed. */
  protected display(index: number, quantity: number): number {
    const { minQuantityLots, quantityIncrementLots } = this.instrument(index);
    const dice = this.random.below(30);
    if (dice === 0) return quantity + 1;
    if (dice === 1 && quantity < SMALL) return Math.max(1, minQuantityLots - 1);
    if (dice === 2) return quantity;
    if (dice === 4) return Math.max(minQuantityLots, Math.floor(quantity / 100) + this.random.below(3) - 1);
    const third = Math.max(minQuantityLots, Math.floor(quantity / (2 + this.random.below(3))));
    return dice === 3 ? third : Math.floor(third / quantityIncrementLots) * quantityIncrementLots;
  }
}
