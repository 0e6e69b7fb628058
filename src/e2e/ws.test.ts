// /ws of a whole server, through its client: what each channel says, orders by every method, and what protects a client that goes
// away, over the sockets of two gateways.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, connect, type RingbookClient, type Timing } from '../client/index.ts';
import { CuttableSockets } from '../tools/raw-web-socket.ts';
import { WsConnection } from '../tools/ws-connection.ts';
import { checkWsMessage } from '../wire/testing/check-ws-message.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { orderOf, orderReplyOf } from './testing/replies.ts';
import { NO_DATABASE, Server } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const BTC = 'BTC-USD';
const GATEWAYS = 2;
const CHANNELS = ['level2', 'level2_batch', 'full', 'matches', 'user', 'ticker', 'candles', 'heartbeat'];
/** Bytes that may wait for a socket: the fewest there may be. */
const BACKPRESSURE_BYTES = 65_536;
const RESTING = 1_000;
const SILENCE_MS = 1_000;

const lab = new Lab('file');
let directory = '';
let server: Server;
const clients: RingbookClient[] = [];
/** Orders that were cancelled since their client went away. */
const abandoned: string[] = [];

const environment = {
  ...NO_DATABASE,
  RINGBOOK_GATEWAY_THREADS: String(GATEWAYS),
  RINGBOOK_WS_BACKPRESSURE_BYTES: String(BACKPRESSURE_BYTES),
  RINGBOOK_WS_CONFLATE_BYTES: '32768',
};

beforeAll(async () => {
  directory = await lab.directory();
  server = await Server.start(lab, { directory, environment });
});

afterAll(() => {
  for (const client of clients) client.close();
});

/** A client, and its socket to be cut. */
interface Session {
  readonly client: RingbookClient;
  readonly sockets: CuttableSockets;
}

function open(options: ClientOptions = {}, received = (text: string) => text): Session {
  const sockets = new CuttableSockets({ received });
  const address = `ws${server.url.slice(4)}/ws`;
  const client = connect(address, { WebSocket: sockets.WebSocket, backoffMs: [5, 50], ...options });
  clients.push(client);
  return { client, sockets };
}

/** Of each gateway, a figure about /ws in the metrics. */
async function figures(name: string): Promise<number[]> {
  const { text } = await server.api.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith(`ringbook_ws_${name}{`) && !line.includes('/stream'));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
}

const connected = () => clients.filter((client) => client.connected).length;
const total = async (name: string) => (await figures(name)).reduce((sum, figure) => sum + figure, 0);

/** One session at each gateway: the kernel deals them out by chance, so more are opened than are kept. */
async function openAtEachGateway(options: ClientOptions): Promise<Session[]> {
  const found = new Map<number, Session>();
  while (found.size < GATEWAYS) {
    await eventually('nobody comes or goes', async () => (await total('connections')) === connected());
    const before = await figures('connections');
    const session = open(options);
    let gateway = -1;
    await eventually('it is connected', async () => {
      gateway = (await figures('connections')).findIndex((count, k) => count > before[k]);
      return gateway >= 0;
    });
    if (found.has(gateway)) session.client.close();
    else found.set(gateway, session);
  }
  return [...found.values()];
}

async function statusOf(orderId: string): Promise<string> {
  return orderOf(await server.api.get(`/orders/${orderId}`)).status;
}

test('every message of all channels is one of the published schemas', async () => {
  const names = new Set<string>();
  const wrong: string[] = [];
  const { client, sockets } = open({ clientId: 'all' }, (text) => {
    try {
      names.add(checkWsMessage(text));
    } catch (error) {
      wrong.push(String(error));
    }
    return text;
  });
  const books = [client.book(BTC), client.book(BTC, 'level2_batch'), client.orderBook(BTC)];
  const sequenced = [...books, client.matches(BTC), client.user('all')];
  const newest = [client.ticker(BTC), client.candles(BTC), client.heartbeat(BTC)];
  await eventually('all is subscribed to', () => [...sequenced, ...newest].every(({ live }) => live));
  const trade = async () => {
    const maker = await client.orders.place({ side: 'sell', type: 'limit', price: '70000.00', quantity: '0.5' });
    await client.orders.place({ side: 'buy', type: 'market', quantity: '0.2' });
    await client.orders.amend({ order_id: maker.order_id, price: '70001' });
    await client.orders.cancel({ order_id: maker.order_id });
    await client.orders.place({ side: 'buy', type: 'limit', price: '60000', quantity: '1', display_quantity: '0.1' });
    await client.orders.place({ side: 'sell', type: 'market', quantity: '0.3' });
    await client.orders.place({ side: 'buy', type: 'market', quote_quantity: '5' });
    await client.orders.place({ side: 'sell', type: 'limit', price: '1', quantity: '1', stop_price: '50000' });
    await expect(client.orders.cancel({ order_id: maker.order_id })).rejects.toMatchObject({ code: 'order_closed' });
    return await client.orders.cancelAll();
  };
  await trade();
  // What is missed meanwhile comes behind `resumed`.
  const other = open({ clientId: 'other' }).client;
  for (let n = 0; n < 3; n++) {
    sockets.cut();
    await other.orders.place({ side: 'buy', type: 'limit', price: `${100 + n}`, quantity: '1' });
    await other.orders.place({ side: 'sell', type: 'limit', price: `${100 + n}`, quantity: '0.5' });
    await eventually('all is live again', () => sequenced.every(({ live }) => live));
  }
  const { sequence } = await trade();
  const through = () => books.every(({ position }) => (position?.sequence ?? 0) >= sequence);
  await eventually('all is told', () => through() && names.has('heartbeat'));
  expect(wrong).toEqual([]);
  const expected = [
    'subscriptions',
    'resumed',
    'result',
    'refusal',
    'ticker',
    'candle',
    'heartbeat',
    'l2update',
    'match',
  ];
  expect([...names]).toEqual(expect.arrayContaining([...expected, 'full', 'user', 'fullSnapshot', 'userSnapshot']));
  expect(books.map(({ book }) => book.checksum())).toEqual(Array(3).fill(books[0].book.checksum()));
  client.close();
  other.close();
});

