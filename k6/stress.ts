// POST /orders at rates that climb past 2,000 a second, step by step, until a step breaks its limits: the last one that held is the
// knee. See README.md.

import type { Options } from 'k6/options';
import { ORDERS_ONLY } from '../src/tools/load/flow.ts';
import { countOf, secondsOf } from './lib/environment.ts';
import { BASE_URL, beginRun, type RunData, sendNext } from './lib/exchange.ts';
import { TREND_STATS } from './lib/limits.ts';
import { scenariosOf, stepLimits, stepResults, stepRows, stepsOf } from './lib/steps.ts';
import { report, type SummaryData } from './lib/summary.ts';

const FROM = countOf(__ENV, 'FROM', 1_000);
const TO = countOf(__ENV, 'TO', 12_000);
const BY = countOf(__ENV, 'BY', 1_000);
const STEPS = stepsOf(FROM, TO, BY, secondsOf(__ENV, 'STEP', '20s'));

export const options: Options = {
  scenarios: scenariosOf(STEPS),
  thresholds: stepLimits(STEPS),
  summaryTrendStats: TREND_STATS,
};

export function setup(): RunData {
  return beginRun();
}

export default function (data: RunData): void {
  sendNext(data, ORDERS_ONLY);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const rows = () => stepRows(stepResults(STEPS, data));
  return report(`stress, ${FROM} to ${TO} orders a second by ${BY}, ${BASE_URL}`, data, rows, __ENV.JSON);
}
