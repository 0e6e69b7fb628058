// Frames of WebSockets as bytes, as a client writes and reads them (RFC 6455): masked with zeros, which the protocol allows, and never
// in fragments. Of raw sockets, in tools and tests.

import { assert } from '../assert.ts';

const NOTHING: Buffer = Buffer.alloc(0);
const MASK_BYTES = 4;
const FINAL = 0x80;
const MASKED = 0x80;

export const Opcode = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A client's frame. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.alloc(headBytes + MASK_BYTES + length);
  bytes[0] = FINAL | opcode;
  bytes[1] = MASKED | (headBytes === 2 ? length : headBytes === 4 ? 126 : 127);
  if (headBytes === 4) bytes.writeUInt16BE(length, 2);
  if (headBytes === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.set(payload, headBytes + MASK_BYTES);
  return bytes;
}

/** A frame's payload, borrowed until return: bytes[from..to). */
export type ReceiveFrame = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/** Finds the server's frames in what comes from a socket; owns the beginning of one that is not whole yet. */
export class FrameSplitter {
  readonly #receive: ReceiveFrame;
  #unread = NOTHING;

  constructor(receive: ReceiveFrame) {
    this.#receive = receive;
  }

  /** The next bytes of the socket. Faults on a fragment, and on a mask. */
  take(bytes: Buffer): void {
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    let at = 0;
    for (;;) {
      const start = payloadStart(all, at);
      if (start < 0) break;
      const end = start + payloadLength(all, at);
      if (end > all.length) break;
      assert((all[at] & FINAL) !== 0 && (all[at + 1] & MASKED) === 0, 'a server’s frame is whole and has no mask');
      this.#receive(all[at] & 0x0f, all, start, end);
      at = end;
    }
    this.#unread = at === all.length ? NOTHING : all.subarray(at);
  }
}

/** Where the payload of the server's frame at `at` begins; -1 when its head is not there yet. */
function payloadStart(bytes: Buffer, at: number): number {
  if (bytes.length - at < 2) return -1;
  const short = bytes[at + 1] & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  return start > bytes.length ? -1 : start;
}

function payloadLength(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
