// What the main thread does with files beside the journal's room, step by step over any disk: journal/control-writer.ts and
// journal/segment-preparer.ts, whose own calls are asynchronous. One thread; owns nothing.

import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTROL_SLOT_BYTES, encodeControlSlot, newestControlRecord } from '../../journal/control-file.ts';
import { errorCode } from '../../journal/errors.ts';
import type { FileSystem } from '../../journal/file-system.ts';
import { SPARE_PART, SPARE_ZERO } from '../../journal/segment-files.ts';
import type { DurablePoint } from '../../wire/durable-point.ts';

/** One turn of CONTROL's writer. */
export function writeControl(disk: FileSystem, path: string, point: DurablePoint): void {
  const newest = newestControlRecord(ifThere(() => disk.readFileSync(path)) ?? Buffer.alloc(0));
  const slot = newest?.slot === 0 ? 1 : 0;
  const bytes = encodeControlSlot((newest?.counter ?? 0) + 1, point);
  withOpen(disk, path, constants.O_WRONLY | constants.O_CREAT, (fd) => {
    const written = disk.writeSync(fd, bytes, 0, bytes.length, slot * CONTROL_SLOT_BYTES);
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    disk.fdatasyncSync(fd);
  });
  withOpen(disk, dirname(path), 'r', (fd) => disk.fsyncSync(fd));
}

/** The next segment's zeros; nothing is left when a call fails. */
export function prepareSpare(disk: FileSystem, journal: string, segmentBytes: number): void {
  const spare = join(journal, SPARE_ZERO);
  const part = join(journal, SPARE_PART);
  if (ifThere(() => disk.statSync(spare)) !== undefined) return;
  try {
    withOpen(disk, part, 'w', (fd) => {
      const zeros = Buffer.alloc(segmentBytes);
      for (let at = 0; at < segmentBytes; ) {
        at += disk.writeSync(fd, zeros, 0, segmentBytes - at, at);
      }
      disk.fsyncSync(fd);
    });
    disk.renameSync(part, spare);
  } finally {
    disk.rmSync(part, { force: true });
  }
}

function withOpen(disk: FileSystem, path: string, flags: string | number, act: (fd: number) => void): void {
  const fd = disk.openSync(path, flags);
  try {
    act(fd);
  } finally {
    disk.closeSync(fd);
  }
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
