// Trading through several gateways, to the last digit: what one connection was told, every other can read at once; decimals are
// exact from the request's bytes to the ledger's rows; an operator's snapshot says where it is; a full ring refuses and no more.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import type { Answer, Connection } from './testing/http.ts';
import { commandsIn } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { order } from './testing/orders.ts';
import { bookOf, healthOf, type OrderReply, orderOf, orderReplyOf, problemOf, tradesOf } from './testing/replies.ts';
import { NO_DATABASE, Server, useDatabase } from './testing/server.ts';
import { overConnections } from './testing/traffic.ts';

const lab = new Lab('file');
let server: Server;
let ledger: Ledger;

beforeAll(async () => {
  const database = await createTestDatabase('e2e trading');
  lab.defer(() => database.drop());
  ledger = await Ledger.open(lab, database.connection);
  const environment = { ...useDatabase(database.connection), RINGBOOK_GATEWAY_THREADS: '2' };
  server = await Server.start(lab, { environment });
});

async function place(changes: Readonly<Record<string, unknown>>, connection = server.api): Promise<OrderReply> {
  return orderReplyOf(await connection.post('/orders', order(changes)));
}

const bookNow = async (query = '') => bookOf(await server.api.get(`/orderbook${query}`));

async function expectEmptyBook(): Promise<void> {
  expect(await bookNow()).toMatchObject({ asks: [], bids: [] });
}

async function ledgerIsUpToDate(): Promise<void> {
  await ledger.reaches(healthOf(await server.api.get('/healthz')).journal.sequence);
}

describe('decimals', () => {
  test('0.1 and 0.2 against 0.3 leave nothing', async () => {
    await place({ side: 'sell', price: 0.3, quantity: 0.1 });
    await place({ side: 'sell', price: '0.30', quantity: '0.2' });
    const taker = await place({ price: 0.3, quantity: 0.3 });
    expect(taker).toMatchObject({
      status: 'filled',
      filled_quantity: '0.30000000',
      remaining_quantity: '0.00000000',
      average_price: '0.30',
    });
    expect(taker.trades.map(({ quantity }) => quantity)).toEqual(['0.10000000', '0.20000000']);
    await expectEmptyBook();
  });

  test('numbers and strings are read as written, however they are written', async () => {
    const written = [
      ['"price":70000.01,"quantity":0.00000001', '70000.01', '0.00000001'],
      ['"price":"70000.01","quantity":"0.00000001"', '70000.01', '0.00000001'],
      ['"price":7.000001e4,"quantity":1e-8', '70000.01', '0.00000001'],
      ['"price":"70000.010","quantity":1.10000000', '70000.01', '1.10000000'],
      ['"price":100000000,"quantity":1000000', '100000000.00', '1000000.00000000'],
      ['"price":99999999.99,"quantity":999999.99999999', '99999999.99', '999999.99999999'],
    ];
    for (const [amounts, price, quantity] of written) {
      const { price: _price, quantity: _quantity, ...rest } = order();
      const body = `${JSON.stringify(rest).slice(0, -1)},${amounts}}`;
      const reply = orderReplyOf(await server.api.post('/orders', body));
      expect(reply).toMatchObject({ price, quantity, remaining_quantity: quantity, status: 'open' });
      expect(orderOf(await server.api.get(`/orders/${reply.order_id}`))).toMatchObject({ price, quantity });
      await server.api.post(`/orders/${reply.order_id}/cancel`);
    }
    await expectEmptyBook();
  });

  test('a notional far beyond 2^53 is exact in replies, reads, book and ledger', async () => {
    const amounts = { price: 100000000, quantity: 1000000 };
    const maker = await place({ ...amounts, side: 'sell', client_id: 'whale' });
    // A second price, so that an average must be made: both notionals in one order.
    const second = await place({ side: 'sell', client_id: 'whale', price: '99999999.99', quantity: '999999.99999999' });
    const book = await server.api.get('/orderbook');
    expect(book.text).toContain('"cumulative":1999999.99999999');
    const first = await place({ price: '99999999.99', quantity: '999999.99999999' });
    expect(first).toMatchObject({ status: 'filled', average_price: '99999999.99' });
    const taker = await place(amounts);
    expect(taker).toMatchObject({
      status: 'filled',
      filled_quantity: '1000000.00000000',
      average_price: '100000000.00',
      trades: [{ maker_order_id: maker.order_id, price: '100000000.00', quantity: '1000000.00000000' }],
    });
    const shown = tradesOf(await server.api.get('/trades/detailed?limit=2'));
    expect(shown).toMatchObject([
      { price: '100000000.00', quantity: '1000000.00000000', sell_client_id: 'whale' },
      { price: '99999999.99', quantity: '999999.99999999', sell_order_id: second.order_id },
    ]);
    await expectEmptyBook();
    await ledgerIsUpToDate();
    const ids = `('${maker.order_id}', '${second.order_id}')`;
    expect(
      await ledger.query(`SELECT o.order_id, trim_scale(o.notional)::text AS notional, t.quantity::text
        FROM orders o JOIN trades t ON t.sell_order_id = o.order_id
        WHERE o.order_id IN ${ids} AND t.price * t.quantity = o.notional ORDER BY o.notional`),
    ).toEqual([
      // (10^8 - 0.01) x (10^6 - 10^-8)
      { order_id: second.order_id, notional: '99999999989999.0000000001', quantity: '999999.99999999' },
      { order_id: maker.order_id, notional: '100000000000000', quantity: '1000000.00000000' },
    ]);
  });
});

