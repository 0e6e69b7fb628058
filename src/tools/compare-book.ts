#!/usr/bin/env node
// GET /orderbook?levels=20 of a running Ringbook beside a server that sends the same bytes and does nothing else: the
// same load of reads, in turns. A process of its own. Results on standard output.

import { type BareRead, startBareChild } from './bare-child.ts';
import { catchUp } from './catch-up.ts';
import { runLoad } from './comparison-load.ts';
import { type HttpTurn, readHttpComparison, tellComparison } from './http-comparison.ts';
import { HttpConnection } from './http-connection.ts';
import { parseObject, ReplyError } from './replay-requests.ts';
import { runTool } from './usage.ts';

const HELP = `Usage: node dist/tools/compare-book.js [options]

Fills the book of a running Ringbook with 25 levels a side where it has fewer, then reads /orderbook?levels=20 in turns
from a bare uWebSockets.js server that sends the same bytes (started here) and from Ringbook, and prints both and their
ratio. Uses wrk when it is installed. The book stands still meanwhile. Exit code 1 when any read was refused or not answered.

  --url URL          Ringbook (http://127.0.0.1:PORT, of the environment or 3000); its book is filled with orders: use a data directory for tests
  --seconds N        of each turn (10)
  --connections N    (200)
  --rounds N         (3)
  --json             the results as JSON
  --help             this text
`;
const WARM_UP_SECONDS = 2;
const READ = '/orderbook?levels=20';
const LEVELS = 25;
const MIDDLE = 70_000;
/** Those that the server itself adds to every answer. */
const OWN_HEADERS = ['content-length', 'date', 'uwebsockets'];

async function main(): Promise<number> {
  const options = readHttpComparison('10');
  const { url, seconds, connections, rounds, json } = options;
  const read = await fillAndRead(url);
  const bare = await startBareChild(read);
  const turns: HttpTurn[] = [];
  try {
    const targets = { bare: bare.url, ringbook: url };
    const load = (server: HttpTurn['server'], forSeconds: number) =>
      runLoad({ url: targets[server], connections, seconds: forSeconds, source: '', read: READ });
    for (const server of ['bare', 'ringbook'] as const) await load(server, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round++) {
      for (const server of ['bare', 'ringbook'] as const) turns.push({ server, load: await load(server, seconds) });
      if (!json) process.stdout.write(turns.slice(-2).map(describe).join(''));
    }
  } finally {
    await bare.stop();
  }
  return tellComparison(options, turns, { bytes: Buffer.byteLength(read.body) });
}

/** What a read of a book of so many levels is answered with. */
async function fillAndRead(url: URL): Promise<BareRead> {
  const connection = new HttpConnection(url, 5_000);
  try {
    const source = Date.now().toString(36);
    const { asks, bids } = parseObject((await connection.request('GET', '/orderbook?levels=25')).body);
    const isThin = !Array.isArray(asks) || !Array.isArray(bids) || Math.min(asks.length, bids.length) < LEVELS;
    for (let level = 1; isThin && level <= LEVELS; level++) {
      for (const side of ['buy', 'sell']) {
        const { status, body } = await connection.request('POST', '/orders', restingOrder(source, side, level));
        if (status !== 202) throw new ReplyError(`${url.origin} answers ${status} ${body.slice(0, 200)}`);
      }
    }
    await catchUp(url);
    const { status, head, body } = await connection.request('GET', READ);
    if (status !== 200) throw new ReplyError(`${READ} answers ${status}`);
    return { headers: headersOf(head), body };
  } finally {
    connection.close();
  }
}

function restingOrder(source: string, side: string, level: number): string {
  const price = side === 'buy' ? MIDDLE - level : MIDDLE + level;
  return JSON.stringify({
    idempotency_key: `${source}-${side}-${level}`,
    client_id: 'compare-book',
    instrument: 'BTC-USD',
    side,
    type: 'limit',
    price: `${price}.50`,
    quantity: `0.0${level + 10}`,
  });
}

function headersOf(head: string): [string, string][] {
  const lines = head.split('\r\n').slice(1);
  return lines
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    .filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase()));
}

function describe({ server, load }: HttpTurn): string {
  const { tool, requests, perSecond, p50Ms, p99Ms, refused, failed } = load;
  return (
    `${server.padEnd(8)}  ${Math.round(perSecond).toLocaleString('en').padStart(7)}/s  ` +
    `p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ` +
    `${requests.toLocaleString('en')} answered, ${refused} not 200, ${failed} failed (${tool})\n`
  );
}

runTool('compare-book', main, HELP);
