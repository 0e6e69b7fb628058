// Every tool says how it is used, before it looks at anything else or does anything.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PACKAGE = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
/** All that there are: a new one may not be forgotten here. */
const TOOLS = [...PACKAGE.matchAll(/node dist\/tools\/([a-z-]+)\.js/g)].map(([, name]) => name);

it('knows the tools', () => {
  expect(TOOLS).toContain('io-faults');
});

function run(file: string, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const path = fileURLToPath(new URL(`../../dist/${file}.js`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run build`);
  return spawnSync(process.execPath, [path, ...words], { encoding: 'utf8' });
}

it.each(TOOLS)('%s --help', (name) => {
  const ended = run(`tools/${name}`, '--unknown', '--help');
  expect(ended.stdout).toMatch(/^Usage: npm run [a-z-]+ -- .*\n\n/);
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
});

it.each(['admin', 'journal', 'ledger', 'load'])('ringbook %s --help', (noun) => {
  const ended = run('main', noun, '--help');
  expect(ended.stdout).toMatch(new RegExp(`^usage: ringbook ${noun} `, 'i'));
  expect([ended.stderr, ended.status]).toEqual(['', 0]);
});

it.each([
  ['simulate', '--seeds', 'simulate'],
  ['simulate', '--commands', 'simulate'],
  ['fuzz', '--commands', 'fuzz'],
  ['malformed', '--frames', 'malformed-frames'],
])('%s %s 0 is refused: nothing would be shown', (name, option, file) => {
  const ended = run(`tools/${file}`, option, '0');
  expect([ended.stderr, ended.status]).toEqual([`${name}: ${option} 0: more than 0 are needed\n`, 64]);
});

it('malformed refuses --sockets where no socket would be opened', () => {
  const ended = run('tools/malformed-frames', '--sockets', '3');
  expect([ended.stderr, ended.status]).toEqual(['malformed: --sockets is for --live\n', 64]);
});

it('torture leaves nothing behind when its command line makes no sense', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-usage-'));
  try {
    expect(run('tools/torture', '--cycles', '0', '--directory', directory).status).toBe(64);
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
