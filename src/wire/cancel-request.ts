// The body of POST /orders/:order_id/cancel, which may be empty, into a domain Command. Gateway threads; one parser for
// each. The command borrows the body until the next parse. Allocates: nothing for a good body. Never throws on input.

import { CommandType } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { CommandTexts } from './command-texts.ts';
import { orderIdIf } from './order-id-request.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { RequestFields } from './request-fields.ts';

const CLIENT = 0;
const KEY = 1;

export class CancelRequestParser {
  readonly #fields: RequestFields;
  readonly #texts = new CommandTexts();

  /** `withOrderId`: the body names the order too. That field is known here, and read by OrderIdParser. */
  constructor(withOrderId = false) {
    this.#fields = new RequestFields(['client_id', 'idempotency_key', ...orderIdIf(withOrderId)]);
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /**
   * Fills `command` to cancel order number `targetOrder` from the body in `bytes[from..to)`; no body at all is good.
   * The instrument stays 0: the engine finds the order by its number. False: `problem` says why.
   */
  parse(bytes: Uint8Array, from: number, to: number, targetOrder: number, command: Command): boolean {
    const fields = this.#fields;
    if (from === to) fields.clear();
    else if (!fields.collect(bytes, from, to)) return false;
    beginCommand(command, CommandType.CANCEL_ORDER);
    command.targetOrder = targetOrder;
    return requireClientForKey(fields, CLIENT, KEY) && this.#texts.read(fields, CLIENT, KEY, command);
  }
}

/** Keys are each client's own (rule 12 of domain/RULES.md): one without a client means nothing. */
export function requireClientForKey(fields: RequestFields, client: number, key: number): boolean {
  if (!fields.has(key) || fields.has(client)) return true;
  return fields.refuse('missing_field', client, 'client_id is required with an idempotency_key.');
}
