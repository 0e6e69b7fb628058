// What a disk can do to the server, for real: it fills up, refuses a write or a sync, cuts one short, is slow, hangs. Nothing
// acknowledged may be lost, and nothing acknowledged after a failure. A disk that only says that it wrote shows that these tests
// would notice.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { frameBytesMax } from '../journal/frame.ts';
import { createRandom } from '../sim/testing/random.ts';
import { CAN_MOUNT, mountSmallDisk, unmountSmallDisks } from '../sim/testing/small-disk.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { CAN_FAIL_DISK, type DiskFault, FaultyDisk } from './testing/faulty-disk.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { healthOf, orderReplyOf, problemOf } from './testing/replies.ts';
import { NO_DATABASE, ONE_GATEWAY, Server } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab();

const MIB = 1 << 20;
const SEGMENT_BYTES = 64 * MIB;
/** For a journal that is to come to its end: a quarter of the orders fill one. */
const SMALL_SEGMENT_BYTES = 16 * MIB;
const SMALL_SEGMENTS = { ...NO_DATABASE, RINGBOOK_SEGMENT_BYTES: String(SMALL_SEGMENT_BYTES) };

function tradersOf(count: number, seed: number): Trader[] {
  return Array.from({ length: count }, (_, i) => new Trader(`t${i}`, createRandom(seed + i)));
}

/** Sends everything again and looks at everything: what is wrong, empty when nothing is. */
async function audit(server: Server, traders: readonly Trader[]): Promise<string[]> {
  const replayed = await replayAll(server.url, traders);
  return [...replayed, ...(await auditReads(server.url, server.api, reckon(traders)))];
}

async function stateOf(server: Server): Promise<string> {
  return healthOf(await server.api.get('/healthz')).trading;
}

