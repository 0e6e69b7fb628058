// How binary records are refused, and the check that all their amounts share. Gateway threads. Allocates: the sentence.

import { PROBLEMS, type ProblemCode, type RequestProblem } from './problem.ts';

/** What an amount is counted in, and the codes that go with it: those of request-values.ts. */
export interface CountRule {
  readonly unit: string;
  readonly offUnit: ProblemCode;
  readonly outOfBounds: ProblemCode;
}

export const PRICE: CountRule = { unit: 'ticks', offUnit: 'off_tick', outOfBounds: 'price_out_of_bounds' };
export const QUANTITY: CountRule = { unit: 'lots', offUnit: 'off_lot', outOfBounds: 'quantity_out_of_bounds' };

/** Fills `problem`; always false, so that a check can end with it. */
export function refuse(problem: RequestProblem, code: ProblemCode, field: string, detail: string): false {
  problem.status = PROBLEMS[code].status;
  problem.code = code;
  problem.field = field;
  problem.detail = detail;
  return false;
}

/** A whole number within [min, max] that is a multiple of `increment`, itself a whole number. Allocates: nothing then. */
export function checkAmount(
  problem: RequestProblem,
  rule: CountRule,
  field: string,
  value: number,
  increment: number,
  min: number,
  max: number,
): boolean {
  if (value >= min && value <= max && value % increment === 0) return true;
  return refuseAmount(problem, rule, field, value, increment, min, max);
}

function refuseAmount(
  problem: RequestProblem,
  rule: CountRule,
  field: string,
  value: number,
  increment: number,
  min: number,
  max: number,
): false {
  if (!Number.isFinite(value)) return refuse(problem, 'not_a_number', field, `${field} must be a whole number.`);
  if (value < 0) return refuse(problem, 'negative', field, `${field} must be at least ${min} ${rule.unit}.`);
  if (value % 1 !== 0 || (value >= min && value <= max)) {
    return refuse(problem, rule.offUnit, field, `${field} must be a multiple of ${increment} ${rule.unit}.`);
  }
  if (value === 0) return refuse(problem, 'zero', field, `${field} must be at least ${min} ${rule.unit}.`);
  return refuse(problem, rule.outOfBounds, field, `${field} must be within ${min} to ${max} ${rule.unit}.`);
}
