#!/usr/bin/env node
// Thousands of subscribers of one level2 book while orders come in, some of them stalled, some slow: the chain of every socket, the
// delay of the healthy ones, memory, messages out; then the same bytes from a bare publish loop to as many sockets, at the same times and
// as fast as it can.
// A process of its own; starts a Ringbook and a bare publisher of its own, and ends them. Results on standard output.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Audience, type AudienceFigures } from './audience.ts';
import { type Pace, startBarePublisher } from './bare-child.ts';
import { inOwnDirectory } from './own-directory.ts';
import { PacedOrders } from './paced-orders.ts';
import { cpuSeconds, residentBytes } from './process-figures.ts';
import { startRingbook } from './ringbook-child.ts';
import { positiveInteger, runTool, wholeNumber } from './usage.ts';

const HELP = `Usage: npm run fan-out -- [options]

Subscribes to level2 with many sockets of a Ringbook of its own while orders come in at a fixed rate. Some sockets read
nothing, some little. Then a bare uWebSockets.js publish loop sends the same bytes to as many sockets, at the same times
and as fast as they are taken.
Exit code 0: no socket has an unexplained gap, no healthy one was closed, and all of these came to the same sequence; 1:
otherwise; 64: wrong usage.

  --subscribers N   (2000)
  --rate N          orders a second (5000)
  --stalled N       of a thousand (10)
  --slow N          of a thousand (10)
  --seconds N       (30)
  --json            the results as JSON
  --help            this text
`;
const SETTLE_MS = 1_000;
const MIB = 2 ** 20;

interface Options {
  readonly subscribers: number;
  readonly rate: number;
  readonly stalled: number;
  readonly slow: number;
  readonly seconds: number;
  readonly json: boolean;
}

/** One server's turn. */
interface Turn {
  readonly server: string;
  readonly figures: AudienceFigures;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentMaxBytes: number;
  readonly problems: readonly string[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      subscribers: { type: 'string', default: '2000' },
      rate: { type: 'string', default: '5000' },
      stalled: { type: 'string', default: '10' },
      slow: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
    },
  });
  const options = {
    subscribers: positiveInteger('subscribers', values.subscribers),
    rate: positiveInteger('rate', values.rate),
    stalled: wholeNumber('stalled', values.stalled),
    slow: wholeNumber('slow', values.slow),
    seconds: positiveInteger('seconds', values.seconds),
    json: values.json,
  };
  const own = { parent: '/var/tmp', prefix: 'ringbook-fan-out-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, (directory) => compare(directory, options));
}

async function compare(directory: string, options: Options): Promise<boolean> {
  const recorded = join(directory, 'messages');
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(text);
  };
  const { turn: ours, orders } = await ringbookTurn(directory, recorded, options);
  say(`${orders}${describe(ours, `${ours.figures.gaps} gaps, `)}`);
  const same = await bareTurn(recorded, options, 'recorded');
  say(describe(same));
  const fastest = await bareTurn(recorded, options, 'fastest');
  say(describe(fastest));
  if (options.json) process.stdout.write(`${JSON.stringify({ options, turns: [ours, same, fastest] })}\n`);
  const share = (of: Turn) => `${((100 * perSecond(ours)) / perSecond(of)).toFixed(1)} %`;
  say(
    `ringbook sends ${share(same)} of the bare loop's messages a second at the same times, ` +
      `${share(fastest)} of what the bare loop sends at most\n`,
  );
  say(ours.problems.map((problem) => `FAIL      ${problem}\n`).join(''));
  return ours.problems.length === 0;
}

async function ringbookTurn(
  directory: string,
  recorded: string,
  options: Options,
): Promise<{ turn: Turn; orders: string }> {
  const ringbook = await startRingbook(directory);
  try {
    const orders = await PacedOrders.open(ringbook.url, options.rate);
    const request = '{"type":"subscribe","channels":["level2"],"instruments":["BTC-USD"]}';
    const audience = await Audience.open(ringbook.url, { ...options, request });
    const turn = await measure('ringbook', ringbook.pid, audience, options.seconds, () => orders.begin());
    await orders.stop();
    await sleep(SETTLE_MS);
    const problems = audience.problems();
    writeFileSync(recorded, audience.recording());
    audience.close();
    return { turn: { ...turn, problems }, orders: orders.describe() };
  } finally {
    await ringbook.stop();
  }
}

async function bareTurn(recorded: string, options: Options, pace: Pace): Promise<Turn> {
  const bare = await startBarePublisher(recorded);
  try {
    const audience = await Audience.open(bare.url, { ...options, request: '' });
    const turn = await measure(`bare, ${pace}`, bare.pid, audience, options.seconds, () => bare.begin(pace));
    audience.close();
    return turn;
  } finally {
    await bare.stop();
  }
}

async function measure(
  server: string,
  pid: number,
  audience: Audience,
  seconds: number,
  begin: () => void,
): Promise<Turn> {
  await sleep(SETTLE_MS);
  const cpuBefore = cpuSeconds(pid);
  const startMs = performance.now();
  audience.begin();
  begin();
  let residentMaxBytes = 0;
  for (let second = 0; second < seconds; second++) {
    await sleep(1_000);
    residentMaxBytes = Math.max(residentMaxBytes, residentBytes(pid));
  }
  const took = (performance.now() - startMs) / 1000;
  return {
    server,
    figures: audience.figures(),
    seconds: took,
    cpuSeconds: cpuSeconds(pid) - cpuBefore,
    residentMaxBytes,
    problems: [],
  };
}

function perSecond({ figures, seconds }: Turn): number {
  return figures.messages / seconds;
}

/** `chain`: what is told of the messages' order, where they have one: those of a bare loop may come round again. */
function describe(turn: Turn, chain = ''): string {
  const { server, figures, cpuSeconds: cpu, residentMaxBytes } = turn;
  const perMillion = (cpu * 1e6) / figures.messages;
  return (
    `${server.padEnd(14)}  ${Math.round(perSecond(turn)).toLocaleString('en').padStart(8)} messages/s out, ` +
    `delay p50 ${figures.delayP50Ms.toFixed(1)} ms  p99 ${figures.delayP99Ms.toFixed(1)} ms, ` +
    `${chain}closed: ${figures.healthyClosed} healthy, ${figures.troubledClosed} stalled or slow; ` +
    `at most ${Math.round(residentMaxBytes / MIB)} MiB, ${perMillion.toFixed(2)} CPU-seconds a million messages (the whole server)\n`
  );
}

runTool('fan-out', main, HELP);
