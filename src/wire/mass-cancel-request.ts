// The query of DELETE /orders into a domain Command: whose orders are to be cancelled, of what, on which side. Gateway
// threads; one for each. The command borrows the parser's bytes until the next parse. Rare, so it may allocate. Never
// throws on input.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, Side } from '../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { beginCommand } from './plain-command.ts';
import { PROBLEMS, type ProblemCode, type RequestProblem } from './problem.ts';
import { isPrintable } from './request-values.ts';

const PARAMETERS = ['client_id', 'instrument', 'side', 'idempotency_key'];
const encoder = new TextEncoder();

export class MassCancelParser {
  readonly problem: RequestProblem = { status: 400, code: 'invalid_query', field: '', detail: '' };
  readonly #instruments: InstrumentSource;

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  /**
   * Fills `command` from the query, the text behind the `?`. Nothing there means everything: whether the asker may cancel
   * all clients' orders (`command.clientLength === 0`) is the gateway's to say. False: `problem` says why.
   */
  parse(query: string, command: Command): boolean {
    const parameters = new URLSearchParams(query);
    for (const name of parameters.keys()) {
      if (!PARAMETERS.includes(name))
        return this.#refuse('invalid_query', name, `There is no parameter "${name}" here.`);
      if (parameters.getAll(name).length > 1) return this.#refuse('invalid_query', name, `${name} is there twice.`);
    }
    const client = encoder.encode(parameters.get('client_id') ?? '');
    const key = encoder.encode(parameters.get('idempotency_key') ?? '');
    beginCommand(command, CommandType.MASS_CANCEL);
    return (
      this.#checkText('client_id', parameters, client, CLIENT_ID_BYTES_MAX) &&
      this.#checkText('idempotency_key', parameters, key, IDEMPOTENCY_KEY_BYTES_MAX) &&
      this.#takeTexts(command, client, key) &&
      this.#readInstrument(command, parameters.get('instrument')) &&
      this.#readSide(command, parameters.get('side'))
    );
  }

  #checkText(field: string, parameters: URLSearchParams, bytes: Uint8Array, bytesMax: number): boolean {
    if (!parameters.has(field)) return true;
    if (bytes.length >= 1 && bytes.length <= bytesMax && isPrintable(bytes, 0, bytes.length)) return true;
    const detail = `${field} must be 1 to ${bytesMax} bytes of UTF-8 without control characters.`;
    return this.#refuse('invalid_text', field, detail);
  }

  #takeTexts(command: Command, client: Uint8Array, key: Uint8Array): boolean {
    command.bytes = Buffer.concat([client, key]);
    command.clientOffset = 0;
    command.clientLength = client.length;
    command.keyOffset = client.length;
    command.keyLength = key.length;
    if (key.length === 0 || client.length > 0) return true;
    return this.#refuse('missing_field', 'client_id', 'client_id is required with an idempotency_key.');
  }

  #readInstrument(command: Command, name: string | null): boolean {
    command.instrument = ALL_INSTRUMENTS;
    if (name === null) return true;
    const index = this.#instruments.current.indexOf(name);
    if (index < 0) return this.#refuse('unknown_instrument', 'instrument', 'There is no such instrument.');
    command.instrument = index;
    return true;
  }

  #readSide(command: Command, name: string | null): boolean {
    command.side = name === null ? BOTH_SIDES : name === 'buy' ? Side.BUY : Side.SELL;
    if (name === null || name === 'buy' || name === 'sell') return true;
    return this.#refuse('invalid_value', 'side', 'side must be one of: buy, sell.');
  }

  #refuse(code: ProblemCode, field: string, detail: string): false {
    this.problem.status = PROBLEMS[code].status;
    this.problem.code = code;
    this.problem.field = field;
    this.problem.detail = detail;
    return false;
  }
}
