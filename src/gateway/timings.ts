// Where the time of one command went, for an asker who wants to know. Gateway thread. Owns the times of its one command,
// all by the stopwatch, which every thread reads alike to within microseconds.

import { REPLY_APPLIED_US, REPLY_DRAINED_US, REPLY_DURABLE_US } from '../wire/reply-codec.ts';

export class Timings {
  readonly #startUs: number;
  #sentUs = 0;
  #drainedUs = 0;
  #durableUs = 0;
  #appliedUs = 0;

  /** `startUs`: receipt of the request. */
  constructor(startUs: number) {
    this.#startUs = startUs;
  }

  /** False for a request that no command was made of: there is nothing to tell. */
  get complete(): boolean {
    return this.#appliedUs > 0;
  }

  /** The command is in its ring. */
  sent(nowUs: number): void {
    this.#sentUs = nowUs;
  }

  /** The reply record that begins at `offset` has come. */
  replied(view: DataView, offset: number): void {
    this.#drainedUs = view.getFloat64(offset + REPLY_DRAINED_US, true);
    this.#durableUs = view.getFloat64(offset + REPLY_DURABLE_US, true);
    this.#appliedUs = view.getFloat64(offset + REPLY_APPLIED_US, true);
  }

  /** Microseconds: parsing, waiting in the ring, write and sync, applying, and back until it is written, `nowUs`. */
  stagesUs(nowUs: number): readonly [receive: number, ring: number, journal: number, match: number, send: number] {
    return [
      duration(this.#startUs, this.#sentUs),
      duration(this.#sentUs, this.#drainedUs),
      duration(this.#drainedUs, this.#durableUs),
      duration(this.#durableUs, this.#appliedUs),
      duration(this.#appliedUs, nowUs),
    ];
  }

  /** The value of a Server-Timing header. */
  serverTiming(nowUs: number): string {
    const stages = this.stagesUs(nowUs).map((us) => (us / 1000).toFixed(3));
    return STAGES.map((name, i) => `${name};dur=${stages[i]}`).join(', ');
  }

  /** The `timing` of an answer over /ws. */
  json(nowUs: number): string {
    const stages = this.stagesUs(nowUs);
    return `{${STAGES.map((name, i) => `"${name}_us":${stages[i]}`).join(',')}}`;
  }
}

const STAGES = ['receive', 'ring', 'journal', 'match', 'send'] as const;

/** Threads agree on the time only to within microseconds. */
function duration(fromUs: number, toUs: number): number {
  return Math.max(0, toUs - fromUs);
}
