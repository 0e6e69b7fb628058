// Errors as clients see them: RFC 9457 bodies, and the one table of every code with its status, what it says about the
// request's effect, and whether a retry makes sense. Gateway threads; cold path.

import { assert } from '../assert.ts';
import { REASONS } from '../domain/reasons.ts';

/** Whether the request had an effect: `unknown` asks the client to send it again with the same idempotency key. */
export type Executed = 'no' | 'yes' | 'unknown';
export type Retry = 'same-key' | 'later' | 'never';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly executed: Executed;
  readonly retry: Retry;
  /** The status when the engine says it about a well-formed command, where that is another one. */
  readonly engineStatus?: number;
}

function refused(status: number, title: string): ProblemKind {
  return { status, title, executed: 'no', retry: 'never' };
}

/** Seen in the body alone it is 400; told by the engine it is about what the venue is like now. */
function invalid(title: string, engineStatus = 409): ProblemKind {
  return { ...refused(400, title), engineStatus };
}

function notNow(status: number, title: string): ProblemKind {
  return { status, title, executed: 'no', retry: 'later' };
}

export const PROBLEMS = {
  // The body could not be read, or a field of it.
  malformed_json: refused(400, 'What was sent is not valid JSON.'),
  malformed_frame: refused(400, 'The binary frame does not have the layout it must have.'),
  duplicate_field: refused(400, 'A field is there twice.'),
  wrong_type: refused(400, 'A field has the wrong JSON type.'),
  missing_field: refused(400, 'A required field is missing.'),
  unknown_field: refused(400, 'There is a field that does not exist.'),
  field_not_allowed: refused(400, 'The field does not go with the others.'),
  invalid_value: refused(400, 'The value is none of those allowed.'),
  invalid_text: refused(400, 'The text is empty, too long or not printable.'),
  not_a_number: refused(400, 'The text is not a decimal number.'),
  negative: refused(400, 'The number is negative.'),
  zero: refused(400, 'The number is zero.'),
  off_tick: refused(400, 'The price is not a multiple of the tick.'),
  off_lot: refused(400, 'The quantity is not a multiple of the lot.'),
  price_out_of_bounds: invalid('The price is outside what the instrument allows.'),
  quantity_out_of_bounds: invalid('The quantity is outside what the instrument allows.'),
  price_not_allowed: refused(400, 'A market order has no price.'),
  post_only_invalid: invalid('Post-only goes only with a limit order that may rest and has no stop price.'),
  stop_price_invalid: invalid('The stop price is out of bounds or not a multiple of the tick.'),
  display_quantity_invalid: invalid('The display quantity does not fit the order.'),
  quote_amount_invalid: invalid('The quote amount does not fit the order.'),
  unknown_instrument: invalid('No such instrument.', 404),
  instrument_invalid: invalid('The definition contradicts itself or leaves what can be computed.', 422),
  currency_unknown: invalid('No instrument has this currency.', 422),
  amount_overflow: invalid('The amount leaves what can be computed exactly.', 422),
  invalid_query: refused(400, 'A query parameter is not valid.'),

  // The request itself.
  unauthorized: refused(401, 'Credentials are missing or wrong.'),
  forbidden: refused(403, 'This is not allowed from here.'),
  not_found: refused(404, 'There is nothing here.'),
  method_not_allowed: refused(405, 'This resource does not know this method.'),
  body_too_large: refused(413, 'The body is too large.'),
  unsupported_media_type: refused(415, 'The body must be application/json.'),
  dry_run_too_large: refused(422, 'The order would meet more orders than a dry run looks at.'),
  request_timeout: refused(408, 'The request did not arrive in time.'),

  // The engine refused the command; it changed nothing. Names as in the table of reasons.
  order_unknown: refused(404, 'No such order.'),
  order_closed: refused(409, 'The order is already closed.'),
  idempotency_key_reused: refused(422, 'The idempotency key was used with a different request.'),
  amend_invalid: refused(409, 'The amended price or quantity is not allowed.'),
  amend_would_cross: refused(409, 'A post-only order cannot be amended into the opposite side.'),
  replace_invalid: refused(409, 'A replacement has the instrument and the side of the order it replaces.'),
  price_off_tick: refused(409, 'The price is not a multiple of the tick.'),
  quantity_off_lot: refused(409, 'The quantity is not a multiple of the lot.'),
  price_band: refused(409, 'The price is outside the band around the last trade price.'),
  post_only_would_cross: refused(409, 'A post-only order would have traded on arrival.'),
  expiry_passed: refused(409, 'The order’s time had run out when it arrived.'),
  kill_switch: refused(409, 'The kill switch is on: only cancels pass.'),
  instrument_halted: refused(409, 'The instrument is halted: only cancels pass.'),
  instrument_cancel_only: refused(409, 'The instrument takes only cancels.'),
  instrument_post_only: refused(409, 'The instrument takes only post-only orders and cancels.'),
  limit_open_orders: refused(409, 'The client has as many open orders as it may have.'),
  limit_order_quantity: refused(409, 'The quantity is above the client’s limit for one order.'),
  limit_order_notional: refused(409, 'Price times quantity is above the client’s limit.'),
  limit_position: refused(409, 'The client’s position would exceed its limit.'),
  position_overflow: refused(409, 'The client’s amounts could leave what can be computed exactly.'),
  insufficient_funds: refused(409, 'The available balance is too small.'),
  protection_required: refused(409, 'With balances, a market order with a stop price needs a protection price.'),
  instrument_immutable: refused(409, 'Currencies and scales of an instrument never change.'),
  instruments_full: refused(409, 'There is no room for another instrument.'),
  instrument_busy: refused(409, 'The instrument still has live orders.'),
  engine_full: refused(409, 'The engine holds as many clients, accounts or orders as it can.'),
  balances_off: refused(409, 'Balances are not kept.'),
  command_skipped: refused(409, 'The engine could not carry it out, and an operator has ruled it out.'),
  risk_mode_busy: refused(409, 'The risk mode changes only while no order is live.'),

  // Why an order ended; told with the order, never as the answer to a request.
  no_liquidity: refused(409, 'Nothing was left in the book for the rest of a market order.'),
  ioc_remainder: refused(409, 'What an immediate-or-cancel order could not fill was cancelled.'),
  self_trade_prevented: refused(409, 'Cancelled so that the client does not trade with itself.'),
  fok_unfilled: refused(409, 'A fill-or-kill order could not be filled whole.'),
  price_protection: refused(409, 'The book was left only at prices beyond the protection.'),
  quote_remainder: refused(409, 'What was left of the quote amount is less than one lot costs.'),
  cancelled_by_client: refused(409, 'Cancelled by request.'),
  replaced: refused(409, 'Cancelled because another order replaced it.'),
  mass_cancelled: refused(409, 'Cancelled by a mass cancel.'),
  expired: refused(409, 'The order’s time ran out.'),

  // The service cannot do it now.
  ring_full: notNow(503, 'Too many commands are waiting.'),
  too_many_connections: notNow(503, 'Too many connections are opened at once.'),
  storage_low: notNow(503, 'Disk space runs short: only cancels are taken.'),
  storage_full: notNow(503, 'The disk is full: no command is taken.'),
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

/** How a command that the engine refused is answered. */
export interface RefusalProblem {
  readonly code: ProblemCode;
  readonly status: number;
  /** The reason's sentence for people. */
  readonly detail: string;
}

/** The answer to each reason; amends and replacements are refused for the reasons of orders too (1-99). */
const REFUSALS: ReadonlyMap<number, RefusalProblem> = new Map(
  [...REASONS].map(([reason, { name, text }]) => {
    assert(isProblemCode(name), `the reason ${name} is in the table of problems`);
    const kind: ProblemKind = PROBLEMS[name];
    return [reason, { code: name, status: kind.engineStatus ?? kind.status, detail: text }];
  }),
);

/** The answer to a command that the engine refused for that reason; undefined when it is none (0 or no row). */
export function problemOfReason(reason: number): RefusalProblem | undefined {
  return REFUSALS.get(reason);
}
