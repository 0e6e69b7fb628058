// The sealer: when no frame has followed one with records for a while, it appends an empty one, which proves on the disk that the
// one before was durable (JOURNAL.md, "Seals"). Part of the matching agent, on its thread; owns only the moment the seal is
// due. Must never seal a frame without records: a pause has one seal at most.

import { FrameFlag } from '../journal/frame.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { Clock } from '../runtime/clock.ts';

/** How long a frame waits for another that proves it. Under load one comes sooner, and no seal takes a turn at the disk. */
const SEAL_AFTER_US = 5_000;

export class Sealer {
  readonly #clock: Clock;
  readonly #proves: boolean;
  /** When the last frame is sealed, by the stopwatch; 0 when it needs no seal. */
  #dueUs = 0;

  /** In mode `os` nothing is sealed: a frame behind another says nothing about the disk there. */
  constructor(clock: Clock, durability: 'fsync' | 'os') {
    this.#clock = clock;
    this.#proves = durability === 'fsync';
  }

  /** A frame with records was made durable at `durableUs`, by the stopwatch. */
  frameWritten(durableUs: number): void {
    if (this.#proves) this.#dueUs = durableUs + SEAL_AFTER_US;
  }

  /** Milliseconds until a seal is due; Infinity when none will be. */
  get dueInMs(): number {
    if (this.#dueUs === 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#dueUs - this.#clock.monotonicUs()) / 1_000;
  }

  /** Appends the seal when it is due, and says whether it did. Throws JournalFault. */
  sealIfDue(writer: JournalWriter): boolean {
    if (this.#dueUs === 0 || this.#clock.monotonicUs() < this.#dueUs) return false;
    this.#dueUs = 0;
    writer.append(0, 0, writer.nextSequence, writer.lastTimeUs, FrameFlag.SEAL);
    return true;
  }
}
