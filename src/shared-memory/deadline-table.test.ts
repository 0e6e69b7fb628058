// One deadline a key, whoever sets it, and each found due once.

import { expect, test } from 'vitest';
import { DeadlineTable } from './deadline-table.ts';

const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (keys: readonly Uint8Array[]): string[] => keys.map((bytes) => Buffer.from(bytes).toString()).sort();

function twoOf(entries: number): [DeadlineTable, DeadlineTable] {
  const buffer = new SharedArrayBuffer(DeadlineTable.bytesNeeded(entries));
  return [new DeadlineTable(buffer), new DeadlineTable(buffer)];
}

test('the last one set counts, wherever it was set, and is due for one alone', () => {
  const [first, second] = twoOf(4);
  first.set(key('a'), 100);
  second.set(key('a'), 200);
  expect(first.size).toBe(1);
  expect(first.takeDue(199)).toEqual([]);
  expect(texts(first.takeDue(200))).toEqual(['a']);
  expect(second.takeDue(10_000)).toEqual([]);
  expect(second.size).toBe(0);
});

test('keys of one length, of the greatest, and one that begins like another are told apart', () => {
  const [table] = twoOf(8);
  const keys = ['a', 'b', 'ab', 'x'.repeat(64), `${'x'.repeat(63)}y`];
  for (const [at, text] of keys.entries()) table.set(key(text), at);
  expect(table.size).toBe(5);
  expect(texts(table.takeDue(2))).toEqual(['a', 'ab', 'b']);
  expect(texts(table.takeDue(9))).toEqual([...keys.slice(3)].sort());
});

test('a removed one leaves the others, and its room', () => {
  const [table, other] = twoOf(3);
  for (const text of ['a', 'b', 'c']) expect(table.set(key(text), 5)).toBe(true);
  expect(other.set(key('d'), 5)).toBe(false);
  expect(other.set(key('b'), 7)).toBe(true);
  other.remove(key('a'));
  other.remove(key('nobody'));
  expect(table.set(key('d'), 6)).toBe(true);
  expect(texts(table.takeDue(6))).toEqual(['c', 'd']);
  expect(texts(table.takeDue(7))).toEqual(['b']);
});

test('a key has 1 to 64 bytes', () => {
  const [table] = twoOf(1);
  expect(() => table.set(key(''), 1)).toThrow('64 bytes');
  expect(() => table.set(key('x'.repeat(65)), 1)).toThrow('64 bytes');
});
