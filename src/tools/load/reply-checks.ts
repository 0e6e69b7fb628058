// Holds each reply to its request: whether the answer is one that the interface has for it, and whether the order in it is the one
// that was asked about, with amounts that add up. A tool's process; pure, but that an acknowledged order is brought up to date.

import { PROBLEMS, type ProblemCode, type ProblemKind } from '../../wire/problem.ts';
import type { FlowOrder } from './flow.ts';
import {
  isLiveName,
  type LoadRequest,
  type Placed,
  PRICE_SCALE,
  QUANTITY_SCALE,
  type Reply,
  type SeenOrder,
  unitsIn,
} from './requests.ts';

/**
 * accepted: done and durable. late: the order to cancel or amend was closed. refused: not done, by its code. unknown: the server does
 * not know. wrong: not what the interface promises.
 */
type Outcome = 'accepted' | 'late' | 'refused' | 'unknown' | 'wrong';

export interface Verdict {
  readonly outcome: Outcome;
  /** What is wrong; else ''. */
  readonly fault: string;
  /** The order that was placed now. */
  readonly placed?: Placed;
}

/** Refusals of what is well formed. All others would say that the request was not. */
const MAY_REFUSE: ReadonlySet<number> = new Set([409, 503]);

/** Brings the order that the request is about up to date. */
export function judge(request: LoadRequest, reply: Reply): Verdict {
  const { status, code, order, fault } = reply;
  if (fault !== '') return wrong(fault);
  if (order === undefined) return judgeProblem(request, status, code);
  if (status !== (request.kind === 'status' ? 200 : 202)) return wrong(`status ${status} with an order`);
  if (reply.replayed) return wrong('a replay, though the key is a new one');
  const problem = amountProblem(order) || problemWith(request, order);
  if (problem !== '') return wrong(problem);
  if (request.kind === 'place') return { outcome: 'accepted', fault: '', placed: placedBy(request.order, order) };
  update(request.placed, order);
  return { outcome: 'accepted', fault: '' };
}

/** No answer came, or none that says what became of the request. */
export function noteUnknown(request: LoadRequest): void {
  if (request.kind === 'cancel') request.placed.cancelUnknown = true;
  if (request.kind === 'amend') request.placed.amendUnknown = true;
}

function wrong(fault: string): Verdict {
  return { outcome: 'wrong', fault };
}

