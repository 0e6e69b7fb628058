// Redis holds the newest book, and nothing depends on it: away at the start, lost under load, emptied by somebody, it delays no
// order, and when it is back it shows the book that GET /orderbook shows. The server is the test run's, behind a switch.

import { Redis } from 'ioredis';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, inject, test } from 'vitest';
import { createRandom } from '../sim/testing/random.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { bookOf, healthOf, orderReplyOf } from './testing/replies.ts';
import { NO_DATABASE, ONE_GATEWAY, Server } from './testing/server.ts';
import { SwitchedProxy } from './testing/switched-proxy.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const KEY = 'ringbook:BTC-USD:book';
/** Not the one that a stray server would use. */
const DATABASE = 7;

const lab = new Lab();

const ValueSchema = Type.Object({
  epoch: Type.Integer({ minimum: 1 }),
  sequence: Type.Integer({ minimum: 0 }),
  journal: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  book: Type.Object({ sequence: Type.Integer() }, { additionalProperties: true }),
});
const value = Compile(ValueSchema);

function publishedIn(text: string | null): Static<typeof ValueSchema> {
  const parsed: unknown = JSON.parse(text ?? 'null');
  if (!value.Check(parsed)) throw new Error(`not a published book: ${text}`);
  return parsed;
}

describe.skipIf(inject('redis') === null)('with Redis', () => {
  async function connect(): Promise<Redis> {
    const { host, port } = inject('redis') ?? { host: '', port: 0 };
    const redis = new Redis({ host, port, db: DATABASE });
    lab.defer(() => redis.disconnect());
    await redis.del(KEY);
    return redis;
  }

  async function startBehindSwitch(): Promise<{ proxy: SwitchedProxy; redis: Redis; server: Server }> {
    const { host, port } = inject('redis') ?? { host: '', port: 0 };
    const redis = await connect();
    const proxy = await SwitchedProxy.open(lab, { host, port });
    await proxy.off();
    const environment = {
      ...NO_DATABASE,
      ...ONE_GATEWAY,
      REDIS_URL: `redis://${proxy.host}:${proxy.port}/${DATABASE}`,
    };
    return { proxy, redis, server: await Server.start(lab, { environment }) };
  }

  const redisHealth = async (server: Server) => healthOf(await server.api.get('/healthz'));

  const becomes = (server: Server, status: string) =>
    eventually(`Redis is ${status}`, async () => (await redisHealth(server)).redis.status === status);

  /** Waits until the key holds the book as it is now, which must not change meanwhile. */
  async function showsTheBook(server: Server, redis: Redis): Promise<void> {
    const answer = await server.api.get('/orderbook');
    const { sequence } = bookOf(answer);
    await eventually(`Redis holds the book at ${sequence}`, async () => {
      const text = await redis.get(KEY);
      return text !== null && publishedIn(text).sequence === sequence;
    });
    expect(publishedIn(await redis.get(KEY)).book).toEqual(answer.body);
  }

  test('away at the start, then there, lost under load, and emptied', async () => {
    const { proxy, redis, server } = await startBehindSwitch();
    expect(server.stdout).toContain('redis      on');
    await becomes(server, 'down');
    orderReplyOf(await server.api.post('/orders', order({ price: '1.00' })));
    const degraded = await redisHealth(server);
    expect(degraded).toMatchObject({ status: 'degraded', trading: 'open' });
    expect(degraded.message).toMatch(/Redis are not connected\. Trading goes on/);
    expect((await server.api.get('/readyz')).status).toBe(200);
    expect(await redis.exists(KEY)).toBe(0);

    await proxy.on();
    await becomes(server, 'up');
    await showsTheBook(server, redis);

    const traders = Array.from({ length: 4 }, (_, i) => new Trader(`r${i}`, createRandom(i + 80)));
    const trading = traders.map((trader) => trader.trade(server.url, () => trader.log.length < 150));
    await eventually('trading is under way', () => traders.every(({ log }) => log.length > 20));
    await proxy.off();
    await becomes(server, 'down');
    await Promise.all(trading);
    const outcomes = new Set(traders.flatMap(({ log }) => log.map(({ outcome }) => outcome)));
    expect([...outcomes].filter((outcome) => outcome !== 'accepted' && outcome !== 'refused')).toEqual([]);
    const old = publishedIn(await redis.get(KEY));
    expect(old.sequence).toBeLessThan(bookOf(await server.api.get('/orderbook')).sequence);

    await proxy.on();
    await showsTheBook(server, redis);
    await redis.del(KEY);
    await showsTheBook(server, redis);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test('each change is published, and after a restart a greater epoch goes on', async () => {
    const redis = await connect();
    const listener = redis.duplicate();
    lab.defer(() => listener.disconnect());
    const published: string[] = [];
    listener.on('message', (_channel, text) => published.push(text));
    await listener.subscribe(KEY);
    const { host, port } = inject('redis') ?? { host: '', port: 0 };
    const directory = await lab.directory();
    const environment = { ...NO_DATABASE, ...ONE_GATEWAY, REDIS_URL: `redis://${host}:${port}/${DATABASE}` };
    const first = await Server.start(lab, { directory, environment });
    orderReplyOf(await first.api.post('/orders', order({ price: '2.00' })));
    await showsTheBook(first, redis);
    const before = publishedIn(await redis.get(KEY));
    await first.kill9();
    const second = await Server.start(lab, { directory, environment });
    orderReplyOf(await second.api.post('/orders', order({ price: '2.01' })));
    await showsTheBook(second, redis);
    const after = publishedIn(await redis.get(KEY));
    expect(after.journal).toBe(before.journal);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(after.sequence).toBe(2);
    const ours = published.map(publishedIn).filter(({ journal }) => journal === before.journal);
    const last = ours.at(-1);
    expect(last).toEqual(after);
    const sequences = ours.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    await second.stop();
  });
});
