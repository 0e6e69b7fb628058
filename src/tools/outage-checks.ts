// What the replies told against what the ledger holds: nothing missing, nothing doubled, nothing that nobody was told. A tool's
// process; pure.

import type { CheckReport } from './check-report.ts';
import type { NumberedRows } from './outage-ledger.ts';

/** `told`: the ids in replies, each as often as it came. Numbers begin at 1, so the highest is the count when there is no gap. */
export function checkRows(what: string, told: readonly string[], rows: NumberedRows, report: CheckReport): void {
  const expected = new Set(told);
  const missing = [...expected].filter((id) => !rows.ids.has(id));
  const untold = [...rows.ids].filter((id) => !expected.has(id));
  report.same(`${what}s: distinct ids in replies`, told.length, expected.size);
  report.same('  rows in Postgres', told.length, rows.count);
  report.same('  distinct numbers', told.length, rows.distinct);
  report.same('  highest number: no gaps', told.length, rows.highest);
  report.add('  ids missing in Postgres', 0, missing.length, missing);
  report.add('  ids in no reply', 0, untold.length, untold);
}
