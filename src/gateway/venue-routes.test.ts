// The operator's routes, mass cancels, replacements and accounts over HTTP: the real app before real rings, with the engine
// at their other end.

import { afterEach, describe, expect, test } from 'vitest';
import { GatewayCounter } from '../wire/counters.ts';
import { AnswerStatus } from '../wire/query-codec.ts';
import { GatewayRig, type RigOptions } from './testing/gateway-rig.ts';
import { order, post, request, until } from './testing/http-client.ts';

let rig: GatewayRig;

async function start(options: RigOptions = {}): Promise<string> {
  rig = await GatewayRig.start(options);
  return rig.url;
}

afterEach(() => rig.stop());

const ETHER = { name: 'ETH-USD', base: 'ETH', quote: 'USD', tick: '0.05', lot: '0.001' };

describe('replacing', () => {
  test('cancels one order and places another in its stead', async () => {
    const url = await start();
    const first = await post(`${url}/orders`, order());
    const body = { client_id: 'alice', idempotency_key: 'r1', type: 'limit', price: '69000.00', quantity: '0.7' };
    const second = await post(`${url}/orders/${first.body.order_id}/replace`, body);
    expect(second.status).toBe(202);
    expect(second.body).toMatchObject({ side: 'buy', price: '69000.00', quantity: '0.70000000', status: 'open' });
    expect(second.body.order_id).not.toBe(first.body.order_id);
    const again = await post(`${url}/orders/${first.body.order_id}/replace`, { ...body, idempotency_key: 'r2' });
    expect([again.status, again.body.code]).toEqual([404, 'order_unknown']);
    expect(rig.peer.engine.openOrders).toBe(1);
  });

  test('is refused as a whole when the new order would be rejected', async () => {
    const url = await start();
    await post(`${url}/orders`, order({ side: 'sell', price: '70001.00' }));
    const first = await post(`${url}/orders`, order());
    const body = { client_id: 'alice', idempotency_key: 'r1', type: 'limit', price: '70001.00', quantity: '1' };
    const answer = await post(`${url}/orders/${first.body.order_id}/replace`, { ...body, post_only: true });
    expect([answer.status, answer.body.code]).toEqual([409, 'post_only_would_cross']);
    expect(rig.peer.engine.openOrders).toBe(2);
  });
});

describe('mass cancel', () => {
  test("ends a client's orders, of a side or all", async () => {
    const url = await start();
    for (const price of [100, 101, 102]) await post(`${url}/orders`, order({ price }));
    await post(`${url}/orders`, order({ side: 'sell' }));
    await post(`${url}/orders`, order({ client_id: 'bob', price: 99 }));
    const buys = await request(`${url}/orders?client_id=alice&side=buy`, { method: 'DELETE' });
    expect([buys.status, buys.body]).toEqual([202, { cancelled: 3, sequence: 6 }]);
    const rest = await request(`${url}/orders?client_id=alice`, { method: 'DELETE' });
    expect(rest.body).toMatchObject({ cancelled: 1 });
    expect(rig.peer.engine.openOrders).toBe(1);
  });

  test("everyone's orders are the operator's to cancel", async () => {
    const url = await start({ adminToken: 'a-token-of-some-length' });
    await post(`${url}/orders`, order());
    const stranger = await request(`${url}/orders`, { method: 'DELETE' });
    expect(stranger.status).toBe(401);
    expect(rig.peer.engine.openOrders).toBe(1);
    const headers = { authorization: 'Bearer a-token-of-some-length' };
    const operator = await request(`${url}/orders`, { method: 'DELETE', headers });
    expect([operator.status, operator.body]).toMatchObject([202, { cancelled: 1 }]);
  });

  test('a query that says something else is refused', async () => {
    const url = await start();
    const answer = await request(`${url}/orders?client=alice`, { method: 'DELETE' });
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, 'invalid_query', 'client']);
  });
});

