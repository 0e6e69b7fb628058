// The order map against Map, through growth and removal, for numbers as the engine, the price index and nobody makes them.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { OrderMap } from './order-map.ts';
import { OrderRows } from './order-rows.ts';

/** A map with a small front beside its model, fed with the same. */
class Pair {
  readonly rows = new OrderRows();
  readonly map: OrderMap;
  readonly model = new Map<number, number>();
  readonly keys: number[] = [];

  constructor(frontSlots = 4) {
    this.map = new OrderMap(this.rows, frontSlots);
  }

  add(key: number): void {
    const row = this.rows.take();
    this.rows.setNumber(row, key);
    this.map.addRow(row);
    this.model.set(key, row);
    this.keys.push(key);
  }

  deleteAt(index: number): void {
    const key = this.keys[index];
    this.keys[index] = this.keys[this.keys.length - 1];
    this.keys.pop();
    const row = this.map.get(key);
    this.map.deleteRow(row);
    this.rows.release(row);
    this.model.delete(key);
    expect(this.map.get(key)).toBe(-1);
  }

  check(): void {
    expect(this.map.size).toBe(this.model.size);
    for (const [key, row] of this.model) if (this.map.get(key) !== row) expect.fail(`${key} is lost`);
  }
}

const FLOWS: [string, (random: Random, last: number) => number][] = [
  ['consecutive numbers', (_random, last) => last + 1],
  ['gaps', (random, last) => last + 1 + random.below(30)],
  ['numbers beyond 32 bits', (random, last) => last + 2 ** 33 + random.below(100)],
  ['numbers with equal low bits', (_random, last) => last + 2 ** 32],
  ['numbers with one home in small tables', (_random, last) => last + 16 * 0x10000],
];

describe('order map', () => {
  it.each(FLOWS)('is a map: %s', (_name, next) => {
    const random = new Random(7);
    const pair = new Pair();
    let last = 1;
    for (let i = 0; i < 20_000; i++) {
      const adds = i % 4_000 < 2_500 ? 75 : 20;
      if (random.below(100) < adds || pair.keys.length === 0) {
        last = next(random, last);
        pair.add(last);
      } else pair.deleteAt(random.below(pair.keys.length));
      const probe = pair.keys[random.below(pair.keys.length)] ?? 1;
      expect(pair.map.get(probe)).toBe(pair.model.get(probe) ?? -1);
      if (i % 500 === 0) pair.check();
    }
    pair.check();
  });

  it('finds everything at every size while its entries move', () => {
    const random = new Random(3);
    const pair = new Pair();
    for (let size = 1; size <= 3_000; size++) {
      pair.add(size * 7);
      // Removing right after adding keeps old and new table both in use for long.
      if (random.below(3) === 0) pair.deleteAt(random.below(pair.keys.length));
      if (size < 500 || size % 50 === 0) pair.check();
    }
  });

  it('finds keys that all have one home, and says so of those that are not there', () => {
    const pair = new Pair(1);
    const keys = sameHome(400);
    for (const key of keys.slice(0, 300)) pair.add(key);
    pair.check();
    for (const key of keys.slice(300)) expect(pair.map.get(key)).toBe(-1);
    for (let i = 0; i < 150; i++) pair.deleteAt((i * 31) % pair.keys.length);
    pair.check();
    for (let key = 1; key < 2_000; key++) if (!pair.model.has(key)) pair.add(key);
    pair.check();
    while (pair.keys.length > 0) pair.deleteAt(pair.keys.length >>> 1);
    for (const key of keys) expect(pair.map.get(key)).toBe(-1);
    expect(pair.map.size).toBe(0);
  });

  it('says what is not there though every group was full once and someone went on', () => {
    const pair = new Pair(1);
    const homes = [0, 1, 2, 3].map(keysOfHome);
    for (const [home] of homes.entries()) {
      for (const key of homes[home].slice(0, 18)) pair.add(key);
      // 16 of them filled the group, the 17th went on, the last one is in front. Those that went on stay.
      for (const key of homes[home].slice(0, 16)) pair.deleteAt(pair.keys.indexOf(key));
      pair.check();
    }
    for (const keys of homes) for (const absent of keys.slice(18)) expect(pair.map.get(absent)).toBe(-1);
    const absent = pair.rows.take();
    for (const [, , , key] of homes) {
      pair.rows.setNumber(absent, key);
      expect(() => pair.map.deleteRow(absent)).toThrow('far map: the row to delete is present');
    }
    while (pair.keys.length > 0) pair.deleteAt(0);
  });

  it('is a map with its usual front too', () => {
    const random = new Random(2);
    const pair = new Pair(65_536);
    for (let number = 1; number < 200_000; number += 1 + random.below(4)) {
      pair.add(number);
      if (random.below(100) < 85) pair.deleteAt(Math.floor(pair.keys.length * random.below(1_000) ** 0.1 * 0.501));
    }
    pair.check();
  });

  it('has nothing under numbers that are no keys', () => {
    const pair = new Pair();
    for (let key = 1; key <= 40; key++) pair.add(key);
    for (const none of [0, -0, -1, 0.5, 1.5, 2 ** 32 + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(pair.map.get(none)).toBe(-1);
    }
  });

  it('stops on a key deleted twice and on one that is none', () => {
    const pair = new Pair();
    pair.add(5);
    pair.deleteAt(0);
    expect(() => pair.map.deleteRow(pair.map.get(5))).toThrow('present');
    pair.rows.setNumber(0, 0);
    expect(() => pair.map.addRow(0)).toThrow('positive');
  });
});

/** Keys that share the home slot of a table of any size up to 2^12 slots: found by trying. */
function sameHome(count: number): number[] {
  const keys: number[] = [];
  for (let block = 1; keys.length < count; block++) {
    if (Math.imul(block, 0x9e3779b1) >>> 24 === 0) keys.push(block * 16 + 3);
  }
  return keys;
}

/** 30 keys at home in one group of the smallest table, which has 4; each of a block of its own. */
function keysOfHome(home: number): number[] {
  const keys: number[] = [];
  for (let block = 1; keys.length < 30; block++) {
    if (Math.imul(block, 0x9e3779b1) >>> 30 === home) keys.push(block * 16);
  }
  return keys;
}
