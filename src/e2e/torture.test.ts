// The short form of `npm run torture`: a seeded handful of violent ends under load, at random moments and at fault points, each
// followed by a start on the same directory and the audit of everything that anybody was told.

import { expect, inject, test } from 'vitest';
import { torture } from '../sim/torture/torture.ts';
import { Lab } from './testing/lab.ts';
import { chooseSeed } from './testing/random.ts';

const CYCLES = 25;
const LONGEST_MS = 250;
const TIMEOUT_MS = 300_000;

const lab = new Lab();

test('violent ends lose, double and change nothing', { timeout: TIMEOUT_MS }, async () => {
  const { tally, difference } = await torture({
    seed: chooseSeed('torture'),
    firstCycle: 1,
    cycles: CYCLES,
    cyclesPerHistory: CYCLES,
    longestMs: LONGEST_MS,
    parent: await lab.directory(),
    postgres: inject('postgres'),
    onCycle: () => {},
  });
  process.stderr.write(`torture: ${tally.line()}\n`);
  expect(difference).toBe(undefined);
  expect(tally.cycles).toBe(CYCLES);
  expect(tally.acknowledged).toBeGreaterThan(0);
  expect(tally.fromSnapshot).toBeGreaterThan(0);
});
