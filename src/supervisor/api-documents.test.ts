// The documents of the interfaces are made once, unless that fails.

import { expect, it } from 'vitest';
import { documentAnswer } from './api-documents.ts';

it('makes a document once, and again when it could not be made', async () => {
  const outcomes = [Promise.reject(new Error('no file')), Promise.resolve({ version: 1 })];
  let made = 0;
  const answer = documentAnswer(() => outcomes[made++]);
  const together = await Promise.allSettled([answer(), answer()]);
  expect([made, ...together.map(({ status }) => status)]).toEqual([1, 'rejected', 'rejected']);
  expect(await answer()).toEqual({ status: 200, contentType: 'application/json', body: '{"version":1}' });
  expect(await answer()).toBe(await answer());
  expect(made).toBe(2);
});
