// The latest value: newest only, never of two writes, also when the writer comes in between.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatestValue, NO_VALUE } from './latest-value.ts';
import { LATEST_VALUE_SEQUENCE_WORD } from './layout.ts';

const MAX = 40;

function newBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(LatestValue.bytesNeeded(MAX));
  LatestValue.create(buffer, MAX);
  return buffer;
}

describe('latest value', () => {
  it('is the last value written, with its version', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: MAX })), fc.constantFrom(0, 0x7ffffffe, -2), (values, start) => {
        const buffer = newBuffer();
        new Int32Array(buffer)[LATEST_VALUE_SEQUENCE_WORD] = start;
        const writer = new LatestValue(buffer);
        const reader = new LatestValue(buffer);
        const into = new Uint8Array(MAX);
        for (const [i, value] of values.entries()) {
          const longer = new Uint8Array(MAX + 3).fill(7);
          longer.set(value);
          if (i % 2 === 0) writer.write(longer, value.length, 2 ** 40 + i);
          else writer.write(value, value.length, 2 ** 40 + i);
          expect(reader.version()).toBe(2 ** 40 + i);
          expect(into.subarray(0, reader.read(into))).toEqual(value);
          expect(reader.versionRead).toBe(2 ** 40 + i);
        }
      }),
    );
  });

  it('says so while there is none', () => {
    const value = new LatestValue(newBuffer());
    expect(value.version()).toBe(NO_VALUE);
    expect(value.read(new Uint8Array(MAX))).toBe(0);
    expect(value.versionRead).toBe(NO_VALUE);
    value.write(new Uint8Array(0), 0, 0);
    expect(value.version()).toBe(0);
  });

  it('asserts what its callers must not do, and refuses other buffers', () => {
    const value = new LatestValue(newBuffer());
    expect(() => value.read(new Uint8Array(MAX - 1))).toThrow('shorter than maxValueBytes');
    expect(() => value.write(new Uint8Array(MAX + 1), MAX + 1, 1)).toThrow('longer than maxValueBytes');
    expect(() => value.write(new Uint8Array(3), 4, 1)).toThrow('beyond the bytes given');
    expect(() => new LatestValue(new SharedArrayBuffer(4096))).toThrow('a latest value: this buffer was never created');
  });

  /** Lets the writer write twice when half is copied, the first `times` times. */
  class InterruptedReader extends LatestValue {
    times = 0;
    retries = 0;
    between: (() => void) | undefined;
    protected override copyOut(bytes: Uint8Array, from: number, end: number, into: Uint8Array): void {
      const half = from + ((end - from) >>> 1);
      super.copyOut(bytes, from, half, into);
      if (this.times-- > 0) this.between?.();
      into.set(bytes.subarray(half, end), half - from);
    }
    protected override moved(words: Int32Array, sequence: number): boolean {
      const moved = super.moved(words, sequence);
      if (moved) this.retries++;
      return moved;
    }
  }

  class TrustingReader extends InterruptedReader {
    protected override moved(): boolean {
      return false;
    }
  }

  function readWhileWritten(Reader: typeof InterruptedReader): { distinct: number; retries: number } {
    const buffer = newBuffer();
    const writer = new LatestValue(buffer);
    const reader = new Reader(buffer);
    let n = 1;
    const write = (): void => writer.write(new Uint8Array(MAX).fill(++n), MAX, n);
    reader.between = () => {
      write();
      write();
    };
    reader.times = 3;
    write();
    const into = new Uint8Array(MAX);
    reader.read(into);
    return { distinct: new Set(into).size, retries: reader.retries };
  }

  it('retries while it is overtaken', () => {
    expect(readWhileWritten(InterruptedReader)).toEqual({ distinct: 1, retries: 3 });
  });

  it('negative control: without its check it would hand out bytes of two values', () => {
    expect(readWhileWritten(TrustingReader).distinct).toBe(2);
  });
});
