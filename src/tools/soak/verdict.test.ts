// The soak's verdict: a server that has settled passes, and each thing that grows fails its own row.

import { expect, test } from 'vitest';
import { CheckReport } from '../check-report.ts';
import type { IntervalCounts, Sample } from './sample.ts';
import { enoughSamples, growthOf, judge } from './verdict.ts';

const MIB = 2 ** 20;
const RATE = 5_000;
const SAMPLES = 180;
const SECONDS = 10;
const COUNTS: IntervalCounts = { rests: 1, takes: 1, cancels: 1, amends: 1, late: 1, refused: 0, lost: 0 };

/** Settled, and as restless as a real one: heaps breathe, snapshots make peaks, sizes are saws. */
function settled(n: number): Sample {
  const breath = (n * 7) % 5;
  return {
    seconds: (n + 1) * SECONDS,
    rssBytes: 900 * MIB + breath * 4 * MIB + (n % 12 === 0 ? 400 * MIB : 0),
    heapBytes: 20 * MIB,
    externalBytes: 3 * MIB,
    fds: 120 + (n % 3),
    openOrders: 20_000 + breath * 10,
    keys: 2 ** 22,
    snapshots: Math.floor(n / 12),
    lag: { follower: 0, market_data: 0.01, postgres: breath / 10, redis: 0.05 },
    bytes: {
      journal: (4 + (n % 12)) * 64 * MIB,
      spool: (1 + breath) * 10 * MIB,
      snapshots: 500 * MIB,
      archive: n * 10 * MIB,
      postgres: n * 30 * MIB,
    },
    perSecond: RATE,
    p50Ms: 1,
    p99Ms: 8 + breath,
    maxMs: 30 + breath,
    counts: COUNTS,
  };
}

function verdict(change: (sample: Sample, n: number) => Partial<Sample>, count = SAMPLES): string {
  const samples = Array.from({ length: count }, (_, n) => ({ ...settled(n), ...change(settled(n), n) }));
  const report = new CheckReport();
  judge(samples, RATE, report);
  expect(report.text().endsWith(report.passed ? 'PASS\n' : 'FAIL\n')).toBe(true);
  return report.text();
}

test('a settled server passes', () => {
  expect(verdict(() => ({}))).toContain('PASS');
});

test('what fills in the first third is no growth', () => {
  const filled = (n: number) => Math.min(1, n / 50);
  const text = verdict((sample, n) => ({
    rssBytes: sample.rssBytes * filled(n),
    openOrders: sample.openOrders * filled(n),
    p99Ms: sample.p99Ms / Math.max(filled(n), 0.01),
  }));
  expect(text).toContain('PASS');
});

test('memory and snapshots of keys that still fill their window are no growth', () => {
  const keysOf = (n: number) => n * 20_000;
  const text = verdict((sample, n) => ({
    keys: keysOf(n),
    rssBytes: sample.rssBytes + keysOf(n) * 1_500,
    bytes: { ...sample.bytes, snapshots: keysOf(n) * 200 },
  }));
  expect(text).toContain('PASS');
});

test('memory that grows by more than keys may take fails while they fill', () => {
  const text = verdict((sample, n) => ({ keys: n * 20_000, rssBytes: sample.rssBytes + n * 20_000 * 3_000 }));
  expect(text).toMatch(/memory, keys still filling: grew by .* MiB, 29\d\d bytes for each new key/);
});

test('a window of keys that is full late is judged from there', () => {
  const keysOf = (n: number) => Math.min(2 ** 22, n * 35_000);
  const change = (leak: number) => (sample: Sample, n: number) => ({
    keys: keysOf(n),
    rssBytes: sample.rssBytes + keysOf(n) * 1_500 + n * leak,
    bytes: { ...sample.bytes, snapshots: keysOf(n) * 500 },
  });
  expect(verdict(change(0))).toContain('PASS');
  expect(verdict(change(4 * MIB))).toMatch(/memory: grew by 2\d\d\.\d MiB/);
});

const after = (n: number, from: number) => Math.max(0, n - from);

test.each<[what: string, change: (sample: Sample, n: number) => Partial<Sample>, row: RegExp]>([
  // 400 KiB in ten seconds: eight bytes a command.
  ['memory', (s, n) => ({ rssBytes: s.rssBytes + n * 0.4 * MIB * 2 }), /memory: grew by 9\d\.\d MiB/],
  ['memory that stays after a late step', (s, n) => ({ rssBytes: s.rssBytes + (n > 120 ? 200 * MIB : 0) }), /memory/],
  ['the lag', (s, n) => ({ lag: { ...s.lag, postgres: n / 20 } }), /lag of postgres: grew by 5\.\d s/],
  ['one sink’s lag at once', (s, n) => ({ lag: { ...s.lag, redis: n === 100 ? 31 : 0 } }), /lag of redis/],
  ['open files', (s, n) => ({ fds: s.fds + Math.floor(n / 10) }), /open files: grew by 1\d/],
  ['the book', (s, n) => ({ openOrders: s.openOrders + n * 20 }), /open orders/],
  ['a book that empties', (s, n) => ({ openOrders: s.openOrders - n * 20 }), /open orders: changed by -2/],
  ['the journal', (s, n) => ({ bytes: { ...s.bytes, journal: n * 8 * MIB } }), /size of journal/],
  ['the spool', (s, n) => ({ bytes: { ...s.bytes, spool: after(n, 100) * 8 * MIB } }), /size of spool/],
  ['snapshots', (s, n) => ({ bytes: { ...s.bytes, snapshots: n * 8 * MIB } }), /size of snapshots/],
  ['refusals', (s, n) => ({ counts: { ...s.counts, refused: n === 5 ? 1 : 0 } }), /refused: expected 0, found 1/],
  ['lost answers', (s, n) => ({ counts: { ...s.counts, lost: n === 170 ? 2 : 0 } }), /without an answer/],
  ['a rate that is not held', () => ({ perSecond: RATE * 0.98 }), /answers a second: 4900/],
  ['latency', (s, n) => ({ p99Ms: n > 120 ? s.p99Ms * 3 : s.p99Ms }), /p99, last third: was/],
])('fails for %s', (_what, change, row) => {
  const text = verdict(change);
  expect(text).toContain('FAIL');
  expect(text).toContain('1 WRONG');
  expect(text.match(/WRONG/g)).toHaveLength(1);
  expect(text).toMatch(row);
});

test('history is told of by the hour, and a short run is not judged', () => {
  const samples = Array.from({ length: SAMPLES }, (_, n) => settled(n));
  expect(growthOf(samples, 'archive')).toBeCloseTo(3600 * MIB);
  expect(enoughSamples(samples)).toBe(true);
  expect(enoughSamples(samples.slice(0, 7))).toBe(false);
});
