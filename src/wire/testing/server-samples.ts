// Messages as gateways and market data write them, for tests and tools of binary frames.

import { Side } from '../../domain/codes.ts';
import type { Random } from '../../sim/testing/random.ts';
import type { BinaryOrder } from '../binary-answers.ts';
import { MessageType } from '../binary-frame.ts';
import * as D from '../binary-market-data.ts';
import { BINARY_REPLY_BYTES_MAX, writeBinaryOrder, writeBinaryProblem, writeBinaryReply } from '../binary-replies.ts';
import { BookChecksum } from '../book-checksum.ts';
import type { SnapshotReason } from '../feed-codec.ts';
import * as O from '../order-codec.ts';
import * as R from '../reply-codec.ts';

const FACTS = { channel: 3, instrument: 4, sequence: 2 ** 52, prevSequence: 2 ** 51, timeUs: 2 ** 50 };
const CHECKSUM = Object.assign(new BookChecksum(), { lane0: 2 ** 32 - 1, lane1: 7 });

/** What orderSample says. */
export const ORDER_SAMPLE: BinaryOrder = {
  ...{ number: 10, clientId: 'alicé', instrument: 4, side: 2, type: 1, timeInForce: 4, flags: 3, selfTrade: 1 },
  ...{ status: 2, reason: 0, priceTicks: 100, quantityLots: 200, executedLots: 50, notional: 2n ** 49n + 5n },
  ...{ createdUs: 1_000, updatedUs: 2_000, preventedLots: 1, displayLots: 2, stopPriceTicks: 3, expiresUs: 4 },
};

/** An order record with everything that one can have. */
export function orderSample(): Uint8Array {
  const bytes = new Uint8Array(O.ORDER_CLIENT + 8 + 32);
  const view = new DataView(bytes.buffer);
  const floats = [10, 1_000, 2_000, 100, 200, 50, 2, 5];
  for (const [i, value] of floats.entries()) view.setFloat64(i * 8, value, true);
  view.setUint16(O.ORDER_INSTRUMENT, 4, true);
  bytes.set([2, 1, 4, 3, 2, 6, 32, 1], O.ORDER_SIDE);
  bytes.set(Buffer.from('alicé'), O.ORDER_CLIENT);
  for (const [i, value] of [1, 2, 3, 4].entries()) view.setFloat64(O.ORDER_CLIENT + 8 + i * 8, value, true);
  return bytes;
}

