// Orders, cancels and amends over HTTP: every answer and every refusal, a full ring, lost replies, bodies in pieces. The real app
// before real rings, with the engine at their other end.

import { afterEach, describe, expect, test } from 'vitest';
import { ProcessState } from '../runtime/process-state.ts';
import { Histogram } from '../shared-memory/histogram.ts';
import { GatewayCounter } from '../wire/counters.ts';
import { AnswerStatus } from '../wire/query-codec.ts';
import { GatewayRig, type RigOptions } from './testing/gateway-rig.ts';
import { order, post, RawConnection, rawPost, request, until } from './testing/http-client.ts';

let rig: GatewayRig;

async function start(options: RigOptions = {}): Promise<string> {
  rig = await GatewayRig.start(options);
  return `${rig.url}/orders`;
}

afterEach(() => rig.stop());

describe('POST /orders', () => {
  test('answers 202 with the resting order', async () => {
    const url = await start();
    const { status, headers, body } = await post(url, order());
    expect(status).toBe(202);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('idempotent-replayed')).toBeNull();
    expect(body).toMatchObject({
      client_id: 'alice',
      instrument: 'BTC-USD',
      side: 'buy',
      type: 'limit',
      price: '70000.01',
      quantity: '0.50000000',
      filled_quantity: '0.00000000',
      status: 'open',
      sequence: 1,
      trades: [],
      trades_total: 0,
    });
    expect(rig.counters.get(GatewayCounter.IN_FLIGHT)).toBe(0);
    const total = new Histogram(rig.counters, GatewayCounter.TOTAL_SECONDS);
    const reply = new Histogram(rig.counters, GatewayCounter.REPLY_SECONDS);
    expect([total.count(), reply.count()]).toEqual([1, 1]);
    expect(reply.sum()).toBeGreaterThan(0);
    expect(reply.sum()).toBeLessThanOrEqual(total.sum());
  });

  test('carries its fills, and an order that the engine rejects is 202 too', async () => {
    const url = await start();
    const maker = await post(url, order({ side: 'sell' }));
    const taker = await post(url, order({ quantity: 0.2 }));
    expect(taker.body).toMatchObject({ status: 'filled', trades_total: 1 });
    expect(taker.body.trades).toMatchObject([
      { maker_order_id: maker.body.order_id, price: '70000.01', quantity: '0.20000000' },
    ]);
    const rejected = await post(url, order({ post_only: true }));
    expect(rejected.status).toBe(202);
    expect(rejected.body).toMatchObject({ status: 'rejected', reject_reason: 'post_only_would_cross' });
  });

  test('a known key answers the first result again, its trades included', async () => {
    const url = await start();
    await post(url, order({ side: 'sell' }));
    await post(url, order({ side: 'sell', price: 70000 }));
    const request = order({ idempotency_key: 'same', quantity: 1 });
    const first = await post(url, request);
    const again = await post(url, request);
    expect(first.body.trades).toHaveLength(2);
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    rig.peer.failReadsWith = AnswerStatus.UNAVAILABLE;
    const blind = await post(url, request);
    expect(blind.status).toBe(503);
    expect(blind.body).toMatchObject({ code: 'unavailable', executed: 'yes', retry: 'same-key' });
  });

  test('a key with another body is 422', async () => {
    const url = await start();
    await post(url, order({ idempotency_key: 'same' }));
    const other = await post(url, order({ idempotency_key: 'same', quantity: 1 }));
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: 'idempotency_key_reused', executed: 'no', field: 'idempotency_key' });
  });
});

const HUGE = `{"client_id":"${'x'.repeat(17_000)}"}`;

