// One run of the archive: closed segments that no start needs any more are repacked or deleted, oldest first; then the hook is
// told, and what is too much is removed. From files alone; a thread of its own runs it after a snapshot. Must never touch what
// lies behind the oldest snapshot, nor delete what the ledger or the follower still has to read.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describeError } from './errors.ts';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from './file-system.ts';
import { archiveDirectoryOf, archivePath, listArchived } from './journal-files.ts';
import { listNumbered, syncDirectory } from './numbered-files.ts';
import { type ClosedSegment, type OnStep, repackSegment } from './repack.ts';
import { SEGMENT_EXTENSION, segmentPath } from './segment-files.ts';
import { listSnapshots, SNAPSHOTS_KEPT, verifySnapshotFile } from './snapshot-file.ts';

export interface ArchiveTask {
  readonly journalDirectory: string;
  readonly snapshotDirectory: string;
  /** keep: repacked into the archive. delete: removed. */
  readonly mode: 'keep' | 'delete';
  /** A program that is run with the path of each archived file as its one argument; undefined: none. */
  readonly hook: string | undefined;
  /** All that the hook sees of the environment. */
  readonly hookEnvironment: Readonly<Record<string, string>>;
  /** The archive's oldest files are removed while it is larger. */
  readonly bytesMax: number;
  /** How far the ledger has come, 0 when that is not known. */
  readonly ledgerSequence: number;
  /** The last frame that the follower has read. */
  readonly followerFrame: number;
}

/** What a run has done. */
export interface ArchiveFacts {
  /** Segments repacked. */
  readonly archived: number;
  /** Segments deleted, never archived. */
  readonly deleted: number;
  /** Archived files removed because there was too much. */
  readonly removed: number;
  /** Files that the hook has taken. */
  readonly hooked: number;
  /** The archive's size now, bytes. */
  readonly bytes: number;
  /** Why it could not go on; '' when it could. It is tried again after the next snapshot. */
  readonly failure: string;
  /** Why the hook has not taken a file; '' when it has taken all. */
  readonly hookFailure: string;
}

/** A hook that takes longer has failed. */
const HOOK_MS = 600_000;
/** The file that says up to which archived file the hook has taken them. */
const HOOKED = 'HOOKED';

export async function archiveSegments(task: ArchiveTask, onStep?: OnStep): Promise<ArchiveFacts> {
  const counts = { archived: 0, deleted: 0, removed: 0, hooked: 0 };
  let failure = '';
  let hookFailure = '';
  try {
    removeParts(task.journalDirectory);
    if (task.mode === 'keep') {
      for (const segment of closedSegments(task)) {
        repackSegment(task.journalDirectory, segment, onStep);
        counts.archived++;
      }
    } else {
      deleteSegments(task, () => counts.deleted++);
    }
    if (task.hook !== undefined) {
      hookFailure = await runHook(task, task.hook, () => counts.hooked++);
    }
    removeTooMuch(task, () => counts.removed++);
  } catch (error) {
    failure = describeError(error);
  }
  return { ...counts, bytes: archiveBytes(task.journalDirectory), failure, hookFailure };
}

/** What a killed run has left. */
function removeParts(journalDirectory: string): void {
  const directory = archiveDirectoryOf(journalDirectory);
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) if (name.endsWith('.part')) rmSync(join(directory, name));
}

/**
 * The segments that lie wholly before the oldest snapshot, ascending. The first frame behind each is one that the snapshot
 * covers, so it is durable. None as long as there is one snapshot only: that one may not verify.
 */
function closedSegments({ journalDirectory, snapshotDirectory }: ArchiveTask): ClosedSegment[] {
  const snapshots = listSnapshots(snapshotDirectory);
  if (snapshots.length < SNAPSHOTS_KEPT) return [];
  const oldest = Math.min(...snapshots);
  const { numbers } = listNumbered(journalDirectory, SEGMENT_EXTENSION);
  const closed = numbers.slice(0, -1).map((firstFrame, k) => ({ firstFrame, nextFirstFrame: numbers[k + 1] }));
  return closed.filter(({ nextFirstFrame }) => nextFirstFrame <= oldest);
}

