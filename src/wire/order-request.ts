// The body of POST /orders, from raw bytes straight into a domain Command. Gateway threads; one parser for each.
// The command borrows the body (or the parser's own buffers) until the next parse. What an instrument does not allow is
// refused here and never journaled. Allocates: nothing for a good body. Never throws on input.
//
// A market order never rests: GTC on one is accepted, as clients of the API it replaces send it, and becomes IOC.

import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import { CommandTexts } from './command-texts.ts';
import { ORDER_TYPE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from './enum-texts.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { PRICE_RULE, QUANTITY_RULE, readAmount, readFlag, readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const FIELD_NAMES = [
  'idempotency_key',
  'client_id',
  'instrument',
  'side',
  'type',
  'price',
  'quantity',
  'time_in_force',
  'post_only',
  'stp',
  'dry_run',
  'expires_at',
  'stop_price',
  'display_quantity',
] as const;
const KEY = 0;
const CLIENT = 1;
const INSTRUMENT = 2;
const SIDE = 3;
const TYPE = 4;
const PRICE = 5;
const QUANTITY = 6;
const TIME_IN_FORCE = 7;
const POST_ONLY = 8;
const SELF_TRADE_PREVENTION = 9;
const DRY_RUN = 10;
/** From here on: known, and refused as not supported whatever they hold. */
const FIRST_UNSUPPORTED = 11;
const REQUIRED = [KEY, CLIENT, SIDE, TYPE, QUANTITY];

const SIDES = new WordTable(SIDE_TEXTS);
const TYPES = new WordTable(ORDER_TYPE_TEXTS);
/** What is supported has its code as index; the rest comes behind. */
const TIMES_IN_FORCE = new WordTable([...TIME_IN_FORCE_TEXTS, 'FOK', 'GTT']);
const PREVENTIONS = new WordTable(['none', 'dc', 'co', 'cn', 'cb']);

export class OrderRequestParser {
  readonly #instruments: readonly Instrument[];
  readonly #instrumentNames: WordTable;
  readonly #fields = new RequestFields(FIELD_NAMES);
  readonly #texts = new CommandTexts();

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    this.#instrumentNames = new WordTable(instruments.map((instrument) => instrument.name));
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /** Fills `command` from the body in `bytes[from..to)`. False: `problem` says why, and `command` is not to be used. */
  parse(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return false;
    if (!this.#checkSupported()) return false;
    for (let i = 0; i < REQUIRED.length; i++) if (!fields.has(REQUIRED[i])) return fields.missing(REQUIRED[i]);
    command.type = CommandType.NEW_ORDER;
    command.targetOrder = 0;
    return (
      this.#texts.read(fields, CLIENT, KEY, command) &&
      this.#readInstrument(command) &&
      this.#readShape(command) &&
      this.#readAmounts(command)
    );
  }

  #checkSupported(): boolean {
    const fields = this.#fields;
    for (let field = FIRST_UNSUPPORTED; field < FIELD_NAMES.length; field++) {
      if (fields.has(field))
        return fields.refuse('not_supported', field, `${fields.name(field)} is not supported yet.`);
    }
    if (fields.has(SELF_TRADE_PREVENTION) && readWord(fields, SELF_TRADE_PREVENTION, PREVENTIONS, 1) < 0) return false;
    const dryRun = readFlag(fields, DRY_RUN);
    return dryRun === 1 ? fields.refuse('not_supported', DRY_RUN, 'dry_run is not supported yet.') : dryRun === 0;
  }

  #readInstrument(command: Command): boolean {
    const fields = this.#fields;
    command.instrument = 0;
    if (!fields.has(INSTRUMENT)) return this.#instruments.length === 1 || fields.missing(INSTRUMENT);
    if (!isString(fields, INSTRUMENT)) return false;
    const { texts, from, to } = fields;
    const index = this.#instrumentNames.find(texts[INSTRUMENT], from[INSTRUMENT], to[INSTRUMENT]);
    if (index < 0) return fields.refuse('unknown_instrument', INSTRUMENT, 'There is no such instrument.');
    command.instrument = index;
    return true;
  }

  /** Side, type, time in force and post-only, and whether they go together. */
  #readShape(command: Command): boolean {
    const fields = this.#fields;
    const side = readWord(fields, SIDE, SIDES, SIDES.words.length);
    if (side < 0) return false;
    const type = readWord(fields, TYPE, TYPES, TYPES.words.length);
    if (type < 0) return false;
    let timeInForce: number = TimeInForce.GTC;
    if (fields.has(TIME_IN_FORCE)) {
      timeInForce = readWord(fields, TIME_IN_FORCE, TIMES_IN_FORCE, TIME_IN_FORCE_TEXTS.length);
      if (timeInForce < 0) return false;
    }
    const postOnly = readFlag(fields, POST_ONLY);
    if (postOnly < 0) return false;
    const market = type === OrderType.MARKET;
    command.side = side === Side.BUY ? Side.BUY : Side.SELL;
    command.orderType = market ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = market || timeInForce === TimeInForce.IOC ? TimeInForce.IOC : TimeInForce.GTC;
    command.flags = postOnly === 1 ? OrderFlag.POST_ONLY : 0;
    if (postOnly === 1 && command.timeInForce === TimeInForce.IOC) {
      return fields.refuse('post_only_invalid', POST_ONLY, 'post_only goes only with a limit order and GTC.');
    }
    return true;
  }

  #readAmounts(command: Command): boolean {
    const fields = this.#fields;
    const { priceScale, minPriceTicks, maxPriceTicks, quantityScale, minQuantityLots, maxQuantityLots } =
      this.#instruments[command.instrument];
    command.priceTicks = 0;
    if (command.orderType === OrderType.LIMIT) {
      if (!fields.has(PRICE)) return fields.refuse('missing_field', PRICE, 'price is required for a limit order.');
      command.priceTicks = readAmount(fields, PRICE, PRICE_RULE, priceScale, minPriceTicks, maxPriceTicks);
      if (command.priceTicks < 0) return false;
    } else if (fields.has(PRICE)) {
      return fields.refuse('price_not_allowed', PRICE, 'price must be left out of a market order.');
    }
    command.quantityLots = readAmount(fields, QUANTITY, QUANTITY_RULE, quantityScale, minQuantityLots, maxQuantityLots);
    return command.quantityLots >= 0;
  }
}
