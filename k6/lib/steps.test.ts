// The staircase of rates, and the knee that is read from its figures.

import { describe, expect, it } from 'vitest';
import { kneeOf, scenariosOf, stepLimits, stepResults, stepRows, stepsOf } from './steps.ts';
import type { SummaryData, SummaryMetric } from './summary.ts';

const STEPS = stepsOf(1_000, 3_500, 1_000, 20);
const OK = { ok: true };
const BROKE = { ok: false };

/** Figures of one step, as the metrics of a summary. */
function step(name: string, count: number, p99: number, dropped = 0): Record<string, SummaryMetric> {
  const isSlow = p99 >= 50 ? BROKE : OK;
  const tag = `{scenario:${name}}`;
  return {
    [`http_reqs${tag}`]: { values: { count }, thresholds: { 'count>=0': OK } },
    [`http_req_duration${tag}`]: { values: { 'p(95)': 2, 'p(99)': p99 }, thresholds: { 'p(99)<50': isSlow } },
    [`http_req_failed${tag}`]: { values: { rate: 0 }, thresholds: { 'rate==0': count > 0 ? OK : BROKE } },
    [`dropped_iterations${tag}`]: {
      values: { count: dropped },
      thresholds: { 'count==0': dropped === 0 ? OK : BROKE },
    },
  };
}

function resultsOf(metrics: Record<string, SummaryMetric>, ranSeconds = 66) {
  const data: SummaryData = { metrics, state: { testRunDurationMs: ranSeconds * 1_000 } };
  return stepResults(STEPS, data);
}

describe('steps', () => {
  it('climb by a fixed amount, one after the other with a pause between', () => {
    expect(STEPS.map(({ rate }) => rate)).toEqual([1_000, 2_000, 3_000]);
    expect(STEPS.map(({ startSeconds }) => startSeconds)).toEqual([0, 23, 46]);
    expect(() => stepsOf(2_000, 1_000, 1_000, 20)).toThrow('no steps lead from 2000 to 1000');
    expect(() => stepsOf(1_000, 2_000, 0, 20)).toThrow('by 0');
  });

  it('are scenarios that never need virtual users at the same time', () => {
    const scenarios = scenariosOf(STEPS);
    expect(Object.keys(scenarios)).toEqual(['rate_1000', 'rate_2000', 'rate_3000']);
    expect(scenarios.rate_2000).toEqual({
      executor: 'constant-arrival-rate',
      rate: 2_000,
      timeUnit: '1s',
      startTime: '23s',
      duration: '20s',
      preAllocatedVUs: 200,
      gracefulStop: '2s',
    });
  });

  it('end the run where they break, each no sooner than it has settled', () => {
    const thresholds = stepLimits(STEPS);
    expect(thresholds['http_req_duration{scenario:rate_2000}']).toEqual([
      { threshold: 'p(95)<20', abortOnFail: true, delayAbortEval: '28s' },
      { threshold: 'p(99)<50', abortOnFail: true, delayAbortEval: '28s' },
    ]);
    expect(thresholds['dropped_iterations{scenario:rate_3000}']).toEqual([
      { threshold: 'count==0', abortOnFail: true, delayAbortEval: '51s' },
    ]);
    expect(thresholds['http_reqs{scenario:rate_3000}']).toEqual(['count>=0']);
  });
});

describe('the knee', () => {
  it('is the last step before the first that broke, whatever is said of steps that never began', () => {
    const results = resultsOf(
      { ...step('rate_1000', 20_000, 4), ...step('rate_2000', 20_000, 70), ...step('rate_3000', 0, 0) },
      33,
    );
    expect(results.map(({ reached, isFailed }) => [reached, isFailed])).toEqual([
      [1_000, false],
      [2_000, true],
    ]);
    expect(kneeOf(results)?.step.rate).toBe(1_000);
    expect(stepRows(results).at(-1)).toEqual(['knee', '1000 a second']);
    expect(stepRows(results)[1][1]).toContain('p99   70.0 ms       0 dropped  BROKE');
  });

  it('is found by iterations that k6 could not begin, too', () => {
    const results = resultsOf({ ...step('rate_1000', 20_000, 4), ...step('rate_2000', 39_000, 4, 1_000) });
    expect(kneeOf(results)?.step.rate).toBe(1_000);
  });

  it('lies below the first step when that broke, and is not found when none did', () => {
    const below = resultsOf(step('rate_1000', 20_000, 70), 20);
    expect(kneeOf(below)).toBeUndefined();
    expect(stepRows(below).at(-1)?.[1]).toContain('smaller FROM');
    const none = resultsOf({
      ...step('rate_1000', 20_000, 4),
      ...step('rate_2000', 40_000, 5),
      ...step('rate_3000', 60_000, 6),
    });
    expect(kneeOf(none)?.step.rate).toBe(3_000);
    expect(stepRows(none).at(-1)?.[1]).toContain('not found: 3000 a second held');
    expect(stepRows([])).toHaveLength(1);
  });
});
