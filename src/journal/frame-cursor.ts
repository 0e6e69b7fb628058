// Frame cursor: reads the frames of a journal in order and judges each one: valid, absent, torn or contradictory (JOURNAL.md).
// What the reader (which refuses) and recovery (which may cut) have in common. Any thread; owns its buffer and one open file.
// Writes nothing. Must never hand out a byte that was read before the frame it belongs to was complete.

import { basename } from 'node:path';
import { assert } from '../assert.ts';
import { damageAt } from './errors.ts';
import {
  bodyProblem,
  FRAME_ALIGNMENT,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameHeader,
  frameHash,
  genesisHash,
  HASH_BYTES,
  headerContradiction,
  isAbsentHeader,
  isWholeHeader,
  readFrameHeader,
  segmentSalt,
} from './frame.ts';
import { type FrameFile, frameFileOf, listFrameFiles, type OpenFrameFile, openFrameFile } from './journal-files.ts';
import type { JournalPosition } from './journal-writer.ts';
import { segmentPath } from './segment-files.ts';
import { readSkipped, type SkippedCommand, skippedPath } from './skipped.ts';

export { readUpTo } from './read-up-to.ts';

/** A frame that is known from elsewhere, with its hash: a snapshot holds the state after it. Reading goes on behind it. */
export interface JournalAnchor {
  readonly frame: number;
  /** Last sequence up to and in that frame. */
  readonly sequence: number;
  /** SHA-256 of the frame. */
  readonly chain: Uint8Array;
  readonly epoch: number;
  readonly rulesVersion: number;
  /** Its batch time, microseconds since 1970. */
  readonly timeUs: number;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
}

/** A frame that was read and verified. One object is reused: borrowed until the next call. */
export interface FrameView {
  readonly number: number;
  readonly firstSequence: number;
  readonly recordCount: number;
  /** Batch time, microseconds since 1970. */
  readonly timeUs: number;
  /** Bits of FrameFlag. */
  readonly flags: number;
  /** The state digest, two words of 32 bits; 0 without DIGEST. */
  readonly digestHigh: number;
  readonly digestLow: number;
  readonly epoch: number;
  readonly rulesVersion: number;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
  /** SHA-256 of this frame; a new array for each frame. */
  readonly chain: Uint8Array;
  /** Where the frame lies: the first frame of its segment, and the offset in that file. */
  readonly segmentFirstFrame: number;
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where in `bytes` the command records lie. */
  readonly payloadStart: number;
  readonly payloadLength: number;
  /** Sequences of its commands that are to be passed over (skipped.ts); hardly ever any. */
  readonly skipped: readonly number[];
}

/** The frame as an anchor. Keeps nothing of it but its hash. */
export function anchorOf(frame: FrameView): JournalAnchor {
  const { number, firstSequence, recordCount, chain, epoch, rulesVersion, timeUs, journalIdHigh, journalIdLow } = frame;
  const sequence = firstSequence + recordCount - 1;
  return { frame: number, sequence, chain, epoch, rulesVersion, timeUs, journalIdHigh, journalIdLow };
}

