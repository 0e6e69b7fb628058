// Everything that decides an engine's future, in one place: what a snapshot holds and what apply changes. Pure; owned
// by one engine. No rules here.

import { ExpiryQueue } from './book/expiry-queue.ts';
import { OrderMap } from './book/order-map.ts';
import { OrderRows } from './book/order-rows.ts';
import { Accounts } from './clearing/accounts.ts';
import { Balances } from './clearing/balances.ts';
import { ClientTable } from './idempotency/client-table.ts';
import { IDEMPOTENCY_KEYS_MAX, IdempotencyTable } from './idempotency/idempotency-table.ts';
import type { Instrument } from './instrument.ts';
import { InstrumentTable } from './instrument-table.ts';

/** Cells of EngineState.counters: float64, because most of them outgrow 32 bits. All begin at 0. */
export const Counter = {
  /** Sequence of the last command. */
  SEQUENCE: 0,
  /** Batch time of the last command, microseconds since the epoch. */
  TIME_US: 1,
  /** Number of the last trade. */
  TRADE: 2,
  /** 1 while the kill switch is on. */
  KILL_SWITCH: 3,
  /** RiskMode. */
  RISK_MODE: 4,
  /** The last settlement cycle that was closed. */
  SETTLEMENT_CYCLE: 5,
} as const;
export const COUNTERS = 6;

export class EngineState {
  readonly counters = new Float64Array(COUNTERS);
  readonly clients = new ClientTable();
  readonly orders = new OrderRows();
  /** Live orders, waiting stops included: number -> row. */
  readonly live = new OrderMap(this.orders);
  /** Live orders that have an expiry. */
  readonly expiries = new ExpiryQueue(this.orders);
  readonly instruments: InstrumentTable;
  readonly accounts = new Accounts(this.orders);
  readonly balances = new Balances();
  readonly keys: IdempotencyTable;

  /**
   * `genesis` is the table of instruments before any command. `idempotencyKeysMax` (a power of two) decides what is
   * replayed: all engines over one journal must agree on it.
   */
  constructor(genesis: readonly Instrument[], idempotencyKeysMax = IDEMPOTENCY_KEYS_MAX) {
    this.instruments = new InstrumentTable(genesis, this.orders);
    this.keys = new IdempotencyTable(idempotencyKeysMax);
  }
}
