// For the whole-system tests: answers as typed values. Each is held to the published schema, so that every test of the system is
// one of the schemas too.

import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  CancelReplySchema,
  DetailedTradeSchema,
  OrderReplySchema,
  OrderSchema,
  ProblemSchema,
} from '../../wire/schemas.ts';
import type { Answer } from './http.ts';

export type Order = Static<typeof OrderSchema>;
export type OrderReply = Static<typeof OrderReplySchema>;
export type CancelReply = Static<typeof CancelReplySchema>;
export type Problem = Static<typeof ProblemSchema>;
export type DetailedTrade = Static<typeof DetailedTradeSchema>;

const levelSchema = Type.Object({ price: Type.Number(), quantity: Type.Number(), cumulative: Type.Number() });
const BookSchema = Type.Object({
  instrument: Type.String(),
  sequence: Type.Integer(),
  asks: Type.Array(levelSchema),
  bids: Type.Array(levelSchema),
});
export type Book = Static<typeof BookSchema>;

const sinkSchema = Type.Object({
  status: Type.String(),
  detail: Type.String(),
  sequences: Type.Integer(),
  seconds: Type.Number(),
});
const HealthSchema = Type.Object({
  status: Type.String(),
  message: Type.String(),
  trading: Type.String(),
  journal: Type.Object({
    durability: Type.String(),
    durable: Type.Boolean(),
    detail: Type.String(),
    sequence: Type.Integer(),
    durable_frame: Type.Integer(),
    control: Type.Object({ status: Type.String(), frame: Type.Integer(), detail: Type.String() }),
  }),
  postgres: sinkSchema,
  redis: sinkSchema,
});
export type Health = Static<typeof HealthSchema>;

const orderReply = Compile(OrderReplySchema);
const cancelReply = Compile(CancelReplySchema);
const order = Compile(OrderSchema);
const problem = Compile(ProblemSchema);
const trades = Compile(Type.Array(DetailedTradeSchema));
const book = Compile(BookSchema);
const health = Compile(HealthSchema);

function fail(answer: Answer, wanted: string): never {
  throw new Error(`not ${wanted}: ${answer.status} ${answer.text}`);
}

/** The 202 of a placed or amended order. */
export function orderReplyOf(answer: Answer): OrderReply {
  const { status, body } = answer;
  return status === 202 && orderReply.Check(body) ? body : fail(answer, 'an accepted order');
}

export function cancelReplyOf(answer: Answer): CancelReply {
  const { status, body } = answer;
  return status === 202 && cancelReply.Check(body) ? body : fail(answer, 'an accepted cancel');
}

export function orderOf(answer: Answer): Order {
  const { status, body } = answer;
  return status === 200 && order.Check(body) ? body : fail(answer, 'an order');
}

export function problemOf(answer: Answer): Problem {
  const { status, body } = answer;
  return problem.Check(body) && body.status === status ? body : fail(answer, 'a problem');
}

export function tradesOf(answer: Answer): DetailedTrade[] {
  const { status, body } = answer;
  return status === 200 && trades.Check(body) ? body : fail(answer, 'a list of trades');
}

export function bookOf(answer: Answer): Book {
  const { status, body } = answer;
  return status === 200 && book.Check(body) ? body : fail(answer, 'an order book');
}

/** /healthz, whatever its status. */
export function healthOf(answer: Answer): Health {
  return health.Check(answer.body) ? answer.body : fail(answer, 'a health report');
}
