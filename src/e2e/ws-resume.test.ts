// Subscribers of /ws over everything that can end a connection: cuts, an orderly stop, kill -9, another journal. Books are held to a
// replay of the journal at each message, and orders whose reply was lost to what became of them. All on one port, which servers take
// after each other; and the proof that a resume that skips something is noticed.

import { once } from 'node:events';
import { open as openFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type OrderReply } from '../client/index.ts';
import { freePort } from '../sim/testing/free-port.ts';
import { createRandom, Random } from '../sim/testing/random.ts';
import { replayBook } from '../tools/book-checksums.ts';
import { CutWatch } from '../tools/cut-watch.ts';
import { CuttableSockets } from '../tools/raw-web-socket.ts';
import { WsConnection } from '../tools/ws-connection.ts';
import { sealOf } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { chooseSeed } from './testing/random.ts';
import { bookOf, orderReplyOf } from './testing/replies.ts';
import { type Environment, NO_DATABASE, Server } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const CUTS = 20;
const TRADERS = 4;
/** So many orders are answered before a server is killed. */
const ANSWERED = 150;
const AT_ONCE = 6;
/** Those that were answered last. */
const ASKED_AGAIN = 50;
const BTC = 0;

const lab = new Lab('file');
const seed = chooseSeed('ws-resume');
let directory = '';
let environment: Environment = {};
let server: Server;
let watch: CutWatch;
let traders = 0;

beforeAll(async () => {
  directory = await lab.directory();
  // Few enough that starts are from snapshots, with a spool that goes back further.
  environment = { ...NO_DATABASE, PORT: String(await freePort()), RINGBOOK_SNAPSHOT_COMMANDS: '300' };
  server = await Server.start(lab, { directory, environment });
  watch = new CutWatch(new URL(server.url));
});

afterAll(() => watch.close());

/** Trades at once until told to stop, or the server ends. */
class Load {
  #on = true;
  readonly #trading: Promise<unknown>;
  readonly #traders: readonly Trader[];

  constructor() {
    this.#traders = Array.from({ length: TRADERS }, () => new Trader(`t${++traders}`, createRandom(seed + traders)));
    this.#trading = Promise.all(this.#traders.map((trader) => trader.trade(server.url, () => this.#on)));
  }

  /** Until so many requests were sent from here on. */
  async flows(count: number): Promise<void> {
    const sent = () => this.#traders.reduce((sum, { log }) => sum + log.length, 0);
    const enough = sent() + count;
    await eventually('there is load', () => sent() >= enough);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#trading;
  }
}

test('cut twenty times under load: nothing is missing, and each book ever seen was the exchange’s', async () => {
  const load = new Load();
  await watch.cutOften(CUTS, new Random(seed));
  await load.flows(10 * CUTS);
  await load.stop();
  await watch.settle();
  await sealOf(server.journal);
  const reference = replayBook(server.journal, BTC);
  const report = watch.check(reference);
  expect(report.passed, report.text()).toBe(true);
  expect(watch.snapshots.toSorted()).toEqual(['full subscribed', 'level2 subscribed', 'matches subscribed']);
  expect(reference.toldAfter(0)).toBeGreaterThan(5 * CUTS);
});

test('a resume that skips commands is noticed by the books, and by this test', async () => {
  const sale = { side: 'sell', price: '1.00', quantity: '0.001', time_in_force: 'IOC' };
  const { sequence } = orderReplyOf(await server.api.post('/orders', order(sale)));
  const sockets = new CuttableSockets(skippingResumes(3));
  const skipping = new CutWatch(new URL(server.url), sockets);
  await eventually('all channels tell of it last', () => skipping.sequences.every((told) => told === sequence));
  sockets.pause();
  // Skipped: a level, and trades with what the test before has left.
  for (const changes of [{ price: '2.00' }, sale, sale, { price: '3.00' }, sale, { price: '4.00' }])
    orderReplyOf(await server.api.post('/orders', order(changes)));
  sockets.cut();
  await eventually('it is live again', () => skipping.snapshots.length === 5);
  await skipping.live();
  await skipping.settle();
  skipping.close();
  await sealOf(server.journal);
  const report = skipping.check(replayBook(server.journal, BTC));
  expect(report.text()).toMatch(/trades in matches .* WRONG/);
  expect(skipping.snapshots.slice(3).toSorted()).toEqual(['full subscribed', 'level2 subscribed']);
  expect(skipping.problems).toEqual(Array(2).fill(expect.stringContaining('mismatch')));
});

/** Asks to resume behind what it has, and hides that from its client. */
function skippingResumes(commands: number) {
  const moved = new Map<number, number>();
  return {
    sent: (text: string) =>
      text.replace(/"from_sequence":(\d+)/, (_all, digits: string) => {
        moved.set(Number(digits) + commands, Number(digits));
        return `"from_sequence":${Number(digits) + commands}`;
      }),
    received: (text: string) =>
      text.replace(/"(from|prev)_sequence":(\d+)/, (_all, which: string, digits: string) => {
        return `"${which}_sequence":${moved.get(Number(digits)) ?? digits}`;
      }),
  };
}

