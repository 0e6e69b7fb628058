// The limits of the accounts that have any: rows of their own, so that the others do not pay for them. Pure; owned by
// AccountRows. Allocates: nothing but growth, which copies 1 MiB at most (arena.ts).
//
//   0 f64 order, lots   8 f64 order notional, high   16 f64 order notional, low   24 f64 position, lots   32 f64 open orders

import { Arena } from '../book/arena.ts';

const ROW_BYTES = 40;
const WORDS = ROW_BYTES / 8;
const ORDER_LOTS = 0;
const NOTIONAL_HIGH = 1;
const NOTIONAL_LOW = 2;
const POSITION_LOTS = 3;
const OPEN_ORDERS = 4;

/** What one client may do in one instrument; 0 means no limit. A Command has all of them. */
export interface Limits {
  readonly maxOpenOrders: number;
  readonly maxOrderLots: number;
  /** Ticks x lots. */
  readonly maxOrderNotionalHigh: number;
  readonly maxOrderNotionalLow: number;
  readonly maxPositionLots: number;
}

export class AccountLimits {
  private readonly arena = new Arena();
  private words = this.arena.words;
  private used = 0;

  /** A row without limits. */
  take(): number {
    const row = this.used++;
    this.arena.reserve(this.used * ROW_BYTES);
    this.words = this.arena.words;
    return row;
  }

  set(row: number, limits: Limits): void {
    const at = row * WORDS;
    this.words[at + ORDER_LOTS] = limits.maxOrderLots;
    this.words[at + NOTIONAL_HIGH] = limits.maxOrderNotionalHigh;
    this.words[at + NOTIONAL_LOW] = limits.maxOrderNotionalLow;
    this.words[at + POSITION_LOTS] = limits.maxPositionLots;
    this.words[at + OPEN_ORDERS] = limits.maxOpenOrders;
  }

  orderLots(row: number): number {
    return this.words[row * WORDS + ORDER_LOTS];
  }

  orderNotionalHigh(row: number): number {
    return this.words[row * WORDS + NOTIONAL_HIGH];
  }

  orderNotionalLow(row: number): number {
    return this.words[row * WORDS + NOTIONAL_LOW];
  }

  positionLots(row: number): number {
    return this.words[row * WORDS + POSITION_LOTS];
  }

  openOrders(row: number): number {
    return this.words[row * WORDS + OPEN_ORDERS];
  }
}
