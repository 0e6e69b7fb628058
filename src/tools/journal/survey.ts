// Reads a journal from outside: frame by frame, judged as recovery judges them, while an engine may be writing. What all journal
// tools begin with. A tool's process; takes no lock and writes nothing. Must never call damage what another process is
// about to write: before it does, it waits a moment and asks again.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JournalDamage } from '../../journal/errors.ts';
import {
  FRAME_BYTES_MAX,
  FrameHeader,
  frameHash,
  headerContradiction,
  isWholeHeader,
  readFrameHeader,
} from '../../journal/frame.ts';
import { FrameCursor, type FrameView, type JournalAnchor, Verdict } from '../../journal/frame-cursor.ts';
import { frameFileOf, listFrameFiles, openFrameFile } from '../../journal/journal-files.ts';
import { listJournal, unprovenTail, validFrames } from '../../journal/recover.ts';
import { segmentPath } from '../../journal/segment-files.ts';
import type { Witness } from '../../journal/witnesses.ts';

interface SurveyOptions {
  /** Begins with the first frame of the segment that holds the anchor's. */
  readonly anchor?: JournalAnchor | undefined;
  /**
   * Without an anchor: begins with the first frame of the segment that holds this one. Default: of the oldest segment. 1: with
   * frame 1 as a start does, whatever the oldest segment is.
   */
  readonly from?: number | undefined;
  readonly witnesses?: readonly Witness[];
}

export const EndKind = { COMPLETE: 'complete', UNFINISHED: 'unfinished', GROWING: 'growing' } as const;
export type EndKind = (typeof EndKind)[keyof typeof EndKind];

/** Where the valid frames end, and that nothing behind them was provably acknowledged. */
export interface SurveyEnd {
  /** UNFINISHED: part of a frame lies there. GROWING: another process is writing. */
  readonly kind: EndKind;
  readonly file: string;
  readonly offsetBytes: number;
  readonly nextFrame: number;
  readonly nextSequence: number;
}

/** How long something that is being written may need to become whole. */
const GRACE_MS = 30;

/**
 * Iterated once: the valid frames in order, each borrowed until the next; then `end` says how they end. Throws JournalDamage
 * where a start would, seen from this beginning and with these witnesses.
 */
export class Survey implements Iterable<FrameView> {
  /** undefined until the last frame was delivered. */
  end: SurveyEnd | undefined;
  readonly #journal: string;
  readonly #options: SurveyOptions;

  constructor(journal: string, options: SurveyOptions = {}) {
    this.#journal = journal;
    this.#options = options;
  }

  *[Symbol.iterator](): Generator<FrameView, void, void> {
    const { witnesses = [], anchor = firstOf(this.#journal, this.#options.from) } = this.#options;
    const segments = listJournal(this.#journal, anchor);
    const cursor = new FrameCursor(this.#journal, anchor);
    try {
      const verdict = yield* validFrames(cursor, witnesses);
      const { path: file, offsetBytes, nextFrame, nextSequence } = cursor;
      const kind = endKind(cursor, verdict, segments, witnesses);
      this.end = { kind, file, offsetBytes, nextFrame, nextSequence };
    } finally {
      cursor.close();
    }
  }
}

/** Throws JournalDamage when what the cursor stopped at is nothing that another process is writing now. */
function endKind(
  cursor: FrameCursor,
  verdict: Verdict,
  segments: readonly number[],
  witnesses: readonly Witness[],
): EndKind {
  const { offsetBytes } = cursor;
  if (verdict !== Verdict.NO_FILE && isGrowing(cursor)) return EndKind.GROWING;
  try {
    const tail = unprovenTail(cursor, verdict, segments, witnesses);
    return tail === undefined || tail.dirtyEnd === offsetBytes ? EndKind.COMPLETE : EndKind.UNFINISHED;
  } catch (error) {
    if (error instanceof JournalDamage && isGrowing(cursor)) return EndKind.GROWING;
    throw error;
  }
}

/** One sentence for people on how a journal ends. */
export function describeEnd({ kind, nextFrame, file, offsetBytes }: SurveyEnd): string {
  switch (kind) {
    case EndKind.COMPLETE:
      return nextFrame === 1
        ? 'The journal holds no frame.'
        : `It ends with frame ${nextFrame - 1}; nothing is behind it.`;
    case EndKind.UNFINISHED:
      return (
        `It ends with frame ${nextFrame - 1}. Behind it, ${file} at offset ${offsetBytes}, lies part of a frame that ` +
        'nobody was told of: the last frame may be in flight; if no engine runs, the next start cuts it.'
      );
    case EndKind.GROWING:
      return `An engine is writing: read through frame ${nextFrame - 1}, the last frame may be in flight.`;
  }
}

/** True when the frame that was not valid has become so: the cursor is behind it then. */
function isGrowing(cursor: FrameCursor): boolean {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GRACE_MS);
  return cursor.next(Number.POSITIVE_INFINITY) === Verdict.VALID;
}

/**
 * The first frame of a segment in the middle, believed as it stands; undefined for frame 1, which needs no belief. The newest
 * segment may still wait for its first frame: then it is the segment before.
 */
function firstOf(journal: string, from: number | undefined): JournalAnchor | undefined {
  if (from === 1 || !existsSync(journal)) return undefined;
  const numbers = listFrameFiles(journal);
  const [oldest = 1] = numbers;
  const wanted = from === undefined ? oldest : Math.max(oldest, frameFileOf(journal, from));
  const [before, newest] = numbers.slice(-2);
  const isWaiting = wanted === newest && typeof believe(journal, wanted) === 'string';
  const segment = isWaiting ? before : wanted;
  if (segment === 1) return undefined;
  const first = believe(journal, segment);
  if (typeof first !== 'string') return first;
  throw new JournalDamage({ file: segmentPath(journal, segment), offsetBytes: 0, frame: segment, sequence: 0 }, first);
}

/** The first frame of a segment; or, as text, why its header is none. */
function believe(journal: string, segment: number): JournalAnchor | string {
  const bytes = Buffer.alloc(FRAME_BYTES_MAX);
  const file = openFrameFile(journal, segment);
  if (file === undefined) return 'the file is gone';
  try {
    file.read(bytes, bytes.length, 0);
  } finally {
    file.close();
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isWholeHeader(bytes, view, 0)) return 'the first frame of the file has no whole header';
  const header = new FrameHeader();
  readFrameHeader(bytes, view, 0, header);
  const contradiction = headerContradiction(view, 0, header);
  if (contradiction !== '') return contradiction;
  const { firstSequence, recordCount, epoch, rulesVersion, timeUs, journalIdHigh, journalIdLow } = header;
  const sequence = firstSequence + recordCount - 1;
  const chain = frameHash(bytes, 0, header.payloadLength);
  return { frame: segment, sequence, chain, epoch, rulesVersion, timeUs, journalIdHigh, journalIdLow };
}

export interface JournalPlace {
  readonly shard: string;
  readonly journal: string;
  readonly snapshots: string;
  /** A file. */
  readonly control: string;
}

/** Where things lie in a data directory, as the engine's start lays them out. */
export function placeIn(dataDir: string): JournalPlace {
  const shard = join(dataDir, 'shard-0');
  const path = (name: string) => join(shard, name);
  return { shard, journal: path('journal'), snapshots: path('snapshots'), control: path('CONTROL') };
}
