// Which value of a series a quantile is.

import { expect, test } from 'vitest';
import { median, quantile } from './quantile.ts';

test('a quantile is the value that its share of the series does not exceed', () => {
  const values = Array.from({ length: 100 }, (_, k) => 100 - k);
  expect([0, 0.001, 0.5, 0.99, 0.991, 1].map((q) => quantile(values, q))).toEqual([1, 1, 50, 99, 100, 100]);
  expect(values[0], 'the series stays as it is').toBe(100);
});

test('values are ordered as numbers', () => {
  expect(quantile([10, 9, 100, -1], 1)).toBe(100);
});

test('a median is a value of the series', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2);
});

test('there is none of nothing', () => {
  expect(quantile([], 0.99)).toBeNaN();
  expect(median([])).toBeNaN();
});
