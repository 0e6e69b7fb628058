// Copies of all resting orders of an instrument, each of one moment, kept while gateways read them page by page.
// On the follower's thread, owned by the query desk. Taking one is long for a read, and each takes some 50 bytes an order, so they
// are shared and no more than two are kept; a book that fits one page is never kept.

import { Side } from '../domain/codes.ts';
import type { Engine } from '../domain/engine.ts';
import { BookCopy } from './book-copy.ts';

const COPIES_MAX = 2;
/** A copy that nobody has read for this long is freed. */
const KEPT_US = 3_000_000;

interface KeptCopy {
  readonly copy: BookCopy;
  /** Who has begun to read it and has not come to its end. */
  readers: number;
  usedUs: number;
}

export class BookCopies {
  readonly #engine: Engine;
  #kept: KeptCopy[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many are kept. */
  get count(): number {
    return this.#kept.length;
  }

  /**
   * The instrument's orders as they are, to be read from their beginning, `limit` at a time. Undefined while others are
   * kept that are still read.
   */
  begin(instrument: number, limit: number, nowUs: number): BookCopy | undefined {
    this.sweep(nowUs);
    const shared = this.#find(instrument, this.#engine.sequence);
    if (shared !== undefined) {
      shared.readers++;
      shared.usedUs = nowUs;
      return shared.copy;
    }
    const isLong = hasMoreThan(limit, this.#engine, instrument);
    if (isLong && this.#kept.length === COPIES_MAX) return undefined;
    const copy = new BookCopy(this.#engine, instrument);
    if (isLong) this.#kept.push({ copy, readers: 1, usedUs: nowUs });
    return copy;
  }

  /** The instrument's orders as they were at that sequence, which were begun before. Undefined when they are not kept any more. */
  goOn(instrument: number, sequence: number, nowUs: number): BookCopy | undefined {
    const kept = this.#find(instrument, sequence);
    if (kept === undefined) return undefined;
    kept.usedUs = nowUs;
    return kept.copy;
  }

  /** Somebody has read the copy to its end. */
  finish(copy: BookCopy): void {
    const kept = this.#find(copy.instrument, copy.sequence);
    if (kept === undefined) return;
    kept.readers--;
    if (kept.readers === 0) this.#kept = this.#kept.filter((one) => one !== kept);
  }

  /** Frees what nobody reads. */
  sweep(nowUs: number): void {
    this.#kept = this.#kept.filter(({ usedUs }) => nowUs - usedUs < KEPT_US);
  }

  #find(instrument: number, sequence: number): KeptCopy | undefined {
    return this.#kept.find(({ copy }) => copy.instrument === instrument && copy.sequence === sequence);
  }
}

/** Whether more orders rest than that. Looks at no more levels than it needs. */
function hasMoreThan(limit: number, engine: Engine, instrument: number): boolean {
  let total = 0;
  const add = (_priceTicks: number, _lots: number, orders: number): boolean => {
    total += orders;
    return total <= limit;
  };
  for (const side of [Side.BUY, Side.SELL] as const) if (total <= limit) engine.forEachLevel(instrument, side, add);
  return total > limit;
}
