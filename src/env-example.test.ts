// .env.example lists every setting there is, no other, and none that is wrong as it stands.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from './config.ts';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../.env.example'), 'utf8');
const CONFIG = readFileSync(resolve(import.meta.dirname, 'config.ts'), 'utf8');

/** The names in config.ts, from the text of its table: what a reader would find there. */
function namesInConfig(): string[] {
  const table = /^const VARIABLES = \{\n(.*?)\n\};\n/ms.exec(CONFIG)?.[1] ?? '';
  return [...table.matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
}

it('names what config.ts reads', () => {
  const names = [...EXAMPLE.matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(15);
  expect(names.toSorted()).toEqual(namesInConfig().toSorted());
});

it('shows the defaults: with every line in force nothing changes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-env-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const plain = readConfig({}, directory);
  const inForce = EXAMPLE.replaceAll(/^#([A-Z][A-Z_]+=)/gm, '$1');
  expect(Object.keys(parseEnv(inForce)).length).toBeGreaterThan(15);
  writeFileSync(join(directory, '.env'), inForce);
  expect(readConfig({}, directory)).toEqual(plain);
});
