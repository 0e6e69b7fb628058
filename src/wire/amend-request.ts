// The body of PATCH /orders/:order_id into a domain Command. Gateway threads; one parser for each. The command borrows
// the body until the next parse. Allocates: nothing for a good body. Never throws on input.

import { CommandType } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import { fillChange, requireClientForKey } from './cancel-request.ts';
import { CommandTexts } from './command-texts.ts';
import type { RequestProblem } from './problem.ts';
import { RequestFields } from './request-fields.ts';
import { PRICE_RULE, QUANTITY_RULE, readAmount } from './request-values.ts';

const CLIENT = 0;
const KEY = 1;
const PRICE = 2;
const QUANTITY = 3;

export class AmendRequestParser {
  readonly #instruments: readonly Instrument[];
  readonly #fields = new RequestFields(['client_id', 'idempotency_key', 'price', 'quantity']);
  readonly #texts = new CommandTexts();

  constructor(instruments: readonly Instrument[]) {
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
    fillChange(command, CommandType.AMEND_ORDER, targetOrder, instrument);
    if (!requireClientForKey(fields, CLIENT, KEY)) return false;
    if (!fields.has(PRICE) && !fields.has(QUANTITY)) {
      return fields.refuse('missing_field', PRICE, 'price or quantity is required.');
    }
    return this.#texts.read(fields, CLIENT, KEY, command) && this.#readAmounts(this.#instruments[instrument], command);
  }

  #readAmounts(rules: Instrument, command: Command): boolean {
    const fields = this.#fields;
    const { priceScale, minPriceTicks, maxPriceTicks, quantityScale, minQuantityLots, maxQuantityLots } = rules;
    if (fields.has(PRICE)) {
      command.priceTicks = readAmount(fields, PRICE, PRICE_RULE, priceScale, minPriceTicks, maxPriceTicks);
      if (command.priceTicks < 0) return false;
    }
    if (fields.has(QUANTITY)) {
      const lots = readAmount(fields, QUANTITY, QUANTITY_RULE, quantityScale, minQuantityLots, maxQuantityLots);
      if (lots < 0) return false;
      command.quantityLots = lots;
    }
    return true;
  }
}
