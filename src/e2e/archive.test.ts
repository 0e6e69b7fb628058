// The archive in the whole process: closed segments go there after a snapshot, starts do without them, a ledger that is built anew
// has every trade of them, and when the archive is gone as well only the ledger refuses. Segments are small here because
// what wrote the journal's beginning made them so.

import { readdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Side } from '../domain/codes.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { limitOrder } from '../sim/testing/commands.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { healthOf, orderReplyOf } from './testing/replies.ts';
import { ONE_GATEWAY, Server, useDatabase } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab();
const FRAMES = 800;

/** A journal of several segments of 1 MiB: every second order trades with the one before. */
async function journalIn(shard: string): Promise<void> {
  await mkdir(shard, { recursive: true, mode: 0o700 });
  const exchange = new InProcessExchange({ directory: shard });
  for (let k = 0; k < FRAMES; k++) {
    const side = k % 2 === 0 ? Side.BUY : Side.SELL;
    expect(exchange.submit(limitOrder(`client-${k % 5}`, side, 7_000_000, 100))).toBe(true);
    exchange.turnMatching();
    exchange.replies();
  }
  exchange.settle();
  exchange.close();
}

async function ledgerOf(name: string) {
  const database = await createTestDatabase(name);
  lab.defer(() => database.drop());
  const environment = { ...useDatabase(database.connection), ...ONE_GATEWAY };
  return { environment, ledger: await Ledger.open(lab, database.connection) };
}

const sequenceOf = async (server: Server) => healthOf(await server.api.get('/healthz')).journal.sequence;

let keys = 0;
async function trade(server: Server): Promise<void> {
  for (const side of ['buy', 'sell']) {
    const order = {
      idempotency_key: `late-${++keys}`,
      client_id: 'late',
      side,
      type: 'limit',
      price: 70_000,
      quantity: 1,
    };
    orderReplyOf(await server.api.post('/orders', { ...order, client_id: `late-${side}` }));
  }
}

/** Takes a snapshot when the ledger is level. */
async function snapshot(server: Server, ledger: Ledger): Promise<void> {
  await trade(server);
  await ledger.reaches(await sequenceOf(server));
  expect((await server.api.post('/admin/snapshot')).status).toBe(200);
}

const bookOf = async (server: Server) => (await server.api.get('/orderbook?levels=100')).text;

test('closed segments are archived, and read again when a ledger is built anew', { timeout: 60_000 }, async () => {
  const directory = await lab.directory();
  const dataDir = join(directory, 'data');
  const shard = join(dataDir, 'shard-0');
  await journalIn(shard);
  const filesIn = (name: string) => readdirSync(join(shard, name)).filter((file) => /^\d{20}\.walz?$/.test(file));
  const segments = filesIn('journal');
  expect(segments.length).toBeGreaterThan(2);

  const first = await ledgerOf('e2e archive');
  let server = await Server.start(lab, { directory, environment: first.environment });
  // Three: the oldest of the two that stay must be one that the ledger has come to and that is behind all small segments.
  for (let k = 0; k < 3; k++) await snapshot(server, first.ledger);
  await eventually('segments are archived', () => filesIn('archive').length >= segments.length - 1);
  const metrics = (await server.api.get('/metrics')).text;
  expect(metrics).toMatch(/ringbook_archive_failures_total 0/);
  expect(filesIn('journal').length).toBeLessThan(segments.length);
  await eventually('it is counted', async () =>
    /ringbook_archive_segments_total [1-9]/.test((await server.api.get('/metrics')).text),
  );
  await server.kill9();

  server = await Server.start(lab, { directory, environment: first.environment });
  await trade(server);
  const sequence = await sequenceOf(server);
  await first.ledger.reaches(sequence);
  const book = await bookOf(server);
  const counts = await first.ledger.counts();
  expect(counts[0].count).toBe(FRAMES / 2 + keys / 2);
  expect(await server.stop()).toEqual({ code: 0, signal: null });

  const second = await ledgerOf('e2e archive anew');
  server = await Server.start(lab, { directory, environment: second.environment });
  await second.ledger.reaches(sequence);
  expect(await second.ledger.counts()).toEqual(counts);
  expect(await bookOf(server)).toBe(book);
  expect(await server.stop()).toEqual({ code: 0, signal: null });

  rmSync(join(shard, 'archive'), { recursive: true });
  const third = await ledgerOf('e2e archive gone');
  server = await Server.start(lab, { directory, environment: third.environment });
  await eventually('the ledger refuses', async () => {
    const { postgres, trading } = healthOf(await server.api.get('/healthz'));
    return postgres.status === 'refused' && trading === 'open';
  });
  expect(server.stdout + server.stderr).toContain('the journal cannot be read from its beginning');
  expect(await bookOf(server)).toBe(book);
  await trade(server);
  expect(await third.ledger.checkpoint()).toBe(0);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});
