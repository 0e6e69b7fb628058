// A staircase of rates, one scenario for each step, and where it broke: the knee. Pure.
//
// A scenario for each step, since k6 tags every sample with its scenario: each step has figures and thresholds of its own. A ramp
// would have one figure for all of it, and the good seconds before would hide the bad ones.

import { atRate, type RateScenario, usersFor } from './arrival-rate.ts';
import { LATENCY_LIMITS, type Threshold, type Thresholds } from './limits.ts';
import { figure, type Row, type SummaryData } from './summary.ts';

export interface Step {
  readonly name: string;
  /** Iterations a second. */
  readonly rate: number;
  readonly startSeconds: number;
  readonly seconds: number;
}

export interface StepResult {
  readonly step: Step;
  /** Answers a second, while the step lasted. */
  readonly reached: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly dropped: number;
  readonly isFailed: boolean;
}

interface StepScenario extends RateScenario {
  readonly startTime: string;
  readonly gracefulStop: string;
}

/** For what is late at the end of a step; what is later still is interrupted. */
const GRACE_SECONDS = 2;
/** Between two steps: longer than that, so that no two steps need virtual users at once. */
const PAUSE_SECONDS = 3;
/** k6 judges by all samples of a step so far: in its first seconds one late answer is much. */
const SETTLE_SECONDS = 5;
/** An order may take so long at each step before one is dropped. */
const WAIT_MS = 100;

/** From `from` up to `to`, by `by`. */
export function stepsOf(from: number, to: number, by: number, seconds: number): Step[] {
  if (from < 1 || by < 1 || to < from) throw new Error(`no steps lead from ${from} to ${to} by ${by}`);
  const count = Math.floor((to - from) / by) + 1;
  return Array.from({ length: count }, (_, n) => {
    const rate = from + n * by;
    return { name: `rate_${rate}`, rate, startSeconds: n * (seconds + PAUSE_SECONDS), seconds };
  });
}

export function scenariosOf(steps: readonly Step[]): Record<string, StepScenario> {
  return Object.fromEntries(
    steps.map(({ name, rate, startSeconds, seconds }): [string, StepScenario] => [
      name,
      {
        ...atRate(rate, seconds, usersFor(rate, WAIT_MS)),
        startTime: `${startSeconds}s`,
        gracefulStop: `${GRACE_SECONDS}s`,
      },
    ]),
  );
}

/** The first step that breaks one of its limits ends the run. */
export function stepLimits(steps: readonly Step[]): Thresholds {
  const thresholds: Thresholds = {};
  for (const { name, startSeconds, seconds } of steps) {
    const tag = `{scenario:${name}}`;
    const settled = startSeconds + Math.min(SETTLE_SECONDS, seconds - 1);
    const ending = (threshold: string): Threshold => ({ threshold, abortOnFail: true, delayAbortEval: `${settled}s` });
    thresholds[`http_req_duration${tag}`] = LATENCY_LIMITS.map(ending);
    thresholds[`http_req_failed${tag}`] = [ending('rate==0')];
    thresholds[`dropped_iterations${tag}`] = [ending('count==0')];
    // Always kept: k6's summary has the figures of a scenario only where a threshold asks for them.
    thresholds[`http_reqs${tag}`] = ['count>=0'];
  }
  return thresholds;
}

/** Steps that were begun, in order. */
export function stepResults(steps: readonly Step[], data: SummaryData): StepResult[] {
  const ranSeconds = data.state.testRunDurationMs / 1_000;
  return steps.flatMap((step) => {
    const of = (metric: string, value: string) => figure(data, `${metric}{scenario:${step.name}}`, value);
    const answers = of('http_reqs', 'count');
    if (answers === 0 && of('dropped_iterations', 'count') === 0) return [];
    const lasted = Math.min(step.seconds, Math.max(ranSeconds - step.startSeconds, 1));
    return [
      {
        step,
        reached: answers / lasted,
        p95Ms: of('http_req_duration', 'p(95)'),
        p99Ms: of('http_req_duration', 'p(99)'),
        dropped: of('dropped_iterations', 'count'),
        isFailed: isBroken(step, data),
      },
    ];
  });
}

function isBroken({ name }: Step, data: SummaryData): boolean {
  return ['http_req_duration', 'http_req_failed', 'dropped_iterations'].some((metric) =>
    Object.values(data.metrics[`${metric}{scenario:${name}}`]?.thresholds ?? {}).some(({ ok }) => !ok),
  );
}

/** The last step before the first that broke: undefined when that was the first one. */
export function kneeOf(results: readonly StepResult[]): StepResult | undefined {
  const broken = results.findIndex(({ isFailed }) => isFailed);
  return results[(broken < 0 ? results.length : broken) - 1];
}

export function stepRows(results: readonly StepResult[]): Row[] {
  const rows = results.map(({ step, reached, p95Ms, p99Ms, dropped, isFailed }): Row => {
    const figures = [
      `${reached.toFixed(0).padStart(6)}/s`,
      `p95 ${p95Ms.toFixed(1).padStart(6)} ms`,
      `p99 ${p99Ms.toFixed(1).padStart(6)} ms`,
      `${String(dropped).padStart(6)} dropped`,
      isFailed ? 'BROKE' : 'ok   ',
    ];
    return [`${step.rate} a second`, figures.join('  ')];
  });
  return [...rows, ['knee', kneeText(results)]];
}

function kneeText(results: readonly StepResult[]): string {
  const knee = kneeOf(results);
  if (knee === undefined) return 'below the first step: begin with a smaller FROM';
  if (results.some(({ isFailed }) => isFailed)) return `${knee.step.rate} a second`;
  return `not found: ${knee.step.rate} a second held, go on with a greater TO`;
}
