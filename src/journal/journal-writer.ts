// Journal writer: one frame per batch, one write and sync per frame. Format and rules: JOURNAL.md.
// Matching thread, synchronous file calls only. Owns the frame under construction and the open segment; the only writer of the
// directory. Must never retry a write or sync that failed, nor write to that journal again.

import { assert } from '../assert.ts';
import { describeError, JournalFault, NoRoomForSegment } from './errors.ts';
import { markFault, removeFaultMark } from './fault-mark.ts';
import { closeSync, existsSync, fdatasyncSync, fstatSync, openSync, writeSync } from './file-system.ts';
import {
  alignFrame,
  FRAME_ALIGNMENT,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameHeader,
  frameBytesMax,
  frameHash,
  recordsFill,
  sealFrame,
  segmentSalt,
} from './frame.ts';
import { stampDigest } from './frame-digest.ts';
import { pageAligned } from './page-aligned.ts';
import type { RunningDigest } from './running-digest.ts';
import { hasSpare, segmentPath, takeSegment } from './segment-files.ts';
import { type JournalWrite, openForWriting, type WrittenBy } from './write-through.ts';

/** Where a journal goes on: what the frame before the next one fixes. Recovery finds it out. */
export interface JournalPosition {
  /** First frame of the segment the next frame goes into; equal to `nextFrame` when that file may not exist yet. */
  segmentFirstFrame: number;
  /** Where in that segment. */
  offsetBytes: number;
  nextFrame: number;
  nextSequence: number;
  /** SHA-256 of the last frame. */
  chain: Uint8Array;
  /** Of the last start; 0 in an empty journal. */
  epoch: number;
  /** Batch time of the last frame, microseconds since 1970. */
  lastTimeUs: number;
  journalIdHigh: number;
  journalIdLow: number;
  /** The segment's. */
  salt: number;
}

type Durability = 'fsync' | 'os';

/** The two calls that decide over durability; replaced by tests and the simulator. */
export interface JournalDisk {
  /** Writes `bytes[0, lengthBytes)` at `position`; returns how many bytes were taken. */
  write(fd: number, bytes: Uint8Array, lengthBytes: number, position: number): number;
  sync(fd: number): void;
}

export interface JournalWriterOptions {
  readonly durability: Durability;
  /** Size of new segments; a multiple of 4096. */
  readonly segmentBytes: number;
  readonly rulesVersion: number;
  /** Called when there is no spare segment (any more): tell the main thread's SegmentPreparer. */
  readonly onSegmentNeeded?: () => void;
  /** How mode `fsync` writes a frame, where the file system takes it; default: auto. */
  readonly write?: JournalWrite;
  readonly disk?: JournalDisk | undefined;
  /** Of the engine that applies each frame right after it was appended: the frames that are due carry it. Default: none does. */
  readonly digest?: RunningDigest | undefined;
}

export const SYSTEM_DISK: JournalDisk = {
  write: (fd, bytes, lengthBytes, position) => writeSync(fd, bytes, 0, lengthBytes, position),
  sync: (fd) => fdatasyncSync(fd),
};

export class JournalWriter {
  /** The frame under construction: records are copied into `bytes` from `payloadStart` on. The caller's between two appends. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly payloadStart = FRAME_HEADER_BYTES;
  readonly payloadCapacity: number;

  readonly #directory: string;
  readonly #options: JournalWriterOptions;
  readonly #disk: JournalDisk;
  readonly #frameBytesMax: number;
  readonly #header = new FrameHeader();
  #fd = -1;
  #path = '';
  #segmentBytes = 0;
  #offsetBytes: number;
  #segmentEnded = false;
  #syncAfterWrite = false;
  #writtenBy: WrittenBy | undefined;
  #chain: Uint8Array;
  #nextFrame: number;
  #nextSequence: number;
  #lastTimeUs: number;
  #syncedFrame: number;
  #bytesWritten = 0;
  #slowSegments = 0;
  #fault: JournalFault | undefined;
  #closed = false;

  /** Goes on at `position` and writes EPOCH_START. Throws JournalFault. */
  static open(directory: string, position: JournalPosition, options: JournalWriterOptions): JournalWriter {
    const writer = new JournalWriter(directory, position, options);
    writer.#orFault('the segment cannot be opened', () => writer.#openSegment(position.segmentFirstFrame));
    if (!hasSpare(directory, options.segmentBytes)) options.onSegmentNeeded?.();
    try {
      writer.append(0, 0, position.nextSequence, position.lastTimeUs, FrameFlag.EPOCH_START);
    } catch (error) {
      writer.close(false);
      throw error;
    }
    removeFaultMark(directory); // what it asks for is done: recovery has chosen where this start goes on
    return writer;
  }

