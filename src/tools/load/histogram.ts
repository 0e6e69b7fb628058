// How long things took, in bounded memory: counts in buckets whose width grows with the value, so that every quantile is right within
// 0.8 %. Any thread; one writer. Threads hand over `counts` and `maxUs`, and whoever reports adds them up. Must never forget the
// greatest value: that one is exact. Allocates: nothing after construction.

/** Buckets for each doubling: half a bucket is at most 1/128 of the value. */
const STEPS_BITS = 6;
const STEPS = 2 ** STEPS_BITS;
const MAX_US = 2 ** 31 - 1;
const BUCKETS = bucketOf(MAX_US) + 1;

/** What is handed from one thread to another. */
export interface HistogramData {
  readonly counts: Float64Array;
  readonly count: number;
  readonly maxUs: number;
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #maxUs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#count === 0 ? Number.NaN : this.#maxUs / 1000;
  }

  /** What is below 0 counts as 0, what is above 35 minutes as that. */
  record(ms: number): void {
    const us = Math.min(MAX_US, Math.max(0, Math.round(ms * 1000)));
    this.#counts[bucketOf(us)]++;
    this.#count++;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  add({ counts, count, maxUs }: HistogramData): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#counts[bucket] += counts[bucket];
    this.#count += count;
    this.#maxUs = Math.max(this.#maxUs, maxUs);
  }

  /** The least value that the share `q` (0 to 1) of all does not exceed, in ms; NaN of none. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    let bucket = -1;
    while (seen < rank) seen += this.#counts[++bucket];
    return Math.min(middleOf(bucket), this.#maxUs) / 1000;
  }

  /** A copy of what it holds. */
  data(): HistogramData {
    return { counts: this.#counts.slice(), count: this.#count, maxUs: this.#maxUs };
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxUs = 0;
  }
}

/** One bucket for each value below 128; from there on 64 for each doubling. */
function bucketOf(us: number): number {
  const doublings = Math.max(0, 31 - Math.clz32(us) - STEPS_BITS);
  return doublings * STEPS + (us >>> doublings);
}

function middleOf(bucket: number): number {
  const doublings = Math.max(0, Math.floor(bucket / STEPS) - 1);
  const first = (bucket - doublings * STEPS) * 2 ** doublings;
  return first + (2 ** doublings - 1) / 2;
}
