// What binary requests are answered with: replies, problems, orders. Layout: WIRE.md, "Binary frames of /ws". Gateway
// threads; the caller owns the buffers, `bytes` and `view` lie over the same one. Each returns the message's length.
// Allocates: nothing.

import { assert } from '../assert.ts';
import { ANSWER_HEAD_BYTES, FLAG_TIMES, MessageType, TIMES_BYTES, writeMessageHead } from './binary-frame.ts';
import { orderRecordLength } from './order-codec.ts';
import {
  REPLY_APPLIED_US,
  REPLY_BYTES_MAX,
  REPLY_DRAINED_US,
  REPLY_DURABLE_US,
  REPLY_REQUEST_ID,
} from './reply-codec.ts';

const REQUEST_ID = 8;
const STATUS = 12;
/** Of a problem; 0 in other answers. */
const TEXT_LENGTH = 14;

/** By a clock of the server's own. */
const STOPWATCH_TIMES = [REPLY_DURABLE_US, REPLY_DRAINED_US, REPLY_APPLIED_US];

/** A buffer of this length holds any reply. */
export const BINARY_REPLY_BYTES_MAX = ANSWER_HEAD_BYTES + TIMES_BYTES + REPLY_BYTES_MAX;

/** Length of the message for a problem document of `textBytes` bytes. */
export function binaryProblemBytes(textBytes: number): number {
  return (ANSWER_HEAD_BYTES + textBytes + 7) & ~7;
}

/**
 * Writes at `at` the answer to a command: the reply record `record[from..from+length)`, without what is only between
 * threads. `times` are five of microseconds (receive, ring, journal, match, send), or undefined when none were asked for.
 */
export function writeBinaryReply(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  requestId: number,
  status: number,
  times: Float64Array | undefined,
  record: Uint8Array,
  from: number,
  length: number,
): number {
  const recordAt = at + ANSWER_HEAD_BYTES + (times === undefined ? 0 : TIMES_BYTES);
  const end = recordAt + length;
  assert(end <= bytes.length, 'a binary reply fits its buffer');
  writeMessageHead(view, at, MessageType.REPLY, times === undefined ? 0 : FLAG_TIMES, end - at);
  writeAnswerHead(view, at, requestId, status, 0);
  if (times !== undefined) {
    for (let i = 0; i < 5; i++) view.setFloat64(at + ANSWER_HEAD_BYTES + i * 8, times[i], true);
  }
  copy(record, from, bytes, recordAt, length);
  view.setUint32(recordAt + REPLY_REQUEST_ID, 0, true);
  for (const at of STOPWATCH_TIMES) view.setFloat64(recordAt + at, 0, true);
  return end - at;
}

/** Writes at `at` a refusal: the problem document `text`, JSON as over HTTP. Request id 0: the frame could not be read. */
export function writeBinaryProblem(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  requestId: number,
  status: number,
  text: Uint8Array,
): number {
  const length = binaryProblemBytes(text.length);
  assert(at + length <= bytes.length && text.length <= 0xffff, 'a problem fits its buffer');
  writeMessageHead(view, at, MessageType.PROBLEM, 0, length);
  writeAnswerHead(view, at, requestId, status, text.length);
  const textAt = at + ANSWER_HEAD_BYTES;
  copy(text, 0, bytes, textAt, text.length);
  bytes.fill(0, textAt + text.length, at + length);
  return length;
}

/** Writes at `at` the answer to a question for an order: the order record that begins at `record[from]`. */
export function writeBinaryOrder(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  requestId: number,
  status: number,
  record: Uint8Array,
  from: number,
): number {
  const recordBytes = orderRecordLength(record, from);
  const length = ANSWER_HEAD_BYTES + recordBytes;
  assert(at + length <= bytes.length, 'an order fits its buffer');
  writeMessageHead(view, at, MessageType.ORDER, 0, length);
  writeAnswerHead(view, at, requestId, status, 0);
  copy(record, from, bytes, at + ANSWER_HEAD_BYTES, recordBytes);
  return length;
}

function writeAnswerHead(view: DataView, at: number, requestId: number, status: number, textLength: number): void {
  view.setUint32(at + REQUEST_ID, requestId, true);
  view.setUint16(at + STATUS, status, true);
  view.setUint16(at + TEXT_LENGTH, textLength, true);
}

function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i];
}
