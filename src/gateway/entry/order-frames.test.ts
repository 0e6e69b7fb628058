// Order entry over /ws without a socket: what frames are answered with, that they say the same as HTTP, and what a socket's end
// does. The real parts of a gateway before real rings, with the engine at their other end.

import { afterEach, describe, expect, test } from 'vitest';
import { ProcessState, StorageState } from '../../runtime/process-state.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { AnswerStatus } from '../../wire/query-codec.ts';
import { GatewayRig, type RigOptions } from '../testing/gateway-rig.ts';
import { order, post, request, until } from '../testing/http-client.ts';
import { type FrameAnswer, RecordedSession } from '../testing/recorded-session.ts';

let rig: GatewayRig;
let session: RecordedSession;

async function start(options: RigOptions = {}): Promise<void> {
  rig = await GatewayRig.start(options);
  session = new RecordedSession();
}

afterEach(() => rig.stop());

/** Hands a frame in; false when it is not taken. */
function give(frame: unknown, to = session): boolean {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
  const bytes = new TextEncoder().encode(text);
  const taken = rig.orderFrames.text(to, bytes);
  bytes.fill(0xff); // it was only lent
  return taken;
}

/** Waits for one more answer than there was. */
async function ask(frame: unknown, to = session): Promise<FrameAnswer> {
  const before = to.texts.length;
  expect(give(frame, to)).toBe(true);
  await until(() => to.texts.length > before, 'an answer');
  return to.answers[before];
}

let ids = 0;

function call(method: string, params: unknown, to = session): Promise<FrameAnswer> {
  return ask({ id: ++ids, method, params }, to);
}

function place(changes: Record<string, unknown> = {}, to = session): Promise<FrameAnswer> {
  return call('order.place', order(changes), to);
}

function openOrders(client: string): Promise<number> {
  return request(`${rig.url}/clients/${client}/orders`).then(({ text }) => JSON.parse(text).orders.length);
}

