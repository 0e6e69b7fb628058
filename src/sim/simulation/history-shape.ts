// What a seed decides for its whole history: how long it is, how many gateways there are, how large the batches, how long a
// process lives. Pure.

import type { Random } from '../testing/random.ts';

export interface HistoryShape {
  /** Commands that the history has at least. */
  readonly commands: number;
  readonly gateways: number;
  /** About so many commands are sent at once. */
  readonly batch: number;
  readonly segmentBytes: number;
  /** False: the disk refuses an open with O_DSYNC. */
  readonly knowsSyncedWrites: boolean;
  /** One order in so many has an idempotency key. */
  readonly keyEvery: number;
  /** What costs as much as a thousand commands comes once in a life or so, however short its steps. */
  readonly rareness: number;
  /** The longest first life, in commands. */
  readonly firstLife: number;
  /** By how much of what was sent before a later life may be longer. */
  readonly growth: number;
}

/**
 * A start costs as much as the journal is long, and a frame as much as ten commands. So one history in three is short and has
 * many starts and small frames; the others are long, with fewer starts, and their frames are larger, though every size is drawn
 * in both. `share` is of the commands asked for: on average a history has them all.
 */
const SHAPES = [
  { share: 0.1, batches: [2, 2, 8, 24], growths: [0.05, 0.1, 0.2] },
  { share: 1.45, batches: [2, 8, 24, 24, 60, 60, 60, 60], growths: [1, 2, 4, 8] },
  { share: 1.45, batches: [2, 8, 24, 24, 60, 60, 60, 60], growths: [1, 2, 4, 8] },
] as const;
const SEGMENT_BYTES = [2 ** 17, 2 ** 18] as const;
const FIRST_LIVES = [4, 20, 100] as const;
/** Each key stays in every later snapshot and digest. */
const KEYS_EVERY = [2, 8, 30] as const;

/** The shape of a history of about so many commands. */
export function drawShape(random: Random, commandsAsked: number): HistoryShape {
  const { share, batches, growths } = random.pick(SHAPES);
  const commands = Math.ceil(share * commandsAsked);
  const batch = Math.min(random.pick<number>(batches), 2 + Math.floor(commands / 8)); // a short one is more than one batch
  return {
    commands,
    gateways: 1 + random.below(3),
    batch,
    segmentBytes: random.pick(SEGMENT_BYTES),
    knowsSyncedWrites: random.below(4) > 0,
    keyEvery: random.pick(KEYS_EVERY),
    rareness: 1 + Math.floor(commands / batch / 2_000),
    firstLife: random.pick(FIRST_LIVES),
    growth: random.pick<number>(growths),
  };
}

/** How many commands the next life has, when `submitted` were sent before: lives become longer as the journal does. */
export function drawLife({ firstLife, growth }: HistoryShape, random: Random, submitted: number): number {
  return 1 + random.below(firstLife + Math.floor(growth * submitted));
}
