// Client ids and keys of binary records: what JSON's may be, but without a lexer before it that knows UTF-8. Gateway threads.
// Allocates: the sentence of a refusal.

import { refuse } from './binary-refusals.ts';
import type { RequestProblem } from './problem.ts';
import { isPrintable } from './request-values.ts';
import { utf8SequenceLength } from './utf8.ts';

const BYTES_MAX = 64;

/** Whether the text `bytes[from..from+length)` is none, or at most 64 bytes of UTF-8 that can be printed. */
export function checkRecordText(
  problem: RequestProblem,
  field: string,
  bytes: Uint8Array,
  from: number,
  length: number,
): boolean {
  if (length > BYTES_MAX) {
    return refuse(problem, 'invalid_text', field, `${field} must be at most ${BYTES_MAX} bytes of UTF-8.`);
  }
  if (!isWellFormed(bytes, from, from + length)) {
    return refuse(problem, 'invalid_text', field, `${field} must be well-formed UTF-8.`);
  }
  if (isPrintable(bytes, from, from + length)) return true;
  return refuse(problem, 'invalid_text', field, `${field} must not contain control characters.`);
}

function isWellFormed(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to) {
    const length = bytes[at] < 0x80 ? 1 : utf8SequenceLength(bytes, at, to);
    if (length === 0) return false;
    at += length;
  }
  return true;
}
