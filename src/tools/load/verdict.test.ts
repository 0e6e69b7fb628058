// When a stretch of load is wrong, does not count, or did not hold its rate.

import { expect, test } from 'vitest';
import type { StretchResult } from './crew.ts';
import { LatencyHistogram } from './histogram.ts';
import { generatorTooSlow, limitReason, wrongs } from './verdict.ts';

const STRETCH = { perSecond: 100, seconds: 10, warmupSeconds: 0 };
const COUNTS = {
  ...{
    sent: 1_000,
    measuredSent: 1_000,
    answeredInTime: 1_000,
    acknowledged: 900,
    acknowledgedOrders: 500,
    tooLate: 100,
  },
  ...{ refused: {}, unanswered: 0, unsent: 0, lateSends: 0, wrong: 0 },
};

function result(counts: Partial<StretchResult['counts']> = {}, slowestMs = 1): StretchResult {
  const intended = new LatencyHistogram();
  intended.record(slowestMs);
  const others = { service: new LatencyHistogram(), behind: new LatencyHistogram(), processors: 0.1 };
  return { counts: { ...COUNTS, ...counts }, intended, ...others, faults: ['first', 'second'] };
}

test('a good one', () => {
  expect([wrongs(result()), generatorTooSlow(result()), limitReason(result(), STRETCH, 50)]).toEqual([[], false, '']);
});

test.each([
  [{ wrong: 2 }, ['2 replies were wrong', '  first', '  second']],
  [{ unanswered: 3 }, ['3 requests were not answered', '  first', '  second']],
  [{ acknowledged: 0 }, ['nothing was acknowledged', '  first', '  second']],
  [{ sent: 0 }, ['nothing was sent', '  first', '  second']],
])('%j is wrong, and no rate holds', (counts, problems) => {
  expect(wrongs(result(counts))).toEqual(problems);
  expect(limitReason(result(counts), STRETCH, 50)).toBe(problems[0]);
});

test('a generator that is late with more than 1 in 100', () => {
  expect(generatorTooSlow(result({ lateSends: 10 }))).toBe(false);
  expect(generatorTooSlow(result({ lateSends: 11 }))).toBe(true);
  expect(limitReason(result({ lateSends: 11 }), STRETCH, 50)).toBe('the generator was too slow');
});

test('refusals, too few answers and slow ones end a rate', () => {
  expect(limitReason(result({ refused: { ring_full: 2, halted: 1 } }), STRETCH, 50)).toBe('3 refused');
  expect(limitReason(result({ answeredInTime: 970 }), STRETCH, 50)).toBe('only 97/s answered');
  expect(limitReason(result({}, 64), STRETCH, 50)).toBe('p99 64.0 ms');
});
