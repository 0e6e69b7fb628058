// Binary requests of /ws with one known fault each, and what they must be refused with. Pure table.

import { CommandType, Side } from '../../domain/codes.ts';
import { type BinaryRequest, encodeCommandFrame, encodeStatusFrame } from '../../wire/binary-requests.ts';
import * as C from '../../wire/command-codec.ts';
import type { ProblemCode } from '../../wire/problem.ts';
import { frame, Opcode } from '../ws-frame.ts';
import { NO_MESSAGE, OF_NO_MESSAGE, orderMessage } from './declared-orders.ts';
import type { LiveFrame, Refusal } from './live-frames.ts';
import { CONTINUATION, FINAL, raw } from './raw-frame.ts';

/** Where a record lies in its message. */
const RECORD = 16;
const REQUEST_ID = 77;
const NO_CHANGE = () => {};

type Spoil = (message: DataView) => void;

/** A good order but for its `terms`, as a message, and then spoilt. */
function order(name: string, refusal: Refusal, terms: Partial<BinaryRequest>, spoil: Spoil): LiveFrame {
  const message = encodeCommandFrame(REQUEST_ID, {
    ...{ type: CommandType.NEW_ORDER, clientId: 'wrong', idempotencyKey: 'wrong', side: Side.BUY },
    ...{ priceTicks: 100, quantityLots: 100, ...terms },
  });
  spoil(new DataView(message.buffer, message.byteOffset, message.length));
  return { name: `binary: ${name}`, bytes: frame(Opcode.BINARY, message), refusals: [refusal] };
}

/** Nothing in the message can be trusted, nor whose it is. */
const headed = (name: string, spoil: Spoil) => order(name, OF_NO_MESSAGE, {}, spoil);

const recorded = (name: string, code: ProblemCode, field: string, spoil: Spoil) =>
  order(name, { id: REQUEST_ID, code, field }, {}, spoil);

const valued = (terms: Partial<BinaryRequest>, code: ProblemCode, field: string) =>
  order(Object.entries(terms).join(), { id: REQUEST_ID, code, field }, terms, NO_CHANGE);

function other(name: string, bytes: Buffer, ...refusals: readonly Refusal[]): LiveFrame {
  return { name: `binary: ${name}`, bytes, refusals };
}

export const WRONG_RECORDS: readonly LiveFrame[] = [
  headed('version 2', (message) => message.setUint8(0, 2)),
  headed('type 129', (message) => message.setUint8(1, 129)),
  headed('unknown flag', (message) => message.setUint16(2, 2, true)),
  headed('length 2^32 - 8', (message) => message.setUint32(4, 0xffff_fff8, true)),
  headed('length 0', (message) => message.setUint32(4, 0, true)),
  recorded('reserved bytes', 'malformed_frame', '', (message) => message.setUint32(12, 1, true)),
  recorded('length', 'malformed_frame', '', (message) => message.setUint16(RECORD + C.COMMAND_LENGTH, 248, true)),
  recorded('command type 9', 'invalid_value', 'type', (message) => message.setUint16(RECORD + C.COMMAND_TYPE, 9, true)),
  recorded('gateway', 'malformed_frame', '', (message) => message.setUint16(RECORD + C.COMMAND_GATEWAY, 1, true)),
  recorded('request', 'malformed_frame', '', (message) => message.setUint32(RECORD + C.COMMAND_REQUEST_ID, 1, true)),
  recorded('extension', 'malformed_frame', '', (message) => message.setUint8(RECORD + C.COMMAND_EXTENSION_WORDS, 3)),
  valued({ priceTicks: 0 }, 'missing_field', 'price'),
  valued({ priceTicks: Number.NaN }, 'not_a_number', 'price'),
  valued({ priceTicks: -1 }, 'negative', 'price'),
  valued({ priceTicks: 0.5 }, 'off_tick', 'price'),
  valued({ quantityLots: 1e300 }, 'quantity_out_of_bounds', 'quantity'),
  valued({ quantityLots: 0.5 }, 'off_lot', 'quantity'),
  valued({ instrument: 60_000 }, 'unknown_instrument', 'instrument'),
  valued({ clientId: '' }, 'missing_field', 'client_id'),
  valued({ idempotencyKey: 'a\u0001' }, 'invalid_text', 'idempotency_key'),
  valued({ targetOrder: 1 }, 'field_not_allowed', 'order_id'),
  other('empty', frame(Opcode.BINARY, new Uint8Array(0)), OF_NO_MESSAGE),
  other('status of order 0', frame(Opcode.BINARY, encodeStatusFrame(REQUEST_ID, 0)), {
    ...{ id: REQUEST_ID, code: 'order_unknown', field: '' },
  }),
  other(
    'an order behind what is no message',
    frame(Opcode.BINARY, Buffer.concat([NO_MESSAGE, orderMessage('hidden-behind', 1)])),
    OF_NO_MESSAGE,
  ),
  // Not noticed as the breach it is: the frame in the middle is taken for the last part of the message.
  other(
    'a new frame within a message in parts',
    Buffer.concat([
      raw(Opcode.BINARY, NO_MESSAGE),
      raw(FINAL | Opcode.BINARY, NO_MESSAGE),
      raw(FINAL | CONTINUATION, NO_MESSAGE),
    ]),
    ...[OF_NO_MESSAGE, OF_NO_MESSAGE],
  ),
];
