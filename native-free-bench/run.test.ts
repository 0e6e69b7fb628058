// The benchmarks, tiny: that they run, agree with their rivals and say on what machine. Loaded from dist/: build first.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../dist/native-free-bench/run.js', import.meta.url));

it('run tiny, with checked results', () => {
  const output: unknown = JSON.parse(
    execFileSync(process.execPath, [RUN, '--tiny', '--json', '--seed', '7'], { encoding: 'utf8' }),
  );
  expect(output).toMatchObject({ seed: 7, tiny: true, machine: { node: process.version } });
  expect(output).toHaveProperty('rows.0.hash');
  expect(output).toMatchObject({
    reports: ['memory', 'growth', 'steady', 'start', 'recovery'].map((name) => ({ name })),
  });
});

it('refuse a suite that is not there', () => {
  expect(() => execFileSync(process.execPath, [RUN, '--tiny', '--only', 'nothing'], { stdio: 'pipe' })).toThrow(
    'no suite named nothing',
  );
});
