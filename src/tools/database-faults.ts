// Makes PostgreSQL and Redis fail under load, in all the ways there are, and holds the ledger and the published book to what was
// acknowledged. A process of its own; starts a PostgreSQL, a Redis and a Ringbook of its own, and ends them. Results on standard
// output. Exit code 77 where they cannot be made to fail. Must never touch a server that it did not start.

import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Keeper } from '../e2e/testing/keeper.ts';
import { findRedisProgram } from '../sim/servers/redis-server.ts';
import { CheckReport } from './check-report.ts';
import { FaultBench, type Outcome } from './fault-bench.ts';
import { FaultTable } from './fault-table.ts';
import { checkRows } from './outage-checks.ts';
import { readContent } from './outage-ledger.ts';
import { inOwnDirectory } from './own-directory.ts';
import { cutCommit, freeze, killInCopy, killKind, readOnly } from './postgres-faults.ts';
import { median, quantile } from './quantile.ts';
import { redisFault, troubleRedis } from './redis-faults.ts';
import { parseObject } from './replay-requests.ts';
import { readHealth } from './server-facts.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: npm run database-faults -- [options]

Sends orders at a fixed rate to a Ringbook of its own, and meanwhile kills, freezes and shuts its PostgreSQL and its Redis.
In the end every acknowledged order and trade must be in the ledger once, \`ringbook ledger verify\` must find nothing, and
Redis must hold the book of GET /orderbook and never have gone back to an older one.
Exit code 0: PASS; 1: FAIL; 64: wrong usage; 77: no Linux, or no redis-server or valkey-server on the path.

  --kills N            backends and servers killed in the middle of a COPY (100)
  --cuts N             answers to COMMIT that are lost (20)
  --freezes A,B,...    PostgreSQL stands still for so many ms (10000,30000,60000)
  --read-only-ms N     PostgreSQL is read-only (5000)
  --redis N            faults of Redis: killed, frozen, emptied, out of memory, slow (20)
  --redis-ms N         how long each takes (2000)
  --rate N             orders a second (500)
  --seed S             of the kinds of kills and their moments
  --help               this text
`;

const SKIPPED = 77;
const P99 = 0.99;

interface FaultOptions {
  readonly kills: number;
  readonly cuts: number;
  readonly freezes: readonly number[];
  readonly readOnlyMs: number;
  readonly redis: number;
  readonly redisMs: number;
  readonly rate: number;
  readonly seed: number;
}

/** p99 of acknowledgements in ms, of each fault of Redis and of the moments before it. */
interface Latencies {
  readonly quiet: number[];
  readonly faulty: number[];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (process.platform !== 'linux' || (await findRedisProgram()) === undefined) {
    process.stderr.write('database-faults: not possible here: Linux and a redis-server or valkey-server are needed\n');
    return SKIPPED;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());
  process.stdout.write(`seed ${options.seed}, ${options.rate.toLocaleString('en')} orders a second\n`);
  // In /tmp itself: a socket's path must be short.
  const own = { parent: '/tmp', prefix: 'ringbook-database-faults-', holds: 'Journal, database and logs' };
  return await inOwnDirectory(own, (directory) => runIn(directory, options, interrupted.signal));
}

async function runIn(directory: string, options: FaultOptions, signal: AbortSignal): Promise<boolean> {
  const { rate, seed } = options;
  const keeper = new Keeper();
  try {
    const bench = await FaultBench.start(keeper, { directory, ordersPerSecond: rate, seed, signal });
    const table = new FaultTable();
    await failPostgres(bench, options, table);
    const latencies = await failRedis(bench, options, table);
    const report = await check(bench, table);
    process.stdout.write(`${table.text()}\n${describe(latencies)}\n${report.text()}`);
    return report.passed;
  } finally {
    await keeper.end();
  }
}