describe('orders', () => {
  test('a placed order is answered as over HTTP, and a known key again', async () => {
    await start();
    const body = order();
    const answer = await ask({ id: 'a', method: 'order.place', params: body });
    expect(answer).toMatchObject({
      id: 'a',
      status: 202,
      result: { client_id: 'alice', price: '70000.01', status: 'open', sequence: 1, trades: [] },
    });
    expect(Object.keys(answer)).toEqual(['id', 'status', 'result']);
    const again = await ask({ id: 'b', method: 'order.place', params: body });
    expect(again).toMatchObject({ id: 'b', status: 202, replayed: true, result: { sequence: 1 } });
    const http = await post(`${rig.url}/orders`, body);
    expect(again.result).toEqual(http.body);
  });

  test('cancel, amend, replace, status and cancel_all', async () => {
    await start();
    const first = await place();
    const order_id = first.result?.order_id;
    const amended = await call('order.amend', { order_id, quantity: '0.4', client_id: 'alice' });
    expect(amended).toMatchObject({ status: 202, result: { order_id, quantity: '0.40000000' } });
    const status = await call('order.status', { order_id });
    expect(status).toMatchObject({ status: 200, result: { order_id, quantity: '0.40000000', status: 'open' } });
    const params = { ...order({ price: 70001 }), order_id, side: undefined };
    const replaced = await call('order.replace', params);
    expect(replaced).toMatchObject({ status: 202, result: { side: 'buy', price: '70001.00' } });
    const cancelled = await call('order.cancel', { order_id: replaced.result?.order_id });
    expect(cancelled).toMatchObject({ status: 202, result: { order: { status: 'cancelled' } } });
    await place();
    await place({ client_id: 'bob', price: 60000 });
    const all = await call('order.cancel_all', { client_id: 'alice', side: 'buy', instrument: 'BTC-USD' });
    expect(all).toMatchObject({ status: 202, result: { cancelled: 1 } });
    expect([await openOrders('alice'), await openOrders('bob')]).toEqual([0, 1]);
  });

  test('a dry run is answered and journals nothing', async () => {
    await start();
    rig.peer.reading = true;
    const answer = await place({ dry_run: true });
    expect(answer).toMatchObject({ status: 200 });
    expect(rig.peer.taken).toBe(0);
  });

  test('requests are pipelined; each is answered only after its reply, with its own id', async () => {
    await start();
    rig.peer.answering = false;
    for (let id = 0; id < 20; id++) give({ id, method: 'order.place', params: order() });
    give({ id: 'status', method: 'order.status', params: { order_id: 'x' } });
    expect(session.answers).toMatchObject([{ id: 'status', status: 404 }]);
    await until(() => rig.counters.get(GatewayCounter.IN_FLIGHT) === 20, 'twenty in flight');
    expect(session.texts.length).toBe(1);
    rig.peer.answering = true;
    rig.ring();
    await until(() => session.texts.length === 21, 'all answers');
    expect(session.answers.slice(1).map(({ id, result }) => [id, result?.sequence])).toEqual(
      Array.from({ length: 20 }, (_, id) => [id, id + 1]),
    );
  });

  test('a full ring is 503 and was not executed', async () => {
    await start({ slots: 4 });
    rig.peer.answering = false;
    for (let id = 0; id < 5; id++) give({ id, method: 'order.place', params: order() });
    expect(session.answers).toMatchObject([
      { id: 4, status: 503, error: { code: 'ring_full', executed: 'no', retry: 'later' } },
    ]);
    rig.peer.answering = true;
    rig.ring();
    await until(() => session.texts.length === 5, 'the others');
    expect(rig.peer.taken).toBe(4);
  });

  test('a socket that has gone gets nothing, and its order lives on', async () => {
    await start();
    rig.peer.answering = false;
    give({ id: 1, method: 'order.place', params: order() });
    session.end();
    rig.orderFrames.ended(session);
    rig.peer.answering = true;
    rig.ring();
    await until(() => rig.counters.get(GatewayCounter.IN_FLIGHT) === 0 && rig.peer.taken === 1, 'the reply');
    expect(session.texts).toEqual([]);
    expect(await openOrders('alice')).toBe(1);
  });

  test('a reply that does not come in time is unknown', async () => {
    await start();
    rig.peer.answering = false;
    give({ id: 1, method: 'order.place', params: order() });
    rig.passTime(10_100);
    await until(() => session.texts.length === 1, 'the answer');
    expect(session.answers).toMatchObject([{ id: 1, status: 504, error: { executed: 'unknown', retry: 'same-key' } }]);
  });

  test('the read side may fail: status and replace say so', async () => {
    await start();
    const { result } = await place();
    rig.peer.failReadsWith = AnswerStatus.BEHIND;
    expect(await call('order.status', { order_id: result?.order_id })).toMatchObject({
      status: 503,
      error: { code: 'behind' },
    });
  });

  test('a known key was executed, also when nobody can be asked for its fills', async () => {
    await start({ queryRingBytes: 512 });
    await place({ side: 'sell' });
    const known = order({ client_id: 'taker' });
    await call('order.place', known);
    rig.peer.reading = false;
    const full = Array.from({ length: 20 }, () => request(`${rig.url}/trades`));
    await until(() => rig.counters.get(GatewayCounter.REQUESTS) >= 20, 'the reads');
    expect(await ask({ id: 'again', method: 'order.place', params: known })).toMatchObject({
      status: 503,
      error: { code: 'unavailable', executed: 'yes', retry: 'same-key' },
    });
    rig.peer.reading = true;
    await Promise.all(full);
  });

  test('times of the way come when they are asked for, and only with an outcome', async () => {
    await start();
    const { timing } = await ask({ id: 1, method: 'order.place', params: order(), timing: true });
    expect(Object.keys(timing ?? {})).toEqual(['receive_us', 'ring_us', 'journal_us', 'match_us', 'send_us']);
    for (const us of Object.values(timing ?? {})) expect(us).toBeGreaterThanOrEqual(0);
    const refused = await ask({ id: 2, method: 'order.place', params: {}, timing: true });
    expect(refused).not.toHaveProperty('timing');
    expect(await ask({ id: 2, method: 'order.place', params: order(), timing: false })).not.toHaveProperty('timing');
    expect(await ask({ id: 2, method: 'order.place', params: order(), timing: 1 })).toMatchObject({
      error: { code: 'wrong_type', field: 'timing' },
    });
  });
});

