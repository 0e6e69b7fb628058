// A book of price levels, kept from level2 messages and held to their checksums. Owned by one subscription.

import { Side as SideCode } from '../domain/codes.ts';
import { BookChecksum } from '../wire/book-checksum.ts';
import { BookSide } from './book-side.ts';
import { ProtocolError } from './errors.ts';
import type { Side } from './messages.ts';
import { Units } from './units.ts';

export interface Level {
  readonly price: string;
  readonly quantity: string;
}

/** What readers of a book may do. It is the exchange's book while its subscription is live, and what it was last otherwise. */
export interface LevelBookView {
  /** How many price levels a side has. */
  size(side: Side): number;
  /** The best level of a side. */
  best(side: Side): Level | undefined;
  /** Levels from the best on, at most `limit`. */
  levels(side: Side, limit?: number): Level[];
  /** What rests at a price, `undefined` when nothing does. */
  quantityAt(side: Side, price: string): string | undefined;
  /** Of all levels, as the server states it. */
  checksum(): string;
}

export class LevelBook implements LevelBookView {
  readonly #bids = new BookSide(true);
  readonly #asks = new BookSide(false);
  readonly #checksum = new BookChecksum();
  readonly #prices = new Units();
  readonly #quantities = new Units();

  size(side: Side): number {
    return this.#side(side).size;
  }

  best(side: Side): Level | undefined {
    return this.size(side) === 0 ? undefined : this.#levelAt(this.#side(side), 0);
  }

  levels(side: Side, limit = Number.POSITIVE_INFINITY): Level[] {
    const levels = this.#side(side);
    return Array.from({ length: Math.min(limit, levels.size) }, (_, rank) => this.#levelAt(levels, rank));
  }

  quantityAt(side: Side, price: string): string | undefined {
    const lots = this.#side(side).quantityOf(this.#prices.read(price));
    return lots === 0 ? undefined : this.#quantities.write(lots);
  }

  checksum(): string {
    return this.#checksum.text();
  }

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#checksum.clear();
  }

  /** What rests at `price` is `quantity`, zero to remove the level. ProtocolError when that is no level. */
  set(side: Side, price: unknown, quantity: unknown): void {
    this.#change(side, this.#prices.read(price), this.#quantities.read(quantity));
  }

  /** What rests at `priceTicks` changes by `deltaLots`. */
  add(side: Side, priceTicks: number, deltaLots: number): void {
    this.#change(side, priceTicks, this.#side(side).quantityOf(priceTicks) + deltaLots);
  }

  /** Ticks and lots of what a message says. */
  priceTicks(text: unknown): number {
    return this.#prices.read(text);
  }

  quantityLots(text: unknown): number {
    return this.#quantities.read(text);
  }

  quantityText(lots: number): string {
    return this.#quantities.write(lots);
  }

  #change(side: Side, ticks: number, lots: number): void {
    if (ticks < 0 || lots < 0) throw new ProtocolError('a level of less than nothing');
    const before = this.#side(side).set(ticks, lots);
    this.#checksum.change(side === 'buy' ? SideCode.BUY : SideCode.SELL, ticks, before, lots);
  }

  #side(side: Side): BookSide {
    if (side === 'buy') return this.#bids;
    if (side === 'sell') return this.#asks;
    throw new ProtocolError(`not a side: ${String(side)}`);
  }

  #levelAt(levels: BookSide, rank: number): Level {
    return {
      price: this.#prices.write(levels.priceAt(rank)),
      quantity: this.#quantities.write(levels.quantityAt(rank)),
    };
  }
}
