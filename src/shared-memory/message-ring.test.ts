// The message ring against an array: every length, staged and published at once or later, padding at the wrap, full, shrunk commits, cursors near the Int32 wrap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageRing } from './message-ring.ts';

interface Message {
  readonly type: number;
  readonly payload: readonly number[];
}

const CAPACITY = 256;
const startCursor = fc.oneof(fc.constantFrom(0, 0x7ffffff0, -16, 0x7fffffff), fc.integer());

type Step =
  | { readonly what: 'send'; readonly type: number; readonly payload: readonly number[]; readonly spare: number }
  | { readonly what: 'publish' }
  | { readonly what: 'abandon'; readonly length: number }
  | { readonly what: 'read'; readonly limit: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('send' as const),
      type: fc.nat(9),
      payload: fc.array(fc.nat(255), { maxLength: 80 }),
      spare: fc.nat(40),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('publish' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('abandon' as const), length: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('read' as const), limit: fc.nat(6) }) },
);

type Send = (ring: MessageRing, message: Message, spare: number) => boolean;

const send: Send = (ring, message, spare) => {
  const at = ring.claim(message.type, message.payload.length + spare);
  if (at === -1) return false;
  ring.bytes.set(message.payload, at);
  ring.commit(message.payload.length);
  return true;
};

const stage: Send = (ring, message, spare) => {
  const at = ring.claim(message.type, message.payload.length + spare);
  if (at === -1) return false;
  ring.bytes.set(message.payload, at);
  ring.stage(message.payload.length);
  return true;
};

function readAll(ring: MessageRing, limit: number): Message[] {
  const read: Message[] = [];
  const count = ring.read((type, offset, lengthBytes) => {
    expect(offset % 8).toBe(0);
    read.push({ type, payload: [...ring.bytes.subarray(offset, offset + lengthBytes)] });
  }, limit);
  expect(count).toBe(read.length);
  return read;
}

function property(sent: Send, staging = false): fc.IPropertyWithHooks<[number, Step[]]> {
  return fc.property(startCursor, fc.array(step, { maxLength: 80 }), (start, steps) => {
    const buffer = new SharedArrayBuffer(MessageRing.bytesNeeded(CAPACITY));
    MessageRing.create(buffer, CAPACITY, start | 0);
    const producer = new MessageRing(buffer);
    const consumer = new MessageRing(buffer);
    const model: Message[] = [];
    let published = 0; // so many of the model's messages, the oldest
    for (const one of steps) {
      if (one.what === 'send') {
        const message = { type: one.type, payload: one.payload };
        const accepted = sent(producer, message, one.spare);
        if (model.length === 0) expect(accepted).toBe(true); // an empty ring takes any message, wherever the wrap lies
        if (accepted) model.push(message);
        if (!staging) published = model.length;
      } else if (one.what === 'publish') {
        producer.publish();
        published = model.length;
      } else if (one.what === 'abandon') {
        producer.claim(9, one.length);
      } else {
        const seen = Math.min(one.limit, published);
        expect(readAll(consumer, one.limit)).toEqual(model.splice(0, seen));
        published -= seen;
      }
      const shown = model.slice(0, published);
      const least = shown.reduce((sum, message) => sum + 8 + Math.ceil(message.payload.length / 8) * 8, 0);
      expect(producer.used()).toBeGreaterThanOrEqual(least);
      expect(producer.used()).toBeLessThanOrEqual(CAPACITY);
    }
    producer.publish();
    expect(readAll(consumer, 1000)).toEqual(model);
    expect(consumer.used()).toBe(0);
  });
}

describe('message ring', () => {
  it('is a queue of messages', () => {
    fc.assert(property(send), { numRuns: 400 });
  });

  it('shows staged messages only when they are published, all at once', () => {
    fc.assert(property(stage, true), { numRuns: 400 });
    expect(fc.check(property(send, true), { numRuns: 400 }).failed).toBe(true);
  });

  it('finds room beside what is staged, and shows that with the next commit', () => {
    const ring = MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(64)), 64);
    for (const n of [1, 2, 3]) expect(stage(ring, { type: n, payload: [n] }, 0)).toBe(true);
    expect(ring.used()).toBe(0);
    expect(readAll(ring, 9)).toEqual([]);
    expect(send(ring, { type: 4, payload: [4] }, 0)).toBe(true);
    expect(ring.claim(5, 1)).toBe(-1);
    expect(readAll(ring, 9).map(({ type }) => type)).toEqual([1, 2, 3, 4]);
  });

  it('negative control: the model catches a length that was not shrunk, and a payload written elsewhere', () => {
    const unshrunk: Send = (ring, message, spare) => {
      const at = ring.claim(message.type, message.payload.length + spare);
      if (at === -1) return false;
      ring.bytes.set(message.payload, at);
      ring.commit();
      return true;
    };
    const misplaced: Send = (ring, message, spare) => {
      const at = ring.claim(message.type, message.payload.length + spare);
      if (at === -1) return false;
      ring.commit(message.payload.length); // before the claim that owns the bytes is filled: they go where the next one is
      ring.bytes.set(message.payload, ring.claim(0, 0));
      return true;
    };
    expect(fc.check(property(unshrunk), { numRuns: 400 }).failed).toBe(true);
    expect(fc.check(property(misplaced), { numRuns: 400 }).failed).toBe(true);
  });

  it('takes the largest message at every position, and says -1 when there is no room', () => {
    const ring = MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(64)), 64, -5);
    expect(ring.maxMessageBytes).toBe(24);
    for (let i = 0; i < 40; i++) {
      expect(send(ring, { type: 1, payload: [i] }, 0)).toBe(true);
      expect(readAll(ring, 1)).toEqual([{ type: 1, payload: [i] }]);
      expect(ring.claim(2, 24)).toBeGreaterThan(0);
      ring.commit();
      expect(ring.claim(3, 24) === -1 || ring.used() === 32).toBe(true);
      expect(readAll(ring, 9)).toHaveLength(1);
      expect(ring.used()).toBe(0);
    }
    expect(() => ring.claim(1, 25)).toThrow('longer than maxMessageBytes');
    expect(() => ring.claim(-1, 1)).toThrow('reserved');
    expect(() => ring.commit()).toThrow('commit without a claim');
    ring.claim(1, 4);
    expect(() => ring.commit(5)).toThrow('more than was claimed');
  });

  it('keeps a message unread when its receiver throws, and releases the space of each as it returns', () => {
    const ring = MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(64)), 64);
    send(ring, { type: 1, payload: [1] }, 0);
    send(ring, { type: 1, payload: [2] }, 0);
    const refuseSecond = (): void => {
      if (ring.used() < 32) throw new Error('no');
    };
    expect(() => ring.read(refuseSecond, 9)).toThrow('no');
    expect(readAll(ring, 9)).toEqual([{ type: 1, payload: [2] }]);
  });

  it('refuses to attach to anything else', () => {
    expect(() => new MessageRing(new SharedArrayBuffer(MessageRing.bytesNeeded(64)))).toThrow('never created');
    expect(() => MessageRing.create(new SharedArrayBuffer(100), 64)).toThrow('a message ring: needs');
    expect(() => MessageRing.bytesNeeded(100)).toThrow('power of two');
  });
});
