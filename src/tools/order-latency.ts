#!/usr/bin/env node
// How long orders take at a rate that is no load, each on the disk before its answer: an open loop over HTTP, in turns
// with the sync itself, 4 KiB by O_DSYNC at the same rate into a file beside the journal, the server idle. A process of
// its own; starts a Ringbook of its own and ends it. Results on standard output.

import { execFile } from 'node:child_process';
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HttpConnection } from './http-connection.ts';
import { requireLevel } from './level.ts';
import { inOwnDirectory } from './own-directory.ts';
import { median, quantile } from './quantile.ts';
import { asObject, parseObject } from './replay-requests.ts';
import { type RingbookChild, startRingbook } from './ringbook-child.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: node dist/tools/order-latency.js [options]

Starts a Ringbook, and in turns writes 4 KiB by O_DSYNC at a fixed rate to the disk of its journal, the server idle, and
sends it orders at that rate by \`ringbook load\`, whatever the answers take. Prints both latencies: of the sync from its
start, of an order from when it was due. Exit code 1 when any order was refused, or the run of \`ringbook load\` was
not good or does not count.

  --rate N           a second (2000)
  --connections N    (64)
  --seconds N        of each turn (10)
  --rounds N         (3)
  --directory DIR    where a directory for the run is made (/var/tmp); not on tmpfs
  --json             the results as JSON
  --help             this text
`;
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const BLOCK_BYTES = 4_096;
/** Written over and over, as far as the file goes. */
const FILE_BLOCKS = 4_096;
/** What nobody may wait for long, whatever the disk does. */
const LONG_MS = 100;
const LONG_SECONDS = '0.1';

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Round {
  readonly sync: Latency;
  readonly order: Latency;
  /** Syncs of the journal beyond LONG_MS while the orders came. */
  readonly longSyncs: number;
  readonly answeredPerSecond: number;
  readonly problems: readonly string[];
}

interface Options {
  readonly rate: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly json: boolean;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '2000' },
      connections: { type: 'string', default: '64' },
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
      json: { type: 'boolean', default: false },
    },
  });
  const options = {
    rate: positiveInteger('rate', values.rate),
    connections: positiveInteger('connections', values.connections),
    seconds: positiveInteger('seconds', values.seconds),
    rounds: positiveInteger('rounds', values.rounds),
    json: values.json,
  };
  const own = { parent: values.directory, prefix: 'ringbook-latency-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, (directory) => compare(directory, options));
}

async function compare(directory: string, options: Options): Promise<boolean> {
  const ringbook = await startRingbook(directory);
  const rounds: Round[] = [];
  try {
    for (let round = 0; round < options.rounds; round++) {
      rounds.push(await measure(ringbook, join(directory, 'synced'), options, round));
      if (!options.json) process.stdout.write(describe(rounds[round]));
    }
  } finally {
    await ringbook.stop();
  }
  const sync = medians(rounds.map((round) => round.sync));
  const order = medians(rounds.map((round) => round.order));
  const problems = rounds.flatMap((round) => round.problems);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...options, sync, order, rounds, problems })}\n`);
  else process.stdout.write(`medians   ${figures('sync', sync)}; ${figures('order', order)}\n`);
  if (!options.json) process.stdout.write(problems.map((problem) => `FAIL      ${problem}\n`).join(''));
  return problems.length === 0;
}

async function measure(ringbook: RingbookChild, file: string, options: Options, seed: number): Promise<Round> {
  const server = new HttpConnection(ringbook.url, 5_000);
  await requireLevel(server);
  const sync = await measureSync(file, options);
  const longBefore = await longSyncs(server);
  const load = await runRingbookLoad(ringbook.url, options, seed);
  const longAfter = await longSyncs(server);
  server.close();
  return { sync, ...load, longSyncs: longAfter - longBefore };
}

/** One write after the other, each begun when it is due or, when the one before took longer, at once. */
async function measureSync(path: string, { rate, seconds }: Options): Promise<Latency> {
  const zeros = openSync(path, 'w');
  writeSync(zeros, Buffer.alloc(FILE_BLOCKS * BLOCK_BYTES));
  fsyncSync(zeros);
  closeSync(zeros);
  const fd = openSync(path, constants.O_WRONLY | constants.O_DSYNC);
  const block = Buffer.alloc(BLOCK_BYTES, 0x5a);
  const took: number[] = [];
  const startMs = performance.now();
  for (let n = 0; performance.now() < startMs + seconds * 1000; n++) {
    const dueMs = startMs + (n * 1000) / rate;
    if (dueMs - performance.now() > 1) await sleep(dueMs - performance.now());
    const beganMs = performance.now();
    writeSync(fd, block, 0, BLOCK_BYTES, (n % FILE_BLOCKS) * BLOCK_BYTES);
    took.push(performance.now() - beganMs);
  }
  closeSync(fd);
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99), max: quantile(took, 1) };
}

/** By the project's own load generator, as a process. */
async function runRingbookLoad(
  url: URL,
  { rate, connections, seconds }: Options,
  seed: number,
): Promise<Pick<Round, 'order' | 'answeredPerSecond' | 'problems'>> {
  const words = { url: url.href, rate, connections, seconds, seed };
  const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const output = parseObject(await outputOf([MAIN, 'load', '--json', ...args]));
  const latency = asObject(output.intended_ms, 'intended_ms');
  const { p50, p99, max } = latency;
  const problems = Array.isArray(output.problems) ? output.problems.map(String) : [];
  if (Number(output.refused) > 0) problems.push(`${output.refused} orders were refused`);
  return {
    order: { p50: Number(p50), p99: Number(p99), max: Number(max) },
    answeredPerSecond: Number(output.answered_per_second),
    problems,
  };
}

/** What a program prints, whatever it ends with. */
function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, (_error, stdout) => resolve(stdout));
  });
}

/** Of the journal, since the server began. */
async function longSyncs(server: HttpConnection): Promise<number> {
  const { body } = await server.request('GET', '/metrics');
  const value = (line: string) => Number(new RegExp(`^${line} (\\d+)$`, 'm').exec(body)?.[1]);
  const name = 'ringbook_journal_fsync_duration_seconds';
  return value(`${name}_count`) - value(`${name}_bucket\\{le="${LONG_SECONDS}"\\}`);
}

/** The longest of all, and the medians of the rest. */
function medians(rounds: readonly Latency[]): Latency {
  return {
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    max: Math.max(...rounds.map(({ max }) => max)),
  };
}

function describe({ sync, order, longSyncs: long, answeredPerSecond }: Round): string {
  return (
    `${Math.round(answeredPerSecond).toLocaleString('en')}/s answered  ${figures('sync', sync)}; ` +
    `${figures('order', order)}; ${long} syncs beyond ${LONG_MS} ms meanwhile\n`
  );
}

function figures(name: string, { p50, p99, max }: Latency): string {
  return `${name} p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  max ${max.toFixed(1)} ms`;
}

runTool('order-latency', main, HELP);
