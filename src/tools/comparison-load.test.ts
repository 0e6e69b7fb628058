// When a turn of the comparison counts as failed.

import { expect, test } from 'vitest';
import { type LoadResult, loadProblem } from './comparison-load.ts';

const CLEAN: LoadResult = {
  tool: 'wrk',
  requests: 1_000,
  perSecond: 100,
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  refused: 0,
  failed: 0,
};

test('a turn is clean when every answer was an order sequenced', () => {
  expect(loadProblem(CLEAN, 1_000)).toBeUndefined();
  // Those under way at the end are sequenced, but not counted as answered.
  expect(loadProblem(CLEAN, 1_200)).toBeUndefined();
  expect(loadProblem(CLEAN)).toBeUndefined();
});

test('refused, failed and not sequenced are problems', () => {
  expect(loadProblem({ ...CLEAN, refused: 1 }, 1_000)).toContain('refused');
  expect(loadProblem({ ...CLEAN, failed: 1 }, 1_000)).toContain('failed');
  expect(loadProblem({ ...CLEAN, requests: 0 }, 0)).toContain('nothing');
  expect(loadProblem(CLEAN, 999)).toContain('only 999 sequenced');
});
