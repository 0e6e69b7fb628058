#!/usr/bin/env node
// How far the Postgres projection is behind while orders come at a rate: asked four times a second of a Ringbook of its
// own. A process of its own; starts a Ringbook and ends it. Results on standard output.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HttpConnection } from './http-connection.ts';
import { requireLevel } from './level.ts';
import { inOwnDirectory } from './own-directory.ts';
import { PacedOrders } from './paced-orders.ts';
import { median, quantile } from './quantile.ts';
import { startRingbook } from './ringbook-child.ts';
import { readHealth } from './server-facts.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: node dist/tools/projection-lag.js [options]

Starts a Ringbook with its embedded PostgreSQL, sends it orders at a fixed rate over one socket and asks it meanwhile for
how long its ledger has not been level. Exit code 1 when fewer orders were taken than the rate asks for, or the ledger was not level
within two minutes.

  --rate N           orders a second (20000)
  --seconds N        (30)
  --directory DIR    where a directory for the run is made (/var/tmp); not on tmpfs
  --json             the results as JSON
  --help             this text
`;
const LOOK_EVERY_MS = 250;
/** Until the first chunks are written and all is compiled. */
const WARM_UP_SECONDS = 5;
const KEPT_SHARE_MIN = 0.98;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '20000' },
      seconds: { type: 'string', default: '30' },
      directory: { type: 'string', default: '/var/tmp' },
      json: { type: 'boolean', default: false },
    },
  });
  const rate = positiveInteger('rate', values.rate);
  const seconds = positiveInteger('seconds', values.seconds);
  const own = { parent: values.directory, prefix: 'ringbook-lag-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, (directory) => measure(directory, rate, seconds, values.json));
}

async function measure(directory: string, rate: number, seconds: number, json: boolean): Promise<boolean> {
  const ringbook = await startRingbook(directory);
  try {
    const server = new HttpConnection(ringbook.url, 5_000);
    await requireLevel(server);
    const orders = await PacedOrders.open(ringbook.url, rate);
    orders.begin();
    await sleep(WARM_UP_SECONDS * 1000);
    const before = await readHealth(server);
    const startMs = performance.now();
    const lags: number[] = [];
    while (performance.now() < startMs + seconds * 1000) {
      await sleep(LOOK_EVERY_MS);
      lags.push((await readHealth(server)).postgresBehindSeconds);
    }
    const perSecond = ((await readHealth(server)).sequence - before.sequence) / ((performance.now() - startMs) / 1000);
    await orders.stop();
    await requireLevel(server);
    server.close();
    const p50Seconds = median(lags);
    const maxSeconds = quantile(lags, 1);
    const passed = perSecond >= KEPT_SHARE_MIN * rate;
    const problems = passed ? [] : [`only ${Math.round(perSecond).toLocaleString('en')} orders a second were taken`];
    if (json)
      process.stdout.write(`${JSON.stringify({ rate, seconds, perSecond, p50Seconds, maxSeconds, problems })}\n`);
    else {
      process.stdout.write(
        `${Math.round(perSecond).toLocaleString('en')} orders a second; Postgres behind ${p50Seconds.toFixed(2)} s in the middle, ` +
          `${maxSeconds.toFixed(2)} s at most\n${problems.map((problem) => `FAIL      ${problem}\n`).join('')}`,
      );
    }
    return passed;
  } finally {
    await ringbook.stop();
  }
}

runTool('projection-lag', main, HELP);
