// A mass cancel into a domain Command: whose orders, of what, on which side. Said by the query of DELETE /orders or by the
// params of `order.cancel_all`. Gateway threads; one for each. The command borrows the request until the next one. Never throws
// on input.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { CommandTexts } from './command-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const NAMES = ['client_id', 'instrument', 'side', 'idempotency_key'];
const CLIENT = 0;
const INSTRUMENT = 1;
const SIDE = 2;
const KEY = 3;
const SIDES = new WordTable(['buy', 'sell']);

export class MassCancelParser {
  readonly #instruments: InstrumentSource;
  readonly #fields = new RequestFields(NAMES);
  readonly #texts = new CommandTexts();

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  /** What was wrong, after a method answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /**
   * Fills `command` from the object in `bytes[from..to)`, which must say whose orders it is about. False: `problem` says why.
   * Allocates: nothing.
   */
  parse(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return false;
    return fields.has(CLIENT) ? this.#read(command) : fields.missing(CLIENT);
  }

  /**
   * The same from a query, the text behind the `?`. Nothing there means everything: whether the asker may cancel all
   * clients' orders (`command.clientLength === 0`) is the gateway's to say. Rare, so it allocates.
   */
  parseQuery(query: string, command: Command): boolean {
    const fields = this.#fields;
    const parameters = new URLSearchParams(query);
    for (const name of parameters.keys()) {
      if (!NAMES.includes(name)) {
        return fields.refuseNamed('invalid_query', name, `There is no parameter "${name}" here.`);
      }
      if (parameters.getAll(name).length > 1)
        return fields.refuseNamed('invalid_query', name, `${name} is there twice.`);
    }
    const body = Buffer.from(JSON.stringify(Object.fromEntries(parameters)));
    if (!fields.collect(body, 0, body.length)) return false;
    if (!fields.has(KEY) || fields.has(CLIENT)) return this.#read(command);
    return fields.refuse('missing_field', CLIENT, 'client_id is required with an idempotency_key.');
  }

  #read(command: Command): boolean {
    beginCommand(command, CommandType.MASS_CANCEL);
    return (
      this.#texts.read(this.#fields, CLIENT, KEY, command) && this.#readInstrument(command) && this.#readSide(command)
    );
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
