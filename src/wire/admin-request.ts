// The small bodies of the venue's own controls, into domain Commands: an instrument's status, the kill switch, a client's
// limits, deposits and withdrawals, the end of a settlement cycle. Gateway threads; one for each. The command borrows
// the body until the next call. Rare, so it may allocate. Never throws on input.

import { LIMB, QUANTITY_LOTS_LIMIT } from '../domain/clearing/exact.ts';
import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType } from '../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import { AMOUNT_SCALE } from '../domain/instrument.ts';
import { CommandTexts } from './command-texts.ts';
import type { Pair } from './decimal-pair.ts';
import { INSTRUMENT_STATUS_TEXTS } from './enum-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { JsonKind } from './json-scanner.ts';
import { OPERATOR_CLIENT } from './operator-client.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { type AmountRule, checkText, isPrintable, readAmount, readFlag, readPair, readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const STATUS = 0;
const STATUSES = new WordTable(INSTRUMENT_STATUS_TEXTS);

const ENGAGED = 0;
const CANCEL_ORDERS = 1;

const LIMITED_INSTRUMENT = 0;
const MAX_OPEN_ORDERS = 1;
const MAX_ORDER_QUANTITY = 2;
const MAX_ORDER_NOTIONAL = 3;
const MAX_POSITION = 4;
const OPEN_ORDERS_LIMIT = 1_000_000_000;
/** A position beyond it is refused anyway (domain/RULES.md, "What can be computed"). */
const POSITION_LOTS_LIMIT = 2 ** 52;
const LIMIT_RULE: AmountRule = { unit: 'smallest step', offUnit: 'invalid_value', outOfBounds: 'invalid_value' };

const CLIENT = 0;
const KEY = 1;
const CURRENCY = 2;
const AMOUNT = 3;
const ADJUSTMENT_FIELDS = ['client_id', 'idempotency_key', 'currency', 'amount'];
const AMOUNT_RULE: AmountRule = { unit: 'smallest unit', offUnit: 'invalid_value', outOfBounds: 'amount_overflow' };

