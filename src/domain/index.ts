// The public door of the domain (package export "ringbook/domain"): the engine, its words, and a plain in-process
// exchange for experiments, referees and microbenchmarks. Pure: no threads, no I/O, no packages. See README.md.

export { ClientTable } from './client-table.ts';
export * from './codes.ts';
export { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
export { Engine } from './engine.ts';
export { EngineState } from './engine-state.ts';
export { toBigInt } from './exact.ts';
export {
  type Amendment,
  createExchange,
  Exchange,
  type ExchangeEvent,
  type ExchangeOptions,
  type NewOrder,
  type OrderChangeName,
  type OrderState,
  type OrderStatusName,
  type Outcome,
  type Trade,
} from './exchange.ts';
export { DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';
export { type EngineListener, OrderChange } from './listener.ts';
export { OrderColumns } from './order-columns.ts';
export { SnapshotError } from './snapshot.ts';
