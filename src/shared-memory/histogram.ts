// Histogram of durations or counts, kept in consecutive counters of one block.
// The thread that owns the block records; any thread reads. Owns no memory of its own. Must never allocate while recording.
//
//   counter  first   + 1   + 2               + 3       ...   + 23
//            +-------+-----+-----------------+---------+-- --+-----------------+
//            | count | sum | up to bound 0   | bound 1 | ... | up to bound 21  |    not cumulative; what is beyond the last
//            +-------+-----+-----------------+---------+-- --+-----------------+    bound shows in count alone
import { assert } from '../assert.ts';
import { COUNTERS_PER_BLOCK, type CounterBlock } from './counters.ts';

/** Upper bounds of the buckets, inclusive and ascending. */
export type HistogramBounds = readonly number[];

/** For durations: 1, 2, 5 of every decade from 1 microsecond to 10 seconds. */
export const HISTOGRAM_BOUNDS_SECONDS: HistogramBounds = [
  1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];

/** For counts: 1, 2, 5 of every decade from 1 to ten million. */
export const HISTOGRAM_BOUNDS_COUNTS: HistogramBounds = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7,
];

const COUNT = 0;
const SUM = 1;
const FIRST_BUCKET = 2;
const BUCKETS = HISTOGRAM_BOUNDS_SECONDS.length;

/** Counters that one histogram takes, whatever its bounds. */
export const HISTOGRAM_COUNTERS = FIRST_BUCKET + BUCKETS;

/** A histogram in counters `firstId` to `firstId + HISTOGRAM_COUNTERS - 1` of `block`. Who records and who reads name the same bounds. */
export class Histogram {
  readonly bounds: HistogramBounds;
  readonly #block: CounterBlock;
  readonly #firstId: number;
  readonly #bounds: Float64Array;

  constructor(block: CounterBlock, firstId: number, bounds = HISTOGRAM_BOUNDS_SECONDS) {
    const fits = Number.isInteger(firstId) && firstId >= 0 && firstId + HISTOGRAM_COUNTERS <= COUNTERS_PER_BLOCK;
    assert(
      fits,
      `histogram: ${HISTOGRAM_COUNTERS} counters from ${firstId} do not fit a block of ${COUNTERS_PER_BLOCK}`,
    );
    assert(bounds.length === BUCKETS, `histogram: ${bounds.length} bounds where there are ${BUCKETS} buckets`);
    this.bounds = bounds;
    this.#block = block;
    this.#firstId = firstId;
    this.#bounds = Float64Array.from(bounds);
  }

  /** Owner: counts one value, in the unit of the bounds. A negative one, which clocks of two threads may yield, counts as 0. Allocates: nothing. */
  record(value: number): void {
    assert(!Number.isNaN(value), 'histogram: not a number');
    const counted = value > 0 ? value : 0;
    this.#block.add(this.#firstId + COUNT, 1);
    this.#block.add(this.#firstId + SUM, counted);
    const bucket = bucketOf(this.#bounds, counted);
    if (bucket < BUCKETS) this.#block.add(this.#firstId + FIRST_BUCKET + bucket, 1);
  }

  /** Any thread: values counted. */
  count(): number {
    return this.#block.get(this.#firstId + COUNT);
  }

  /** Any thread: their sum, in the unit of the bounds. */
  sum(): number {
    return this.#block.get(this.#firstId + SUM);
  }

  /** Any thread: fills `into` with how many are at or below each bound (cumulative, as Prometheus wants it). Returns the count, never less than the last. */
  cumulative(into: Float64Array): number {
    assert(into.length >= BUCKETS, 'histogram: the target has fewer places than there are bounds');
    let total = 0;
    for (let i = 0; i < BUCKETS; i++) {
      total += this.#block.get(this.#firstId + FIRST_BUCKET + i);
      into[i] = total;
    }
    return Math.max(total, this.count());
  }
}

/** Index of the first bound at or above `value`, or the number of bounds when there is none. Allocates: nothing. */
function bucketOf(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = BUCKETS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
