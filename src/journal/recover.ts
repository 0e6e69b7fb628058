// Recovery of the journal: verifies every frame, then cuts what was provably never acknowledged or refuses. The rules, in the same
// order: JOURNAL.md, "Recovery". Matching thread, at start, alone with the directory (the lock is held). Must never
// change a byte before it is sure that the journal is sound, and never call anything durable that it has not synced.

import { basename, join } from 'node:path';
import { damageAt, JournalDamage } from './errors.ts';
import { hasFaultMark, markFault } from './fault-mark.ts';
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, rmSync, writeSync } from './file-system.ts';
import { alignFrame, FRAME_HEADER_BYTES, FrameFlag, genesisHash, segmentSalt } from './frame.ts';
import { FrameCursor, type FrameView, type JournalAnchor, readUpTo, Verdict } from './frame-cursor.ts';
import { listArchived, listFrameFiles, openPastPageCache } from './journal-files.ts';
import { clearTail, type JournalTail, scanTail } from './journal-tail.ts';
import type { JournalPosition } from './journal-writer.ts';
import { listNumbered, syncDirectory } from './numbered-files.ts';
import { makeDirectory, SEGMENT_EXTENSION, segmentPath } from './segment-files.ts';
import {
  contradictionBy,
  type LedgerWord,
  latestWitness,
  syncedThrough,
  type Witness,
  witnessOf,
} from './witnesses.ts';

export interface RecoverOptions {
  /** Begin behind this frame, which a snapshot proves: nothing before it is delivered, nor need be there any more. */
  readonly anchor?: JournalAnchor | undefined;
  /** Who else has seen frames; damage at or below the latest is refused, and so is a frame that one remembers otherwise. */
  readonly witnesses?: readonly Witness[];
  /** Asked only before a torn tail is cut, since it may take a while; undefined: there is no answer, or it is asked in vain. */
  readonly askLedger?: (() => LedgerWord | undefined) | undefined;
  /** The 64 random bits of a new journal; replaced by the simulator. */
  readonly newJournalId: () => readonly [high: number, low: number];
}

/** A torn tail that was removed: frame `frame` was begun and never acknowledged. */
interface JournalCut {
  readonly file: string;
  readonly offsetBytes: number;
  readonly frame: number;
  /** Bytes that were set to zero, from `offsetBytes` on. */
  readonly bytes: number;
  readonly evidence: string;
}

export interface RecoveredJournal {
  readonly position: JournalPosition;
  readonly cut: JournalCut | undefined;
  /** Valid frames delivered. */
  readonly frames: number;
  /** True when the last frame says that the last stop was an orderly one. */
  readonly cleanShutdown: boolean;
  /** True when a fault of the disk makes the next frame begin a file, although the last one does not end one. */
  readonly isInNewSegment: boolean;
}

/**
 * Hands every valid frame to `onFrame`, in order, and says where to go on. Throws JournalDamage, possibly after frames were
 * delivered: what they built is worthless then. Makes the directory when there is none.
 */
export function recoverJournal(
  directory: string,
  options: RecoverOptions,
  onFrame: (frame: FrameView) => void,
): RecoveredJournal {
  makeDirectory(directory);
  const { anchor, witnesses = [] } = options;
  const segments = listSegments(directory);
  const files = listFiles(directory, segments, anchor);
  syncAll(directory, segments);
  const cursor = new FrameCursor(directory, anchor, openPastPageCache(unseenOnDisk(segments, witnesses)));
  const anchorFrame = anchor?.frame ?? 0;
  try {
    let frames = 0;
    const reading = validFrames(cursor, witnesses);
    let step = reading.next();
    for (; step.done !== true; step = reading.next()) {
      if (step.value.number <= anchorFrame) continue;
      onFrame(step.value);
      frames++;
    }
    const cleanShutdown = cursor.frame.number > 0 && (cursor.frame.flags & FrameFlag.CLEAN_SHUTDOWN) !== 0;
    const everyone = anchor === undefined ? witnesses : [...witnesses, witnessOf(anchor)];
    const tail = unprovenTail(cursor, step.value, files, everyone);
    if (tail !== undefined && tail.dirtyEnd > cursor.offsetBytes) requireUnknown(cursor, options.askLedger?.());
    return { ...settleEnd(cursor, tail, everyone, options), frames, cleanShutdown };
  } finally {
    cursor.close();
  }
}

/** Of the last two segments those that do not lie wholly before what a witness proves to have been synced. */
function unseenOnDisk(segments: readonly number[], witnesses: readonly Witness[]): number[] {
  const synced = syncedThrough(witnesses);
  return segments.slice(-2).filter((_, i, last) => (last[i + 1] ?? Number.POSITIVE_INFINITY) > synced);
}

