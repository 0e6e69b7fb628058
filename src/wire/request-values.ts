// Values that several requests share: client texts, amounts, times, enumerated words, flags. Gateway threads.
// Each reads one present field and answers -1 or false with `fields.problem` filled. Allocates only then.

import type { Instrument } from '../domain/instrument.ts';
import { DecimalError, formatDecimal, parseDecimal } from './decimal.ts';
import { AMOUNT_HIGH_LIMIT, formatPair, type Pair, parseDecimalPair } from './decimal-pair.ts';
import { parseIsoTime } from './iso-time-parser.ts';
import { JsonKind } from './json-scanner.ts';
import type { ProblemCode } from './problem.ts';
import { isString, type RequestFields } from './request-fields.ts';
import type { WordTable } from './word-table.ts';

/** What an amount is measured in, and the codes that go with it. */
export interface AmountRule {
  readonly unit: string;
  readonly offUnit: ProblemCode;
  readonly outOfBounds: ProblemCode;
}

export const PRICE_RULE: AmountRule = { unit: 'tick', offUnit: 'off_tick', outOfBounds: 'price_out_of_bounds' };
const QUANTITY_RULE: AmountRule = { unit: 'lot', offUnit: 'off_lot', outOfBounds: 'quantity_out_of_bounds' };

/** A price as ticks, within the instrument's bounds and on its increment; -1 with a problem otherwise. */
export function readPrice(
  fields: RequestFields,
  field: number,
  instrument: Instrument,
  rule: AmountRule = PRICE_RULE,
): number {
  const { priceScale, priceIncrementTicks, minPriceTicks, maxPriceTicks } = instrument;
  return readAmount(fields, field, rule, priceScale, priceIncrementTicks, minPriceTicks, maxPriceTicks);
}

/** A quantity as lots, likewise. */
export function readQuantity(fields: RequestFields, field: number, instrument: Instrument): number {
  const { quantityScale, quantityIncrementLots, minQuantityLots, maxQuantityLots } = instrument;
  return readAmount(
    fields,
    field,
    QUANTITY_RULE,
    quantityScale,
    quantityIncrementLots,
    minQuantityLots,
    maxQuantityLots,
  );
}

/**
 * A number or decimal string as a count of 10^-scale within [min, max] that is a multiple of `increment`; -1 with a
 * problem otherwise.
 */
export function readAmount(
  fields: RequestFields,
  field: number,
  rule: AmountRule,
  scale: number,
  increment: number,
  min: number,
  max: number,
): number {
  if (!isDecimal(fields, field)) return -1;
  const amount = parseDecimal(fields.texts[field], fields.from[field], fields.to[field], scale);
  if (amount >= min && amount <= max && amount % increment === 0) return amount;
  refuseAmount(fields, field, rule, amount, scale, increment, min, max);
  return -1;
}

function isDecimal(fields: RequestFields, field: number): boolean {
  const kind = fields.kinds[field];
  if (kind === JsonKind.NUMBER || kind === JsonKind.STRING) return true;
  return fields.wrongType(field, 'a number or a decimal string');
}

function refuseAmount(
  fields: RequestFields,
  field: number,
  rule: AmountRule,
  amount: number,
  scale: number,
  increment: number,
  min: number,
  max: number,
): void {
  const name = fields.name(field);
  const inBounds = amount >= min && amount <= max;
  if (amount === DecimalError.MALFORMED) {
    refuseText(fields, field);
  } else if (amount === DecimalError.OVER_PRECISE || inBounds) {
    const unit = formatDecimal(increment, scale);
    fields.refuse(rule.offUnit, field, `${name} must be a multiple of the ${rule.unit}, ${unit}.`);
  } else if (amount === DecimalError.NEGATIVE) {
    fields.refuse('negative', field, `${name} must be at least ${formatDecimal(min, scale)}.`);
  } else if (amount === 0) {
    fields.refuse('zero', field, `${name} must be at least ${formatDecimal(min, scale)}.`);
  } else {
    const limits = `${formatDecimal(min, scale)} to ${formatDecimal(max, scale)}`;
    fields.refuse(rule.outOfBounds, field, `${name} must be within ${limits}.`);
  }
}

