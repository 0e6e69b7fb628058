// Postgres away, at the start and again and again under load: orders are taken and acknowledged, health says what is down and that
// trading goes on, and when it is back the ledger is complete. The database is the test run's, behind a port that can be
// switched off.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { createRandom } from '../sim/testing/random.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { commandsIn } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { between, chooseSeed } from './testing/random.ts';
import { healthOf } from './testing/replies.ts';
import { type Environment, Server, useDatabase } from './testing/server.ts';
import { SwitchedProxy } from './testing/switched-proxy.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const TRADERS = 8;
const OUTAGES = 6;
const OUTAGE_MS = { least: 20, most: 300 };

const lab = new Lab();

interface Switched {
  readonly proxy: SwitchedProxy;
  readonly ledger: Ledger;
  readonly environment: Environment;
}

/** A database behind a switch, and a way to it that is never off. */
async function switchedDatabase(name: string): Promise<Switched> {
  const database: TestDatabase = await createTestDatabase(name);
  lab.defer(() => database.drop());
  const { host, port } = database.connection;
  const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const proxy = await SwitchedProxy.open(lab, target);
  const environment = useDatabase({ ...database.connection, host: proxy.host, port: proxy.port });
  return { proxy, environment, ledger: await Ledger.open(lab, database.connection) };
}

const healthStatus = async (server: Server) => (await server.api.get('/healthz')).status;

async function expectDegraded(server: Server): Promise<void> {
  const answer = await server.api.get('/healthz');
  expect(answer.status).toBe(503);
  const health = healthOf(answer);
  expect(health).toMatchObject({ status: 'degraded', trading: 'open', postgres: { status: 'down' } });
  expect(health.message).toContain('Postgres is not connected. Trading goes on');
  expect(health.postgres.detail).toContain('ECONNREFUSED');
  expect((await server.api.get('/readyz')).status).toBe(200);
}

test('away at the start: trading begins without it, and the ledger is complete once it comes', async () => {
  const { proxy, ledger, environment } = await switchedDatabase('e2e late');
  await proxy.off();
  const server = await Server.start(lab, { environment });
  expect(server.stdout).toContain('postgres   external');
  await eventually('its absence is noticed', async () => (await server.api.get('/healthz')).text.includes('"down"'));
  await expectDegraded(server);

  const traders = [new Trader('early', createRandom(1)), new Trader('bird', createRandom(2))];
  await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 100)));
  expect(traders.flatMap(({ log }) => log.filter(({ outcome }) => outcome === 'unknown'))).toEqual([]);
  const reckoning = reckon(traders);
  expect(reckoning.trades.size).toBeGreaterThan(0);
  await expectDegraded(server);
  const { journal, postgres } = healthOf(await server.api.get('/healthz'));
  expect(postgres.sequences).toBe(journal.sequence);
  expect(await auditReads(server.url, server.api, reckoning)).toEqual([]);
  expect(await ledger.checkpoint()).toBe(0);

  await proxy.on();
  await eventually('all is well', async () => (await healthStatus(server)) === 200);
  await ledger.reaches(journal.sequence);
  expect(await ledger.problems(reckoning)).toEqual([]);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test('coming and going under load: nothing is missing, nothing is doubled', async () => {
  const random = createRandom(chooseSeed('degraded'));
  const { proxy, ledger, environment } = await switchedDatabase('e2e flaky');
  const server = await Server.start(lab, { environment });
  await eventually('Postgres is connected', async () => (await healthStatus(server)) === 200);
  const traders = Array.from({ length: TRADERS }, (_, i) => new Trader(`t${i}`, createRandom(between(random, 1, 1e9))));
  let trading = true;
  const load = Promise.all(traders.map((trader) => trader.trade(server.url, () => trading)));
  const pause = () => sleep(between(random, OUTAGE_MS.least, OUTAGE_MS.most));
  for (let outage = 0; outage < OUTAGES; outage++) {
    await pause();
    await proxy.off();
    await pause();
    expect((await server.api.get('/readyz')).status).toBe(200);
    await proxy.on();
  }
  trading = false;
  await load;
  const log = traders.flatMap((trader) => trader.log);
  expect(log.filter(({ outcome }) => outcome !== 'accepted' && outcome !== 'refused')).toEqual([]);

  await eventually('all is well', async () => (await healthStatus(server)) === 200);
  const { sequence } = healthOf(await server.api.get('/healthz')).journal;
  expect(sequence).toBe(log.length);
  const reckoning = reckon(traders);
  await ledger.reaches(sequence);
  expect(await ledger.problems(reckoning)).toEqual([]);
  process.stderr.write(`degraded: ${log.length} commands, ${reckoning.trades.size} trades, ${OUTAGES} outages\n`);
  await server.stop();
});

test('away at the stop: it ends all the same, and the next start brings the ledger up to date', async () => {
  const { proxy, ledger, environment } = await switchedDatabase('e2e gone');
  const directory = await lab.directory();
  const server = await Server.start(lab, { directory, environment });
  await eventually('Postgres is connected', async () => (await healthStatus(server)) === 200);
  await proxy.off();
  const traders = [new Trader('late', createRandom(3)), new Trader('comer', createRandom(4))];
  await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 60)));
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const commands = commandsIn(server.journal);
  expect(await ledger.checkpoint()).toBeLessThan(commands);

  await proxy.on();
  const next = await Server.start(lab, { directory, environment });
  await ledger.reaches(commands);
  expect(await ledger.problems(reckon(traders))).toEqual([]);
  expect(await replayAll(next.url, traders)).toEqual([]);
  await next.stop();
});

test('set back to an older backup while it runs: it says what to do, and a restart makes the ledger whole', async () => {
  const { ledger, environment } = await switchedDatabase('e2e backup');
  const directory = await lab.directory();
  const traders = [new Trader('back', createRandom(5)), new Trader('up', createRandom(6))];
  const tradeTo = async (server: Server, commands: number) => {
    await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < commands)));
    const { sequence } = healthOf(await server.api.get('/healthz')).journal;
    return sequence;
  };
  const first = await Server.start(lab, { directory, environment });
  await ledger.reaches(await tradeTo(first, 40));
  const tables = [
    ...['trades', 'open_orders', 'closed_orders', 'instruments', 'candles', 'positions', 'projection_checkpoint'],
  ];
  await ledger.query(tables.map((table) => `CREATE TABLE old_${table} AS TABLE ${table}`).join(';'));
  await ledger.reaches(await tradeTo(first, 80));
  expect((await first.api.post('/admin/snapshot')).status).toBe(200);
  expect(await first.stop()).toEqual({ code: 0, signal: null });

  // Its events begin behind the snapshot, for the ledger needs no older ones when it starts.
  const second = await Server.start(lab, { directory, environment });
  await ledger.reaches(await tradeTo(second, 120));
  await ledger.query(
    `BEGIN; ${tables.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE old_${table}`).join(';')}; COMMIT`,
  );
  const sequence = await tradeTo(second, 160);
  await eventually('it refuses', async () => (await second.api.get('/healthz')).text.includes('"refused"'));
  const { postgres, trading } = healthOf(await second.api.get('/healthz'));
  expect(trading).toBe('open');
  expect(postgres.detail).toMatch(/^the ledger (ends|is back) at sequence \d+, .*start/);
  expect(await second.stop()).toEqual({ code: 0, signal: null });

  const third = await Server.start(lab, { directory, environment });
  await ledger.reaches(sequence);
  expect(await ledger.problems(reckon(traders))).toEqual([]);
  await third.stop();
});
