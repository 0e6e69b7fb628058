#!/usr/bin/env node
// Whether a server under a steady load settles: memory, open files, lag, file sizes and latency, sampled for as long as is wanted and
// judged at the end; then whether all that was acknowledged is in the ledger. A process of its own; starts a Ringbook and a Redis of
// its own in a new directory and ends both. Must never touch a server that it did not start.

import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findRedisProgram, type RedisServer, startRedisServer } from '../sim/servers/redis-server.ts';
import { CheckReport } from './check-report.ts';
import { HttpConnection } from './http-connection.ts';
import { requireLevel } from './level.ts';
import { inOwnDirectory } from './own-directory.ts';
import { type ChildSettings, type RingbookChild, startRingbook } from './ringbook-child.ts';
import { checkLedger, checkWithTools } from './soak/checks.ts';
import { SoakFlow } from './soak/flow.ts';
import { growthLine, sampleLine } from './soak/lines.ts';
import type { Sample } from './soak/sample.ts';
import { sampleServer } from './soak/sampler.ts';
import { SoakLoad } from './soak/soak-load.ts';
import { enoughSamples, judge, RUN_SAMPLES_MIN } from './soak/verdict.ts';
import { positiveInteger, runTool, UsageError } from './usage.ts';

const HELP = `Usage: npm run soak -- [options]

Starts a Ringbook of its own with its embedded PostgreSQL, and a Redis where there is one on the path; sends commands at
a fixed rate and samples what the server needs. Prints a line a minute, judges at the end whether anything grows that
should not, and compares the ledger with what was acknowledged. Exit code 0: PASS; 1: FAIL; 64: wrong usage.

  --minutes N          (30) also a fraction
  --rate N             commands a second (5000): orders that rest or trade, cancels, amends, all with keys
  --open-orders N      kept open (20000)
  --clients N          (5000)
  --sample-seconds N   (10) also a fraction
  --directory DIR      where a directory for the run is made (/var/tmp); not on tmpfs
  --help               this text

Idempotency keys fill their window of 2^22 first, in 14 minutes at the default rate. Memory and snapshots are judged from
then on; a run that ends before judges them only by what grew for each new key.
`;
const LINE_SECONDS = 60;
/** A snapshot so often, or ten times in a short run: only behind one the journal may shrink. */
const SNAPSHOT_SECONDS = 120;
const SNAPSHOTS_MIN = 10;
/** Ctrl-C: everything that was started is ended first. */
const interrupted = new AbortController();

interface SoakOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly openOrders: number;
  readonly clients: number;
  readonly sampleSeconds: number;
  readonly parent: string;
}

async function main(): Promise<number> {
  const options = readOptions();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());
  const own = { parent: options.parent, prefix: 'ringbook-soak-', holds: 'Journal, database, logs and samples' };
  return await inOwnDirectory(own, (directory) => runIn(directory, options));
}

function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '5000' },
      'open-orders': { type: 'string', default: '20000' },
      clients: { type: 'string', default: '5000' },
      'sample-seconds': { type: 'string', default: '10' },
      directory: { type: 'string', default: '/var/tmp' },
    },
  });
  const seconds = positive('minutes', values.minutes) * 60;
  const sampleSeconds = positive('sample-seconds', values['sample-seconds']);
  if (seconds < RUN_SAMPLES_MIN * sampleSeconds) {
    throw new UsageError(
      `--minutes ${values.minutes}: too short to judge anything by a sample every ${sampleSeconds} s (--sample-seconds)`,
    );
  }
  return {
    seconds,
    rate: positiveInteger('rate', values.rate),
    openOrders: positiveInteger('open-orders', values['open-orders']),
    clients: positiveInteger('clients', values.clients),
    sampleSeconds,
    parent: values.directory,
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${option} ${text}: a number above 0 is needed`);
}

async function runIn(directory: string, options: SoakOptions): Promise<boolean> {
  const redis = await startRedis(directory);
  try {
    const ringbook = await startRingbook(directory, undefined, settingsFor(options, redis));
    const report = new CheckReport();
    let exitCode: number | null;
    try {
      await observe(ringbook, options, report);
    } finally {
      exitCode = await ringbook.stop();
    }
    report.same('the server’s exit code', 0, exitCode ?? 'killed');
    await checkWithTools(directory, report);
    process.stdout.write(report.text());
    return report.passed;
  } finally {
    await redis?.stop();
  }
}

async function startRedis(parent: string): Promise<RedisServer | undefined> {
  const program = await findRedisProgram();
  if (program === undefined) {
    process.stdout.write('no redis-server on the path: the publisher is off\n');
    return undefined;
  }
  const directory = join(parent, 'redis');
  await mkdir(directory, { mode: 0o700 });
  return startRedisServer({ directory, program });
}

function settingsFor({ seconds, rate }: SoakOptions, redis: RedisServer | undefined): ChildSettings {
  const snapshotSeconds = Math.max(1, Math.floor(Math.min(SNAPSHOT_SECONDS, seconds / SNAPSHOTS_MIN)));
  return {
    RINGBOOK_SNAPSHOT_SECONDS: String(snapshotSeconds),
    RINGBOOK_SNAPSHOT_COMMANDS: String(snapshotSeconds * rate),
    ...(redis && { REDIS_HOST: redis.connection.host, REDIS_PORT: String(redis.connection.port) }),
  };
}

/** Load, samples and their verdict, and what the ledger holds when all is level again. */
async function observe(ringbook: RingbookChild, options: SoakOptions, report: CheckReport): Promise<void> {
  const server = new HttpConnection(ringbook.url, 15_000);
  try {
    await requireLevel(server, interrupted.signal);
    const { rate, openOrders, clients, seconds } = options;
    process.stdout.write(`${rate.toLocaleString('en')} commands a second for ${(seconds / 60).toFixed(1)} min\n`);
    const flow = new SoakFlow({ source: Date.now().toString(36), openOrders, clients });
    const load = new SoakLoad({ url: ringbook.url, perSecond: rate }, flow);
    try {
      const samples = await takeSamples(load, server, ringbook.dataDirectory, options);
      process.stdout.write(`${growthLine(samples)}\n`);
      report.same('samples are enough to judge', 'yes', enoughSamples(samples) ? 'yes' : 'no');
      judge(samples, rate, report);
    } finally {
      await load.stop();
    }
    load.endInterval();
    for (const problem of load.problems) process.stdout.write(`${problem}\n`);
    await requireLevel(server, interrupted.signal);
    await checkLedger(
      { server, dataDirectory: ringbook.dataDirectory, counts: load.total, trades: flow.trades },
      report,
    );
  } finally {
    server.close();
  }
}

async function takeSamples(
  load: SoakLoad,
  server: HttpConnection,
  dataDirectory: string,
  { seconds, sampleSeconds }: SoakOptions,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let lineAt = LINE_SECONDS;
  for (let at = sampleSeconds; at <= seconds; at += sampleSeconds) {
    await sleep(Math.max(0, at - load.seconds) * 1000, undefined, { signal: interrupted.signal });
    const interval = load.endInterval();
    const sample = { seconds: load.seconds, ...interval, ...(await sampleServer(server, dataDirectory)) };
    samples.push(sample);
    await appendFile(join(dirname(dataDirectory), 'samples.ndjson'), `${JSON.stringify(sample)}\n`);
    if (at < lineAt && at + sampleSeconds <= seconds) continue;
    process.stdout.write(`${sampleLine(sample)}\n`);
    lineAt += LINE_SECONDS;
  }
  return samples;
}

runTool('soak', main, HELP);
