// The example in README.md runs, and prints what its comments say.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createExchange } from './index.ts';

it('the example in README.md does what it says', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const expected = [...example.matchAll(/^console\.log.*\/\/ (.*)$/gm)].map((match) => match[1]);
  expect(expected.length).toBe(4);
  const printed: string[] = [];
  const console = { log: (...values: unknown[]) => printed.push(values.join(' ')) };
  const body = example.replace(/^import .*$/m, '');
  new Function('createExchange', 'console', body)(createExchange, console);
  expect(printed.filter((text) => !['trade', 'order', 'refused'].includes(text))).toEqual(expected);
  expect(printed).toContain('trade');
});
