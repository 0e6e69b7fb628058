// Whether a server under a steady load has settled: what grows where nothing may, from the samples alone. A tool's process; pure.
// What is judged begins after the first third: until then caches, heaps and the book fill. Memory and snapshots are judged from when
// the idempotency keys have filled their window, or, where a run ends before, by what grew for each new key.

import { IDEMPOTENCY_KEYS_MAX } from '../../domain/idempotency/idempotency-table.ts';
import type { CheckReport } from '../check-report.ts';
import { median } from '../quantile.ts';
import { type Directory, type Sample, SINKS } from './sample.ts';
import { quantileFilter, slope } from './series.ts';

const MIB = 2 ** 20;
const FILTER_WIDTH = 13;
const MEDIAN = 0.5;
/** The thread that takes a snapshot holds a third engine, for a good part of the time where cores are short. */
const LOW = 0.25;
/** What a new key may take of memory: 144 bytes in each of two engines, and what the allocator keeps of the threads that take
 * snapshots, which are larger with every key. Coarse: only with a full window does a small leak show. */
const KEY_BYTES_MAX = 2_048;
/** What one takes in the three snapshots that may be kept, at most. */
const KEY_SNAPSHOT_BYTES = 3 * 170;
/** Heaps breathe: by so much resident memory may have grown over what is judged, as the fitted line says. */
const RSS_NOISE_BYTES = 32 * MIB;
const RSS_NOISE_SHARE = 0.02;
const LAG_MAX_SECONDS = 30;
const LAG_GROWTH_SECONDS = 1;
const FDS_GROWTH = 8;
const OPEN_ORDERS_SHARE = 0.05;
const OPEN_ORDERS_NOISE = 50;
/** A size may go up and down by what comes and goes at once, of a few segments. */
const SIZE_SHARE = 1.25;
const SIZE_NOISE_BYTES = 64 * MIB;
const RATE_SHARE = 0.99;
const DRIFT_FACTOR = 2;
const DRIFT_MS = 5;
const SAMPLES_MIN = 6;
/** A run of so many sample times has as many as are needed after its first third, which is not judged. */
export const RUN_SAMPLES_MIN = 2 * SAMPLES_MIN;
const HOUR_SECONDS = 3600;

/** Fewer samples say nothing. */
export function enoughSamples(samples: readonly Sample[]): boolean {
  return judged(samples).length >= SAMPLES_MIN;
}

/** One row for each thing that must have settled. `perSecond`: the rate that was asked for. */
export function judge(samples: readonly Sample[], perSecond: number, report: CheckReport): void {
  const window = judged(samples);
  judgeRss(window, report);
  for (const sink of SINKS) {
    judgeLag(
      sink,
      window,
      window.map(({ lag }) => lag[sink]),
      report,
    );
  }
  judgeFds(window, report);
  judgeOpenOrders(window, report);
  judgeSize('journal', window, report);
  judgeSize('spool', window, report);
  judgeSize('snapshots', withFullKeys(window), report);
  judgeAnswers(samples, window, perSecond, report);
  judgeDrift(window, report);
}

/** The growth of a directory that keeps history, bytes an hour. */
export function growthOf(samples: readonly Sample[], directory: Directory): number {
  const window = judged(samples);
  return slope(timesOf(window), sizesOf(window, directory)) * HOUR_SECONDS;
}

/** Those with a full window of keys; all when these are too few. */
function withFullKeys(window: readonly Sample[]): readonly Sample[] {
  const full = window.filter(({ keys }) => keys >= IDEMPOTENCY_KEYS_MAX);
  return full.length < SAMPLES_MIN ? window : full;
}

/** All but the first third. */
function judged(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 3));
}

function judgeRss(window: readonly Sample[], report: CheckReport): void {
  const judgedOnes = withFullKeys(window);
  const rss = judgedOnes.map(({ rssBytes }) => rssBytes);
  const perSecond = slope(timesOf(judgedOnes), quantileFilter(rss, FILTER_WIDTH, LOW));
  const growth = perSecond * spanOf(judgedOnes);
  const keys = keysAdded(judgedOnes);
  const limit = RSS_NOISE_BYTES + median(rss) * RSS_NOISE_SHARE + keys * KEY_BYTES_MAX;
  const found = `${mib(perSecond * HOUR_SECONDS)}/h`;
  const ofKeys = keys === 0 ? '' : `, ${Math.round(growth / keys)} bytes for each new key`;
  const name = keys === 0 ? 'memory' : 'memory, keys still filling';
  say(report, name, `+${mib(limit)} in all`, found, growth > limit, `grew by ${mib(growth)}${ofKeys}`);
}

