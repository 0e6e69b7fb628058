#!/usr/bin/env node
// Processor time for each order at a steady rate over HTTP, over all threads of the process, and what of it is garbage
// collection; in turns with a server that does nothing but parse and answer. A process of its own; starts a Ringbook of
// its own and ends it. Linux. Results on standard output.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBareChild } from './bare-child.ts';
import { GarbageWatch } from './garbage-watch.ts';
import { HttpConnection } from './http-connection.ts';
import { requireLevel } from './level.ts';
import { inOwnDirectory } from './own-directory.ts';
import { cpuSeconds } from './process-figures.ts';
import { median } from './quantile.ts';
import { startRingbook } from './ringbook-child.ts';
import { SteadyLoad } from './steady-load.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: node dist/tools/order-cost.js [options]

Starts a Ringbook with its embedded PostgreSQL and a bare uWebSockets.js server and sends orders to each in turns, at a
fixed rate over 32 connections. Prints the processor time of the server's process for each order, all threads,
PostgreSQL's processes left out, and the share of it that garbage collections took. Exit code 1 when any order was refused
or not answered, or fewer were answered than the rate asks for.

  --rate N           orders a second (5000)
  --seconds N        of each turn (20)
  --rounds N         (3)
  --directory DIR    where a directory for the run is made (/var/tmp); not on tmpfs
  --json             the results as JSON
  --help             this text
`;
const WARM_UP_SECONDS = 5;
/** What is under way at the end of a turn is not answered in it. */
const KEPT_SHARE_MIN = 0.98;

interface Options {
  readonly rate: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly json: boolean;
}

/** One server's turn. */
interface Turn {
  readonly server: 'bare' | 'ringbook';
  readonly answered: number;
  /** Microseconds of processors for each order, all threads. */
  readonly microseconds: number;
  /** Share of garbage collections in the processor time, 0 to 1; NaN where it was not watched. */
  readonly garbageShare: number;
  readonly problems: readonly string[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
      json: { type: 'boolean', default: false },
    },
  });
  const options = {
    rate: positiveInteger('rate', values.rate),
    seconds: positiveInteger('seconds', values.seconds),
    rounds: positiveInteger('rounds', values.rounds),
    json: values.json,
  };
  const own = { parent: values.directory, prefix: 'ringbook-cost-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, (directory) => compare(directory, options));
}

async function compare(directory: string, options: Options): Promise<boolean> {
  const watch = new GarbageWatch();
  const habits = { nodeOptions: ['--trace-gc'], heard: watch.heard };
  const ringbook = await startRingbook(directory, undefined, {}, habits);
  const turns: Turn[] = [];
  try {
    const bare = await startBareChild();
    try {
      for (let round = -1; round < options.rounds; round++) {
        // The first round warms both up.
        const seconds = round < 0 ? WARM_UP_SECONDS : options.seconds;
        turns.push(await measure('bare', bare, { ...options, seconds }, undefined));
        turns.push(await measure('ringbook', ringbook, { ...options, seconds }, watch));
        await untilLevel(ringbook.url);
        if (!options.json && round >= 0) process.stdout.write(turns.slice(-2).map(describe).join(''));
      }
    } finally {
      await bare.stop();
    }
  } finally {
    await ringbook.stop();
  }
  const measured = turns.slice(2);
  const problems = measured.flatMap((turn) => turn.problems);
  const of = (server: Turn['server'], figure: 'microseconds' | 'garbageShare') =>
    median(measured.filter((turn) => turn.server === server).map((turn) => turn[figure]));
  const reference = of('bare', 'microseconds');
  const subject = of('ringbook', 'microseconds');
  const garbageShare = of('ringbook', 'garbageShare');
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ ...options, reference, subject, garbageShare, turns: measured, problems })}\n`,
    );
  } else {
    process.stdout.write(
      `median    bare ${reference.toFixed(1)} us an order, ringbook ${subject.toFixed(1)} us, ${percent(garbageShare)} of it garbage collection\n` +
        problems.map((problem) => `FAIL      ${problem}\n`).join(''),
    );
  }
  return problems.length === 0;
}

async function measure(
  server: Turn['server'],
  { url, pid }: { readonly url: URL; readonly pid: number },
  { rate, seconds }: Options,
  watch: GarbageWatch | undefined,
): Promise<Turn> {
  const load = new SteadyLoad({ url, perSecond: rate, source: `${Date.now().toString(36)}-${server}` });
  const cpuBefore = cpuSeconds(pid);
  const garbageBeforeMs = watch?.pausesMs ?? Number.NaN;
  await sleep(seconds * 1000);
  const used = cpuSeconds(pid) - cpuBefore;
  const garbageMs = (watch?.pausesMs ?? Number.NaN) - garbageBeforeMs;
  const { acknowledged, not202, lost } = load.endPhase();
  await load.stop();
  const problems = [
    ...(not202 > 0 ? [`${server}: ${not202} orders were refused`] : []),
    ...(lost > 0 ? [`${server}: ${lost} orders were not answered`] : []),
    ...(acknowledged < KEPT_SHARE_MIN * rate * seconds
      ? [`${server}: only ${acknowledged} of ${rate * seconds} orders were answered`]
      : []),
  ];
  const microseconds = (used * 1e6) / acknowledged;
  return { server, answered: acknowledged, microseconds, garbageShare: garbageMs / 1000 / used, problems };
}

async function untilLevel(url: URL): Promise<void> {
  const connection = new HttpConnection(url, 15_000);
  await requireLevel(connection);
  connection.close();
}

function describe({ server, answered, microseconds, garbageShare }: Turn): string {
  const garbage = Number.isNaN(garbageShare) ? '' : `, ${percent(garbageShare)} of it garbage collection`;
  return `${server.padEnd(8)}  ${answered.toLocaleString('en')} answered, ${microseconds.toFixed(1)} us of processors an order${garbage}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

runTool('order-cost', main, HELP);
