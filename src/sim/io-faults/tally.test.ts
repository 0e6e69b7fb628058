// A run in which nothing failed must be told from one in which every failure was survived.

import { expect, it } from 'vitest';
import { Tally } from './tally.ts';

it('counts the cases in which something failed apart from those in which nothing did', () => {
  const tally = new Tally();
  tally.count('fsync, EIO', 'not reached');
  expect([tally.cases, tally.reached, tally.differences]).toEqual([1, 0, 0]);
  for (const result of ['fault', 'went on', 'difference'] as const) tally.count('fsync, EIO', result);
  expect([tally.cases, tally.reached, tally.differences]).toEqual([4, 3, 1]);
});
