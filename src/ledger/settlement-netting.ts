// Nets the obligations of one settlement cycle: what each client's instruments leave it to get or to owe, per currency,
// with the venue as the other side. On the projector's thread; allocates, because a settlement is rare.
// Amounts are whole numbers of 10^-AMOUNT_SCALE, in which every instrument's lots and ticks x lots are exact.

import { AMOUNT_SCALE, type Instrument } from '../domain/instrument.ts';

/** Amounts by currency. */
type Amounts = Map<string, bigint>;

/** What a party gets (positive) or owes (negative), never 0. */
export interface NetObligation {
  /** Undefined is the venue. */
  readonly client: string | undefined;
  readonly currency: string;
  readonly amount: bigint;
}

export class SettlementNetting {
  readonly #clients = new Map<string, Amounts>();
  readonly #all: Amounts = new Map();

  clear(): void {
    this.#clients.clear();
    this.#all.clear();
  }

  /** A client's net of one instrument: lots of base, ticks x lots of quote; positive is received. */
  add(client: string, instrument: Instrument, baseLots: bigint, quoteTicksLots: bigint): void {
    const { base, quote, priceScale, quantityScale } = instrument;
    let amounts = this.#clients.get(client);
    if (amounts === undefined) {
      amounts = new Map();
      this.#clients.set(client, amounts);
    }
    const received = baseLots * unitsOf(quantityScale);
    const earned = quoteTicksLots * unitsOf(priceScale + quantityScale);
    for (const totals of [amounts, this.#all]) {
      totals.set(base, (totals.get(base) ?? 0n) + received);
      totals.set(quote, (totals.get(quote) ?? 0n) + earned);
    }
  }

  /** Clients as they came, then the venue, which takes what the clients' amounts leave open. */
  net(): NetObligation[] {
    const obligations: NetObligation[] = [];
    for (const [client, amounts] of this.#clients) {
      for (const [currency, amount] of amounts) obligations.push({ client, currency, amount });
    }
    for (const [currency, sum] of this.#all) obligations.push({ client: undefined, currency, amount: -sum });
    return obligations.filter(({ amount }) => amount !== 0n);
  }
}

/** How many units of 10^-AMOUNT_SCALE are 10^-scale. */
function unitsOf(scale: number): bigint {
  return 10n ** BigInt(AMOUNT_SCALE - scale);
}
