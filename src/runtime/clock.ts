// Clock: the wall clock and a stopwatch, in whole microseconds. Beside main, config and thread entries the only place that reads one.
// Any thread; every thread makes its own. Owns its anchor. Must never go backwards: times are written to the journal in order.
//
// The wall clock is read once, as an anchor; from then on the stopwatch carries the time. So a wall clock that is set back, or
// smeared, does not show. One that is set forward is followed (looked at ten times a second): orders that expire by it should.

export interface Clock {
  /** Microseconds since 1970, a whole number, never less than the last one from this clock. */
  nowUs(): number;
  /** Microseconds since some fixed moment, the same for every thread of the machine: for durations, also between threads. */
  monotonicUs(): number;
}

const CHECK_EVERY_US = 100_000;
/** Beyond what the milliseconds of the wall clock leave open. */
const JUMP_US = 5_000;

/** What a clock is made of: the wall clock in ms, and a stopwatch in ms. Replaced by tests. */
export interface ClockSources {
  wallMs(): number;
  stopwatchMs(): number;
}

/** The machine's clock. */
export function createClock(sources: ClockSources = systemSources()): Clock {
  return new AnchoredClock(sources);
}

class AnchoredClock implements Clock {
  readonly #sources: ClockSources;
  #anchorUs: number;
  #checkAtUs: number;

  constructor(sources: ClockSources) {
    this.#sources = sources;
    const monotonicUs = this.monotonicUs();
    this.#anchorUs = Math.floor(sources.wallMs()) * 1000 - monotonicUs;
    this.#checkAtUs = monotonicUs + CHECK_EVERY_US;
  }

  /** Allocates: nothing but, at times, the number it returns. */
  nowUs(): number {
    const monotonicUs = this.monotonicUs();
    if (monotonicUs >= this.#checkAtUs) {
      this.#checkAtUs = monotonicUs + CHECK_EVERY_US;
      const anchorUs = Math.floor(this.#sources.wallMs()) * 1000 - monotonicUs;
      if (anchorUs > this.#anchorUs + JUMP_US) this.#anchorUs = anchorUs;
    }
    return this.#anchorUs + monotonicUs;
  }

  /** Allocates: nothing but, at times, the number it returns. */
  monotonicUs(): number {
    return Math.floor(this.#sources.stopwatchMs() * 1000);
  }
}

/** Readings for the offset between two stopwatches. */
const READINGS = 16;

/**
 * performance.now() starts at 0 in every thread; the difference to the machine's own stopwatch makes threads comparable. What comes
 * between the two readings (a page fault, another thread's turn, the first use of `performance`) makes it smaller: the largest counts.
 */
function systemSources(): ClockSources {
  let offsetMs = Number.NEGATIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading++) {
    offsetMs = Math.max(offsetMs, Number(process.hrtime.bigint()) / 1e6 - performance.now());
  }
  return {
    wallMs: () => Date.now(),
    stopwatchMs: () => offsetMs + performance.now(),
  };
}
