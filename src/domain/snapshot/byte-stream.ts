// Writing and reading numbers one after the other, little endian, for snapshots. Pure; owns its buffer or borrows it.

/** Bytes that are not a whole snapshot of ours. The message says what is wrong. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export class ByteWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  offset = 0;

  /** `capacity` is the most there will be: the system hands out pages only as they are written. */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  u8(value: number): void {
    this.view.setUint8(this.offset, value);
    this.offset += 1;
  }

  u16(value: number): void {
    this.view.setUint16(this.offset, value, true);
    this.offset += 2;
  }

  u32(value: number): void {
    this.view.setUint32(this.offset, value, true);
    this.offset += 4;
  }

  f64(value: number): void {
    // One zero only: -0 has other bytes.
    this.view.setFloat64(this.offset, value + 0, true);
    this.offset += 8;
  }

  /** ASCII, filled up with zeros to `width` bytes. */
  text(text: string, width: number): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.offset + i] = text.charCodeAt(i);
    this.offset += width;
  }

  /** Leaves zeros up to a multiple of `step`. */
  align(step: number): void {
    this.offset = Math.ceil(this.offset / step) * step;
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset = 0;
  private readonly end: number;

  /** Reads bytes[0..end); borrows them. */
  constructor(bytes: Uint8Array, end: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = end;
  }

  left(): number {
    return this.end - this.offset;
  }

  /** Passes over `length` bytes and returns where they begin. */
  skip(length: number): number {
    const start = this.offset;
    if (length > this.end - start) throw new SnapshotError(`snapshot ends early, at ${this.end}, with more expected`);
    this.offset = start + length;
    return start;
  }

  /** Passes over the zeros up to a multiple of `step`. */
  align(step: number): void {
    const padding = Math.ceil(this.offset / step) * step - this.offset;
    for (let i = 0; i < padding; i++) {
      if (this.u8() !== 0) throw new SnapshotError('snapshot: something stands where nothing belongs');
    }
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
}
