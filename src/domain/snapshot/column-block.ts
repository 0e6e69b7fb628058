// Rows of a snapshot column by column, in blocks: most columns of a block have values near each other, and are stored as
// their distances from the least one (frame of reference), in as few bytes as the greatest distance takes. Pure; one block
// is filled again and again. The form is canonical: the same values give the same bytes.
//
//   column  f64 base   u8 width, bytes: 0, 1, 2, 4 or 8   a distance of that width for each row, unsigned
//           width 8: float64 values as they are, base 0

import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';

/** Of a block, at most; all but the last have as many. The columns of one fit the second cache. */
export const BLOCK_ROWS = 1_024;

const FULL_WIDTH = 8;

/** Safe integers from `min` to `max`. */
export class Column {
  readonly values: Float64Array;
  private readonly what: string;
  private readonly min: number;
  private readonly max: number;
  /** Of the rows of the last block; of a column all of whose values are equal, that value. */
  private least = 0;
  private most = 0;

  /** Of blocks of up to `rows` rows. */
  constructor(rows: number, what: string, max: number = Number.MAX_SAFE_INTEGER, min = 0) {
    this.values = new Float64Array(rows);
    this.what = what;
    this.min = min;
    this.max = max;
  }

  write(writer: ByteWriter, count: number): void {
    const { values } = this;
    this.findBounds(count);
    const width = widthOf(this.most - this.least);
    const base = width === FULL_WIDTH ? 0 : this.least;
    writer.f64(base);
    writer.u8(width);
    const at = writer.take(width * count);
    const { view } = writer;
    if (width === 1) for (let i = 0; i < count; i++) view.setUint8(at + i, values[i] - base);
    else if (width === 2) for (let i = 0; i < count; i++) view.setUint16(at + i * 2, values[i] - base, true);
    else if (width === 4) for (let i = 0; i < count; i++) view.setUint32(at + i * 4, values[i] - base, true);
    else if (width === FULL_WIDTH) for (let i = 0; i < count; i++) view.setFloat64(at + i * 8, values[i] + 0, true);
  }

  /** Fills the first `count` values; throws SnapshotError for what `write` would not have written. */
  read(reader: ByteReader, count: number): void {
    const base = reader.f64();
    const width = reader.u8();
    if (!isWhole(base)) throw new SnapshotError(`snapshot: ${this.what} begins at ${base}`);
    this.decode(reader.view, reader.skip(width * count), base, width, count);
    const { least, most } = this;
    if (width !== widthOf(most - least) || base !== (width === FULL_WIDTH ? 0 : least)) {
      throw new SnapshotError(
        `snapshot: ${this.what} in ${width} bytes from ${base} on, which has ${least} to ${most}`,
      );
    }
    if (least < this.min) throw new SnapshotError(`snapshot: ${this.what} is ${least}`);
    if (most > this.max) throw new SnapshotError(`snapshot: ${this.what} is ${most}`);
  }

  private decode(view: DataView, at: number, base: number, width: number, count: number): void {
    const { values } = this;
    if (width === 1) for (let i = 0; i < count; i++) values[i] = base + view.getUint8(at + i);
    else if (width === 2) for (let i = 0; i < count; i++) values[i] = base + view.getUint16(at + i * 2, true);
    else if (width === 4) for (let i = 0; i < count; i++) values[i] = base + view.getUint32(at + i * 4, true);
    else if (width === FULL_WIDTH) for (let i = 0; i < count; i++) values[i] = view.getFloat64(at + i * 8, true);
    else this.fill(base);
    if (width === FULL_WIDTH) this.requireWhole(count);
    if (width !== 0) this.findBounds(count);
  }

  /** Most columns of most blocks have one value, and mostly that of the block before. */
  private fill(value: number): void {
    if (this.least !== value || this.most !== value) this.values.fill(value);
    this.least = value;
    this.most = value;
  }

  private requireWhole(count: number): void {
    for (let i = 0; i < count; i++) {
      if (!isWhole(this.values[i])) throw new SnapshotError(`snapshot: ${this.what} is ${this.values[i]}`);
    }
  }

  private findBounds(count: number): void {
    const { values } = this;
    let least = values[0];
    let most = least;
    for (let i = 1; i < count; i++) {
      const value = values[i];
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.least = least;
    this.most = most;
  }
}

/** False also for -0, which has other bytes than 0. */
function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0);
}

function widthOf(distance: number): number {
  if (distance === 0) return 0;
  if (distance < 2 ** 8) return 1;
  if (distance < 2 ** 16) return 2;
  return distance < 2 ** 32 ? 4 : FULL_WIDTH;
}

/** Writes the first `count` rows of all columns. */
export function writeColumns(writer: ByteWriter, columns: readonly Column[], count: number): void {
  for (const column of columns) column.write(writer, count);
}

/** The counterpart: throws SnapshotError. */
export function readColumns(reader: ByteReader, columns: readonly Column[], count: number): void {
  for (const column of columns) column.read(reader, count);
}
