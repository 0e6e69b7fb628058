// Takes everything away that sql/*.sql has made, for a rebuild from the journal. A tool's process; one statement, all or none.
// Must never take what is not ours: what hangs on our tables (a view of the operator's) makes the database refuse.

import type { MigrationTarget } from './migrate.ts';

const DROP_LEDGER = `
  DROP VIEW IF EXISTS orders;
  DROP FUNCTION IF EXISTS candles_of, ledger_add_days;
  DROP TABLE IF EXISTS trades, closed_orders, open_orders, candles, positions, settlements, settlement_obligations,
    instruments, projection_checkpoint, schema_migrations`;

/** Several statements in one query are one transaction. */
export async function dropLedger(target: MigrationTarget): Promise<void> {
  await target.query(DROP_LEDGER);
}
