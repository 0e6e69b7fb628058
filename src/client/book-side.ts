// The price levels of one side, sorted. Prices and quantities are integers. The best level lies last, so that changes near
// the best price, nearly all of them, move few entries. Allocates: only to grow.

/** What readers may do; ranks count from the best, 0. */
export interface SortedLevels {
  readonly size: number;
  priceAt(rank: number): number;
  quantityAt(rank: number): number;
  /** What rests at a price; 0: there is no such level. */
  quantityOf(price: number): number;
}

export class BookSide implements SortedLevels {
  /** 1 where a higher price is better, -1 where a lower one is. */
  readonly #sign: 1 | -1;
  /** From the worst to the best. */
  readonly #prices: number[] = [];
  readonly #quantities: number[] = [];

  constructor(higherIsBetter: boolean) {
    this.#sign = higherIsBetter ? 1 : -1;
  }

  get size(): number {
    return this.#prices.length;
  }

  priceAt(rank: number): number {
    return this.#prices[this.#prices.length - 1 - rank];
  }

  quantityAt(rank: number): number {
    return this.#quantities[this.#quantities.length - 1 - rank];
  }

  quantityOf(price: number): number {
    const place = this.#placeOf(price);
    return this.#prices[place] === price ? this.#quantities[place] : 0;
  }

  /** What rests at `price` is `quantity`; 0 removes the level. Returns what rested there before. */
  set(price: number, quantity: number): number {
    const place = this.#placeOf(price);
    if (this.#prices[place] === price) {
      const before = this.#quantities[place];
      if (quantity > 0) this.#quantities[place] = quantity;
      else this.#remove(place);
      return before;
    }
    if (quantity > 0) {
      this.#prices.splice(place, 0, price);
      this.#quantities.splice(place, 0, quantity);
    }
    return 0;
  }

  clear(): void {
    this.#prices.length = 0;
    this.#quantities.length = 0;
  }

  #remove(place: number): void {
    this.#prices.splice(place, 1);
    this.#quantities.splice(place, 1);
  }

  /** Where `price` is or belongs. */
  #placeOf(price: number): number {
    let low = 0;
    let high = this.#prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#prices[middle] - price) * this.#sign < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