describe('the envelope', () => {
  test('only what cannot be read counts against the socket', async () => {
    await start();
    give('{"id":1,"method":"order.place","params":{}}');
    give('{"id":1,"method":"order.cancel","params":{"order_id":"nobody"}}');
    expect([session.texts.length, session.refusedFrames]).toEqual([2, 0]);
    give('{"id":1,"method":"order.make","params":{}}');
    give('{"id":1,"method":"order.place","params":{}');
    expect([session.texts.length, session.refusedFrames]).toEqual([4, 2]);
  });

  test('what has no method is somebody else’s', async () => {
    await start();
    for (const frame of [
      '',
      '{',
      '[]',
      'null',
      '{"type":"ping"}',
      '{"id":1}',
      '{"id":1,"params":{}',
      '{"x":"method"}',
    ]) {
      expect(give(frame)).toBe(false);
    }
    expect(session.texts).toEqual([]);
  });

  test.each([
    '"7"',
    '"ü€😀"',
    '7',
    '-7',
    '0',
    '123456789012345678901234567890',
    `"${'x'.repeat(64)}"`,
    `"${'€'.repeat(21)}x"`,
    '"\\u00fc\\n\\"\\\\"',
  ])('the id %s comes back', async (id) => {
    await start();
    give(`{"method":"order.status","params":{},"id": ${id} }`);
    expect(session.answers[0].id).toEqual(JSON.parse(id));
    expect(session.answers[0].error).toMatchObject({ field: 'order_id' });
    if (!id.includes('\\')) expect(session.texts[0].startsWith(`{"id":${id},`)).toBe(true);
  });

  test.each([
    ['{"method":"order.place","params":{}}', 'missing_field', 'id'],
    ['{"id":null,"method":"order.place","params":{}}', 'wrong_type', 'id'],
    ['{"id":{},"method":"order.place","params":{}}', 'wrong_type', 'id'],
    ['{"id":"","method":"order.place","params":{}}', 'invalid_text', 'id'],
    [`{"id":"${'x'.repeat(65)}","method":"order.place","params":{}}`, 'invalid_text', 'id'],
    [`{"id":"${'€'.repeat(22)}","method":"order.place","params":{}}`, 'invalid_text', 'id'],
    ['{"id":1.5,"method":"order.place","params":{}}', 'invalid_value', 'id'],
    ['{"id":1e3,"method":"order.place","params":{}}', 'invalid_value', 'id'],
    [`{"id":${'1'.repeat(65)},"method":"order.place","params":{}}`, 'invalid_value', 'id'],
  ])('%s has no usable id', async (frame, code, field) => {
    await start();
    expect(give(frame)).toBe(true);
    expect(session.answers).toMatchObject([{ id: null, status: 400, error: { code, field } }]);
    expect(session.refusedFrames).toBe(1);
  });

  test.each([
    ['{"id":1,"method":"order.make","params":{}}', 'invalid_value', 'method'],
    ['{"id":1,"method":7,"params":{}}', 'wrong_type', 'method'],
    ['{"id":1,"method":"order.place"}', 'missing_field', 'params'],
    ['{"id":1,"method":"order.place","params":[]}', 'wrong_type', 'params'],
    ['{"id":1,"method":"order.place","params":{},"param":1}', 'unknown_field', 'param'],
    ['{"id":1,"method":"order.place","params":{},"method":"x"}', 'duplicate_field', 'method'],
    ['{"id":1,"method":"order.place","params":{}', 'malformed_json', undefined],
    ['{"id":1,"method":"order.cancel","params":{}}', 'missing_field', 'order_id'],
    ['{"id":1,"method":"order.cancel","params":{"order_id":7}}', 'wrong_type', 'order_id'],
    ['{"id":1,"method":"order.cancel","params":{"client_id":"a","client_id":"b"}}', 'duplicate_field', 'client_id'],
    ['{"id":1,"method":"order.cancel","params":{"order_id":"nobody"}}', 'order_unknown', undefined],
    ['{"id":1,"method":"order.status","params":{"order_id":"nobody","client_id":"a"}}', 'unknown_field', 'client_id'],
    ['{"id":1,"method":"order.status","params":{"order_id":"nobody"}}', 'order_unknown', undefined],
    ['{"id":1,"method":"order.cancel_all","params":{"side":"buy"}}', 'missing_field', 'client_id'],
    ['{"id":1,"method":"order.cancel_all","params":{"client_id":"a","side":"both"}}', 'invalid_value', 'side'],
    ['{"id":1,"method":"order.cancel_all","params":{"client_id":"a","side":1}}', 'wrong_type', 'side'],
    [
      '{"id":1,"method":"order.cancel_all","params":{"client_id":"a","instrument":"X"}}',
      'unknown_instrument',
      'instrument',
    ],
    ['{"id":1,"method":"order.cancel_all","params":{"client_id":"a","instrument":1}}', 'wrong_type', 'instrument'],
    ['{"id":1,"method":"order.cancel_all","params":{"client_id":""}}', 'invalid_text', 'client_id'],
    ['{"id":1,"method":"session.cancel_after","params":{"client_id":"a"}}', 'missing_field', 'timeout_ms'],
    ['{"id":1,"method":"session.cancel_after","params":{"timeout_ms":5}}', 'missing_field', 'client_id'],
    [
      '{"id":1,"method":"session.cancel_after","params":{"client_id":"a","timeout_ms":1.5}}',
      'invalid_value',
      'timeout_ms',
    ],
    [
      '{"id":1,"method":"session.cancel_after","params":{"client_id":"a","timeout_ms":-1}}',
      'invalid_value',
      'timeout_ms',
    ],
    [
      '{"id":1,"method":"session.cancel_after","params":{"client_id":"a","timeout_ms":"5"}}',
      'wrong_type',
      'timeout_ms',
    ],
    [
      '{"id":1,"method":"session.cancel_after","params":{"client_id":"a","timeout_ms":86400001}}',
      'invalid_value',
      'timeout_ms',
    ],
    [
      '{"id":1,"method":"session.cancel_on_disconnect","params":{"client_id":"a","enabled":1}}',
      'wrong_type',
      'enabled',
    ],
    [
      '{"id":1,"method":"session.cancel_on_disconnect","params":{"client_id":"","enabled":true}}',
      'invalid_text',
      'client_id',
    ],
  ])('%s', async (frame, code, field) => {
    await start();
    expect(give(frame)).toBe(true);
    expect(session.answers).toMatchObject([{ id: 1, error: { code } }]);
    expect(session.answers[0].error?.field).toBe(field);
    expect(session.answers[0].status).toBe(session.answers[0].error?.status);
  });
});

