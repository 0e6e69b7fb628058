#!/usr/bin/env node
// Order entry over /ws of a running Ringbook beside a server that does nothing but parse and answer the same messages, over one
// pipelined socket and over many, as JSON and binary, and beside Ringbook's own HTTP. A process of its own. Results on standard
// output. Must never let one server's aftermath run into the other's turn.

import { parseArgs } from 'node:util';
import { startBareChild } from './bare-child.ts';
import { catchUp, readFrom } from './catch-up.ts';
import { type LoadResult, loadProblem, runLoad } from './comparison-load.ts';
import { DIALECTS, type OrderDialect } from './order-dialects.ts';
import { median } from './quantile.ts';
import type { Paired } from './turns.ts';
import { httpUrl, positiveInteger, runTool, STANDARD_URL } from './usage.ts';
import { runWsLoad } from './ws-load.ts';

const HELP = `Usage: npm run compare-ws -- [options]

Runs the same load of orders in turns against a bare uWebSockets.js server (started here) and a running Ringbook: over one
socket and over many, JSON and binary, as many orders under way as --in-flight says; and Ringbook over HTTP. Prints
every turn and the ratios of the medians. Exit code 1 when any order was refused or not answered, or when Ringbook
sequenced fewer commands than it answered.

  --url URL          Ringbook (http://127.0.0.1:PORT, of the environment or 3000); its book is filled with orders: use a data directory for tests
  --seconds N        of each turn (10)
  --sockets N        the many (50)
  --in-flight N      orders under way, on all sockets together (2000)
  --rounds N         (3)
  --json             the results as JSON
  --help             this text
`;
const WARM_UP_SECONDS = 2;
const HTTP_CONNECTIONS = 200;
/** Frames made for each second of a turn; a server that answers more is done sooner. */
const FRAMES_PER_SECOND_MAX = 150_000;

interface Options {
  readonly url: URL;
  readonly seconds: number;
  readonly sockets: number;
  readonly inFlight: number;
  readonly rounds: number;
  readonly json: boolean;
}

/** One way in: a dialect over so many sockets. */
interface Way {
  readonly dialect: OrderDialect;
  readonly sockets: number;
}

interface Turn {
  /** What is compared; `HTTP` has no bare side here. */
  readonly way: string;
  readonly server: 'bare' | 'ringbook';
  readonly load: LoadResult;
  readonly sequenced?: number;
}

async function main(): Promise<number> {
  const options = readOptions();
  await readFrom(options.url);
  const bare = await startBareChild();
  const turns: Turn[] = [];
  try {
    const runId = Date.now().toString(36);
    await warmUp(bare.url, options, runId);
    for (let round = 1; round <= options.rounds; round++) {
      for (const turn of roundOf(bare.url, options, `${runId}-${round}`)) {
        const done = await turn();
        turns.push(done);
        if (!options.json) process.stdout.write(describe(done));
        await catchUp(options.url);
      }
    }
  } finally {
    await bare.stop();
  }
  const problems = turns.flatMap(({ way, server, load, sequenced }) => {
    const problem = loadProblem(load, sequenced);
    return problem === undefined ? [] : [`${server} ${way}: ${problem}`];
  });
  const ways = waysOf(options).map(nameOf);
  const { seconds, inFlight } = options;
  if (options.json) {
    const perSecond = Object.fromEntries(ways.map((way) => [way, pairOf(turns, way)]));
    process.stdout.write(`${JSON.stringify({ seconds, inFlight, perSecond, turns, problems })}\n`);
  } else {
    process.stdout.write(summary(turns, ways) + problems.map((problem) => `FAIL      ${problem}\n`).join(''));
  }
  return problems.length === 0 ? 0 : 1;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: STANDARD_URL },
      seconds: { type: 'string', default: '10' },
      sockets: { type: 'string', default: '50' },
      'in-flight': { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    url: httpUrl('url', values.url),
    seconds: positiveInteger('seconds', values.seconds),
    sockets: positiveInteger('sockets', values.sockets),
    inFlight: positiveInteger('in-flight', values['in-flight']),
    rounds: positiveInteger('rounds', values.rounds),
    json: values.json,
  };
}