test('answers to raw requests pass the schemas as well, also to those that make no sense', async () => {
  const names: string[] = [];
  const receive = (bytes: Buffer, from: number, to: number) =>
    names.push(checkWsMessage(bytes.toString('utf8', from, to)));
  const socket = await WsConnection.open(new URL(server.url), '/ws', receive);
  lab.defer(() => socket.destroy());
  for (const request of [
    { type: 'ping', req_id: 'a' },
    { type: 'ping' },
    { type: 'subscribe', req_id: 1, channels: CHANNELS, instruments: [BTC], client_id: 'all' },
    { type: 'unsubscribe', req_id: 2, channels: CHANNELS, client_id: 'all' },
    { type: 'subscribe', req_id: 3, channels: ['nothing'] },
    { type: 'subscribe', req_id: 4, channels: ['level2'], instruments: ['NO-SUCH'] },
    { id: 5, method: 'order.nothing', params: {} },
    { method: 'order.status', params: {} },
  ])
    socket.send(JSON.stringify(request));
  socket.send('{');
  socket.send('{"type":"ping","req_id":"last"}');
  await eventually('all is answered', () => names.filter((name) => name === 'pong').length === 3);
  const counts = ['subscriptions', 'error', 'refusal'].map((name) => names.filter((other) => other === name).length);
  expect(counts).toEqual([2, 3, 2]);
  socket.destroy();
});

