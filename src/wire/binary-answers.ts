// Answers of binary frames, as the client reads them: into plain objects, numbers in ticks and lots. Any thread and the browser:
// nothing of Node. Never throws on input: undefined when a message does not have its layout. Allocates: the objects.

import { LIMB, toBigInt } from '../domain/clearing/exact.ts';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import { ANSWER_HEAD_BYTES, FLAG_TIMES, type FrameReader, MESSAGE_HEAD_BYTES, TIMES_BYTES } from './binary-frame.ts';
import * as O from './order-codec.ts';
import * as R from './reply-codec.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

// From the start of a message's body.
const REQUEST_ID = 0;
const STATUS = 4;
const TEXT_LENGTH = 6;
const CONTENT = ANSWER_HEAD_BYTES - MESSAGE_HEAD_BYTES;

/** An order. Codes are those of domain/codes.ts, times microseconds since the epoch; 0 where the order has nothing. */
export interface BinaryOrder {
  readonly number: number;
  readonly clientId: string;
  readonly instrument: number;
  readonly side: number;
  readonly type: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly selfTrade: number;
  readonly status: number;
  readonly reason: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly executedLots: number;
  /** Sum of price x quantity of its fills. */
  readonly notional: bigint;
  readonly createdUs: number;
  readonly updatedUs: number;
  readonly preventedLots: number;
  readonly displayLots: number;
  readonly stopPriceTicks: number;
  readonly expiresUs: number;
}

interface BinaryFill {
  readonly tradeNumber: number;
  readonly makerOrder: number;
  readonly makerCreatedUs: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
}

/** Microseconds of a request's way. */
interface BinaryTimes {
  readonly receiveUs: number;
  readonly ringUs: number;
  readonly journalUs: number;
  readonly matchUs: number;
  readonly sendUs: number;
}

export interface BinaryReply {
  readonly type: 'reply';
  readonly requestId: number;
  /** As over HTTP. */
  readonly status: number;
  readonly times?: BinaryTimes;
  /** ReplyKind. */
  readonly kind: number;
  readonly reason: number;
  readonly resultSequence: number;
  readonly sequence: number;
  readonly firstTrade: number;
  /** Of all fills; `fills` has the first hundred. */
  readonly tradesTotal: number;
  readonly value: number;
  readonly order?: BinaryOrder;
  readonly fills: readonly BinaryFill[];
}

export interface BinaryProblem {
  readonly type: 'problem';
  readonly requestId: number;
  readonly status: number;
  /** The problem document, JSON. */
  readonly text: string;
}

export interface BinaryOrderAnswer {
  readonly type: 'order';
  readonly requestId: number;
  readonly status: number;
  readonly order: BinaryOrder;
}

/** The reply that `frame` stands at. */
export function decodeBinaryReply({ bytes, view, body, end, flags }: FrameReader): BinaryReply | undefined {
  const hasTimes = (flags & FLAG_TIMES) !== 0;
  const at = body + CONTENT + (hasTimes ? TIMES_BYTES : 0);
  if (end - at < R.REPLY_ORDER) return undefined;
  const orderBytes = view.getUint16(at + R.REPLY_ORDER_BYTES, true);
  const fills = view.getUint16(at + R.REPLY_FILLS, true);
  if (end - at !== R.REPLY_ORDER + orderBytes + fills * R.FILL_BYTES) return undefined;
  const order = orderBytes === 0 ? undefined : decodeOrder(bytes, view, at + R.REPLY_ORDER, orderBytes);
  if (orderBytes > 0 && order === undefined) return undefined;
  return {
    type: 'reply',
    requestId: view.getUint32(body + REQUEST_ID, true),
    status: view.getUint16(body + STATUS, true),
    ...(hasTimes ? { times: decodeTimes(view, body + CONTENT) } : {}),
    kind: view.getUint16(at + R.REPLY_KIND, true),
    reason: view.getUint16(at + R.REPLY_REASON, true),
    resultSequence: view.getFloat64(at + R.REPLY_RESULT_SEQUENCE, true),
    sequence: view.getFloat64(at + R.REPLY_SEQUENCE, true),
    firstTrade: view.getFloat64(at + R.REPLY_FIRST_TRADE, true),
    tradesTotal: view.getUint32(at + R.REPLY_TRADES_TOTAL, true),
    value: view.getFloat64(at + R.REPLY_VALUE, true),
    ...(order === undefined ? {} : { order }),
    fills: Array.from({ length: fills }, (_, i) =>
      decodeFill(view, at + R.REPLY_ORDER + orderBytes + i * R.FILL_BYTES),
    ),
  };
}

