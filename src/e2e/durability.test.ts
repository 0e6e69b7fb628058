// What was acknowledged is there after kill -9 under load, again and again on one data directory: the same answers, the same
// orders, the same book, and in Postgres each trade exactly once. And the proof that this test would notice: the same load
// and the same audit with the journal in memory, where everything must be found missing.

import { readdirSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { createRandom } from '../sim/testing/random.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { commandsIn, endsClean } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { between, chooseSeed } from './testing/random.ts';
import { healthOf } from './testing/replies.ts';
import { NO_DATABASE, Server, type ServerOptions, useDatabase } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';

const TRADERS = 12;
const LOAD_MS = { least: 50, most: 700 };
const START_MS = 600;
/** By then somebody has traded. */
const LEAST_ANSWERED = 40;
const TIMEOUT_MS = 120_000;
/** The last one is an orderly stop under load: it answers everything that it executes. */
const ENDS = ['SIGKILL', 'SIGTERM'] as const;

const lab = new Lab();

function createTraders(random: () => number): Trader[] {
  return Array.from(
    { length: TRADERS },
    (_, i) => new Trader(`trader-${i}`, createRandom(between(random, 1, 2 ** 31))),
  );
}

/** Lets all trade at once, ends the server amid it (on a slow machine later: when enough were answered), and waits for everyone. */
async function loadUntil(server: Server, traders: readonly Trader[], ms: number, end: NodeJS.Signals): Promise<void> {
  const enough = commandBounds(traders).least + LEAST_ANSWERED;
  const trading = traders.map((trader) => trader.trade(server.url, () => true));
  do
    await sleep(ms); // the random moment
  while (commandBounds(traders).least < enough);
  server.signal(end);
  await Promise.all(trading);
  await server.ended();
}

/** That must change nothing. */
async function killOnItsWayUp(options: ServerOptions, ms: number): Promise<void> {
  const starting = await Server.launch(lab, options);
  await sleep(ms); // another random moment
  await starting.kill9();
}

/** How many commands the journal must hold: each answer of the engine one, each unanswered request one or none. */
function commandBounds(traders: readonly Trader[]): { least: number; most: number } {
  const log = traders.flatMap((trader) => trader.log);
  const least = log.filter(({ outcome }) => outcome === 'accepted' || outcome === 'refused').length;
  return { least, most: least + log.filter(({ outcome }) => outcome === 'unknown').length };
}

const sequenceOf = async (server: Server) => healthOf(await server.api.get('/healthz')).journal.sequence;

test('killed under load again and again, and stopped under load', { timeout: TIMEOUT_MS }, async () => {
  const random = createRandom(chooseSeed('durability'));
  const database = await createTestDatabase('e2e durability');
  lab.defer(() => database.drop());
  const ledger = await Ledger.open(lab, database.connection);
  const directory = await lab.directory();
  // Few enough that a snapshot is mostly due: starts are from snapshots, and ends come amid taking one.
  const environment = { ...useDatabase(database.connection), RINGBOOK_SNAPSHOT_COMMANDS: '40' };
  const traders = createTraders(random);
  let fromSnapshot = 0;
  let server = await Server.start(lab, { directory, environment });
  let sequence = 0;
  let unseenBefore = 0;
  for (const end of ENDS) {
    const before = commandBounds(traders);
    await loadUntil(server, traders, between(random, LOAD_MS.least, LOAD_MS.most), end);
    const { least, most } = commandBounds(traders);
    expect(endsClean(server.journal)).toBe(end === 'SIGTERM');

    await killOnItsWayUp({ directory, environment }, between(random, 0, START_MS));
    server = await Server.start(lab, { directory, environment });
    if (server.stdout.includes('from the snapshot of sequence')) fromSnapshot++;
    const recovered = await sequenceOf(server);
    expect(recovered).toBeGreaterThanOrEqual(sequence + least - before.least);
    expect(recovered).toBeLessThanOrEqual(sequence + most - before.least);

    expect(await replayAll(server.url, traders)).toEqual([]);
    const unseen = traders.flatMap(({ log }) => log.filter(({ executedUnseen }) => executedUnseen)).length;
    if (end === 'SIGTERM') expect(unseen).toBe(unseenBefore);
    unseenBefore = unseen;
    const reckoning = reckon(traders);
    expect(await auditReads(server.url, server.api, reckoning)).toEqual([]);
    sequence = await sequenceOf(server);
    // One at least, however slow the machine: then a start has a snapshot to begin with.
    expect((await server.api.post('/admin/snapshot')).status).toBe(200);
    await ledger.reaches(sequence);
    expect(await ledger.problems(reckoning)).toEqual([]);
    process.stderr.write(
      `durability: ${end}, ${least} answered, ${most - least} not (${unseen} executed all the same); ${reckoning.orders.size} orders, ${reckoning.trades.size} trades\n`,
    );
  }
  expect(fromSnapshot).toBeGreaterThan(0);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(commandsIn(server.journal)).toBe(sequence);
});

describe('the audit notices', () => {
  test.skipIf(process.platform !== 'linux')('a journal that did not survive', async () => {
    const directory = await lab.directory();
    const environment = { ...NO_DATABASE, RINGBOOK_DURABILITY: 'memory' };
    const traders = createTraders(createRandom(7));
    const server = await Server.start(lab, { directory, environment });
    expect(server.stdout).toContain('NOT DURABLE: journal in memory');
    const left = memoryDirectoriesOf(server.pid);
    expect(left).not.toEqual([]);
    lab.defer(() => Promise.all(left.map((one) => rm(one, { recursive: true, force: true }))).then(() => {}));
    await loadUntil(server, traders, 150, 'SIGKILL');
    const { least } = commandBounds(traders);
    expect(least).toBeGreaterThan(0);

    const next = await Server.start(lab, { directory, environment });
    expect(await sequenceOf(next)).toBe(0);
    const problems = await auditReads(next.url, next.api, reckon(traders));
    expect(problems).toContainEqual(expect.stringContaining('is gone: 404'));
    expect(problems).toContainEqual(expect.stringContaining('trade is missing'));
    expect(await replayAll(next.url, traders)).toContainEqual(expect.stringContaining('was accepted with'));
    await next.stop();
  });

  test('a ledger row that is missing, changed or doubled', async () => {
    const database = await createTestDatabase('e2e audit');
    lab.defer(() => database.drop());
    const ledger = await Ledger.open(lab, database.connection);
    const traders = createTraders(createRandom(11));
    const server = await Server.start(lab, { environment: useDatabase(database.connection) });
    await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 40)));
    await ledger.reaches(await sequenceOf(server));
    const reckoning = reckon(traders);
    expect(await ledger.problems(reckoning)).toEqual([]);
    const last = 'trade_number = (SELECT max(trade_number) FROM trades)';
    for (const [damage, found] of [
      [`UPDATE trades SET quantity = quantity + 0.00000001 WHERE ${last}`, 'ledger trade is unknown'],
      [`DELETE FROM trades WHERE ${last}`, 'ledger trade is missing'],
      [`UPDATE trades SET trade_number = trade_number + 1 WHERE ${last}`, 'the ledger counts'],
      ['DELETE FROM closed_orders WHERE order_number = (SELECT max(order_number) FROM closed_orders)', 'ledger order'],
    ] as const) {
      await ledger.query('BEGIN');
      await ledger.query(damage);
      expect(await ledger.problems(reckoning)).toContainEqual(expect.stringContaining(found));
      await ledger.query('ROLLBACK');
    }
    await server.stop();
  });
});

/** Where a server keeps a journal in memory, by its open files: killed, it cannot remove it. */
function memoryDirectoriesOf(pid: number): string[] {
  const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return [
    ...new Set(files.flatMap((file) => /^\/(?:dev\/shm|tmp)\/ringbook-[^/-]+(?=\/shard-)/.exec(file)?.[0] ?? [])),
  ];
}
