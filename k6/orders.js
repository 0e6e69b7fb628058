// POST /orders under load: `-e SCENARIO=rate` (the default) or `-e SCENARIO=vus`. See README.md.

import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { orderAt } from './flow.js';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:3000';
const SCENARIO = __ENV.SCENARIO || 'rate';
const DURATION = __ENV.DURATION || '60s';
const SEED = Number(__ENV.SEED || 1);

const PARAMS = { headers: { 'Content-Type': 'application/json' } };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @type {Record<string, import('k6/options').Scenario>} */
const SCENARIOS = {
  // Closed loop: each virtual user sends its next order when the last one is answered.
  vus: { executor: 'constant-vus', vus: Number(__ENV.VUS || 200), duration: DURATION },
  // Open loop: orders start on schedule whether or not earlier ones are answered, so a stall is not hidden.
  rate: {
    executor: 'constant-arrival-rate',
    rate: Number(__ENV.RATE || 2000),
    timeUnit: '1s',
    duration: DURATION,
    // At 2,000 a second, room for every order to take 200 ms before one is dropped. All allocated before the start:
    // making virtual users during the run would disturb it.
    preAllocatedVUs: Number(__ENV.VUS || 400),
  },
};

const scenario = SCENARIOS[SCENARIO];
if (scenario === undefined) throw new Error(`SCENARIO must be one of ${Object.keys(SCENARIOS).join(', ')}`);

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: { [SCENARIO]: scenario },
  thresholds: {
    http_req_duration: ['p(95)<20', 'p(99)<50'],
    http_req_failed: ['rate==0'],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

// Any other status, 200 included, counts in http_req_failed.
http.setResponseCallback(http.expectedStatuses(202));

export function setup() {
  const ready = http.get(`${BASE_URL}/readyz`, { responseCallback: http.expectedStatuses(200) });
  if (ready.status !== 200) throw new Error(`${BASE_URL}/readyz answers ${ready.status || ready.error}`);
  // Made once and handed to all virtual users: a second run against the same server must not meet its own keys again.
  return { runId: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}` };
}

/** @param {{ runId: string }} data */
export default function (data) {
  const order = {
    idempotency_key: `${data.runId}-${exec.vu.idInTest}-${exec.vu.iterationInScenario}`,
    ...orderAt(SEED, exec.scenario.iterationInTest),
  };
  const response = http.post(`${BASE_URL}/orders`, JSON.stringify(order), PARAMS);
  check(response, {
    'status is 202': (r) => r.status === 202,
    'order_id is present': (r) => r.status === 202 && UUID.test(String(r.json('order_id'))),
  });
}

/**
 * @typedef {object} SummaryMetric
 * @property {Record<string, number>} values
 * @property {Record<string, { ok: boolean }>} [thresholds]
 *
 * @param {{ metrics: Record<string, SummaryMetric> }} data
 * @returns {Record<string, string>}
 */
export function handleSummary(data) {
  /** @param {string} metric @param {string} value @param {number} [digits] @returns {string} */
  const figure = (metric, value, digits = 0) => (data.metrics[metric]?.values[value] ?? 0).toFixed(digits);
  /** @param {string} value */
  const latency = (value) => `${figure('http_req_duration', value, 2)} ms`;

  const rows = [
    ['orders', figure('iterations', 'count')],
    ['orders per second', figure('iterations', 'rate')],
    ['latency, average', latency('avg')],
    ['latency, p50', latency('med')],
    ['latency, p95', latency('p(95)')],
    ['latency, p99', latency('p(99)')],
    ['latency, max', latency('max')],
    ['checks failed', figure('checks', 'fails')],
    ['dropped iterations', figure('dropped_iterations', 'count')],
  ];
  for (const [name, metric] of Object.entries(data.metrics)) {
    for (const [condition, result] of Object.entries(metric.thresholds ?? {})) {
      rows.push([`${name} ${condition}`, result.ok ? 'ok' : 'FAILED']);
    }
  }
  const table = rows.map(([label = '', value = '']) => `  ${label.padEnd(28)}${value.padStart(14)}\n`).join('');

  /** @type {Record<string, string>} */
  const outputs = { stdout: `\n  ${SCENARIO}, ${DURATION}, ${BASE_URL}\n\n${table}\n` };
  if (__ENV.JSON !== undefined) outputs[__ENV.JSON || 'k6-summary.json'] = `${JSON.stringify(data, null, 2)}\n`;
  return outputs;
}
