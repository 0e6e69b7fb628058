// Values that several requests share: client texts, amounts, enumerated words, flags. Gateway threads.
// Each reads one present field and answers -1 or false with `fields.problem` filled. Allocates only then.

import { DecimalError, formatDecimal, parseDecimal } from './decimal.ts';
import { JsonKind } from './json-scanner.ts';
import type { ProblemCode } from './problem.ts';
import { isString, type RequestFields } from './request-fields.ts';
import type { WordTable } from './word-table.ts';

/** What an amount is measured in, and the codes that go with it. */
export interface AmountRule {
  readonly unit: 'tick' | 'lot';
  readonly offUnit: ProblemCode;
  readonly outOfBounds: ProblemCode;
}

export const PRICE_RULE: AmountRule = { unit: 'tick', offUnit: 'off_tick', outOfBounds: 'price_out_of_bounds' };
export const QUANTITY_RULE: AmountRule = { unit: 'lot', offUnit: 'off_lot', outOfBounds: 'quantity_out_of_bounds' };

/** A price or quantity, number or decimal string, as ticks or lots within [min, max]; -1 with a problem otherwise. */
export function readAmount(
  fields: RequestFields,
  field: number,
  rule: AmountRule,
  scale: number,
  min: number,
  max: number,
): number {
  const kind = fields.kinds[field];
  if (kind !== JsonKind.NUMBER && kind !== JsonKind.STRING) {
    fields.wrongType(field, 'a number or a decimal string');
    return -1;
  }
  const amount = parseDecimal(fields.texts[field], fields.from[field], fields.to[field], scale);
  if (amount >= min && amount <= max) return amount;
  refuseAmount(fields, field, rule, amount, scale, min, max);
  return -1;
}

function refuseAmount(
  fields: RequestFields,
  field: number,
  rule: AmountRule,
  amount: number,
  scale: number,
  min: number,
  max: number,
): void {
  const name = fields.name(field);
  if (amount === DecimalError.MALFORMED) {
    fields.refuse('not_a_number', field, `${name} must be a decimal number such as "1.5".`);
  } else if (amount === DecimalError.OVER_PRECISE) {
    fields.refuse(rule.offUnit, field, `${name} must be a multiple of the ${rule.unit}, ${formatDecimal(1, scale)}.`);
  } else if (amount === DecimalError.NEGATIVE) {
    fields.refuse('negative', field, `${name} must be at least ${formatDecimal(min, scale)}.`);
  } else if (amount === 0) {
    fields.refuse('zero', field, `${name} must be at least ${formatDecimal(min, scale)}.`);
  } else {
    const limits = `${formatDecimal(min, scale)} to ${formatDecimal(max, scale)}`;
    fields.refuse(rule.outOfBounds, field, `${name} must be within ${limits}.`);
  }
}

/**
 * Index of the field's word in `words`; -1 with a problem when it is no string or none of them. Words from index
 * `supported` on are known, and refused as not supported yet.
 */
export function readWord(fields: RequestFields, field: number, words: WordTable, supported: number): number {
  if (!isString(fields, field)) return -1;
  const index = words.find(fields.texts[field], fields.from[field], fields.to[field]);
  if (index >= 0 && index < supported) return index;
  const name = fields.name(field);
  if (index >= 0) {
    fields.refuse('not_supported', field, `${name} ${words.words[index]} is not supported yet.`);
  } else {
    const allowed = words.words.slice(0, supported).filter((word) => word !== '');
    fields.refuse('invalid_value', field, `${name} must be one of: ${allowed.join(', ')}.`);
  }
  return -1;
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
function isPrintable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte === 0x7f) return false;
    if (byte === 0xc2 && bytes[i + 1] < 0xa0) return false;
    if (byte === 0xe2 && bytes[i + 1] === 0x80 && (bytes[i + 2] & 0xfe) === 0xa8) return false;
  }
  return true;
}
