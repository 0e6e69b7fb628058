// The command ring against an array, near the wrap of its cursors, and with broken producers that the test must catch.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandRing } from './command-ring.ts';
import { COMMAND_RING_VERSION, VERSION_WORD } from './layout.ts';
import { MessageRing } from './message-ring.ts';

const SLOT_BYTES = 16;

function newBuffer(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CommandRing.bytesNeeded(slots, SLOT_BYTES));
}

/** Cursors that reach the wrap of an Int32, or of its sign, within a few slots. */
const startCursor = fc.oneof(fc.constantFrom(0, 0x7ffffffd, -3, -0x80000000, 0x7fffffff), fc.integer());

type Step = readonly ['claim' | 'push' | 'take' | 'release', number];
const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom('claim', 'push', 'take', 'release'), fc.nat(12));

/** Runs the steps on a ring and an array; throws at the first difference. `push` is how a value gets into the ring. */
function compare(
  producer: CommandRing,
  consumer: CommandRing,
  steps: readonly Step[],
  push: (ring: CommandRing, value: number) => boolean,
): void {
  const model: number[] = [];
  let value = 0;
  for (const [what, n] of steps) {
    if (what === 'claim') {
      expect(producer.claim() === -1).toBe(model.length === producer.slots);
    } else if (what === 'push') {
      for (let i = 0; i < n; i++) {
        value++;
        const room = model.length < producer.slots;
        expect(push(producer, value)).toBe(room);
        if (room) model.push(value);
      }
    } else {
      const available = consumer.available(n);
      expect(available).toBe(Math.min(n, model.length));
      for (let i = 0; i < available; i++) expect(consumer.view.getFloat64(consumer.slotAt(i), true)).toBe(model[i]);
      if (what === 'release') {
        consumer.release(available);
        model.splice(0, available);
      }
    }
    expect(producer.used()).toBe(model.length);
    expect(consumer.used()).toBe(model.length);
  }
}

function push(ring: CommandRing, value: number): boolean {
  const at = ring.claim();
  if (at === -1) return false;
  ring.view.setFloat64(at, value, true);
  ring.commit();
  return true;
}

function property(pushed: typeof push): fc.IPropertyWithHooks<[number, number, Step[]]> {
  return fc.property(
    fc.integer({ min: 1, max: 4 }),
    startCursor,
    fc.array(step, { maxLength: 60 }),
    (log2, start, steps) => {
      const buffer = newBuffer(2 ** log2);
      CommandRing.create(buffer, 2 ** log2, SLOT_BYTES, start | 0);
      compare(new CommandRing(buffer), new CommandRing(buffer), steps, pushed);
    },
  );
}

describe('command ring', () => {
  it('is an array of bounded length', () => {
    fc.assert(property(push), { numRuns: 300 });
  });

  it('negative control: the model catches a producer that commits before it writes, and one that forgets a slot', () => {
    const early = (ring: CommandRing, value: number): boolean => {
      const at = ring.claim();
      if (at === -1) return false;
      ring.commit();
      if (value % 3 !== 0) ring.view.setFloat64(at, value, true); // late: every third is read before it is there
      return true;
    };
    const forgetful = (ring: CommandRing, value: number): boolean => value % 7 === 0 || push(ring, value);
    expect(fc.check(property(early), { numRuns: 300 }).failed).toBe(true);
    expect(fc.check(property(forgetful), { numRuns: 300 }).failed).toBe(true);
  });

  it('goes round the wrap of its cursors many times without losing count', () => {
    const ring = CommandRing.create(newBuffer(4), 4, SLOT_BYTES, 0x7fffffff - 6);
    for (let i = 0; i < 50; i++) {
      expect([push(ring, i), push(ring, i), push(ring, i), push(ring, i), push(ring, i)]).toEqual([
        true,
        true,
        true,
        true,
        false,
      ]);
      expect(ring.available(100)).toBe(4);
      ring.release(4);
    }
  });

  it('says full by its return value, and hands an abandoned claim out again', () => {
    const ring = CommandRing.create(newBuffer(2), 2, SLOT_BYTES);
    const first = ring.claim();
    expect(ring.claim()).toBe(first);
    expect(ring.available(10)).toBe(0);
    ring.commit();
    expect(push(ring, 2)).toBe(true);
    expect(ring.claim()).toBe(-1);
    expect(ring.available(1)).toBe(1);
    ring.release(1);
    expect(ring.claim()).toBe(first);
  });

  it('asserts what its callers must not do', () => {
    const ring = CommandRing.create(newBuffer(2), 2, SLOT_BYTES);
    expect(() => ring.commit()).toThrow('commit without a claim');
    expect(() => ring.slotAt(0)).toThrow('beyond what is available');
    expect(() => ring.release(1)).toThrow('more than is available');
  });

  it('refuses to attach to anything else, and says why', () => {
    expect(() => new CommandRing(newBuffer(4))).toThrow('a command ring: this buffer was never created as one');
    expect(() => new CommandRing(new SharedArrayBuffer(4))).toThrow('4 bytes hold no header');
    const other = new SharedArrayBuffer(MessageRing.bytesNeeded(64));
    MessageRing.create(other, 64);
    expect(() => new CommandRing(other)).toThrow('a command ring: this buffer is a message ring');
    const later = newBuffer(4);
    CommandRing.create(later, 4, SLOT_BYTES);
    new Int32Array(later)[VERSION_WORD] = COMMAND_RING_VERSION + 1;
    expect(() => new CommandRing(later)).toThrow(`layout version ${COMMAND_RING_VERSION + 1}`);
    const short = new SharedArrayBuffer(newBuffer(4).byteLength - 8);
    new Uint8Array(short).set(new Uint8Array(createdBuffer()).subarray(0, short.byteLength));
    expect(() => new CommandRing(short)).toThrow(
      `needs ${newBuffer(4).byteLength} bytes, the buffer has ${short.byteLength}`,
    );
    expect(() => CommandRing.create(newBuffer(2), 4, SLOT_BYTES)).toThrow('needs');
    expect(() => CommandRing.bytesNeeded(3, SLOT_BYTES)).toThrow('3 slots');
    expect(() => CommandRing.bytesNeeded(4, 12)).toThrow('12 bytes a slot');
  });
});

function createdBuffer(): SharedArrayBuffer {
  const buffer = newBuffer(4);
  CommandRing.create(buffer, 4, SLOT_BYTES);
  return buffer;
}
