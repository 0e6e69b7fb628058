// Everything that decides an engine's future, in one place: what a snapshot holds and what apply changes. Pure; owned
// by one engine. No rules here.

import { ClientTable } from './client-table.ts';
import { IDEMPOTENCY_KEYS_MAX, IdempotencyTable } from './idempotency-table.ts';
import { assertInstruments, type Instrument } from './instrument.ts';
import { OrderBook } from './order-book.ts';
import { OrderMap } from './order-map.ts';
import { OrderPool } from './order-pool.ts';

/** Cells of EngineState.counters: float64, because all of them outgrow 32 bits. */
export const Counter = {
  /** Sequence of the last command. */
  SEQUENCE: 0,
  /** Batch time of the last command, microseconds since the epoch. */
  TIME_US: 1,
  /** Number of the last trade. */
  TRADE: 2,
} as const;

export class EngineState {
  readonly instruments: readonly Instrument[];
  readonly counters = new Float64Array(3);
  readonly clients = new ClientTable();
  readonly pool = new OrderPool();
  /** Resting orders only: number -> row. */
  readonly live = new OrderMap();
  /** By instrument. */
  readonly books: readonly OrderBook[];
  readonly keys: IdempotencyTable;

  /** `idempotencyKeysMax` (a power of two) decides what is replayed: all engines over one journal must agree on it. */
  constructor(instruments: readonly Instrument[], idempotencyKeysMax = IDEMPOTENCY_KEYS_MAX) {
    assertInstruments(instruments);
    this.instruments = instruments;
    this.books = instruments.map(() => new OrderBook(this.pool));
    this.keys = new IdempotencyTable(idempotencyKeysMax);
  }
}