/** The first frames of all segments, ascending; refuses a list that cannot be a journal's. */
function listSegments(directory: string): number[] {
  const { numbers, foreign } = listNumbered(directory, SEGMENT_EXTENSION);
  const stranger = foreign.at(0);
  if (stranger !== undefined) {
    throw damage(join(directory, stranger), 0, `${stranger} is not the name of a segment file`);
  }
  const lastArchived = listArchived(directory).at(-1);
  if (numbers.length === 0 && lastArchived !== undefined) {
    const evidence = `all segment files are missing: only such are archived, through frame ${lastArchived} at least, as others follow`;
    throw damage(segmentPath(directory, lastArchived), lastArchived, evidence);
  }
  return numbers;
}

/** The first frames of all files that hold a journal's frames, ascending; refuses a list that cannot be a journal's. */
export function listJournal(directory: string, anchor: JournalAnchor | undefined): number[] {
  return listFiles(directory, listSegments(directory), anchor);
}

/** The first frames of all files to read from, archived ones included; refuses when they begin too late. */
function listFiles(directory: string, segments: number[], anchor: JournalAnchor | undefined): number[] {
  const files = listFrameFiles(directory);
  const first = files.at(0);
  const firstNeeded = (anchor?.frame ?? 0) + 1;
  if (first !== undefined && first > firstNeeded) {
    const whose = anchor === undefined ? 'no snapshot replaces it' : `the snapshot is of frame ${anchor.frame}`;
    const evidence =
      `the segment file of frame ${firstNeeded} is missing; the oldest begins with frame ${segments.at(0) ?? first}, ` +
      `no archived one is older, and ${whose}`;
    throw damage(segmentPath(directory, firstNeeded), firstNeeded, evidence);
  }
  return files;
}

function damage(file: string, frame: number, evidence: string): JournalDamage {
  return new JournalDamage({ file, offsetBytes: 0, frame, sequence: 0 }, evidence);
}

/** The damage of a frame that is valid by itself. */
function damageIn(file: string, frame: FrameView, evidence: string): JournalDamage {
  const { offsetBytes, number, firstSequence } = frame;
  return new JournalDamage({ file, offsetBytes, frame: number, sequence: firstSequence }, evidence);
}

