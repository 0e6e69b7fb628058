// What was acknowledged during a soak against what the server counted, what the ledger holds, and what the operator's tools say of
// both. A tool's process; reads only, but for the tools' own embedded PostgreSQL.

import { join } from 'node:path';
import { embeddedConnection } from '../../ledger/embedded-postgres.ts';
import type { CheckReport } from '../check-report.ts';
import { countRows } from '../outage-ledger.ts';
import { runRingbook } from '../ringbook-child.ts';
import { type Asks, readHealth } from '../server-facts.ts';
import type { IntervalCounts } from './sample.ts';
import { readMetrics } from './sampler.ts';

interface Acknowledged {
  readonly server: Asks;
  readonly dataDirectory: string;
  readonly counts: Readonly<IntervalCounts>;
  /** In the answers of all orders. */
  readonly trades: number;
}

/** To be called once the ledger is level and nothing more is sent. */
export async function checkLedger(
  { server, dataDirectory, counts, trades }: Acknowledged,
  report: CheckReport,
): Promise<void> {
  const orders = counts.rests + counts.takes;
  const commands = orders + counts.cancels + counts.amends + counts.late;
  const metrics = await readMetrics(server);
  const counted = (type: string, result: string) =>
    metrics.get(`ringbook_commands_total{type="${type}",result="${result}"}`) ?? 0;
  report.same('commands answered, sequenced', commands, (await readHealth(server)).sequence);
  report.same('  orders', orders, counted('new_order', 'accepted') + counted('new_order', 'rejected'));
  report.same('  cancels', counts.cancels, counted('cancel_order', 'accepted'));
  report.same('  amends', counts.amends, counted('amend_order', 'accepted'));
  report.same('  too late', counts.late, counted('cancel_order', 'refused') + counted('amend_order', 'refused'));
  const rows = await countRows(embeddedConnection(join(dataDirectory, 'postgres')));
  report.same('orders acknowledged, in Postgres', orders, rows?.orders ?? 'unreachable');
  report.same('trades acknowledged, in Postgres', trades, rows?.trades ?? 'unreachable');
}

/** To be called when the server has ended. */
export async function checkWithTools(directory: string, report: CheckReport): Promise<void> {
  for (const words of [
    ['journal', 'verify'],
    ['ledger', 'verify'],
  ]) {
    const { exitCode: code, output: said } = await runRingbook(directory, undefined, words);
    report.add(`ringbook ${words.join(' ')}`, 'exit 0', `exit ${code}`, code === 0 ? [] : [said]);
  }
}
