// POST /orders at an easy rate, suddenly at many times that, and at the easy rate again. During the spike the server may refuse
// orders (503, not executed), and k6 may drop some; before and behind it nothing may be slow, and at no time anything wrong. See
// README.md.

import { Counter } from 'k6/metrics';
import type { Options, Scenario } from 'k6/options';
import { ORDERS_ONLY } from '../src/tools/load/flow.ts';
import { atRate, usersFor } from './lib/arrival-rate.ts';
import { countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, offerNext, type RunData } from './lib/exchange.ts';
import { limitsOf, type Thresholds, TREND_STATS } from './lib/limits.ts';
import { countRow, latencyRow, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const RATE = countOf(__ENV, 'RATE', 500);
const PEAK = countOf(__ENV, 'PEAK', 6_000);
const BEFORE = secondsOf(__ENV, 'BEFORE', '20s');
const SPIKE = secondsOf(__ENV, 'SPIKE', '10s');
const AFTER = secondsOf(__ENV, 'AFTER', '30s');
/** For the queues of the spike to empty, and before that for what is late at the end of a phase. */
const RECOVERY = 5;
const GRACE = 3;
const WAIT_MS = 200;
const PHASES = ['before', 'spike', 'after'];

const refused = new Counter('refused');

function phase(rate: number, startSeconds: number, seconds: number): Scenario {
  const scenario = atRate(rate, seconds, usersFor(rate, WAIT_MS));
  return { ...scenario, startTime: `${startSeconds}s`, gracefulStop: `${GRACE}s` };
}

const thresholds: Thresholds = {
  ...limitsOf('before'),
  'http_req_failed{scenario:spike}': ['rate==0'],
  // Kept for their figures: k6's summary has those of a scenario only where a threshold asks for them.
  'http_req_duration{scenario:spike}': ['max>=0'],
  'dropped_iterations{scenario:spike}': ['count>=0'],
  ...limitsOf('after'),
  refused: ['count>=0'],
  'refused{scenario:before}': ['count==0'],
  'refused{scenario:after}': ['count==0'],
  checks: ['rate==1'],
};
for (const name of PHASES) thresholds[`http_reqs{scenario:${name}}`] = ['count>0'];

export const options: Options = {
  scenarios: {
    before: phase(RATE, 0, BEFORE),
    spike: phase(PEAK, BEFORE, SPIKE),
    after: phase(RATE, BEFORE + SPIKE + RECOVERY, AFTER),
  },
  thresholds,
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  if (offerNext(data, ORDERS_ONLY) === 'refused') refused.add(1);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    ...PHASES.flatMap((name) => [
      countRow(data, `${name}: answers`, `http_reqs{scenario:${name}}`),
      latencyRow(data, `${name}: latency`, `http_req_duration{scenario:${name}}`),
      countRow(data, `${name}: dropped iterations`, `dropped_iterations{scenario:${name}}`),
    ]),
    countRow(data, 'refused, not executed', 'refused'),
    countRow(data, 'checks failed', 'checks', 'fails'),
    ...thresholdRows(data),
  ];
  return report(`spike, ${RATE} to ${PEAK} orders a second for ${SPIKE} s, ${BASE_URL}`, data, rows, __ENV.JSON);
}
