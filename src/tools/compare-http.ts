#!/usr/bin/env node
// POST /orders of a running Ringbook beside a server that does nothing but parse and answer: the same load, in turns. A process of
// its own. Results on standard output. Must never let one server's aftermath run into the other's turn.

import { startBareChild } from './bare-child.ts';
import { catchUp, readFrom } from './catch-up.ts';
import { runLoad } from './comparison-load.ts';
import { type HttpTurn, readHttpComparison, tellComparison } from './http-comparison.ts';
import { HttpConnection } from './http-connection.ts';
import { orderJson } from './order-mix.ts';
import { ReplyError } from './replay-requests.ts';
import type { ServerHealth } from './server-facts.ts';
import { runTool } from './usage.ts';

const HELP = `Usage: npm run compare -- [options]

Runs the same load of orders in turns against a bare uWebSockets.js server (started here) and a running Ringbook, and
prints both and their ratio. Uses wrk when it is installed. Exit code 1 when any order was refused or not answered, or
when Ringbook sequenced fewer commands than it answered.

  --url URL          Ringbook (http://127.0.0.1:PORT, of the environment or 3000); its book is filled with orders: use a data directory for tests
  --seconds N        of each turn (30)
  --connections N    (200)
  --rounds N         (3)
  --json             the results as JSON
  --help             this text
`;
const WARM_UP_SECONDS = 2;

interface Turn extends HttpTurn {
  /** What Ringbook says of itself at the end of its turn. */
  readonly health?: ServerHealth;
  /** undefined: not in time. */
  readonly caughtUpSeconds?: number | undefined;
}

async function main(): Promise<number> {
  const options = readHttpComparison('30');
  const { url, seconds, connections, rounds, json } = options;
  const runId = Date.now().toString(36);
  await readFrom(url);
  const bare = await startBareChild();
  const turns: Turn[] = [];
  try {
    for (const target of [bare.url, url]) {
      await requireAccepted(target, `${runId}-first`);
      await runLoad({ url: target, connections, seconds: WARM_UP_SECONDS, source: `${runId}-warm` });
    }
    await catchUp(url);
    for (let round = 1; round <= rounds; round++) {
      const source = `${runId}-${round}`;
      turns.push({ server: 'bare', load: await runLoad({ url: bare.url, connections, seconds, source }) });
      turns.push(await ringbookTurn(url, connections, seconds, source));
      if (!json) process.stdout.write(turns.slice(-2).map(describeTurn).join(''));
    }
  } finally {
    await bare.stop();
  }
  return tellComparison(options, turns);
}

async function ringbookTurn(url: URL, connections: number, seconds: number, source: string): Promise<Turn> {
  const before = await readFrom(url);
  const load = await runLoad({ url, connections, seconds, source });
  const health = await readFrom(url);
  const caughtUpSeconds = await catchUp(url);
  return { server: 'ringbook', load, health, sequenced: health.sequence - before.sequence, caughtUpSeconds };
}

/** wrk does not tell 202 from other good answers, so one order is looked at. */
async function requireAccepted(url: URL, source: string): Promise<void> {
  const connection = new HttpConnection(url, 5_000);
  const { status, body } = await connection.request('POST', '/orders', orderJson(source, 0));
  connection.close();
  if (status !== 202) throw new ReplyError(`${url.origin} answers ${status} ${body.slice(0, 200)}`);
}

function describeTurn({ server, load, health, sequenced, caughtUpSeconds }: Turn): string {
  const { tool, requests, perSecond, p50Ms, p99Ms, maxMs, refused, failed } = load;
  const figures =
    `${server.padEnd(8)}  ${Math.round(perSecond).toLocaleString('en').padStart(7)}/s  ` +
    `p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  max ${maxMs.toFixed(1)} ms  ` +
    `${requests.toLocaleString('en')} answered, ${refused} not 202, ${failed} failed (${tool})\n`;
  if (health === undefined) return figures;
  return (
    `${figures}          ${sequenced?.toLocaleString('en')} sequenced, ${health.durability}; at the end Postgres was ` +
    `${health.postgresBehind.toLocaleString('en')} commands, ${health.postgresBehindSeconds.toFixed(2)} s behind; ` +
    `level ${caughtUpSeconds === undefined ? 'not in time' : `after ${caughtUpSeconds.toFixed(1)} s`}\n`
  );
}

runTool('compare-http', main, HELP);
