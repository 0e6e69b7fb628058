// The broadcast ring against an array: readers that keep up, that are lapped, and that are lapped while they copy.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BroadcastReader,
  BroadcastWriter,
  broadcastBytesNeeded,
  createBroadcastRing,
  LAPPED,
} from './broadcast-ring.ts';
import { BROADCAST_RING_LAPS_WORD, BROADCAST_RING_TAIL_WORD } from './layout.ts';

const CAPACITY = 512;
const START = fc.oneof(fc.constantFrom(0, 0x7fffffc0, -64, 0x7fffffff), fc.integer());

function newRing(start = 0): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(broadcastBytesNeeded(CAPACITY));
  createBroadcastRing(buffer, CAPACITY, start | 0);
  return buffer;
}

/** Record n: its length follows from n, every byte is n. So a record of two writers' bytes shows. */
function write(writer: BroadcastWriter, n: number, lengthBytes: number): void {
  const at = writer.claim(n, lengthBytes);
  writer.bytes.fill(n, at, at + lengthBytes);
  writer.commit();
}

interface Seen {
  readonly n: number;
  readonly lengthBytes: number;
}

function poll(reader: BroadcastReader, limit: number, into: Seen[]): number {
  return reader.poll((type, offset, lengthBytes) => {
    expect(reader.bytes.subarray(offset, offset + lengthBytes).every((byte) => byte === (type & 255))).toBe(true);
    into.push({ n: type, lengthBytes });
  }, limit);
}

type Step =
  | { readonly what: 'write'; readonly lengths: readonly number[]; readonly publish: boolean }
  | { readonly what: 'abandon'; readonly length: number }
  | { readonly what: 'poll'; readonly reader: number; readonly limit: number }
  | { readonly what: 'oldest' | 'newest'; readonly reader: number };

const LENGTH = fc.oneof({ weight: 3, arbitrary: fc.nat(24) }, { weight: 1, arbitrary: fc.nat(CAPACITY / 4 - 8) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('write' as const),
      lengths: fc.array(LENGTH, { maxLength: 8 }),
      publish: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('abandon' as const), length: LENGTH }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('poll' as const), reader: fc.nat(1), limit: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('oldest' as const, 'newest' as const), reader: fc.nat(1) }),
  },
);

