// A wall clock that jumps by an hour, either way, under a running server and between two starts: sequences and batch times go on, orders
// end when their time has come by the engine's clock and never before, and nothing spins.

import { expect, test } from 'vitest';
import { commandsIn, framesOf } from './testing/journal-files.ts';
import { CAN_JUMP, JumpingClock } from './testing/jumping-clock.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { healthOf, type Order, orderOf, orderReplyOf } from './testing/replies.ts';
import { NO_DATABASE, ONE_GATEWAY, Server } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab();
const MINUTE_MS = 60_000;

test.skipIf(!CAN_JUMP)('jumps of the wall clock: time goes on, orders end in time, nothing spins', async () => {
  const clock = await JumpingClock.make(lab);
  const directory = await lab.directory();
  const environment = { ...NO_DATABASE, ...ONE_GATEWAY, ...clock.environment };
  const startMs = Date.now();
  let server = await Server.start(lab, { directory, environment });
  const placed: Order[] = [];
  /** `minutes`: when it ends, by the true clock. */
  const place = async (minutes?: number) => {
    const end = minutes === undefined ? {} : { time_in_force: 'GTT', expires_at: startMs + minutes * MINUTE_MS };
    const reply = orderReplyOf(await server.api.post('/orders', order(end)));
    placed.push(reply);
    return reply;
  };
  const statusOf = async ({ order_id }: Order) => orderOf(await server.api.get(`/orders/${order_id}`)).status;
  /** Nothing comes but what was asked for: an expiry that fires again and again would be commands. */
  const rests = async () => {
    const { sequence } = healthOf(await server.api.get('/healthz')).journal;
    const frames = framesOf(server.journal).length;
    for (let i = 0; i < 100; i++) await server.api.get('/livez');
    expect(healthOf(await server.api.get('/healthz')).journal.sequence).toBe(sequence);
    expect(framesOf(server.journal).length - frames).toBeLessThanOrEqual(1); // a seal may have come
    return sequence;
  };

  const soon = await place(30);
  const late = await place(120);
  clock.set(-60);
  const back = await place(50);
  expect([back.status, await statusOf(soon), await statusOf(late)]).toEqual(['open', 'open', 'open']);
  expect(await rests()).toBe(3);

  clock.set(60);
  await eventually('what ends within the hour has ended', async () => (await statusOf(soon)) === 'expired');
  expect([await statusOf(back), await statusOf(late)]).toEqual(['expired', 'open']);
  await place();
  expect(await rests()).toBe(5); // one expiry for both

  // An hour behind the last batch, in this process and in the next one: time stands, but never goes back.
  clock.set(0);
  await place();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  server = await Server.start(lab, { directory, environment });
  const past = await place(30);
  expect([past.status, past.reject_reason]).toEqual(['rejected', 'expiry_passed']);
  expect((await place(90)).status).toBe('open');
  expect(await statusOf(late)).toBe('open');
  await rests();

  expect(placed.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 5, 6, 7, 8]);
  const times = placed.map(({ created_at }) => Date.parse(created_at));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(commandsIn(server.journal)).toBe(8); // each frame's time is verified on the way
});
