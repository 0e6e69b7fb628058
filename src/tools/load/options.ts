// The command line of `ringbook load`. A tool's process; pure.

import { parseArgs } from 'node:util';
import { httpUrl, positiveInteger, STANDARD_URL, UsageError, wholeNumber } from '../usage.ts';
import { EVERYDAY, type Mix, ORDERS_ONLY } from './flow.ts';
import type { Transport } from './lane.ts';

export const LOAD_USAGE = `Usage: ringbook load [options]

Sends a seeded flow of orders to a running Ringbook, at a fixed rate whatever the answers take (open loop), holds every reply to
its request, then reads the acknowledged orders back. Its orders stay in the book: use a data directory for tests.

  --url URL          http://127.0.0.1:PORT, of the environment or 3000
  --over WAY         http (default), ws: JSON over /ws, ws-binary: binary frames over /ws
  --rate N           requests a second, by the schedule (2000)
  --closed           no schedule: each connection sends its next request when the last one is answered
  --connections N    (http 200, else 4)
  --pipeline N       requests under way on each socket at most (64); http has one
  --seconds N        measured (10; with --find-limit of each step, 5)
  --warmup N         seconds before that, not measured (2)
  --threads N        of the generator; connections and rate are dealt out to them (1)
  --mix NAME         everyday (default): with cancels, amends, IOC, market and post-only orders; orders: limit orders alone
  --seed N           of the flow (1): the same seed sends the same
  --verify all       reads all acknowledged orders back, not a sample of 20,000; takes about 300 bytes of memory for each
  --find-limit       the highest rate that holds, from --rate on: raised until it does not, then halved in between
  --p99-ms N         a rate holds while p99 from the intended time is at most so many ms (50), nothing is refused or
                     unanswered, and it is kept
  --json             the results as JSON on standard output
  --help             this text

Latencies are from when a request was to be sent by the schedule, so a stall counts for all that it held up; service time is from when
it was sent. The generator looks at its clock and sockets every 0.25 ms.
Exit code 1 when a reply was wrong or did not come, an acknowledged order is missing or another than acknowledged, the server's
sequence grew by less than was acknowledged, or the generator itself was too slow for the rate, so that the run does not count.
`;

const SAMPLE_MAX = 20_000;

export interface LoadOptions {
  readonly url: URL;
  readonly over: Transport;
  /** undefined: closed loop. */
  readonly perSecond: number | undefined;
  readonly threads: number;
  readonly connections: number;
  readonly pipeline: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly mixName: string;
  readonly mix: Mix;
  readonly seed: number;
  /** Most orders to be read back. */
  readonly sampleMax: number;
  /** undefined: no limit is looked for. */
  readonly limitP99Ms: number | undefined;
  readonly json: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  url: { type: 'string', default: STANDARD_URL },
  over: { type: 'string', default: 'http' },
  rate: { type: 'string' },
  closed: { type: 'boolean', default: false },
  connections: { type: 'string' },
  pipeline: { type: 'string' },
  seconds: { type: 'string' },
  warmup: { type: 'string', default: '2' },
  threads: { type: 'string', default: '1' },
  mix: { type: 'string', default: 'everyday' },
  seed: { type: 'string', default: '1' },
  verify: { type: 'string' },
  'find-limit': { type: 'boolean', default: false },
  'p99-ms': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const MIXES: Readonly<Record<string, Mix>> = { everyday: EVERYDAY, orders: ORDERS_ONLY };
const RATE = '2000';
const P99_MS = '50';

/** undefined: help is asked for. Throws UsageError, and what parseArgs throws. */
export function readLoadOptions(args: readonly string[]): LoadOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return undefined;
  const over = transportOf(values.over);
  const isHttp = over === 'http';
  if (isHttp && values.pipeline !== undefined) throw new UsageError('--pipeline is for --over ws and ws-binary');
  if (values.closed && values.rate !== undefined) throw new UsageError('--rate and --closed exclude each other');
  const findsLimit = values['find-limit'];
  if (values.closed && findsLimit) throw new UsageError('--find-limit looks for a rate, and --closed has none');
  if (!findsLimit && values['p99-ms'] !== undefined) throw new UsageError('--p99-ms is for --find-limit');
  if (values.verify !== undefined && values.verify !== 'all')
    throw new UsageError('--verify knows all and nothing else');
  const threads = positiveInteger('threads', values.threads);
  const connections = positiveInteger('connections', values.connections ?? (isHttp ? '200' : '4'));
  if (connections < threads) throw new UsageError(`${threads} threads need as many connections, not ${connections}`);
  return {
    url: httpUrl('url', values.url),
    over,
    perSecond: values.closed ? undefined : positiveInteger('rate', values.rate ?? RATE),
    threads,
    connections,
    pipeline: isHttp ? 1 : positiveInteger('pipeline', values.pipeline ?? '64'),
    seconds: positiveInteger('seconds', values.seconds ?? (findsLimit ? '5' : '10')),
    warmupSeconds: wholeNumber('warmup', values.warmup),
    mixName: values.mix,
    mix: mixOf(values.mix),
    seed: wholeNumber('seed', values.seed),
    sampleMax: values.verify === 'all' ? Number.POSITIVE_INFINITY : SAMPLE_MAX,
    limitP99Ms: findsLimit ? positiveInteger('p99-ms', values['p99-ms'] ?? P99_MS) : undefined,
    json: values.json,
  };
}

function transportOf(text: string): Transport {
  if (text === 'http' || text === 'ws' || text === 'ws-binary') return text;
  throw new UsageError(`--over ${text}: one of http, ws and ws-binary is needed`);
}

function mixOf(name: string): Mix {
  if (Object.hasOwn(MIXES, name)) return MIXES[name];
  throw new UsageError(`--mix ${name}: one of ${Object.keys(MIXES).join(' and ')} is needed`);
}
