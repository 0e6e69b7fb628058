// The tail of a journal: what lies behind the last valid frame, searched for proof that more was acknowledged, and cleared.
// Recovery only (matching thread, at start). Must never write before the whole tail has been searched.

import { closeSync, fstatSync, fsyncSync, openSync } from './file-system.ts';
import { alignFrame, FRAME_ALIGNMENT, FrameHeader, isWholeHeader, readFrameHeader } from './frame.ts';
import { type FrameCursor, readUpTo } from './frame-cursor.ts';
import type { JournalPosition } from './journal-writer.ts';
import { writeZeros } from './segment-files.ts';

export interface JournalTail {
  /** A header that proves the frame before the tail's end was acknowledged, or that should not be there; '' when there is none. */
  readonly proof: string;
  /** Behind the last byte that is not zero, on a 4 KiB boundary; the tail's start when all are zero. */
  readonly dirtyEnd: number;
  /** How long the file is. */
  readonly fileBytes: number;
  /** The page cache shows other bytes than the disk has: a write or sync has failed, and the kernel calls what it shows clean. */
  readonly isStale: boolean;
}

const CHUNK_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/**
 * Reads everything from the cursor's place to the end of its segment, as the page cache shows it and, where the cursor reads past
 * that, as the disk has it. Only what the disk has proves anything; what either has is to be cleared.
 */
export function scanTail(cursor: FrameCursor): JournalTail {
  const start = cursor.offsetBytes;
  const disk = cursor.file?.isDirect === true ? cursor.file : undefined;
  const fd = openSync(cursor.path, 'r');
  try {
    const fileBytes = fstatSync(fd).size;
    const chunkBytes = Math.min(CHUNK_BYTES, alignFrame(Math.max(0, fileBytes - start)));
    const shown = Buffer.allocUnsafeSlow(chunkBytes);
    const bytes = disk === undefined ? shown : Buffer.allocUnsafeSlow(chunkBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let proof = '';
    let dirtyEnd = start;
    let isStale = false;
    for (let at = start; at < fileBytes; at += chunkBytes) {
      shown.fill(0, readUpTo(fd, shown, chunkBytes, at));
      if (disk !== undefined) bytes.fill(0, disk.read(bytes, chunkBytes, at));
      isStale ||= bytes.compare(shown) !== 0;
      if (isZero(bytes, 0, chunkBytes) && isZero(shown, 0, chunkBytes)) continue;
      for (let block = 0; block < chunkBytes; block += FRAME_ALIGNMENT) {
        if (isZero(bytes, block, FRAME_ALIGNMENT) && isZero(shown, block, FRAME_ALIGNMENT)) continue;
        dirtyEnd = at + block + FRAME_ALIGNMENT;
        if (proof === '' && dirtyEnd > start + FRAME_ALIGNMENT) proof = proofAt(cursor, bytes, view, block, at + block);
      }
    }
    return { proof, dirtyEnd, fileBytes, isStale };
  } finally {
    closeSync(fd);
  }
}

function isZero(bytes: Buffer, start: number, lengthBytes: number): boolean {
  return bytes.compare(ZEROS, 0, lengthBytes, start, start + lengthBytes) === 0;
}

/** What a whole header at `offset` proves; '' when there is none, or one that only an unsynced (mode `os`) write left. */
function proofAt(cursor: FrameCursor, bytes: Buffer, view: DataView, offset: number, fileOffset: number): string {
  if (!isWholeHeader(bytes, view, offset)) return '';
  const header = new FrameHeader();
  readFrameHeader(bytes, view, offset, header);
  const where = `at offset ${fileOffset} stands a whole header of frame ${header.number}`;
  if (cursor.isAnchored && !belongs(header, cursor.position())) return `${where} of another journal or segment`;
  if (header.durableFrame >= cursor.nextFrame)
    return `${where}, which says that frame ${header.durableFrame} was durable`;
  return header.number > cursor.nextFrame ? '' : `${where}, which has no place there`;
}

function belongs(header: FrameHeader, position: JournalPosition): boolean {
  const { journalIdHigh, journalIdLow, salt } = position;
  return header.journalIdHigh === journalIdHigh && header.journalIdLow === journalIdLow && header.salt === salt;
}

/** Makes everything from `start` on ZEROS, durably, and completes a file that was cut short. Touches nothing that is fine. */
export function clearTail(path: string, start: number, tail: JournalTail): void {
  const endNeeded = Math.max(alignFrame(tail.fileBytes), start + FRAME_ALIGNMENT);
  if (tail.dirtyEnd === start && tail.fileBytes === endNeeded) return;
  const fd = openSync(path, 'r+');
  try {
    writeZeros(fd, start, Math.min(tail.dirtyEnd, endNeeded));
    if (tail.fileBytes < endNeeded) writeZeros(fd, tail.fileBytes, endNeeded);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