/** A reply record with that order and `fills` fills. */
export function replySample(fills: number): Uint8Array {
  const order = orderSample();
  const bytes = new Uint8Array(R.REPLY_ORDER + order.length + fills * R.FILL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(R.REPLY_REQUEST_ID, 0xffff, true);
  view.setUint16(R.REPLY_KIND, R.ReplyKind.APPLIED, true);
  view.setFloat64(R.REPLY_RESULT_SEQUENCE, 10, true);
  view.setFloat64(R.REPLY_SEQUENCE, 12, true);
  view.setFloat64(R.REPLY_FIRST_TRADE, 3, true);
  view.setUint32(R.REPLY_TRADES_TOTAL, 500, true);
  view.setUint16(R.REPLY_FILLS, fills, true);
  view.setUint16(R.REPLY_ORDER_BYTES, order.length, true);
  view.setFloat64(R.REPLY_DURABLE_US, 123, true);
  bytes.set(order, R.REPLY_ORDER);
  for (let i = 0; i < fills; i++) {
    const at = R.REPLY_ORDER + order.length + i * R.FILL_BYTES;
    for (const [field, value] of [3, 20, 30, 40, 50].entries()) view.setFloat64(at + field * 8, value + i, true);
  }
  return bytes;
}

/** Writes one message of each kind at a place of a buffer; each returns its length. */
export class ServerSamples {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #at: number;

  constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#at = at;
  }

  snapshot(more = false): number {
    return this.#book(this.#beginSnapshot(MessageType.SNAPSHOT, 2), more, CHECKSUM);
  }

  update(more = false): number {
    return this.#book(D.beginUpdate(this.#bytes, this.#view, this.#at, FACTS), more, CHECKSUM);
  }

  unchecked(more = false): number {
    return this.#book(D.beginUpdate(this.#bytes, this.#view, this.#at, FACTS), more);
  }

  /** A starting point only. */
  start(more = false): number {
    return this.#end(this.#beginSnapshot(MessageType.SNAPSHOT, 0), more);
  }

  /** An ask before a bid, which is a mistake. */
  mixed(): number {
    const end = D.beginUpdate(this.#bytes, this.#view, this.#at, FACTS);
    return this.#book(D.addLevel(this.#view, this.#at, end, Side.SELL, 1, 1), false);
  }

  orders(more = false): number {
    let end = this.#beginSnapshot(MessageType.ORDERS, 1);
    end = D.addRestingOrder(this.#view, this.#at, end, Side.BUY, 21, 22, 23);
    end = D.addRestingOrder(this.#view, this.#at, end, Side.SELL, 24, 25, 26);
    return this.#end(end, more, CHECKSUM);
  }

  match(more = true): number {
    const end = D.beginMatch(this.#bytes, this.#view, this.#at, FACTS);
    return this.#end(D.addTrade(this.#view, this.#at, end, 9, 5, 6, 7, 8, Side.SELL), more);
  }

  full(more = false): number {
    let end = D.beginFull(this.#bytes, this.#view, this.#at, FACTS);
    end = D.addEvent(this.#view, this.#at, end, 3, Side.BUY, 11, 12, -13, 0, 0);
    end = D.addEvent(this.#view, this.#at, end, D.TRADE_CHANGE, Side.SELL, 9, 7, 8, 5, 6);
    return this.#end(end, more, CHECKSUM);
  }

  ticker(_more = false): number {
    return D.writeBinaryTicker(this.#view, this.#at, FACTS, {
      ...{ takerSide: Side.SELL, tradeNumber: 9, priceTicks: 1, quantityLots: 2 },
      ...{ bidTicks: 3, bidLots: 4, askTicks: 5, askLots: 6 },
    });
  }

  #beginSnapshot(type: typeof MessageType.SNAPSHOT | typeof MessageType.ORDERS, reason: SnapshotReason): number {
    return D.beginSnapshot(this.#bytes, this.#view, this.#at, type, FACTS, reason, 10, 0xffff);
  }

  #book(from: number, more: boolean, checksum?: BookChecksum): number {
    let end = D.addLevel(this.#view, this.#at, from, Side.BUY, 100, 5);
    end = D.addLevel(this.#view, this.#at, end, Side.BUY, 99, 2 ** 51);
    end = D.addLevel(this.#view, this.#at, end, Side.SELL, 2 ** 46, 1);
    return this.#end(end, more, checksum);
  }

  #end(end: number, more: boolean, checksum?: BookChecksum): number {
    D.endMessage(this.#view, this.#at, end, more, checksum);
    return end - this.#at;
  }
}

const scratch = new Uint8Array(BINARY_REPLY_BYTES_MAX);
const scratchView = new DataView(scratch.buffer);
const scratchSamples = new ServerSamples(scratch, scratchView, 0);

/** One to three messages of any kind. */
export function sampleServerFrame(random: Random): Uint8Array {
  return Buffer.concat(Array.from({ length: 1 + random.below(3) }, () => scratch.slice(0, writeAny(random))));
}

function writeAny(random: Random): number {
  const kind = random.pick([
    'snapshot',
    'update',
    'unchecked',
    'start',
    'orders',
    'match',
    'full',
    'ticker',
    'reply',
    'problem',
    'order',
  ]);
  switch (kind) {
    case 'reply': {
      const reply = replySample(random.below(4));
      const times = random.below(2) === 0 ? undefined : new Float64Array(5);
      return writeBinaryReply(scratch, scratchView, 0, 1, 202, times, reply, 0, reply.length);
    }
    case 'problem':
      return writeBinaryProblem(scratch, scratchView, 0, 1, 400, Buffer.from('{"code":"off_tick"}'));
    case 'order':
      return writeBinaryOrder(scratch, scratchView, 0, 1, 200, orderSample(), 0);
    default:
      return writeData(kind);
  }
}

function writeData(kind: string): number {
  switch (kind) {
    case 'snapshot':
      return scratchSamples.snapshot();
    case 'update':
      return scratchSamples.update();
    case 'unchecked':
      return scratchSamples.unchecked();
    case 'orders':
      return scratchSamples.orders();
    case 'match':
      return scratchSamples.match();
    case 'full':
      return scratchSamples.full();
    case 'ticker':
      return scratchSamples.ticker();
    default:
      return scratchSamples.start();
  }
}
