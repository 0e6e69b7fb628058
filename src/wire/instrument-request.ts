// The body that defines an instrument or changes one, into a domain Command. Gateway threads; one for each. Rare, so it may
// allocate. Never throws on input. What a body leaves out stays as it is, but a minimum below a tick or lot that it names is
// raised to it, which forbids no order; a new instrument has the defaults below.

import { PRICE_TICKS_LIMIT, QUANTITY_LOTS_LIMIT } from '../domain/clearing/exact.ts';
import { CommandType, InstrumentStatus } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { AMOUNT_SCALE, InstrumentDefinition, objectionToInstrument } from '../domain/instrument.ts';
import { parseDecimal } from './decimal.ts';
import { INSTRUMENT_STATUS_TEXTS } from './enum-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { beginCommand } from './plain-command.ts';
import type { RequestProblem } from './problem.ts';
import { isString, RequestFields } from './request-fields.ts';
import { type AmountRule, readAmount, readWord } from './request-values.ts';
import { WordTable } from './word-table.ts';

const FIELD_NAMES = [
  'name',
  'base',
  'quote',
  'tick',
  'lot',
  'price_scale',
  'quantity_scale',
  'min_price',
  'max_price',
  'min_quantity',
  'max_quantity',
  'price_band_bps',
  'reference_price',
  'maker_fee_bps',
  'taker_fee_bps',
  'status',
] as const;
const NAME = 0;
const BASE = 1;
const QUOTE = 2;
const TICK = 3;
const LOT = 4;
const PRICE_SCALE = 5;
const QUANTITY_SCALE = 6;
const MIN_PRICE = 7;
const MAX_PRICE = 8;
const MIN_QUANTITY = 9;
const MAX_QUANTITY = 10;
const PRICE_BAND_BPS = 11;
const REFERENCE_PRICE = 12;
const MAKER_FEE_BPS = 13;
const TAKER_FEE_BPS = 14;
const STATUS = 15;
const REQUIRED_AT_FIRST = [BASE, QUOTE, TICK, LOT];

const RULE: AmountRule = { unit: 'smallest step', offUnit: 'instrument_invalid', outOfBounds: 'instrument_invalid' };
const STATUSES = new WordTable(INSTRUMENT_STATUS_TEXTS);
const STATUS_CODES = Object.values(InstrumentStatus);
/** A fee rate is written in basis points of at most two decimals: 0.01 is one millionth. */
const FEE_SCALE = 2;
const FEE_MAX = 1_000_000;
const MINUS = 0x2d;
const POINT = 0x2e;

/** What a new instrument begins as: open, no band, no fees. */
const BLANK = new InstrumentDefinition();

/** Greatest price and quantity of a new instrument that names none, as far as the limits reach. */
const MAX_PRICE_STANDARD = 100_000_000;
const MAX_QUANTITY_STANDARD = 1_000_000;

const decoder = new TextDecoder();

export class InstrumentRequestParser {
  readonly #instruments: InstrumentSource;
  readonly #mayChangeStatus: boolean;
  readonly #fields = new RequestFields(FIELD_NAMES);

  /** `mayChangeStatus`: a body may name the status of an instrument that is known, as the file of a new journal does. */
  constructor(instruments: InstrumentSource, mayChangeStatus = false) {
    this.#instruments = instruments;
    this.#mayChangeStatus = mayChangeStatus;
  }

  /** What was wrong, after `parse` answered false. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /**
   * Fills `command` from the body in `bytes[from..to)`. Tick and lot say how many decimals prices and quantities have,
   * unless price_scale and quantity_scale do. False: `problem` says why.
   */
  parse(bytes: Uint8Array, from: number, to: number, command: Command): boolean {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return false;
    if (!fields.has(NAME)) return fields.missing(NAME);
    if (!isString(fields, NAME)) return false;
    beginCommand(command, CommandType.DEFINE_INSTRUMENT);
    const { definition } = command;
    const known = this.#instruments.current.all.find(({ name }) => name === this.#text(NAME));
    if (known === undefined)
      for (const field of REQUIRED_AT_FIRST) if (!fields.has(field)) return fields.missing(field);
    definition.set(known ?? BLANK);
    const isNew = known === undefined;
    return (
      this.#readNames(definition) &&
      this.#readPrices(definition, isNew) &&
      this.#readQuantities(definition, isNew) &&
      this.#readTerms(definition) &&
      this.#check(definition)
    );
  }

