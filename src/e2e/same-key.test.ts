// One idempotency key, sent by several connections and through all gateways at once: one order, one answer. Again when the server
// was killed amid it, and again after that.

import { expect, test } from 'vitest';
import type { Connection } from './testing/http.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { bookOf } from './testing/replies.ts';
import { NO_DATABASE, Server } from './testing/server.ts';

const KEYS = 1_000;
const CONNECTIONS = 8;
/** Keys under way at once; each is sent by every connection. */
const AT_ONCE = 10;
const GATEWAYS = 2;
const QUANTITY = 0.001;
const PRICE = '50.00';

const lab = new Lab();

interface Told {
  readonly key: string;
  readonly text: string;
  readonly isReplay: boolean;
}

const bodyOf = (key: string) =>
  order({ idempotency_key: key, client_id: 'rival', price: PRICE, quantity: String(QUANTITY) });

/** Every key by every connection, some keys at a time. What was not accepted is left out. `onTold` hears of each answer. */
async function sendAll(
  connections: readonly Connection[],
  keys: readonly string[],
  onTold: (told: readonly Told[]) => void = () => {},
): Promise<Told[]> {
  const told: Told[] = [];
  const send = async (connection: Connection, key: string) => {
    const answer = await connection.post('/orders', bodyOf(key)).catch(() => undefined);
    if (answer?.status !== 202) return;
    told.push({ key, text: answer.text, isReplay: answer.headers['idempotent-replayed'] === 'true' });
    onTold(told);
  };
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    await Promise.all(some.flatMap((key) => connections.map((connection) => send(connection, key))));
  }
  return told;
}

/** The one answer of every key. Fails when a key was told two. */
function answersOf(told: readonly Told[]): Map<string, string> {
  const answers = new Map<string, string>();
  for (const { key, text } of told) {
    const known = answers.get(key) ?? text;
    if (known !== text) throw new Error(`${key} was told ${known} and ${text}`);
    answers.set(key, known);
  }
  return answers;
}

/** Requests that each gateway has taken. */
async function requestsByGateway(connection: Connection): Promise<number[]> {
  const { text } = await connection.get('/metrics');
  const lines = text.matchAll(/^ringbook_http_requests_total\{[^}]*gateway="\d+"[^}]*\} (\d+)/gm);
  return [...lines].map(([, count]) => Number(count));
}

/** As many as are wanted, and more until every gateway has one: the kernel deals them out by chance. */
async function connectionsTo(server: Server): Promise<Connection[]> {
  const connections: Connection[] = [];
  let requests: number[] = [];
  while (connections.length < CONNECTIONS || requests.some((count) => count === 0)) {
    const connection = server.connect();
    connections.push(connection);
    requests = await requestsByGateway(connection);
  }
  return connections;
}

test('a key sent by everyone at once is one order, before and after kill -9', { timeout: 120_000 }, async () => {
  const directory = await lab.directory();
  const environment = { ...NO_DATABASE, RINGBOOK_GATEWAY_THREADS: String(GATEWAYS) };
  const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
  const first = await Server.start(lab, { directory, environment });
  const half = (KEYS / 2) * CONNECTIONS;
  const told = await sendAll(await connectionsTo(first), keys, ({ length }) => {
    if (length === half + 1) first.signal('SIGKILL'); // the others of this round are under way
  });
  await first.ended();
  expect(told.length).toBeGreaterThan(half);
  expect(told.length).toBeLessThan(KEYS * CONNECTIONS);

  const second = await Server.start(lab, { directory, environment });
  const connections = await connectionsTo(second);
  const again = await sendAll(connections, keys);
  expect(again).toHaveLength(KEYS * connections.length);
  const answers = answersOf([...told, ...again]);
  expect(answers.size).toBe(KEYS);
  // Of all who asked, at most one was told that it was the first; none twice over both lives of the server.
  const firsts = [...told, ...again].filter(({ isReplay }) => !isReplay).map(({ key }) => key);
  expect(new Set(firsts).size).toBe(firsts.length);
  const orders = [...answers.values()].map((text) => JSON.parse(text).order_id);
  expect(new Set(orders).size).toBe(KEYS);
  const [level, ...others] = bookOf(await second.api.get('/orderbook?levels=10')).bids;
  expect(others).toEqual([]);
  expect(level.quantity).toBeCloseTo(KEYS * QUANTITY, 8);
  const taken = await requestsByGateway(second.api);
  expect(taken).toHaveLength(GATEWAYS);
  expect(Math.min(...taken)).toBeGreaterThanOrEqual(KEYS);
  await second.stop();
});