/** What is sent, and the status, code and field of the answer. Every row must leave the ring untouched. */
const BAD: readonly (readonly [name: string, body: unknown, status: number, code: string, field?: string])[] = [
  ['nothing', '', 400, 'malformed_json'],
  ['no JSON', '{nope', 400, 'malformed_json'],
  ['cut JSON', '{"client_id":"a"', 400, 'malformed_json'],
  ['two values', `${JSON.stringify(order())} 1`, 400, 'malformed_json'],
  ['a list', '[]', 400, 'malformed_json'],
  ['null', 'null', 400, 'malformed_json'],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
  ['NaN', rawPrice('NaN'), 400, 'malformed_json', 'price'],
  ['Infinity', rawPrice('Infinity'), 400, 'malformed_json', 'price'],
  ['hexadecimal', rawPrice('0x10'), 400, 'malformed_json'],
  ['no key', order({ idempotency_key: undefined }), 400, 'missing_field', 'idempotency_key'],
  ['no client', order({ client_id: undefined }), 400, 'missing_field', 'client_id'],
  ['no side', order({ side: undefined }), 400, 'missing_field', 'side'],
  ['no quantity', order({ quantity: undefined }), 400, 'missing_field', 'quantity'],
  ['limit without price', order({ price: undefined }), 400, 'missing_field', 'price'],
  ['unknown field', order({ colour: 'red' }), 400, 'unknown_field', 'colour'],
  ['__proto__', `{"__proto__":{"a":1},${JSON.stringify(order()).slice(1)}`, 400, 'unknown_field', '__proto__'],
  ['field twice', `{"side":"buy",${JSON.stringify(order()).slice(1)}`, 400, 'duplicate_field', 'side'],
  ['side as number', order({ side: 1 }), 400, 'wrong_type', 'side'],
  ['price as object', order({ price: {} }), 400, 'wrong_type', 'price'],
  ['price as null', order({ price: null }), 400, 'wrong_type', 'price'],
  ['quantity as true', order({ quantity: true }), 400, 'wrong_type', 'quantity'],
  ['client as number', order({ client_id: 7 }), 400, 'wrong_type', 'client_id'],
  ['side of neither', order({ side: 'hold' }), 400, 'invalid_value', 'side'],
  ['unknown type', order({ type: 'magic' }), 400, 'invalid_value', 'type'],
  ['unknown instrument', order({ instrument: 'DOGE-USD' }), 400, 'unknown_instrument', 'instrument'],
  ['empty client', order({ client_id: '' }), 400, 'invalid_text', 'client_id'],
  ['long key', order({ idempotency_key: 'k'.repeat(65) }), 400, 'invalid_text', 'idempotency_key'],
  ['price not a number', order({ price: 'cheap' }), 400, 'not_a_number', 'price'],
  ['negative price', order({ price: -1 }), 400, 'negative', 'price'],
  ['zero price', order({ price: 0 }), 400, 'zero', 'price'],
  ['zero quantity', order({ quantity: '0.0' }), 400, 'zero', 'quantity'],
  ['off tick', order({ price: '70000.005' }), 400, 'off_tick', 'price'],
  ['off lot', order({ quantity: '0.000000001' }), 400, 'off_lot', 'quantity'],
  ['1e400', rawPrice('1e400'), 400, 'price_out_of_bounds', 'price'],
  ['2^53+1', rawPrice('9007199254740993'), 400, 'price_out_of_bounds', 'price'],
  ['too large a quantity', order({ quantity: 1_000_001 }), 400, 'quantity_out_of_bounds', 'quantity'],
  ['market with price', order({ type: 'market' }), 400, 'price_not_allowed', 'price'],
  ['post-only IOC', order({ post_only: true, time_in_force: 'IOC' }), 400, 'post_only_invalid', 'post_only'],
  ['stop price zero', order({ stop_price: 0 }), 400, 'zero', 'stop_price'],
  ['GTT without its time', order({ time_in_force: 'GTT' }), 400, 'missing_field', 'expires_at'],
  ['too large', HUGE, 413, 'body_too_large'],
];

/** JSON.stringify would not write these. */
function rawPrice(price: string): string {
  return JSON.stringify(order()).replace('70000.01', price);
}

describe('the record of a command', () => {
  test('is stamped with the stopwatch that all threads share', async () => {
    const url = await start();
    const beforeUs = Math.floor(performance.now() * 1_000); // the rig's stopwatch
    await post(url, order());
    const { receivedUs } = rig.peer.origin;
    expect(receivedUs).toBeGreaterThanOrEqual(beforeUs);
    expect(receivedUs).toBeLessThanOrEqual(performance.now() * 1_000);
  });
});

