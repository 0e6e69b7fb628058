// Quantiles of the histogram against those of the sorted series, and that threads' histograms add up.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../quantile.ts';
import { LatencyHistogram } from './histogram.ts';

const QUANTILES = [0, 0.5, 0.9, 0.99, 0.999, 1];
/** Microseconds of all sizes. */
const series = fc.array(
  fc.integer({ min: 0, max: 30 }).chain((bits) => fc.integer({ min: 0, max: 2 ** bits })),
  { minLength: 1, maxLength: 300 },
);

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const us of values) histogram.record(us / 1000);
  return histogram;
}

test('every quantile is within 1 % of the exact one, and the greatest is exact', () => {
  fc.assert(
    fc.property(series, (values) => {
      const histogram = histogramOf(values);
      for (const q of QUANTILES) {
        const exactMs = quantile(values, q) / 1000;
        expect(Math.abs(histogram.quantile(q) - exactMs)).toBeLessThanOrEqual(exactMs * 0.01 + 1e-9);
      }
      expect(histogram.maxMs).toBe(Math.max(...values) / 1000);
    }),
  );
});

test('what two threads counted adds up to what one would have', () => {
  fc.assert(
    fc.property(series, series, (a, b) => {
      const sum = histogramOf(a);
      sum.add(structuredClone(histogramOf(b).data()));
      expect(sum.data()).toEqual(histogramOf([...a, ...b]).data());
    }),
  );
});

test('nothing, too little and too much', () => {
  const histogram = new LatencyHistogram();
  expect([histogram.quantile(0.5), histogram.maxMs]).toEqual([Number.NaN, Number.NaN]);
  histogram.record(-1);
  expect(histogram.quantile(1)).toBe(0);
  histogram.record(1e12);
  expect(histogram.maxMs).toBe((2 ** 31 - 1) / 1000);
  histogram.clear();
  expect([histogram.count, histogram.quantile(0.5)]).toEqual([0, Number.NaN]);
});