function judgeLag(sink: string, window: readonly Sample[], seconds: readonly number[], report: CheckReport): void {
  const growth = trend(window, seconds) * spanOf(window);
  const max = Math.max(...seconds);
  const isBad = growth > LAG_GROWTH_SECONDS || max > LAG_MAX_SECONDS;
  const expected = `<= ${LAG_MAX_SECONDS} s, flat`;
  say(report, `lag of ${sink}`, expected, `${max.toFixed(1)} s`, isBad, `grew by ${growth.toFixed(1)} s`);
}

function judgeFds(window: readonly Sample[], report: CheckReport): void {
  const fds = window.map((sample) => sample.fds);
  const growth = trend(window, fds) * spanOf(window);
  const found = median(fds).toLocaleString('en');
  say(report, 'open files', `+${FDS_GROWTH} in all`, found, growth > FDS_GROWTH, `grew by ${growth.toFixed(1)}`);
}

/** Neither more nor fewer: what else is judged is judged of a steady book. */
function judgeOpenOrders(window: readonly Sample[], report: CheckReport): void {
  const orders = window.map(({ openOrders }) => openOrders);
  const limit = Math.round(median(orders) * OPEN_ORDERS_SHARE + OPEN_ORDERS_NOISE);
  const change = trend(window, orders) * spanOf(window);
  const found = median(orders).toLocaleString('en');
  say(report, 'open orders', `+-${limit} in all`, found, Math.abs(change) > limit, `changed by ${change.toFixed(0)}`);
}

/** The largest of the later half against the largest of the one before: sizes are saws. */
function judgeSize(directory: Directory, window: readonly Sample[], report: CheckReport): void {
  const middle = Math.floor(window.length / 2);
  const sizes = sizesOf(window, directory);
  const before = Math.max(0, ...sizes.slice(0, middle));
  const after = Math.max(0, ...sizes.slice(middle));
  const keys = directory === 'snapshots' ? keysAdded(window) : 0;
  const limit = before * SIZE_SHARE + SIZE_NOISE_BYTES + keys * KEY_SNAPSHOT_BYTES;
  const largest = mib(Math.max(before, after));
  say(report, `size of ${directory}`, 'bounded', largest, after > limit, `${mib(before)}, then ${mib(after)}`);
}

function judgeAnswers(all: readonly Sample[], window: readonly Sample[], perSecond: number, report: CheckReport): void {
  report.same('refused', 0, sum(all, 'refused'));
  report.same('without an answer', 0, sum(all, 'lost'));
  const rate = window.reduce((total, sample) => total + sample.perSecond, 0) / window.length;
  const isSlow = rate < perSecond * RATE_SHARE;
  say(report, 'answers a second', String(perSecond), rate.toFixed(0), isSlow, `${rate.toFixed(0)} a second`);
}

function judgeDrift(window: readonly Sample[], report: CheckReport): void {
  const middle = Math.floor(window.length / 2);
  const p99s = window.map(({ p99Ms }) => p99Ms);
  const [before, after] = [median(p99s.slice(0, middle)), median(p99s.slice(middle))];
  const isWorse = after > before * DRIFT_FACTOR + DRIFT_MS;
  const expected = `about ${before.toFixed(1)} ms`;
  say(report, 'p99, last third', expected, `${after.toFixed(1)} ms`, isWorse, `was ${before.toFixed(1)} ms before`);
}

/** For each second; single peaks taken out. */
function trend(window: readonly Sample[], values: readonly number[]): number {
  return slope(timesOf(window), quantileFilter(values, FILTER_WIDTH, MEDIAN));
}

function spanOf(window: readonly Sample[]): number {
  const [first = 0] = timesOf(window);
  return (timesOf(window).at(-1) ?? 0) - first;
}

function keysAdded(window: readonly Sample[]): number {
  return (window.at(-1)?.keys ?? 0) - (window[0]?.keys ?? 0);
}

function timesOf(window: readonly Sample[]): number[] {
  return window.map(({ seconds }) => seconds);
}

function sizesOf(window: readonly Sample[], directory: Directory): number[] {
  return window.map(({ bytes }) => bytes[directory]);
}

function sum(samples: readonly Sample[], name: 'refused' | 'lost'): number {
  return samples.reduce((total, { counts }) => total + counts[name], 0);
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function say(
  report: CheckReport,
  name: string,
  expected: string,
  found: string,
  isBad: boolean,
  difference: string,
): void {
  report.add(name, expected, found, isBad ? [difference] : []);
}