describe('the venue', () => {
  test('a new instrument takes orders at once, at its own scales', async () => {
    const url = await start();
    const made = await post(`${url}/admin/instruments`, ETHER);
    expect(made.status).toBe(202);
    expect(made.body).toMatchObject({ ...ETHER, status: 'open', sequence: 1 });
    const placed = await post(`${url}/orders`, order({ instrument: 'ETH-USD', price: '1999.95', quantity: '0.250' }));
    expect(placed.body).toMatchObject({ instrument: 'ETH-USD', price: '1999.95', quantity: '0.250', status: 'open' });
    const off = await post(`${url}/orders`, order({ instrument: 'ETH-USD', price: '1999.99', quantity: 1 }));
    expect([off.status, off.body.code]).toEqual([400, 'off_tick']);
    const list = await request(`${url}/instruments`);
    expect(Object.values(list.body)).toMatchObject([
      { number: 0, name: 'BTC-USD' },
      { number: 1, name: 'ETH-USD' },
    ]);
  });

  test('what names no instrument stays about the first one when a second is listed', async () => {
    const url = await start();
    const unnamed = order({ instrument: undefined });
    const before = await post(`${url}/orders`, unnamed);
    await post(`${url}/admin/instruments`, ETHER);
    const again = await post(`${url}/orders`, unnamed);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(again.body.order_id).toBe(before.body.order_id);
    const after = await post(`${url}/orders`, order({ instrument: undefined }));
    expect(after.body).toMatchObject({ instrument: 'BTC-USD', status: 'open' });
    const amended = await post(`${url}/orders/${after.body.order_id}`, { price: '70000.02' }, 'PATCH');
    expect(amended.body).toMatchObject({ instrument: 'BTC-USD', price: '70000.02' });
    expect((await post(`${url}/admin/clients/alice/limits`, { max_open_orders: 2 }, 'PUT')).status).toBe(202);
    const third = await post(`${url}/orders`, order({ instrument: undefined }));
    expect(third.body).toMatchObject({ instrument: 'BTC-USD', reject_reason: 'limit_open_orders' });
    const elsewhere = await post(`${url}/orders`, order({ instrument: 'ETH-USD', price: '1999.95', quantity: 1 }));
    expect(elsewhere.body).toMatchObject({ instrument: 'ETH-USD', status: 'open' });
    expect((await request(`${url}/trades`)).status).toBe(200);
  });

  test('a halt rejects orders and lets cancels through', async () => {
    const url = await start();
    const resting = await post(`${url}/orders`, order());
    const halted = await post(`${url}/admin/instruments/BTC-USD/status`, { status: 'halted' });
    expect([halted.status, halted.body]).toMatchObject([202, { name: 'BTC-USD', status: 'halted' }]);
    const refused = await post(`${url}/orders`, order());
    expect([refused.status, refused.body]).toMatchObject([
      202,
      { status: 'rejected', reject_reason: 'instrument_halted' },
    ]);
    const cancelled = await post(`${url}/orders/${resting.body.order_id}/cancel`, {});
    expect(cancelled.status).toBe(202);
    const nowhere = await post(`${url}/admin/instruments/XXX/status`, { status: 'open' });
    expect(nowhere.status).toBe(404);
  });

  test('the kill switch stops everything but cancels, and cancels when asked to', async () => {
    const url = await start();
    await post(`${url}/orders`, order());
    const killed = await post(`${url}/admin/kill-switch`, { engaged: true, cancel_orders: true });
    expect([killed.status, killed.body]).toMatchObject([202, { cancelled: 1, sequence: 3 }]);
    const refused = await post(`${url}/orders`, order());
    expect(refused.body).toMatchObject({ status: 'rejected', reject_reason: 'kill_switch' });
    await post(`${url}/admin/kill-switch`, { engaged: false });
    const taken = await post(`${url}/orders`, order());
    expect(taken.body).toMatchObject({ status: 'open' });
  });

  test('the kill switch cancels even when the operator has gone', async () => {
    const url = await start();
    await post(`${url}/orders`, order());
    rig.peer.answering = false;
    const gone = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ engaged: true, cancel_orders: true });
    const asked = fetch(`${url}/admin/kill-switch`, { method: 'POST', body, headers, signal: gone.signal });
    await until(() => rig.counters.get(GatewayCounter.IN_FLIGHT) === 2, 'two commands wait');
    gone.abort();
    await expect(asked).rejects.toThrow();
    rig.peer.answering = true;
    await until(() => rig.peer.taken === 3, 'both are applied');
    expect([rig.peer.engine.killSwitch, rig.peer.engine.openOrders]).toEqual([true, 0]);
  });

  test("a client's limits bind its orders", async () => {
    const url = await start();
    const set = await post(`${url}/admin/clients/alice/limits`, { max_open_orders: 1 }, 'PUT');
    expect(set.status).toBe(202);
    await post(`${url}/orders`, order());
    const second = await post(`${url}/orders`, order());
    expect(second.body).toMatchObject({ status: 'rejected', reject_reason: 'limit_open_orders' });
    await post(`${url}/admin/clients/alice/limits`, { max_open_orders: null }, 'PUT');
    expect((await post(`${url}/orders`, order())).body).toMatchObject({ status: 'open' });
    const other = await post(`${url}/orders`, order({ client_id: 'bob' }));
    expect(other.body).toMatchObject({ status: 'open' });
  });

  test('deposits need balances to be kept', async () => {
    const url = await start();
    const body = { client_id: 'alice', currency: 'USD', amount: '100', idempotency_key: 'd1' };
    const answer = await post(`${url}/admin/deposits`, body);
    expect([answer.status, answer.body.code]).toEqual([409, 'balances_off']);
    const unknown = await post(`${url}/admin/withdrawals`, { ...body, currency: 'XXX' });
    expect([unknown.status, unknown.body.field]).toEqual([400, 'currency']);
  });

  test('a settlement closes a cycle at a sequence', async () => {
    const url = await start();
    const first = await request(`${url}/admin/settlements`, { method: 'POST' });
    expect([first.status, first.body]).toEqual([202, { cycle: 1, sequence: 1 }]);
    const second = await request(`${url}/admin/settlements`, { method: 'POST' });
    expect(second.body).toEqual({ cycle: 2, sequence: 2 });
  });

  test('a settlement sent again under its key closes no other cycle', async () => {
    const url = await start();
    await post(`${url}/orders`, order({ idempotency_key: 'day-1' }));
    const first = await post(`${url}/admin/settlements`, { idempotency_key: 'day-1' });
    expect([first.status, first.body]).toEqual([202, { cycle: 1, sequence: 2 }]);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const again = await post(`${url}/admin/settlements`, { idempotency_key: 'day-1' });
    expect([again.status, again.body]).toEqual([202, { cycle: 1, sequence: 2 }]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const next = await post(`${url}/admin/settlements`, { idempotency_key: 'day-2' });
    expect(next.body).toMatchObject({ cycle: 2 });
    expect((await post(`${url}/admin/settlements`, {})).body).toMatchObject({ cycle: 3 });
  });

  test.each([
    [{ cycle: 1 }, 400, 'unknown_field', 'cycle'],
    [{ idempotency_key: 7 }, 400, 'wrong_type', 'idempotency_key'],
    ['[', 400, 'malformed_json', undefined],
  ])('a settlement of %j is refused', async (body, status, code, field) => {
    const url = await start();
    const answer = await post(`${url}/admin/settlements`, body);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
    expect(rig.peer.taken).toBe(0);
  });

  test.each([
    ['POST', '/admin/instruments'],
    ['POST', '/admin/instruments/BTC-USD/status'],
    ['POST', '/admin/kill-switch'],
    ['PUT', '/admin/clients/alice/limits'],
    ['POST', '/admin/deposits'],
    ['POST', '/admin/withdrawals'],
    ['POST', '/admin/settlements'],
  ])('%s %s is for the operator alone', async (method, path) => {
    const url = await start({ adminToken: 'a-token-of-some-length' });
    const answer = await post(url + path, {}, method);
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    expect(rig.peer.taken).toBe(0);
  });
});

describe('a dry run', () => {
  test('asks the read side and sends no command', async () => {
    const url = await start();
    for (const changes of [{}, { idempotency_key: undefined }]) {
      const answer = await post(`${url}/orders`, order({ dry_run: true, ...changes }));
      expect(answer.status).toBe(200);
    }
    expect(rig.peer.taken).toBe(0);
  });

  test('beyond its bound is refused by name, and one that the read side cannot answer as any read', async () => {
    const url = await start();
    rig.peer.failReadsWith = AnswerStatus.TOO_LARGE;
    const answer = await post(`${url}/orders`, order({ dry_run: true }));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'dry_run_too_large', executed: 'no', retry: 'never' });
    expect(answer.body.detail).toContain('10000 orders');
    rig.peer.failReadsWith = AnswerStatus.BEHIND;
    const behind = await post(`${url}/orders`, order({ dry_run: true }));
    expect([behind.status, behind.body.code]).toEqual([503, 'behind']);
  });
});
