// The end of a run: k6's summary data as a short table and a file of JSON. Pure.

/** What handleSummary is given, as far as it is read here. */
export interface SummaryMetric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

export interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly state: { readonly testRunDurationMs: number };
}

export type Row = readonly [label: string, value: string];

const LABEL_WIDTH = 46;
const VALUE_WIDTH = 16;
const DEFAULT_FILE = 'k6-summary.json';

/** 0 for a metric or a value that the run has none of. */
export function figure(data: SummaryData, metric: string, value: string): number {
  return data.metrics[metric]?.values[value] ?? 0;
}

export function countRow(data: SummaryData, label: string, metric: string, value = 'count'): Row {
  return [label, figure(data, metric, value).toFixed(0)];
}

/** Count and rate over the whole run. */
export function rateRows(data: SummaryData, label: string, metric: string): Row[] {
  return [countRow(data, label, metric), countRow(data, `${label} per second`, metric, 'rate')];
}

/** The latency of a trend in milliseconds, on one line. */
export function latencyRow(data: SummaryData, label: string, metric: string): Row {
  const of = (value: string) => figure(data, metric, value).toFixed(1);
  return [`${label}, p50 / p95 / p99 / max, ms`, `${of('med')} / ${of('p(95)')} / ${of('p(99)')} / ${of('max')}`];
}

export function thresholdRows(data: SummaryData): Row[] {
  return Object.keys(data.metrics).flatMap((name) =>
    Object.entries(data.metrics[name]?.thresholds ?? {}).map(
      ([condition, { ok }]): Row => [`${name} ${condition}`, ok ? 'ok' : 'FAILED'],
    ),
  );
}

function tableOf(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)} ${value.padStart(VALUE_WIDTH)}\n`);
  return `\n  ${title}\n\n${lines.join('')}\n`;
}

/**
 * What handleSummary returns: the table for stdout, and all data for the file that `json` names (k6-summary.json when it is undefined,
 * none when it is empty). `rows` is asked only when the data has the layout that this reads.
 */
export function report(
  title: string,
  data: SummaryData,
  rows: () => readonly Row[],
  json: string | undefined,
): Record<string, string> {
  const outputs: Record<string, string> = { stdout: isReadable(data) ? tableOf(title, rows()) : UNREADABLE };
  const file = json ?? DEFAULT_FILE;
  if (file !== '') outputs[file] = `${JSON.stringify(data, null, 2)}\n`;
  return outputs;
}

const UNREADABLE = '\n  The summary has another layout: run k6 with --new-machine-readable-summary=false\n\n';

function isReadable(data: { readonly metrics?: unknown; readonly state?: unknown }): boolean {
  return isObject(data.state) && isObject(data.metrics) && !Array.isArray(data.metrics);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