/** What the page cache shows becomes what the disk holds. Only the last two segments can have unsynced bytes. */
function syncAll(directory: string, segments: number[]): void {
  for (const [index, firstFrame] of segments.entries()) {
    const path = segmentPath(directory, firstFrame);
    const fd = openSync(path, 'r+');
    try {
      if (fstatSync(fd).size === 0) throw damage(path, firstFrame, 'the segment file is empty');
      if (index >= segments.length - 2) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  syncDirectory(directory);
}

/**
 * The frames in order until one is not valid, and that one's verdict; no witness may remember one otherwise. Frames are borrowed
 * until the next; those through an anchor's come first.
 */
export function* validFrames(cursor: FrameCursor, witnesses: readonly Witness[]): Generator<FrameView, Verdict, void> {
  const { frame } = cursor;
  for (;;) {
    const verdict = cursor.next(Number.POSITIVE_INFINITY);
    if (verdict !== Verdict.VALID) return verdict;
    const contradiction = contradictionBy(witnesses, frame);
    if (contradiction !== '') throw damageIn(cursor.path, frame, contradiction);
    yield frame;
  }
}

/**
 * Step 5: throws when the frame the cursor stopped at was acknowledged. Else what lies behind the last valid one; undefined
 * when its file is not there yet.
 */
export function unprovenTail(
  cursor: FrameCursor,
  verdict: Verdict,
  files: readonly number[],
  witnesses: readonly Witness[],
): JournalTail | undefined {
  requireUnproven(cursor, verdict, files, witnesses);
  if (verdict === Verdict.NO_FILE) return undefined;
  const tail = scanTail(cursor);
  if (tail.proof !== '') throw damageAt(cursor, `${cursor.evidence}, yet ${tail.proof}`);
  return tail;
}

/** Step 5, as far as witnesses and the files before the tail tell. */
function requireUnproven(
  cursor: FrameCursor,
  verdict: Verdict,
  files: readonly number[],
  witnesses: readonly Witness[],
): void {
  const { evidence, nextFrame } = cursor;
  if (verdict === Verdict.CONTRADICTORY) throw damageAt(cursor, evidence);
  const last = files.at(-1) ?? 1;
  if (cursor.segmentFirstFrame < last) {
    const proof = `a later segment file exists (${basename(segmentPath('', last))})`;
    throw damageAt(cursor, `${evidence}, yet ${proof}, so this frame was acknowledged`);
  }
  const witness = latestWitness(witnesses);
  if (witness !== undefined && witness.frame >= nextFrame) {
    throw damageAt(cursor, `${evidence}, yet ${witness.name} says that frame ${witness.frame} was acknowledged`);
  }
}

/** Step 5, the last witness: throws when the ledger has commands of this journal that are not in front of the tail. */
function requireUnknown(cursor: FrameCursor, ledger: LedgerWord | undefined): void {
  if (ledger === undefined || !cursor.isAnchored) return;
  const { journalIdHigh, journalIdLow } = cursor.position();
  if (ledger.journalIdHigh !== journalIdHigh || ledger.journalIdLow !== journalIdLow) return;
  if (ledger.sequence < cursor.nextSequence && ledger.frame < cursor.nextFrame) return;
  const knows = ledger.frame === 0 ? '' : ` and knows frame ${ledger.frame}`;
  throw damageAt(
    cursor,
    `${cursor.evidence}, yet the ledger in Postgres holds commands through sequence ${ledger.sequence}${knows}, so this ` +
      'frame was acknowledged (where the journal was put back to an older state on purpose: ringbook ledger rebuild)',
  );
}

/** Steps 6 to 8: the journal ends behind the last valid frame, on the disk, and this is where it goes on. */
function settleEnd(
  cursor: FrameCursor,
  tail: JournalTail | undefined,
  witnesses: readonly Witness[],
  options: RecoverOptions,
): Pick<RecoveredJournal, 'position' | 'cut' | 'isInNewSegment'> {
  const { directory, frame, isDirect } = cursor;
  const isStale = tail?.isStale === true;
  if (isStale) markFault(directory, 'the page cache shows what the disk does not have'); // once it is cleared nothing else tells
  const isInNewSegment = isStale || hasFaultMark(directory);
  const cut = tail === undefined ? undefined : cutTail(cursor, tail);
  if (!isDirect && syncedThrough(witnesses) < frame.number) writeAgain(cursor);
  const behind = cursor.nextFrame > 1 ? cursor.position() : newPosition(options);
  return { position: isInNewSegment ? inNewSegment(cursor, behind) : behind, cut, isInNewSegment };
}

/** Step 6. Undefined when there is nothing but zeros. */
function cutTail(
  { path: file, offsetBytes, nextFrame: frame, evidence }: FrameCursor,
  tail: JournalTail,
): JournalCut | undefined {
  clearTail(file, offsetBytes, tail);
  const bytes = tail.dirtyEnd - offsetBytes;
  return bytes === 0 ? undefined : { file, offsetBytes, frame, bytes, evidence };
}

/**
 * Step 7: writes the last frame once more, where nothing but the page cache may hold it: after a sync that failed, its pages count
 * as clean. Those before were synced (mode `fsync`), or it would not have been written.
 */
function writeAgain({ directory, frame }: FrameCursor): void {
  const bytes = Buffer.allocUnsafeSlow(alignFrame(FRAME_HEADER_BYTES + frame.payloadLength));
  const fd = openSync(segmentPath(directory, frame.segmentFirstFrame), 'r+');
  try {
    readUpTo(fd, bytes, bytes.length, frame.offsetBytes);
    const written = writeSync(fd, bytes, 0, bytes.length, frame.offsetBytes);
    if (written !== bytes.length)
      throw new Error(`only ${written} of ${bytes.length} bytes of frame ${frame.number} were written`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Step 8 after a fault: the next frame begins a file. One that holds no frame is removed: where its first one failed, none is written again. */
function inNewSegment({ directory }: FrameCursor, position: JournalPosition): JournalPosition {
  const { nextFrame, segmentFirstFrame, offsetBytes, chain } = position;
  const path = segmentPath(directory, segmentFirstFrame);
  if (offsetBytes === 0 && existsSync(path)) {
    rmSync(path);
    syncDirectory(directory);
  }
  return { ...position, segmentFirstFrame: nextFrame, offsetBytes: 0, salt: segmentSalt(chain) };
}

function newPosition(options: RecoverOptions): JournalPosition {
  const [journalIdHigh, journalIdLow] = options.newJournalId();
  const chain = genesisHash(journalIdHigh, journalIdLow);
  return {
    segmentFirstFrame: 1,
    offsetBytes: 0,
    nextFrame: 1,
    nextSequence: 1,
    chain,
    epoch: 0,
    lastTimeUs: 0,
    journalIdHigh,
    journalIdLow,
    salt: segmentSalt(chain),
  };
}
