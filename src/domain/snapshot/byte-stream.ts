// Writing and reading numbers one after the other, little endian, for snapshots: through a buffer of fixed size, so that a
// snapshot may be larger than memory would hold at once. Both ends hash what passes. Pure; owns its buffer.

import { assert } from '../../assert.ts';
import { StateHash } from './state-hash.ts';

/** Bytes that are not a whole snapshot of ours. The message says what is wrong. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** Takes the next bytes; they are borrowed until it returns. */
export type ByteSink = (bytes: Uint8Array) => void;

export interface ByteSource {
  /** Of all bytes. */
  readonly length: number;
  /** Fills target[from..to) with the next bytes, which are among `length`. */
  readonly read: (target: Uint8Array, from: number, to: number) => void;
}

/** Any one piece of a snapshot fits several times over. */
const BUFFER_BYTES = 65_536;
/** All bytes come to a multiple of this, and pass the hash in such. */
const STEP = StateHash.STEP;
/** 16 hex digits. */
const CHECKSUM_BYTES = 16;

export class ByteWriter {
  readonly bytes = new Uint8Array(BUFFER_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  offset = 0;
  private readonly hash = new StateHash();
  private readonly sink: ByteSink;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Makes room for `length` bytes in one piece and returns where they begin; they are the caller's to fill. */
  take(length: number): number {
    if (length > this.bytes.length - this.offset) this.flush();
    const start = this.offset;
    assert(length <= this.bytes.length - start, 'byte writer: a piece fits the buffer');
    this.offset = start + length;
    return start;
  }

  u8(value: number): void {
    this.view.setUint8(this.take(1), value);
  }

  u16(value: number): void {
    this.view.setUint16(this.take(2), value, true);
  }

  u32(value: number): void {
    this.view.setUint32(this.take(4), value, true);
  }

  f64(value: number): void {
    // One zero only: -0 has other bytes.
    this.view.setFloat64(this.take(8), value + 0, true);
  }

  /** ASCII, filled up with zeros to `width` bytes. */
  text(text: string, width: number): void {
    const start = this.take(width);
    this.bytes.fill(0, start, start + width);
    for (let i = 0; i < text.length; i++) this.bytes[start + i] = text.charCodeAt(i);
  }

  /** Fills the last step with zeros, writes the hash of all bytes and returns it, 16 hex digits. Nothing comes after. */
  end(): string {
    while (this.offset % STEP !== 0) this.u8(0);
    this.flush();
    const digest = this.hash.digest();
    this.text(digest, CHECKSUM_BYTES);
    this.sink(this.bytes.subarray(0, CHECKSUM_BYTES));
    return digest;
  }

  /** Hands on all whole steps. */
  private flush(): void {
    const whole = this.offset - (this.offset % STEP);
    this.hash.update(this.view, 0, whole);
    this.sink(this.bytes.subarray(0, whole));
    this.bytes.copyWithin(0, whole, this.offset);
    this.offset -= whole;
  }
}

export class ByteReader {
  readonly bytes = new Uint8Array(BUFFER_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  private offset = 0;
  /** End of what the buffer holds. */
  private filled = 0;
  /** Bytes still to come from the source, without the checksum. */
  private ahead: number;
  private readonly hash = new StateHash();
  private readonly source: ByteSource;

  constructor(source: ByteSource) {
    this.source = source;
    this.ahead = source.length - CHECKSUM_BYTES;
    if (this.ahead < 0 || this.ahead % STEP !== 0)
      throw new SnapshotError(`snapshot ends early: ${source.length} bytes`);
  }

  /** Bytes before the checksum. */
  left(): number {
    return this.ahead + this.filled - this.offset;
  }

  /** Passes over `length` bytes and returns where they begin in the buffer, which holds them until the next call. */
  skip(length: number): number {
    if (length > this.filled - this.offset) this.refill(length);
    const start = this.offset;
    this.offset = start + length;
    return start;
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.skip(8), true);
  }

  /** The counterpart of ByteWriter.text. */
  text(width: number): string {
    const start = this.skip(width);
    let length = 0;
    while (length < width && this.bytes[start + length] !== 0) length++;
    for (let i = length; i < width; i++) {
      if (this.bytes[start + i] !== 0) throw new SnapshotError('snapshot: a name goes on behind its end');
    }
    return String.fromCharCode(...this.bytes.subarray(start, start + length));
  }

  /** The counterpart of ByteWriter.end: requires that nothing else is left, and that the checksum is that of the bytes. */
  end(): void {
    const padding = this.left() % STEP;
    const tooMany = this.left() - padding;
    if (tooMany !== 0) throw new SnapshotError(`snapshot has ${tooMany} bytes too many`);
    for (let i = 0; i < padding; i++) {
      if (this.u8() !== 0) throw new SnapshotError('snapshot: something stands where nothing belongs');
    }
    const digest = this.hash.digest();
    this.source.read(this.bytes, 0, CHECKSUM_BYTES);
    const checksum = String.fromCharCode(...this.bytes.subarray(0, CHECKSUM_BYTES));
    if (checksum !== digest) {
      throw new SnapshotError(`snapshot is damaged: its checksum is ${checksum}, its bytes give ${digest}`);
    }
  }

  private refill(length: number): void {
    if (length > this.left())
      throw new SnapshotError(`snapshot ends early, ${this.left()} bytes before what is expected`);
    this.bytes.copyWithin(0, this.offset, this.filled);
    this.filled -= this.offset;
    this.offset = 0;
    const room = this.bytes.length - this.filled;
    const end = this.filled + Math.min(room - (room % STEP), this.ahead);
    this.source.read(this.bytes, this.filled, end);
    this.hash.update(this.view, this.filled, end);
    this.ahead -= end - this.filled;
    this.filled = end;
    assert(length <= end, 'byte reader: a piece fits the buffer');
  }
}
