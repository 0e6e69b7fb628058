// Load at a rate, whatever the server does: iterations start on schedule whether or not earlier ones are answered, so a stall is not
// hidden. Pure.

/** k6's constant-arrival-rate executor, as far as it is used here. */
export interface RateScenario {
  readonly executor: 'constant-arrival-rate';
  readonly rate: number;
  readonly timeUnit: '1s';
  readonly duration: string;
  readonly preAllocatedVUs: number;
}

/** `perSecond` iterations a second for so many seconds, by so many virtual users. */
export function atRate(perSecond: number, seconds: number, users: number): RateScenario {
  return {
    executor: 'constant-arrival-rate',
    rate: perSecond,
    timeUnit: '1s',
    duration: `${seconds}s`,
    preAllocatedVUs: users,
  };
}

/**
 * Virtual users for so many iterations a second: each has one under way, so this many wait for `waitMs` before one is dropped. All
 * are made before the start; making them during the run would disturb it.
 */
export function usersFor(perSecond: number, waitMs: number): number {
  return Math.max(10, Math.ceil((perSecond * waitMs) / 1_000));
}
