// The stop book against a sorted list: what triggers, in which order [14].

import { expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Side } from '../codes.ts';
import { OrderRows } from './order-rows.ts';
import { StopBook } from './stop-book.ts';

interface Stop {
  readonly row: number;
  readonly side: Side;
  readonly price: number;
  readonly number: number;
}

function sorted(stops: Iterable<Stop>, side: Side): Stop[] {
  const sign = side === Side.BUY ? 1 : -1;
  return [...stops]
    .filter((stop) => stop.side === side)
    .sort((a, b) => sign * (a.price - b.price) || a.number - b.number);
}

function dueFirst(stops: Iterable<Stop>, last: number): number {
  const [buy] = sorted(stops, Side.BUY);
  if (buy !== undefined && last > 0 && buy.price <= last) return buy.row;
  const [sell] = sorted(stops, Side.SELL);
  return sell !== undefined && last > 0 && sell.price >= last ? sell.row : -1;
}

it('triggers by side, price and number, whatever the order of arrival', () => {
  const random = new Random(9);
  const rows = new OrderRows();
  const book = new StopBook(rows);
  const stops = new Set<Stop>();
  for (let i = 1; i <= 3_000; i++) {
    if (stops.size === 0 || random.below(10) < 6) {
      const row = rows.take();
      // Mostly rising numbers, sometimes an older one.
      const stop = { row, side: random.pick([Side.BUY, Side.SELL]), price: 1 + random.below(60), number: 0 };
      const number = random.below(5) > 0 ? i * 10 : random.below(i * 10) * 10 + 1 + (i % 9);
      rows.setSide(row, stop.side);
      rows.setNumber(row, number);
      rows.rare.setStopPriceTicks(rows.ensureRare(row), stop.price);
      book.add(row);
      stops.add({ ...stop, number });
    } else {
      const stop = random.pick([...stops]);
      book.remove(stop.row);
      rows.release(stop.row);
      stops.delete(stop);
    }
    const last = random.below(70);
    expect(book.due(last)).toBe(dueFirst(stops, last));
    if (i % 100 > 0) continue;
    for (const side of [Side.BUY, Side.SELL]) {
      const seen: number[] = [];
      book.forEach(side, (row) => {
        seen.push(row);
      });
      expect(seen).toEqual(sorted(stops, side).map((stop) => stop.row));
    }
  }
});

it('stops on an order that waits twice or not at all', () => {
  const rows = new OrderRows();
  const book = new StopBook(rows);
  const row = rows.take();
  rows.setSide(row, Side.BUY);
  rows.rare.setStopPriceTicks(rows.ensureRare(row), 5);
  expect(() => book.remove(row)).toThrow('waits');
  book.add(row);
  expect(() => book.add(row)).toThrow('once');
});