  private constructor(directory: string, position: JournalPosition, options: JournalWriterOptions) {
    assert(alignFrame(position.offsetBytes) === position.offsetBytes, 'frames lie on 4 KiB boundaries');
    assert(alignFrame(options.segmentBytes) === options.segmentBytes, 'segments end on 4 KiB boundaries');
    assert(position.nextFrame > 0 && position.nextSequence > 0, 'frames and sequences count from 1');
    this.#directory = directory;
    this.#options = options;
    this.#disk = options.disk ?? SYSTEM_DISK;
    this.#frameBytesMax = frameBytesMax(options.segmentBytes);
    const isAligned = options.durability === 'fsync' && options.write === 'direct';
    this.bytes = isAligned ? pageAligned(this.#frameBytesMax) : new Uint8Array(this.#frameBytesMax);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.#frameBytesMax);
    this.payloadCapacity = this.#frameBytesMax - FRAME_HEADER_BYTES;
    this.#offsetBytes = position.offsetBytes;
    this.#chain = position.chain;
    this.#nextFrame = position.nextFrame;
    this.#nextSequence = position.nextSequence;
    this.#lastTimeUs = position.lastTimeUs;
    this.#syncedFrame = position.nextFrame - 1; // recovery has synced all there is
    this.#header.epoch = position.epoch + 1;
    this.#header.rulesVersion = options.rulesVersion;
    this.#header.journalIdHigh = position.journalIdHigh;
    this.#header.journalIdLow = position.journalIdLow;
    this.#header.salt = position.salt;
  }

  /** The newest frame that `append` has made as durable as the mode promises: readers may read through it. */
  get durableFrame(): number {
    return this.#nextFrame - 1;
  }

  /** Sequence of the next command. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Batch time of the last frame; the next one's is greater. */
  get lastTimeUs(): number {
    return this.#lastTimeUs;
  }

  /** False in mode `os` while the last frame may only be in the page cache. */
  get isSynced(): boolean {
    return this.#syncedFrame === this.durableFrame;
  }

  /** SHA-256 of the last frame; a new array for each frame. */
  get chain(): Uint8Array {
    return this.#chain;
  }

  get epoch(): number {
    return this.#header.epoch;
  }

  get journalIdHigh(): number {
    return this.#header.journalIdHigh;
  }

  get journalIdLow(): number {
    return this.#header.journalIdLow;
  }

  /** How frames are made durable as they are written; undefined in mode `os`. */
  get writtenBy(): WrittenBy | undefined {
    return this.#writtenBy;
  }

  /** Bytes of frames written since open, padding included. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Bytes that may still be written before the next segment is needed. */
  get segmentBytesLeft(): number {
    return Math.max(0, this.#segmentBytes - this.#frameBytesMax - this.#offsetBytes + FRAME_ALIGNMENT);
  }

  /** Segments the matching thread had to make itself because no spare was ready. */
  get slowSegments(): number {
    return this.#slowSegments;
  }

  /**
   * Puts the next segment in place when the open one has ended. False when the disk has no room for it: nothing was changed,
   * nothing may be appended, and it may be called again. Throws JournalFault. Allocates: nothing but at a segment's end.
   */
  makeRoom(): boolean {
    if (this.#fault !== undefined) throw this.#fault;
    if (!this.#segmentEnded) return true;
    try {
      this.#syncLast(); // so that a power cut can only lose frames of the last segment
      this.#putSegment(this.#nextFrame);
      return true;
    } catch (error) {
      if (error instanceof NoRoomForSegment) return false;
      throw this.#poison(`the next segment cannot be made: ${describeError(error)}`, error);
    }
  }

  /**
   * Writes the frame under construction: its commands have the sequences from `firstSequence`, which is `nextSequence`.
   * `timeUs` is greater than the last frame's when there are records. When it returns, the frame is durable. Throws
   * JournalFault when it may not be; from then on every call throws. Allocates: a hash and three views.
   */
  append(payloadLength: number, recordCount: number, firstSequence: number, timeUs: number, flags = 0): void {
    if (this.#fault !== undefined) throw this.#fault;
    assert(!this.#closed, 'the journal is open');
    assert(payloadLength <= this.payloadCapacity, 'the payload fits a frame');
    assert(firstSequence === this.#nextSequence, 'sequences have no gap');
    assert(recordCount > 0 ? timeUs > this.#lastTimeUs : timeUs >= this.#lastTimeUs, 'batch time increases');
    assert(
      recordsFill(this.view, FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + payloadLength, recordCount),
      'the records fill the payload',
    );
    if (this.#segmentEnded) this.#orFault('the next segment cannot be opened', () => this.#enterNextSegment());
    const header = this.#header;
    header.payloadLength = payloadLength;
    header.number = this.#nextFrame;
    header.firstSequence = firstSequence;
    header.recordCount = recordCount;
    header.durableFrame = this.#syncedFrame;
    header.timeUs = timeUs;
    header.previousHash.set(this.#chain);
    header.flags = flags | this.#segmentEndFlag(payloadLength);
    stampDigest(this.#options.digest, header);
    sealFrame(this.bytes, this.view, header);
    this.#write(header.frameLength);
    this.#chain = frameHash(this.bytes, 0, payloadLength);
    this.#segmentEnded = (header.flags & FrameFlag.SEGMENT_END) !== 0;
    this.#offsetBytes += header.frameLength;
    this.#bytesWritten += header.frameLength;
    if (this.#options.durability === 'fsync') this.#syncedFrame = this.#nextFrame;
    this.#nextFrame++;
    this.#nextSequence += recordCount;
    this.#lastTimeUs = timeUs;
  }

  /**
   * Writes CLEAN_SHUTDOWN when asked and able to; without room for it, it only closes the file: the journal is whole without.
   * After a fault it leaves the mark that the next start heeds.
   */
  close(cleanShutdown: boolean): void {
    if (this.#closed) return;
    try {
      if (cleanShutdown && this.#fault === undefined && this.makeRoom()) {
        this.append(0, 0, this.#nextSequence, this.#lastTimeUs, FrameFlag.CLEAN_SHUTDOWN);
        this.#orFault('the sync failed', () => this.#syncLast());
      }
    } finally {
      this.#closed = true;
      if (this.#fd >= 0) closeSync(this.#fd);
      this.#fd = -1;
      if (this.#fault !== undefined) markFault(this.#directory, this.#fault.message);
    }
  }

  /** SEGMENT_END when a longest frame would no longer fit behind this one. */
  #segmentEndFlag(payloadLength: number): number {
    const end = this.#offsetBytes + alignFrame(FRAME_HEADER_BYTES + payloadLength);
    assert(end <= this.#segmentBytes, 'the frame fits the segment');
    return end + this.#frameBytesMax > this.#segmentBytes ? FrameFlag.SEGMENT_END : 0;
  }

  /** The one write, and the sync where the write does not sync by itself. */
  #write(frameLength: number): void {
    let written = 0;
    try {
      written = this.#disk.write(this.#fd, this.bytes, frameLength, this.#offsetBytes);
      if (written === frameLength && this.#syncAfterWrite) this.#disk.sync(this.#fd);
    } catch (error) {
      throw this.#poison(describeError(error), error);
    }
    if (written !== frameLength) throw this.#poison(`only ${written} of ${frameLength} bytes were written`);
  }

  #enterNextSegment(): void {
    this.#syncLast(); // so that a power cut can only lose frames of the last segment
    closeSync(this.#fd);
    this.#fd = -1;
    this.#offsetBytes = 0;
    this.#header.salt = segmentSalt(this.#chain);
    this.#openSegment(this.#nextFrame);
    this.#segmentEnded = false;
    this.#options.onSegmentNeeded?.();
  }

  /** Syncs what mode `os` has only written. */
  #syncLast(): void {
    if (this.isSynced) return;
    this.#disk.sync(this.#fd);
    this.#syncedFrame = this.durableFrame;
  }

  /** Opens the segment of `firstFrame`, which is made when it is to begin with the next frame and does not exist. */
  #openSegment(firstFrame: number): void {
    this.#path = segmentPath(this.#directory, firstFrame);
    if (firstFrame === this.#nextFrame) this.#putSegment(firstFrame);
    this.#fd = this.#openFile();
    this.#segmentBytes = fstatSync(this.#fd).size;
    assert(this.#offsetBytes + FRAME_ALIGNMENT <= this.#segmentBytes, 'the next frame lies inside its segment');
  }

  /** The file of the segment that begins with `firstFrame`, unless it is there. */
  #putSegment(firstFrame: number): void {
    if (existsSync(segmentPath(this.#directory, firstFrame))) return;
    if (!takeSegment(this.#directory, firstFrame, this.#options.segmentBytes)) this.#slowSegments++;
  }

  #openFile(): number {
    const { durability, write = 'auto' } = this.#options;
    if (durability === 'os') return openSync(this.#path, 'r+');
    const { fd, how } = openForWriting(this.#path, write);
    this.#syncAfterWrite = how === 'fdatasync';
    this.#writtenBy = how;
    return fd;
  }

  /** Runs what touches the disk; any error is final. */
  #orFault(what: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw this.#poison(`${what}: ${describeError(error)}`, error);
    }
  }

  #poison(evidence: string, cause?: unknown): JournalFault {
    const site = {
      file: this.#path,
      offsetBytes: this.#offsetBytes,
      frame: this.#nextFrame,
      sequence: this.#nextSequence,
    };
    this.#fault = new JournalFault(site, evidence, cause);
    return this.#fault;
  }
}
