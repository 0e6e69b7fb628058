// The outage tool's verdict: each way in which a ledger can be wrong fails its own check.

import { expect, test } from 'vitest';
import { CheckReport } from './check-report.ts';
import { checkRows } from './outage-checks.ts';
import type { NumberedRows } from './outage-ledger.ts';

const TOLD = ['a', 'b', 'c'];
const RIGHT: NumberedRows = { count: 3, distinct: 3, highest: 3, ids: new Set(TOLD) };

function verdict(told: readonly string[], rows: NumberedRows): string {
  const report = new CheckReport();
  checkRows('trade', told, rows, report);
  expect(report.text().endsWith(report.passed ? 'PASS\n' : 'FAIL\n')).toBe(true);
  return report.text();
}

test('what is equal passes', () => {
  expect(verdict(TOLD, RIGHT)).toContain('PASS');
  expect(verdict([], { count: 0, distinct: 0, highest: 0, ids: new Set() })).toContain('PASS');
});

test.each([
  [
    'a row is missing',
    TOLD,
    { ...RIGHT, count: 2, distinct: 2, ids: new Set(['a', 'c']) },
    /ids missing in Postgres: b/,
  ],
  ['a row is doubled', TOLD, { ...RIGHT, count: 4 }, /rows in Postgres: expected 3, found 4/],
  ['a number is used twice', TOLD, { ...RIGHT, distinct: 2 }, /distinct numbers: expected 3, found 2/],
  ['a number is left out', TOLD, { ...RIGHT, highest: 4 }, /no gaps: expected 3, found 4/],
  ['a row is of nobody', TOLD, { ...RIGHT, ids: new Set([...TOLD, 'x']) }, /ids in no reply: x/],
  ['two replies tell one id', ['a', 'b', 'b'], RIGHT, /distinct ids in replies: expected 3, found 2/],
])('fails when %s', (_what, told, rows, difference) => {
  const text = verdict(told, rows);
  expect(text).toContain('FAIL');
  expect(text).toMatch(difference);
});
