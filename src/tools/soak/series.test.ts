// Filters and lines of a series.

import { expect, test } from 'vitest';
import { quantileFilter, slope } from './series.ts';

test('a median filter takes a peak out and leaves a step', () => {
  expect(quantileFilter([1, 1, 9, 1, 1, 5, 5, 5], 3, 0.5)).toEqual([1, 1, 1, 1, 1, 5, 5, 5]);
  expect(quantileFilter([1, 9, 1, 9, 1, 9, 1], 3, 0.25)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test('a slope is the rise for each unit of time', () => {
  expect(slope([0, 10, 20], [5, 25, 45])).toBeCloseTo(2);
  expect(slope([0, 10, 20], [5, 5, 5])).toBe(0);
  expect(slope([0, 1, 2, 3], [0, 1, 1, 0])).toBeCloseTo(0);
  expect(slope([7], [5])).toBe(0);
});
