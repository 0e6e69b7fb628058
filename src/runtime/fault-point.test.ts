// What a plan may be, and that only its own pass of its own point ends a process.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseFaultPlan } from './fault-point.ts';

const BUILT = new URL('../../dist/runtime/fault-point.js', import.meta.url);

it.each(['', 'nowhere', 'after_write:', 'after_write:0', 'after_write:1:2', 'AFTER_WRITE', 'after_write: 1'])(
  'takes %j for no plan',
  (text) => {
    expect(parseFaultPlan(text)).toBe(undefined);
  },
);

it('ends the process at the pass it names and at no other', () => {
  if (!existsSync(BUILT)) throw new Error(`${BUILT.pathname} is missing: npm run build`);
  const passes = `
    import { parseFaultPlan, passFaultPoint } from '${BUILT.href}';
    const plan = parseFaultPlan('shutdown:3');
    for (let pass = 1; pass < 9; pass++) {
      passFaultPoint(undefined, 'shutdown');
      passFaultPoint(plan, 'after_write');
      console.log(pass);
      passFaultPoint(structuredClone(plan), 'shutdown');
    }`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', passes], { encoding: 'utf8' });
  expect([ended.signal, ended.stdout]).toEqual(['SIGKILL', '1\n2\n3\n']);
});