describe('broadcast ring', () => {
  it('delivers every record in order or says that it is gone', () => {
    let laps = 0;
    let delivered = 0;
    fc.assert(
      fc.property(START, fc.array(step, { maxLength: 60, size: 'max' }), (start, steps) => {
        const buffer = newRing(start);
        const writer = new BroadcastWriter(buffer);
        const readers = [new BroadcastReader(buffer), new BroadcastReader(buffer, true)];
        const next = [0, 0]; // the model's position of each reader: an index into `written`
        const written: number[] = [];
        let published = 0;
        for (const one of steps) {
          if (one.what === 'write') {
            for (const length of one.lengths) {
              write(writer, written.length, length);
              written.push(length);
            }
            if (one.publish) {
              writer.publish();
              published = written.length;
            }
          } else if (one.what === 'abandon') {
            writer.claim(0, one.length);
          } else {
            const reader = readers[one.reader];
            const from = next[one.reader];
            if (reader === undefined || from === undefined) throw new Error('no such reader');
            const seen: Seen[] = [];
            if (one.what === 'poll') {
              const result = poll(reader, one.limit, seen);
              if (result === LAPPED) {
                laps++;
                // Only what can no longer be there may be given up: more than a capacity has been claimed since.
                expect(bytesSince(written, from)).toBeGreaterThan(CAPACITY - 2 * (CAPACITY / 4));
                reader.seekNewest();
                next[one.reader] = published;
              } else {
                delivered += seen.length;
                expect(result).toBe(seen.length);
                expect(seen).toEqual(
                  written.slice(from, from + seen.length).map((lengthBytes, i) => ({ n: from + i, lengthBytes })),
                );
                expect(from + seen.length).toBeLessThanOrEqual(published);
                if (seen.length < one.limit && from + seen.length < published) expect(poll(reader, 1, [])).toBe(LAPPED);
                next[one.reader] = from + seen.length;
              }
            } else if (one.what === 'newest') {
              reader.seekNewest();
              next[one.reader] = published;
            } else {
              reader.seekOldest();
              const result = poll(reader, 1000, seen);
              // Behind all that is published, it may be told early that what is not published yet has overtaken it.
              if (result === LAPPED) expect(bytesSince(written, published)).toBeGreaterThan(CAPACITY / 2);
              else expect(result).toBe(seen.length);
              const first = seen[0]?.n ?? published;
              expect(seen.map((record) => record.n)).toEqual(range(first, published));
              // As much is kept as whole records can be: what was given up would not fit beside the rest.
              if (first > 0) expect(bytesSince(written, first - 1)).toBeGreaterThan(CAPACITY - 2 * (CAPACITY / 4));
              next[one.reader] = published;
            }
          }
        }
      }),
      { numRuns: 250 },
    );
    expect(laps).toBeGreaterThan(20);
    expect(delivered).toBeGreaterThan(300);
  });

  it('shows records only when they are published, all at once', () => {
    const buffer = newRing();
    const writer = new BroadcastWriter(buffer);
    const reader = new BroadcastReader(buffer);
    write(writer, 1, 8);
    write(writer, 2, 0);
    expect(poll(reader, 9, [])).toBe(0);
    writer.publish();
    const seen: Seen[] = [];
    expect(poll(reader, 9, seen)).toBe(2);
    expect(seen.map((record) => record.n)).toEqual([1, 2]);
  });

  it('tells a reader that sought the oldest while all that was published was being overwritten', () => {
    const buffer = newRing();
    const writer = new BroadcastWriter(buffer);
    const reader = new BroadcastReader(buffer);
    write(writer, 0, 100);
    writer.publish();
    for (let n = 1; n <= 6; n++) write(writer, n, 100);
    reader.seekOldest();
    expect(poll(reader, 9, [])).toBe(0);
    writer.publish();
    expect(poll(reader, 9, [])).toBe(LAPPED);
    reader.seekOldest();
    const seen: Seen[] = [];
    poll(reader, 9, seen);
    expect(seen.map((record) => record.n)).toEqual([3, 4, 5, 6]);
  });

  it('tells a reader that slept while 2^32 units went by', () => {
    const buffer = newRing(1000);
    const reader = new BroadcastReader(buffer);
    const words = new Int32Array(buffer);
    // The positions are back where they were; only the count of laps tells.
    words[BROADCAST_RING_LAPS_WORD] = (words[BROADCAST_RING_LAPS_WORD] ?? 0) + 2 ** 32 / (CAPACITY / 8);
    expect(words[BROADCAST_RING_TAIL_WORD]).toBe(1000);
    expect(poll(reader, 1, [])).toBe(LAPPED);
    reader.seekNewest();
    expect(poll(reader, 1, [])).toBe(0);
    const writer = new BroadcastWriter(buffer);
    for (let n = 0; n < 500; n++) {
      write(writer, n, n % 50);
      writer.publish();
      expect(poll(reader, 9, [])).toBe(1);
    }
  });

  it('asserts what its callers must not do, and refuses other buffers', () => {
    const buffer = newRing();
    const writer = new BroadcastWriter(buffer);
    expect(writer.maxMessageBytes).toBe(CAPACITY / 4 - 8);
    expect(() => writer.claim(1, CAPACITY / 4 - 7)).toThrow('longer than maxMessageBytes');
    expect(() => writer.claim(-1, 0)).toThrow('reserved');
    expect(() => writer.commit()).toThrow('commit without a claim');
    expect(() => new BroadcastReader(new SharedArrayBuffer(4096))).toThrow(
      'a broadcast ring: this buffer was never created',
    );
    expect(() => broadcastBytesNeeded(513)).toThrow('power of two');
  });
});

describe('broadcast ring: a reader that is overtaken while it copies', () => {
  /** Lets `between` run when half of a record is copied. */
  class InterruptedReader extends BroadcastReader {
    between: (() => void) | undefined;
    protected override copyOut(shared: Int32Array, from: number, copy: Int32Array, count: number): void {
      const half = count >>> 1;
      super.copyOut(shared, from, copy, half);
      this.between?.();
      for (let i = half; i < count; i++) copy[i] = shared[from + i] ?? 0;
    }
  }

  /** The broken one: believes whatever it copied. */
  class TrustingReader extends InterruptedReader {
    protected override overwritten(): boolean {
      return false;
    }
  }

  /** How many torn records `reader` hands out, and how often it says LAPPED, when the writer overwrites during every copy. */
  function overtake(Reader: typeof InterruptedReader): { torn: number; lapped: number } {
    const buffer = newRing(-40);
    const writer = new BroadcastWriter(buffer);
    const reader = new Reader(buffer);
    let n = 0;
    let torn = 0;
    let lapped = 0;
    reader.between = () => {
      for (let i = 0; i < 6; i++) write(writer, ++n, 100);
      writer.publish();
    };
    for (let round = 0; round < 50; round++) {
      write(writer, ++n, 100);
      writer.publish();
      const result = reader.poll((type, offset, lengthBytes) => {
        for (let i = 0; i < lengthBytes; i++) {
          if (reader.bytes[offset + i] === (type & 255)) continue;
          torn++;
          return;
        }
      }, 1);
      if (result !== LAPPED) continue;
      lapped++;
      reader.seekNewest();
    }
    return { torn, lapped };
  }

  it('is told, and never gets torn bytes', () => {
    expect(overtake(InterruptedReader)).toEqual({ torn: 0, lapped: 50 });
  });

  it('negative control: without its check it would hand out torn bytes', () => {
    expect(overtake(TrustingReader).torn).toBeGreaterThan(10);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Bytes that the records from index `from` on fill, without padding. */
function bytesSince(lengths: readonly number[], from: number): number {
  let bytes = 0;
  for (const length of lengths.slice(from)) bytes += 8 + Math.ceil(length / 8) * 8;
  return bytes;
}
