// The expiry queue against a sorted list: who ends first [13], and removal of any.

import { expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { OrderRows } from './order-rows.ts';

interface Ending {
  readonly row: number;
  readonly expiresUs: number;
  readonly number: number;
}

it.each([
  ['few moments', 5],
  ['many moments', 2 ** 51],
])('has the first to end in front: %s', (_name, moments) => {
  const random = new Random(4);
  const rows = new OrderRows();
  const queue = new ExpiryQueue(rows);
  let model: Ending[] = [];
  for (let i = 1; i <= 3_000; i++) {
    const action = random.below(10);
    if (model.length === 0 || action < (i < 2_000 ? 6 : 2)) {
      const ending = {
        row: rows.take(),
        expiresUs: 1 + random.below(moments),
        number: 1 + random.below(2) * 10_000 + i,
      };
      rows.setNumber(ending.row, ending.number);
      rows.rare.setExpiresUs(rows.ensureRare(ending.row), ending.expiresUs);
      queue.add(ending.row);
      model.push(ending);
      model.sort((a, b) => a.expiresUs - b.expiresUs || a.number - b.number);
    } else {
      const leaving = action < 8 ? random.pick(model) : model[0];
      queue.remove(leaving.row);
      rows.release(leaving.row);
      model = model.filter((other) => other !== leaving);
    }
    expect(queue.size).toBe(model.length);
    expect(queue.first()).toBe(model[0]?.row ?? -1);
    expect(queue.earliestUs()).toBe(model[0]?.expiresUs ?? 0);
  }
});

it('stops on an order without expiry, in it twice or not in it', () => {
  const rows = new OrderRows();
  const queue = new ExpiryQueue(rows);
  const row = rows.take();
  expect(() => queue.add(row)).toThrow('has an expiry');
  rows.rare.setExpiresUs(rows.ensureRare(row), 9);
  expect(() => queue.remove(row)).toThrow('is in it');
  queue.add(row);
  expect(() => queue.add(row)).toThrow('once');
});
