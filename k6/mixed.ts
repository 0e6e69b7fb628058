// What a venue's day is like: orders, cancels and amends, and reads of the book, of trades, of single orders and of what a client has
// open. Each kind is held to the limits by itself. See README.md.

import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { EVERYDAY } from '../src/tools/load/flow.ts';
import { atRate, usersFor } from './lib/arrival-rate.ts';
import { countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, read, sendNext, streamOf } from './lib/exchange.ts';
import { LATENCY_LIMITS, limitsOf, type Thresholds, TREND_STATS } from './lib/limits.ts';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const RATE = countOf(__ENV, 'RATE', 2_000);
const READS = countOf(__ENV, 'READS', 30);
const DURATION = secondsOf(__ENV, 'DURATION', '60s');
const WAIT_MS = 200;
const HUNDRED = 100;
const KINDS = ['place', 'cancel', 'amend', ...(READS > 0 ? ['read'] : [])];

if (READS >= HUNDRED) throw new Error('READS is a percentage below 100');

const thresholds: Thresholds = { ...limitsOf('mixed'), checks: ['rate==1'] };
for (const kind of KINDS) {
  thresholds[`http_req_duration{kind:${kind}}`] = [...LATENCY_LIMITS];
  // A run that has none of a kind has not measured it.
  thresholds[`http_reqs{kind:${kind}}`] = ['count>0'];
}

export const options: Options = {
  scenarios: { mixed: atRate(RATE, DURATION, countOf(__ENV, 'VUS', usersFor(RATE, WAIT_MS))) },
  thresholds,
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  const n = exec.scenario.iterationInTest;
  if (n % HUNDRED < READS) readNext(data, n);
  else sendNext(data, EVERYDAY);
}

function readNext(data: RunData, n: number): void {
  const { newestOrderId, clientId } = streamOf(data, EVERYDAY);
  const which = n % 5;
  if (which === 0) read('/trades?limit=50', '/trades');
  else if (which === 1) read('/trades/detailed?limit=50', '/trades/detailed');
  else if (which === 2 && newestOrderId !== undefined) read(`/orders/${newestOrderId}`, '/orders/:id');
  else if (which === 3 && newestOrderId !== undefined) read(`/clients/${clientId}/orders`, '/clients/:id/orders');
  else read('/orderbook?levels=20', '/orderbook');
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    ...rateRows(data, 'requests', 'iterations'),
    ...KINDS.flatMap((kind) => [
      countRow(data, `${kind}: answers`, `http_reqs{kind:${kind}}`),
      latencyRow(data, `${kind}: latency`, `http_req_duration{kind:${kind}}`),
    ]),
    countRow(data, 'checks failed', 'checks', 'fails'),
    countRow(data, 'dropped iterations', 'dropped_iterations'),
    ...thresholdRows(data),
  ];
  return report(`mixed, ${RATE} a second, ${READS} % reads, ${DURATION} s, ${BASE_URL}`, data, rows, __ENV.JSON);
}
