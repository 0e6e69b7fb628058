// What a series of figures does over time: its steps without its peaks, its trend. A tool's process; pure.

import { quantile } from '../quantile.ts';

/**
 * Each value replaced by the `q`-quantile of `width` (odd) around it, fewer at both ends: peaks vanish, steps stay. 0.5 is the median
 * filter; a lower one also passes over peaks that are there for half of the time.
 */
export function quantileFilter(values: readonly number[], width: number, q: number): number[] {
  const reach = (width - 1) / 2;
  return values.map((_, i) => quantile(values.slice(Math.max(0, i - reach), i + reach + 1), q));
}

/** By how much `values` grow for each unit of `times`: the line of least squares. 0 of fewer than two times. */
export function slope(times: readonly number[], values: readonly number[]): number {
  const meanTime = mean(times);
  const meanValue = mean(values);
  let covariance = 0;
  let variance = 0;
  times.forEach((time, i) => {
    covariance += (time - meanTime) * (values[i] - meanValue);
    variance += (time - meanTime) ** 2;
  });
  return variance === 0 ? 0 : covariance / variance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
