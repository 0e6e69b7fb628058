// Orders, cancels and amends at a steady rate for a long time. Each quarter of the run is held to the limits by itself, so that a
// server that slows down fails even when it was fast for hours. See README.md.

import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { EVERYDAY } from '../src/tools/load/flow.ts';
import { atRate, usersFor } from './lib/arrival-rate.ts';
import { countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, sendNext } from './lib/exchange.ts';
import { LATENCY_LIMITS, limitsOf, type Thresholds, TREND_STATS } from './lib/limits.ts';
import { countRow, latencyRow, rateRows, report, type SummaryData, thresholdRows } from './lib/summary.ts';

const RATE = countOf(__ENV, 'RATE', 1_000);
const DURATION = secondsOf(__ENV, 'DURATION', '1h');
const WAIT_MS = 200;
const QUARTERS = ['1', '2', '3', '4'];

const thresholds: Thresholds = { ...limitsOf('soak'), checks: ['rate==1'] };
for (const quarter of QUARTERS) thresholds[`http_req_duration{quarter:${quarter}}`] = [...LATENCY_LIMITS];

export const options: Options = {
  scenarios: { soak: atRate(RATE, DURATION, countOf(__ENV, 'VUS', usersFor(RATE, WAIT_MS))) },
  thresholds,
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  // Progress goes from 0 to 1, and ends there.
  const quarter = QUARTERS[Math.min(3, Math.floor(exec.scenario.progress * 4))] ?? '4';
  sendNext(data, EVERYDAY, { quarter });
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => [
    ...rateRows(data, 'commands', 'iterations'),
    ...QUARTERS.map((n) => latencyRow(data, `quarter ${n}: latency`, `http_req_duration{quarter:${n}}`)),
    countRow(data, 'checks failed', 'checks', 'fails'),
    countRow(data, 'dropped iterations', 'dropped_iterations'),
    ...thresholdRows(data),
  ];
  return report(`soak, ${RATE} commands a second, ${DURATION} s, ${BASE_URL}`, data, rows, __ENV.JSON);
}
