// Every tool says how it is used, before it looks at anything else or does anything.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const TOOLS = ['bad-input', 'compare-http', 'fuzz', 'outage', 'power-cut', 'replay', 'simulate', 'soak', 'torture'];

it.each(TOOLS)('%s --help', (name) => {
  const tool = fileURLToPath(new URL(`../../dist/tools/${name}.js`, import.meta.url));
  if (!existsSync(tool)) throw new Error(`${tool} is missing: npm run build`);
  const ended = spawnSync(process.execPath, [tool, '--unknown', '--help'], { encoding: 'utf8' });
  expect(ended.stdout).toMatch(/^Usage: npm run [a-z-]+ -- .*\n\n/);
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
});
