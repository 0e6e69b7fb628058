// The frames of /ws in binary: messages back to back, each behind a head of 8 bytes. Layout: WIRE.md, "Binary frames of /ws".
// Gateways and the client, so nothing of Node. One reader for each socket's end; it borrows a frame until the next start.
// Never throws on input, never reads outside the bytes given, wherever these begin. Allocates: one view for each frame.

import { assert } from '../assert.ts';
import { REPLY_BYTES_MAX, REPLY_ORDER } from './reply-codec.ts';

export const FRAME_VERSION = 1;
export const MESSAGE_HEAD_BYTES = 8;

/** Types of messages: below 128 from the client, from 128 on to it. Numbers are never reused. */
export const MessageType = {
  COMMAND: 1,
  STATUS: 2,
  REPLY: 129,
  PROBLEM: 130,
  ORDER: 131,
  SNAPSHOT: 140,
  UPDATE: 141,
  MATCH: 142,
  FULL: 143,
  TICKER: 144,
  ORDERS: 145,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Of a command: its reply shall carry times. Of a reply: it does. */
export const FLAG_TIMES = 1;
/** Of an l2update and a full: it has no checksum. */
export const FLAG_NO_CHECKSUM = 1;

/** What is wrong with a frame, from the message on where reading stopped. */
export const FrameFault = {
  NONE: 0,
  EMPTY: 1,
  CUT_HEAD: 2,
  VERSION: 3,
  TYPE: 4,
  FLAGS: 5,
  LENGTH: 6,
  CUT: 7,
  SHORT: 8,
  LONG: 9,
} as const;
export type FrameFault = (typeof FrameFault)[keyof typeof FrameFault];

/** A sentence for each fault, by its number. */
export const FRAME_FAULTS: readonly string[] = [
  '',
  'The frame is empty.',
  'The frame ends within the head of a message.',
  'The version of a message is not 1.',
  'The type of a message is unknown here.',
  'A message has flags that its type does not know.',
  'The length of a message is not a multiple of 8, or below that of its head.',
  'A message is longer than what is left of the frame.',
  'A message is shorter than its type needs.',
  'A message is longer than its type allows.',
];

/** What a reader knows of a type: the bounds of its length, head included, and the flags that it may have. */
export interface MessageKind {
  readonly type: MessageType;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly flags: number;
}

const ANY = 0xffff_ffff;
/** Of a reply's five times. */
export const TIMES_BYTES = 40;
/** Heads of the message and of its answer. */
export const ANSWER_HEAD_BYTES = 16;

export const CLIENT_MESSAGES: readonly MessageKind[] = [
  { type: MessageType.COMMAND, bytesMin: 72, bytesMax: 240, flags: FLAG_TIMES },
  { type: MessageType.STATUS, bytesMin: 24, bytesMax: 24, flags: 0 },
];

export const SERVER_MESSAGES: readonly MessageKind[] = [
  {
    type: MessageType.REPLY,
    bytesMin: ANSWER_HEAD_BYTES + REPLY_ORDER,
    bytesMax: ANSWER_HEAD_BYTES + TIMES_BYTES + REPLY_BYTES_MAX,
    flags: FLAG_TIMES,
  },
  { type: MessageType.PROBLEM, bytesMin: 16, bytesMax: ANY, flags: 0 },
  { type: MessageType.ORDER, bytesMin: 96, bytesMax: 192, flags: 0 },
  { type: MessageType.SNAPSHOT, bytesMin: 56, bytesMax: ANY, flags: 0 },
  { type: MessageType.UPDATE, bytesMin: 56, bytesMax: ANY, flags: FLAG_NO_CHECKSUM },
  { type: MessageType.MATCH, bytesMin: 48, bytesMax: ANY, flags: 0 },
  { type: MessageType.FULL, bytesMin: 56, bytesMax: ANY, flags: FLAG_NO_CHECKSUM },
  { type: MessageType.TICKER, bytesMin: 88, bytesMax: 88, flags: 0 },
  { type: MessageType.ORDERS, bytesMin: 56, bytesMax: ANY, flags: 0 },
];

const NO_BYTES = new Uint8Array(0);

/** Walks the messages of a frame: `start`, then `next` until it answers false; `fault` says whether that was its end. */
export class FrameReader {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Of the message that `next` found. */
  type = 0;
  flags = 0;
  /** Its body is `bytes[body..end)`. */
  body = 0;
  end = 0;
  fault: FrameFault = FrameFault.NONE;
  #at = 0;
  readonly #kinds: (MessageKind | undefined)[] = new Array(256).fill(undefined);

  constructor(kinds: readonly MessageKind[]) {
    for (const kind of kinds) this.#kinds[kind.type] = kind;
  }

  start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    this.fault = bytes.length === 0 ? FrameFault.EMPTY : FrameFault.NONE;
  }

  /** False at the end of the frame, and from the first fault on: nothing behind it can be trusted. */
  next(): boolean {
    const at = this.#at;
    const left = this.bytes.length - at;
    if (this.fault !== FrameFault.NONE || left === 0) return false;
    if (left < MESSAGE_HEAD_BYTES) return this.#refuse(FrameFault.CUT_HEAD);
    const length = this.view.getUint32(at + 4, true);
    const type = this.bytes[at + 1];
    const flags = this.view.getUint16(at + 2, true);
    if (this.bytes[at] !== FRAME_VERSION) return this.#refuse(FrameFault.VERSION);
    const kind = this.#kinds[type];
    if (kind === undefined) return this.#refuse(FrameFault.TYPE);
    if ((flags & ~kind.flags) !== 0) return this.#refuse(FrameFault.FLAGS);
    if (length % 8 !== 0 || length < MESSAGE_HEAD_BYTES) return this.#refuse(FrameFault.LENGTH);
    if (length > left) return this.#refuse(FrameFault.CUT);
    if (length < kind.bytesMin) return this.#refuse(FrameFault.SHORT);
    if (length > kind.bytesMax) return this.#refuse(FrameFault.LONG);
    this.type = type;
    this.flags = flags;
    this.body = at + MESSAGE_HEAD_BYTES;
    this.end = at + length;
    this.#at = this.end;
    return true;
  }

  #refuse(fault: FrameFault): false {
    this.fault = fault;
    return false;
  }
}

/** Writes the head of a message of `length` bytes, itself included, at `at`. Allocates: nothing. */
export function writeMessageHead(view: DataView, at: number, type: MessageType, flags: number, length: number): void {
  assert(length % 8 === 0, 'a message is a multiple of 8 bytes long');
  view.setUint8(at, FRAME_VERSION);
  view.setUint8(at + 1, type);
  view.setUint16(at + 2, flags, true);
  view.setUint32(at + 4, length, true);
}
