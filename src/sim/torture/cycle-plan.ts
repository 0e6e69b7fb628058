// What a torture cycle does to the server, drawn from the run's seed and the cycle's number alone. Pure.

import { between } from '../../e2e/testing/random.ts';
import type { FaultPoint } from '../../runtime/fault-point.ts';
import { createRandom } from '../testing/random.ts';

export interface CyclePlan {
  /** How it is named in the table: `SIGKILL`, `SIGTERM, then SIGKILL`, or a fault point. */
  readonly name: string;
  /** `<point>:<n>`; undefined for none. */
  readonly crashAt: string | undefined;
  /** After so many ms of load it is asked to stop; undefined: never. */
  readonly stopAfterMs: number | undefined;
  /** It is killed so many ms later, if it lives by then. */
  readonly killAfterMs: number;
  /** Than what: being spawned, being open for orders, or being asked to stop. */
  readonly killFrom: 'spawn' | 'open' | 'stop';
}

/** Where it is killed: the other point throws. */
type KillPoint = Exclude<FaultPoint, 'gateway_turn'>;

/** At which pass, at most, a point ends the process: so that each is reached within a cycle, and at its start too. */
const PASSES_MAX: Readonly<Record<KillPoint, number>> = {
  before_write: 80,
  after_write: 80,
  after_sync_before_reply: 80,
  segment_taken: 2,
  snapshot_part_written: 2,
  snapshot_renamed: 2,
  control_written: 1,
  shutdown: 3,
};
const POINTS = Object.keys(PASSES_MAX).filter((name): name is KillPoint => name in PASSES_MAX);
const EARLIEST_MS = 5;
/** An orderly stop takes about so long. */
const STOP_MS = 300;
const STOP_PATIENCE_MS = 10_000;

/** `longestMs`: how long a server may run, or take orders. */
export function planCycle(seed: number, cycle: number, longestMs: number): CyclePlan {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ cycle);
  const dice = random();
  const plain = { crashAt: undefined, stopAfterMs: undefined, killAfterMs: between(random, EARLIEST_MS, longestMs) };
  if (dice < 0.2) return { ...plain, name: 'SIGKILL since it was spawned', killFrom: 'spawn' };
  if (dice < 0.5) return { ...plain, name: 'SIGKILL under load', killFrom: 'open' };
  const stopAfterMs = between(random, 0, Math.floor(longestMs / 2));
  if (dice < 0.6) {
    const killAfterMs = between(random, 0, STOP_MS);
    return { name: 'SIGTERM, then SIGKILL', crashAt: undefined, stopAfterMs, killAfterMs, killFrom: 'stop' };
  }
  const point = POINTS[between(random, 0, POINTS.length - 1)];
  const crashAt = `${point}:${between(random, 1, PASSES_MAX[point])}`;
  if (point === 'shutdown') {
    return { name: point, crashAt, stopAfterMs, killAfterMs: STOP_PATIENCE_MS, killFrom: 'stop' };
  }
  return { name: point, crashAt, stopAfterMs: undefined, killAfterMs: longestMs, killFrom: 'open' };
}
