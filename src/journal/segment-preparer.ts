// Segment preparer: writes the zeros of the next journal segment ahead of time, so that the matching thread only renames.
// Main thread, asynchronous file calls only. Owns the spare until it is complete; the writer takes it from then on.
// Must never touch a segment or a complete spare.

import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../assert.ts';
import { hasSpare, SPARE_PART, SPARE_ZERO, ZERO_WRITE_BYTES } from './segment-files.ts';

// Each write synced by itself: the disk's queue stays short, so a journal write in between waits for one of ours at most.
const SPARE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_DSYNC ?? 0);

export class SegmentPreparer {
  readonly #directory: string;
  readonly #segmentBytes: number;
  #underWay: Promise<void> | undefined;
  #closing = false;

  constructor(directory: string, segmentBytes: number) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Whether a complete spare lies there. */
  isReady(): boolean {
    return hasSpare(this.#directory, this.#segmentBytes);
  }

  /**
   * Makes a spare unless one is ready or under way; resolves when it is there. Rejects when the disk refuses, and may be called
   * again then. The journal's directory exists.
   */
  prepare(): Promise<void> {
    assert(!this.#closing, 'the segment preparer is open');
    if (this.#underWay !== undefined) return this.#underWay;
    if (this.isReady()) return Promise.resolve();
    const underWay = this.#make().finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = underWay;
    return underWay;
  }

  /** Gives up what is under way and waits until no file is open. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#underWay?.catch(() => undefined); // whoever asked for the spare has been told
  }

  async #make(): Promise<void> {
    const part = join(this.#directory, SPARE_PART);
    try {
      if (await this.#writeZeros(part)) await rename(part, join(this.#directory, SPARE_ZERO));
    } finally {
      await rm(part, { force: true });
    }
  }

  /** False when it was given up. */
  async #writeZeros(path: string): Promise<boolean> {
    const zeros = Buffer.alloc(Math.min(ZERO_WRITE_BYTES, this.#segmentBytes));
    const file = await open(path, SPARE_FLAGS);
    try {
      let at = 0;
      while (at < this.#segmentBytes) {
        if (this.#closing) return false;
        const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, this.#segmentBytes - at), at);
        assert(bytesWritten > 0, 'a write of zeros makes progress');
        at += bytesWritten;
      }
      await file.sync();
      return true;
    } finally {
      await file.close();
    }
  }
}
