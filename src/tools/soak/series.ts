// What a series of figures does over time: its median, its trend. A tool's process; pure.

/** The middle value; of an even number of values the upper one. NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

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

/** The value that the share `q` of all does not exceed; 0 of none. Sorts `values`. */
export function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
