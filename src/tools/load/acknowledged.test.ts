// The record of a load's acknowledged orders: every number, a fair sample, and what may be wrong with the numbers of all threads.

import { expect, test } from 'vitest';
import { Acknowledged, numberProblems } from './acknowledged.ts';
import type { Placed } from './requests.ts';

function placed(number: number): Placed {
  const order = { client_id: 'a', instrument: 'BTC-USD', side: 'buy', type: 'market', quantity: '1' } as const;
  const amounts = { priceTicks: 0, quantityLots: 1, filledLots: 1 };
  return {
    id: '',
    number,
    order,
    ...amounts,
    status: 'filled',
    cancelUnknown: false,
    amendUnknown: false,
    closed: false,
  };
}

/** Of 1 to `count`, with numbers that repeat. */
function filled(count: number, sampleMax: number): Acknowledged {
  let state = 1;
  const acknowledged = new Acknowledged(sampleMax, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  for (let number = 1; number <= count; number++) acknowledged.add(placed(number));
  return acknowledged;
}

test('all numbers are kept, beyond one block', () => {
  const numbers = filled(150_000, 1).numbers();
  expect([numbers.length, numbers[0], numbers[65_536], numbers[149_999]]).toEqual([150_000, 1, 65_537, 150_000]);
});

test('the sample is all there are, or so many, from early to late', () => {
  const numbersOf = (acknowledged: Acknowledged) => acknowledged.sample.map(({ number }) => number);
  expect(numbersOf(filled(100, Number.POSITIVE_INFINITY))).toHaveLength(100);
  const numbers = numbersOf(filled(10_000, 1_000));
  expect(new Set(numbers).size).toBe(1_000);
  // A tenth of each quarter, give or take six standard deviations.
  for (let quarter = 0; quarter < 4; quarter++) {
    const count = numbers.filter((number) => Math.floor((number - 1) / 2_500) === quarter).length;
    expect(Math.abs(count - 250)).toBeLessThan(90);
  }
});

test('numbers that are new and differ', () => {
  expect(numberProblems([Float64Array.of(11, 13), Float64Array.of(12)], 10, 13)).toEqual([]);
});

test.each<[string, number[][], string]>([
  ['twice in a thread', [[11, 12, 11]], 'two orders have the number 11'],
  ['twice in two threads', [[11], [12, 11]], 'two orders have the number 11'],
  ['from before', [[10]], 'an order has the number 10, and 10 was taken before'],
  ['from the future', [[14]], 'an order has the number 14, and 13 is the last'],
])('a number %s is a problem', (_, threads, problem) => {
  const given = threads.map((numbers) => Float64Array.from(numbers));
  expect(numberProblems(given, 10, 13)).toEqual([problem]);
});