describe('bad input', () => {
  test.each(BAD)('%s', async (_name, body, status, code, field) => {
    const url = await start();
    const sent = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await request(url, { method: 'POST', body: sent, headers: { 'content-type': 'application/json' } });
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe(answer.body.request_id);
    expect(answer.body).toMatchObject({ executed: 'no', retry: 'never' });
    expect(rig.peer.taken).toBe(0);
    expect(rig.commandRing.used()).toBe(0);
    expect(rig.counters.get(GatewayCounter.BAD_REQUESTS)).toBe(1);
    expect((await post(url, order())).status).toBe(202);
  });

  test.each([
    ['text/plain', 415],
    ['application/jsonp', 415],
    ['application/json; charset=latin1', 415],
    [undefined, 415],
    ['application/json', 202],
    ['application/json;charset=UTF-8', 202],
    ['Application/JSON; charset="utf-8"', 202],
  ])('content type %s is %i', async (type, status) => {
    const url = await start();
    const body = Buffer.from(JSON.stringify(order()));
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const answer = await request(url, { method: 'POST', body, headers });
    expect(answer.status).toBe(status);
    if (status === 415) expect(answer.body).toMatchObject({ code: 'unsupported_media_type', executed: 'no' });
  });
});

describe('cancel and amend', () => {
  test('cancel answers a message and the order', async () => {
    const url = await start();
    const placed = await post(url, order());
    const target = `${url}/${placed.body.order_id}`;
    const cancelled = await request(`${target}/cancel`, { method: 'POST' });
    expect(cancelled.status).toBe(202);
    expect(cancelled.body.message).toBe('Order cancelled');
    expect(cancelled.body.order).toMatchObject({ status: 'cancelled', cancelled_quantity: '0.50000000' });
    const again = await post(`${target}/cancel`, {});
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'order_closed', executed: 'no' });
  });

  test('cancel by a key is replayed', async () => {
    const url = await start();
    const placed = await post(url, order());
    const body = { client_id: 'alice', idempotency_key: 'cancel-1' };
    const first = await post(`${url}/${placed.body.order_id}/cancel`, body);
    const again = await post(`${url}/${placed.body.order_id}/cancel`, body);
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  test('somebody else cannot cancel, and an id of no order is 404 before anything is journaled', async () => {
    const url = await start();
    const id = String((await post(url, order())).body.order_id);
    const foreign = await post(`${url}/${id}/cancel`, { client_id: 'mallory' });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'order_unknown']);
    const taken = rig.peer.taken;
    const wrong = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
    for (const bad of [wrong, 'x', `${id}0`, encodeURIComponent('\u00e9'.repeat(36)), '%00']) {
      const answer = await post(`${url}/${bad}/cancel`, {});
      expect([answer.status, answer.body.code]).toEqual([404, 'order_unknown']);
    }
    expect(rig.peer.taken).toBe(taken);
  });

  test('a body of another type, or a bad one, is refused', async () => {
    const url = await start();
    const target = `${url}/${(await post(url, order())).body.order_id}/cancel`;
    const text = await request(target, { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } });
    expect(text.status).toBe(415);
    expect((await post(target, '{')).body.code).toBe('malformed_json');
    expect((await post(target, { why: 1 })).body).toMatchObject({ code: 'unknown_field', field: 'why' });
  });

  test('amend answers the order and what it traded', async () => {
    const url = await start();
    await post(url, order({ side: 'sell', price: 70001 }));
    const placed = await post(url, order());
    const target = `${url}/${placed.body.order_id}`;
    const smaller = await post(target, { quantity: '0.4' }, 'PATCH');
    expect(smaller.status).toBe(202);
    expect(smaller.body).toMatchObject({ quantity: '0.40000000', status: 'open', trades: [], trades_total: 0 });
    const crossing = await post(target, { price: 70001 }, 'PATCH');
    expect(crossing.body).toMatchObject({ status: 'filled', trades_total: 1 });
    const closed = await post(target, { quantity: 1 }, 'PATCH');
    expect([closed.status, closed.body.code]).toEqual([409, 'order_closed']);
    expect((await post(target, {}, 'PATCH')).body).toMatchObject({ code: 'missing_field' });
    expect((await post(target, { price: 1.001 }, 'PATCH')).body).toMatchObject({ code: 'off_tick', field: 'price' });
  });
});

