// The shared flow of orders as command records, ready to be sent, and after them what empties the book: so each run of
// the tape begins with an empty one. Main thread of the benchmark; makes one block of shared memory.

import { Command } from '#ringbook/domain/command.js';
import { EVERYDAY } from '#ringbook/tools/load/flow.js';
import { FlowCommands } from '#ringbook/tools/load/flow-commands.js';
import { COMMAND_SLOT_BYTES, encodeCommand } from '#ringbook/wire/command-codec.js';
import { INSTRUMENTS } from './orders.ts';

const STREAMS = 8;

/** Slots of COMMAND_SLOT_BYTES; the target of a cancel or amend is its order's place on the tape, from 1 on. */
export interface Tape {
  readonly records: SharedArrayBuffer;
  readonly length: number;
}

/** `commands` of eight streams in turns, and a mass cancel for each. */
export function makeTape(seed: number, commands: number): Tape {
  const length = commands + STREAMS;
  const records = new SharedArrayBuffer(length * COMMAND_SLOT_BYTES);
  const bytes = new Uint8Array(records);
  const view = new DataView(records);
  const flow = new FlowCommands(INSTRUMENTS, seed, STREAMS, EVERYDAY);
  for (let at = 0; at < length; at++) {
    // One each: a field that a type does not use is left as it was.
    const command = new Command();
    if (at < commands) flow.fill(command, at + 1);
    else flow.fillCancelAll(command, at - commands);
    // The request is the record's place: what it is of a run is written when it is sent.
    const origin = { gateway: 0, requestId: at, receivedUs: 0 };
    encodeCommand(bytes, view, at * COMMAND_SLOT_BYTES, command, origin);
  }
  return { records, length };
}