describe('orders', () => {
  const timings: [string, Timing][] = [];
  let client: RingbookClient;

  beforeAll(() => {
    client = open({ clientId: 'alice', timing: true }).client;
    client.on('timing', (timing, method) => timings.push([method, timing]));
  });

  test('by every method, each command with the times of its way', async () => {
    const { orders } = client;
    const bid = { side: 'buy', type: 'limit', price: '300', quantity: '2' } as const;
    expect(await orders.dryRun(bid)).toMatchObject({ dry_run: true, resting_quantity: '2.00000000' });
    const placed = await orders.place(bid);
    expect(placed).toMatchObject({ client_id: 'alice', instrument: BTC, status: 'open', price: '300.00' });
    const amended = await orders.amend({ order_id: placed.order_id, quantity: '1.5' });
    expect(amended).toMatchObject({ order_id: placed.order_id, quantity: '1.50000000' });
    const replaced = await orders.replace({ order_id: placed.order_id, ...bid, price: '301' });
    expect(replaced).toMatchObject({ status: 'open', price: '301.00' });
    expect(await orders.status(placed.order_id)).toMatchObject({ status: 'cancelled' });
    expect((await orders.cancel({ order_id: replaced.order_id })).order).toMatchObject({ status: 'cancelled' });
    await orders.place(bid);
    await orders.place({ ...bid, side: 'sell', price: '90000' });
    expect(await orders.cancelAll({ side: 'buy' })).toMatchObject({ cancelled: 1 });
    expect(await orders.cancelAll({ instrument: BTC })).toMatchObject({ cancelled: 1 });
    await orders.cancelOnDisconnect(true);
    await orders.cancelOnDisconnect(false);
    await orders.cancelAfter(60_000);
    await orders.cancelAfter(0);
    const texts: string[] = [];
    const { client: plain } = open({ clientId: 'alice' }, (text) => {
      texts.push(text);
      return text;
    });
    await plain.orders.cancelAll();
    expect(texts).toEqual([expect.not.stringContaining('timing')]);
    const methods = timings.map(([method]) => method);
    for (const name of ['place', 'amend', 'replace', 'cancel', 'cancel_all'])
      expect(methods).toContain(`order.${name}`);
    expect(methods).not.toContain('order.status');
    for (const [, timing] of timings) {
      expect(Object.keys(timing)).toEqual(['receive_us', 'ring_us', 'journal_us', 'match_us', 'send_us']);
      for (const us of Object.values(timing)) expect(us).toBeGreaterThanOrEqual(0);
      expect(timing.journal_us).toBeGreaterThan(0);
    }
  });

  test('the times of a command lie within what its asker waited, at each gateway', async () => {
    for (const { client: asker } of await openAtEachGateway({ clientId: 'alice', timing: true })) {
      const told: number[] = [];
      asker.on('timing', (timing) => told.push(Object.values(timing).reduce((sum, us) => sum + us, 0)));
      for (let n = 0; n < 5; n++) {
        const startMs = performance.now();
        await asker.orders.place({ side: 'buy', type: 'limit', price: '299', quantity: '1' });
        expect(told[n]).toBeLessThanOrEqual((performance.now() - startMs) * 1000);
      }
      asker.close();
    }
  });

  test('HTTP says the same times when it is asked for them', async () => {
    const headers = { 'content-type': 'application/json', 'x-timing': '1' };
    const body = JSON.stringify(order({ price: '302' }));
    const timed = await fetch(`${server.url}/orders`, { method: 'POST', headers, body });
    expect(timed.status).toBe(202);
    for (const part of ['receive', 'ring', 'journal', 'match', 'send'])
      expect(timed.headers.get('server-timing')).toMatch(new RegExp(`\\b${part};dur=[0-9.]+`));
  });

  test('a key is the same request over either way: one order, one answer', async () => {
    const { orders } = client;
    /** Asks over both, in both orders, each twice with one key. */
    const both = async (
      name: string,
      overWs: (key: string) => Promise<unknown>,
      overHttp: (key: string) => Promise<{ body: unknown; headers: Record<string, unknown> }>,
    ) => {
      const first = await overWs(`${name}-ws`);
      const repeated = await overHttp(`${name}-ws`);
      expect(repeated.headers['idempotent-replayed'], name).toBe('true');
      expect(repeated.body, name).toEqual(first);
      const { body, headers } = await overHttp(`${name}-http`);
      expect(headers['idempotent-replayed'], name).toBe(undefined);
      expect(await overWs(`${name}-http`), name).toEqual(body);
    };
    const alice = (idempotency_key: string) => ({ client_id: 'alice', idempotency_key });
    const terms = { instrument: BTC, side: 'buy', type: 'limit', price: '303', quantity: '1' } as const;
    await both(
      'place',
      (key) => orders.place({ ...terms, ...alice(key) }),
      (key) => server.api.post('/orders', { ...terms, ...alice(key) }),
    );
    const target = async () => (await orders.place(terms)).order_id;
    const amended = await target();
    await both(
      'amend',
      (key) => orders.amend({ order_id: amended, quantity: key.endsWith('ws') ? '0.9' : '0.8', ...alice(key) }),
      (key) => {
        const quantity = key.endsWith('ws') ? '0.9' : '0.8';
        return server.api.send('PATCH', `/orders/${amended}`, { quantity, ...alice(key) });
      },
    );
    const ids = { 'replace-ws': await target(), 'replace-http': await target() };
    const cancelled = { 'cancel-ws': await target(), 'cancel-http': await target() };
    const idOf = (known: Readonly<Record<string, string>>, key: string) => known[key] ?? '';
    await both(
      'replace',
      (key) => orders.replace({ order_id: idOf(ids, key), ...terms, ...alice(key) }),
      (key) => server.api.post(`/orders/${idOf(ids, key)}/replace`, { ...terms, ...alice(key) }),
    );
    await both(
      'cancel',
      (key) => orders.cancel({ order_id: idOf(cancelled, key), ...alice(key) }),
      (key) => server.api.post(`/orders/${idOf(cancelled, key)}/cancel`, alice(key)),
    );
    await both(
      'cancel_all',
      (key) => orders.cancelAll({ instrument: BTC, ...alice(key) }),
      (key) => server.api.send('DELETE', `/orders?client_id=alice&instrument=${BTC}&idempotency_key=${key}`),
    );
  });
});

