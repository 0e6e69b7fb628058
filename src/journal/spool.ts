// The event spool: derived events on disk, for readers with cursors of their own. Format: JOURNAL.md, "Event spool".
// The follower's thread writes, any thread reads below the position the follower has published. Not synced: rebuilt from the
// journal at each start. Must never be read beyond that position, nor hold anything the journal does not decide. A disk that
// takes no more ends nothing: what it has not taken waits in memory.

import { join } from 'node:path';
import { assert } from '../assert.ts';
import { describeError, errorCode, SpoolDamage } from './errors.ts';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from './file-system.ts';
import { readUpTo } from './frame-cursor.ts';
import { listNumbered, numberedName } from './numbered-files.ts';
import { makeDirectory } from './segment-files.ts';

const EXTENSION = '.spool';
const FILE_BYTES_MAX = 64 << 20;
const RECORD_HEADER_BYTES = 8;
const WRITE_BUFFER_BYTES = 1 << 20;
const READ_BUFFER_BYTES = 256 << 10;
/** The longest record, without its header. */
const RECORD_BYTES_MAX = 64 << 10;
assert(RECORD_BYTES_MAX + RECORD_HEADER_BYTES <= READ_BUFFER_BYTES, 'a read holds the longest record');

export interface SpoolWriterOptions {
  /** Longest file; default 64 MiB. */
  readonly fileBytes?: number;
}

/** The writing end; owns the directory and empties it first. */
export class SpoolWriter {
  #bytes: Uint8Array;
  #view: DataView;
  readonly #directory: string;
  readonly #fileBytesMax: number;
  #fd = -1;
  /** Where the file being filled begins. */
  #fileStart = 0;
  #flushed = 0;
  #buffered = 0;
  #claimed = -1;
  /** Where the files begin that there are, the oldest first; the last one is being filled. */
  #files: number[] = [];
  #failure: unknown;

  constructor(directory: string, options: SpoolWriterOptions = {}) {
    this.#directory = directory;
    this.#fileBytesMax = options.fileBytes ?? FILE_BYTES_MAX;
    this.#bytes = new Uint8Array(WRITE_BUFFER_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
    makeDirectory(directory);
    for (const name of readdirSync(directory)) if (name.endsWith(EXTENSION)) rmSync(join(directory, name));
  }

  /** Where a claimed record is written, at the offset that `claim` returned. Another one after each claim. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** How far it is on the disk. Readers may read below it once all is. */
  get position(): number {
    return this.#flushed;
  }

  /** Where the oldest record begins that there is. */
  get start(): number {
    return this.#files[0] ?? this.#flushed;
  }

  /** Bytes that are not on the disk yet. */
  get waitingBytes(): number {
    return this.#buffered;
  }

