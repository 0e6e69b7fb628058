// Benchmarks of the book's two indexes alone, beside those that were not chosen (alternatives/): order number to row, and
// prices in order. They are asked what a flow asks. Every case has a loop of its own: a shared one would measure calls
// that cannot be inlined.

import { OrderMap } from '#ringbook/domain/book/order-map.js';
import { OrderRows } from '#ringbook/domain/book/order-rows.js';
import { PriceLevels } from '#ringbook/domain/book/price-levels.js';
import { Side } from '#ringbook/domain/codes.js';
import { OneTableMap } from './alternatives/one-table-map.ts';
import { SortedPriceLevels } from './alternatives/sorted-price-levels.ts';
import { Action, everyday, type Flow, sparse } from './flows/index.ts';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

export function structuresSuite({ seed, tiny }: SuiteOptions): Suite {
  const commands = tiny ? 2_000 : 500_000;
  const few = everyday({ seed, resting: tiny ? 100 : 10_000, commands });
  const many = everyday({ seed, resting: tiny ? 200 : 1_000_000, commands });
  const far = sparse({ seed, resting: tiny ? 100 : 100_000, commands });
  return {
    name: 'structures',
    cases: [
      ...maps('numbers of 10 thousand orders', few),
      ...maps('numbers of 1 million orders', many),
      ...levels('prices, everyday', few),
      ...levels('prices, 100 thousand sparse', far),
    ],
  };
}

/** One design at work: what rests goes in, then the tape's orders come and go. */
interface Design {
  prepare(): void;
  run(): number;
}

function cases(resultOf: string, unit: string, operations: number, designs: Record<string, Design>): Case[] {
  return Object.entries(designs).map(([name, design]) => ({
    name: `${resultOf}: ${name}`,
    unit,
    operations,
    resultOf,
    prepare: () => design.prepare(),
    run: () => design.run(),
  }));
}

function maps(resultOf: string, flow: Flow): Case[] {
  return cases(resultOf, 'command', flow.tape.length, {
    'two tiers (chosen)': twoTiers(flow),
    'one table, keys beside rows': oneTable(flow),
    Map: builtin(flow),
  });
}

/** An order's row is taken and filled for every design: it is part of an order's cost whatever finds it. */
function takeRow(rows: OrderRows, number: number): number {
  const row = rows.take();
  rows.setNumber(row, number);
  return row;
}

function twoTiers({ resting, tape }: Flow): Design {
  let rows = new OrderRows();
  let map = new OrderMap(rows);
  return {
    prepare() {
      rows = new OrderRows();
      map = new OrderMap(rows);
      for (let at = 0; at < resting.length; at++) map.addRow(takeRow(rows, resting.number[at]));
    },
    run() {
      let hash = HASH_START;
      for (let at = 0; at < tape.length; at++) {
        if (tape.action[at] === Action.REST) map.addRow(takeRow(rows, tape.number[at]));
        else if (tape.action[at] === Action.CANCEL) {
          const row = map.get(tape.number[at]);
          hash = hashWord(hash, rows.number(row));
          map.deleteRow(row);
          rows.release(row);
        }
      }
      return hash;
    },
  };
}

function oneTable({ resting, tape }: Flow): Design {
  let rows = new OrderRows();
  let map = new OneTableMap();
  const add = (number: number): void => map.add(number, takeRow(rows, number));
  return {
    prepare() {
      rows = new OrderRows();
      map = new OneTableMap();
      for (let at = 0; at < resting.length; at++) add(resting.number[at]);
    },
    run() {
      let hash = HASH_START;
      for (let at = 0; at < tape.length; at++) {
        if (tape.action[at] === Action.REST) add(tape.number[at]);
        else if (tape.action[at] === Action.CANCEL) {
          const row = map.get(tape.number[at]);
          hash = hashWord(hash, rows.number(row));
          map.delete(tape.number[at]);
          rows.release(row);
        }
      }
      return hash;
    },
  };
}

function builtin({ resting, tape }: Flow): Design {
  let rows = new OrderRows();
  let map = new Map<number, number>();
  return {
    prepare() {
      rows = new OrderRows();
      map = new Map();
      for (let at = 0; at < resting.length; at++) map.set(resting.number[at], takeRow(rows, resting.number[at]));
    },
    run() {
      let hash = HASH_START;
      for (let at = 0; at < tape.length; at++) {
        if (tape.action[at] === Action.REST) map.set(tape.number[at], takeRow(rows, tape.number[at]));
        else if (tape.action[at] === Action.CANCEL) {
          const row = map.get(tape.number[at]) ?? -1;
          hash = hashWord(hash, rows.number(row));
          map.delete(tape.number[at]);
          rows.release(row);
        }
      }
      return hash;
    },
  };
}

/** Prices of bids as they come (positive) and go (negative), one entry for each order. */
function bidPrices({ resting, tape }: Flow): { before: Float64Array; later: Float64Array } {
  const priceOf = new Map<number, number>();
  const before: number[] = [];
  const later: number[] = [];
  for (const columns of [resting, tape]) {
    const prices = columns === resting ? before : later;
    for (let at = 0; at < columns.length; at++) {
      const number = columns.number[at];
      if (columns.action[at] === Action.REST && columns.side[at] === Side.BUY) {
        priceOf.set(number, columns.priceTicks[at]);
        prices.push(columns.priceTicks[at]);
      } else if (columns.action[at] === Action.CANCEL && priceOf.has(number)) prices.push(-(priceOf.get(number) ?? 0));
    }
  }
  return { before: Float64Array.from(before), later: Float64Array.from(later) };
}

function levels(resultOf: string, flow: Flow): Case[] {
  const { before, later } = bidPrices(flow);
  return cases(resultOf, 'price', later.length, {
    'pages and bitmaps (chosen)': pages(before, later),
    'sorted array': sortedArray(before, later),
  });
}

function pages(before: Float64Array, later: Float64Array): Design {
  let index = new PriceLevels(Side.BUY);
  const play = (prices: Float64Array): number => {
    const { rows } = index;
    let hash = HASH_START;
    for (const price of prices) {
      const level = index.ensure(Math.abs(price));
      const orders = rows.orders(level) + (price > 0 ? 1 : -1);
      rows.setOrders(level, orders);
      if (orders === 0) index.remove(level);
      hash = hashWord(hash, index.best() < 0 ? 0 : index.priceOf(index.best()));
    }
    return hash;
  };
  return {
    prepare() {
      index = new PriceLevels(Side.BUY);
      play(before);
    },
    run: () => play(later),
  };
}

function sortedArray(before: Float64Array, later: Float64Array): Design {
  let index = new SortedPriceLevels(Side.BUY);
  let counts = new Int32Array(0);
  const play = (prices: Float64Array): number => {
    let hash = HASH_START;
    for (const price of prices) {
      const known = index.find(Math.abs(price));
      const level = known < 0 ? index.insert(price) : known;
      counts[level] += price > 0 ? 1 : -1;
      if (counts[level] === 0) index.remove(level);
      hash = hashWord(hash, index.best() < 0 ? 0 : index.priceOf(index.best()));
    }
    return hash;
  };
  return {
    prepare() {
      index = new SortedPriceLevels(Side.BUY);
      counts = new Int32Array(before.length + later.length);
      play(before);
    },
    run: () => play(later),
  };
}
