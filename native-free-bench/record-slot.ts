// A slot as the command ring has it, filled again and again. Main thread of the benchmark. Owns its bytes.

import type { Command } from '#ringbook/domain/command.js';
import { COMMAND_SLOT_BYTES, encodeCommand } from '#ringbook/wire/command-codec.js';
import { TIME_US } from './orders.ts';

export class RecordSlot {
  readonly bytes = new Uint8Array(COMMAND_SLOT_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly #origin = { gateway: 1, requestId: 0, receivedUs: TIME_US };

  /** Writes the record of a command, as its gateway would. Returns its length in bytes. Allocates: nothing. */
  write(command: Command, requestId: number): number {
    this.#origin.requestId = requestId;
    return encodeCommand(this.bytes, this.view, 0, command, this.#origin);
  }
}