const stateOfSpool = async (server: Server) =>
  /"spool":\{"status":"(\w+)"/.exec((await server.api.get('/healthz')).text)?.[1];
const queuesOf = (server: Server) => server.api.get('/admin/queues.json');

describe.skipIf(!CAN_MOUNT)('a disk that fills up', () => {
  async function serverOnSmallDisk(bytes: number, segmentBytes = SEGMENT_BYTES, environment = NO_DATABASE) {
    const directory = await lab.directory();
    const disk = mountSmallDisk(directory, bytes);
    lab.defer(unmountSmallDisks);
    const server = await Server.start(lab, { directory, environment });
    await eventually('the next segment is there', () => disk.freeBytes < bytes - 2 * segmentBytes + MIB);
    return { directory, disk, server };
  }

  test('first only cancels pass, until there is space and an operator says so', async () => {
    const { directory, disk, server } = await serverOnSmallDisk(192 * MIB);
    const { api } = server;
    const kept = orderReplyOf(await api.post('/orders', order({ price: '1.00' })));
    disk.fill(5 * MIB);
    await eventually('only cancels', async () => (await stateOf(server)) === 'cancel_only');
    const refused = await api.post('/orders', order());
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'storage_low', executed: 'no', retry: 'later' });
    expect(refused.headers['retry-after']).toBe('1');
    const amend = { client_id: 'alice', price: '2.00' };
    expect(problemOf(await api.send('PATCH', `/orders/${kept.order_id}`, amend)).code).toBe('storage_low');
    expect(problemOf(await api.post('/admin/kill-switch', { engaged: false })).code).toBe('storage_low');
    expect((await api.get('/readyz')).body).toMatchObject({ status: 'not_ready', state: 'storage_low' });
    expect((await api.get('/metrics')).text).toContain('ringbook_storage_state 1');
    expect((await api.get('/admin/queues.json')).body).toMatchObject({
      state: 'cancel_only',
      storage: { status: 'low' },
    });
    expect((await api.post(`/orders/${kept.order_id}/cancel`, { client_id: 'alice' })).status).toBe(202);
    expect((await api.send('DELETE', '/orders?client_id=alice')).status).toBe(202);
    expect(problemOf(await api.post('/admin/resume')).code).toBe('storage_low');
    disk.release();
    expect(problemOf(await api.post('/orders', order())).code).toBe('storage_low');
    expect((await api.post('/admin/resume')).body).toMatchObject({ status: 'ok', detail: '' });
    const after = orderReplyOf(await api.post('/orders', order()));
    expect(await server.stop()).toEqual({ code: 0, signal: null });

    const next = await Server.start(lab, { directory, environment: NO_DATABASE });
    expect((await next.api.get(`/orders/${kept.order_id}`)).body).toMatchObject({ status: 'cancelled' });
    expect((await next.api.get(`/orders/${after.order_id}`)).body).toMatchObject({ status: 'open' });
    await next.stop();
  });

  test('under load to its very end: no command passes, nothing acknowledged is lost, and it goes on', async () => {
    const { directory, disk, server } = await serverOnSmallDisk(160 * MIB, SMALL_SEGMENT_BYTES, SMALL_SEGMENTS);
    await writeJournal(server, SMALL_SEGMENT_BYTES - frameBytesMax(SMALL_SEGMENT_BYTES) - 3 * MIB);
    const traders = tradersOf(4, 70);
    const trading = Promise.all(traders.map((trader) => trader.trade(server.url, () => true)));
    await eventually('they trade', () => traders.every(({ log }) => log.length > 10));
    rmSync(join(server.journal, 'spare.zero'));
    disk.fill(0);
    const cancelling = Promise.all([1, 2, 3, 4].map(() => cancelUntilRefused(server)));
    await eventually('nothing is taken', async () => (await stateOf(server)) === 'halted', 60_000); // hundreds of cancels later
    expect(problemOf(await server.api.send('DELETE', '/orders?client_id=t0'))).toMatchObject({
      ...{ status: 503, code: 'storage_full', executed: 'no', retry: 'later' },
    });
    expect((await server.api.get('/orderbook')).status).toBe(200);
    disk.release();
    await Promise.all([trading, cancelling]);
    await eventually('it goes on', async () => (await server.api.post('/admin/resume')).status === 200);
    expect(await audit(server, traders)).toEqual([]);
    await eventually('the spool is level', async () => (await stateOfSpool(server)) === 'ok');
    await server.kill9();

    const next = await Server.start(lab, { directory, environment: SMALL_SEGMENTS });
    await eventually('reads are level', async () =>
      /"follower":\{[^}]*"lag_sequences":0/.test((await queuesOf(next)).text),
    );
    expect(await audit(next, traders)).toEqual([]);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  });

  /** Cancels that find nothing, each journaled, as long as they pass. */
  async function cancelUntilRefused(server: Server): Promise<void> {
    const connection = server.connect();
    while ((await connection.send('DELETE', '/orders?client_id=nobody')).status === 202) {}
  }

  /** Orders that come to nothing, each a frame, until the journal has grown to so many bytes. Throws when they are refused. */
  async function writeJournal(server: Server, bytes: number): Promise<void> {
    const written = async () => Number(/"written_bytes":(\d+)/.exec((await queuesOf(server)).text)?.[1]);
    while ((await written()) < bytes) {
      for (let i = 0; i < 250; i++) orderReplyOf(await server.api.post('/orders', order({ ...NOTHING })));
    }
  }
});

/** For the starts that show what a failure has left. */
const AFTERWARDS = { ...NO_DATABASE, ...ONE_GATEWAY };

/** Finds no liquidity and is gone. */
const NOTHING = { client_id: 'nobody', type: 'limit', time_in_force: 'IOC', price: '0.01', quantity: '0.00000001' };

