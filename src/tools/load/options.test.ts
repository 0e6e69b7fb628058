// The command line of `ringbook load`: what is left out, and what makes no sense.

import { expect, test } from 'vitest';
import { EVERYDAY, ORDERS_ONLY } from './flow.ts';
import { LOAD_USAGE, readLoadOptions } from './options.ts';

test('the defaults are those of the usage', () => {
  expect(readLoadOptions([])).toMatchObject({
    ...{ over: 'http', perSecond: 2_000, connections: 200, pipeline: 1, threads: 1, seconds: 10, warmupSeconds: 2 },
    ...{ mix: EVERYDAY, seed: 1, sampleMax: 20_000, limitP99Ms: undefined, json: false },
  });
  expect(readLoadOptions(['--over', 'ws'])).toMatchObject({ connections: 4, pipeline: 64 });
  expect(readLoadOptions(['--find-limit'])).toMatchObject({ limitP99Ms: 50, seconds: 5 });
  expect(readLoadOptions(['--closed', '--mix', 'orders'])).toMatchObject({ perSecond: undefined, mix: ORDERS_ONLY });
  expect(readLoadOptions(['--verify', 'all'])?.sampleMax).toBe(Number.POSITIVE_INFINITY);
  expect(readLoadOptions(['--help'])).toBeUndefined();
});

test('the usage names every option that is taken', () => {
  const all =
    '--url --over --rate --closed --connections --pipeline --seconds --warmup --threads --mix --seed --verify';
  for (const option of `${all} --find-limit --p99-ms --json --help`.split(' '))
    expect(LOAD_USAGE).toContain(`  ${option}`);
});

test.each([
  [['--over', 'tcp'], '--over tcp'],
  [['--mix', 'constructor'], '--mix constructor'],
  [['--rate', '0'], '--rate 0'],
  [['--rate', '1', '--closed'], 'exclude each other'],
  [['--closed', '--find-limit'], '--closed has none'],
  [['--p99-ms', '5'], '--p99-ms is for --find-limit'],
  [['--pipeline', '2'], '--pipeline is for'],
  [['--threads', '3', '--connections', '2'], '3 threads need as many connections'],
  [['--verify', 'some'], '--verify knows all'],
  [['--url', 'ws://x'], '--url ws://x'],
  [['now'], 'now'],
])('%j is refused', (args, message) => {
  expect(() => readLoadOptions(args)).toThrow(message);
});