describe('when it cannot be done now', () => {
  test('a full ring is 503, and what was taken is answered later', async () => {
    const url = await start({ slots: 2 });
    rig.peer.answering = false;
    const taken = [post(url, order()), post(url, order())];
    await until(() => rig.commandRing.used() === 2, 'two commands in the ring');
    expect(rig.counters.get(GatewayCounter.IN_FLIGHT)).toBe(2);
    const refused = await post(url, order());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.body).toMatchObject({ code: 'ring_full', executed: 'no', retry: 'later' });
    expect(rig.counters.get(GatewayCounter.RING_FULL)).toBe(1);
    rig.peer.answering = true;
    rig.ring();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([202, 202]);
  });

  test.each([
    [ProcessState.RECOVERING, 503, 'recovering'],
    [ProcessState.DRAINING, 503, 'halted'],
    [ProcessState.POISONED, 503, 'halted'],
  ])('in state %i a new order is %i %s', async (state, status, code) => {
    const url = await start({ state });
    const answer = await post(url, order());
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, executed: 'no' });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await post(`${url}/x/cancel`, {})).body).toMatchObject({ code });
    expect(rig.peer.taken).toBe(0);
  });

  test('draining answers what was taken before', async () => {
    const url = await start();
    rig.peer.answering = false;
    const taken = post(url, order());
    await until(() => rig.commandRing.used() === 1, 'a command in the ring');
    rig.state.advance(ProcessState.DRAINING);
    rig.peer.answering = true;
    rig.ring();
    expect((await taken).status).toBe(202);
  });

  test('a failed journal makes every pending outcome unknown', async () => {
    const url = await start();
    rig.peer.answering = false;
    const taken = post(url, order());
    await until(() => rig.commandRing.used() === 1, 'a command in the ring');
    rig.state.advance(ProcessState.POISONED);
    rig.ring();
    const answer = await taken;
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ code: 'outcome_unknown', executed: 'unknown', retry: 'same-key' });
    expect(rig.counters.get(GatewayCounter.IN_FLIGHT)).toBe(0);
  });

  test('a reply that does not come is 504; when it comes at last it answers nobody else', async () => {
    const url = await start({ limits: { replyTimeoutMs: 10_000 } });
    rig.peer.answering = false;
    const asked = post(url, order());
    await until(() => rig.commandRing.used() === 1, 'a command in the ring');
    rig.passTime(10_000);
    const late = await asked;
    expect(late.status).toBe(504);
    expect(late.body).toMatchObject({ code: 'outcome_unknown', executed: 'unknown', retry: 'same-key' });
    expect(rig.counters.get(GatewayCounter.TIMEOUTS)).toBe(1);
    expect(rig.counters.get(GatewayCounter.IN_FLIGHT)).toBe(1);
    rig.peer.answering = true;
    const next = await post(url, order({ client_id: 'bob' }));
    expect(next.body).toMatchObject({ client_id: 'bob', sequence: 2 });
    await until(() => rig.counters.get(GatewayCounter.IN_FLIGHT) === 0, 'both replies drained');
  });

  test('an asker that goes away is forgotten, its command is not', async () => {
    const url = await start();
    rig.peer.answering = false;
    const connection = await RawConnection.open(rig.port);
    connection.write(rawPost('/orders', JSON.stringify(order())));
    await until(() => rig.commandRing.used() === 1, 'a command in the ring');
    connection.end();
    await until(() => rig.counters.get(GatewayCounter.ABORTED) === 1, 'the abort');
    rig.peer.answering = true;
    rig.ring();
    expect((await post(url, order())).body).toMatchObject({ sequence: 2 });
    expect(rig.counters.get(GatewayCounter.IN_FLIGHT)).toBe(0);
  });
});