const QueuesSchema = Type.Object({ gateways: Type.Array(Type.Object({ requests: Type.Integer() })) });
const queues = Compile(QueuesSchema);

function queuesOf({ body, text }: Answer): Static<typeof QueuesSchema> {
  if (!queues.Check(body)) throw new Error(`not the figures of the queues page: ${text}`);
  return body;
}

test('two gateways: what one connection was told, every other reads at once', async () => {
  const connections = Array.from({ length: 24 }, () => server.connect());
  const readOn = async (writer: Connection, reader: Connection, k: number) => {
    const price = `${1000 + k}.00`;
    const placed = await place({ client_id: `c${k}`, price, quantity: '0.001' }, writer);
    const [found, book] = await Promise.all([
      reader.get(`/orders/${placed.order_id}`),
      reader.get('/orderbook?levels=1000').then(bookOf),
    ]);
    expect(orderOf(found)).toMatchObject({ order_id: placed.order_id, status: 'open' });
    expect(book.sequence).toBeGreaterThanOrEqual(placed.sequence);
    expect(book.bids.map((level) => level.price)).toContain(Number(price));
    const amended = orderReplyOf(await reader.send('PATCH', `/orders/${placed.order_id}`, { quantity: '0.002' }));
    expect(amended.quantity).toBe('0.00200000');
    expect(orderOf(await writer.get(`/orders/${placed.order_id}`)).quantity).toBe('0.00200000');
    expect((await writer.post(`/orders/${placed.order_id}/cancel`)).status).toBe(202);
    expect(orderOf(await reader.get(`/orders/${placed.order_id}`)).status).toBe('cancelled');
  };
  for (let round = 0; round < 4; round++) {
    await Promise.all(
      connections.map((writer, i) =>
        readOn(writer, connections[(i + 1 + round) % connections.length], round * 100 + i),
      ),
    );
  }
  await expectEmptyBook();
  const { gateways } = queuesOf(await server.api.get('/admin/queues.json'));
  expect(gateways).toHaveLength(2);
  for (const { requests } of gateways) expect(requests).toBeGreaterThan(0);
});

