// Latest value: the newest of a series of byte strings, from one writer thread to any number of reader threads.
// The writer owns the buffer and never waits; a reader copies out. For what is only of use when new: prepared depth, a snapshot.
// Must never hand out bytes of two values, nor keep older ones.
//
// Two copies are written in turn, so the writer is never at the copy that readers are sent to. A reader that is slower than one
// whole write finds the sequence moved on, and copies again.
import { assert } from '../assert.ts';
import { fence } from './fence.ts';
import { assertSize, checkHeader, writeHeader } from './header.ts';
import {
  APART_BYTES,
  LATEST_VALUE_CAPACITY_WORD,
  LATEST_VALUE_COPIES_BYTE,
  LATEST_VALUE_COPY_DATA_BYTE,
  LATEST_VALUE_COPY_LENGTH_BYTE,
  LATEST_VALUE_COPY_VERSION_BYTE,
  LATEST_VALUE_MAGIC,
  LATEST_VALUE_SEQUENCE_WORD,
  LATEST_VALUE_VERSION,
} from './layout.ts';

/** What version() returns before the first write. */
export const NO_VALUE = -1;

/** One side's view of the value. */
export class LatestValue {
  /** Longest value, in bytes. */
  readonly maxValueBytes: number;
  /** Version of what the last read() of this object copied, NO_VALUE before. */
  versionRead = NO_VALUE;

  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strideBytes: number;

  /** Bytes of buffer for values of at most `maxValueBytes`. */
  static bytesNeeded(maxValueBytes: number): number {
    assert(
      Number.isInteger(maxValueBytes) && maxValueBytes > 0,
      `latest value: ${maxValueBytes} is no size of a value`,
    );
    return LATEST_VALUE_COPIES_BYTE + 2 * strideBytes(maxValueBytes);
  }

  /** Writes the header and attaches. */
  static create(buffer: SharedArrayBuffer, maxValueBytes: number): LatestValue {
    const bytesNeeded = LatestValue.bytesNeeded(maxValueBytes);
    assertSize(buffer, LATEST_VALUE_MAGIC, bytesNeeded);
    const words = new Int32Array(buffer);
    words[LATEST_VALUE_CAPACITY_WORD] = maxValueBytes;
    words[LATEST_VALUE_SEQUENCE_WORD] = 0;
    writeHeader(buffer, LATEST_VALUE_MAGIC, LATEST_VALUE_VERSION, bytesNeeded);
    return new LatestValue(buffer);
  }

  /** Attaches to a buffer that `create` has marked; faults on any other. */
  constructor(buffer: SharedArrayBuffer) {
    checkHeader(buffer, LATEST_VALUE_MAGIC, LATEST_VALUE_VERSION);
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.maxValueBytes = this.#words[LATEST_VALUE_CAPACITY_WORD] ?? 0;
    assertSize(buffer, LATEST_VALUE_MAGIC, LatestValue.bytesNeeded(this.maxValueBytes));
    this.#strideBytes = strideBytes(this.maxValueBytes);
  }

  /** Writer: copies the first `lengthBytes` of `bytes`. `version` is 0 or more, the caller's. Allocates: one view when it is cut. */
  write(bytes: Uint8Array, lengthBytes: number, version: number): void {
    assert(lengthBytes >= 0 && lengthBytes <= this.maxValueBytes, 'latest value: longer than maxValueBytes');
    assert(lengthBytes <= bytes.length, 'latest value: lengthBytes beyond the bytes given');
    assert(version >= 0, 'latest value: versions are 0 or more');
    const next = (Atomics.load(this.#words, LATEST_VALUE_SEQUENCE_WORD) + 1) | 0; // ours alone to write: pairs with nothing
    const sequence = next === 0 ? 2 : next; // 0 says that there is none yet; 2 keeps the copies in turn
    const copy = this.#copyByte(sequence);
    fence(); // the last write's sequence is seen before any byte of this one: it says that this copy is no longer to be read
    this.#view.setFloat64(copy + LATEST_VALUE_COPY_VERSION_BYTE, version, true);
    this.#view.setInt32(copy + LATEST_VALUE_COPY_LENGTH_BYTE, lengthBytes, true);
    this.#bytes.set(
      lengthBytes === bytes.length ? bytes : bytes.subarray(0, lengthBytes),
      copy + LATEST_VALUE_COPY_DATA_BYTE,
    );
    Atomics.store(this.#words, LATEST_VALUE_SEQUENCE_WORD, sequence); // pairs with the loads in read() and version()
  }

  /**
   * Reader: copies the newest value to `into`, which holds at least maxValueBytes, and sets versionRead. Returns its length, 0
   * when nothing was written yet (versionRead tells). Retries while the writer is faster. Allocates: one view.
   */
  read(into: Uint8Array): number {
    assert(into.length >= this.maxValueBytes, 'latest value: the target is shorter than maxValueBytes');
    for (;;) {
      const sequence = Atomics.load(this.#words, LATEST_VALUE_SEQUENCE_WORD); // pairs with the store in write()
      if (sequence === 0) return 0;
      const copy = this.#copyByte(sequence);
      const lengthBytes = this.#view.getInt32(copy + LATEST_VALUE_COPY_LENGTH_BYTE, true);
      const version = this.#view.getFloat64(copy + LATEST_VALUE_COPY_VERSION_BYTE, true);
      // A torn length may be anything; what is copied by it is thrown away below.
      const from = copy + LATEST_VALUE_COPY_DATA_BYTE;
      this.copyOut(this.#bytes, from, from + Math.max(0, Math.min(lengthBytes, this.maxValueBytes)), into);
      if (this.moved(this.#words, sequence)) continue;
      this.versionRead = version;
      return lengthBytes;
    }
  }

  /** Reader: version of the newest value, NO_VALUE before the first. Allocates: nothing. */
  version(): number {
    for (;;) {
      const sequence = Atomics.load(this.#words, LATEST_VALUE_SEQUENCE_WORD); // pairs with the store in write()
      if (sequence === 0) return NO_VALUE;
      const version = this.#view.getFloat64(this.#copyByte(sequence) + LATEST_VALUE_COPY_VERSION_BYTE, true);
      if (!this.moved(this.#words, sequence)) return version;
    }
  }

  /** Copies bytes `from` to `end` out. Apart, so that a test can let the writer in between. */
  protected copyOut(bytes: Uint8Array, from: number, end: number, into: Uint8Array): void {
    into.set(bytes.subarray(from, end));
  }

  /** Whether the copy of `sequence` may have been overwritten before now. Apart, so that a test can leave it out. Allocates: nothing. */
  protected moved(words: Int32Array, sequence: number): boolean {
    fence(); // the copy is complete before the sequence is looked at
    return Atomics.load(words, LATEST_VALUE_SEQUENCE_WORD) !== sequence; // pairs with the store in write()
  }

  #copyByte(sequence: number): number {
    return LATEST_VALUE_COPIES_BYTE + (sequence & 1) * this.#strideBytes;
  }
}

function strideBytes(maxValueBytes: number): number {
  return Math.ceil((LATEST_VALUE_COPY_DATA_BYTE + maxValueBytes) / APART_BYTES) * APART_BYTES;
}
