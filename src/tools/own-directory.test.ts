// What a failed run leaves is what its message names: a tool that deletes it leaves nothing to look at.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inOwnDirectory } from './own-directory.ts';

let parent = '';
let said = '';

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ringbook-own-directory-'));
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(parent, { recursive: true, force: true });
});

function runIn(run: () => boolean): Promise<number> {
  return inOwnDirectory({ parent, prefix: 'run-', holds: 'Logs' }, async (directory) => {
    writeFileSync(join(directory, 'ringbook.log'), '');
    return run();
  });
}

it('is gone after a run that passed', async () => {
  expect(await runIn(() => true)).toBe(0);
  expect([readdirSync(parent), said]).toEqual([[], '']);
});

it('is kept and named after one that did not', async () => {
  expect(await runIn(() => false)).toBe(1);
  const [kept] = readdirSync(parent).map((name) => join(parent, name));
  expect(said).toBe(`Logs are kept in ${kept}\n`);
  expect(existsSync(join(kept, 'ringbook.log'))).toBe(true);
});

it('is kept and named after one that threw', async () => {
  const failed = runIn(() => {
    throw new Error('see the log');
  });
  await expect(failed).rejects.toThrow('see the log');
  expect(said).toMatch(/^Logs are kept in /);
  expect(readdirSync(parent)).toHaveLength(1);
});
