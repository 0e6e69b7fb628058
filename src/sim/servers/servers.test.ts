// The tests' own servers: the databases are apart from each other, and a private Redis lives and dies as told.
// Runs in a vitest worker; owns what it starts. Must never signal a process it did not start.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { isAlive, until } from '../../ledger/embedded-postgres/processes.ts';
import { type RedisConnection, startRedisServer } from './redis-server.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const BUILT = new URL('../../../dist/sim/servers/redis-server.js', import.meta.url);

async function connect({ connection }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client(connection);
  client.on('error', () => {}); // the database may be dropped under it
  await client.connect();
  return client;
}

test('two databases of one name are two, and a drop ends whoever is still connected', async () => {
  const [first, second] = await Promise.all([createTestDatabase('Same name'), createTestDatabase('Same name')]);
  onTestFinished(async () => {
    await Promise.all([first.drop(), second.drop()]);
  });
  const [one, two] = await Promise.all([connect(first), connect(second)]);
  await one.query('CREATE TABLE mine (number integer)');
  await expect(two.query('SELECT * FROM mine')).rejects.toThrow('does not exist');
  await Promise.all([first.drop(), second.drop()]);
  await expect(connect(first)).rejects.toThrow('does not exist');
  await expect(two.query('SELECT 1')).rejects.toThrow();
});

/** Sends one inline command over TCP, or the socket, and returns the first thing the server says. */
function ask(target: { port: number; host: string } | { path: string }, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(target, () => socket.write(`${command}\r\n`));
    socket.on('error', reject);
    socket.on('data', (reply) => {
      socket.destroy();
      resolve(reply.toString().trim());
    });
  });
}

const overTcp = ({ host, port }: RedisConnection) => ({ host, port });

describe.skipIf(inject('redis') === null)('redis', () => {
  async function temporaryDirectory(): Promise<string> {
    const directory = await mkdtemp('/tmp/ringbook-redis-');
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  test('the one of the test run answers on both doors', async () => {
    const redis = inject('redis');
    if (redis === null) throw new Error('unreachable: skipped without Redis');
    expect(await ask(overTcp(redis), 'PING')).toBe('+PONG');
    expect(await ask({ path: redis.socketPath }, 'PING')).toBe('+PONG');
  });

  test('stops, comes back empty on the same port, and says when it ends by itself', async () => {
    const directory = await temporaryDirectory();
    const first = await startRedisServer({ directory });
    expect(await ask(overTcp(first.connection), 'SET key value')).toBe('+OK');
    await Promise.all([first.stop(), first.stop()]);
    expect(isAlive(first.pid)).toBe(false);
    await expect(ask(overTcp(first.connection), 'PING')).rejects.toThrow('ECONNREFUSED');

    const second = await startRedisServer({ directory, port: first.connection.port });
    onTestFinished(() => second.stop());
    expect(second.connection).toEqual(first.connection);
    expect(await ask(overTcp(second.connection), 'EXISTS key')).toBe(':0');
    await expect(startRedisServer({ directory, port: second.connection.port })).rejects.toThrow('did not start');
    process.kill(second.pid, 'SIGKILL');
    expect(await second.exited).toBe(null);
  });

  test('stop ends even a server that does not listen', async () => {
    const server = await startRedisServer({ directory: await temporaryDirectory(), shutdownMs: 300 });
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  test.skipIf(process.platform !== 'linux')('kill -9 of the node process that started it leaves none', async () => {
    if (!existsSync(BUILT)) throw new Error(`${BUILT.pathname} is missing: npm run build`);
    const script = `import { startRedisServer } from ${JSON.stringify(BUILT.href)};
      const server = await startRedisServer({ directory: ${JSON.stringify(await temporaryDirectory())} });
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const node = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      node.kill('SIGKILL');
    });
    const pid = await new Promise<number>((resolve) => node.stdout.once('data', (line) => resolve(Number(line))));
    expect(isAlive(pid)).toBe(true);
    node.kill('SIGKILL');
    expect(await until(() => !isAlive(pid), 10_000)).toBe(true);
  });
});

test('a socket path that is too long is refused before anything starts', async () => {
  const directory = join('/tmp', 'x'.repeat(120));
  await expect(startRedisServer({ directory, program: 'redis-server' })).rejects.toThrow('too long');
});
