// The table of pending requests: no answer ever reaches a request it was not for.

import { expect, test } from 'vitest';
import { NO_SLOT, PendingTable } from './pending.ts';

test('ids are distinct, never 0, and found once', () => {
  const table = new PendingTable<string>(4);
  const ids = ['a', 'b', 'c', 'd'].map((entry) => table.open(entry, 10));
  expect(new Set(ids).size).toBe(4);
  expect(ids).not.toContain(NO_SLOT);
  expect([table.full, table.size, table.open('e', 10)]).toEqual([true, 4, NO_SLOT]);
  expect(ids.map((id) => table.close(id))).toEqual(['a', 'b', 'c', 'd']);
  expect(ids.map((id) => table.close(id))).toEqual([undefined, undefined, undefined, undefined]);
  expect(table.size).toBe(0);
});

test('an id of an earlier use of the slot finds nothing and frees nothing', () => {
  const table = new PendingTable<string>(1);
  const old = table.open('old', 10);
  table.close(old);
  const id = table.open('new', 10);
  expect(table.close(old)).toBeUndefined();
  expect(table.size).toBe(1);
  expect(table.close(id)).toBe('new');
});

test('what is past its time is forgotten once; its slot is kept until the answer, or given up', () => {
  const table = new PendingTable<string>(2);
  const early = table.open('early', 10);
  const late = table.open('late', 20);
  const expired: string[] = [];
  table.sweep(9, false, (entry) => expired.push(entry));
  expect(expired).toEqual([]);
  table.sweep(10, false, (entry) => expired.push(entry));
  table.sweep(11, false, (entry) => expired.push(entry));
  expect([expired, table.size, table.full]).toEqual([['early'], 2, true]);
  expect(table.close(early)).toBeUndefined();
  expect(table.size).toBe(1);
  table.sweep(20, true, (entry) => expired.push(entry));
  expect([expired, table.size, table.close(late)]).toEqual([['early', 'late'], 0, undefined]);
});

test('clearing hands over what waits and frees what was forgotten', () => {
  const table = new PendingTable<string>(3);
  const ids = ['a', 'b', 'c'].map((entry, i) => table.open(entry, i));
  table.sweep(0, false, () => {});
  const dropped: string[] = [];
  table.clear((entry) => dropped.push(entry));
  expect([dropped, table.size]).toEqual([['b', 'c'], 0]);
  expect(ids.map((id) => table.close(id))).toEqual([undefined, undefined, undefined]);
});

test('generations come round without ever yielding 0', () => {
  const slots = 2 ** 20;
  const table = new PendingTable<number>(slots);
  const seen = new Set<number>();
  for (let i = 0; i < 10_000; i++) {
    const id = table.open(i, 1);
    expect(id > 0 && id < 2 ** 32).toBe(true);
    seen.add(id);
    expect(table.close(id)).toBe(i);
  }
  expect(seen.size).toBe(4_095);
});