describe('as over HTTP', () => {
  /** Values that go wrong, and some that do not; the engine refuses others. */
  const CHANGES: readonly Record<string, unknown>[] = [
    {},
    { price: 0 },
    { price: -1 },
    { price: '1e400' },
    { price: 70000.001 },
    { price: null },
    { price: undefined },
    { quantity: '0' },
    { quantity: 'x' },
    { quantity: '0.000000001' },
    { side: 'up' },
    { side: 1 },
    { type: 'market' },
    { type: 'market', price: undefined },
    { client_id: '' },
    { client_id: 'x'.repeat(65) },
    { client_id: 'a\nb' },
    { client_id: 'ü"\\' },
    { idempotency_key: undefined },
    { idempotency_key: 7 },
    { instrument: 'NONE' },
    { instrument: undefined },
    { time_in_force: 'GTT' },
    { time_in_force: 'FOK' },
    { expires_at: 'tomorrow', time_in_force: 'GTT' },
    { post_only: 'yes' },
    { post_only: true, time_in_force: 'IOC' },
    { display_quantity: '9' },
    { stop_price: '1' },
    { stp: 'none' },
    { dry_run: 1 },
    { order_id: 'x' },
    { ünknown: 1 },
  ];

  test('the same bodies are the same records, or refused for the same reason', async () => {
    await start();
    for (const changes of CHANGES) {
      const body = { ...order(), idempotency_key: 'same', ...changes };
      const http = await post(`${rig.url}/orders`, body);
      const { sequence } = http.body;
      const ws = await call('order.place', body);
      const what = JSON.stringify(changes);
      expect([ws.status, ws.error?.code, ws.error?.field], what).toEqual([
        http.status,
        http.status < 400 ? undefined : http.body.code,
        http.status < 400 ? undefined : http.body.field,
      ]);
      // Under one key only the same command is answered with the same result; any other is refused.
      if (http.status < 400) expect(ws.result?.sequence, what).toBe(sequence);
    }
  });

  test.each(['cancel', 'amend', 'replace'])('%s is refused alike', async (method) => {
    await start();
    const { result } = await place();
    const order_id = String(result?.order_id);
    const verb = method === 'amend' ? 'PATCH' : 'POST';
    const path = method === 'amend' ? order_id : `${order_id}/${method}`;
    const bodies = [
      { idempotency_key: 'k' },
      { client_id: 7 },
      { client_id: 'mallory', price: 'x' },
      { client_id: 'alice', idempotency_key: '' },
      { nothing: 1 },
      { ...order(), price: -1 },
      { ...order(), side: 'both' },
      { ...order(), dry_run: true },
    ];
    for (const body of bodies) {
      const http = await post(`${rig.url}/orders/${path}`, body, verb);
      const ws = await call(`order.${method}`, { order_id, ...body });
      expect([ws.status, ws.error?.code, ws.error?.field], JSON.stringify(body)).toEqual([
        http.status,
        http.body.code,
        http.body.field,
      ]);
      expect(http.status).toBeGreaterThanOrEqual(400);
    }
  });

  test.each([
    ['storage low', 'order.place', 'storage_low'],
    ['storage full', 'order.cancel_all', 'storage_full'],
    ['draining', 'order.place', 'halted'],
    ['draining', 'session.cancel_after', 'halted'],
  ])('%s: %s is refused with %s', async (state, method, code) => {
    await start();
    if (state === 'draining') rig.state.advance(ProcessState.DRAINING);
    else rig.state.storage = state === 'storage low' ? StorageState.LOW : StorageState.FULL;
    const params = method === 'session.cancel_after' ? { client_id: 'a', timeout_ms: 1 } : order();
    expect(await call(method, params)).toMatchObject({ status: 503, error: { code, executed: 'no' } });
    expect(session.open).toBe(true);
  });
});