describe.skipIf(!CAN_FAIL_DISK)('a disk that fails', () => {
  async function serverOn(disk: FaultyDisk, environment: Record<string, string> = {}) {
    const directory = await lab.directory();
    const server = await Server.start(lab, {
      directory,
      environment: { ...NO_DATABASE, ...disk.environment, ...environment },
    });
    return { directory, server };
  }

  test.each<[string, DiskFault, boolean, string?]>([
    ['refuses the first write with EIO', { call: 'write', from: 1, how: 'EIO' }, false],
    ['refuses one write with EIO and would take the next', { call: 'write', from: 40, count: 1, how: 'EIO' }, false],
    ['refuses a write past the page cache', { call: 'write', from: 23, how: 'EIO' }, false, 'direct'],
    ['refuses a write with ENOSPC', { call: 'write', from: 17, how: 'ENOSPC' }, false],
    ['refuses one sync with EIO and would take the next', { call: 'sync', from: 31, count: 1, how: 'EIO' }, true],
  ])(
    'and %s: 504, 74, not one call after it, and all that was acknowledged is there',
    async (_, fault, sync, write = 'auto') => {
      const disk = await FaultyDisk.make(lab, sync);
      const { directory, server } = await serverOn(disk, { RINGBOOK_JOURNAL_WRITE: write });
      const traders = tradersOf(6, 90);
      const trading = Promise.all(traders.map((trader) => trader.trade(server.url, () => true)));
      await eventually('they trade', () => traders.every(({ log }) => log.length > 10));
      disk.fail(fault);
      await trading;
      expect(await server.ended()).toEqual({ code: 74, signal: null });
      expect(server.stderr).toContain('the journal cannot be written');
      expect(disk.callsAfterFailure).toBe(0);
      const outcomes = traders.map(({ log }) => log.at(-1)?.outcome);
      expect(outcomes).toContain('unknown');
      for (const outcome of outcomes) expect(['unknown', 'declined']).toContain(outcome);
      const segmentsOf = () => readdirSync(server.journal).filter((name) => name.endsWith('.wal'));
      const segments = segmentsOf();

      const next = await Server.start(lab, { directory, environment: AFTERWARDS });
      expect(segmentsOf()).toHaveLength(segments.length + 1); // not behind the place that failed
      expect(await audit(next, traders)).toEqual([]);
      await next.kill9();
      const last = await Server.start(lab, { directory, environment: AFTERWARDS });
      expect(segmentsOf()).toHaveLength(segments.length + 1);
      expect(await audit(last, traders)).toEqual([]);
      await last.stop();
    },
  );

  test('and cuts writes short: the rest is written too', async () => {
    const disk = await FaultyDisk.make(lab);
    const { directory, server } = await serverOn(disk);
    const traders = tradersOf(4, 60);
    disk.fail({ call: 'write', from: 3, count: 40, how: 'short' });
    await Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 50)));
    await server.kill9();

    const next = await Server.start(lab, { directory, environment: AFTERWARDS });
    expect(await audit(next, traders)).toEqual([]);
    await next.stop();
  });

  test('and says that it wrote what it did not: these tests notice', async () => {
    const disk = await FaultyDisk.make(lab);
    const { directory, server } = await serverOn(disk);
    const traders = tradersOf(2, 30);
    const trading = Promise.all(traders.map((trader) => trader.trade(server.url, () => trader.log.length < 60)));
    await eventually('they trade', () => traders.every(({ log }) => log.length > 10));
    disk.fail({ call: 'write', from: 1, how: 'lie' });
    await trading;
    await server.kill9();

    const next = await Server.launch(lab, { directory, environment: AFTERWARDS });
    await eventually('it is up or refuses', () => next.exit !== undefined || next.stdout.includes('Ctrl-C'));
    if (next.exit !== undefined) expect(next.exit.code).toBe(65);
    else expect(await replayAll(next.url, traders)).not.toEqual([]);
  });

  test('and is slow: what does not fit the rings is refused, and it recovers by itself', async () => {
    const disk = await FaultyDisk.make(lab);
    const { server } = await serverOn(disk, { RINGBOOK_RING_SLOTS: '64', RINGBOOK_GATEWAY_THREADS: '1' });
    disk.fail({ call: 'write', from: 1, count: 2, how: 'none', delayMs: 1_500 });
    const connections = Array.from({ length: 200 }, () => server.connect());
    const answers = await Promise.all(connections.map((connection) => connection.post('/orders', order())));
    const refused = answers.filter(({ status }) => status !== 202).map(problemOf);
    expect(refused.length).toBeGreaterThan(0);
    for (const problem of refused) expect(problem).toMatchObject({ status: 503, code: 'ring_full', executed: 'no' });
    expect(refused.length).toBeLessThanOrEqual(200 - 64);
    expect((await server.api.post('/orders', order())).status).toBe(202);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test('and hangs: after five seconds whoever waits is told that the outcome is unknown, and it ends with 74', async () => {
    const disk = await FaultyDisk.make(lab);
    const { directory, server } = await serverOn(disk);
    const kept = orderReplyOf(await server.api.post('/orders', order()));
    disk.fail({ call: 'write', from: 1, how: 'none', delayMs: 8_000 });
    const body = order({ price: '12.00' });
    const problem = problemOf(await server.api.post('/orders', body));
    expect(problem).toMatchObject({ status: 504, code: 'outcome_unknown', executed: 'unknown', retry: 'same-key' });
    // Not before the call has returned: what it writes then is written under the lock.
    expect(await server.ended()).toEqual({ code: 74, signal: null });
    expect(server.stderr).toContain('has not returned for more than 5 s');

    const next = await Server.start(lab, { directory, environment: AFTERWARDS });
    expect((await next.api.get(`/orders/${kept.order_id}`)).status).toBe(200);
    expect((await next.api.post('/orders', body)).status).toBe(202);
    await next.stop();
  });
});
