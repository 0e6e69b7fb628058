// Made at the first asking, and again only when it could not be made.

import { expect, it } from 'vitest';
import { madeOnce } from './made-once.ts';

it('makes once for all who ask, and again when it could not be made', async () => {
  const outcomes = [Promise.reject(new Error('no file')), Promise.resolve({ version: 1 })];
  let calls = 0;
  const ask = madeOnce(() => outcomes[calls++]);
  const together = await Promise.allSettled([ask(), ask()]);
  expect([calls, ...together.map(({ status }) => status)]).toEqual([1, 'rejected', 'rejected']);
  expect(await ask()).toEqual({ version: 1 });
  expect(await ask()).toBe(await ask());
  expect(calls).toBe(2);
});