  /** Why the last write failed; undefined when it did not. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Room for one record of `lengthBytes`, a multiple of 8; its offset in `bytes`. May write to disk to make room; when the disk
   * refuses, takes more memory. Never fails.
   */
  claim(type: number, lengthBytes: number): number {
    assert(this.#claimed < 0, 'a claimed record is committed before the next');
    assert(lengthBytes <= RECORD_BYTES_MAX && (lengthBytes & 7) === 0, 'a spool record is short and aligned');
    const total = RECORD_HEADER_BYTES + lengthBytes;
    if (this.#failure === undefined) this.#makeRoom(total);
    if (this.#buffered + total > this.#bytes.length) this.#grow();
    const at = this.#buffered;
    this.#view.setUint32(at, lengthBytes, true);
    this.#view.setUint32(at + 4, type, true);
    this.#claimed = total;
    return at + RECORD_HEADER_BYTES;
  }

  /** The claimed record is complete. Readers see it after the next flush. Allocates: nothing. */
  commit(): void {
    assert(this.#claimed >= 0, 'commit follows a claim');
    this.#buffered += this.#claimed;
    this.#claimed = -1;
  }

  /**
   * Writes what is committed; returns the position below which readers may read. When the disk refuses (`failure`) nothing is
   * lost, it may be called again, and readers keep to the position before.
   */
  flush(): number {
    try {
      this.#write();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
    return this.#flushed;
  }

  /** Removes the files that end at or before `position`; not the one being filled. One that the disk keeps is tried again. */
  removeBefore(position: number): void {
    try {
      while (this.#files.length > 1 && this.#files[1] <= position) {
        rmSync(this.#path(this.#files[0]), { force: true });
        this.#files.shift();
      }
    } catch {
      // It only takes room, and `start` says that it is there.
    }
  }

  close(): void {
    this.flush();
    this.#closeFile();
  }

  /** Before a record of `totalBytes`: to the disk with what is buffered, and on to the next file, when it is time for that. */
  #makeRoom(totalBytes: number): void {
    const inFile = this.#flushed + this.#buffered - this.#fileStart;
    const endsFile = inFile + totalBytes > this.#fileBytesMax && inFile > 0;
    if (!endsFile && this.#buffered + totalBytes <= WRITE_BUFFER_BYTES) return;
    this.flush();
    if (endsFile && this.#failure === undefined) this.#endFile();
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes.subarray(0, this.#buffered));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** At its place in the file, so that a write that was cut short is done again over what there is of it. */
  #write(): void {
    if (this.#buffered > 0 && this.#fd < 0) this.#openFile();
    for (let at = 0; at < this.#buffered; ) {
      const inFile = this.#flushed + at - this.#fileStart;
      const written = writeSync(this.#fd, this.#bytes, at, this.#buffered - at, inFile);
      if (written === 0) throw new Error('a write of the event spool made no progress');
      at += written;
    }
    this.#flushed += this.#buffered;
    this.#buffered = 0;
    if (this.#bytes.length > WRITE_BUFFER_BYTES) this.#shrink();
  }

  #shrink(): void {
    this.#bytes = new Uint8Array(WRITE_BUFFER_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #endFile(): void {
    this.#closeFile();
    this.#fileStart = this.#flushed;
  }

  #closeFile(): void {
    const fd = this.#fd;
    this.#fd = -1;
    try {
      if (fd >= 0) closeSync(fd);
    } catch {
      // Closed it is; and what a disk has lost of a spool, a reader finds out and a restart rebuilds.
    }
  }

  #openFile(): void {
    this.#fd = openSync(this.#path(this.#fileStart), 'wx');
    this.#files.push(this.#fileStart);
  }

  #path(fileStart: number): string {
    return join(this.#directory, numberedName(fileStart, EXTENSION));
  }
}

/** Takes one record, borrowed until return. Returning false stops the reading behind this record. */
export type ReceiveRecord = (
  type: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  lengthBytes: number,
) => unknown;

/** A cursor of its own over the spool; one thread. */
export class SpoolReader {
  readonly #directory: string;
  readonly #bytes = new Uint8Array(new ArrayBuffer(READ_BUFFER_BYTES));
  readonly #view = new DataView(this.#bytes.buffer);
  #position: number;
  #fd = -1;
  #fileStart = 0;
  /** Positions [loadedFrom, loadedTo) stand at the start of `#bytes`, all below a position that was published. */
  #loadedFrom = 0;
  #loadedTo = 0;

  /** `fromPosition` is the start of a record. Opens nothing yet. */
  constructor(directory: string, fromPosition = 0) {
    this.#directory = directory;
    this.#position = fromPosition;
  }

  /** Where the next record begins. */
  get position(): number {
    return this.#position;
  }

  /** Goes on at `position`, the start of a record. */
  skipTo(position: number): void {
    if (position === this.#position) return;
    const isInFile = position >= this.#fileStart && position < this.#loadedTo;
    this.#position = position;
    if (!isInFile) this.close(); // opened again by the next read, in the right file
  }

  /**
   * Hands the records below `throughPosition`, which the writer has published, to `receive`: at most `limitRecords`, in
   * order. Returns how many. Throws SpoolDamage when they cannot be read. Allocates: nothing, but when a file is opened.
   */
  read(throughPosition: number, receive: ReceiveRecord, limitRecords: number): number {
    let count = 0;
    while (count < limitRecords && this.#position < throughPosition) {
      const header = this.#load(RECORD_HEADER_BYTES, throughPosition);
      const lengthBytes = this.#view.getUint32(header, true);
      if (lengthBytes > RECORD_BYTES_MAX) throw this.#damage(`a record of ${lengthBytes} bytes`);
      const at = this.#load(RECORD_HEADER_BYTES + lengthBytes, throughPosition);
      const type = this.#view.getUint32(at + 4, true);
      const goesOn = receive(type, this.#bytes, this.#view, at + RECORD_HEADER_BYTES, lengthBytes);
      this.#position += RECORD_HEADER_BYTES + lengthBytes;
      count++;
      if (goesOn === false) break;
    }
    return count;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#loadedFrom = 0;
    this.#loadedTo = 0;
  }

  /** Makes sure `needBytes` from the position on are in the buffer; returns where. */
  #load(needBytes: number, throughPosition: number): number {
    const from = this.#position;
    if (from >= this.#loadedFrom && from + needBytes <= this.#loadedTo) return from - this.#loadedFrom;
    if (this.#fd < 0) this.#open();
    const want = Math.min(READ_BUFFER_BYTES, throughPosition - from);
    let loaded = readUpTo(this.#fd, this.#bytes, want, from - this.#fileStart);
    if (loaded === 0) {
      this.close(); // the end of this file: the next one begins here
      this.#open();
      loaded = readUpTo(this.#fd, this.#bytes, want, from - this.#fileStart);
    }
    if (loaded < needBytes) throw this.#damage(`${loaded} bytes where ${needBytes} were published`);
    this.#loadedFrom = from;
    this.#loadedTo = from + loaded;
    return 0;
  }

  /** Opens the file that holds the position. */
  #open(): void {
    const { numbers } = listNumbered(this.#directory, EXTENSION);
    const start = numbers.findLast((number) => number <= this.#position);
    if (start === undefined) throw this.#damage('no file holds it');
    try {
      this.#fd = openSync(join(this.#directory, numberedName(start, EXTENSION)), 'r');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      throw this.#damage(describeError(error)); // removed since it was listed
    }
    this.#fileStart = start;
  }

  #damage(evidence: string): SpoolDamage {
    return new SpoolDamage(join(this.#directory, numberedName(this.#fileStart, EXTENSION)), this.#position, evidence);
  }
}
