// The book against plain arrays of queues: totals, order, icebergs, removal anywhere.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { Side } from '../codes.ts';
import { OrderBook } from './order-book.ts';
import { OrderRows } from './order-rows.ts';

const MAX = Number.MAX_SAFE_INTEGER;

interface Plain {
  readonly row: number;
  readonly price: number;
  open: number;
  hidden: number;
}

/** A book beside its model: for each side the orders in order of arrival at their place. */
class Pair {
  readonly rows = new OrderRows();
  readonly book = new OrderBook(this.rows);
  readonly models = { [Side.BUY]: [] as Plain[], [Side.SELL]: [] as Plain[] };

  append(side: Side, price: number, open: number, hidden = 0): Plain {
    const row = this.rows.take();
    this.rows.setSide(row, side);
    this.rows.setPriceTicks(row, price);
    this.rows.setShownLots(row, open);
    this.book.side(side).append(row, hidden);
    const order = { row, price, open, hidden };
    this.models[side].push(order);
    return order;
  }

  remove(side: Side, order: Plain): void {
    this.book.side(side).remove(order.row, order.hidden);
    this.rows.release(order.row);
    this.models[side].splice(this.models[side].indexOf(order), 1);
  }

  reduce(side: Side, order: Plain, displayed: number, hidden: number): void {
    this.book.side(side).reduce(this.rows.level(order.row), displayed, hidden);
    order.open -= displayed;
    order.hidden -= hidden;
    this.rows.setShownLots(order.row, order.open);
  }

  replenish(side: Side, order: Plain, lots: number): void {
    const model = this.models[side];
    this.reduce(side, order, order.open, 0);
    this.book.side(side).replenish(order.row, lots);
    order.open = lots;
    order.hidden -= lots;
    model.push(...model.splice(model.indexOf(order), 1));
  }

  check(side: Side): void {
    const model = this.models[side];
    const prices = [...new Set(model.map((order) => order.price))].sort((a, b) => (side === Side.BUY ? b - a : a - b));
    const queues = prices.map((price) => model.filter((order) => order.price === price));
    const sum = (queue: Plain[], of: 'open' | 'hidden') => queue.reduce((total, order) => total + order[of], 0);
    const book = this.book.side(side);
    const levels: number[][] = [];
    book.forEachLevel((...level) => {
      levels.push(level);
    });
    expect(levels).toEqual(queues.map((queue) => [queue[0].price, sum(queue, 'open'), queue.length, queue[0].row]));
    const rows: number[] = [];
    book.forEachOrder((row) => {
      rows.push(row);
    });
    expect(rows).toEqual(queues.flat().map((order) => order.row));
    expect(book.bestPriceTicks()).toBe(prices[0] ?? 0);
    let level = book.bestLevel();
    for (const queue of queues) {
      expect(book.priceOf(level)).toBe(queue[0].price);
      expect(book.depthAt(queue[0].price)).toBe(book.lotsOf(level));
      expect(book.hiddenOf(level)).toBe(sum(queue, 'hidden'));
      expect(book.firstOf(level)).toBe(queue[0].row);
      level = book.nextLevel(level);
    }
    expect(level).toBe(-1);
  }
}

describe('order book', () => {
  it.each([
    ['many orders a level', 20],
    ['few orders a level', 3_000],
  ])('keeps queues and totals: %s', (_name, range) => {
    const random = new Random(5);
    const pair = new Pair();
    for (let i = 0; i < 6_000; i++) {
      const side = random.pick([Side.BUY, Side.SELL]);
      const order = random.pick(pair.models[side]);
      const action = random.below(10);
      if (order === undefined || action < 5) {
        const hidden = random.below(4) === 0 ? 1 + random.below(50) : 0;
        pair.append(side, 1_000 + random.below(range), 1 + random.below(100), hidden);
      } else if (action < 8) pair.remove(side, order);
      else if (order.hidden > 0) pair.replenish(side, order, 1 + random.below(order.hidden));
      else if (order.open > 1) pair.reduce(side, order, 1 + random.below(order.open - 1), 0);
      if (i % 100 === 0) pair.check(side);
    }
    for (const side of [Side.BUY, Side.SELL]) {
      pair.check(side);
      for (const order of [...pair.models[side]]) pair.remove(side, order);
      pair.check(side);
    }
  });

  it('knows what crosses: touching does', () => {
    const { book } = new Pair();
    expect(book.crosses(Side.BUY, MAX)).toBe(false);
    const pair = new Pair();
    pair.append(Side.SELL, 100, 1);
    pair.append(Side.BUY, 90, 1);
    expect([99, 100, 101].map((price) => pair.book.crosses(Side.BUY, price))).toEqual([false, true, true]);
    expect([89, 90, 91].map((price) => pair.book.crosses(Side.SELL, price))).toEqual([true, true, false]);
  });

  it('has room for exact totals only, hidden parts included', () => {
    const pair = new Pair();
    expect(pair.book.bids.hasRoom(7, MAX)).toBe(true);
    pair.append(Side.BUY, 7, MAX - 10, 4);
    expect(pair.book.bids.hasRoom(7, 6)).toBe(true);
    expect(pair.book.bids.hasRoom(7, 7)).toBe(false);
    expect(pair.book.bids.hasRoom(8, MAX)).toBe(true);
    expect(() => pair.append(Side.BUY, 7, 7)).toThrow('exact');
  });

  it('stops its walks when the visitor has enough', () => {
    const pair = new Pair();
    for (let i = 1; i < 10; i++) pair.append(Side.SELL, i, 1);
    const seen: number[] = [];
    pair.book.asks.forEachLevel((price) => seen.push(price) < 3);
    pair.book.asks.forEachOrder((row) => seen.push(row) < 5);
    expect(seen).toHaveLength(5);
  });

  it('stops on an order that rests twice, rests nowhere or displays nothing', () => {
    const pair = new Pair();
    const order = pair.append(Side.BUY, 5, 5);
    expect(() => pair.book.bids.append(order.row, 0)).toThrow('once');
    pair.remove(Side.BUY, order);
    expect(() => pair.book.bids.remove(order.row, 0)).toThrow('rests');
    expect(() => pair.append(Side.BUY, 5, 0)).toThrow('displays');
    const other = pair.append(Side.BUY, 6, 5);
    expect(() => pair.book.bids.replenish(other.row, 5)).toThrow('displays nothing');
    expect(() => pair.book.bids.reduce(pair.rows.level(other.row), 6, 0)).toThrow('less than nothing');
  });
});
