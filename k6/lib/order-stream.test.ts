// A stream with the ids of the server, the requests made of it, and the pipeline over them.

import { describe, expect, it } from 'vitest';
import { EVERYDAY, OPEN_ORDERS_MAX, ORDERS_ONLY } from '../../src/tools/load/flow.ts';
import { type Command, OrderStream } from './order-stream.ts';
import { Pipeline } from './pipeline.ts';
import { httpRequestOf, isGoodAnswer, jsonOf, orderIdIn, statusesOf, wsRequestOf } from './requests.ts';

function idOf(number: number): string {
  return `01a203e4-2585-8400-8000-${String(number).padStart(12, '0')}`;
}

/** The next command, each place answered at once. */
function nextAnswered(stream: OrderStream): Command {
  const command = stream.next();
  if (command === undefined) throw new Error('nothing is pending');
  if (command.kind === 'place') stream.answered(command.number, idOf(command.number));
  return command;
}

describe('order stream', () => {
  it('refers to orders by the ids that the server gave', () => {
    const stream = new OrderStream('run', 1, 3, EVERYDAY);
    const open = new Set<string>();
    const kinds = new Set<string>();
    for (let n = 0; n < 2_000; n++) {
      const command = nextAnswered(stream);
      kinds.add(command.kind);
      if (command.kind === 'place') open.add(idOf(command.number));
      else expect(open.has(command.orderId)).toBe(true);
      if (command.kind === 'cancel') open.delete(command.orderId);
      const { newestOrderId } = stream;
      if (newestOrderId !== undefined) expect(open.has(newestOrderId)).toBe(true);
    }
    expect([...kinds].sort()).toEqual(['amend', 'cancel', 'place']);
    expect(stream.newestOrderId).toMatch(/^01a203e4/);
  });

  it('gives each order a key of its own, and one client to all', () => {
    const stream = new OrderStream('run', 1, 3, ORDERS_ONLY);
    const commands = Array.from({ length: 100 }, () => nextAnswered(stream));
    const keys = commands.map((command) => (command.kind === 'place' ? command.order.idempotency_key : ''));
    expect(new Set(keys).size).toBe(100);
    expect(keys[5]).toBe('run-3-5');
    expect(stream.clientId).toBe('load-3');
    expect(commands.every((command) => command.kind === 'place' && command.order.client_id === 'load-3')).toBe(true);
    expect(stream.newestOrderId).toBeUndefined();
  });

  it('waits for the answer that its next action needs, and goes on where it waited', () => {
    const stream = new OrderStream('run', 1, 0, EVERYDAY);
    const same = new OrderStream('run', 1, 0, EVERYDAY);
    const first: Command[] = [];
    for (let command = stream.next(); command !== undefined; command = stream.next()) first.push(command);
    expect(first.every(({ kind }) => kind === 'place')).toBe(true);
    expect(stream.next()).toBeUndefined();
    for (const command of first) if (command.kind === 'place') stream.answered(command.number, idOf(command.number));
    const after = stream.next();
    expect(after?.kind).not.toBe('place');
    for (const command of first) expect(nextAnswered(same)).toEqual(command);
    expect(same.next()).toEqual(after);
  });

  it('passes over what refers to orders that were not taken, or whose answer was lost', () => {
    const refused = new OrderStream('run', 1, 0, EVERYDAY);
    const lost = new OrderStream('run', 1, 0, EVERYDAY);
    for (let n = 0; n < 500; n++) {
      const command = refused.next();
      expect(command?.kind).toBe('place');
      if (command?.kind === 'place') refused.answered(command.number, undefined);
      lost.abandon();
      expect(lost.next()?.kind).toBe('place');
    }
  });
});

