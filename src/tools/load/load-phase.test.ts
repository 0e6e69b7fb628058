// A thread's load against servers that do what a test tells them: everything is answered and counted, a stall counts for all that it
// held up, and answers that are wrong, missing, given twice or to nothing are found.

import { afterEach, expect, test } from 'vitest';
import { ScriptedServer } from '../testing/scripted-server.ts';
import { Acknowledged } from './acknowledged.ts';
import { EVERYDAY } from './flow.ts';
import { LatencyHistogram } from './histogram.ts';
import { LoadPhase, type PhaseOptions, type PhaseResult } from './load-phase.ts';
import { OrderStream } from './order-stream.ts';
import { ReadBack } from './read-back.ts';
import { Users } from './users.ts';

const OPEN: PhaseOptions = { perSecond: 400, offset: 0, warmupMs: 0, measuredMs: 250, patienceMs: 100 };

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

type Say = (text: string) => void;

let server: ScriptedServer;
let users: Users;
let acknowledged: Acknowledged;
afterEach(() => {
  users.close();
  server.close();
});

/** A server that takes every order and fills none. `answer` says what to do instead: with the n-th request, from 0. */
async function open(users_: number, answer: (n: number, good: () => void, say: Say, asked: Asked) => void) {
  let n = 0;
  let orders = 0;
  const known = new Map<unknown, Record<string, unknown>>();
  server = await ScriptedServer.start((socket, message) => {
    const asked: Asked = JSON.parse(message);
    const { id, method, params } = asked;
    const good = () => {
      const order =
        method === 'order.place' ? placedBy(params, ++orders) : changed(known.get(params.order_id) ?? {}, asked);
      known.set(order.order_id, order);
      const result = method === 'order.cancel' ? { message: 'done', order } : order;
      socket.send(JSON.stringify({ id, status: method === 'order.status' ? 200 : 202, result }));
    };
    const say = (text: string) => void (text === 'end' ? socket.end() : socket.send(text));
    answer(n++, good, say, asked);
  });
  const streams = Array.from({ length: users_ }, (_, k) => new OrderStream(1, k, EVERYDAY, 'test'));
  users = await Users.open({ url: server.url, over: 'ws', connections: 1, pipeline: users_, streams });
  acknowledged = new Acknowledged(Number.POSITIVE_INFINITY, () => 0);
}

function placedBy(params: Asked['params'], number: number): Record<string, unknown> {
  const { client_id, side, type, price = null, quantity } = params;
  const isMarket = type === 'market' || params.time_in_force === 'IOC';
  const zero = '0.00000000';
  return {
    order_id: `01a203e4-2591-8400-8000-${number.toString(16).padStart(7, '0')}00000`,
    ...{ client_id, side, type, price, quantity, filled_quantity: zero, prevented_quantity: zero },
    remaining_quantity: isMarket ? zero : quantity,
    cancelled_quantity: isMarket ? quantity : zero,
    status: isMarket ? 'cancelled' : 'open',
    time_in_force: isMarket ? 'IOC' : 'GTC',
    post_only: params.post_only === true,
    trades: [],
    trades_total: 0,
  };
}

/** What a cancel or an amend makes of an order that nothing of is filled. */
function changed(order: Readonly<Record<string, unknown>>, { method, params }: Asked): Record<string, unknown> {
  const { price = order.price, quantity = order.quantity } = params;
  if (method === 'order.status') return order;
  if (method === 'order.amend') return { ...order, price, quantity, remaining_quantity: quantity };
  return { ...order, status: 'cancelled', remaining_quantity: '0.00000000', cancelled_quantity: order.quantity };
}

function run(changes: Partial<PhaseOptions> = {}): Promise<PhaseResult> {
  return new LoadPhase(users, acknowledged, { ...OPEN, ...changes }).run();
}

function histogramOf(data: PhaseResult['intended']): LatencyHistogram {
  const histogram = new LatencyHistogram();
  histogram.add(data);
  return histogram;
}

test('the schedule is kept, and everything is answered once and counted', async () => {
  await open(8, (_, good) => good());
  const { counts, intended, service, faults } = await run();
  expect(faults).toEqual([]);
  expect(counts.sent + counts.unsent).toBe(100);
  expect(counts).toMatchObject({ acknowledged: counts.sent, unanswered: 0, wrong: 0, tooLate: 0, refused: {} });
  expect([intended.count, service.count]).toEqual([100, counts.sent]);
  expect(acknowledged.count).toBe(counts.acknowledgedOrders);
});

