// Who has a data directory, and that an orderly stop under load leaves it whole: again and again on one directory.
//   RINGBOOK_E2E_STOPS=200 npx vitest run src/e2e/directory.test.ts     more of them

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRandom } from '../sim/testing/random.ts';
import { auditReads, reckon, replayAll } from './testing/audit.ts';
import { endsClean } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { between, chooseSeed } from './testing/random.ts';
import { orderReplyOf } from './testing/replies.ts';
import { NO_DATABASE, Server } from './testing/server.ts';
import { Trader } from './testing/traffic.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab();
const environment = NO_DATABASE;
const STOPS = Number(process.env.RINGBOOK_E2E_STOPS ?? 1);
const STOP_MS = 5_000;

test('of two starts at once after kill -9 of the owner one is up, and the other ends with 75', async () => {
  const directory = await lab.directory();
  const first = await Server.start(lab, { directory, environment });
  const kept = orderReplyOf(await first.api.post('/orders', order()));
  await first.kill9(); // not before the kernel has freed its lock
  const two = await Promise.all([1, 2].map(() => Server.launch(lab, { directory, environment })));
  const isUp = ({ stdout }: Server) => stdout.includes('Ringbook is up.');
  await eventually('each has come to something', () => two.every((one) => isUp(one) || one.exit !== undefined), 30_000);
  const [up, ...more] = two.filter(isUp);
  expect([up === undefined, more.length]).toEqual([false, 0]);
  expect(two.find((one) => one !== up)?.exit).toEqual({ code: 75, signal: null });
  expect((await up?.api.get(`/orders/${kept.order_id}`))?.status).toBe(200);
});

test('a copy of a directory is another one: each has its own owner and its own future', async () => {
  const directory = await lab.directory();
  const first = await Server.start(lab, { directory, environment });
  const kept = orderReplyOf(await first.api.post('/orders', order()));
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  const copy = await lab.directory();
  await cp(first.dataDir, join(copy, 'data'), { recursive: true });
  const both = await Promise.all(
    [directory, copy].map((where) => Server.start(lab, { directory: where, environment })),
  );
  for (const server of both) {
    expect((await server.api.get(`/orders/${kept.order_id}`)).status).toBe(200);
    expect(server.lockPid).toBe(server.pid);
    expect(orderReplyOf(await server.api.post('/orders', order())).sequence).toBe(2);
  }
});

test(`stopped ${STOPS} times by SIGTERM under load: 0 within 5 s, all acknowledged is there`, {
  timeout: 60_000 + STOPS * 20_000,
}, async () => {
  const random = createRandom(chooseSeed('stops'));
  const directory = await lab.directory();
  let longestMs = 0;
  for (let stop = 0; stop < STOPS; stop++) {
    const traders = Array.from(
      { length: 8 },
      (_, i) => new Trader(`s${stop}-${i}`, createRandom(between(random, 1, 1e9))),
    );
    const server = await Server.start(lab, { directory, environment });
    const trading = Promise.all(traders.map((trader) => trader.trade(server.url, () => true)));
    await sleep(between(random, 20, 400)); // the random moment
    const stoppedMs = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended(STOP_MS)).toEqual({ code: 0, signal: null });
    longestMs = Math.max(longestMs, performance.now() - stoppedMs);
    await trading;
    expect(endsClean(server.journal)).toBe(true);
    const next = await Server.start(lab, { directory, environment });
    expect(next.stdout).not.toContain('torn');
    expect(await replayAll(next.url, traders)).toEqual([]);
    for (const { log } of traders) expect(log.filter(({ executedUnseen }) => executedUnseen)).toEqual([]);
    if (stop === 0) expect(await auditReads(next.url, next.api, reckon(traders))).toEqual([]);
    // Whatever rests would trade with the next ones, who know nothing of it.
    expect((await next.api.send('DELETE', '/orders')).status).toBe(202);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  }
  process.stderr.write(`stops: ${STOPS}, the longest ${Math.round(longestMs)} ms\n`);
});