function refuseText(fields: RequestFields, field: number): false {
  return fields.refuse('not_a_number', field, `${fields.name(field)} must be a decimal number such as "1.5".`);
}

/** An amount of money above zero and below 2^100 units of 10^-scale, into `pair`. False with a problem otherwise. */
export function readPair(fields: RequestFields, field: number, rule: AmountRule, scale: number, pair: Pair): boolean {
  if (!isDecimal(fields, field)) return false;
  const name = fields.name(field);
  const { texts, from, to } = fields;
  switch (parseDecimalPair(texts[field], from[field], to[field], scale, pair)) {
    case 0:
      if (pair.high > 0 || pair.low > 0) return true;
      return fields.refuse('zero', field, `${name} must be above zero.`);
    case DecimalError.MALFORMED:
      return refuseText(fields, field);
    case DecimalError.NEGATIVE:
      return fields.refuse('negative', field, `${name} must be above zero.`);
    case DecimalError.OVER_PRECISE: {
      const unit = formatDecimal(1, scale);
      return fields.refuse(rule.offUnit, field, `${name} must be a multiple of the ${rule.unit}, ${unit}.`);
    }
    default: {
      const limit = formatPair(AMOUNT_HIGH_LIMIT, 0, scale);
      return fields.refuse(rule.outOfBounds, field, `${name} must be below ${limit}.`);
    }
  }
}

/** A time as microseconds since the epoch, above 0; -1 with a problem when it is none. */
export function readTime(fields: RequestFields, field: number): number {
  const { texts, from, to } = fields;
  const kind = fields.kinds[field];
  let timeUs = -1;
  if (kind === JsonKind.STRING) timeUs = parseIsoTime(texts[field], from[field], to[field]);
  else if (kind === JsonKind.NUMBER) timeUs = parseDecimal(texts[field], from[field], to[field], 3);
  else fields.wrongType(field, TIME_FORMS);
  if (timeUs > 0) return timeUs;
  if (kind === JsonKind.STRING || kind === JsonKind.NUMBER) {
    fields.refuse('invalid_value', field, `${fields.name(field)} must be ${TIME_FORMS}, before the year 2255.`);
  }
  return -1;
}

const TIME_FORMS = 'an ISO 8601 time such as "2030-01-01T00:00:00Z" or milliseconds since the epoch';

/** Index of the field's word in `words`; -1 with a problem when it is no string or none of them. */
export function readWord(fields: RequestFields, field: number, words: WordTable): number {
  if (!isString(fields, field)) return -1;
  const index = words.find(fields.texts[field], fields.from[field], fields.to[field]);
  if (index < 0) {
    const allowed = words.words.filter((word) => word !== '');
    fields.refuse('invalid_value', field, `${fields.name(field)} must be one of: ${allowed.join(', ')}.`);
  }
  return index;
}

/** 1 true, 0 false or absent, -1 with a problem. */
export function readFlag(fields: RequestFields, field: number): number {
  const kind = fields.kinds[field];
  if (kind === JsonKind.TRUE) return 1;
  if (kind === JsonKind.FALSE || !fields.has(field)) return 0;
  fields.wrongType(field, 'true or false');
  return -1;
}

/** True when the field is a string of 1 to `bytesMax` UTF-8 bytes without control characters or line separators. */
export function checkText(fields: RequestFields, field: number, bytesMax: number): boolean {
  if (!isString(fields, field)) return false;
  const length = fields.to[field] - fields.from[field];
  if (length === 0) return fields.refuse('invalid_text', field, `${fields.name(field)} must not be empty.`);
  if (length > bytesMax) {
    return fields.refuse('invalid_text', field, `${fields.name(field)} must be at most ${bytesMax} bytes of UTF-8.`);
  }
  if (isPrintable(fields.texts[field], fields.from[field], fields.to[field])) return true;
  return fields.refuse('invalid_text', field, `${fields.name(field)} must not contain control characters.`);
}

/** No C0 (also as an escape), DEL, C1, U+2028 or U+2029 in well-formed UTF-8. */
export function isPrintable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte === 0x7f) return false;
    if (byte === 0xc2 && bytes[i + 1] < 0xa0) return false;
    if (byte === 0xe2 && bytes[i + 1] === 0x80 && (bytes[i + 2] & 0xfe) === 0xa8) return false;
  }
  return true;
}
