// A thread of ours that fails, or stands still. A fault ends the process with 70 and loses nothing that was answered; a matching thread
// that waits for the disk keeps nobody else from answering.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../sim/testing/random.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { CAN_FAIL_DISK, FaultyDisk } from './testing/faulty-disk.ts';
import { commandsIn, endsClean } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { orderReplyOf, problemOf } from './testing/replies.ts';
import { type Environment, NO_DATABASE, Server } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';

const lab = new Lab();

describe('a fault under load ends the process with 70, and nothing that was answered is lost', () => {
  const traders = (seed: number) => Array.from({ length: 8 }, (_, i) => new Trader(`t${i}`, createRandom(seed + i)));

  test.each<[string, Environment]>([
    ['of a gateway thread', { RINGBOOK_CRASH_AT: 'gateway_turn:150' }],
    ['of the matching thread', { RINGBOOK_POISON_CLIENT: 'mallory' }],
  ])('%s', async (_thread, fault) => {
    const directory = await lab.directory();
    const server = await Server.start(lab, {
      directory,
      environment: { ...NO_DATABASE, RINGBOOK_FAULTS: '1', ...fault },
    });
    const everyone = traders(70);
    const trading = Promise.all(everyone.map((trader) => trader.trade(server.url, () => true)));
    if (fault.RINGBOOK_POISON_CLIENT !== undefined) {
      while (everyone.some(({ log }) => log.length < 10)) await server.api.get('/livez');
      await server.api
        .post('/orders', order({ client_id: 'mallory', price: '1.00', time_in_force: 'IOC' }))
        .catch(() => {}); // its outcome is unknown
    }
    await trading;
    expect(await server.ended()).toEqual({ code: 70, signal: null });
    expect(server.stderr).toMatch(/"level":"fatal".*(the fault point gateway_turn throws|cannot be applied)/);
    expect(endsClean(server.journal)).toBe(false);

    // A start without the fault: what the matching thread had not applied is applied.
    const next = await Server.start(lab, { directory, environment: NO_DATABASE });
    expect(await replayAll(next.url, everyone)).toEqual([]);
    expect(await auditReads(next.url, next.api, reckon(everyone))).toEqual([]);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  });
});

test.skipIf(!CAN_FAIL_DISK)(
  'a matching thread that waits: gateways answer, a full ring refuses at once, and it drains',
  async () => {
    const disk = await FaultyDisk.make(lab);
    const slots = 64;
    const burst = 200;
    const environment = {
      ...NO_DATABASE,
      ...disk.environment,
      RINGBOOK_RING_SLOTS: String(slots),
      RINGBOOK_GATEWAY_THREADS: '1',
    };
    const server = await Server.start(lab, { environment });
    const connections = Array.from({ length: burst }, () => server.connect());
    await Promise.all(connections.map((connection) => connection.get('/livez')));
    disk.fail({ call: 'write', from: 1, count: 1, how: 'none', delayMs: 4_000 });
    const statuses: number[] = [];
    const asked = connections.map(async (connection) => {
      const answer = await connection.post('/orders', order({ price: '4.00' }));
      statuses.push(answer.status);
      return answer;
    });
    await Promise.all(connections.map((connection) => connection.sent()));
    // The disk's delay is the clock of this test: all of this is answered before the first order is.
    for (let i = 0; i < 3; i++) expect((await server.api.get('/livez')).status).toBe(200);
    const healthy = await server.api.get('/readyz');
    const whileItWaits = [...statuses];
    expect(healthy.status).toBe(200);
    expect(new Set(whileItWaits)).toEqual(new Set([503]));

    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThanOrEqual(whileItWaits.length);
    for (const answer of refused) {
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      expect(problemOf(answer)).toMatchObject({ code: 'ring_full', executed: 'no', retry: 'later' });
    }
    const sequences = answers.filter(({ status }) => status === 202).map((answer) => orderReplyOf(answer).sequence);
    expect(sequences.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: burst - refused.length }, (_, i) => i + 1),
    );
    expect(orderReplyOf(await server.api.post('/orders', order())).sequence).toBe(sequences.length + 1);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(commandsIn(server.journal)).toBe(sequences.length + 1);
  },
);
