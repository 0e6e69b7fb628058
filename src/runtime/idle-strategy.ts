// Idle strategies: how often a thread that found no work looks again before it sleeps. Any thread. Owns nothing.
// Must never poll for ever unless told `spin`.
//
//   spin    looks again at once, for ever: the lowest latency, and a whole core
//   yield   looks again for a moment, then sleeps: a message that follows another closely costs no wake-up on either side
//   block   sleeps on its doorbell at once
//
// JavaScript cannot give its core away for a moment: the shortest Atomics.wait that sleeps at all takes about 0.1 ms, longer than
// a wake-up by doorbell. So `yield` polls a bounded number of turns; on an event loop each of them serves what I/O there is.

export const WAIT_STRATEGIES = ['spin', 'yield', 'block'] as const;
export type WaitStrategy = (typeof WAIT_STRATEGIES)[number];

/** Idle turns of `yield` on a blocking thread: tens of microseconds. */
export const YIELD_SPINS = 1000;
/** Idle turns of `yield` on an event loop, each with a look at its I/O: about as long. */
export const YIELD_LOOP_TURNS = 30;

/** Turns in a row without work after which the thread arms its doorbell and sleeps. */
export function idleTurnsBeforeSleep(wait: WaitStrategy, yieldTurns: number): number {
  if (wait === 'spin') return Number.POSITIVE_INFINITY;
  return wait === 'yield' ? yieldTurns : 0;
}

/** The strategy for a machine with this many cores: nothing polls where threads have to share cores. */
export function defaultWaitStrategy(cores: number): WaitStrategy {
  return cores >= 8 ? 'yield' : 'block';
}
