// What makes the process give up, provoked from outside: a journal that cannot be written, a spool that was damaged under it. It must
// end with the right code and say why; whoever waited is told that the outcome is unknown; and the next start has everything.

import { execFile } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { createRandom } from '../sim/testing/random.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { sealOf } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { order } from './testing/orders.ts';
import { healthOf, orderOf, orderReplyOf, problemOf } from './testing/replies.ts';
import { NO_DATABASE, Server, useDatabase } from './testing/server.ts';
import { SwitchedProxy } from './testing/switched-proxy.ts';
import { Trader } from './testing/traffic.ts';

const lab = new Lab();

/** From now on `pid` cannot write to a file beyond this offset: EFBIG, or a short write just before it. */
async function limitFiles(pid: number, bytes: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes}`]);
}

// Only Linux can limit a process from outside. There prlimit (util-linux) must be installed: without it these tests fail.
describe.skipIf(process.platform !== 'linux')('a journal that cannot be written', () => {
  test('in the middle of a frame: 504 to who waited, 74, and nothing acknowledged is lost', async () => {
    const directory = await lab.directory();
    const server = await Server.start(lab, { directory, environment: NO_DATABASE });
    const kept = orderReplyOf(await server.api.post('/orders', order()));
    const last = await sealOf(server.journal);
    await limitFiles(server.pid, last.offsetBytes + 4096 + 100);
    const body = order({ price: '12.00' });
    const problem = problemOf(await server.api.post('/orders', body));
    expect(problem).toMatchObject({ status: 504, code: 'outcome_unknown', executed: 'unknown', retry: 'same-key' });
    expect(await server.ended()).toEqual({ code: 74, signal: null });
    expect(server.stderr).toContain('the journal cannot be written');
    expect(server.stderr).toContain(last.file);

    const next = await Server.start(lab, { directory, environment: NO_DATABASE });
    expect(next.stdout).toContain('torn tail was cut');
    expect(orderOf(await next.api.get(`/orders/${kept.order_id}`))).toMatchObject({ status: 'open', sequence: 1 });
    const again = await next.api.post('/orders', body);
    expect(orderReplyOf(again).sequence).toBe(2);
    expect(again.headers['idempotent-replayed']).toBe(undefined);
    await next.stop();
  });

  test('at the very end, in the frame that says goodbye: 74 although it was an orderly stop', async () => {
    const directory = await lab.directory();
    const server = await Server.start(lab, { directory, environment: NO_DATABASE });
    const kept = orderReplyOf(await server.api.post('/orders', order()));
    const last = await sealOf(server.journal);
    await limitFiles(server.pid, last.offsetBytes + 4096);
    expect(await server.stop()).toEqual({ code: 74, signal: null });
    expect(server.stderr).toContain('the journal cannot be written');

    const next = await Server.start(lab, { directory, environment: NO_DATABASE });
    expect(orderOf(await next.api.get(`/orders/${kept.order_id}`))).toMatchObject({ status: 'open', sequence: 1 });
    await next.stop();
  });

  test('between two frames, under load: every answer before, at and after the failure is true', async () => {
    const directory = await lab.directory();
    const server = await Server.start(lab, { directory, environment: NO_DATABASE });
    const traders = Array.from({ length: 8 }, (_, i) => new Trader(`t${i}`, createRandom(i + 50)));
    const trading = Promise.all(traders.map((trader) => trader.trade(server.url, () => true)));
    await limitFiles(server.pid, 100 * 4096);
    await trading;
    expect((await server.ended()).code).toBe(74);
    const outcomes = traders.map(({ log }) => log.at(-1)?.outcome);
    for (const outcome of outcomes) expect(['unknown', 'declined']).toContain(outcome);
    expect(outcomes).toContain('unknown');

    const next = await Server.start(lab, { directory, environment: NO_DATABASE });
    expect(await replayAll(next.url, traders)).toEqual([]);
    expect(await auditReads(next.url, next.api, reckon(traders))).toEqual([]);
    await next.stop();
  });
});

test('a spool damaged under the running server: 70 with the reason, and the next start rebuilds it', async () => {
  const database = await createTestDatabase('e2e spool');
  lab.defer(() => database.drop());
  const ledger = await Ledger.open(lab, database.connection);
  const { host, port } = database.connection;
  const proxy = await SwitchedProxy.open(
    lab,
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  );
  await proxy.off();
  const directory = await lab.directory();
  const environment = useDatabase({ ...database.connection, host: proxy.host, port: proxy.port });
  const server = await Server.start(lab, { directory, environment });
  const traders = [new Trader('one', createRandom(21)), new Trader('two', createRandom(22))];
  await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 50)));
  const spool = join(server.dataDir, 'shard-0', 'spool');
  const [file = ''] = await readdir(spool);
  const handle = await open(join(spool, file), 'r+');
  await handle.write(Buffer.alloc(64, 0xff), 0, 64, 0);
  await handle.close();
  await proxy.on(); // now the ledger reads it
  expect(await server.ended()).toEqual({ code: 70, signal: null });
  expect(server.stderr).toContain('the event spool cannot be read');

  const next = await Server.start(lab, { directory, environment });
  expect(await replayAll(next.url, traders)).toEqual([]);
  await ledger.reaches(healthOf(await next.api.get('/healthz')).journal.sequence);
  expect(await ledger.problems(reckon(traders))).toEqual([]);
  await next.stop();
});