describe('requests', () => {
  const place = { kind: 'place', number: 0, order: nextOrder() } as const;
  const cancel = { kind: 'cancel', orderId: idOf(1) } as const;
  const amend = { kind: 'amend', orderId: idOf(1), changes: { price: '70000.00' } } as const;

  function nextOrder() {
    const command = new OrderStream('run', 1, 0, ORDERS_ONLY).next();
    if (command?.kind !== 'place') throw new Error('the first command places');
    return command.order;
  }

  it('are those of the HTTP interface, named without ids', () => {
    const body = JSON.stringify(place.order);
    expect(httpRequestOf(place)).toEqual({ method: 'POST', path: '/orders', name: 'POST /orders', body });
    expect(httpRequestOf(cancel)).toMatchObject({ method: 'POST', path: `/orders/${idOf(1)}/cancel`, body: null });
    expect(httpRequestOf(amend)).toMatchObject({ method: 'PATCH', body: '{"price":"70000.00"}' });
    expect(httpRequestOf(amend).name).toBe('PATCH /orders/:id');
  });

  it('are those of /ws', () => {
    expect(jsonOf(wsRequestOf(place, 4))).toEqual({ id: '4', method: 'order.place', params: place.order });
    expect(jsonOf(wsRequestOf(cancel, 5))).toEqual({ id: '5', method: 'order.cancel', params: { order_id: idOf(1) } });
    expect(jsonOf(wsRequestOf(amend, 6))).toEqual({
      id: '6',
      method: 'order.amend',
      params: { order_id: idOf(1), price: '70000.00' },
    });
  });

  it('are answered well by the order, or by an order that was closed already', () => {
    const order = { order_id: idOf(1) };
    expect(isGoodAnswer('place', 202, order)).toBe(true);
    expect(isGoodAnswer('cancel', 202, { message: '', order })).toBe(true);
    expect(isGoodAnswer('amend', 202, order)).toBe(true);
    expect(isGoodAnswer('cancel', 409, { code: 'order_closed' })).toBe(true);
    expect(isGoodAnswer('amend', 409, { code: 'order_closed' })).toBe(true);
    expect(statusesOf('amend')).toEqual([202, 409]);
  });

  it('are answered badly by all else', () => {
    const order = { order_id: idOf(1) };
    expect(isGoodAnswer('place', 200, order)).toBe(false);
    expect(isGoodAnswer('place', 202, { order_id: 'x' })).toBe(false);
    expect(isGoodAnswer('place', 202, undefined)).toBe(false);
    expect(isGoodAnswer('cancel', 202, order)).toBe(false);
    expect(isGoodAnswer('place', 409, { code: 'order_closed' })).toBe(false);
    expect(isGoodAnswer('amend', 409, { code: 'amend_would_cross' })).toBe(false);
    expect(statusesOf('place')).toEqual([202]);
    expect(orderIdIn('text')).toBeUndefined();
    expect(jsonOf('{')).toBeUndefined();
    expect(jsonOf(null)).toBeUndefined();
  });
});

describe('pipeline', () => {
  const WINDOW = 8;

  /** What a server would say to `text`. */
  function replyTo(text: string): string {
    const { id, method, params } = JSON.parse(text);
    const order = { order_id: params.order_id ?? idOf(Number(params.idempotency_key.split('-')[2])) };
    return JSON.stringify({ id, status: 202, result: method === 'order.cancel' ? { message: '', order } : order });
  }

  it('keeps at most a window under way, and matches replies by id in any order', () => {
    const pipeline = new Pipeline(new OrderStream('run', 1, 0, EVERYDAY), WINDOW);
    const underWay: string[] = [];
    let tookMs = 0;
    for (let round = 0; round < 1_000; round++) {
      underWay.push(...pipeline.take(round));
      expect(underWay.length).toBe(pipeline.underWay);
      expect(underWay.length).toBeLessThanOrEqual(WINDOW);
      const text = underWay.splice(round % underWay.length, 1)[0];
      const reply = pipeline.receive(replyTo(text), round + 0.5);
      expect(reply?.isGood).toBe(true);
      tookMs += reply?.tookMs ?? Number.NaN;
    }
    expect(tookMs).toBeGreaterThan(500);
  });

  it('knows a bad answer, an answer given twice and one to nothing', () => {
    const pipeline = new Pipeline(new OrderStream('run', 1, 0, ORDERS_ONLY), 2);
    const [first, second] = pipeline.take(0);
    expect(pipeline.receive(replyTo(first), 3)).toEqual({ kind: 'place', tookMs: 3, isGood: true });
    expect(pipeline.receive(replyTo(first), 3)).toBeUndefined();
    expect(pipeline.receive('{"id":"99","status":202}', 3)).toBeUndefined();
    expect(pipeline.receive('{"type":"error"}', 3)).toBeUndefined();
    const refusal = JSON.stringify({ id: JSON.parse(second).id, status: 503, error: { code: 'ring_full' } });
    expect(pipeline.receive(refusal, 3)?.isGood).toBe(false);
    expect(pipeline.underWay).toBe(0);
  });

  it('lets no more rest than the flow does', () => {
    const pipeline = new Pipeline(new OrderStream('run', 1, 0, EVERYDAY), WINDOW);
    let open = 0;
    for (let round = 0; round < 2_000; round++) {
      for (const text of pipeline.take(0)) {
        const { method, params } = JSON.parse(text);
        if (method === 'order.place' && params.type === 'limit' && params.time_in_force === undefined) open++;
        else if (method === 'order.cancel') open--;
        pipeline.receive(replyTo(text), 0);
      }
    }
    expect(open).toBeLessThanOrEqual(OPEN_ORDERS_MAX);
  });
});
