// What of a damaged journal survives: from which snapshot on, through which frame, and what is known to be lost. Reads only.

import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { CONTROL_VERSION, newestControlRecord } from '../../journal/control-file.ts';
import { JournalDamage, SnapshotDamage } from '../../journal/errors.ts';
import {
  FRAME_ALIGNMENT,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameHeader,
  isWholeHeader,
  readFrameHeader,
} from '../../journal/frame.ts';
import { type FrameView, type JournalAnchor, readUpTo } from '../../journal/frame-cursor.ts';
import { listNumbered } from '../../journal/numbered-files.ts';
import { restoreEngine } from '../../journal/restore.ts';
import { SEGMENT_EXTENSION, segmentOf, segmentPath } from '../../journal/segment-files.ts';
import { readSkipped, type SkippedCommand, skippedPath } from '../../journal/skipped.ts';
import { listSnapshots, verifySnapshotFile } from '../../journal/snapshot-file.ts';
import {
  contradictionBy,
  hearWitnesses,
  type Witness,
  witnessOf,
  witnessOfControl,
  witnessOfSkipped,
} from '../../journal/witnesses.ts';
import { UsageError } from '../usage.ts';
import { type JournalPlace, Survey } from './survey.ts';
import { describeDamage } from './words.ts';

/** The last frame that survives, and where the next one would lie. */
interface Last {
  readonly frame: number;
  readonly sequence: number;
  /** First frame of the segment that is cut, and where; offset 0: nothing of that segment survives. */
  readonly segment: number;
  readonly offsetBytes: number;
}

interface Loss {
  /** The greatest sequence that anything tells of. */
  readonly sequence: number;
  /** What tells. */
  readonly by: string;
}

export interface SalvagePlan {
  readonly last: Last;
  /** The snapshot that a start begins with; undefined: it begins with frame 1. */
  readonly base: JournalAnchor | undefined;
  readonly lost: Loss;
  /** Segments, snapshots (by their numbers) and CONTROL that speak of what is cut. */
  readonly segments: readonly number[];
  readonly snapshots: readonly number[];
  readonly control: boolean;
  /** Commands that stay ruled out, when SKIPPED speaks of others that are cut; undefined: it stays as it is. */
  readonly skipped: readonly SkippedCommand[] | undefined;
}

/** Why a start would refuse; undefined when it would not. */
export function startProblem(place: JournalPlace): string | undefined {
  try {
    const { witnesses } = hearWitnesses(place.control);
    const { anchor } = restoreEngine(place.snapshots, SILENT_LISTENER);
    const everyone = anchor === undefined ? witnesses : [...witnesses, witnessOf(anchor)];
    for (const _ of new Survey(place.journal, { ...begin(anchor), witnesses: everyone }));
    return undefined;
  } catch (error) {
    if (error instanceof JournalDamage) return describeDamage(error);
    throw error;
  }
}

/**
 * undefined: nothing that a start could go on from. Throws UsageError for a file that is no part of a journal, JournalDamage when
 * SKIPPED is damaged.
 */
export function planSalvage(place: JournalPlace): SalvagePlan | undefined {
  const [stranger] = listNumbered(place.journal, SEGMENT_EXTENSION).foreign;
  if (stranger !== undefined) throw new UsageError(`${stranger} is not the name of a segment file: move it away first`);
  const control = controlTold(place.control);
  const anchors = wholeSnapshots(place.snapshots);
  const rulings = readSkipped(skippedPath(place.journal));
  const witnesses = [
    ...(control === undefined ? [] : [control]),
    ...anchors.map(snapshotTold),
    ...rulings.map(rulingTold),
  ];
  let best: Reading | undefined;
  for (const base of [...anchors, undefined]) {
    const reading = read(place.journal, base, witnesses);
    if (reading !== undefined && reading.last.frame > (best?.last.frame ?? 0)) best = reading;
  }
  if (best === undefined) return undefined;
  const { last, base, against } = best;
  const isBeyond = (witness: Witness) => witness.frame > last.frame || against.has(witness.name);
  const contradicted = anchors.filter((anchor) => isBeyond(witnessOf(anchor))).map(({ frame }) => frame);
  const kept = rulings.filter((ruling) => !isBeyond(witnessOfSkipped(ruling)));
  return {
    last,
    base,
    lost: greatestLoss(place.journal, last, witnesses),
    segments: segmentsOf(place.journal).filter((first) => first > last.frame),
    snapshots: listSnapshots(place.snapshots).filter((frame) => frame > last.frame || contradicted.includes(frame)),
    control: control === undefined || isBeyond(control),
    skipped: kept.length === rulings.length ? undefined : kept,
  };
}

/** A witness that also says how far commands had come. */
interface Told extends Witness {
  readonly sequence: number;
}

