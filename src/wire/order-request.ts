// The bodies of POST /orders and of a replacement, from raw bytes straight into a domain Command. Gateway threads; one
// parser for each. The command borrows the body (or the parser's own buffers) until the next parse. What an instrument
// does not allow is refused here and never journaled. Allocates: nothing for a good body. Never throws on input.

import { CommandType, type Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { CommandTexts } from './command-texts.ts';
import type { Pair } from './decimal-pair.ts';
import type { InstrumentList, InstrumentSource } from './instrument-list.ts';
import { readAmounts } from './order-amounts.ts';
import { OrderField as F, ORDER_FIELD_NAMES } from './order-fields.ts';
import { orderIdIf } from './order-id-request.ts';
import { readShape, readSide } from './order-shape.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { readFlag } from './request-values.ts';

const REQUIRED = [F.KEY, F.CLIENT, F.SIDE, F.TYPE];
/** Without a key: a dry run leaves nothing behind that a retry could find. */
const REQUIRED_OF_DRY_RUN = [F.CLIENT, F.SIDE, F.TYPE];
const REQUIRED_TO_REPLACE = [F.KEY, F.CLIENT, F.TYPE];

/** The order that a replacement takes the place of: what its body may leave out. */
export interface ReplacedOrder {
  readonly number: number;
  readonly instrument: number;
  readonly side: Side;
}

export class OrderRequestParser {
  /** After `parse`: the body asks what would happen, and nothing is to be sent to the engine. */
  dryRun = false;
  readonly #body: OrderBody;
  readonly #instruments: InstrumentSource;

  constructor(instruments: InstrumentSource) {
    this.#body = new OrderBody(ORDER_FIELD_NAMES);
    this.#instruments = instruments;
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#body.fields.problem;
  }

  /** Fills `command` from the body in `bytes[from..to)`. False: `problem` says why, and `command` is not to be used. */
  parse(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const { fields } = this.#body;
    if (!fields.collect(bytes, from, to)) return false;
    const dryRun = readFlag(fields, F.DRY_RUN);
    if (dryRun < 0) return false;
    this.dryRun = dryRun === 1;
    if (!requireAll(fields, this.dryRun ? REQUIRED_OF_DRY_RUN : REQUIRED)) return false;
    command.type = CommandType.NEW_ORDER;
    command.targetOrder = 0;
    const list = this.#instruments.current;
    return this.#body.read(list, list.first, command);
  }
}

/** The same for an order that takes the place of another: all fields but `dry_run`. */
export class ReplaceRequestParser {
  readonly #body: OrderBody;
  readonly #instruments: InstrumentSource;

  /** `withOrderId`: as of CancelRequestParser. */
  constructor(instruments: InstrumentSource, withOrderId = false) {
    this.#body = new OrderBody([...ORDER_FIELD_NAMES.slice(0, F.DRY_RUN), ...orderIdIf(withOrderId)]);
    this.#instruments = instruments;
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#body.fields.problem;
  }

  /**
   * Fills `command` from the body in `bytes[from..to)`; instrument and side are those of `replaced` when it leaves them
   * out. Whether others are allowed is the engine's to say. False: `problem` says why.
   */
  parse(bytes: Uint8Array, from: number, to: number, replaced: ReplacedOrder, command: Command): boolean {
    const { fields } = this.#body;
    if (!fields.collect(bytes, from, to) || !requireAll(fields, REQUIRED_TO_REPLACE)) return false;
    command.type = CommandType.REPLACE_ORDER;
    command.targetOrder = replaced.number;
    command.side = replaced.side;
    return this.#body.read(this.#instruments.current, replaced.instrument, command);
  }
}

/** What the bodies of both have in common, once their fields are collected. */
class OrderBody {
  readonly fields: RequestFields;
  readonly #texts = new CommandTexts();
  readonly #quote: Pair = { high: 0, low: 0 };

  constructor(names: readonly string[]) {
    this.fields = new RequestFields(names);
  }

  /** `unnamed` is the instrument of a body that names none. A side that is left out stays the command's. */
  read(list: InstrumentList, unnamed: number, command: Command): boolean {
    const { fields } = this;
    return (
      this.#texts.read(fields, F.CLIENT, F.KEY, command) &&
      readInstrument(fields, list, unnamed, command) &&
      (!fields.has(F.SIDE) || readSide(fields, command)) &&
      readShape(fields, command) &&
      readAmounts(fields, list.all[command.instrument], command, this.#quote)
    );
  }
}

function requireAll(fields: RequestFields, required: readonly number[]): boolean {
  for (let i = 0; i < required.length; i++) if (!fields.has(required[i])) return fields.missing(required[i]);
  return true;
}

/** The instrument that is named, or `unnamed` when none is. */
function readInstrument(fields: RequestFields, list: InstrumentList, unnamed: number, command: Command): boolean {
  command.instrument = unnamed;
  if (!fields.has(F.INSTRUMENT)) return true;
  if (!isString(fields, F.INSTRUMENT)) return false;
  const index = list.find(fields.texts[F.INSTRUMENT], fields.from[F.INSTRUMENT], fields.to[F.INSTRUMENT]);
  if (index < 0) return fields.refuse('unknown_instrument', F.INSTRUMENT, 'There is no such instrument.');
  command.instrument = index;
  return true;
}
