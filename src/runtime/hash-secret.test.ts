import { expect, it } from 'vitest';
import { randomHashSecret } from './hash-secret.ts';

it('draws two int32, others each time', () => {
  const [one, other] = [randomHashSecret(), randomHashSecret()];
  expect(one.map((half) => half | 0)).toEqual(one);
  expect(other).not.toEqual(one);
});