function waysOf({ sockets }: Options): Way[] {
  return DIALECTS.flatMap((dialect) => [1, sockets].map((count) => ({ dialect, sockets: count })));
}

function nameOf({ dialect, sockets }: Way): string {
  return `${dialect.name}, ${sockets} ${sockets === 1 ? 'socket' : 'sockets'}`;
}

async function warmUp(bare: URL, options: Options, runId: string): Promise<void> {
  const brief = { ...options, seconds: WARM_UP_SECONDS };
  for (const way of waysOf(options)) {
    for (const target of [bare, options.url]) await run(target, way, brief, `${runId}-warm-${nameOf(way)}`);
  }
  await runLoad({ url: options.url, connections: HTTP_CONNECTIONS, seconds: WARM_UP_SECONDS, source: `${runId}-warm` });
  await catchUp(options.url);
}

function roundOf(bare: URL, options: Options, source: string): (() => Promise<Turn>)[] {
  const ways = waysOf(options).flatMap((way) => {
    const name = nameOf(way);
    return [
      async (): Promise<Turn> => ({
        way: name,
        server: 'bare',
        load: await run(bare, way, options, `${source}-${name}`),
      }),
      () => ringbookTurn(name, options, () => run(options.url, way, options, `${source}-${name}`)),
    ];
  });
  const http = { url: options.url, connections: HTTP_CONNECTIONS, seconds: options.seconds, source };
  return [...ways, () => ringbookTurn('HTTP', options, () => runLoad(http))];
}

async function ringbookTurn(way: string, { url }: Options, load: () => Promise<LoadResult>): Promise<Turn> {
  const before = await readFrom(url);
  const result = await load();
  const after = await readFrom(url);
  return { way, server: 'ringbook', load: result, sequenced: after.sequence - before.sequence };
}

function run(url: URL, { dialect, sockets }: Way, options: Options, source: string): Promise<LoadResult> {
  const { seconds, inFlight } = options;
  const window = Math.max(1, Math.floor(inFlight / sockets));
  const framesMax = seconds * FRAMES_PER_SECOND_MAX;
  return runWsLoad({ url, path: '/ws', dialect, connections: sockets, window, seconds, source, framesMax });
}

function describe({ way, server, load }: Turn): string {
  const { requests, perSecond, p50Ms, p99Ms, maxMs, refused, failed, tool } = load;
  return (
    `${way.padEnd(18)}  ${server.padEnd(8)}  ${Math.round(perSecond).toLocaleString('en').padStart(7)}/s  ` +
    `p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  max ${maxMs.toFixed(1)} ms  ` +
    `${requests.toLocaleString('en')} answered, ${refused} not 202, ${failed} failed (${tool})\n`
  );
}

function pairOf(turns: readonly Turn[], way: string): Paired {
  const ratesOf = (server: Turn['server']) =>
    turns.filter((turn) => turn.way === way && turn.server === server).map(({ load }) => load.perSecond);
  return { reference: ratesOf('bare'), subject: ratesOf('ringbook') };
}

function summary(turns: readonly Turn[], ways: readonly string[]): string {
  const rate = (way: string, server: Turn['server']) =>
    median(turns.filter((turn) => turn.way === way && turn.server === server).map(({ load }) => load.perSecond));
  const http = rate('HTTP', 'ringbook');
  const lines = ways.map((way) => {
    const ours = rate(way, 'ringbook');
    const share = ((100 * ours) / rate(way, 'bare')).toFixed(1);
    return `${way.padEnd(18)}  ${share} % of the bare server, ${(ours / http).toFixed(2)} times HTTP (medians)\n`;
  });
  return lines.join('');
}

runTool('compare-ws', main, HELP);