test('a stall counts for all that it held up, though only one request was under way', async () => {
  await open(1, (n, good) => void (n === 0 ? setTimeout(good, 240) : good()));
  const { counts, intended, service } = await run({ measuredMs: 300 });
  // 120 arrivals, 96 of them due within the first 240 ms: half of all wait for at least 90 ms.
  expect(counts.sent + counts.unsent).toBe(120);
  expect(histogramOf(intended).quantile(0.5)).toBeGreaterThan(85);
  expect(histogramOf(service).count).toBe(counts.sent);
});

test('in the closed loop the next request follows the answer, and the warm-up is not measured', async () => {
  await open(4, (_, good) => good());
  const { counts, service } = await run({ perSecond: undefined, warmupMs: 50, measuredMs: 50 });
  expect(counts.sent).toBe(counts.acknowledged);
  expect(counts.unsent).toBe(0);
  expect(service.count).toBe(counts.measuredSent);
  expect(counts.measuredSent).toBeLessThan(counts.sent);
});

test('refusals are counted by code, and late cancels apart', async () => {
  const problem = ({ id }: Asked, status: number, code: string) => JSON.stringify({ id, status, error: { code } });
  await open(1, (n, good, say, asked) => {
    if (n % 10 === 0) say(problem(asked, 503, 'ring_full'));
    else if (asked.method === 'order.cancel') say(problem(asked, 409, 'order_closed'));
    else good();
  });
  const { counts } = await run();
  expect(counts.refused).toEqual({ ring_full: Math.ceil(counts.sent / 10) });
  expect(counts.tooLate).toBeGreaterThan(0);
  expect(counts.acknowledged + counts.tooLate + counts.refused.ring_full).toBe(counts.sent);
  expect(counts.wrong).toBe(0);
});

test.each<[string, (n: number, good: () => void, say: Say, asked: Asked) => void, object, string]>([
  ['an answer given twice', (n, good) => [good(), n === 5 && good()], { wrong: 1, unanswered: 0 }, 'answered before'],
  [
    'an answer to nothing',
    (n, good, say) => [good(), n === 5 && say('{"id":3,"status":202,"result":{}}')],
    { wrong: 1 },
    '',
  ],
  ['no JSON', (n, good, say) => [good(), n === 5 && say('what?')], { wrong: 1 }, 'not JSON: what?'],
  ['no answer', (n, good) => n === 5 || good(), { wrong: 0, unanswered: 1 }, 'no answer in time'],
  [
    'a wrong answer',
    (n, good, say, { id }) => (n === 5 ? say(`{"id":${id},"status":202,"result":{}}`) : good()),
    { wrong: 1 },
    'is not a',
  ],
])('%s is found', async (_, answer, counts, fault) => {
  await open(4, (...all) => void answer(...all));
  const result = await run();
  expect(result.counts).toMatchObject(counts);
  expect(result.faults).toEqual([expect.stringContaining(fault)]);
});

test('a connection that ends: what was under way is unanswered, and the rest is not sent', async () => {
  await open(4, (n, good, say) => (n === 5 ? say('end') : good()));
  const { counts, faults } = await run();
  expect(counts.sent).toBeLessThan(100);
  expect(counts.unanswered).toBeGreaterThan(0);
  expect(faults[0]).toContain('the server closed the socket');
});

/** The orders of a run read back from a server that tells the truth but for the one of that number. */
async function readBackWithout(lie: (say: Say, asked: Asked, good: () => void) => void) {
  await open(4, (_, good, say, asked) => {
    if (asked.method === 'order.status' && asked.params.order_id === acknowledged.sample[3].id) lie(say, asked, good);
    else good();
  });
  const orders = (await run()).counts.acknowledgedOrders;
  return { orders, read: await new ReadBack(users, acknowledged.sample).run() };
}

test('orders read back are as they were acknowledged', async () => {
  const { orders, read } = await readBackWithout((_say, _asked, good) => good());
  expect(read).toEqual({ good: orders, bad: 0, untold: 0, faults: [] });
});

test('one that the server does not know any more is found', async () => {
  const { orders, read } = await readBackWithout((say, { id }) =>
    say(JSON.stringify({ id, status: 404, error: { code: 'order_unknown' } })),
  );
  expect(read).toMatchObject({ good: orders - 1, bad: 1, untold: 0 });
  expect(read.faults[0]).toContain('404 order_unknown');
});

test('what it cannot tell yet it is asked again', async () => {
  let times = 0;
  const { orders, read } = await readBackWithout((say, { id }, good) =>
    ++times > 2 ? good() : say(JSON.stringify({ id, status: 503, error: { code: 'unavailable' } })),
  );
  expect(read).toEqual({ good: orders, bad: 0, untold: 0, faults: [] });
  expect(times).toBe(3);
});