const SETTLEMENT_KEY = 0;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class AdminRequestParser {
  /** After `killSwitch`: every client's orders are to be cancelled too, by a mass cancel of its own. */
  cancelOrders = false;
  readonly #instruments: InstrumentSource;
  readonly #status = new RequestFields(['status']);
  readonly #killSwitch = new RequestFields(['engaged', 'cancel_orders']);
  readonly #limits = new RequestFields([
    'instrument',
    'max_open_orders',
    'max_order_quantity',
    'max_order_notional',
    'max_position',
  ]);
  readonly #adjustment = new RequestFields(ADJUSTMENT_FIELDS);
  readonly #settlement = new RequestFields(['idempotency_key']);
  readonly #texts = new CommandTexts();
  readonly #pair: Pair = { high: 0, low: 0 };
  #last: RequestFields = this.#status;

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  /** What was wrong, after a method answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#last.problem;
  }

  /** `{status}` of instrument number `instrument`, which exists. */
  instrumentStatus(bytes: Uint8Array, from: number, to: number, instrument: number, command: Command): boolean {
    const fields = this.#collect(this.#status, bytes, from, to);
    if (fields === undefined) return false;
    if (!fields.has(STATUS)) return fields.missing(STATUS);
    const status = readWord(fields, STATUS, STATUSES);
    beginCommand(command, CommandType.SET_INSTRUMENT_STATUS);
    command.instrument = instrument;
    command.value = status;
    return status >= 0;
  }

  /** `{engaged, cancel_orders?}` */
  killSwitch(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#collect(this.#killSwitch, bytes, from, to);
    if (fields === undefined) return false;
    if (!fields.has(ENGAGED)) return fields.missing(ENGAGED);
    const engaged = readFlag(fields, ENGAGED);
    const cancelOrders = readFlag(fields, CANCEL_ORDERS);
    beginCommand(command, CommandType.SET_KILL_SWITCH);
    command.value = engaged;
    this.cancelOrders = cancelOrders === 1;
    if (engaged === 0 && cancelOrders === 1) {
      return fields.refuse('field_not_allowed', CANCEL_ORDERS, 'cancel_orders goes only with engaged: true.');
    }
    return engaged >= 0 && cancelOrders >= 0;
  }

  /**
   * `{instrument?, max_open_orders?, max_order_quantity?, max_order_notional?, max_position?}` of the client called
   * `client`: all of its limits for the instrument. What is left out or null is no limit.
   */
  clientLimits(bytes: Uint8Array, from: number, to: number, client: string, command: Command): boolean {
    const fields = this.#collect(this.#limits, bytes, from, to);
    if (fields === undefined) return false;
    beginCommand(command, CommandType.SET_CLIENT_LIMITS);
    return (
      this.#takeClient(fields, client, command) &&
      this.#readInstrument(fields, command) &&
      this.#readLimits(fields, command)
    );
  }

  /** `{client_id, idempotency_key, currency, amount}`: `sign` is 1 for a deposit, -1 for a withdrawal. */
  adjustBalance(bytes: Uint8Array, from: number, to: number, sign: 1 | -1, command: Command): boolean {
    const fields = this.#collect(this.#adjustment, bytes, from, to);
    if (fields === undefined) return false;
    for (let i = 0; i < ADJUSTMENT_FIELDS.length; i++) if (!fields.has(i)) return fields.missing(i);
    beginCommand(command, CommandType.ADJUST_BALANCE);
    if (!this.#texts.read(fields, CLIENT, KEY, command) || !isString(fields, CURRENCY)) return false;
    command.currency = this.#instruments.current.currencyOf(textOf(fields, CURRENCY));
    if (command.currency < 0) return fields.refuse('currency_unknown', CURRENCY, 'No instrument has this currency.');
    const pair = this.#pair;
    if (!readPair(fields, AMOUNT, AMOUNT_RULE, AMOUNT_SCALE, pair)) return false;
    const negative = sign < 0;
    command.amountHigh = !negative ? pair.high : pair.low === 0 ? 0 - pair.high : -1 - pair.high;
    command.amountLow = !negative || pair.low === 0 ? pair.low : LIMB - pair.low;
    return true;
  }

  /** Everyone's orders, as killSwitch may ask for. */
  cancelAll(command: Command): void {
    beginCommand(command, CommandType.MASS_CANCEL);
    command.instrument = ALL_INSTRUMENTS;
    command.side = BOTH_SIDES;
  }

  /** `{idempotency_key?}`, or no body at all. The key is the operator's own: no client can have used it. */
  closeSettlement(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#settlement;
    this.#last = fields;
    if (from === to) fields.clear();
    else if (!fields.collect(bytes, from, to)) return false;
    beginCommand(command, CommandType.CLOSE_SETTLEMENT);
    if (!fields.has(SETTLEMENT_KEY)) return true;
    if (!checkText(fields, SETTLEMENT_KEY, IDEMPOTENCY_KEY_BYTES_MAX)) return false;
    const key = fields.texts[SETTLEMENT_KEY].subarray(fields.from[SETTLEMENT_KEY], fields.to[SETTLEMENT_KEY]);
    command.bytes = Buffer.concat([OPERATOR_CLIENT, key]);
    command.clientOffset = 0;
    command.clientLength = OPERATOR_CLIENT.length;
    command.keyOffset = OPERATOR_CLIENT.length;
    command.keyLength = key.length;
    return true;
  }

  #collect(fields: RequestFields, bytes: Uint8Array, from: number, to: number): RequestFields | undefined {
    this.#last = fields;
    return fields.collect(bytes, from, to) ? fields : undefined;
  }

  #takeClient(fields: RequestFields, client: string, command: Command): boolean {
    const bytes = encoder.encode(client);
    command.bytes = bytes;
    command.clientOffset = 0;
    command.clientLength = bytes.length;
    if (bytes.length >= 1 && bytes.length <= CLIENT_ID_BYTES_MAX && isPrintable(bytes, 0, bytes.length)) return true;
    const detail = `client_id must be 1 to ${CLIENT_ID_BYTES_MAX} bytes of UTF-8 without control characters.`;
    return fields.refuseNamed('invalid_text', 'client_id', detail);
  }

  #readInstrument(fields: RequestFields, command: Command): boolean {
    const list = this.#instruments.current;
    command.instrument = list.first;
    if (!fields.has(LIMITED_INSTRUMENT)) return true;
    if (!isString(fields, LIMITED_INSTRUMENT)) return false;
    command.instrument = list.indexOf(textOf(fields, LIMITED_INSTRUMENT));
    if (command.instrument >= 0) return true;
    return fields.refuse('unknown_instrument', LIMITED_INSTRUMENT, 'There is no such instrument.');
  }

  #readLimits(fields: RequestFields, command: Command): boolean {
    const { priceScale, quantityScale } = this.#instruments.current.all[command.instrument];
    command.maxOpenOrders = readLimit(fields, MAX_OPEN_ORDERS, 0, OPEN_ORDERS_LIMIT);
    if (command.maxOpenOrders < 0) return false;
    command.maxOrderLots = readLimit(fields, MAX_ORDER_QUANTITY, quantityScale, QUANTITY_LOTS_LIMIT);
    if (command.maxOrderLots < 0) return false;
    const pair = this.#pair;
    pair.high = 0;
    pair.low = 0;
    const scale = priceScale + quantityScale;
    const isLimited = hasLimit(fields, MAX_ORDER_NOTIONAL);
    if (isLimited && !readPair(fields, MAX_ORDER_NOTIONAL, LIMIT_RULE, scale, pair)) return false;
    command.maxOrderNotionalHigh = pair.high;
    command.maxOrderNotionalLow = pair.low;
    command.maxPositionLots = readLimit(fields, MAX_POSITION, quantityScale, POSITION_LOTS_LIMIT);
    return command.maxPositionLots >= 0;
  }
}

/** null says what leaving it out says, as in the limits that a read shows. */
function hasLimit(fields: RequestFields, field: number): boolean {
  return fields.has(field) && fields.kinds[field] !== JsonKind.NULL;
}

/** 0, no limit, when there is none; -1 with a problem. */
function readLimit(fields: RequestFields, field: number, scale: number, max: number): number {
  return hasLimit(fields, field) ? readAmount(fields, field, LIMIT_RULE, scale, 1, 1, max) : 0;
}

function textOf({ texts, from, to }: RequestFields, field: number): string {
  return decoder.decode(texts[field].subarray(from[field], to[field]));
}