describe('a client that goes away', () => {
  test('has its orders cancelled with its socket, wherever they came from', async () => {
    const [one, other] = await openAtEachGateway({ clientId: 'carol' });
    const watched = other.client.user('carol');
    const told: string[] = [];
    watched.on('update', ({ events }) => {
      for (const event of events) if (event.change === 'cancelled') told.push(event.order.order_id);
    });
    await eventually('it watches', () => watched.live);
    await one.client.orders.cancelOnDisconnect(true);
    const resting = { side: 'buy', type: 'limit', price: '400', quantity: '1' } as const;
    const ids = [];
    for (const { client } of [one, other, one]) ids.push((await client.orders.place(resting)).order_id);
    ids.push(orderReplyOf(await server.api.post('/orders', order({ client_id: 'carol', price: '401' }))).order_id);
    const { order_id: unharmed } = orderReplyOf(
      await server.api.post('/orders', order({ client_id: 'zoe', price: '1' })),
    );
    one.sockets.cut();
    await eventually('they are cancelled', () => told.length >= ids.length);
    expect(told.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect(await statusOf(id)).toBe('cancelled');
    expect(await statusOf(unharmed)).toBe('open');
    abandoned.push(...ids);
    // It is back, and the promise holds for its next socket too.
    await eventually('it is back', () => one.client.connected);
    const { order_id } = await one.client.orders.place(resting);
    one.client.close();
    await eventually('it is cancelled', () => told.includes(order_id));
    abandoned.push(order_id);
  });

  test('has its orders cancelled when its time is up; any gateway sets it, and takes it back', async () => {
    const [one, other] = await openAtEachGateway({ clientId: 'dave' });
    const resting = { side: 'buy', type: 'limit', price: '410', quantity: '1' } as const;
    // Set, and taken back before its time was up: on a slow machine only the next attempt may be soon enough.
    let dave = '';
    for (let askedMs = Number.NEGATIVE_INFINITY; performance.now() - askedMs >= SILENCE_MS; ) {
      dave = (await one.client.orders.place(resting)).order_id;
      askedMs = performance.now();
      await one.client.orders.cancelAfter(SILENCE_MS);
      await other.client.orders.cancelAfter(0);
    }
    const { order_id: erin } = await one.client.orders.place({ ...resting, client_id: 'erin' });
    await other.client.orders.cancelAfter(86_400_000, { client_id: 'erin' });
    await one.client.orders.cancelAfter(SILENCE_MS + 100, { client_id: 'erin' });
    await eventually('the time of one is up', async () => (await statusOf(erin)) === 'cancelled');
    expect(await statusOf(dave)).toBe('open');
    await other.client.orders.cancelAfter(1);
    await eventually('that of the other too', async () => (await statusOf(dave)) === 'cancelled');
    abandoned.push(dave, erin);
  });
});

test('figures show connections, subscriptions, and that a socket was closed as too slow', async () => {
  for (const client of clients.splice(0)) client.close();
  const sockets = async () => [await total('connections'), await total('subscriptions')].join(' ');
  await eventually('all are gone', async () => (await sockets()) === '0 0');
  const makers = open({ clientId: 'makers' }).client;
  const ask = (n: number) => ({ side: 'sell', type: 'limit', price: `${80_000 + n}`, quantity: '1' }) as const;
  await Promise.all(Array.from({ length: RESTING }, (_, n) => makers.orders.place(ask(n))));

  const messages: string[] = [];
  const receive = (bytes: Buffer, from: number, to: number) =>
    messages.push(checkWsMessage(bytes.toString('utf8', from, to)));
  const slow = await WsConnection.open(new URL(server.url), '/ws', receive);
  lab.defer(() => slow.destroy());
  const channels = ['level2', 'full', 'ticker'];
  slow.send(JSON.stringify({ type: 'subscribe', channels, instruments: [BTC] }));
  await eventually('it has its snapshots', () => messages.includes('fullSnapshot'));
  expect(await sockets()).toBe(`2 ${channels.length}`);
  const queues = await server.api.get('/admin/queues.json');
  const websockets = [...queues.text.matchAll(/"websockets":(\d+)/g)].map(([, count]) => Number(count));
  expect([websockets.length, websockets.reduce((sum, count) => sum + count)]).toEqual([GATEWAYS, 2]);

  const closes = await total('slow_consumer_closes_total');
  slow.pause();
  await eventually('it is closed', async () => {
    // The whole book of orders again, which nobody reads.
    slow.send(JSON.stringify({ type: 'subscribe', channels: ['level2', 'full'], instruments: [BTC] }));
    return (await total('slow_consumer_closes_total')) === closes + 1;
  });
  slow.resume();
  await eventually('it is told', () => !slow.open);
  expect(slow.closeCode).toBe(4008);
  await eventually('it counts no more', async () => (await sockets()) === '1 0');
});

test('what was cancelled is so in the journal', async () => {
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  server = await Server.start(lab, { directory, environment });
  expect(abandoned.length).toBeGreaterThan(5);
  for (const id of abandoned) expect(await statusOf(id)).toBe('cancelled');
});
