// The params of `order.cancel_all` into a domain Command: a client's orders, of what, on which side. What a mass cancel
// may say is as in mass-cancel-request.ts, but whose orders it is about must be said: everyone's are the operator's, over
// HTTP. Gateway threads; one for each. The command borrows the body until the next parse. Never throws on input.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { CommandTexts } from './command-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const CLIENT = 0;
const INSTRUMENT = 1;
const SIDE = 2;
const KEY = 3;
const SIDES = new WordTable(['buy', 'sell']);

export class CancelAllParser {
  readonly #instruments: InstrumentSource;
  readonly #fields = new RequestFields(['client_id', 'instrument', 'side', 'idempotency_key']);
  readonly #texts = new CommandTexts();

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /** Fills `command` from the object in `bytes[from..to)`. False: `problem` says why. */
  parse(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return false;
    if (!fields.has(CLIENT)) return fields.missing(CLIENT);
    beginCommand(command, CommandType.MASS_CANCEL);
    return this.#texts.read(fields, CLIENT, KEY, command) && this.#readInstrument(command) && this.#readSide(command);
  }

  #readInstrument(command: Command): boolean {
    const fields = this.#fields;
    command.instrument = ALL_INSTRUMENTS;
    if (!fields.has(INSTRUMENT)) return true;
    if (!isString(fields, INSTRUMENT)) return false;
    const { texts, from, to } = fields;
    const index = this.#instruments.current.find(texts[INSTRUMENT], from[INSTRUMENT], to[INSTRUMENT]);
    if (index < 0) return fields.refuse('unknown_instrument', INSTRUMENT, 'There is no such instrument.');
    command.instrument = index;
    return true;
  }

  #readSide(command: Command): boolean {
    const fields = this.#fields;
    command.side = BOTH_SIDES;
    if (!fields.has(SIDE)) return true;
    const side = readWord(fields, SIDE, SIDES);
    if (side < 0) return false;
    command.side = side === 0 ? Side.BUY : Side.SELL;
    return true;
  }
}
