// The files that frames are read from: segments, and archived ones where the segment is gone. Any thread; reads only.
// The archive lies beside the journal's directory, so whoever reads a journal finds it. Must never prefer it to a segment.

import { join } from 'node:path';
import { ArchivedSegment } from './archive-file.ts';
import { ARCHIVE_EXTENSION } from './archive-format.ts';
import { openDirect, readUpToDirect } from './direct-read.ts';
import { errorCode, JournalDamage } from './errors.ts';
import { closeSync, existsSync, openSync } from './file-system.ts';
import { listNumbered, numberedName } from './numbered-files.ts';
import { readUpTo } from './read-up-to.ts';
import { SEGMENT_EXTENSION, segmentPath } from './segment-files.ts';

/** A segment's bytes, wherever they lie. */
export interface FrameFile {
  readonly path: string;
  /** Whether `read` tells what the disk has, not what the page cache says that it has. */
  readonly isDirect: boolean;
  /** Fills `bytes` from `position` of the segment on, less only at its end. Returns how many bytes there are. */
  read(bytes: Uint8Array, lengthBytes: number, position: number): number;
  close(): void;
}

/** Opens what holds the frames from `firstFrame` on; undefined when there is no such file. */
export type OpenFrameFile = (journalDirectory: string, firstFrame: number) => FrameFile | undefined;

/** Where the archived segments of a journal lie. */
export function archiveDirectoryOf(journalDirectory: string): string {
  return join(journalDirectory, '..', 'archive');
}

export function archivePath(journalDirectory: string, firstFrame: number): string {
  return join(archiveDirectoryOf(journalDirectory), numberedName(firstFrame, ARCHIVE_EXTENSION));
}

/** First frames of the archived segments, ascending. */
export function listArchived(journalDirectory: string): number[] {
  const directory = archiveDirectoryOf(journalDirectory);
  return existsSync(directory) ? listNumbered(directory, ARCHIVE_EXTENSION).numbers : [];
}

/** First frames of all files, archived or not, ascending. */
export function listFrameFiles(journalDirectory: string): number[] {
  const segments = existsSync(journalDirectory) ? listNumbered(journalDirectory, SEGMENT_EXTENSION).numbers : [];
  return [...new Set([...listArchived(journalDirectory), ...segments])].sort((a, b) => a - b);
}

/** First frame of the file that holds `frame`, or would hold it next: the last one that begins at or before it. 1 without one. */
export function frameFileOf(journalDirectory: string, frame: number): number {
  return listFrameFiles(journalDirectory).findLast((first) => first <= frame) ?? 1;
}

/** The segment, or the archived one when it is gone. Throws JournalDamage when that one is not whole. */
export const openFrameFile: OpenFrameFile = (journalDirectory, firstFrame) =>
  ifThere(() => openSegment(segmentPath(journalDirectory, firstFrame))) ??
  ifThere(() => new ArchivedSegment(archivePath(journalDirectory, firstFrame), firstFrame));

/** As `openFrameFile`, but these segments are read past the page cache where their file system can. */
export function openPastPageCache(segments: readonly number[]): OpenFrameFile {
  return (journalDirectory, firstFrame) => {
    if (!segments.includes(firstFrame)) return openFrameFile(journalDirectory, firstFrame);
    return ifThere(() => openSegmentDirect(segmentPath(journalDirectory, firstFrame)));
  };
}

function openSegment(path: string): FrameFile {
  const fd = openSync(path, 'r');
  return {
    path,
    isDirect: false,
    read: (bytes, lengthBytes, position) => readUpTo(fd, bytes, lengthBytes, position),
    close: () => closeSync(fd),
  };
}

function openSegmentDirect(path: string): FrameFile {
  const fd = openDirect(path);
  if (fd === undefined) return openSegment(path);
  return {
    path,
    isDirect: true,
    read: (bytes, lengthBytes, position) => readUpToDirect(fd, bytes, lengthBytes, position),
    close: () => closeSync(fd),
  };
}

function ifThere(open: () => FrameFile): FrameFile | undefined {
  try {
    return open();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Why the journal cannot be read from frame 1 on: which file is missing or damaged; '' when it can. Reads all that is archived,
 * for its hashes.
 */
export function historyGap(journalDirectory: string): string {
  const segments = existsSync(journalDirectory) ? listNumbered(journalDirectory, SEGMENT_EXTENSION).numbers : [];
  const firstSegment = segments.at(0) ?? 1;
  try {
    let next = 1;
    while (next < firstSegment) {
      const path = archivePath(journalDirectory, next);
      if (!existsSync(path)) return `${path} is missing, and so is the segment`;
      const archived = new ArchivedSegment(path, next);
      next = archived.lastFrame + 1;
      archived.close();
    }
    return next === firstSegment
      ? ''
      : `the archive goes up to frame ${next - 1}, the segments begin with ${firstSegment}`;
  } catch (error) {
    if (error instanceof JournalDamage) return error.message;
    throw error;
  }
}
