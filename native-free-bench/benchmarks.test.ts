// BENCHMARKS.md is made of results; here of invented ones. Loaded from dist/: build first.
import { expect, it } from 'vitest';
import type { Results } from './benchmarks-results.ts';
import { benchmarkRows } from './benchmarks-rows.ts';
import { benchmarksText } from './benchmarks-text.ts';
import type { Row } from './measure.ts';

const FACTS = {
  day: '2026-01-02',
  command: 'npm run benchmarks -- --seconds 10',
  versions: [['Ringbook', '0.1.0']],
  fileSystem: 'ext4',
  seconds: 10,
  rounds: 3,
} as const;

function row(suite: string, name: string, rounds: readonly number[]): Row {
  const [operationsPerSecond] = rounds;
  return {
    suite,
    name,
    unit: 'thing',
    resultOf: name,
    operationsPerSecond,
    rounds,
    p50Ns: 1,
    p99Ns: 2,
    runs: 3,
    hash: 'abc',
  };
}

/** Everything just good enough. */
function goodResults(): Results {
  const pair = { reference: [100, 200, 300], subject: [80, 160, 240] };
  const latency = { p50: 0.5, p99: 4, max: 99 };
  const judged = { problems: [] };
  const machine = { cpu: 'C', cores: 2, platform: 'linux x64', os: '6', node: 'v20', v8: '11', loadAverage: 0.5 };
  return {
    suites: {
      ...{
        seed: 1,
        tiny: false,
        machine,
        reports: [{ name: 'pipeline', columns: ['us'], lines: [{ name: 'all', figures: [7] }] }],
      },
      rows: [
        row('hop', 'Atomics ping-pong, two words', [100]),
        row('hop', 'command ring there and back', [50]),
        row('throughput', 'plain copy loop, 64 bytes', [20e6]),
        row('throughput', 'command ring, 64 bytes', [10e6]),
        row('write', 'O_DSYNC writes of the same bytes, frames of 64', [100]),
        row('write', 'journal, frames of 64', [80]),
      ],
    },
    http: { ...judged, perSecond: pair, turns: [{ load: { tool: 'wrk' } }] },
    book: { ...judged, perSecond: pair, turns: [] },
    ws: { ...judged, perSecond: { 'JSON, 1 socket': pair } },
    latency: { ...judged, sync: latency, order: latency, rounds: [{ longSyncs: 0 }] },
    projection: { ...judged, rowsPerSecond: { reference: [100], subject: [50] } },
    lag: { ...judged, p50Seconds: 0.3, maxSeconds: 0.9 },
    cost: { ...judged, reference: 20, subject: 60, garbageShare: 0.005 },
    fanOut: { turns: [] },
  };
}

const metOf = (results: Results) => benchmarkRows(results).map(({ met }) => met);
const ROWS = 9;

it('says of each figure whether it reaches its target', () => {
  expect(metOf(goodResults())).toEqual(Array(ROWS).fill('yes'));
  const good = goodResults();
  const short = { reference: [100, 100, 100], subject: [79, 79, 99] };
  const bad: Results = {
    ...good,
    suites: {
      ...good.suites,
      rows: good.suites.rows.map((one, i) => (i % 2 === 1 ? { ...one, rounds: [one.rounds[0] - 1] } : one)),
    },
    http: { perSecond: short, turns: [], problems: [] },
    book: { perSecond: short, turns: [], problems: [] },
    latency: {
      ...good.latency,
      problems: [],
      sync: { p50: 0, p99: 0, max: 0 },
      order: { p50: 0.5, p99: 4, max: 101 },
      rounds: [{ longSyncs: 0 }],
    },
    projection: { rowsPerSecond: { reference: [100], subject: [49] }, problems: [] },
    lag: { p50Seconds: 0.3, maxSeconds: 1, problems: [] },
    cost: { reference: 20, subject: 60, garbageShare: 0.01, problems: [] },
  };
  expect(metOf(bad)).toEqual(Array(ROWS).fill('no'));
});

it('blames the disk for a long wait in which the disk was long, and nothing else', () => {
  const good = goodResults();
  const latencyRow = (p99: number, longSyncs: number) => {
    const order = { p50: 0.5, p99, max: 150 };
    const latency = { sync: order, order, rounds: [{ longSyncs }], problems: [] };
    return benchmarkRows({ ...good, latency })[1];
  };
  expect(latencyRow(4, 1).met).toBe('yes');
  expect(latencyRow(4, 1).figure).toContain('1 syncs of the journal beyond 100 ms');
  expect(latencyRow(6, 1).met).toBe('no');
  expect(latencyRow(4, 0).met).toBe('no');
});

it('judges nothing that was not measured or went wrong', () => {
  const good = goodResults();
  const results = {
    ...good,
    http: undefined,
    projection: { rowsPerSecond: { reference: [1], subject: [1] }, problems: ['rows differ'] },
  };
  const health = { durability: 'os' };
  const lazy = {
    ...good,
    http: { perSecond: { reference: [1], subject: [1] }, turns: [{ load: { tool: 'wrk' }, health }], problems: [] },
  };
  expect(benchmarkRows(lazy)[0].met).toBe('does not count: durability was os');
  const [http, , , , , projection] = benchmarkRows(results);
  expect(http).toMatchObject({ figure: '-', met: 'not measured' });
  expect(projection.met).toBe('does not count: rows differ');
});

it('writes machine, versions, seed, method and every row', () => {
  const text = benchmarksText(goodResults(), FACTS);
  expect(text).toContain('`npm run benchmarks -- --seconds 10`');
  expect(text).toContain('C, 2 cores, linux x64 6   Node v20, V8 11   load average 0.50');
  expect(text).toContain('Seed 1; 3 rounds of 10 s; taken on 2026-01-02');
  expect(text).toContain('Journals on ext4;');
  expect(text).toContain('closed loops over HTTP by wrk');
  for (const { what, target, method } of benchmarkRows(goodResults())) {
    expect(text).toContain(`| ${what} |`);
    expect(text).toContain(target);
    expect(text).toContain(method);
  }
  expect(text).toContain('| 160 orders/s (80.0 %) | 200 orders/s | >= 80 % of the reference | yes |');
});