/** Whether every snapshot verifies and the ledger has come to one, so that none needs what lies before. */
function isHistoryUnneeded({ snapshotDirectory, ledgerSequence }: ArchiveTask): boolean {
  const anchors = listSnapshots(snapshotDirectory).map((frame) => verifySnapshotFile(snapshotDirectory, frame).anchor);
  return anchors.length >= SNAPSHOTS_KEPT && anchors.some(({ sequence }) => sequence <= ledgerSequence);
}

function deleteSegments(task: ArchiveTask, onDeleted: () => void): void {
  const { journalDirectory, followerFrame } = task;
  const read = closedSegments(task).filter(({ nextFirstFrame }) => nextFirstFrame <= followerFrame + 1);
  if (read.length === 0 || !isHistoryUnneeded(task)) return;
  for (const { firstFrame } of read) {
    rmSync(segmentPath(journalDirectory, firstFrame));
    syncDirectory(journalDirectory); // each by itself: what is left has no hole
    onDeleted();
  }
}

/** Removes the oldest archived files while there is too much; never one that the hook has yet to take. */
function removeTooMuch(task: ArchiveTask, onRemoved: () => void): void {
  const { journalDirectory, bytesMax, hook, followerFrame } = task;
  let bytes = archiveBytes(journalDirectory);
  if (bytes <= bytesMax || !isHistoryUnneeded(task)) return;
  const files = listArchived(journalDirectory);
  const hookedThrough = hook === undefined ? Number.POSITIVE_INFINITY : readHooked(journalDirectory);
  const segments = listNumbered(journalDirectory, SEGMENT_EXTENSION).numbers;
  for (const [k, first] of files.entries()) {
    const nextFirst = files[k + 1] ?? segments.at(0) ?? Number.POSITIVE_INFINITY;
    if (bytes <= bytesMax || first > hookedThrough || nextFirst > followerFrame + 1) return;
    const path = archivePath(journalDirectory, first);
    bytes -= statSync(path).size;
    rmSync(path);
    syncDirectory(archiveDirectoryOf(journalDirectory));
    onRemoved();
  }
}

function archiveBytes(journalDirectory: string): number {
  return listArchived(journalDirectory).reduce(
    (sum, first) => sum + statSync(archivePath(journalDirectory, first)).size,
    0,
  );
}

/** Hands the hook each file that it has not taken, oldest first, and stops at one that it does not take: why, else ''. */
async function runHook(
  { journalDirectory, hookEnvironment }: ArchiveTask,
  hook: string,
  onTaken: () => void,
): Promise<string> {
  const hooked = readHooked(journalDirectory);
  for (const first of listArchived(journalDirectory)) {
    if (first <= hooked) continue;
    const path = archivePath(journalDirectory, first);
    const failure = await run(hook, path, hookEnvironment);
    if (failure !== '') return `${hook} ${path}: ${failure}`;
    writeHooked(journalDirectory, first);
    onTaken();
  }
  return '';
}

/** Runs a program without a shell. Why it failed; '' when it ended with 0. */
function run(program: string, argument: string, env: ArchiveTask['hookEnvironment']): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [argument], { env, timeout: HOOK_MS, killSignal: 'SIGKILL' }, (error, _stdout, stderr) =>
      resolve(error === null ? '' : stderr.trim() || error.message),
    );
  });
}

/** First frame of the last file that the hook has taken, 0: none. What is not a number is none: it may be given files twice. */
function readHooked(journalDirectory: string): number {
  const path = join(archiveDirectoryOf(journalDirectory), HOOKED);
  const first = existsSync(path) ? Number(readFileSync(path).toString('latin1')) : 0;
  return Number.isSafeInteger(first) ? first : 0;
}

function writeHooked(journalDirectory: string, first: number): void {
  const directory = archiveDirectoryOf(journalDirectory);
  const part = join(directory, `${HOOKED}.part`);
  const text = Buffer.from(`${first}\n`);
  const fd = openSync(part, 'w');
  try {
    const written = writeSync(fd, text, 0, text.length);
    if (written !== text.length) throw new Error(`only ${written} of ${text.length} bytes of ${part} were written`);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(part, join(directory, HOOKED));
  syncDirectory(directory);
}
