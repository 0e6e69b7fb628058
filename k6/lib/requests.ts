// Commands of a stream as requests over HTTP and over `/ws`, and what is a good answer to them. Pure.

import type { Command, CommandKind } from './order-stream.ts';

export interface HttpRequest {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  /** The path without ids: k6 counts by it. */
  readonly name: string;
  readonly body: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function httpRequestOf(command: Command): HttpRequest {
  if (command.kind === 'place') {
    return { method: 'POST', path: '/orders', name: 'POST /orders', body: JSON.stringify(command.order) };
  }
  const path = `/orders/${command.orderId}`;
  if (command.kind === 'cancel') {
    return { method: 'POST', path: `${path}/cancel`, name: 'POST /orders/:id/cancel', body: null };
  }
  return { method: 'PATCH', path, name: 'PATCH /orders/:id', body: JSON.stringify(command.changes) };
}

/** `id`: what the reply to it will have. */
export function wsRequestOf(command: Command, id: number): string {
  const head = { id: String(id), method: `order.${command.kind}` };
  if (command.kind === 'place') return JSON.stringify({ ...head, params: command.order });
  const order = { order_id: command.orderId };
  return JSON.stringify({ ...head, params: command.kind === 'amend' ? { ...order, ...command.changes } : order });
}

/** A cancel or an amend may find its order filled (409). */
export function statusesOf(kind: CommandKind): number[] {
  return kind === 'place' ? [202] : [202, 409];
}

/** `body`: what HTTP answers, which is the `result` or the `error` of a reply over `/ws`. */
export function isGoodAnswer(kind: CommandKind, status: number, body: unknown): boolean {
  if (status === 409 && kind !== 'place') return valueIn(body, 'code') === 'order_closed';
  return status === 202 && orderIdIn(kind === 'cancel' ? valueIn(body, 'order') : body) !== undefined;
}

/** The id in an answer to an order, undefined when there is none. */
export function orderIdIn(body: unknown): string | undefined {
  const orderId = valueIn(body, 'order_id');
  return typeof orderId === 'string' && UUID.test(orderId) ? orderId : undefined;
}

/** What an object has by this name; undefined when it has none, or is no object. */
export function valueIn(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}

/** Undefined for what is no JSON. */
export function jsonOf(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