export const Verdict = { VALID: 0, ABSENT: 1, TORN: 2, CONTRADICTORY: 3, NO_FILE: 4 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

const NONE_SKIPPED: readonly number[] = [];
const READ_BYTES = 1 << 20;
assert(READ_BYTES >= FRAME_BYTES_MAX, 'one read holds the longest frame');

export class FrameCursor {
  /** The last valid frame. */
  readonly frame: FrameView;
  /** Why the last frame judged is not valid. */
  evidence = '';
  /** Of the segment the next frame is in. */
  segmentFirstFrame = 1;
  offsetBytes = 0;
  nextFrame = 1;
  nextSequence = 1;

  readonly directory: string;
  readonly #header = new FrameHeader();
  readonly #view: MutableFrameView;
  readonly #bytes = Buffer.allocUnsafeSlow(READ_BYTES);
  #file: FrameFile | undefined;
  #isDirect = false;
  /** The file's bytes [loadedFrom, loadedTo) stand at the start of `#bytes`; frames above `#loadedThrough` may be stale there. */
  #loadedFrom = 0;
  #loadedTo = 0;
  #loadedThrough = 0;
  #segmentEnded = false;
  /** First frame of the next file, as it was when the open one was opened; infinite when there was none. */
  #followingFrame = Number.POSITIVE_INFINITY;
  /** The next frame begins a file although the one before has no SEGMENT_END. */
  #atSeam = false;
  // What the frame before fixes. Before frame 1 (`#anchored` false) its header is believed about the journal's id.
  #anchored = false;
  #chain: Uint8Array = new Uint8Array(HASH_BYTES);
  #salt = 0;
  #epoch = 0;
  #rulesVersion = 0;
  #timeUs = 0;
  #durableFrame = 0;
  #journalIdHigh = 0;
  #journalIdLow = 0;
  readonly #anchor: JournalAnchor | undefined;
  readonly #openFile: OpenFrameFile;
  readonly #skipped: readonly SkippedCommand[];

  /** Begins with the first frame of a segment whose predecessor is not read: what that one says of it is believed. */
  static atSegment(directory: string, firstFrame: number, openFile: OpenFrameFile = openFrameFile): FrameCursor {
    const cursor = new FrameCursor(directory, undefined, openFile);
    cursor.segmentFirstFrame = firstFrame;
    cursor.nextFrame = firstFrame;
    return cursor;
  }

  /**
   * Begins with frame 1, or, given an anchor, with the first frame of the segment that holds it: the frames through the
   * anchor are read and judged like all others, and the anchor's must be the very frame that it names. When that is the last
   * one before a segment, reading begins behind it.
   */
  constructor(directory: string, anchor?: JournalAnchor, openFile: OpenFrameFile = openFrameFile) {
    this.directory = directory;
    this.#openFile = openFile;
    this.#view = new MutableFrameView(this.#bytes);
    this.frame = this.#view;
    this.#anchor = anchor;
    this.#skipped = readSkipped(skippedPath(directory));
    if (anchor !== undefined) this.#beginAt(anchor);
  }

  /** The file that the next frame is in, or should be. */
  get path(): string {
    return this.#file?.path ?? segmentPath(this.directory, this.segmentFirstFrame);
  }

  /** The open file, which the next frame is in; undefined when there is none. */
  get file(): FrameFile | undefined {
    return this.#file;
  }

  /** Whether the file opened last is read past the page cache. */
  get isDirect(): boolean {
    return this.#isDirect;
  }

  /** False until a frame was valid: the journal's id is not known then. */
  get isAnchored(): boolean {
    return this.#anchored;
  }

  /** Where a writer goes on behind the last valid frame. */
  position(): JournalPosition {
    const moved = this.#segmentEnded;
    return {
      segmentFirstFrame: moved ? this.nextFrame : this.segmentFirstFrame,
      offsetBytes: moved ? 0 : this.offsetBytes,
      nextFrame: this.nextFrame,
      nextSequence: this.nextSequence,
      chain: this.#chain,
      epoch: this.#epoch,
      lastTimeUs: this.#timeUs,
      journalIdHigh: this.#journalIdHigh,
      journalIdLow: this.#journalIdLow,
      salt: moved ? segmentSalt(this.#chain) : this.#salt,
    };
  }

  /**
   * Judges the next frame and moves behind it when it is valid. All frames up to `throughFrame` are complete on disk; nothing
   * read now is used for a later one. Allocates per frame: a hash and three views.
   */
  next(throughFrame: number): Verdict {
    const verdict = this.#judge(throughFrame);
    if (verdict === Verdict.VALID) this.#advance();
    return verdict;
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined; // whatever close says: a number that is closed twice may be another file's by then
    file?.close();
  }

  #beginAt(anchor: JournalAnchor): void {
    const segment = frameFileOf(this.directory, anchor.frame + 1);
    this.segmentFirstFrame = segment;
    this.nextFrame = segment;
    this.#journalIdHigh = anchor.journalIdHigh;
    this.#journalIdLow = anchor.journalIdLow;
    if (segment <= anchor.frame) return;
    this.#anchored = true;
    this.nextSequence = anchor.sequence + 1;
    this.#chain = anchor.chain;
    this.#salt = segmentSalt(anchor.chain);
    this.#epoch = anchor.epoch;
    this.#rulesVersion = anchor.rulesVersion;
    this.#timeUs = anchor.timeUs;
  }

  #judge(throughFrame: number): Verdict {
    if (this.#segmentEnded) this.#leaveSegment();
    else if (this.nextFrame === this.#followingFrame) return this.#judgeSeam(throughFrame);
    return this.#judgeHere(throughFrame);
  }

  /**
   * The next file is to begin here although this one has no SEGMENT_END: a start went on in it. Its first frame proves that, by
   * the hash of the last one here; as long as it has none, nothing may stand in its place here.
   */
  #judgeSeam(throughFrame: number): Verdict {
    const here = this.#judgeHere(throughFrame);
    const before = basename(this.path);
    this.#leaveSegment();
    this.#atSeam = true;
    const verdict = this.#judgeHere(throughFrame);
    if (verdict === Verdict.VALID || here === Verdict.ABSENT) return verdict;
    return this.#is(Verdict.CONTRADICTORY, `the frames it should hold are in ${before}`);
  }

  #judgeHere(throughFrame: number): Verdict {
    const file = this.#file ?? this.#open();
    if (file === undefined) return this.#is(Verdict.NO_FILE, 'the segment file is missing');
    const at = this.#load(file, FRAME_ALIGNMENT, throughFrame);
    const { view } = this.#view;
    if (isAbsentHeader(view, at)) return this.#is(Verdict.ABSENT, 'there are only zeros');
    if (!isWholeHeader(this.#bytes, view, at)) return this.#is(Verdict.TORN, 'the header checksum is wrong');
    readFrameHeader(this.#bytes, view, at, this.#header);
    const contradiction = headerContradiction(view, at, this.#header) || this.#contradiction();
    if (contradiction !== '') return this.#is(Verdict.CONTRADICTORY, contradiction);
    const frameAt = this.#load(file, this.#header.frameLength, throughFrame);
    const problem = bodyProblem(this.#bytes, view, frameAt, this.#header);
    if (problem !== '') return this.#is(Verdict.TORN, problem);
    return this.#isAnchors(frameAt) ? Verdict.VALID : this.#is(Verdict.CONTRADICTORY, 'a snapshot knows another frame');
  }

  /** False when the whole frame stands where the anchor's should, and is another. */
  #isAnchors(at: number): boolean {
    const header = this.#header;
    const anchor = this.#anchor;
    if (anchor === undefined || header.number !== anchor.frame) return true;
    if (header.firstSequence + header.recordCount !== anchor.sequence + 1) return false;
    return equalHashes(frameHash(this.#bytes, at, header.payloadLength), anchor.chain);
  }

  /** What a right header says that cannot stand behind the frame before; '' when all agrees. */
  #contradiction(): string {
    const header = this.#header;
    if (!this.#anchored) this.#believe();
    if (header.journalIdHigh !== this.#journalIdHigh || header.journalIdLow !== this.#journalIdLow) {
      return 'the frame belongs to another journal';
    }
    if (header.number !== this.nextFrame) return `frame ${header.number} stands here`;
    if (!equalHashes(header.previousHash, this.#chain))
      return 'it does not continue the frame before (SHA-256 differs)';
    if (header.salt !== this.#salt) return 'the salt is not the one of this segment';
    if (header.firstSequence !== this.nextSequence) return `its first sequence is ${header.firstSequence}`;
    if (header.durableFrame < this.#durableFrame) return 'its durable frame goes back';
    const timeGoesOn = header.recordCount > 0 ? header.timeUs > this.#timeUs : header.timeUs >= this.#timeUs;
    if (!timeGoesOn) return 'its batch time goes back';
    const isStart = (header.flags & FrameFlag.EPOCH_START) !== 0;
    if (header.epoch !== this.#epoch + (isStart ? 1 : 0)) return `its epoch is ${header.epoch}`;
    if (!isStart && this.#atSeam) return 'it is not the first of a start, yet the file before has no end';
    if (!isStart && header.rulesVersion !== this.#rulesVersion) return 'its rules version changes without a start';
    return '';
  }

  /** Takes the first header's word for what the frame before fixed; all else follows from that. */
  #believe(): void {
    const header = this.#header;
    this.#journalIdHigh = this.#anchor?.journalIdHigh ?? header.journalIdHigh;
    this.#journalIdLow = this.#anchor?.journalIdLow ?? header.journalIdLow;
    if (this.nextFrame > 1) {
      this.#believeInTheMiddle();
      return;
    }
    this.#chain = genesisHash(header.journalIdHigh, header.journalIdLow);
    this.#salt = segmentSalt(this.#chain);
  }

  /** The frame before is not read: what the anchor's frame says in the end, or the next segment, proves the way there. */
  #believeInTheMiddle(): void {
    const header = this.#header;
    this.#chain = header.previousHash.slice();
    this.#salt = segmentSalt(this.#chain);
    this.nextSequence = header.firstSequence;
    this.#epoch = header.epoch - ((header.flags & FrameFlag.EPOCH_START) !== 0 ? 1 : 0);
    this.#rulesVersion = header.rulesVersion;
  }

  #advance(): void {
    const header = this.#header;
    const at = this.offsetBytes - this.#loadedFrom;
    this.#chain = frameHash(this.#bytes, at, header.payloadLength);
    this.#view.set(header, this.#chain, this.segmentFirstFrame, this.offsetBytes, at + FRAME_HEADER_BYTES);
    if (this.#skipped.length > 0) this.#view.skipped = this.#skippedIn(header);
    this.#anchored = true;
    this.#epoch = header.epoch;
    this.#rulesVersion = header.rulesVersion;
    this.#timeUs = header.timeUs;
    this.#durableFrame = header.durableFrame;
    this.nextSequence += header.recordCount;
    this.nextFrame++;
    this.offsetBytes += header.frameLength;
    this.#segmentEnded = (header.flags & FrameFlag.SEGMENT_END) !== 0;
    this.#atSeam = false;
  }

  #skippedIn({ number, firstSequence, recordCount }: FrameHeader): readonly number[] {
    const here = this.#skipped.filter(({ frame }) => frame === number).map(({ sequence }) => sequence);
    const stranger = here.find((sequence) => sequence < firstSequence || sequence >= firstSequence + recordCount);
    if (stranger !== undefined)
      throw damageAt(this, `SKIPPED says that command ${stranger} is in this frame, which it is not`);
    return here;
  }

  #leaveSegment(): void {
    this.close();
    this.segmentFirstFrame = this.nextFrame;
    this.offsetBytes = 0;
    this.#salt = segmentSalt(this.#chain);
    this.#segmentEnded = false;
  }

  /** Undefined when the file does not exist. */
  #open(): FrameFile | undefined {
    this.#file = this.#openFile(this.directory, this.segmentFirstFrame);
    this.#isDirect = this.#file?.isDirect ?? this.#isDirect;
    this.#loadedFrom = 0;
    this.#loadedTo = 0;
    this.#loadedThrough = 0;
    const { segmentFirstFrame } = this;
    const following = listFrameFiles(this.directory).find((firstFrame) => firstFrame > segmentFirstFrame);
    this.#followingFrame = following ?? Number.POSITIVE_INFINITY;
    return this.#file;
  }

  /** Makes sure the next frame's first `needBytes` are in the buffer, and fresh; returns where. */
  #load(file: FrameFile, needBytes: number, throughFrame: number): number {
    const from = this.offsetBytes;
    const isFresh = this.nextFrame <= this.#loadedThrough;
    const isInside = from >= this.#loadedFrom && from + needBytes <= this.#loadedTo;
    if (isFresh && isInside) return from - this.#loadedFrom;
    const framesBehind = throughFrame - this.nextFrame + 1;
    const likely = framesBehind * Math.max(FRAME_ALIGNMENT, this.#header.frameLength);
    const length = Math.max(needBytes, Math.min(READ_BYTES, likely));
    const loaded = file.read(this.#bytes, length, from);
    this.#bytes.fill(0, loaded, Math.max(loaded, needBytes)); // what a shortened file lacks counts as zeros
    this.#loadedFrom = from;
    this.#loadedTo = from + Math.max(loaded, needBytes);
    this.#loadedThrough = throughFrame;
    return 0;
  }

  #is(verdict: Verdict, evidence: string): Verdict {
    this.evidence = evidence;
    this.#loadedThrough = 0; // whoever asks again wants the disk's answer
    return verdict;
  }
}

function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

class MutableFrameView implements FrameView {
  number = 0;
  firstSequence = 0;
  recordCount = 0;
  timeUs = 0;
  flags = 0;
  digestHigh = 0;
  digestLow = 0;
  epoch = 0;
  rulesVersion = 0;
  journalIdHigh = 0;
  journalIdLow = 0;
  chain: Uint8Array = new Uint8Array(HASH_BYTES);
  segmentFirstFrame = 0;
  offsetBytes = 0;
  payloadStart = 0;
  payloadLength = 0;
  skipped: readonly number[] = NONE_SKIPPED;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  set(
    header: FrameHeader,
    chain: Uint8Array,
    segmentFirstFrame: number,
    offsetBytes: number,
    payloadStart: number,
  ): void {
    this.number = header.number;
    this.firstSequence = header.firstSequence;
    this.recordCount = header.recordCount;
    this.timeUs = header.timeUs;
    this.flags = header.flags;
    this.digestHigh = header.digestHigh;
    this.digestLow = header.digestLow;
    this.epoch = header.epoch;
    this.rulesVersion = header.rulesVersion;
    this.journalIdHigh = header.journalIdHigh;
    this.journalIdLow = header.journalIdLow;
    this.chain = chain;
    this.segmentFirstFrame = segmentFirstFrame;
    this.offsetBytes = offsetBytes;
    this.payloadStart = payloadStart;
    this.payloadLength = header.payloadLength;
  }
}
