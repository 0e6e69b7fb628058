// The benchmarks, tiny: that they run, agree with their rivals, compute something that depends on their input, and say
// on what machine. Loaded from dist/: build first.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { measureSuite } from './measure.ts';
import type { Output } from './output.ts';
import { type Case, rivals } from './suite.ts';

const RUN = fileURLToPath(new URL('../dist/native-free-bench/run.js', import.meta.url));
const SUITES = 'book,structures,engine,codec,protocol,l2-book,journal,write,ring,throughput,hop,pipeline'.split(',');
/** Asked how long one thing takes, whatever the input; and a flow in which nothing is drawn. */
const WITHOUT_INPUT = /^(doorbell|histogram|flash crash)/;

const directory = mkdtempSync(join(tmpdir(), 'ringbook-bench-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

function run(...args: string[]): string {
  return execFileSync(process.execPath, [RUN, '--tiny', ...args], { encoding: 'utf8', stdio: 'pipe' });
}

const seven: Output = JSON.parse(run('--json', '--seed', '7'));

it('run tiny, with checked results', () => {
  expect(seven).toMatchObject({ seed: 7, tiny: true, machine: { node: process.version } });
  expect(seven.machine.loadAverage).toBeGreaterThanOrEqual(0);
  expect([...new Set(seven.rows.map(({ suite }) => suite))]).toEqual(SUITES);
  expect(seven.reports.map(({ name }) => name)).toEqual([
    'memory',
    'growth',
    'steady',
    'start',
    'recovery',
    'pipeline, durable',
  ]);
});

it('come to something else from another seed, each of them', () => {
  const eight: Output = JSON.parse(run('--json', '--seed', '8', '--only', SUITES.join(',')));
  const same = eight.rows.filter(({ hash }, i) => hash === seven.rows[i].hash).map(({ name }) => name);
  expect(same.filter((name) => !WITHOUT_INPUT.test(name))).toEqual([]);
});

it('are shown beside an earlier run, with a note where the result is another', () => {
  const [decimal, ...others] = seven.rows.filter(({ suite }) => suite === 'codec');
  const file = join(directory, 'earlier.json');
  const earlier = { ...seven, rows: [{ ...decimal, operationsPerSecond: 1, hash: 'other' }, ...others.slice(1)] };
  writeFileSync(file, JSON.stringify(earlier));
  const lines = run('--seed', '7', '--only', 'codec', '--compare', file).split('\n');
  const lineOf = (name: string) => lines.find((line) => line.includes(`${name}  `)) ?? '';
  expect(lines[1]).toMatch(/^against seed 7 .* load average/);
  expect(lineOf(decimal.name)).toMatch(/ 1 +\d+\.00 +another result$/);
  expect(lineOf(others[0].name)).toMatch(/ new$/);
  expect(lineOf(others[1].name)).toMatch(/ \d+\.\d\d$/);
});

it('fail when a case comes to something else on another run, or than its rival', async () => {
  let count = 0;
  const measured = (runs: Record<string, Case['run']>) =>
    measureSuite({ name: 'broken', cases: rivals('thing', 'result', 1, runs) }, true);
  await expect(measured({ one: () => count++ })).rejects.toThrow('one: result 1 after 0');
  await expect(measured({ one: () => 1, two: () => 2 })).rejects.toThrow('two: 2, but one: 1');
  await expect(measured({ one: () => 1, two: () => 1 })).resolves.toHaveLength(2);
});

it('refuse a suite that is not there', () => {
  expect(() => run('--only', 'ring,nothing')).toThrow('no suite named nothing');
});
