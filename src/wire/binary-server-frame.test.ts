// Frames from the server: what gateways and market data write is what the client reads, and anything else it refuses.

import { describe, expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import { Random } from '../sim/testing/random.ts';
import { ANSWER_HEAD_BYTES } from './binary-frame.ts';
import { EVENT_BYTES, FULL_HEAD_BYTES, LEVEL_BYTES, TICKER_BYTES } from './binary-market-data.ts';
import {
  BINARY_REPLY_BYTES_MAX,
  binaryProblemBytes,
  writeBinaryOrder,
  writeBinaryProblem,
  writeBinaryReply,
} from './binary-replies.ts';
import { decodeServerFrame } from './binary-server-frame.ts';
import { ORDER_NOTIONAL_LOW } from './order-codec.ts';
import { ORDER_SAMPLE, orderSample, replySample, ServerSamples, sampleServerFrame } from './testing/server-samples.ts';

const bytes = new Uint8Array(BINARY_REPLY_BYTES_MAX + 64);
const view = new DataView(bytes.buffer);
const AT = 8;

function decoded(length: number): unknown {
  // At an odd place, with nothing behind it that could be read.
  const room = new Uint8Array(length + 3);
  room.set(bytes.subarray(AT, AT + length), 3);
  const { messages, fault } = decodeServerFrame(room.subarray(3));
  expect(fault).toBe('');
  expect(messages).toHaveLength(1);
  return messages[0];
}

describe('an answer', () => {
  it('is the reply record, without what is between threads', () => {
    bytes.fill(0xee);
    const reply = replySample(2);
    const length = writeBinaryReply(bytes, view, AT, 7, 202, undefined, reply, 0, reply.length);
    expect(length).toBe(16 + reply.length);
    expect(decoded(length)).toEqual({
      ...{ type: 'reply', requestId: 7, status: 202, kind: 1, reason: 0, resultSequence: 10, sequence: 12 },
      ...{ firstTrade: 3, tradesTotal: 500, value: 0, order: ORDER_SAMPLE },
      fills: [0, 1].map((i) => ({
        ...{ tradeNumber: 3 + i, makerOrder: 20 + i, makerCreatedUs: 30 + i, priceTicks: 40 + i, quantityLots: 50 + i },
      })),
    });
    // Request id and durable of the record.
    expect(view.getUint32(AT + 16, true)).toBe(0);
    expect(view.getFloat64(AT + 16 + 48, true)).toBe(0);
    expect(bytes[AT + length]).toBe(0xee);
  });

  it('carries times when they were asked for', () => {
    const reply = replySample(0);
    const times = Float64Array.of(1, 2, 3, 4, 5.5);
    const length = writeBinaryReply(bytes, view, AT, 7, 200, times, reply, 0, reply.length);
    expect(decoded(length)).toMatchObject({
      times: { receiveUs: 1, ringUs: 2, journalUs: 3, matchUs: 4, sendUs: 5.5 },
      order: ORDER_SAMPLE,
    });
  });

  it('of the longest reply fits', () => {
    const reply = replySample(100);
    const length = writeBinaryReply(bytes, view, AT, 7, 200, new Float64Array(5), reply, 0, reply.length);
    expect(length).toBeLessThanOrEqual(BINARY_REPLY_BYTES_MAX);
    expect(decoded(length)).toHaveProperty('fills.length', 100);
  });

  it('may be a problem', () => {
    for (const text of ['', '{"code":"é"}', '{"code":1}', '12345678']) {
      bytes.fill(0xee);
      const document = Buffer.from(text);
      const length = writeBinaryProblem(bytes, view, AT, 9, 409, document);
      expect(length).toBe(binaryProblemBytes(document.length));
      expect(decoded(length)).toEqual({ type: 'problem', requestId: 9, status: 409, text });
    }
  });

  it('may be an order', () => {
    const order = orderSample();
    const length = writeBinaryOrder(bytes, view, AT, 9, 200, Buffer.concat([Buffer.alloc(5), order]), 5);
    expect(decoded(length)).toEqual({ type: 'order', requestId: 9, status: 200, order: ORDER_SAMPLE });
  });
});

describe('market data', () => {
  const samples = new ServerSamples(bytes, view, AT);

  it('of a book comes back as it was', () => {
    const levels = {
      bids: [
        [100, 5],
        [99, 2 ** 51],
      ],
      asks: [[2 ** 46, 1]],
    };
    const facts = { channel: 3, instrument: 4, sequence: 2 ** 52, timeUs: 2 ** 50 };
    const length = samples.snapshot(true);
    expect(length).toBe(56 + 3 * LEVEL_BYTES);
    expect(decoded(length)).toEqual({
      ...{
        type: 'snapshot',
        ...facts,
        more: true,
        reason: 2,
        journal: '0000000a0000ffff',
        lane0: 2 ** 32 - 1,
        lane1: 7,
      },
      ...levels,
    });
    expect(decoded(samples.update())).toEqual({
      ...{ type: 'l2update', ...facts, more: false, previous: 2 ** 51, lane0: 2 ** 32 - 1, lane1: 7 },
      ...levels,
      hasChecksum: true,
    });
    expect(decoded(samples.unchecked())).toMatchObject({ type: 'l2update', hasChecksum: false, lane0: 0, ...levels });
    expect(decoded(samples.start())).toMatchObject({ type: 'snapshot', bids: [], asks: [], more: false });
  });

  it('of orders and trades comes back as it was', () => {
    const trade = { makerOrder: 5, takerOrder: 6, priceTicks: 7 };
    expect(decoded(samples.match())).toEqual({
      ...{
        type: 'match',
        channel: 3,
        instrument: 4,
        sequence: 2 ** 52,
        timeUs: 2 ** 50,
        previous: 2 ** 51,
        more: true,
      },
      trades: [{ ...trade, number: 9, quantityLots: 8, takerSide: Side.SELL }],
    });
    const full = samples.full();
    expect(full).toBe(FULL_HEAD_BYTES + 2 * EVENT_BYTES);
    expect(decoded(full)).toMatchObject({
      ...{ type: 'full', previous: 2 ** 51, hasChecksum: true, lane0: 2 ** 32 - 1, lane1: 7, more: false },
      events: [
        { change: 3, side: Side.BUY, number: 11, priceTicks: 12, lots: -13, makerOrder: 0, takerOrder: 0 },
        { ...trade, change: 0, side: Side.SELL, number: 9, lots: 8 },
      ],
    });
    expect(decoded(samples.orders())).toMatchObject({
      ...{ type: 'orders', reason: 1, journal: '0000000a0000ffff', lane0: 2 ** 32 - 1, lane1: 7 },
      ...{ bids: [[21, 22, 23]], asks: [[24, 25, 26]] },
    });
  });

  it('of a ticker comes back as it was', () => {
    const length = samples.ticker();
    expect(length).toBe(TICKER_BYTES);
    expect(decoded(length)).toEqual({
      ...{
        type: 'ticker',
        channel: 3,
        instrument: 4,
        sequence: 2 ** 52,
        timeUs: 2 ** 50,
        takerSide: 2,
        tradeNumber: 9,
      },
      ...{ priceTicks: 1, quantityLots: 2, bidTicks: 3, bidLots: 4, askTicks: 5, askLots: 6 },
    });
  });

  it('leaves nothing of what was in its buffer', () => {
    for (const write of ['snapshot', 'update', 'unchecked', 'start', 'match', 'full', 'orders', 'ticker'] as const) {
      bytes.fill(0);
      const length = samples[write](false);
      const clean = bytes.slice(AT, AT + length);
      bytes.fill(0xee);
      expect(samples[write](false)).toBe(length);
      expect(bytes.slice(AT, AT + length)).toEqual(clean);
      expect(bytes[AT + length]).toBe(0xee);
    }
  });

  it('must come bids first', () => {
    expect(() => samples.mixed()).toThrow('bids come before asks');
  });
});

describe('a frame from the server', () => {
  it('is read as far as it is one', () => {
    const random = new Random(5);
    for (let n = 0; n < 2_000; n++) {
      const whole = sampleServerFrame(random);
      const { messages, fault } = decodeServerFrame(whole);
      expect(fault).toBe('');
      const cut = decodeServerFrame(whole.subarray(0, random.below(whole.length)));
      expect(messages.slice(0, cut.messages.length)).toEqual(cut.messages);
      expect(cut.messages.length).toBeLessThan(messages.length);
      const broken = whole.slice();
      broken[random.below(broken.length)] ^= 1 << random.below(8);
      decodeServerFrame(broken);
    }
  });

  it('is refused when counts and length disagree', () => {
    const samples = new ServerSamples(bytes, view, AT);
    const counts: [() => number, number[]][] = [
      [() => samples.update(), [48, 52]],
      [() => samples.orders(), [48, 52]],
      [() => samples.match(), [40]],
      [() => samples.full(), [40]],
      [() => writeBinaryProblem(bytes, view, AT, 1, 400, Buffer.from('{}')), [15]],
      [
        () => writeBinaryReply(bytes, view, AT, 1, 200, undefined, replySample(2), 0, replySample(2).length),
        [16 + 36, 16 + 38],
      ],
      [() => writeBinaryOrder(bytes, view, AT, 1, 200, orderSample(), 0), [16 + 73, 16 + 74]],
    ];
    for (const [write, places] of counts) {
      for (const place of places) {
        const length = write();
        bytes[AT + place] += 9;
        expect(decodeServerFrame(bytes.slice(AT, AT + length))).toMatchObject({
          messages: [],
          fault: expect.stringContaining('disagree'),
        });
      }
    }
  });

  it('is refused when an amount is no pair of limbs', () => {
    const length = writeBinaryOrder(bytes, view, AT, 1, 200, orderSample(), 0);
    for (const low of [-1, 0.5, 2 ** 48, Number.NaN]) {
      view.setFloat64(AT + ANSWER_HEAD_BYTES + ORDER_NOTIONAL_LOW, low, true);
      expect(decodeServerFrame(bytes.slice(AT, AT + length)).messages).toEqual([]);
    }
    view.setFloat64(AT + ANSWER_HEAD_BYTES + ORDER_NOTIONAL_LOW, 2 ** 48 - 1, true);
    expect(decodeServerFrame(bytes.slice(AT, AT + length)).messages).toHaveLength(1);
  });
});