function judgeProblem(request: LoadRequest, status: number, code: string): Verdict {
  if (!isProblemCode(code)) return wrong(`${status} with the unknown code ${code}`);
  const kind: ProblemKind = PROBLEMS[code];
  if (status !== kind.status && status !== kind.engineStatus) return wrong(`${code} with status ${status}`);
  if (code === 'outcome_unknown') return { outcome: 'unknown', fault: '' };
  if (code === 'order_closed' && (request.kind === 'cancel' || request.kind === 'amend')) {
    request.placed.closed = true;
    return { outcome: 'late', fault: '' };
  }
  // An acknowledged order that is unknown is 404.
  if (!MAY_REFUSE.has(status)) return wrong(`${status} ${code}`);
  return { outcome: 'refused', fault: '' };
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

/** Whether the order's own amounts and status agree; '' when they do. */
function amountProblem(order: SeenOrder): string {
  const { quantityLots, filledLots, remainingLots, cancelledLots, preventedLots, tradedLots, status } = order;
  if (filledLots > quantityLots) return `${filledLots} lots filled of ${quantityLots}`;
  const sum = filledLots + remainingLots + cancelledLots + preventedLots;
  if (status === 'rejected' ? sum !== 0 : sum !== quantityLots)
    return `the parts of ${quantityLots} lots sum up to ${sum}`;
  if (isLiveName(status) !== remainingLots > 0) return `${status}, and ${remainingLots} lots remain`;
  if (status === 'open' && filledLots > 0) return `open, and ${filledLots} lots are filled`;
  if (status === 'partially_filled' && filledLots === 0) return 'partially_filled, and nothing is filled';
  if (status === 'filled' && filledLots === 0) return 'filled, and nothing is filled';
  if (tradedLots !== undefined && tradedLots > filledLots)
    return `${filledLots} lots filled by trades of ${tradedLots}`;
  return '';
}

function problemWith(request: LoadRequest, seen: SeenOrder): string {
  switch (request.kind) {
    case 'place':
      return placeProblem(request.order, seen);
    case 'cancel':
      if (seen.status !== 'cancelled') return `cancelled, and the order is ${seen.status}`;
      return identityProblem(request.placed, seen) || backwardsProblem(request.placed, seen);
    case 'amend':
      return (
        identityProblem(request.placed, seen) ||
        backwardsProblem(request.placed, seen) ||
        amendProblem(request.changes, seen)
      );
    case 'status':
      return readBackProblem(request.placed, seen);
  }
}

function placeProblem(order: FlowOrder, seen: SeenOrder): string {
  const { time_in_force = order.type === 'market' ? 'IOC' : 'GTC', post_only = false } = order;
  return (
    differs('client_id', order.client_id, seen.clientId) ||
    differs('side', order.side, seen.side) ||
    differs('type', order.type, seen.type) ||
    differs('price', unitsIn(order.price, PRICE_SCALE), seen.priceTicks) ||
    differs('quantity', unitsIn(order.quantity, QUANTITY_SCALE), seen.quantityLots) ||
    differs('time_in_force', time_in_force, seen.timeInForce) ||
    differs('post_only', post_only, seen.postOnly) ||
    (seen.tradedLots === undefined ? '' : differs('sum of trades', seen.filledLots, seen.tradedLots))
  );
}

/** A total at or below what is executed closes the order with that as its quantity (rule 3). */
function amendProblem(changes: { readonly price?: string; readonly quantity?: string }, seen: SeenOrder): string {
  const lots = unitsIn(changes.quantity, QUANTITY_SCALE);
  const closedByTotal = lots > 0 && !isLiveName(seen.status) && lots <= seen.filledLots + seen.preventedLots;
  return (
    (changes.price === undefined ? '' : differs('price', unitsIn(changes.price, PRICE_SCALE), seen.priceTicks)) ||
    (lots === 0 || closedByTotal ? '' : differs('quantity', lots, seen.quantityLots))
  );
}

/** What never changes of an order. */
function identityProblem({ id, number, order }: Placed, seen: SeenOrder): string {
  return (
    differs('order_id', id, seen.id) ||
    differs('order number', number, seen.number) ||
    differs('client_id', order.client_id, seen.clientId) ||
    differs('side', order.side, seen.side) ||
    differs('type', order.type, seen.type)
  );
}

function backwardsProblem({ filledLots }: Placed, seen: SeenOrder): string {
  return seen.filledLots < filledLots ? `${seen.filledLots} lots filled, after ${filledLots}` : '';
}

/** An order read back against all that was acknowledged about it. */
function readBackProblem(placed: Placed, seen: SeenOrder): string {
  const identity = identityProblem(placed, seen) || backwardsProblem(placed, seen);
  if (identity !== '') return identity;
  if (!placed.amendUnknown) {
    const terms =
      differs('price', placed.priceTicks, seen.priceTicks) ||
      differs('quantity', placed.quantityLots, seen.quantityLots);
    if (terms !== '') return terms;
  }
  if (!isLiveName(placed.status)) {
    return differs('status', placed.status, seen.status) || differs('filled', placed.filledLots, seen.filledLots);
  }
  if (placed.closed && isLiveName(seen.status)) return `${seen.status}, though it was closed`;
  if (seen.status === 'cancelled' && !placed.cancelUnknown) return 'cancelled, though nobody asked';
  if (seen.status === 'rejected' || seen.status === 'expired') return `${seen.status}, after ${placed.status}`;
  return '';
}

function placedBy(order: FlowOrder, seen: SeenOrder): Placed {
  const { id, number, priceTicks, quantityLots, filledLots, status } = seen;
  const doubts = { cancelUnknown: false, amendUnknown: false, closed: false };
  return { id, number, order, priceTicks, quantityLots, filledLots, status, ...doubts };
}

function update(placed: Placed, { priceTicks, quantityLots, filledLots, status }: SeenOrder): void {
  placed.priceTicks = priceTicks;
  placed.quantityLots = quantityLots;
  placed.filledLots = filledLots;
  placed.status = status;
}

function differs<T extends string | number | boolean>(what: string, expected: T, found: T): string {
  return expected === found ? '' : `${what} is ${found}, not ${expected}`;
}
