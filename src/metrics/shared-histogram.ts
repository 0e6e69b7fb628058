// A prom-client histogram whose buckets live in shared memory: the hot threads count, this only reads.
// Main thread; owns nothing; never observes a value itself.

import { type MetricValueWithName, Histogram as PromHistogram } from 'prom-client';
import type { Histogram } from '../shared-memory/histogram.ts';

/** One series: its label values and the shared histograms (one per thread) that make it up. */
export interface HistogramSeries {
  readonly labels: Record<string, string>;
  readonly parts: readonly Histogram[];
}

export class SharedHistogram extends PromHistogram<string> {
  readonly #name: string;
  readonly #help: string;
  readonly #series: readonly HistogramSeries[];

  constructor(name: string, help: string, series: readonly HistogramSeries[]) {
    super({ name, help, labelNames: Object.keys(series[0]?.labels ?? {}), registers: [] });
    this.#name = name;
    this.#help = help;
    this.#series = series;
  }

  /** What the registry asks histograms for; prom-client's types leave it out. */
  getForPromString() {
    const values = this.#series.flatMap((series) => this.#values(series));
    return Promise.resolve({ name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values });
  }

  #values({ labels, parts }: HistogramSeries): MetricValueWithName<string>[] {
    const bounds = parts[0]?.bounds ?? [];
    const totals = new Float64Array(bounds.length);
    const cumulative = new Float64Array(bounds.length);
    let count = 0;
    let sum = 0;
    for (const part of parts) {
      count += part.cumulative(cumulative);
      sum += part.sum();
      for (let i = 0; i < totals.length; i++) totals[i] += cumulative[i];
    }
    const bucket = `${this.#name}_bucket`;
    return [
      ...bounds.map((le, i) => ({ metricName: bucket, labels: { ...labels, le: String(le) }, value: totals[i] })),
      { metricName: bucket, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: count },
    ];
  }
}
