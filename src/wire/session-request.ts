// The params of `session.cancel_on_disconnect` and `session.cancel_after`. Gateway threads; one for each. Borrows the params
// until the next call. Rare, so it may allocate. Never throws on input.

import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import { parseDecimal } from './decimal.ts';
import { JsonKind } from './json-scanner.ts';
import type { RequestProblem } from './problem.ts';
import { RequestFields } from './request-fields.ts';
import { checkText, readFlag } from './request-values.ts';

const CLIENT = 0;
const ENABLED = 1;
const TIMEOUT = 1;
/** A day: whoever is silent for longer is watched by somebody else. */
export const CANCEL_AFTER_MS_MAX = 86_400_000;

export class SessionRequestParser {
  /** Whose orders it is about; a copy. */
  client: Uint8Array = new Uint8Array(0);
  readonly #onDisconnect = new RequestFields(['client_id', 'enabled']);
  readonly #after = new RequestFields(['client_id', 'timeout_ms']);
  #last: RequestFields = this.#onDisconnect;

  /** What was wrong, after a method answered -1. */
  get problem(): Readonly<RequestProblem> {
    return this.#last.problem;
  }

  /** `{client_id, enabled}`: 1 or 0; -1 with a problem. */
  cancelOnDisconnect(bytes: Uint8Array, from: number, to: number): number {
    const fields = this.#onDisconnect;
    if (!this.#collect(fields, bytes, from, to, ENABLED)) return -1;
    return readFlag(fields, ENABLED);
  }

  /** `{client_id, timeout_ms}`: milliseconds, 0 to disarm; -1 with a problem. */
  cancelAfter(bytes: Uint8Array, from: number, to: number): number {
    const fields = this.#after;
    if (!this.#collect(fields, bytes, from, to, TIMEOUT)) return -1;
    if (fields.kinds[TIMEOUT] !== JsonKind.NUMBER) {
      fields.wrongType(TIMEOUT, 'an integer');
      return -1;
    }
    const timeoutMs = parseDecimal(fields.texts[TIMEOUT], fields.from[TIMEOUT], fields.to[TIMEOUT], 0);
    if (timeoutMs >= 0 && timeoutMs <= CANCEL_AFTER_MS_MAX) return timeoutMs;
    fields.refuse('invalid_value', TIMEOUT, `timeout_ms must be 0 or an integer up to ${CANCEL_AFTER_MS_MAX}.`);
    return -1;
  }

  #collect(fields: RequestFields, bytes: Uint8Array, from: number, to: number, value: number): boolean {
    this.#last = fields;
    if (!fields.collect(bytes, from, to)) return false;
    if (!fields.has(CLIENT)) return fields.missing(CLIENT);
    if (!fields.has(value)) return fields.missing(value);
    if (!checkText(fields, CLIENT, CLIENT_ID_BYTES_MAX)) return false;
    this.client = fields.texts[CLIENT].slice(fields.from[CLIENT], fields.to[CLIENT]);
    return true;
  }
}