/** undefined also when it cannot be believed: then it is of no use in a copy either. */
function controlTold(path: string): Told | undefined {
  const newest = existsSync(path) ? newestControlRecord(readFileSync(path)) : undefined;
  if (newest === undefined || newest.leastVersion > CONTROL_VERSION) return undefined;
  return { ...witnessOfControl(path, newest.point), sequence: newest.point.sequence };
}

function snapshotTold(anchor: JournalAnchor): Told {
  return { ...witnessOf(anchor), sequence: anchor.sequence };
}

function rulingTold(ruling: SkippedCommand): Told {
  return { ...witnessOfSkipped(ruling), sequence: ruling.sequence };
}

/** Newest first. */
function wholeSnapshots(directory: string): JournalAnchor[] {
  return listSnapshots(directory).flatMap((frame) => {
    try {
      return [verifySnapshotFile(directory, frame).anchor];
    } catch (error) {
      if (error instanceof SnapshotDamage) return [];
      throw error;
    }
  });
}

function segmentsOf(journal: string): number[] {
  return listNumbered(journal, SEGMENT_EXTENSION).numbers;
}

interface Reading {
  readonly base: JournalAnchor | undefined;
  readonly last: Last;
  /** Names of witnesses that remember a frame otherwise. */
  readonly against: ReadonlySet<string>;
}

/** Reads as a start would that begins with `base`, without hearing witnesses; undefined when it does not get past the base. */
function read(journal: string, base: JournalAnchor | undefined, witnesses: readonly Witness[]): Reading | undefined {
  const against = new Set<string>();
  let last = lastOfBase(journal, base);
  try {
    for (const frame of new Survey(journal, begin(base))) {
      for (const witness of witnesses) if (contradictionBy([witness], frame) !== '') against.add(witness.name);
      last = lastOf(frame);
    }
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
  }
  return last === undefined || last.frame < (base?.frame ?? 1) ? undefined : { base, last, against };
}

/** A snapshot needs nothing of the journal when a segment begins right behind its frame. */
function lastOfBase(journal: string, base: JournalAnchor | undefined): Last | undefined {
  if (base === undefined || segmentOf(journal, base.frame + 1) !== base.frame + 1) return undefined;
  return { frame: base.frame, sequence: base.sequence, segment: base.frame + 1, offsetBytes: 0 };
}

function lastOf(view: FrameView): Last {
  const {
    number: frame,
    firstSequence,
    recordCount,
    flags,
    segmentFirstFrame,
    offsetBytes,
    bytes,
    payloadStart,
  } = view;
  const sequence = firstSequence + recordCount - 1;
  if ((flags & FrameFlag.SEGMENT_END) !== 0) return { frame, sequence, segment: frame + 1, offsetBytes: 0 };
  const header = new FrameHeader();
  readFrameHeader(bytes, view.view, payloadStart - FRAME_HEADER_BYTES, header);
  return { frame, sequence, segment: segmentFirstFrame, offsetBytes: offsetBytes + header.frameLength };
}

/** A start without a snapshot begins with frame 1, whatever the oldest segment is. */
function begin(anchor: JournalAnchor | undefined): { anchor: JournalAnchor } | { from: number } {
  return anchor === undefined ? { from: 1 } : { anchor };
}

function greatestLoss(journal: string, last: Last, witnesses: readonly Told[]): Loss {
  let lost: Loss = { sequence: last.sequence, by: '' };
  const hear = (sequence: number, by: string) => {
    if (sequence > lost.sequence) lost = { sequence, by };
  };
  for (const { sequence, name } of witnesses) hear(sequence, name);
  for (const segment of segmentsOf(journal).filter((first) => first >= last.segment)) {
    const path = segmentPath(journal, segment);
    for (const { header, offsetBytes } of wholeHeaders(path, segment === last.segment ? last.offsetBytes : 0)) {
      const sequence = header.firstSequence + header.recordCount - 1;
      hear(sequence, `a header in ${basename(path)} at offset ${offsetBytes}`);
    }
  }
  return lost;
}

const CHUNK_BYTES = 1 << 20;

/** Headers that are whole, wherever a frame may begin. */
function* wholeHeaders(path: string, from: number): Generator<{ header: FrameHeader; offsetBytes: number }> {
  const bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = new FrameHeader();
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    for (let at = from; at < size; at += CHUNK_BYTES) {
      bytes.fill(0, readUpTo(fd, bytes, CHUNK_BYTES, at));
      for (let offset = 0; offset < CHUNK_BYTES; offset += FRAME_ALIGNMENT) {
        if (!isWholeHeader(bytes, view, offset)) continue;
        readFrameHeader(bytes, view, offset, header);
        yield { header, offsetBytes: at + offset };
      }
    }
  } finally {
    closeSync(fd);
  }
}