test('the same key at once on many connections is one order, with one answer', async () => {
  const connections = Array.from({ length: 16 }, () => server.connect());
  const body = order({ idempotency_key: 'raced', price: '3.00' });
  const answers = await Promise.all(connections.map((connection) => connection.post('/orders', body)));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  const other = await server.api.post('/orders', { ...body, price: '3.01' });
  expect(problemOf(other)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  const first = orderReplyOf(await server.api.post('/orders', body));
  expect((await bookNow()).bids).toEqual([{ price: 3, quantity: 0.5, cumulative: 0.5 }]);
  await server.api.post(`/orders/${first.order_id}/cancel`);
});

test('what is not well formed is refused and leaves no trace', async () => {
  const before = healthOf(await server.api.get('/healthz')).journal.sequence;
  const { price: _price, ...noPrice } = order();
  for (const [body, status, field] of [
    ['{', 400, undefined],
    ['[]', 400, undefined],
    [noPrice, 400, 'price'],
    [order({ price: '70000.001' }), 400, 'price'],
    [order({ quantity: -1 }), 400, 'quantity'],
    [order({ quantity: '0.000000001' }), 400, 'quantity'],
    [`${JSON.stringify(noPrice).slice(0, -1)},"price":1e400}`, 400, 'price'],
    [`${JSON.stringify(noPrice).slice(0, -1)},"price":9007199254740993}`, 400, 'price'],
    [`${JSON.stringify(order()).slice(0, -1)},"__proto__":{"side":"sell"}}`, 400, '__proto__'],
    [order({ instrument: 'DOGE-USD' }), 400, 'instrument'],
    [order({ client_id: 'x'.repeat(20_000) }), 413, undefined],
  ] as const) {
    const problem = problemOf(await server.connect().post('/orders', body));
    expect({ status: problem.status, field: problem.field, executed: problem.executed }).toEqual({
      status,
      field,
      executed: 'no',
    });
  }
  expect(problemOf(await server.api.post('/orders/01a203c0-3a13-8400-8000-0000014619ee/cancel')).status).toBe(404);
  expect(healthOf(await server.api.get('/healthz')).journal.sequence).toBe(before);
});

test('the pages and figures of operations answer', async () => {
  const metrics = await server.api.get('/metrics');
  expect(metrics.status).toBe(200);
  for (const name of ['ringbook_order_latency_seconds', 'ringbook_commands_total', 'ringbook_trades_total']) {
    expect(metrics.text).toContain(name);
  }
  const page = await server.api.get('/admin/queues');
  expect(page.status).toBe(200);
  expect(page.text).toContain('<html');
});

const SnapshotSchema = Type.Object({
  sequence: Type.Integer(),
  frame: Type.Integer(),
  digest: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  bytes: Type.Integer({ minimum: 1 }),
  open_orders: Type.Integer(),
});
const snapshot = Compile(SnapshotSchema);

async function takeSnapshot(): Promise<Static<typeof SnapshotSchema>> {
  const { status, body, text } = await server.api.post('/admin/snapshot');
  if (status !== 200 || !snapshot.Check(body)) throw new Error(`no snapshot: ${status} ${text}`);
  return body;
}

test('a snapshot on demand is in the sequence, and on the disk', async () => {
  const directory = join(server.dataDir, 'shard-0', 'snapshots');
  const { sequence } = await place({ price: '2.00' });
  const first = await takeSnapshot();
  expect(first).toMatchObject({ sequence, open_orders: 1 });
  const again = await takeSnapshot();
  expect(again).toEqual({ ...first, frame: again.frame }); // a seal may have come between
  const later = await place({ price: '2.01' });
  const second = await takeSnapshot();
  expect(second).toMatchObject({ sequence: later.sequence, open_orders: 2 });
  expect(second.digest).not.toBe(first.digest);
  const nameOf = ({ frame }: { frame: number }) => `${String(frame).padStart(20, '0')}.snap`;
  expect((await readdir(directory)).sort().slice(-2)).toEqual([nameOf(again), nameOf(second)]);
  expect(existsSync(join(directory, nameOf(second)))).toBe(true);
});

test('a ring that is full refuses at once, executes nothing of what it refused, and recovers', async () => {
  const slots = 64;
  const burst = 400;
  const small = await Server.start(lab, { environment: { ...NO_DATABASE, RINGBOOK_RING_SLOTS: String(slots) } });
  const connections = Array.from({ length: burst }, () => small.connect());
  await Promise.all(connections.map((connection) => connection.get('/livez')));
  // Stopped, it finds all of them at once when it goes on: more than its ring has room for.
  small.signal('SIGSTOP');
  const bodies = connections.map(() => order({ price: '4.00' }));
  const asked = connections.map((connection, i) => connection.post('/orders', bodies[i]));
  await Promise.all(connections.map((connection) => connection.sent()));
  small.signal('SIGCONT');
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ status }) => status === 503);
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted.length).toBeGreaterThanOrEqual(slots);
  expect(refused.length).toBeGreaterThan(0);
  expect(accepted.length + refused.length).toBe(burst);
  for (const answer of refused) {
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(problemOf(answer)).toMatchObject({ code: 'ring_full', executed: 'no', retry: 'later' });
  }
  expect(healthOf(await small.api.get('/healthz')).journal.sequence).toBe(accepted.length);
  // All of them again: the refused ones are executed now, the others are not executed twice.
  await overConnections(small.url, 8, [...bodies.entries()], async (connection, [i, body]) => {
    const answer = await connection.post('/orders', body);
    expect(answer.status).toBe(202);
    expect(answer.headers['idempotent-replayed']).toBe(answers[i]?.status === 202 ? 'true' : undefined);
  });
  const [level] = bookOf(await small.api.get('/orderbook')).bids;
  expect(level).toEqual({ price: 4, quantity: burst / 2, cumulative: burst / 2 });
  await small.stop();
  expect(commandsIn(small.journal)).toBe(accepted.length + burst);
});