  #text(field: number): string {
    const { texts, from, to } = this.#fields;
    return decoder.decode(texts[field].subarray(from[field], to[field]));
  }

  #readNames(definition: InstrumentDefinition): boolean {
    const fields = this.#fields;
    definition.name = this.#text(NAME);
    if (fields.has(BASE)) {
      if (!isString(fields, BASE)) return false;
      definition.base = this.#text(BASE);
    }
    if (fields.has(QUOTE)) {
      if (!isString(fields, QUOTE)) return false;
      definition.quote = this.#text(QUOTE);
    }
    return true;
  }

  #readPrices(definition: InstrumentDefinition, isNew: boolean): boolean {
    const scale = this.#readScale(PRICE_SCALE, TICK, isNew ? -1 : definition.priceScale);
    if (scale < 0) return false;
    const increment = this.#read(TICK, scale, 1, PRICE_TICKS_LIMIT, definition.priceIncrementTicks);
    if (increment < 0) return false;
    definition.priceScale = scale;
    definition.priceIncrementTicks = increment;
    if (isNew) {
      definition.minPriceTicks = increment;
      definition.maxPriceTicks = standardMax(MAX_PRICE_STANDARD, scale, PRICE_TICKS_LIMIT, increment);
    } else if (this.#fields.has(TICK)) {
      definition.minPriceTicks = Math.max(definition.minPriceTicks, increment);
    }
    const { minPriceTicks, maxPriceTicks, referencePriceTicks } = definition;
    definition.minPriceTicks = this.#read(MIN_PRICE, scale, 1, PRICE_TICKS_LIMIT, minPriceTicks);
    definition.maxPriceTicks = this.#read(MAX_PRICE, scale, 1, PRICE_TICKS_LIMIT, maxPriceTicks);
    definition.referencePriceTicks = this.#read(REFERENCE_PRICE, scale, 0, PRICE_TICKS_LIMIT, referencePriceTicks);
    return definition.minPriceTicks >= 0 && definition.maxPriceTicks >= 0 && definition.referencePriceTicks >= 0;
  }

  #readQuantities(definition: InstrumentDefinition, isNew: boolean): boolean {
    const scale = this.#readScale(QUANTITY_SCALE, LOT, isNew ? -1 : definition.quantityScale);
    if (scale < 0) return false;
    const increment = this.#read(LOT, scale, 1, QUANTITY_LOTS_LIMIT, definition.quantityIncrementLots);
    if (increment < 0) return false;
    definition.quantityScale = scale;
    definition.quantityIncrementLots = increment;
    if (isNew) {
      definition.minQuantityLots = increment;
      definition.maxQuantityLots = standardMax(MAX_QUANTITY_STANDARD, scale, QUANTITY_LOTS_LIMIT, increment);
    } else if (this.#fields.has(LOT)) {
      definition.minQuantityLots = Math.max(definition.minQuantityLots, increment);
    }
    const { minQuantityLots, maxQuantityLots } = definition;
    definition.minQuantityLots = this.#read(MIN_QUANTITY, scale, 1, QUANTITY_LOTS_LIMIT, minQuantityLots);
    definition.maxQuantityLots = this.#read(MAX_QUANTITY, scale, 1, QUANTITY_LOTS_LIMIT, maxQuantityLots);
    return definition.minQuantityLots >= 0 && definition.maxQuantityLots >= 0;
  }

  #readTerms(definition: InstrumentDefinition): boolean {
    const fields = this.#fields;
    definition.priceBandBps = this.#read(PRICE_BAND_BPS, 0, 0, 10_000, definition.priceBandBps);
    if (definition.priceBandBps < 0) return false;
    definition.makerFeeMillionths = this.#readFee(MAKER_FEE_BPS, definition.makerFeeMillionths);
    if (Number.isNaN(definition.makerFeeMillionths)) return false;
    definition.takerFeeMillionths = this.#readFee(TAKER_FEE_BPS, definition.takerFeeMillionths);
    if (Number.isNaN(definition.takerFeeMillionths)) return false;
    if (!fields.has(STATUS)) return true;
    if (!this.#mayChangeStatus && this.#instruments.current.indexOf(definition.name) >= 0) {
      const detail = 'The status of an instrument that exists changes by POST /admin/instruments/NAME/status.';
      return fields.refuse('field_not_allowed', STATUS, detail);
    }
    const status = readWord(fields, STATUS, STATUSES);
    if (status < 0) return false;
    definition.status = STATUS_CODES[status - 1];
    return true;
  }

  /** The scale that is written, else the instrument's own, else the decimals of its step as written; -1 with a problem. */
  #readScale(field: number, step: number, own: number): number {
    const fields = this.#fields;
    if (fields.has(field)) return readAmount(fields, field, RULE, 0, 1, 0, AMOUNT_SCALE);
    if (own >= 0) return own;
    const text = fields.texts[step].subarray(fields.from[step], fields.to[step]);
    const point = text.indexOf(POINT);
    const digits = point < 0 ? 0 : text.subarray(point + 1).findIndex((byte) => byte < 0x30 || byte > 0x39);
    const decimals = point < 0 ? 0 : digits < 0 ? text.length - point - 1 : digits;
    return Math.min(decimals, AMOUNT_SCALE);
  }

  /** The field at that scale, `absent` when it is not there; -1 with a problem. */
  #read(field: number, scale: number, min: number, max: number, absent: number): number {
    const fields = this.#fields;
    return fields.has(field) ? readAmount(fields, field, RULE, scale, 1, min, max) : absent;
  }

  /** A rate in millionths, which may be negative; NaN with a problem. */
  #readFee(field: number, absent: number): number {
    const fields = this.#fields;
    if (!fields.has(field)) return absent;
    const text = fields.texts[field];
    const from = fields.from[field];
    const negative = text[from] === MINUS;
    const rate = parseDecimal(text, negative ? from + 1 : from, fields.to[field], FEE_SCALE);
    if (rate >= 0 && rate <= FEE_MAX) return negative ? 0 - rate : rate;
    const detail = `${fields.name(field)} must be a decimal from -10000 to 10000 with at most two decimals.`;
    fields.refuse('instrument_invalid', field, detail);
    return Number.NaN;
  }

  /** What the engine would refuse in any state of the book. */
  #check(definition: InstrumentDefinition): boolean {
    const objection = objectionToInstrument(definition);
    if (objection === '') return true;
    const field = FIELD_NAMES.findIndex((name) => objection.startsWith(`${name} `));
    return this.#fields.refuse('instrument_invalid', Math.max(field, NAME), `${objection}.`);
  }
}

/** The greatest multiple of the increment within the standard and the limit. */
function standardMax(standard: number, scale: number, limit: number, increment: number): number {
  return Math.floor(Math.min(standard * 10 ** scale, limit) / increment) * increment;
}
