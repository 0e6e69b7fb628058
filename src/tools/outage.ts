#!/usr/bin/env node
// Stops Postgres under load and starts it again: what is acknowledged, what the health endpoints say, and whether the ledger is
// complete in the end. A process of its own; starts a PostgreSQL and a Ringbook of its own in a temporary directory, and ends
// both. Results on standard output. Must never touch a server or a database that it did not start.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import { CheckReport } from './check-report.ts';
import { HttpConnection } from './http-connection.ts';
import { LEVEL_MS, requireLevel, secondsUntilLevel } from './level.ts';
import { checkRows } from './outage-checks.ts';
import { countRows, type RowCounts, readContent } from './outage-ledger.ts';
import { inOwnDirectory } from './own-directory.ts';
import { ChildError, startRingbook } from './ringbook-child.ts';
import { readHealth, type ServerHealth } from './server-facts.ts';
import { type PhaseCounts, SteadyLoad } from './steady-load.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: npm run outage -- [options]

Starts a PostgreSQL and a Ringbook of its own in a temporary directory, sends orders at a fixed rate, stops PostgreSQL
under that load and starts it again. Prints what was acknowledged and what Postgres holds before, during and after, and
checks that nothing is missing there and nothing doubled. Exit code 0: PASS; 1: FAIL; 64: wrong usage.

  --seconds-before N   (10)
  --seconds-down N     (60)
  --seconds-after N    (20)
  --rate N             orders a second (500)
  --help               this text
`;
/** Ctrl-C: everything that was started is ended first. */
const interrupted = new AbortController();

interface OutageOptions {
  readonly secondsBefore: number;
  readonly secondsDown: number;
  readonly secondsAfter: number;
  readonly rate: number;
}

/** What can be seen from outside at the end of a phase. */
interface Phase {
  readonly name: string;
  readonly counts: PhaseCounts;
  /** undefined: Postgres cannot be reached. */
  readonly rows: RowCounts | undefined;
  readonly health: ServerHealth;
  readonly readyStatus: number;
}

/** Everything that runs, and what is known of it. */
interface Bench {
  readonly postgresDirectory: string;
  readonly server: HttpConnection;
  readonly load: SteadyLoad;
  postgres: EmbeddedPostgres;
}

async function main(): Promise<number> {
  const options = readOptions();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());
  // In /tmp itself: a socket's path must be short.
  const own = { parent: '/tmp', prefix: 'ringbook-outage-', holds: 'Journal, database and logs' };
  return await inOwnDirectory(own, (directory) => runIn(directory, options));
}

function readOptions(): OutageOptions {
  const { values } = parseArgs({
    options: {
      'seconds-before': { type: 'string', default: '10' },
      'seconds-down': { type: 'string', default: '60' },
      'seconds-after': { type: 'string', default: '20' },
      rate: { type: 'string', default: '500' },
    },
  });
  return {
    secondsBefore: positiveInteger('seconds-before', values['seconds-before']),
    secondsDown: positiveInteger('seconds-down', values['seconds-down']),
    secondsAfter: positiveInteger('seconds-after', values['seconds-after']),
    rate: positiveInteger('rate', values.rate),
  };
}

async function runIn(directory: string, options: OutageOptions): Promise<boolean> {
  const postgresDirectory = join(directory, 'postgres');
  const first = await startEmbeddedPostgres({ directory: postgresDirectory });
  let running = first;
  try {
    const ringbook = await startRingbook(directory, first.connection);
    const server = new HttpConnection(ringbook.url, 15_000);
    try {
      await requireLevel(server, interrupted.signal); // the outage is to begin from there
      const load = new SteadyLoad({ url: ringbook.url, perSecond: options.rate, source: Date.now().toString(36) });
      const bench: Bench = { postgresDirectory, server, load, postgres: first };
      try {
        return await observe(bench, options);
      } finally {
        running = bench.postgres;
        await load.stop();
      }
    } finally {
      server.close();
      await ringbook.stop();
    }
  } finally {
    await running.stop();
  }
}

async function observe(bench: Bench, options: OutageOptions): Promise<boolean> {
  const { secondsBefore, secondsDown, secondsAfter, rate } = options;
  const { connection } = bench.postgres;
  const show = (phase: Phase) => process.stdout.write(describePhase(phase));
  process.stdout.write(`${rate.toLocaleString('en')} orders a second, Postgres stopped for ${secondsDown} s\n`);

  await pause(secondsBefore);
  show(await endPhase('before', bench));

  await bench.postgres.stop();
  await pause(secondsDown);
  const down = await endPhase('down', bench);
  show(down);

  bench.postgres = await startEmbeddedPostgres({ directory: bench.postgresDirectory });
  if (bench.postgres.connection.host !== connection.host) throw new ChildError('Postgres came back at another address');
  const [level] = await Promise.all([secondsUntilLevel(bench.server, interrupted.signal), pause(secondsAfter)]);
  show(await endPhase('after', bench));

  await bench.load.stop();
  const end = await secondsUntilLevel(bench.server, interrupted.signal);
  const last = await endPhase('end', bench);
  show(last);
  process.stdout.write(
    `the ledger had caught up ${says(level)} Postgres was back, and was level ${says(end)} the last order\n\n`,
  );
  const report = await check(bench, down, last);
  process.stdout.write(report.text());
  return report.passed;
}

function pause(seconds: number): Promise<void> {
  return sleep(seconds * 1000, undefined, { signal: interrupted.signal });
}

async function endPhase(name: string, { load, server, postgres }: Bench): Promise<Phase> {
  const counts = load.endPhase();
  const rows = await countRows(postgres.connection);
  const health = await readHealth(server);
  const { status: readyStatus } = await server.request('GET', '/readyz');
  return { name, counts, rows, health, readyStatus };
}

function says(seconds: number | undefined): string {
  return seconds === undefined ? `not within ${LEVEL_MS / 1000} s after` : `${seconds.toFixed(1)} s after`;
}

function describePhase({ name, counts, rows, health, readyStatus }: Phase): string {
  const n = (value: number) => value.toLocaleString('en');
  const held = rows === undefined ? 'unreachable' : `${n(rows.orders)} orders, ${n(rows.trades)} trades`;
  return (
    `${name.padEnd(6)} ${counts.seconds.toFixed(1).padStart(5)} s  ${n(counts.acknowledged)} orders acknowledged with ` +
    `${n(counts.trades)} trades, ${counts.not202} not 202, ${counts.lost} without answer, ` +
    `slowest ${counts.slowestMs.toFixed(0)} ms; Postgres: ${held}; ${n(health.postgresBehind)} commands behind; ` +
    `/readyz ${readyStatus}; /healthz ${health.status} "${health.message}"\n`
  );
}

async function check({ load, postgres }: Bench, down: Phase, last: Phase): Promise<CheckReport> {
  const report = new CheckReport();
  report.same('while down: Postgres', 'unreachable', down.rows === undefined ? 'unreachable' : 'reachable');
  report.same('  /healthz', 503, down.health.status);
  report.same('  /readyz', 200, down.readyStatus);
  report.same('  some orders acknowledged', 'yes', down.counts.acknowledged > 0 ? 'yes' : 'no');
  report.same('at the end: /healthz', 200, last.health.status);
  report.same('  commands behind', 0, last.health.postgresBehind);
  report.same('  sequenced = acknowledged', load.orderIds.length, last.health.sequence);
  const { orders, trades } = await readContent(postgres.connection);
  checkRows('order', load.orderIds, orders, report);
  checkRows('trade', load.tradeIds, trades, report);
  return report;
}

runTool('outage', main, HELP);
