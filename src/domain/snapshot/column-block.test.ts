// Columns of a snapshot: in as few bytes as their values take, and refused in any other form.

import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, SnapshotError } from './byte-stream.ts';
import { BLOCK_ROWS, Column } from './column-block.ts';
import { sourceOf } from './snapshot.ts';

/** Bytes of base and width. */
const HEAD_BYTES = 9;
const WHOLE = Number.MAX_SAFE_INTEGER;

function signed(): Column {
  return new Column(BLOCK_ROWS, 'a number', WHOLE, -WHOLE);
}

/** What `fill` writes, and how many bytes of it there are. */
function written(fill: (writer: ByteWriter) => void): { readonly bytes: Uint8Array; readonly length: number } {
  const pieces: Uint8Array[] = [];
  const writer = new ByteWriter((bytes) => void pieces.push(bytes.slice()));
  fill(writer);
  const length = writer.offset;
  writer.end();
  return { bytes: new Uint8Array(Buffer.concat(pieces)), length };
}

function writtenColumn(values: readonly number[]): { readonly bytes: Uint8Array; readonly length: number } {
  const column = signed();
  column.values.set(values);
  return written((writer) => column.write(writer, values.length));
}

function read(bytes: Uint8Array, count: number, column = signed()): number[] {
  column.read(new ByteReader(sourceOf(bytes)), count);
  return [...column.values.subarray(0, count)];
}

describe('a column of a snapshot', () => {
  it.each<[number, readonly number[]]>([
    [0, [5, 5, 5]],
    [0, [-7]],
    [0, [0, 0]],
    [1, [300, 301, 555]],
    [1, [-200, -1]],
    [2, [-200, 56]],
    [2, [1, 65_536]],
    [4, [1, 65_537]],
    [4, [WHOLE, WHOLE - 2 ** 32 + 1]],
    [8, [WHOLE, WHOLE - 2 ** 32]],
    [8, [-WHOLE, WHOLE]],
  ])('takes %d bytes a value of %j', (width, values) => {
    const { bytes, length } = writtenColumn(values);
    expect(length).toBe(HEAD_BYTES + width * values.length);
    expect(read(bytes, values.length)).toEqual(values);
  });

  it('has one zero', () => {
    for (const others of [[], [1], [2 ** 40]]) {
      expect(writtenColumn([-0, ...others]).bytes).toEqual(writtenColumn([0, ...others]).bytes);
    }
  });

  it('is read after another, block by block', () => {
    const column = signed();
    const same = writtenColumn(new Array(BLOCK_ROWS).fill(4)).bytes;
    const mixed = writtenColumn([4, 6]).bytes;
    expect(new Set(read(same, BLOCK_ROWS, column))).toEqual(new Set([4]));
    expect(read(mixed, 2, column)).toEqual([4, 6]);
    expect(new Set(read(same, BLOCK_ROWS, column))).toEqual(new Set([4]));
    expect(new Set(read(same, BLOCK_ROWS, column))).toEqual(new Set([4]));
  });

  it.each<[string, number, number, (writer: ByteWriter) => void]>([
    ['begins at 0.5', 0.5, 0, () => {}],
    ['begins at 0', -0, 0, () => {}],
    ['begins at NaN', Number.NaN, 0, () => {}],
    ['in 3 bytes', 1, 3, (writer) => writer.take(6)],
    ['in 1 bytes from 1 on, which has 1 to 1', 1, 1, (writer) => writer.u16(0)],
    ['in 1 bytes from 1 on, which has 2 to 3', 1, 1, (writer) => writer.u16(0x0201)],
    ['in 2 bytes from 1 on, which has 1 to 256', 1, 2, (writer) => writer.u32(255 << 16)],
    ['in 8 bytes from 0 on, which has 1 to 2', 0, 8, (writer) => [1, 2].map((value) => writer.f64(value))],
    ['in 8 bytes from 1 on', 1, 8, (writer) => [0, 2 ** 40].map((value) => writer.f64(value))],
    ['a number is 0.5', 0, 8, (writer) => [0.5, 2 ** 40].map((value) => writer.f64(value))],
    ['a number is NaN', 0, 8, (writer) => [2 ** 40, Number.NaN].map((value) => writer.f64(value))],
    ['a number is 9007199254740992', WHOLE, 1, (writer) => writer.u16(0x0100)],
  ])('is refused when it %s', (message, base, width, fill) => {
    const { bytes } = written((writer) => {
      writer.view.setFloat64(writer.take(8), base, true);
      writer.u8(width);
      fill(writer);
    });
    const act = () => read(bytes, 2);
    expect(act).toThrow(SnapshotError);
    expect(act).toThrow(message);
  });

  it('is refused with a value that its rows cannot have', () => {
    const { bytes } = writtenColumn([3, 9]);
    expect(read(bytes, 2, new Column(BLOCK_ROWS, 'a number', 9, 3))).toEqual([3, 9]);
    expect(() => read(bytes, 2, new Column(BLOCK_ROWS, 'a number', 8, 3))).toThrow('a number is 9');
    expect(() => read(bytes, 2, new Column(BLOCK_ROWS, 'a number', 9, 4))).toThrow('a number is 3');
  });
});
