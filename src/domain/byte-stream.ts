// Writing and reading numbers one after the other, little endian, for snapshots. Pure; owns its buffer or borrows it.

/** Bytes that are not a whole snapshot of ours, or not of this configuration. The message says what is wrong. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export class ByteWriter {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
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
    this.view.setFloat64(this.offset, value, true);
    this.offset += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** Leaves zeros up to a multiple of `step`. */
  align(step: number): void {
    this.offset = Math.ceil(this.offset / step) * step;
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
  private readonly end: number;

  /** Reads bytes[start..end); borrows them. */
  constructor(bytes: Uint8Array, end: number, start = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = end;
    this.offset = start;
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

  align(step: number): void {
    this.skip(Math.ceil(this.offset / step) * step - this.offset);
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

  /** A float64 that must be a non-negative safe integer. */
  count(what: string): number {
    const value = this.f64();
    if (!Number.isSafeInteger(value) || value < 0) throw new SnapshotError(`snapshot: ${what} is ${value}`);
    return value;
  }
}
