// What the main thread does with files beside the journal's room: journal/control-writer.ts and journal/segment-preparer.ts, whose own
// calls are asynchronous, step by step over the disk that this thread has chosen (journal/file-system.ts). One thread; owns nothing.

import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTROL_SLOT_BYTES, encodeControlSlot, newestControlRecord } from '../journal/control-file.ts';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from '../journal/file-system.ts';
import { syncDirectory } from '../journal/numbered-files.ts';
import { hasSpare, SPARE_PART, SPARE_ZERO, writeZeros } from '../journal/segment-files.ts';
import type { DurablePoint } from '../wire/durable-point.ts';

/** One turn of CONTROL's writer. */
export function writeControl(path: string, point: DurablePoint): void {
  const newest = existsSync(path) ? newestControlRecord(readFileSync(path)) : undefined;
  const slot = newest?.slot === 0 ? 1 : 0;
  const bytes = encodeControlSlot((newest?.counter ?? 0) + 1, point);
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT);
  try {
    const written = writeSync(fd, bytes, 0, bytes.length, slot * CONTROL_SLOT_BYTES);
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path));
}

/** The next segment's zeros, unless they are there; nothing is left when a call fails. */
export function prepareSpare(journal: string, segmentBytes: number): void {
  if (hasSpare(journal, segmentBytes)) return;
  const part = join(journal, SPARE_PART);
  try {
    const fd = openSync(part, 'w');
    try {
      writeZeros(fd, 0, segmentBytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, join(journal, SPARE_ZERO));
  } finally {
    rmSync(part, { force: true });
  }
}
