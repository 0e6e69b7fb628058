// A client's live orders, page by page, and settlements that the ledger has not come to, over HTTP: the real app before real
// rings, with the engine at their other end.

import type Type from 'typebox';
import { Compile } from 'typebox/compile';
import { afterEach, describe, expect, test } from 'vitest';
import { AnswerStatus } from '../wire/query-codec.ts';
import { ClientOrdersSchema } from '../wire/schemas.ts';
import { GatewayRig } from './testing/gateway-rig.ts';
import { order, post, request } from './testing/http-client.ts';

let rig: GatewayRig;

async function start(): Promise<string> {
  rig = await GatewayRig.start();
  return rig.url;
}

afterEach(() => rig.stop());

const ETHER = { name: 'ETH-USD', base: 'ETH', quote: 'USD', tick: '0.05', lot: '0.001' };
const schema = Compile(ClientOrdersSchema);

async function pageOf(url: string): Promise<Type.Static<typeof ClientOrdersSchema>> {
  const { status, text } = await request(url);
  const page: unknown = JSON.parse(text);
  if (status !== 200 || !schema.Check(page)) throw new Error(`${status} ${text}`);
  return page;
}

/** Six of alice's, of two instruments in turn, one of them a waiting stop; and one of bob's. */
async function placeOrders(url: string): Promise<string[]> {
  await post(`${url}/admin/instruments`, ETHER);
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const changes = i % 2 === 0 ? { price: 100 + i } : { instrument: 'ETH-USD', price: 10 + i, quantity: 1 };
    const stop = i === 4 ? { stop_price: 200 } : {};
    ids.push(String((await post(`${url}/orders`, order({ ...changes, ...stop }))).body.order_id));
  }
  await post(`${url}/orders`, order({ client_id: 'bob', price: 99 }));
  return ids;
}

describe('GET /clients/:id/orders', () => {
  test('has the live ones by instrument, then as they were placed, each as a read of it alone', async () => {
    const url = await start();
    const ids = await placeOrders(url);
    const { client_id, sequence, orders, next } = await pageOf(`${url}/clients/alice/orders`);
    expect([client_id, sequence, next]).toEqual(['alice', 8, null]);
    expect(orders.map(({ order_id }) => order_id)).toEqual([0, 2, 4, 1, 3, 5].map((i) => ids[i]));
    for (const each of orders) {
      expect(each).toEqual(JSON.parse((await request(`${url}/orders/${each.order_id}`)).text));
    }
    expect(rig.peer.leastSequence).toBe(8);
    await post(`${url}/orders/${ids[2]}/cancel`, {});
    const left = await pageOf(`${url}/clients/alice/orders?instrument=BTC-USD`);
    expect(left.orders.map(({ order_id }) => order_id)).toEqual([ids[0], ids[4]]);
    const other = await pageOf(`${url}/clients/alice/orders?instrument=ETH-USD`);
    expect(other.orders.map(({ order_id }) => order_id)).toEqual([ids[1], ids[3], ids[5]]);
  });

  test('goes on where the page before ended, also when that order is closed by then', async () => {
    const url = await start();
    const ids = await placeOrders(url);
    const seen: string[] = [];
    let query: string | null = '';
    while (query !== null) {
      const page: Type.Static<typeof ClientOrdersSchema> = await pageOf(`${url}/clients/alice/orders?limit=2${query}`);
      seen.push(...page.orders.map(({ order_id }) => order_id));
      query = page.next === null ? null : `&after=${encodeURIComponent(page.next)}`;
      if (seen.length === 4) await post(`${url}/orders/${ids[1]}/cancel`, {});
    }
    expect(seen).toEqual([0, 2, 4, 1, 3, 5].map((i) => ids[i]));
  });

  test('is empty for whoever has none', async () => {
    const url = await start();
    const page = await pageOf(`${url}/clients/no%20one/orders`);
    expect(page).toEqual({ client_id: 'no one', sequence: 0, orders: [], next: null });
  });

  test.each([
    ['limit=0', 'invalid_query', 'limit'],
    ['limit=1001', 'invalid_query', 'limit'],
    ['instrument=ADA-USD', 'unknown_instrument', 'instrument'],
    ['after=x', 'invalid_query', 'after'],
    ['after=ADA-USD:x', 'invalid_query', 'after'],
    ['after=BTC-USD:x', 'invalid_query', 'after'],
  ])('%s is refused', async (query, code, field) => {
    const url = await start();
    const answer = await request(`${url}/clients/alice/orders?${query}`);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, code, field]);
    expect(rig.peer.leastSequence).toBe(-1);
  });

  test('a page of another instrument than the query is refused', async () => {
    const url = await start();
    await placeOrders(url);
    const { next } = await pageOf(`${url}/clients/alice/orders?limit=1`);
    const answer = await request(`${url}/clients/alice/orders?instrument=ETH-USD&after=${next}`);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, 'invalid_query', 'after']);
  });
});

describe('a settlement that is closed but not in the ledger yet', () => {
  test('is 503 behind, and says what it waits for', async () => {
    const url = await start();
    rig.peer.failReadsWith = AnswerStatus.BEHIND;
    const answer = await request(`${url}/clearing/settlements/1`);
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'behind', '1']);
    expect(answer.body.detail).toMatch(/ledger has not come to the end of this cycle/);
  });
});
