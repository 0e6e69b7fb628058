// The public door of the domain (package export "ringbook/domain"): the engine, its words, and a plain in-process
// exchange for experiments, referees and microbenchmarks. Pure: no threads, no I/O, no packages. See README.md.

export { OrderRows } from './book/order-rows.ts';
export { toBigInt } from './clearing/exact.ts';
export * from './codes.ts';
export { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
export { Engine } from './engine.ts';
export { EngineState } from './engine-state.ts';
export { createExchange, Exchange } from './exchange.ts';
export { ClientTable } from './idempotency/client-table.ts';
export { AMOUNT_SCALE, DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';
export { type EngineListener, OrderChange } from './listener.ts';
export { OUTLOOK_COMMANDS } from './outlook.ts';
export type * from './plain-objects.ts';
export { REASONS, Reason, reasonName } from './reasons.ts';
export { DryRun } from './rules/dry-run.ts';
export { SnapshotError } from './snapshot/snapshot.ts';
