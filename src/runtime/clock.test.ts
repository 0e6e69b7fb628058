// The clock: whole microseconds that never go back, whatever the wall clock does.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock } from './clock.ts';

const START_MS = 1_700_000_000_000;

function fake(): { wallMs: number; stopwatchMs: number; clock: ReturnType<typeof createClock> } {
  const state = { wallMs: START_MS, stopwatchMs: 5.25 };
  const clock = createClock({ wallMs: () => state.wallMs, stopwatchMs: () => state.stopwatchMs });
  return Object.assign(state, { clock });
}

describe('clock', () => {
  it('never goes back, for any wall clock, and stays in whole microseconds', () => {
    const step = fc.record({
      wallMs: fc.integer({ min: -100_000, max: 100_000 }),
      elapsedMs: fc.double({ min: 0, max: 300, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const state = fake();
        let last = 0;
        for (const { wallMs, elapsedMs } of steps) {
          state.wallMs += wallMs;
          state.stopwatchMs += elapsedMs;
          const now = state.clock.nowUs();
          expect(Number.isSafeInteger(now)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(last);
          last = now;
        }
      }),
    );
  });

  it('runs on with the stopwatch when the wall clock is set back, and follows it when it is set forward', () => {
    const state = fake();
    expect(state.clock.nowUs()).toBe(START_MS * 1000);
    state.stopwatchMs += 1000;
    state.wallMs -= 3_600_000;
    expect(state.clock.nowUs()).toBe((START_MS + 1000) * 1000);
    state.stopwatchMs += 1000;
    state.wallMs = START_MS + 7_200_000;
    expect(state.clock.nowUs()).toBe((START_MS + 7_200_000) * 1000);
    state.stopwatchMs += 0.5;
    expect(state.clock.nowUs()).toBe((START_MS + 7_200_000) * 1000 + 500);
  });

  it('is the time of day, and rises, on this machine', () => {
    const clock = createClock();
    const before = Date.now() * 1000;
    const now = clock.nowUs();
    expect(now).toBeGreaterThanOrEqual(before - 1000);
    expect(now).toBeLessThanOrEqual((Date.now() + 1) * 1000);
    const first = clock.monotonicUs();
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(clock.monotonicUs()).toBeGreaterThanOrEqual(first);
  });
});
