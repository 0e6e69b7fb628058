// What a seed decides for its whole history: how many gateways, how large the batches, how long a process lives. Pure.

import type { Random } from '../testing/random.ts';

export interface HistoryShape {
  readonly gateways: number;
  /** About so many commands are sent at once. */
  readonly batch: number;
  readonly segmentBytes: number;
  /** False: the disk refuses an open with O_DSYNC. */
  readonly knowsSyncedWrites: boolean;
  /** What costs as much as a thousand commands comes once in a life or so, however short its steps. */
  readonly rareness: number;
  /** The longest first life, in commands. */
  readonly firstLife: number;
  /** By how much of what was sent before a later life may be longer. */
  readonly growth: number;
}

const SEGMENT_BYTES = [2 ** 17, 2 ** 18] as const;
/** A frame costs as much as ten commands, whatever it holds: the small ones, which most frames are, are drawn less often. */
const BATCHES = [2, 8, 24, 24, 60, 60] as const;
const FIRST_LIVES = [4, 30, 200] as const;
const GROWTHS = [0.5, 1, 2, 4] as const;

/** The shape of a history of so many commands. */
export function drawShape(random: Random, commands: number): HistoryShape {
  const batch = random.pick(BATCHES);
  return {
    gateways: 1 + random.below(3),
    batch,
    segmentBytes: random.pick(SEGMENT_BYTES),
    knowsSyncedWrites: random.below(4) > 0,
    rareness: 1 + Math.floor(commands / batch / 2_000),
    firstLife: random.pick(FIRST_LIVES),
    growth: random.pick(GROWTHS),
  };
}

/**
 * How many commands the next life has, when `submitted` were sent before. Lives become longer as the journal does, because a
 * start costs as much as the journal is long: so a history has many starts, and most of its time is not spent with them.
 */
export function drawLife({ firstLife, growth }: HistoryShape, random: Random, submitted: number): number {
  return 1 + random.below(firstLife + Math.floor(growth * submitted));
}