function readOptions(): FaultOptions {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      cuts: { type: 'string', default: '20' },
      freezes: { type: 'string', default: '10000,30000,60000' },
      'read-only-ms': { type: 'string', default: '5000' },
      redis: { type: 'string', default: '20' },
      'redis-ms': { type: 'string', default: '2000' },
      rate: { type: 'string', default: '500' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
    },
  });
  return {
    kills: positiveInteger('kills', values.kills),
    cuts: positiveInteger('cuts', values.cuts),
    freezes: values.freezes.split(',').map((text) => positiveInteger('freezes', text)),
    readOnlyMs: positiveInteger('read-only-ms', values['read-only-ms']),
    redis: positiveInteger('redis', values.redis),
    redisMs: positiveInteger('redis-ms', values['redis-ms']),
    rate: positiveInteger('rate', values.rate),
    seed: positiveInteger('seed', values.seed),
  };
}

async function failPostgres(bench: FaultBench, options: FaultOptions, table: FaultTable): Promise<void> {
  const note = async (kind: string, fault: Promise<Outcome>) => {
    const outcome = await fault;
    table.add(kind, outcome, bench.load.endPhase());
    process.stderr.write(`${kind}: level after ${outcome.levelSeconds?.toFixed(1)} s\n`);
  };
  bench.load.endPhase();
  for (let n = 0; n < options.kills; n++) {
    const kind = killKind(n, bench.random);
    await note(kind, killInCopy(bench, kind));
  }
  for (let n = 0; n < options.cuts; n++) await note('answer to COMMIT lost', cutCommit(bench));
  for (const ms of options.freezes) await note(`PostgreSQL frozen ${ms / 1000} s`, freeze(bench, ms));
  await note('PostgreSQL read-only', readOnly(bench, options.readOnlyMs));
}

/** As long as each fault, nothing fails before it: so that other work on the machine weighs on both alike. */
async function failRedis(bench: FaultBench, options: FaultOptions, table: FaultTable): Promise<Latencies> {
  const latencies: Latencies = { quiet: [], faulty: [] };
  for (let n = 0; n < options.redis; n++) {
    const kind = redisFault(n);
    bench.load.endPhase();
    await bench.pause(options.redisMs);
    latencies.quiet.push(quantile(bench.load.endPhase().latenciesMs, P99));
    const outcome = await troubleRedis(bench, kind, options.redisMs);
    const counts = bench.load.endPhase();
    latencies.faulty.push(quantile(counts.latenciesMs, P99));
    table.add(kind, outcome, counts);
    process.stderr.write(`${kind}: the book is there after ${outcome.levelSeconds?.toFixed(2)} s\n`);
  }
  return latencies;
}

/** Medians: what else the machine does makes single ones many times as long. */
function describe({ quiet, faulty }: Latencies): string {
  const [before, during] = [median(quiet), median(faulty)];
  return (
    `p99 of acknowledgements, median of ${quiet.length}: ${during.toFixed(1)} ms while Redis failed, ` +
    `${before.toFixed(1)} ms before, ratio ${(during / before).toFixed(2)}\n`
  );
}

async function check(bench: FaultBench, table: FaultTable): Promise<CheckReport> {
  const { load, server, watch, postgres } = bench;
  await load.stop();
  await bench.level();
  await bench.bookLevel();
  const report = new CheckReport();
  report.same('faults that missed', 0, table.missed);
  report.same('kinds after which it was not level in time', 0, table.neverLevel);
  report.same('orders not answered, or not by 202', 0, table.unanswered);
  const health = await readHealth(server);
  report.same('/healthz', 200, health.status);
  report.same('commands behind', 0, health.postgresBehind);
  report.same('sequenced = acknowledged', load.orderIds.length, health.sequence);
  const { orders, trades } = await readContent(postgres.connection);
  checkRows('order', load.orderIds, orders, report);
  checkRows('trade', load.tradeIds, trades, report);
  const { exitCode, output } = await bench.verify();
  report.add('ledger verify: exit code', 0, exitCode, exitCode === 0 ? [] : output.trim().split('\n'));
  const { body } = await server.request('GET', '/orderbook');
  const isSame = isDeepStrictEqual((await watch.now())?.book, parseObject(body));
  report.same('book in Redis = GET /orderbook', 'yes', isSame ? 'yes' : 'no');
  report.add('books seen in Redis, older after newer', 0, watch.problems.length, watch.problems);
  report.same('  as they were published', 'some', watch.told > 0 ? 'some' : 'none');
  report.same('  under the key', 'some', watch.held > 0 ? 'some' : 'none');
  return report;
}

runTool('database-faults', main, HELP);
