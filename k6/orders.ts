// POST /orders at a constant arrival rate (`-e SCENARIO=rate`, the default), or from virtual users in a closed loop (`vus`). See
// README.md.

import type { Options, Scenario } from 'k6/options';
import { ORDERS_ONLY } from '../src/tools/load/flow.ts';
import { atRate, usersFor } from './lib/arrival-rate.ts';
import { choiceOf, countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, sendNext } from './lib/exchange.ts';
import { limitsOf, TREND_STATS } from './lib/limits.ts';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const SCENARIO = choiceOf(__ENV, 'SCENARIO', ['rate', 'vus']);
const DURATION = secondsOf(__ENV, 'DURATION', '60s');
const RATE = countOf(__ENV, 'RATE', 2_000);
const WAIT_MS = 200;
const VUS = countOf(__ENV, 'VUS', SCENARIO === 'rate' ? usersFor(RATE, WAIT_MS) : 200);

const SCENARIOS: Record<typeof SCENARIO, Scenario> = {
  // Open loop.
  rate: atRate(RATE, DURATION, VUS),
  // Closed loop: each virtual user sends its next order when the last one is answered.
  vus: { executor: 'constant-vus', vus: VUS, duration: `${DURATION}s` },
};

export const options: Options = {
  scenarios: { [SCENARIO]: SCENARIOS[SCENARIO] },
  thresholds: { ...limitsOf(SCENARIO), checks: ['rate==1'] },
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  sendNext(data, ORDERS_ONLY);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    ...rateRows(data, 'orders', 'iterations'),
    latencyRow(data, 'latency', `http_req_duration{scenario:${SCENARIO}}`),
    countRow(data, 'checks failed', 'checks', 'fails'),
    countRow(data, 'dropped iterations', 'dropped_iterations'),
    ...thresholdRows(data),
  ];
  return report(`orders, ${SCENARIO}, ${DURATION} s, ${BASE_URL}`, data, rows, __ENV.JSON);
}
