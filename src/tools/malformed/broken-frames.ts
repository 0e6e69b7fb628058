// What ends a socket of /ws: frames that break the WebSocket protocol, messages too long, frames that are cut off, and malformed
// requests without end. Pure but for the random numbers it is given.

import type { Random } from '../../sim/testing/random.ts';
import { frame, Opcode } from '../ws-frame.ts';
import { orderJson, orderText } from './declared-orders.ts';
import type { Refusal } from './live-frames.ts';
import { CONTINUATION, FINAL, MASKED, raw } from './raw-frame.ts';

export interface BrokenFrame {
  readonly name: string;
  readonly bytes: Buffer;
  /** What comes before the end. */
  readonly refusals: readonly Refusal[];
  /** Of the close frame; 1006: none, or one without a code. */
  readonly closeCode: number;
  /** The client goes away behind it; else an order follows, which nobody may read. */
  readonly isCutOff: boolean;
}

const CUT_SHORT = 1006;
const TOO_LONG = 1009;
const POLICY = 1008;
/** WEBSOCKET.md: a client's message has at most so many bytes; from twice as many on it is not even read. */
const MESSAGE_BYTES_MAX = 64 * 1024;
/** As many unreadable requests in a row end a socket. */
const REFUSALS_MAX = 32;

const RESERVED = { RSV1: 0x40, RSV2: 0x20, RSV3: 0x10 };
const PING_TEXT = Buffer.from('{"type":"ping"}');

/** A head that promises so many bytes. */
function promising(length: bigint): Buffer {
  const head = Buffer.alloc(14);
  head[0] = FINAL | Opcode.TEXT;
  head[1] = MASKED | 127;
  head.writeBigUInt64BE(length, 2);
  return head;
}

function closing(...payload: number[]): Buffer {
  return raw(FINAL | Opcode.CLOSE, Uint8Array.from(payload));
}

const letters = (length: number) => Buffer.alloc(length, 'x');

const BREACHES: readonly (readonly [string, Buffer])[] = [
  ...Object.entries(RESERVED).map(([name, bit]) => [name, raw(FINAL | Opcode.TEXT | bit, PING_TEXT)] as const),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, raw(FINAL | opcode, PING_TEXT)] as const),
  ['continuation of nothing', raw(FINAL | CONTINUATION, PING_TEXT)],
  ['text within a fragmented text', Buffer.concat([raw(Opcode.TEXT, PING_TEXT), raw(FINAL | Opcode.TEXT, PING_TEXT)])],
  ['fragmented ping', raw(Opcode.PING, PING_TEXT)],
  ['fragmented pong', raw(Opcode.PONG, PING_TEXT)],
  ['fragmented close', raw(Opcode.CLOSE, new Uint8Array(0))],
  ['ping of 126 bytes', raw(FINAL | Opcode.PING, letters(126))],
  ['close of 126 bytes', closing(3, 232, ...letters(124))],
  ['close of one byte', closing(3)],
  ['close with code 5', closing(0, 5)],
  ['close with code 1005', closing(3, 237)],
  ['close whose reason is not UTF-8', closing(3, 232, 0xff)],
  ['0xff in a text', raw(FINAL | Opcode.TEXT, Uint8Array.of(0x22, 0xff, 0x22))],
  ['a text that ends in a character', raw(FINAL | Opcode.TEXT, Uint8Array.of(0x22, 0xc3))],
  ['a surrogate in a text', raw(FINAL | Opcode.TEXT, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))],
  ['an overlong character', raw(FINAL | Opcode.TEXT, Uint8Array.of(0x22, 0xc0, 0xaf, 0x22))],
  ['an order without a mask', raw(FINAL | Opcode.TEXT, Buffer.from(orderJson('hidden-unmasked', 0)), false)],
  ['length 128 KiB + 1', promising(131_073n)],
  ['length 2^32 + 2', promising(2n ** 32n + 2n)],
  ['length 2^63 - 1', promising(2n ** 63n - 1n)],
  ['length 2^64 - 1', promising(2n ** 64n - 1n)],
];

const IN_PARTS = Buffer.concat([
  raw(Opcode.TEXT, letters(MESSAGE_BYTES_MAX / 2)),
  raw(FINAL | CONTINUATION, letters(MESSAGE_BYTES_MAX / 2 + 1)),
]);
const UNREADABLE = Buffer.concat(Array.from({ length: REFUSALS_MAX }, () => frame(Opcode.TEXT, Buffer.from('{'))));

function ending(name: string, bytes: Buffer, closeCode = CUT_SHORT, refusals: readonly Refusal[] = []): BrokenFrame {
  return { name, bytes, refusals, closeCode, isCutOff: false };
}

const BROKEN_FRAMES: readonly BrokenFrame[] = [
  ...BREACHES.map(([name, bytes]) => ending(name, bytes)),
  ending('a message of 64 KiB + 1', raw(FINAL | Opcode.BINARY, letters(MESSAGE_BYTES_MAX + 1)), TOO_LONG),
  ending('64 KiB + 1 in parts', IN_PARTS, TOO_LONG),
  ending('unreadable without end', UNREADABLE, POLICY, Array(REFUSALS_MAX).fill({ code: 'malformed_json', field: '' })),
];

/** One of the table, or a good order that is cut anywhere before the client goes away. */
export function nextBroken(random: Random): BrokenFrame {
  if (random.below(3) > 0) return random.pick(BROKEN_FRAMES);
  const whole = orderText('hidden-cut', 0);
  const length = 1 + random.below(whole.length - 1);
  const bytes = whole.subarray(0, length);
  return { name: `cut after ${length} bytes`, bytes, refusals: [], closeCode: CUT_SHORT, isCutOff: true };
}
