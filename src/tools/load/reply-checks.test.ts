// What a reply is judged to be: a right one passes, and each thing that may be wrong with one is found.

import { expect, test } from 'vitest';
import type { FlowOrder } from './flow.ts';
import { readHttpReply } from './json-dialect.ts';
import { judge, noteUnknown } from './reply-checks.ts';
import { type LoadRequest, type Placed, type Reply, unreadable } from './requests.ts';

const ID = '01a203e4-2591-8400-8000-0000002782de';
const OTHER_ID = '01a203e4-2585-8400-8000-0000001b893a';
const ORDER: FlowOrder = {
  client_id: 'load-1',
  instrument: 'BTC-USD',
  side: 'buy',
  type: 'limit',
  price: '70000.00',
  quantity: '0.50000000',
};
const PLACE: LoadRequest = { kind: 'place', key: 'k', order: ORDER };
const OPEN = {
  order_id: ID,
  client_id: 'load-1',
  side: 'buy',
  type: 'limit',
  price: '70000.00',
  quantity: '0.50000000',
  filled_quantity: '0.00000000',
  remaining_quantity: '0.50000000',
  cancelled_quantity: '0.00000000',
  prevented_quantity: '0.00000000',
  status: 'open',
  time_in_force: 'GTC',
  post_only: false,
  trades: [],
  trades_total: 0,
};
const PART = {
  ...OPEN,
  status: 'partially_filled',
  filled_quantity: '0.20000000',
  remaining_quantity: '0.30000000',
  trades: [{ quantity: '0.15000000' }, { quantity: '0.05000000' }],
  trades_total: 2,
};
const GONE = { remaining_quantity: '0.00000000', cancelled_quantity: '0.50000000', status: 'cancelled' };

function said(kind: LoadRequest['kind'], body: object, status = 202, head = ''): Reply {
  return readHttpReply(kind, status, `HTTP/1.1 ${status}${head}`, JSON.stringify(body));
}

function problem(status: number, code: string): Reply {
  return said('place', { code }, status);
}

function placed(body: object = OPEN): Placed {
  const verdict = judge(PLACE, said('place', body));
  if (verdict.placed === undefined) throw new Error(verdict.fault);
  return verdict.placed;
}

test('an order that is acknowledged', () => {
  expect(placed()).toMatchObject({
    id: ID,
    number: 2,
    priceTicks: 7_000_000,
    quantityLots: 50_000_000,
    status: 'open',
  });
  expect(placed(PART)).toMatchObject({ filledLots: 20_000_000, status: 'partially_filled' });
  expect(placed({ ...OPEN, status: 'rejected', remaining_quantity: '0.00000000' }).status).toBe('rejected');
});

test('of more than a hundred trades the sum is not known', () => {
  expect(placed({ ...PART, trades: [{ quantity: '0.01000000' }], trades_total: 101 }).filledLots).toBe(20_000_000);
});

test.each<[string, object, string]>([
  ['another client', { client_id: 'load-2' }, 'client_id is load-2, not load-1'],
  ['the other side', { side: 'sell' }, 'side is sell, not buy'],
  ['another type', { type: 'market' }, 'type is market'],
  ['another price', { price: '70000.01' }, 'price is 7000001, not 7000000'],
  ['no price', { price: null }, 'price is 0'],
  ['another quantity', { quantity: '0.40000000', remaining_quantity: '0.40000000' }, 'quantity is 40000000'],
  ['another time in force', { time_in_force: 'IOC' }, 'time_in_force is IOC'],
  ['post-only', { post_only: true }, 'post_only is true'],
  ['no id', { order_id: 'x' }, 'order_id "x"'],
  ['no status', { status: undefined }, 'status is not a string'],
  ['a strange status', { status: 'done' }, 'status "done"'],
  ['more filled than ordered', { filled_quantity: '0.60000000' }, '60000000 lots filled of 50000000'],
  ['parts that do not add up', { remaining_quantity: '0.40000000' }, 'sum up to 40000000'],
  ['a rejected order that rests', { status: 'rejected' }, 'sum up to 50000000'],
  ['filled, and it rests', { status: 'filled' }, 'filled, and 50000000 lots remain'],
  ['open, and nothing remains', { ...GONE, status: 'open' }, 'open, and 0 lots remain'],
  ['open, and filled', { ...PART, status: 'open' }, 'open, and 20000000 lots are filled'],
  ['partially filled by nothing', { status: 'partially_filled' }, 'nothing is filled'],
  ['filled by nothing', { ...GONE, status: 'filled' }, 'nothing is filled'],
  ['trades of less', { ...PART, trades: [{ quantity: '0.10000000' }], trades_total: 1 }, 'sum of trades is 10000000'],
  ['trades of more', { ...OPEN, trades: [{ quantity: '0.10000000' }], trades_total: 1 }, '0 lots filled by trades of'],
])('an order with %s is wrong', (_, changes, fault) => {
  expect(judge(PLACE, said('place', { ...OPEN, ...changes }))).toMatchObject({
    outcome: 'wrong',
    fault: expect.stringContaining(fault),
  });
});

