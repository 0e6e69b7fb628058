// What a run is held to, as k6's thresholds. Pure.

/** As k6 takes them: an expression, or one that ends the run. */
export type Threshold = string | { threshold: string; abortOnFail: boolean; delayAbortEval: string };
export type Thresholds = Record<string, Threshold[]>;

/** Milliseconds. */
export const LATENCY_LIMITS = ['p(95)<20', 'p(99)<50'];
export const TREND_STATS = ['avg', 'med', 'p(95)', 'p(99)', 'max'];

/**
 * Latency, no failed request, no iteration dropped. `scenario`: of that one alone, which leaves the requests of setup out.
 * A rate without any sample counts as broken: k6 divides by zero.
 */
export function limitsOf(scenario: string): Thresholds {
  const tag = `{scenario:${scenario}}`;
  return {
    [`http_req_duration${tag}`]: [...LATENCY_LIMITS],
    [`http_req_failed${tag}`]: ['rate==0'],
    [`dropped_iterations${tag}`]: ['count==0'],
  };
}