describe('without the client', () => {
  const onDisconnect = (client_id: string, enabled = true) =>
    call('session.cancel_on_disconnect', { client_id, enabled });
  const cancelAfter = (client_id: string, timeout_ms: number, to = session) =>
    call('session.cancel_after', { client_id, timeout_ms }, to);

  test('a socket’s end cancels the orders of those that asked for it, after what it sent last', async () => {
    await start();
    expect(await onDisconnect('alice')).toMatchObject({ status: 200, result: { client_id: 'alice', enabled: true } });
    await onDisconnect('bob');
    await onDisconnect('bob', false);
    await place();
    await place({ client_id: 'bob', price: 60000 });
    rig.peer.answering = false;
    give({ id: 'last', method: 'order.place', params: order() });
    session.end();
    rig.orderFrames.ended(session);
    rig.orderFrames.ended(session);
    rig.peer.answering = true;
    rig.ring();
    await until(() => rig.peer.taken === 4, 'the mass cancel');
    expect([await openOrders('alice'), await openOrders('bob')]).toEqual([0, 1]);
    expect(rig.counters.get(GatewayCounter.SAFETY_CANCELS)).toBe(1);
  });

  test('while the ring is full it waits, once for each client', async () => {
    await start({ slots: 2 });
    const other = new RecordedSession();
    await onDisconnect('alice');
    await call('session.cancel_on_disconnect', { client_id: 'alice', enabled: true }, other);
    rig.peer.answering = false;
    for (let id = 0; id < 2; id++) give({ id, method: 'order.place', params: order() });
    rig.orderFrames.ended(session);
    rig.orderFrames.ended(other);
    expect([rig.counters.get(GatewayCounter.SAFETY_CANCELS), rig.orderFrames.waiting]).toEqual([0, true]);
    rig.peer.answering = true;
    rig.ring();
    await until(() => rig.peer.taken === 3, 'the mass cancel');
    expect(await openOrders('alice')).toBe(0);
    expect([rig.counters.get(GatewayCounter.SAFETY_CANCELS), rig.orderFrames.waiting]).toEqual([1, false]);
  });

  test('while the disk is full it waits; when the process stops it is counted as lost', async () => {
    await start();
    await onDisconnect('alice');
    rig.state.storage = StorageState.FULL;
    rig.orderFrames.ended(session);
    expect(rig.orderFrames.doWork()).toBe(0);
    rig.state.advance(ProcessState.DRAINING);
    rig.orderFrames.doWork();
    expect(rig.orderFrames.waiting).toBe(false);
    expect(rig.counters.get(GatewayCounter.SAFETY_CANCELS_LOST)).toBe(1);
    expect(rig.peer.taken).toBe(0);
  });

  test('silence cancels, another request postpones, 0 disarms', async () => {
    await start();
    await place();
    expect(await cancelAfter('alice', 5_000)).toMatchObject({
      status: 200,
      result: { client_id: 'alice', timeout_ms: 5_000 },
    });
    rig.passTime(4_000);
    await cancelAfter('alice', 5_000, new RecordedSession());
    rig.passTime(4_000);
    expect(await openOrders('alice')).toBe(1);
    await cancelAfter('alice', 0);
    rig.passTime(5_000);
    expect(await openOrders('alice')).toBe(1);
    await cancelAfter('alice', 5_000);
    session.end();
    rig.orderFrames.ended(session);
    rig.passTime(5_001);
    await until(() => rig.peer.taken === 2, 'the mass cancel');
    expect(await openOrders('alice')).toBe(0);
    expect(rig.orderFrames.waiting).toBe(false);
  });

  test('a socket may speak for so many clients, a server know so many times', async () => {
    await start();
    for (let i = 0; i < 64; i++) await onDisconnect(`c${i}`);
    expect(await onDisconnect('c64')).toMatchObject({
      status: 400,
      error: { code: 'invalid_value', field: 'client_id' },
    });
    expect(await onDisconnect('c0')).toMatchObject({ status: 200 });
    for (let i = 0; i < 16; i++) expect(await cancelAfter(`c${i}`, 1_000)).toMatchObject({ status: 200 });
    expect(await cancelAfter('c16', 1_000)).toMatchObject({
      status: 503,
      error: { code: 'ring_full', executed: 'no' },
    });
  });
});

