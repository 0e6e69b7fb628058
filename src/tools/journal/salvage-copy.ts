// Carries a salvage plan out, in the copy: copies the shard, cuts the journal, moves away what speaks of what was cut. Writes only
// below the directory of the copy; what it moves lies in `lost` there, and nothing is deleted.

import {
  closeSync,
  constants,
  cpSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from '../../journal/numbered-files.ts';
import { makeDirectory, segmentPath, writeZeros } from '../../journal/segment-files.ts';
import { addSkipped, skippedPath } from '../../journal/skipped.ts';
import { snapshotPath } from '../../journal/snapshot-file.ts';
import type { SalvagePlan } from './salvage-plan.ts';
import type { JournalPlace } from './survey.ts';

/** Copies everything below the shard's directory, durably; the copy's data directory must not exist yet. */
export function copyShard(place: JournalPlace, copy: JournalPlace): void {
  const dataDir = dirname(copy.shard);
  makeDirectory(dirname(dataDir));
  // As the engine makes it: a database server that runs as another user must pass through.
  mkdirSync(dataDir, { mode: 0o711 });
  const options = { recursive: true, errorOnExist: true, force: false, mode: constants.COPYFILE_FICLONE } as const;
  cpSync(place.shard, copy.shard, options);
  syncTree(copy.shard);
  syncDirectory(dataDir);
  syncDirectory(dirname(dataDir));
}

function syncTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncDirectory(directory);
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Returns the names of the files that were moved to `lost`. */
export function cutCopy(copy: JournalPlace, { last, segments, snapshots, control, skipped }: SalvagePlan): string[] {
  const beyond = [
    ...segments.map((frame) => segmentPath(copy.journal, frame)),
    ...snapshots.map((frame) => snapshotPath(copy.snapshots, frame)),
    ...(control && existsSync(copy.control) ? [copy.control] : []),
    ...(skipped === undefined ? [] : [skippedPath(copy.journal)]),
  ];
  const lost = join(copy.shard, 'lost');
  mkdirSync(lost, { mode: 0o700 });
  for (const path of beyond) renameSync(path, join(lost, basename(path)));
  for (const command of skipped ?? []) addSkipped(copy.journal, command);
  if (last.offsetBytes > 0) clearFrom(segmentPath(copy.journal, last.segment), last.offsetBytes);
  for (const directory of [copy.journal, copy.snapshots, lost, copy.shard]) {
    if (existsSync(directory)) syncDirectory(directory);
  }
  return beyond.map((path) => basename(path));
}

/** Zeros from there to the end of the file, as recovery leaves behind a cut. */
function clearFrom(path: string, offsetBytes: number): void {
  const fd = openSync(path, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (size > offsetBytes) writeZeros(fd, offsetBytes, size);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
