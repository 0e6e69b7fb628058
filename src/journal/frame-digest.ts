// State digests in frames: which frames carry one, how it gets there, and what a replay does when it meets one (JOURNAL.md,
// "State digest"). On the thread of the engine that is meant; owns nothing. Must never let a replay go on that differs.

import { basename } from 'node:path';
import { OtherOutcome } from './errors.ts';
import { FrameFlag, type FrameHeader } from './frame.ts';
import type { FrameView } from './frame-cursor.ts';
import { digestText, type RunningDigest } from './running-digest.ts';
import { segmentPath } from './segment-files.ts';

/** Of the frames with records; those without all carry one. */
const EVERY_FRAMES = 1024;

/**
 * Puts the digest of what was told before this frame into a header whose other flags are set, when it is due there. Where it is
 * not known, the first frame of a start is without, and it begins anew there. Allocates: nothing.
 */
export function stampDigest(digest: RunningDigest | undefined, header: FrameHeader): void {
  header.digestHigh = 0;
  header.digestLow = 0;
  if (digest === undefined) return;
  if (!digest.isKnown) {
    if ((header.flags & FrameFlag.EPOCH_START) !== 0) digest.restart();
    return;
  }
  if (header.recordCount > 0 && header.number % EVERY_FRAMES !== 0) return;
  digest.foldState();
  header.flags |= FrameFlag.DIGEST;
  header.digestHigh = digest.high;
  header.digestLow = digest.low;
}

/**
 * Before the commands of `frame` are applied, and for each frame once: compares what its header says with what was told here.
 * One that is not known here is believed. Throws OtherOutcome. Allocates: nothing but that.
 */
export function checkDigest(digest: RunningDigest, frame: FrameView, sequence: number): void {
  const { flags, digestHigh, digestLow } = frame;
  if ((flags & FrameFlag.DIGEST) === 0) {
    if ((flags & FrameFlag.EPOCH_START) !== 0) digest.restart();
    return;
  }
  digest.foldState();
  if (digest.isKnown && (digest.high !== digestHigh || digest.low !== digestLow)) {
    const written = digestText(digestHigh, digestLow);
    const replayed = digestText(digest.high, digest.low);
    const { number, offsetBytes } = frame;
    const file = basename(segmentPath('', frame.segmentFirstFrame));
    throw new OtherOutcome({ file, offsetBytes, frame: number, sequence, written, replayed });
  }
  digest.goOn(digestHigh, digestLow);
}
