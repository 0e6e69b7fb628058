// The seeded flow of orders that every load of this repository sends: the k6 scripts, `ringbook load`, the pipeline's benchmark.
// Pure, any engine: k6 loads this very file, so it imports nothing and computes in 32-bit integers, which are the same everywhere.
//
// A stream is what one connection or virtual user sends. It is a function of seed, stream and mix, and never looks at replies: an
// order it cancels or amends may be filled by then, so `order_closed` (409) is a good answer to both.
//
// The book stays bounded however long a stream runs, in one of two ways. With cancels, a stream has at most
// OPEN_ORDERS_MAX orders that may rest: at that number the next action is a cancel, whatever the mix says. Without any, most
// orders reach for the other side, and each stream buys what it sells: its quantities bought and sold differ by a few orders'.

/** Shares, 0 to 1: of cancels and amends in all actions, of the others in the orders placed. */
export interface Mix {
  readonly cancel: number;
  readonly amend: number;
  /** Limit orders that reach for the other side and are cancelled when they do not find it. */
  readonly ioc: number;
  readonly market: number;
  /** Limit orders that would rather be rejected than take. */
  readonly postOnly: number;
  /** Limit orders that reach for the other side, and rest with what they do not find there. */
  readonly taking: number;
}

/** About what a venue sees: nearly as many cancels as orders, most of them of young orders; one order in ten takes. */
export const EVERYDAY: Mix = { cancel: 0.44, amend: 0.06, ioc: 0.05, market: 0.02, postOnly: 0.3, taking: 0.03 };
/** Limit orders alone, four in five of which can trade. */
export const ORDERS_ONLY: Mix = { cancel: 0, amend: 0, ioc: 0, market: 0, postOnly: 0, taking: 0.8 };

/** Of one stream with cancels: orders that may rest, which is all but IOC and market orders, less those it has cancelled. */
export const OPEN_ORDERS_MAX = 100;

/** A body of `POST /orders` but for its idempotency key. Prices have two decimals, quantities eight. */
export interface FlowOrder {
  readonly client_id: string;
  readonly instrument: 'BTC-USD';
  readonly side: 'buy' | 'sell';
  readonly type: 'limit' | 'market';
  readonly price?: string;
  readonly quantity: string;
  readonly time_in_force?: 'IOC';
  readonly post_only?: true;
}

/** Price or quantity, never both. A quantity is the order's whole one. */
interface FlowChanges {
  readonly price?: string;
  readonly quantity?: string;
}

/** `number`: how many orders this stream placed before. `target`: the number of an order that may rest and was not cancelled. */
export type Action =
  | { readonly kind: 'place'; readonly number: number; readonly order: FlowOrder }
  | { readonly kind: 'cancel'; readonly target: number }
  | { readonly kind: 'amend'; readonly target: number; readonly changes: FlowChanges };

const TWO_TO_32 = 2 ** 32;
/** 70,000.00 in ticks of 0.01. */
const MIDDLE_TICKS = 7_000_000;
/** How far a stream's own opinion of the middle may walk from there. Were it more, streams would mostly trade on their opinions. */
const DRIFT_TICKS_MAX = 20;
const PRICE_DECIMALS = 2;
const QUANTITY_DECIMALS = 8;
/** Orders that rest lie below and above the middle by a power law: half of them within 0.16, none beyond 40.95. */
const DISTANCE_TICKS = 8;
const DISTANCE_OCTAVES = 9;
/** Those that take reach beyond all that rest: one that took only what is near would leave a book without cancels ever deeper. */
const REACH_TICKS = 4_096;
/** So do quantities: half of them are at most 0.0005, none is above 0.0635. */
const QUANTITY_LOTS = 50_000;
const QUANTITY_OCTAVES = 7;
/** Without cancels: by how much a stream may have bought more than sold before it does nothing but sell. */
const IMBALANCE_LOTS_MAX = 10_000_000;
const TARGET_OCTAVES = 31;

interface OpenOrder {
  readonly number: number;
  readonly isBuy: boolean;
  readonly isPostOnly: boolean;
}

export class OrderFlow {
  readonly #mix: Mix;
  readonly #clientId: string;
  /** Oldest first. */
  readonly #open: OpenOrder[] = [];
  #state: number;
  #placed = 0;
  #driftTicks = 0;
  #imbalanceLots = 0;

  /**
   * `seed` and `stream` are whole numbers from 0. Throws RangeError for shares that make no sense, or would let the book grow: a mix
   * without cancels must be of plain limit orders, more than half of which take.
   */
  constructor(seed: number, stream: number, mix: Mix) {
    checkMix(mix);
    this.#mix = mix;
    this.#clientId = `load-${stream}`;
    this.#state = seed >>> 0;
    // Neighbouring streams must not have neighbouring states: they are spread by an odd constant, over a seed that is mixed itself.
    this.#state = (this.#random() ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
    this.#random();
  }

