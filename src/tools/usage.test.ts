// Every tool says how it is used, before it looks at anything else or does anything.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PACKAGE = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
/** All that there are: a new one may not be forgotten here. */
const TOOLS = [...PACKAGE.matchAll(/node dist\/tools\/([a-z-]+)\.js/g)].map(([, name]) => name);

it('knows the tools', () => {
  expect(TOOLS).toContain('io-faults');
});

it.each(TOOLS)('%s --help', (name) => {
  const tool = fileURLToPath(new URL(`../../dist/tools/${name}.js`, import.meta.url));
  if (!existsSync(tool)) throw new Error(`${tool} is missing: npm run build`);
  const ended = spawnSync(process.execPath, [tool, '--unknown', '--help'], { encoding: 'utf8' });
  expect(ended.stdout).toMatch(/^Usage: npm run [a-z-]+ -- .*\n\n/);
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
});
