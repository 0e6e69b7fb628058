// What k6 takes as `options`, as its documentation and its parser say, as a list of what is wrong. Test code.

const DURATION = /^(?=\d)(\d+h)?(\d+m)?(\d+s)?$/;
const NAME = /^[\w-]+$/;
const METRIC = /^([a-z][a-z_]*)(?:\{([a-z_]+):([\w-]+)\})?$/;
const EXPRESSION = /^(count|rate|value|avg|min|max|med|p\(\d+(?:\.\d+)?\))(?:<=|<|>=|>|==|!=)\d+(?:\.\d+)?$/;

/** Fields of each executor that is used, beside those of all scenarios; those of a rate are all required. */
const EXECUTORS: Readonly<
  Record<string, { readonly counts: readonly string[]; readonly durations: readonly string[] }>
> = {
  'constant-arrival-rate': { counts: ['rate', 'preAllocatedVUs'], durations: ['timeUnit', 'duration'] },
  'constant-vus': { counts: ['vus'], durations: ['duration'] },
  'per-vu-iterations': { counts: ['vus', 'iterations'], durations: ['maxDuration'] },
};
const OF_ALL_SCENARIOS = ['executor', 'exec', 'startTime', 'gracefulStop'];

/** Which aggregations each type of metric has. */
const AGGREGATIONS: Readonly<Record<string, RegExp>> = {
  Counter: /^(count|rate)$/,
  Rate: /^rate$/,
  Trend: /^(avg|min|max|med|p\(.+\))$/,
};
const BUILT_IN: Readonly<Record<string, string>> = {
  checks: 'Rate',
  dropped_iterations: 'Counter',
  http_req_duration: 'Trend',
  http_req_failed: 'Rate',
  http_reqs: 'Counter',
};
const TREND_STATS = /^(avg|min|med|max|count|p\(\d+(\.\d+)?\))$/;

type Fields = Readonly<Record<string, unknown>>;

export interface ScriptOptions {
  readonly scenarios: Readonly<Record<string, Fields>>;
  readonly thresholds: Readonly<Record<string, readonly unknown[]>>;
  readonly summaryTrendStats: readonly string[];
}

/** `ownMetrics`: name to type, of those that the script makes. `functions`: what it exports. */
export function optionProblems(
  options: ScriptOptions,
  ownMetrics: Readonly<Record<string, string>>,
  functions: readonly string[],
): string[] {
  const known = ['scenarios', 'thresholds', 'summaryTrendStats'];
  const { scenarios, thresholds, summaryTrendStats } = options;
  return [
    ...Object.keys(options).flatMap((name) => (known.includes(name) ? [] : [`an option ${name}`])),
    ...Object.entries(scenarios).flatMap(([name, fields]) =>
      scenarioProblems(fields, functions).map((problem) => `scenario ${name}: ${problem}`),
    ),
    ...Object.keys(scenarios).flatMap((name) => (NAME.test(name) ? [] : [`a scenario named ${name}`])),
    ...Object.entries(thresholds).flatMap(([metric, limits]) =>
      limits.flatMap((limit) =>
        thresholdProblems(metric, limit, { ...BUILT_IN, ...ownMetrics }, Object.keys(scenarios)),
      ),
    ),
    ...summaryTrendStats.flatMap((stat) => (TREND_STATS.test(stat) ? [] : [`a statistic ${stat}`])),
  ];
}

function scenarioProblems(fields: Fields, functions: readonly string[]): string[] {
  const executor = EXECUTORS[String(fields.executor)];
  if (executor === undefined) return [`no executor ${fields.executor}`];
  const { counts, durations } = executor;
  const known = [...OF_ALL_SCENARIOS, ...counts, ...durations];
  const times = [...durations, ...['startTime', 'gracefulStop'].filter((name) => fields[name] !== undefined)];
  return [
    ...Object.keys(fields).flatMap((name) => (known.includes(name) ? [] : [`no field ${name}`])),
    ...counts.flatMap((name) =>
      Number.isInteger(fields[name]) && Number(fields[name]) > 0 ? [] : [`${name} is no count`],
    ),
    ...times.flatMap((name) => (DURATION.test(String(fields[name])) ? [] : [`${name} is no duration`])),
    ...(functions.includes(String(fields.exec ?? 'default')) ? [] : [`no function ${fields.exec ?? 'default'}`]),
  ];
}

function thresholdProblems(
  key: string,
  limit: unknown,
  types: Readonly<Record<string, string>>,
  scenarios: readonly string[],
): string[] {
  const [, metric = '', tag, value] = METRIC.exec(key) ?? [];
  const type = types[metric];
  if (type === undefined) return [`no metric ${key}`];
  if (tag === 'scenario' && !scenarios.includes(value ?? '')) return [`${key}: no such scenario`];
  const { threshold, abortOnFail, delayAbortEval, ...more } =
    typeof limit === 'string'
      ? { threshold: limit, abortOnFail: true, delayAbortEval: '0s' }
      : Object.assign({ threshold: '', abortOnFail: undefined, delayAbortEval: '' }, limit);
  const [, aggregation = ''] = EXPRESSION.exec(threshold) ?? [];
  const isRight =
    AGGREGATIONS[type]?.test(aggregation) === true && abortOnFail === true && DURATION.test(delayAbortEval);
  return isRight && Object.keys(more).length === 0 ? [] : [`${key}: no threshold ${JSON.stringify(limit)}`];
}