  next(): Action {
    const { cancel, amend } = this.#mix;
    const open = this.#open.length;
    if (cancel > 0 && open === OPEN_ORDERS_MAX) return this.#cancel();
    const share = this.#share();
    if (share >= cancel + amend || open === 0) return this.#place();
    return share < cancel ? this.#cancel() : this.#amend();
  }

  #cancel(): Action {
    const [{ number }] = this.#open.splice(this.#youngIndex(), 1);
    return { kind: 'cancel', target: number };
  }

  #amend(): Action {
    const { number, isBuy, isPostOnly } = this.#open[this.#youngIndex()];
    // A post-only order keeps its price: a better one would be refused whenever it meets the other side.
    const isPrice = this.#share() < 0.5 && !isPostOnly;
    const changes = isPrice ? { price: this.#price(isBuy, false) } : { quantity: quantityText(this.#quantityLots()) };
    return { kind: 'amend', target: number, changes };
  }

  #place(): Action {
    this.#drift();
    const { ioc, market, postOnly, taking } = this.#mix;
    const lots = this.#quantityLots();
    const isBuy = this.#isBuy(lots);
    const number = this.#placed++;
    const share = this.#share();
    const side = isBuy ? 'buy' : 'sell';
    const common = { client_id: this.#clientId, instrument: 'BTC-USD', side, quantity: quantityText(lots) } as const;
    if (share < market) return { kind: 'place', number, order: { ...common, type: 'market' } };
    const limit = { ...common, type: 'limit' } as const;
    if (share < market + ioc) {
      const order = { ...limit, price: this.#price(isBuy, true), time_in_force: 'IOC' } as const;
      return { kind: 'place', number, order };
    }
    const isPostOnly = share < market + ioc + postOnly;
    if (this.#mix.cancel > 0) this.#open.push({ number, isBuy, isPostOnly });
    const price = this.#price(isBuy, !isPostOnly && share < market + ioc + postOnly + taking);
    return { kind: 'place', number, order: isPostOnly ? { ...limit, price, post_only: true } : { ...limit, price } };
  }

  /** Without cancels the more likely the less the stream has bought so far. */
  #isBuy(lots: number): boolean {
    if (this.#mix.cancel > 0) return this.#share() < 0.5;
    const isBuy = this.#between(-IMBALANCE_LOTS_MAX, IMBALANCE_LOTS_MAX - 1) >= this.#imbalanceLots;
    this.#imbalanceLots += isBuy ? lots : -lots;
    return isBuy;
  }

  /** One tick, more likely towards the start the farther from there. */
  #drift(): void {
    const isUp = this.#between(-DRIFT_TICKS_MAX, DRIFT_TICKS_MAX - 1) >= this.#driftTicks;
    this.#driftTicks += isUp ? 1 : -1;
  }

  #price(isBuy: boolean, isTaking: boolean): string {
    const distance = isTaking ? REACH_TICKS : DISTANCE_TICKS + this.#powerLaw(DISTANCE_TICKS, DISTANCE_OCTAVES);
    const isAbove = isBuy === isTaking;
    return decimalText(MIDDLE_TICKS + this.#driftTicks + (isAbove ? distance : -distance), PRICE_DECIMALS);
  }

  #quantityLots(): number {
    return 1 + this.#powerLaw(QUANTITY_LOTS, QUANTITY_OCTAVES);
  }

  /** The newest half the time; the oldest stands for all that lie behind it. */
  #youngIndex(): number {
    return Math.max(0, this.#open.length - 1 - this.#powerLaw(1, TARGET_OCTAVES));
  }

  /** From 0: below `unit` half the time, below 3 x `unit` three times in four, below 7 x `unit` seven in eight... */
  #powerLaw(unit: number, octaves: number): number {
    const octave = Math.min(Math.clz32(this.#random()), octaves - 1);
    const scale = 2 ** octave;
    return (scale - 1) * unit + this.#between(0, scale * unit - 1);
  }

  #share(): number {
    return this.#random() / TWO_TO_32;
  }

  /** Both included; the span must be below 2^32. */
  #between(low: number, high: number): number {
    return low + (this.#random() % (high - low + 1));
  }

  /** mulberry32: small, fast, good enough for a load. A whole number below 2^32. */
  #random(): number {
    const state = (this.#state + 0x6d2b79f5) >>> 0;
    this.#state = state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

function checkMix({ cancel, amend, ioc, market, postOnly, taking }: Mix): void {
  const shares = [cancel, amend, ioc, market, postOnly, taking, cancel + amend, ioc + market + postOnly + taking];
  // Written so that NaN is refused as well.
  if (!shares.every((share) => share >= 0 && share <= 1))
    throw new RangeError('shares are from 0 to 1, and so are their sums');
  if (cancel > 0) return;
  const isPlain = amend === 0 && ioc === 0 && market === 0 && postOnly === 0;
  if (!isPlain || taking <= 0.5) {
    throw new RangeError('without cancels, all orders must be plain limit orders and more than half of them taking');
  }
}

function quantityText(lots: number): string {
  return decimalText(lots, QUANTITY_DECIMALS);
}

/** Exact: digits are placed, nothing is divided. */
function decimalText(units: number, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
