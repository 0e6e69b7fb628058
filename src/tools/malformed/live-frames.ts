// What is sent to a live server, and what must come back: malformed frames of both kinds, those whose fault is known since it was put
// there and those that were spoilt at random. The same for the same seed. Pure but for its own random numbers.

import { Random } from '../../sim/testing/random.ts';
import type { ProblemCode } from '../../wire/problem.ts';
import { SpoiltFrames } from './spoilt-frames.ts';
import { WRONG_RECORDS } from './wrong-records.ts';
import { WRONG_TEXTS } from './wrong-texts.ts';

const WRONG_REQUESTS = [...WRONG_TEXTS, ...WRONG_RECORDS];

/** A problem that must come back. What is undefined may be anything. */
export interface Refusal {
  /** `id` or `req_id` of a text, the request id of a binary message. */
  readonly id?: string | number | null | undefined;
  readonly code?: ProblemCode;
  /** '' when the fault is not in one field. */
  readonly field?: string;
}

export interface LiveFrame {
  readonly name: string;
  /** One WebSocket message, whole; several frames if it takes them. */
  readonly bytes: Buffer;
  /** In the order in which they come, before those to any later frame. */
  readonly refusals: readonly Refusal[];
}

/** Where frames come from that the server answers and then reads on. */
export interface LiveFrameSource {
  next(): LiveFrame;
}

export class LiveFrames implements LiveFrameSource {
  readonly #random: Random;
  readonly #spoilt: SpoiltFrames;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#spoilt = new SpoiltFrames(seed);
  }

  next(): LiveFrame {
    const random = this.#random;
    return random.below(3) === 0 ? random.pick(WRONG_REQUESTS) : this.#spoilt.next();
  }
}
