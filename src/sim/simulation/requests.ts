// What the simulated clients have asked and been told, by request id, until the journal has confirmed it. Owns the bytes.

import type { Command } from '../../domain/command.ts';
import { COMMAND_SLOT_BYTES, type CommandOrigin, decodeCommand, encodeCommand } from '../../wire/command-codec.ts';

/** One command as a gateway has sent it, and what its client knows of it. */
export interface Request {
  readonly id: number;
  /** The command record, from nobody: without gateway, request and stamp. */
  readonly record: Buffer;
  /** The reply record, once the client has read it. */
  reply: Buffer | undefined;
}

const NOBODY: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };
const scratch = Buffer.alloc(COMMAND_SLOT_BYTES);
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

/** The command's record without its origin; borrowed until the next call. */
export function recordOf(command: Command): Buffer {
  return scratch.subarray(0, encodeCommand(scratch, scratchView, 0, command, NOBODY));
}

/** Makes `command` the one of the record; its texts borrow the record. */
export function commandOfRecord(record: Buffer, command: Command): void {
  decodeCommand(record, new DataView(record.buffer, record.byteOffset, record.length), 0, command);
}
