// One closed segment into the archive: repacked, read back and verified against the chain, given its name, and only then removed.
// Format: JOURNAL.md, "Archived segment". The archive thread. Killed between any two steps it leaves the segment, or an archived one
// that is whole, or both. Must never remove a segment whose frames were not read back.

import { assert } from '../assert.ts';
import { ArchivedSegment, ArchiveFileWriter } from './archive-file.ts';
import { damageAt } from './errors.ts';
import { renameSync, rmSync } from './file-system.ts';
import { FrameCursor, Verdict } from './frame-cursor.ts';
import { archiveDirectoryOf, archivePath } from './journal-files.ts';
import { syncDirectory } from './numbered-files.ts';
import { makeDirectory, segmentPath } from './segment-files.ts';

/** Told of each step when it is done; a test stops there. */
export type OnStep = (step: 'written' | 'verified' | 'named' | 'removed') => void;

/** A segment that will not grow. The frame behind it exists and is durable. */
export interface ClosedSegment {
  readonly firstFrame: number;
  readonly nextFirstFrame: number;
}

/** What a segment came to. */
interface Repacked {
  readonly lastFrame: number;
  /** SHA-256 of the last frame, and so of all: each is in the next one's header. */
  readonly chain: Uint8Array;
}

/**
 * Archives a segment and removes it. Throws JournalDamage when the segment, or what was written, does not verify; the segment
 * stays then.
 */
export function repackSegment(journalDirectory: string, segment: ClosedSegment, onStep: OnStep = () => {}): void {
  const { firstFrame } = segment;
  makeDirectory(archiveDirectoryOf(journalDirectory));
  const path = archivePath(journalDirectory, firstFrame);
  const part = `${path}.part`;
  try {
    const repacked = writePart(journalDirectory, segment, part);
    onStep('written');
    verifyPart(journalDirectory, firstFrame, part, repacked);
    onStep('verified');
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  renameSync(part, path);
  syncDirectory(archiveDirectoryOf(journalDirectory));
  onStep('named');
  rmSync(segmentPath(journalDirectory, firstFrame));
  syncDirectory(journalDirectory);
  onStep('removed');
}

/** Writes all frames of the segment. That the frame behind goes on from the last one proves that they are the journal's. */
function writePart(journalDirectory: string, { firstFrame, nextFirstFrame }: ClosedSegment, part: string): Repacked {
  const cursor = FrameCursor.atSegment(journalDirectory, firstFrame);
  const { frame } = cursor;
  let writer: ArchiveFileWriter | undefined;
  let repacked: Repacked | undefined;
  try {
    while (cursor.nextFrame <= nextFirstFrame) {
      if (cursor.next(nextFirstFrame) !== Verdict.VALID) throw damageAt(cursor, cursor.evidence);
      if (frame.number === nextFirstFrame) break;
      writer ??= new ArchiveFileWriter(part, frame);
      writer.add(frame);
      repacked = { lastFrame: frame.number, chain: frame.chain };
    }
    assert(writer !== undefined && repacked !== undefined, 'a closed segment has frames');
    assert(frame.segmentFirstFrame === nextFirstFrame, 'the frame behind a closed segment is in the next one');
    writer.finish();
    return repacked;
  } finally {
    cursor.close();
    writer?.close();
  }
}

/** Reads every frame back as any reader of the archive will. */
function verifyPart(journalDirectory: string, firstFrame: number, part: string, { lastFrame, chain }: Repacked): void {
  const cursor = FrameCursor.atSegment(journalDirectory, firstFrame, () => new ArchivedSegment(part, firstFrame));
  try {
    while (cursor.nextFrame <= lastFrame) {
      if (cursor.next(lastFrame) !== Verdict.VALID) throw damageAt(cursor, cursor.evidence);
    }
    if (Buffer.compare(cursor.frame.chain, chain) !== 0) throw damageAt(cursor, 'it does not read back as written');
  } finally {
    cursor.close();
  }
}
