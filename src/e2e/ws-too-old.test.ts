// How far back a resume on /ws goes after kill -9: a server makes its spool anew, from the snapshot that the ledger can go on from.
// From there on nothing is missing; who asks for what lies before is told so, and begins anew.

import { expect, test } from 'vitest';
import { connect, type Position } from '../client/index.ts';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { createRandom } from '../sim/testing/random.ts';
import { replayBook } from '../tools/book-checksums.ts';
import { CuttableSockets } from '../tools/raw-web-socket.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { order } from './testing/orders.ts';
import { orderReplyOf } from './testing/replies.ts';
import { Server, useDatabase } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const INSTRUMENT = 'BTC-USD';
const COMMANDS = 200;

const lab = new Lab();
let traders = 0;

/** Commands and, at the end, a trade; its sequence. */
async function trade({ url, api }: Server): Promise<number> {
  const trader = new Trader(`t${++traders}`, createRandom(traders));
  await trader.trade(url, () => trader.log.length < COMMANDS);
  await api.post('/orders', order({ price: '1.00' }));
  const sale = order({ side: 'sell', price: '1.00', quantity: '0.001', time_in_force: 'IOC' });
  return orderReplyOf(await api.post('/orders', sale)).sequence;
}

/** What a subscriber to `matches` is told that has everything through `from`, until it has everything through `sequence`. */
async function resume({ url }: Server, from: Position | undefined, sequence: number) {
  const client = connect(`ws${url.slice(4)}/ws`, { WebSocket: new CuttableSockets().WebSocket });
  lab.defer(() => client.close());
  const matches = client.matches(INSTRUMENT, from);
  const told = { snapshots: [] as string[], trades: 0 };
  matches.on('snapshot', ({ reason }) => told.snapshots.push(reason));
  matches.on('update', ({ trades }) => {
    told.trades += trades.length;
  });
  await eventually('it is told everything', () => matches.live && (matches.position?.sequence ?? 0) >= sequence);
  client.close();
  return { ...told, journal: matches.position?.journal ?? '' };
}

test('after a restart a resume goes back to the snapshot, and no further unsaid', async () => {
  const database = await createTestDatabase('e2e ws too old');
  lab.defer(() => database.drop());
  const ledger = await Ledger.open(lab, database.connection);
  const directory = await lab.directory();
  const environment = useDatabase(database.connection);
  const server = await Server.start(lab, { directory, environment });
  const old = await trade(server);
  const snapshot = await trade(server);
  expect((await server.api.post('/admin/snapshot')).status).toBe(200);
  const newest = await trade(server);
  const { journal } = await resume(server, undefined, newest);
  await ledger.reaches(newest);
  await server.kill9();

  const next = await Server.start(lab, { directory, environment });
  const early = await resume(next, { sequence: snapshot, journal }, newest);
  const last = await trade(next);
  const all = await resume(next, { sequence: snapshot, journal }, last);
  const behind = await resume(next, { sequence: newest, journal }, last);
  expect(await resume(next, { sequence: old, journal }, last)).toEqual({ snapshots: ['too_old'], trades: 0, journal });
  expect(await next.stop()).toEqual({ code: 0, signal: null });
  const reference = replayBook(next.journal, 0);
  const since = (sequence: number) => ({ snapshots: [], trades: reference.tradesAfter(sequence), journal });
  expect([all, behind]).toEqual([since(snapshot), since(newest)]);
  expect(all.trades).toBe(early.trades + behind.trades);
  expect(early).toMatchObject({ snapshots: [], journal });
});
