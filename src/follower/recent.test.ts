// The follower's memory of what has closed and traded: bounded, the oldest make room, nothing is found twice or wrongly.

import { describe, expect, it } from 'vitest';
import { OrderRows } from '../domain/book/order-rows.ts';
import { RecentOrders } from './recent-orders.ts';
import { RecentTrades } from './recent-trades.ts';

describe('recent orders', () => {
  it('are the newest ones, found by number', () => {
    const source = new OrderRows();
    const row = source.take();
    source.clear(row);
    const recent = new RecentOrders(3);
    for (let number = 1; number <= 10; number++) {
      source.setNumber(row, number);
      source.setQuantityLots(row, number * 100);
      recent.add(source, row);
      for (let known = 1; known <= 10; known++) {
        const found = recent.find(known);
        expect(found >= 0).toBe(known <= number && known > number - 3);
        if (found >= 0) expect(recent.rows.quantityLots(found)).toBe(known * 100);
      }
    }
  });
});

describe('recent trades', () => {
  it('are told by instrument, newest first, as far back as they are kept', () => {
    const recent = new RecentTrades(8);
    const instruments: number[] = [];
    const chain = (instrument: number) => {
      const numbers: number[] = [];
      for (let n = recent.newestOf(instrument); n > 0; n = recent.before(n)) numbers.push(n);
      return numbers;
    };
    for (let number = 1; number <= 50; number++) {
      instruments[number] = number % 7 === 0 ? 2 : number % 3;
      recent.slotForNext(number, instruments[number]);
      for (const instrument of [0, 1, 2, 3]) {
        const kept = Array.from({ length: 8 }, (_, back) => number - back).filter((n) => n > 0);
        expect(chain(instrument)).toEqual(kept.filter((n) => instruments[n] === instrument));
      }
    }
  });
});
