// Commands for tests: a type, the fields that matter, and texts. Any thread; owns nothing.

import { CommandType, type Side } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';

type Fields = Partial<Omit<Command, 'type' | 'definition'>>;

/** A command; every field that is not named is as in a new Command. */
export function commandOf(type: CommandType, fields: Fields = {}, client = '', key = ''): Command {
  const command = Object.assign(new Command(), fields, { type });
  setTexts(command, client, key);
  return command;
}

/** A limit order for BTC-USD, unless the fields say otherwise. */
export function limitOrder(
  client: string,
  side: Side,
  priceTicks: number,
  quantityLots: number,
  fields: Fields = {},
): Command {
  return commandOf(CommandType.NEW_ORDER, { side, priceTicks, quantityLots, ...fields }, client);
}

export function definitionOf(instrument: Instrument): Command {
  const command = commandOf(CommandType.DEFINE_INSTRUMENT);
  command.definition.set(instrument);
  return command;
}

/** Gives the command its client id and idempotency key. */
export function setTexts(command: Command, client: string, key: string): void {
  command.bytes = Buffer.from(client + key);
  command.clientOffset = 0;
  command.clientLength = Buffer.byteLength(client);
  command.keyOffset = command.clientLength;
  command.keyLength = Buffer.byteLength(key);
}