test('ten thousand mutilated frames: each is answered or somebody else’s, and none throws', async () => {
  await start({ slots: 1024 });
  const { result } = await place();
  const order_id = result?.order_id;
  const good = [
    { id: 'ü"', method: 'order.place', params: order(), timing: true },
    { id: 1, method: 'order.cancel', params: { order_id, client_id: 'alice', idempotency_key: 'k' } },
    { id: 2, method: 'order.amend', params: { order_id, price: '1.5' } },
    { id: 3, method: 'order.replace', params: { order_id, ...order() } },
    { id: 4, method: 'order.cancel_all', params: { client_id: 'alice', side: 'sell' } },
    { id: 5, method: 'order.status', params: { order_id } },
    { id: 6, method: 'session.cancel_after', params: { client_id: 'zoe', timeout_ms: 60000 } },
    { id: 7, method: 'session.cancel_on_disconnect', params: { client_id: 'zoe', enabled: true } },
  ].map((frame) => new TextEncoder().encode(JSON.stringify(frame)));
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const before = session.texts.length;
  let taken = 0;
  for (let round = 0; round < 10_000; round++) {
    const frame = good[random(good.length)];
    const cut = random(4) === 0 ? random(frame.length + 1) : frame.length;
    const bytes = frame.slice(0, cut);
    for (let n = random(3) + 1; n > 0 && cut > 0; n--)
      bytes[random(cut)] = random(2) === 0 ? random(256) : frame[random(frame.length)];
    if (rig.orderFrames.text(session, bytes)) taken++;
    if (round % 200 === 0) await until(() => session.texts.length === before + taken, 'the answers so far', 10_000);
  }
  await until(() => session.texts.length === before + taken, 'the answers', 10_000);
  expect(taken).toBeGreaterThan(5_000);
  for (const answer of session.answers.slice(before)) {
    expect(
      answer.status >= 400 ? answer.error?.status : 200 <= answer.status && answer.result !== undefined,
    ).toBeTruthy();
  }
});
