// Everything that decides an engine's future, in one place: what a snapshot holds and what apply changes. Pure; owned
// by one engine. No rules here.

import { assert } from '../assert.ts';
import { ExpiryQueue } from './book/expiry-queue.ts';
import { OrderMap } from './book/order-map.ts';
import { OrderRows } from './book/order-rows.ts';
import { ACCOUNTS_MAX, type Capacity, CLIENTS_MAX, OPEN_ORDERS_MAX } from './capacity.ts';
import { Accounts } from './clearing/accounts.ts';
import { Balances } from './clearing/balances.ts';
import { ClientTable } from './idempotency/client-table.ts';
import { FIXED_HASH_SECRET, type HashSecret } from './idempotency/half-sip-hash.ts';
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

/** What an engine is made with. All engines over one journal must agree on everything but the secret and the layout. */
export interface EngineOptions extends Partial<Capacity> {
  /** A power of two: it decides what is replayed. */
  readonly idempotencyKeysMax?: number;
  /** Of the hash tables: decides nothing but that nobody can slow them down who does not know it. */
  readonly hashSecret?: HashSecret;
  /** Slots of the order map's front tier, a power of two: memory layout only. Tests that want its far tier say few. */
  readonly frontSlots?: number | undefined;
}

export class EngineState {
  readonly counters = new Float64Array(COUNTERS);
  readonly capacity: Capacity;
  readonly clients: ClientTable;
  readonly orders = new OrderRows();
  /** Live orders, waiting stops included: number -> row. */
  readonly live: OrderMap;
  /** Live orders that have an expiry. */
  readonly expiries = new ExpiryQueue(this.orders);
  readonly instruments: InstrumentTable;
  readonly accounts = new Accounts(this.orders);
  readonly balances = new Balances();
  readonly keys: IdempotencyTable;

  /** `genesis` is the table of instruments before any command. */
  constructor(genesis: readonly Instrument[], options: EngineOptions = {}) {
    const { clientsMax = CLIENTS_MAX, accountsMax = ACCOUNTS_MAX, openOrdersMax = OPEN_ORDERS_MAX } = options;
    const { idempotencyKeysMax = IDEMPOTENCY_KEYS_MAX, hashSecret = FIXED_HASH_SECRET } = options;
    this.live = new OrderMap(this.orders, options.frontSlots);
    assert(clientsMax >= 1 && clientsMax <= CLIENTS_MAX, 'engine state: as many clients as fit');
    assert(accountsMax >= 1 && accountsMax <= ACCOUNTS_MAX, 'engine state: as many accounts as fit');
    assert(openOrdersMax >= 1 && openOrdersMax <= OPEN_ORDERS_MAX, 'engine state: as many live orders as fit');
    this.capacity = { clientsMax, accountsMax, openOrdersMax };
    this.instruments = new InstrumentTable(genesis, this.orders);
    this.clients = new ClientTable(hashSecret);
    this.keys = new IdempotencyTable(idempotencyKeysMax, hashSecret);
  }
}
