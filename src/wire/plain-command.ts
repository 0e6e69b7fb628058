// A command before its request is read into it. Gateway threads. Allocates: nothing.

import type { CommandType } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';

/**
 * Makes `command` one of that type, without texts, with every field of the record's fixed part as WIRE.md has it for
 * commands that place no order. Records of requests that mean the same are the same bytes therefore.
 */
export function beginCommand(command: Command, type: CommandType): void {
  command.type = type;
  command.instrument = 0;
  command.side = 1;
  command.orderType = 1;
  command.timeInForce = 1;
  command.flags = 0;
  command.priceTicks = 0;
  command.quantityLots = 0;
  command.targetOrder = 0;
  command.value = 0;
  command.clientLength = 0;
  command.keyLength = 0;
}
