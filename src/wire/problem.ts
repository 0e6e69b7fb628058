// Errors as clients see them: RFC 9457 bodies, and the one table of every code with its status, what it says about the
// request's effect, and whether a retry makes sense. Gateway threads; cold path.

import { REASONS } from '../domain/codes.ts';

/** Whether the request had an effect: `unknown` asks the client to send it again with the same idempotency key. */
export type Executed = 'no' | 'yes' | 'unknown';
export type Retry = 'same-key' | 'later' | 'never';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly executed: Executed;
  readonly retry: Retry;
}

function refused(status: number, title: string): ProblemKind {
  return { status, title, executed: 'no', retry: 'never' };
}

function notNow(status: number, title: string): ProblemKind {
  return { status, title, executed: 'no', retry: 'later' };
}

export const PROBLEMS = {
  // The body could not be read, or a field of it.
  malformed_json: refused(400, 'The body is not valid JSON.'),
  duplicate_field: refused(400, 'The body has the same field twice.'),
  wrong_type: refused(400, 'A field has the wrong JSON type.'),
  missing_field: refused(400, 'A required field is missing.'),
  unknown_field: refused(400, 'The body has a field that does not exist.'),
  not_supported: refused(400, 'This is known but not supported yet.'),
  invalid_value: refused(400, 'The value is none of those allowed.'),
  invalid_text: refused(400, 'The text is empty, too long or not printable.'),
  not_a_number: refused(400, 'The text is not a decimal number.'),
  negative: refused(400, 'The number is negative.'),
  zero: refused(400, 'The number is zero.'),
  off_tick: refused(400, 'The price is not a multiple of the tick.'),
  off_lot: refused(400, 'The quantity is not a multiple of the lot.'),
  price_out_of_bounds: refused(400, 'The price is outside what the instrument allows.'),
  quantity_out_of_bounds: refused(400, 'The quantity is outside what the instrument allows.'),
  price_not_allowed: refused(400, 'A market order has no price.'),
  post_only_invalid: refused(400, 'Post-only goes only with a limit order that may rest (GTC).'),
  unknown_instrument: refused(400, 'No such instrument.'),
  invalid_query: refused(400, 'A query parameter is not valid.'),

  // The request itself.
  unauthorized: refused(401, 'Credentials are missing or wrong.'),
  forbidden: refused(403, 'This is not allowed from here.'),
  not_found: refused(404, 'There is nothing here.'),
  method_not_allowed: refused(405, 'This resource does not know this method.'),
  body_too_large: refused(413, 'The body is too large.'),
  unsupported_media_type: refused(415, 'The body must be application/json.'),
  request_timeout: refused(408, 'The request did not arrive in time.'),

  // The engine refused the command; it changed nothing. Names as in the table of reasons.
  order_unknown: refused(404, 'No such order.'),
  order_closed: refused(409, 'The order is already closed.'),
  idempotency_key_reused: refused(422, 'The idempotency key was used with a different request.'),
  amend_invalid: refused(409, 'The amended price or quantity is not allowed.'),
  amend_would_cross: refused(409, 'A post-only order cannot be amended into the opposite side.'),

  // The service cannot do it now.
  ring_full: notNow(503, 'Too many commands are waiting.'),
  recovering: notNow(503, 'The engine is still recovering.'),
  halted: notNow(503, 'The engine has stopped taking commands.'),
  shutting_down: notNow(503, 'The server is shutting down.'),
  behind: notNow(503, 'The read side has not caught up yet.'),
  unavailable: notNow(503, 'A source this answer needs is not available.'),
  outcome_unknown: {
    status: 504,
    title: 'No result in time; the request may have been executed.',
    executed: 'unknown',
    retry: 'same-key',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a request parser leaves behind when it answers false. One object for each parser, filled anew. */
export interface RequestProblem {
  status: number;
  code: ProblemCode;
  /** The field it is about, '' for the body as a whole. */
  field: string;
  detail: string;
}

export interface ProblemFacts {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly field?: string;
  readonly requestId: string;
  /** The next three come from the table unless given. */
  readonly status?: number;
  readonly executed?: Executed;
  readonly retry?: Retry;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** `type` is this and the code: a name, not a page. */
const PROBLEM_TYPE_BASE = 'urn:ringbook:error:';

/** The body of an error response, as JSON text. */
export function problemJson(facts: ProblemFacts): string {
  const kind: ProblemKind = PROBLEMS[facts.code];
  return JSON.stringify({
    type: PROBLEM_TYPE_BASE + facts.code,
    title: kind.title,
    status: facts.status ?? kind.status,
    detail: facts.detail,
    code: facts.code,
    // JSON.stringify leaves an undefined member out.
    field: facts.field === '' ? undefined : facts.field,
    request_id: facts.requestId,
    executed: facts.executed ?? kind.executed,
    retry: facts.retry ?? kind.retry,
  });
}

function isProblemCode(name: string): name is ProblemCode {
  return Object.hasOwn(PROBLEMS, name);
}

/** The code of a command that the engine refused (reasons 100-199); a reason without a row of its own is not known here. */
export function problemOfReason(reason: number): ProblemCode | undefined {
  const name = REASONS.get(reason)?.name ?? '';
  return isProblemCode(name) ? name : undefined;
}
