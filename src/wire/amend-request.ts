// The body of PATCH /orders/:order_id into a domain Command. Gateway threads; one parser for each. The command borrows
// the body until the next parse. Allocates: nothing for a good body. Never throws on input.

import { CommandType } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { requireClientForKey } from './cancel-request.ts';
import { CommandTexts } from './command-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { orderIdIf } from './order-id-request.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { RequestFields } from './request-fields.ts';
import { readPrice, readQuantity } from './request-values.ts';

const CLIENT = 0;
const KEY = 1;
const PRICE = 2;
const QUANTITY = 3;

export class AmendRequestParser {
  readonly #instruments: InstrumentSource;
  readonly #fields: RequestFields;
  readonly #texts = new CommandTexts();

  /** `withOrderId`: as of CancelRequestParser. */
  constructor(instruments: InstrumentSource, withOrderId = false) {
    this.#fields = new RequestFields(['client_id', 'idempotency_key', 'price', 'quantity', ...orderIdIf(withOrderId)]);
    this.#instruments = instruments;
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /**
   * Fills `command` to amend order number `targetOrder`, which trades instrument `instrument`, from the body in
   * `bytes[from..to)`. What the body leaves out stays 0, which keeps it. False: `problem` says why.
   */
  parse(
    bytes: Uint8Array,
    from: number,
    to: number,
    targetOrder: number,
    instrument: number,
    command: Command,
  ): boolean {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return false;
    beginCommand(command, CommandType.AMEND_ORDER);
    command.targetOrder = targetOrder;
    command.instrument = instrument;
    if (!requireClientForKey(fields, CLIENT, KEY)) return false;
    if (!fields.has(PRICE) && !fields.has(QUANTITY)) {
      return fields.refuse('missing_field', PRICE, 'price or quantity is required.');
    }
    return this.#texts.read(fields, CLIENT, KEY, command) && this.#readAmounts(instrument, command);
  }

  #readAmounts(index: number, command: Command): boolean {
    const fields = this.#fields;
    const instrument = this.#instruments.current.all[index];
    if (fields.has(PRICE)) {
      command.priceTicks = readPrice(fields, PRICE, instrument);
      if (command.priceTicks < 0) return false;
    }
    if (fields.has(QUANTITY)) {
      command.quantityLots = readQuantity(fields, QUANTITY, instrument);
      if (command.quantityLots < 0) return false;
    }
    return true;
  }
}
