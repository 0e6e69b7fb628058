// Segment files: their names, and how a new one comes into being. Format: JOURNAL.md, "Segment". The matching thread calls
// takeSegment; the main thread's segment-preparer.ts makes the spare. Must never replace a segment that exists.

import { dirname, join, resolve } from 'node:path';
import { assert } from '../assert.ts';
import { errorCode, isOutOfSpace, NoRoomForSegment } from './errors.ts';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from './file-system.ts';
import { listNumbered, numberedName, syncDirectory } from './numbered-files.ts';

export const SEGMENT_EXTENSION = '.wal';
/** A spare under construction; worthless after a crash. */
export const SPARE_PART = 'spare.part';
/** A segment that the writer makes itself, under construction. */
const SEGMENT_PART = 'segment.part';
/** A complete spare: zero-written and synced. */
export const SPARE_ZERO = 'spare.zero';
export const ZERO_WRITE_BYTES = 1 << 20;

export function segmentPath(directory: string, firstFrame: number): string {
  return join(directory, numberedName(firstFrame, SEGMENT_EXTENSION));
}

/** First frame of the segment that holds `frame`, or would hold it next: the last one that begins at or before it. 1 without one. */
export function segmentOf(directory: string, frame: number): number {
  if (!existsSync(directory)) return 1;
  return listNumbered(directory, SEGMENT_EXTENSION).numbers.findLast((first) => first <= frame) ?? 1;
}

/** True when a spare of this size is ready. One of another size is removed: the setting has changed. */
export function hasSpare(directory: string, segmentBytes: number): boolean {
  const path = join(directory, SPARE_ZERO);
  try {
    if (statSync(path).size === segmentBytes) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  rmSync(path);
  return false;
}

/**
 * Puts a zero-written, synced file in place as the segment of `firstFrame` and syncs the directory.
 * Returns true when the spare was ready, false when the file had to be made here. Throws NoRoomForSegment when the disk is too
 * full for that: then all is as it was.
 */
export function takeSegment(directory: string, firstFrame: number, segmentBytes: number): boolean {
  const path = segmentPath(directory, firstFrame);
  assert(!existsSync(path), 'a segment is never replaced');
  const unfinished = join(directory, SEGMENT_PART); // not SPARE_PART: the preparer may be writing that one now
  rmSync(unfinished, { force: true });
  const ready = hasSpare(directory, segmentBytes);
  try {
    if (!ready) writeZeroFile(unfinished, segmentBytes);
    renameSync(ready ? join(directory, SPARE_ZERO) : unfinished, path);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    rmSync(unfinished, { force: true }); // what there is of it is room that others need
    throw new NoRoomForSegment(directory, error);
  }
  syncDirectory(directory);
  return ready;
}

function writeZeroFile(path: string, lengthBytes: number): void {
  const fd = openSync(path, 'w');
  try {
    writeZeros(fd, 0, lengthBytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes zeros over [start, end) of an open file; the caller syncs. */
export function writeZeros(fd: number, start: number, end: number): void {
  const zeros = Buffer.alloc(Math.min(ZERO_WRITE_BYTES, end - start));
  for (let at = start; at < end; ) {
    const written = writeSync(fd, zeros, 0, Math.min(zeros.length, end - at), at);
    assert(written > 0, 'a write of zeros makes progress');
    at += written;
  }
}

/** What a segment holds by now is on the disk when this returns, whatever the journal's mode. */
export function syncSegment(directory: string, firstFrame: number): void {
  syncFile(segmentPath(directory, firstFrame));
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a directory and its parents, durably: each name is synced in its own parent before anything is made in it. Also when
 * the directory is there: whoever made it may have been stopped before the sync.
 */
export function makeDirectory(directory: string): void {
  const path = resolve(directory);
  const isNew = !existsSync(path);
  if (isNew) {
    makeDirectory(dirname(path));
    mkdirSync(path, { recursive: true });
  }
  try {
    syncDirectory(dirname(path));
  } catch (error) {
    if (isNew || errorCode(error) !== 'EACCES') throw error; // a parent that we may not read is not one that we made it in
  }
}