test.each<[string, Reply, string]>([
  ['another status', said('place', OPEN, 200), 'status 200 with an order'],
  ['a replay', said('place', OPEN, 202, '\r\nIdempotent-Replayed: true'), 'a replay'],
  ['no JSON', readHttpReply('place', 202, '', '{'), 'not JSON'],
  ['an unknown code', problem(409, 'because'), 'unknown code because'],
  ['a code with another status', problem(409, 'ring_full'), 'ring_full with status 409'],
  ['that it was malformed', problem(400, 'off_tick'), '400 off_tick'],
  ['a fault of reading', unreadable('nonsense'), 'nonsense'],
])('an answer that is %s is wrong', (_, reply, fault) => {
  expect(judge(PLACE, reply)).toMatchObject({ outcome: 'wrong', fault: expect.stringContaining(fault) });
});

test('refusals, and what the server does not know', () => {
  expect(judge(PLACE, problem(503, 'ring_full')).outcome).toBe('refused');
  expect(judge(PLACE, problem(409, 'kill_switch')).outcome).toBe('refused');
  expect(judge(PLACE, problem(504, 'outcome_unknown')).outcome).toBe('unknown');
  expect(judge(PLACE, problem(409, 'order_closed')).outcome).toBe('refused');
});

test('cancels', () => {
  const order = placed(PART);
  const cancel: LoadRequest = { kind: 'cancel', placed: order };
  const cancelled = { ...PART, ...GONE, cancelled_quantity: '0.30000000' };
  const answer = (body: object) => judge(cancel, said('cancel', { message: '', order: body }));
  expect(answer({ ...cancelled, order_id: OTHER_ID }).fault).toContain(`order_id is ${OTHER_ID}`);
  expect(answer(PART).fault).toBe('cancelled, and the order is partially_filled');
  expect(answer({ ...OPEN, ...GONE }).fault).toBe('0 lots filled, after 20000000');
  expect(judge(cancel, problem(404, 'order_unknown')).fault).toBe('404 order_unknown');
  expect(order.status).toBe('partially_filled');
  expect(answer(cancelled).outcome).toBe('accepted');
  expect(order.status).toBe('cancelled');
  expect(judge(cancel, problem(409, 'order_closed')).outcome).toBe('late');
});

test('amends', () => {
  const order = placed(PART);
  const amend = (changes: { price?: string; quantity?: string }, body: object) =>
    judge({ kind: 'amend', placed: order, changes }, said('amend', { ...PART, trades: [], trades_total: 0, ...body }));
  expect(amend({ price: '70000.01' }, {}).fault).toBe('price is 7000000, not 7000001');
  expect(amend({ quantity: '0.40000000' }, {}).fault).toBe('quantity is 50000000, not 40000000');
  expect(amend({ price: '70000.01' }, { price: '70000.01' }).outcome).toBe('accepted');
  expect(order.priceTicks).toBe(7_000_001);
  const total = { quantity: '0.20000000', remaining_quantity: '0.00000000', status: 'filled' };
  expect(amend({ quantity: '0.10000000' }, total).outcome).toBe('accepted');
  expect(order).toMatchObject({ quantityLots: 20_000_000, status: 'filled' });
});

/** What reading it back comes to, when it is as told. */
function readBack(order: Placed, body: object): string {
  const { trades: _, trades_total: __, ...told } = { ...PART, ...body };
  return judge({ kind: 'status', placed: order }, said('status', told, 200)).fault;
}

test('an order read back is as it was acknowledged, or further on', () => {
  const filled = { filled_quantity: '0.50000000', remaining_quantity: '0.00000000', status: 'filled' };
  expect(readBack(placed(PART), {})).toBe('');
  expect(readBack(placed(PART), filled)).toBe('');
  expect(readBack(placed(PART), { order_id: OTHER_ID })).toContain('order_id is');
  expect(readBack(placed(PART), { price: '70000.01' })).toBe('price is 7000001, not 7000000');
  expect(readBack(placed(PART), OPEN)).toBe('0 lots filled, after 20000000');
  expect(readBack(placed({ ...PART, ...filled, trades_total: 100 }), {})).toContain('20000000 lots filled, after');
  expect(judge({ kind: 'status', placed: placed() }, problem(404, 'order_unknown')).outcome).toBe('wrong');
});

test('what nobody asked for must not have happened', () => {
  const cancelled = { ...GONE, cancelled_quantity: '0.30000000' };
  const order = placed(PART);
  expect(readBack(order, cancelled)).toBe('cancelled, though nobody asked');
  noteUnknown({ kind: 'cancel', placed: order });
  expect(readBack(order, cancelled)).toBe('');
  const amended = placed(PART);
  noteUnknown({ kind: 'amend', placed: amended, changes: { price: '70000.01' } });
  expect(readBack(amended, { price: '70000.01' })).toBe('');
});

test('an order that was closed stays closed', () => {
  const order = placed(PART);
  judge({ kind: 'cancel', placed: order }, problem(409, 'order_closed'));
  expect(readBack(order, {})).toBe('partially_filled, though it was closed');
  const rejected = { ...OPEN, status: 'rejected', remaining_quantity: '0.00000000' };
  expect(readBack(placed(rejected), {})).toBe('status is partially_filled, not rejected');
});