test('an orderly stop closes with 1001, and everyone is back on the next server', async () => {
  const load = new Load();
  await load.flows(200);
  const before = watch.closeCodes.length;
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  await load.stop();
  await eventually('it is disconnected', () => watch.closeCodes.length > before);
  expect(watch.closeCodes[before]).toBe(1001);
  server = await Server.start(lab, { directory, environment });
  await watch.live();
  expect(watch.snapshots).toHaveLength(3);
});

test('killed under load: subscribers resume, and each order is found under its key, once', async () => {
  expect((await server.api.post('/admin/snapshot')).status).toBe(200);
  const load = new Load();
  const keys = new KeyedOrders(server);
  expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  await load.stop();
  server = await Server.start(lab, { directory, environment });
  expect(server.stdout).toContain('from the snapshot of sequence');
  await watch.live();
  const orders = await keys.stop();
  expect(keys.replayed).toBeGreaterThan(0);
  expect(new Set([...orders.values()].map(({ order_id }) => order_id)).size).toBe(orders.size);
  for (const [key, reply] of [...orders].slice(-ASKED_AGAIN)) {
    const again = await server.api.post('/orders', { ...KEYED, client_id: 'keys', idempotency_key: key });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toEqual(reply);
  }
  const { bids } = bookOf(await server.api.get('/orderbook?levels=1000'));
  const level = bids.find(({ price }) => price === Number(KEYED.price));
  expect(level?.quantity).toBeCloseTo(orders.size * Number(KEYED.quantity), 8);

  const after = new Load();
  await after.flows(200);
  await after.stop();
  await watch.settle();
  await sealOf(server.journal);
  const report = watch.check(replayBook(server.journal, BTC));
  expect(report.passed, report.text()).toBe(true);
});

const KEYED = { instrument: 'BTC-USD', side: 'buy', type: 'limit', price: '50.00', quantity: '0.001' } as const;

/** Orders with keys through the client, some at once, as fast as they are answered; until the server is killed amid an answer. */
class KeyedOrders {
  /** Answers that were found under their key. */
  replayed = 0;
  readonly #orders = new Map<string, OrderReply>();
  readonly #client;
  readonly #placing: Promise<unknown>;
  #answered = 0;
  /** No answer reaches the client any more on this connection. */
  #deaf = false;
  #on = true;
  #keys = 0;

  constructor(server: Server) {
    const received = (text: string) => {
      if (text.includes('"replayed":true')) this.replayed++;
      if (text.includes('"status":202') && ++this.#answered === ANSWERED) {
        this.#deaf = true;
        server.signal('SIGKILL');
      }
      return this.#deaf ? '{"type":"pong"}' : text;
    };
    const { WebSocket } = new CuttableSockets({ received });
    this.#client = connect(`ws${server.url.slice(4)}/ws`, { WebSocket, clientId: 'keys', backoffMs: [5, 50] });
    this.#client.on('connected', () => {
      this.#deaf = false;
    });
    this.#placing = Promise.all(Array.from({ length: AT_ONCE }, () => this.#place()));
  }

  /** Every key and its order, once all are known. */
  async stop(): Promise<ReadonlyMap<string, OrderReply>> {
    this.#on = false;
    await this.#placing;
    this.#client.close();
    return this.#orders;
  }

  async #place(): Promise<void> {
    while (this.#on) {
      const idempotency_key = `key-${++this.#keys}`;
      this.#orders.set(idempotency_key, await this.#client.orders.place({ ...KEYED, idempotency_key }));
    }
  }
}

test('while the journal is replayed the upgrade is answered 503, and then everyone is back', async () => {
  await watch.settle();
  const { file, offsetBytes } = await sealOf(server.journal);
  await server.kill9();
  // A torn tail behind the seal, of which recovery asks the ledger, for up to two seconds; and nobody answers there.
  const handle = await openFile(file, 'r+');
  await handle.write(Buffer.alloc(1024, 0xa5), 0, 1024, offsetBytes + 4096);
  await handle.close();
  const waiting: Socket[] = [];
  const silent = createServer((socket) => waiting.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const hangUp = () => {
    silent.close();
    for (const socket of waiting) socket.destroy();
  };
  lab.defer(hangUp);
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('it has a port');
  const url = new URL(server.url);
  server = await Server.launch(lab, {
    directory,
    environment: { ...environment, POSTGRES_PORT: String(address.port) },
  });
  const upgraded = () => WsConnection.open(url, '/ws', () => {}).catch(String);
  let answer = await upgraded();
  await eventually('it is not refused to connect', async () => {
    answer = await upgraded();
    return !String(answer).endsWith(': ');
  });
  expect(answer).toMatch(/ 503 /);
  hangUp();
  await server.up();
  expect(server.stdout).toContain('torn tail was cut');
  await watch.live();
  expect(watch.snapshots).toHaveLength(3);
});

test('another journal on the same port is noticed: all begin anew with what it has', async () => {
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const known = watch.snapshots.length;
  server = await Server.start(lab, { directory: await lab.directory(), environment });
  await watch.live();
  expect(watch.snapshots.slice(known).toSorted()).toEqual([
    'full other_journal',
    'level2 other_journal',
    'matches other_journal',
  ]);
  expect(await watch.settle()).toBe(2);
  expect(watch.sequences).toEqual([2, 2, 2]);
});