describe('bodies and connections', () => {
  test('a body in many chunks, byte by byte and with chunked encoding', async () => {
    await start();
    const text = rawPost('/orders', JSON.stringify(order()));
    const slow = await RawConnection.open(rig.port);
    await slow.writePieces(text, 23);
    await until(() => slow.received.includes('"status":"open"'), 'the answer');
    const body = JSON.stringify(order({ client_id: 'chunks' }));
    const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('');
    const head =
      'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    slow.received = '';
    slow.write(`${head}${chunks}0\r\n\r\n`);
    await until(() => slow.received.includes('"client_id":"chunks"'), 'the second answer');
    slow.end();
  });

  test('a body that is too large in sum is 413 and ends the connection', async () => {
    await start();
    const connection = await RawConnection.open(rig.port);
    connection.write(
      'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n',
    );
    await connection.writePieces(' '.repeat(20_000), 1_000);
    await until(() => connection.closed, 'the end');
    expect(connection.received).toContain('413 Content Too Large');
    expect(connection.received.match(/Connection: close/gi)).toHaveLength(1);
    expect(rig.peer.taken).toBe(0);
  });

  test('a body that does not arrive in time is 408 and ends the connection', async () => {
    await start({ limits: { bodyTimeoutMs: 10_000 } });
    const connection = await RawConnection.open(rig.port);
    connection.write(rawPost('/orders', JSON.stringify(order())).slice(0, -5));
    await until(() => rig.counters.get(GatewayCounter.REQUESTS) === 1, 'the request has begun');
    rig.passTime(10_000);
    await until(() => connection.closed, 'the end');
    expect(connection.received).toContain('408 Request Timeout');
    expect(connection.received).toContain('"code":"request_timeout"');
    expect(rig.peer.taken).toBe(0);
  });

  test('one connection takes orders one after the other', async () => {
    await start();
    const connection = await RawConnection.open(rig.port);
    for (let i = 1; i <= 20; i++) {
      connection.write(rawPost('/orders', JSON.stringify(order({ price: i }))));
      await until(() => connection.received.includes(`"sequence":${i},`), `answer ${i}`);
    }
    connection.end();
  });

  test('a request pipelined behind a pending one ends the connection; both may have been taken, nothing else suffers', async () => {
    const url = await start();
    rig.peer.answering = false;
    const connection = await RawConnection.open(rig.port);
    connection.write(rawPost('/orders', JSON.stringify(order())) + rawPost('/orders', JSON.stringify(order())));
    await until(() => connection.closed, 'the end');
    expect(connection.received).toBe('');
    expect(rig.commandRing.used()).toBe(1);
    rig.peer.answering = true;
    expect((await post(url, order())).status).toBe(202);
  });

  test('many at once', async () => {
    const url = await start({ slots: 64 });
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(url, order({ price: 1 }))));
    const sequences = answers.map(({ body }) => Number(body.sequence)).sort((a, b) => a - b);
    expect(sequences).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });
});

describe('X-Timing', () => {
  const times =
    /^receive;dur=\d+\.\d{3}, ring;dur=\d+\.\d{3}, journal;dur=\d+\.\d{3}, match;dur=\d+\.\d{3}, send;dur=\d+\.\d{3}$/;
  const timed = { 'content-type': 'application/json', 'x-timing': '1' };

  test('brings Server-Timing with every outcome of a command, and only then', async () => {
    const url = await start();
    const init = { method: 'POST', headers: timed, body: JSON.stringify(order()) };
    const first = await request(url, init);
    expect(first.headers.get('server-timing')).toMatch(times);
    const again = await request(url, init);
    expect([again.headers.get('idempotent-replayed'), again.headers.has('server-timing')]).toEqual(['true', true]);
    const refused = await request(url, { ...init, body: JSON.stringify({ ...order(), price: -1 }) });
    expect([refused.status, refused.headers.has('server-timing')]).toEqual([400, false]);
    const unknown = await request(`${url}/${String(first.body.order_id)}/cancel`, {
      ...{ method: 'POST', headers: timed, body: '{"client_id":"mallory"}' },
    });
    expect([unknown.status, unknown.headers.has('server-timing')]).toEqual([404, true]);
    expect((await post(url, order())).headers.has('server-timing')).toBe(false);
  });
});
