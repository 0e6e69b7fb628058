// The life of the process as its user sees it, with the embedded database: the banner, every way to stop it, and what is left.
// All on one data directory, whose database is made once.

import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../ledger/embedded-postgres/processes.ts';
import { endsClean } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { postgresIn } from './testing/processes.ts';
import { healthOf, orderOf, orderReplyOf } from './testing/replies.ts';
import { type Environment, MAIN, Server } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab('file');
let directory = '';
/** Orders placed by all tests of this file. */
const placed: string[] = [];

beforeAll(async () => {
  directory = await lab.directory();
});

/** On the file's directory; ends with the test, which the next one needs. Every start must find every order so far. */
async function start(options: { environment?: Environment; command?: readonly string[] } = {}): Promise<Server> {
  const server = await Server.start(lab, { directory, ...options });
  onTestFinished(async () => {
    if (server.exit === undefined) await server.stop();
  });
  for (const id of placed) expect(orderOf(await server.api.get(`/orders/${id}`)).status).toBe('open');
  expect(server.stdout).toContain(placed.length === 0 ? '(new)' : `(recovered ${placed.length} command`);
  expect(server.stdout).not.toContain('torn');
  return server;
}

async function noPostgresLeft({ dataDir }: Server): Promise<void> {
  await eventually('no postgres is left', async () => (await postgresIn(dataDir)).length === 0);
}

async function placeOrder(server: Server, body: unknown = order()): Promise<void> {
  placed.push(orderReplyOf(await server.api.post('/orders', body)).order_id);
}

async function postgresIsConnected(server: Server): Promise<void> {
  await eventually('Postgres is connected', async () => (await server.api.get('/healthz')).status === 200, 20_000);
}

test('a first start says where everything is, and the line to try works', async () => {
  const startedMs = performance.now();
  const server = await start();
  process.stderr.write(`first start, with a new database: ${Math.round(performance.now() - startedMs)} ms\n`);
  const { stdout, url, dataDir } = server;
  for (const text of [
    `Ringbook is up.  ${url}`,
    `POST ${url}/orders`,
    `ws${url.slice(4)}/stream`,
    `${url}/admin/queues`,
    `${url}/healthz`,
    `${dataDir} (new)`,
    'fsync: synced before every reply',
    `embedded, in ${dataDir}/postgres`,
    'off (set REDIS_URL',
  ]) {
    expect(stdout).toContain(text);
  }
  expect(stdout).not.toContain('NOT DURABLE');
  const body = /curl -s \S+\/orders .*-d \\\s+'([^']+)'/.exec(stdout)?.[1];
  await placeOrder(server, body);
  await postgresIsConnected(server);
  const health = healthOf(await server.api.get('/healthz'));
  expect(health).toMatchObject({ status: 'ok', trading: 'open', journal: { durable: true, durability: 'fsync' } });
  expect(await postgresIn(dataDir)).not.toEqual([]);
});

describe('an orderly stop', () => {
  test.each([
    { way: 'SIGTERM', signals: ['SIGTERM'] },
    { way: 'SIGINT twice, as npm passes Ctrl-C on', signals: ['SIGINT', 'SIGINT'] },
    { way: 'SIGTERM while it stops on SIGINT', signals: ['SIGINT', 'SIGTERM'] },
  ] as const)('by $way ends with 0 and leaves no postgres', async ({ signals }) => {
    const server = await start();
    await placeOrder(server);
    for (const signal of signals) {
      server.signal(signal);
      await sleep(2); // the pause between the two signals is what is tested
    }
    expect(await server.ended()).toEqual({ code: 0, signal: null });
    await noPostgresLeft(server);
    expect(endsClean(server.journal)).toBe(true);
  });
});

test('kill -9 of node leaves no postgres, and the directory is free at once', async () => {
  const server = await start();
  await postgresIsConnected(server);
  await placeOrder(server);
  server.signal('SIGKILL');
  const next = await start();
  await postgresIsConnected(next);
  expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await next.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
  await noPostgresLeft(server);
  expect(endsClean(server.journal)).toBe(false);
});

test('a second instance on the same directory ends with 75, names the first and leaves it alone', async () => {
  const first = await start();
  const second = await Server.launch(lab, { directory });
  expect(await second.ended()).toEqual({ code: 75, signal: null });
  expect(second.stderr).toContain(first.dataDir);
  expect(second.stderr).toContain(`in use by process ${first.pid}`);
  expect(second.stdout).toBe('');
  await placeOrder(first);
  await postgresIsConnected(first);
  // And a database server that dies is started again, while orders are taken.
  const lost = await postgresIn(first.dataDir);
  for (const pid of lost) killIfAlive(pid);
  await eventually('its loss is noticed', async () => (await first.api.get('/healthz')).status === 503);
  await placeOrder(first);
  await postgresIsConnected(first);
  for (const pid of await postgresIn(first.dataDir)) expect(lost).not.toContain(pid);
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  await noPostgresLeft(first);
});

/** Only ever called with processes that work in this file's own directory. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended with its parent
  }
}

describe('under npm', () => {
  /** npm in a package whose start script is ours. */
  async function startUnderNpm(): Promise<Server> {
    const scripts = { start: `exec '${process.execPath}' '${MAIN}'` };
    await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'under-npm', private: true, scripts }));
    const environment = { npm_config_update_notifier: 'false', npm_config_cache: mkdtempSync(join(directory, 'npm-')) };
    return await start({ environment, command: ['npm', 'start', '--silent'] });
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('%s to npm stops the server cleanly', async (signal) => {
    const npm = await startUnderNpm();
    const pid = npm.lockPid;
    expect(pid).not.toBe(npm.pid);
    await placeOrder(npm);
    await npm.stop(signal);
    expect(isAlive(pid)).toBe(false);
    expect(npm.stderr).toContain('"msg":"stopped"');
    expect(endsClean(npm.journal)).toBe(true);
    await noPostgresLeft(npm);
  });

  test('after kill -9 of npm, node stops by itself within seconds, cleanly', async () => {
    const npm = await startUnderNpm();
    const pid = npm.lockPid;
    await placeOrder(npm);
    npm.signal('SIGKILL');
    const killedMs = performance.now();
    await eventually('node notices', () => !isAlive(pid), 5_000);
    process.stderr.write(`npm killed: node ended after ${Math.round(performance.now() - killedMs)} ms\n`);
    expect(npm.stderr).toContain('npm is gone');
    expect(endsClean(npm.journal)).toBe(true);
    await noPostgresLeft(npm);
  });
});
