// How a load's orders are said over a WebSocket, and how their replies are read: as JSON and as binary frames. The bare server speaks
// the same. A tool's process; pure.

import { MESSAGE_HEAD_BYTES } from '../wire/binary-frame.ts';
import { orderJson, orderMessage } from './order-mix.ts';
import { frame, Opcode } from './ws-frame.ts';

export interface OrderDialect {
  readonly name: 'JSON' | 'binary';
  /** The n-th order of a source as a whole WebSocket frame. */
  frame(source: string, n: number): Buffer;
  /** Calls `done` for each order that the WebSocket message bytes[from..to) answers. */
  replies(bytes: Buffer, from: number, to: number, done: (n: number, status: number) => void): void;
}

const ID_FROM = '{"id":"'.length;
const STATUS_FROM = '","status":'.length;
const STATUS_TO = STATUS_FROM + '202'.length;
/** Of a binary message, from its start. */
const MESSAGE_LENGTH = 4;
const STATUS = 12;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

export const JSON_DIALECT: OrderDialect = {
  name: 'JSON',

  frame(source, n) {
    return frame(Opcode.TEXT, Buffer.from(`{"id":"${n}","method":"order.place","params":${orderJson(source, n)}}`));
  },

  /** `{"id":"7","status":202,...` */
  replies(bytes, from, _to, done) {
    let at = from + ID_FROM;
    let n = 0;
    for (; bytes[at] >= DIGIT_0 && bytes[at] <= DIGIT_9; at++) n = n * 10 + bytes[at] - DIGIT_0;
    done(n, Number(bytes.toString('latin1', at + STATUS_FROM, at + STATUS_TO)));
  },
};

const BINARY_DIALECT: OrderDialect = {
  name: 'binary',

  /** Request ids begin with 1. */
  frame(source, n) {
    return frame(Opcode.BINARY, Buffer.from(orderMessage(source, n, n + 1)));
  },

  /** Replies and problems, one or more: their request id and status lie at the same places. */
  replies(bytes, from, to, done) {
    let at = from;
    while (at < to) {
      done(bytes.readUInt32LE(at + MESSAGE_HEAD_BYTES) - 1, bytes.readUInt16LE(at + STATUS));
      at += bytes.readUInt32LE(at + MESSAGE_LENGTH);
    }
  },
};

export const DIALECTS: readonly OrderDialect[] = [JSON_DIALECT, BINARY_DIALECT];
