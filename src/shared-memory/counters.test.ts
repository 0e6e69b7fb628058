// Counters and histograms: blocks that do not touch each other, bucket bounds, and what Prometheus will be told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTERS_PER_BLOCK, CounterBlock, counterBytesNeeded } from './counters.ts';
import { HISTOGRAM_BOUNDS_COUNTS, HISTOGRAM_BOUNDS_SECONDS, HISTOGRAM_COUNTERS, Histogram } from './histogram.ts';

describe('counters', () => {
  it('keeps each block apart', () => {
    const buffer = new SharedArrayBuffer(counterBytesNeeded(3));
    const blocks = [0, 1, 2].map((index) => new CounterBlock(buffer, index));
    for (const [k, block] of blocks.entries()) {
      for (let id = 0; id < COUNTERS_PER_BLOCK; id++) block.set(id, k * 1000 + id);
      block.add(0, 2 ** 52);
    }
    for (const [k, block] of blocks.entries()) {
      expect(block.get(0)).toBe(k * 1000 + 2 ** 52);
      for (let id = 1; id < COUNTERS_PER_BLOCK; id++) expect(block.get(id)).toBe(k * 1000 + id);
    }
  });

  it('refuses blocks and counters that are not there', () => {
    const buffer = new SharedArrayBuffer(counterBytesNeeded(1));
    expect(() => new CounterBlock(buffer, 1)).toThrow('has no block 1');
    const block = new CounterBlock(buffer, 0);
    expect(() => block.add(COUNTERS_PER_BLOCK, 1)).toThrow('no such id');
    expect(() => block.get(-1)).toThrow('no such id');
  });
});

describe('histogram', () => {
  it.each([
    { name: 'seconds', bounds: HISTOGRAM_BOUNDS_SECONDS, first: 1e-6, last: 10 },
    { name: 'counts', bounds: HISTOGRAM_BOUNDS_COUNTS, first: 1, last: 1e7 },
  ])('has bounds of $name that rise from $first to $last', ({ bounds, first, last }) => {
    expect([bounds[0], bounds.at(-1), bounds.length + 2]).toEqual([first, last, HISTOGRAM_COUNTERS]);
    for (const [i, bound] of bounds.entries()) expect(bound).toBeGreaterThan(bounds[i - 1] ?? 0);
  });

  it.each([
    { name: 'seconds', bounds: HISTOGRAM_BOUNDS_SECONDS },
    { name: 'counts', bounds: HISTOGRAM_BOUNDS_COUNTS },
  ])('counts what a list of the values counts ($name)', ({ bounds }) => {
    const last = bounds.at(-1) ?? 0;
    const value = fc.oneof(fc.constantFrom(...bounds), fc.double({ min: -1, max: 2 * last, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value), fc.nat(COUNTERS_PER_BLOCK - HISTOGRAM_COUNTERS), (values, firstId) => {
        const buffer = new SharedArrayBuffer(counterBytesNeeded(1));
        const recorded = new Histogram(new CounterBlock(buffer, 0), firstId, bounds);
        for (const one of values) recorded.record(one);
        const read = new Histogram(new CounterBlock(buffer, 0), firstId, bounds);
        const cumulative = new Float64Array(bounds.length);
        expect(read.cumulative(cumulative)).toBe(values.length);
        expect(read.count()).toBe(values.length);
        expect(read.sum()).toBe(values.reduce((sum, one) => sum + Math.max(0, one), 0));
        for (const [i, bound] of bounds.entries()) {
          expect(cumulative[i]).toBe(values.filter((one) => one <= bound).length);
        }
      }),
    );
  });

  it('refuses a place that does not hold it, and what is not a number', () => {
    const block = new CounterBlock(new SharedArrayBuffer(counterBytesNeeded(1)), 0);
    expect(() => new Histogram(block, COUNTERS_PER_BLOCK - HISTOGRAM_COUNTERS + 1)).toThrow('do not fit');
    expect(() => new Histogram(block, 0, [1, 2, 5])).toThrow('3 bounds where there are 22 buckets');
    expect(() => new Histogram(block, 0).record(Number.NaN)).toThrow('not a number');
  });
});
