// A client's WebSocket frames with heads that a client that keeps to the protocol never writes (RFC 6455): parts of messages, reserved
// bits, no mask. Pure.

import { frame, Opcode } from '../ws-frame.ts';

export const FINAL = 0x80;
export const MASKED = 0x80;
export const CONTINUATION = 0;

/** A client's frame with any first byte, and without a mask if so asked. */
export function raw(first: number, payload: Uint8Array, isMasked = true): Buffer {
  const bytes = frame(Opcode.TEXT, payload);
  bytes[0] = first;
  if (isMasked) return bytes;
  bytes[1] &= ~MASKED;
  const maskEnd = bytes.length - payload.length;
  return Buffer.concat([bytes.subarray(0, maskEnd - 4), payload]);
}
