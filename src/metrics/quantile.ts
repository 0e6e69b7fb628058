// Quantiles of the histograms in shared memory. Main thread; pure. Must never import prom-client: pages that show a quantile are
// loaded at each start, and that library only when somebody scrapes.

import { HISTOGRAM_BOUNDS_SECONDS, type Histogram } from '../shared-memory/histogram.ts';

/** The bound under which a share of what a histogram counted lies, seconds; for pages, not for alerts. */
export function quantileSeconds(histogram: Histogram, share: number): number {
  const cumulative = new Float64Array(HISTOGRAM_BOUNDS_SECONDS.length);
  const count = histogram.cumulative(cumulative);
  if (count === 0) return 0;
  const index = cumulative.findIndex((below) => below >= share * count);
  return index < 0 ? Number.POSITIVE_INFINITY : HISTOGRAM_BOUNDS_SECONDS[index];
}