/** The problem that `frame` stands at. */
export function decodeBinaryProblem({ bytes, view, body, end }: FrameReader): BinaryProblem | undefined {
  const length = view.getUint16(body + TEXT_LENGTH, true);
  const at = body + CONTENT;
  if (((length + 7) & ~7) !== end - at) return undefined;
  return {
    type: 'problem',
    requestId: view.getUint32(body + REQUEST_ID, true),
    status: view.getUint16(body + STATUS, true),
    text: decoder.decode(bytes.subarray(at, at + length)),
  };
}

/** The answer to a question for an order that `frame` stands at. */
export function decodeBinaryOrder({ bytes, view, body, end }: FrameReader): BinaryOrderAnswer | undefined {
  const at = body + CONTENT;
  const order = decodeOrder(bytes, view, at, end - at);
  if (order === undefined) return undefined;
  return {
    type: 'order',
    requestId: view.getUint32(body + REQUEST_ID, true),
    status: view.getUint16(body + STATUS, true),
    order,
  };
}

function decodeTimes(view: DataView, at: number): BinaryTimes {
  return {
    receiveUs: view.getFloat64(at, true),
    ringUs: view.getFloat64(at + 8, true),
    journalUs: view.getFloat64(at + 16, true),
    matchUs: view.getFloat64(at + 24, true),
    sendUs: view.getFloat64(at + 32, true),
  };
}

function decodeFill(view: DataView, at: number): BinaryFill {
  return {
    tradeNumber: view.getFloat64(at + R.FILL_TRADE_NUMBER, true),
    makerOrder: view.getFloat64(at + R.FILL_MAKER_ORDER, true),
    makerCreatedUs: view.getFloat64(at + R.FILL_MAKER_CREATED_US, true),
    priceTicks: view.getFloat64(at + R.FILL_PRICE_TICKS, true),
    quantityLots: view.getFloat64(at + R.FILL_QUANTITY_LOTS, true),
  };
}

/** The order record of exactly `length` bytes at `at`. */
function decodeOrder(bytes: Uint8Array, view: DataView, at: number, length: number): BinaryOrder | undefined {
  if (length < O.ORDER_CLIENT || O.orderRecordLength(bytes, at) !== length) return undefined;
  const clientLength = bytes[at + O.ORDER_CLIENT_LENGTH];
  const rareBytes = bytes[at + O.ORDER_RARE_BYTES];
  if (clientLength > CLIENT_ID_BYTES_MAX || (rareBytes !== 0 && rareBytes !== O.RARE_BYTES)) return undefined;
  const notionalHigh = view.getFloat64(at + O.ORDER_NOTIONAL_HIGH, true);
  const notionalLow = view.getFloat64(at + O.ORDER_NOTIONAL_LOW, true);
  if (!Number.isSafeInteger(notionalHigh) || !Number.isInteger(notionalLow)) return undefined;
  if (notionalLow < 0 || notionalLow >= LIMB) return undefined;
  const rareAt = O.orderRareOffset(bytes, at);
  const rare = (field: number): number => (rareAt < 0 ? 0 : view.getFloat64(rareAt + field, true));
  return {
    number: view.getFloat64(at + O.ORDER_NUMBER, true),
    clientId: decoder.decode(bytes.subarray(at + O.ORDER_CLIENT, at + O.ORDER_CLIENT + clientLength)),
    instrument: view.getUint16(at + O.ORDER_INSTRUMENT, true),
    side: bytes[at + O.ORDER_SIDE],
    type: bytes[at + O.ORDER_TYPE],
    timeInForce: bytes[at + O.ORDER_TIME_IN_FORCE],
    flags: bytes[at + O.ORDER_FLAGS],
    selfTrade: bytes[at + O.ORDER_SELF_TRADE],
    status: bytes[at + O.ORDER_STATUS],
    reason: view.getUint16(at + O.ORDER_REASON, true),
    priceTicks: view.getFloat64(at + O.ORDER_PRICE_TICKS, true),
    quantityLots: view.getFloat64(at + O.ORDER_QUANTITY_LOTS, true),
    executedLots: view.getFloat64(at + O.ORDER_EXECUTED_LOTS, true),
    notional: toBigInt(notionalHigh, notionalLow),
    createdUs: view.getFloat64(at + O.ORDER_CREATED_US, true),
    updatedUs: view.getFloat64(at + O.ORDER_UPDATED_US, true),
    preventedLots: rare(O.RARE_PREVENTED_LOTS),
    displayLots: rare(O.RARE_DISPLAY_LOTS),
    stopPriceTicks: rare(O.RARE_STOP_PRICE_TICKS),
    expiresUs: rare(O.RARE_EXPIRES_US),
  };
}
