// Requests of order entry and their one outcome: whatever is lost, late, doubled or refused on the way.

import { describe, expect, it } from 'vitest';
import { type ClientOptions, connect, OutcomeUnknown, ProtocolError, RingbookError } from './index.ts';
import { ClientRig, heard } from './testing/rig.ts';
import { ScriptedServer } from './testing/scripted-server.ts';
import { VirtualTime } from './testing/virtual-time.ts';

const ORDER = { side: 'buy', type: 'limit', price: '1.00', quantity: '2.00' } as const;
const RESULT = { order_id: 'o-1', status: 'open' };

function openRig(options?: ClientOptions): ClientRig {
  const rig = new ClientRig(options);
  rig.socket.open();
  return rig;
}

/** What a promise has come to: its result, the error's text, or nothing yet. */
function outcomeOf(promise: Promise<unknown>): { now: unknown } {
  const outcome: { now: unknown } = { now: 'none' };
  promise.then(
    (result) => {
      outcome.now = result;
    },
    (error) => {
      outcome.now = error;
    },
  );
  return outcome;
}

function problem(code: string, executed: string, retry: string) {
  return { code, detail: 'because', status: 503, executed, retry };
}

/** Answers the newest request of a method. */
function answer(rig: ClientRig, method: string, members: Record<string, unknown>): void {
  rig.socket.say({ id: rig.socket.last(method).id, status: 202, ...members });
}

describe('requests', () => {
  it('are what the protocol says, each with a key of its own, and resolve with the result', async () => {
    const rig = openRig();
    const { orders } = rig.client;
    const results = [
      orders.place({ ...ORDER, instrument: 'BTC-USD', idempotency_key: 'k-1' }),
      orders.amend({ order_id: 'o-1', quantity: '1.00' }),
      orders.replace({ order_id: 'o-1', ...ORDER }),
      orders.cancel({ order_id: 'o-1', client_id: 'you' }),
      orders.cancelAll({ instrument: 'BTC-USD' }),
      orders.status('o-1'),
      orders.dryRun(ORDER),
    ];
    await heard();
    const key = expect.stringMatching(/^[0-9a-f]{32}$/);
    const mine = { client_id: 'me', idempotency_key: key };
    expect(rig.socket.received).toEqual([
      {
        id: 1,
        method: 'order.place',
        params: { ...ORDER, instrument: 'BTC-USD', client_id: 'me', idempotency_key: 'k-1' },
      },
      { id: 2, method: 'order.amend', params: { order_id: 'o-1', quantity: '1.00', ...mine } },
      { id: 3, method: 'order.replace', params: { order_id: 'o-1', ...ORDER, ...mine } },
      { id: 4, method: 'order.cancel', params: { order_id: 'o-1', ...mine, client_id: 'you' } },
      { id: 5, method: 'order.cancel_all', params: { instrument: 'BTC-USD', ...mine } },
      { id: 6, method: 'order.status', params: { order_id: 'o-1' } },
      { id: 7, method: 'order.place', params: { ...ORDER, client_id: 'me', dry_run: true } },
    ]);
    const keys = rig.socket.received.map(({ params }) => JSON.stringify(params).match(/[0-9a-f]{32}/)?.[0]);
    expect(new Set(keys.filter((one) => one !== undefined)).size).toBe(4);
    const replies = [RESULT, RESULT, RESULT, { order: RESULT }, { cancelled: 3 }, RESULT, { dry_run: true }];
    for (const [n, result] of [...replies.entries()].reverse()) rig.socket.say({ id: n + 1, status: 202, result });
    expect(await Promise.all(results)).toEqual(replies);
    expect(rig.time.waiting).toBe(2);
  });

  it('wait for a connection, and then leave in the order they were made', async () => {
    const rig = new ClientRig();
    const placed = rig.client.orders.place(ORDER);
    rig.client.orders.cancelAll();
    await heard();
    expect(rig.socket.received).toEqual([]);
    rig.socket.open();
    expect(rig.socket.received.map(({ method }) => method)).toEqual(['order.place', 'order.cancel_all']);
    answer(rig, 'order.place', { result: RESULT });
    expect(await placed).toEqual(RESULT);
  });

  it('need a client', async () => {
    const { WebSocket } = new ScriptedServer();
    const { orders } = connect('ws://host/ws', { WebSocket, timers: new VirtualTime() });
    await expect(orders.place(ORDER)).rejects.toThrow(TypeError);
    await expect(orders.cancelOnDisconnect(true)).rejects.toThrow(TypeError);
  });

  it('reject with what the server says', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    const error = { ...problem('off_tick', 'no', 'never'), status: 400, field: 'price' };
    answer(rig, 'order.place', { status: 400, error });
    await heard();
    expect(placed.now).toBeInstanceOf(RingbookError);
    expect(placed.now).toMatchObject({ ...error, message: 'off_tick: because' });
    rig.time.pass(4_000);
    expect(rig.socket.count('order.place')).toBe(1);
  });

  it('reject at once what was not executed and may be later', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    answer(rig, 'order.place', { error: problem('ring_full', 'no', 'later') });
    await heard();
    expect(placed.now).toMatchObject({ code: 'ring_full', executed: 'no', retry: 'later' });
  });

  it('are sent again under the same key when the connection was lost, and have one outcome', async () => {
    const rig = openRig();
    const placed = rig.client.orders.place(ORDER);
    await heard();
    const first = rig.socket.last('order.place');
    const again = rig.reconnect(1012).last('order.place');
    expect(again.params).toEqual(first.params);
    expect(again.id).not.toBe(first.id);
    rig.socket.say({ id: first.id, status: 202, result: { order_id: 'another' } });
    rig.socket.say({ id: again.id, status: 202, result: RESULT });
    rig.socket.say({ id: again.id, status: 202, result: { order_id: 'a duplicate' } });
    expect(await placed).toEqual(RESULT);
    expect(rig.reconnect().received).toEqual([]);
  });

  it('are sent again when no answer comes, and take whichever answer comes first', async () => {
    const rig = openRig();
    const placed = rig.client.orders.place(ORDER);
    await heard();
    const first = rig.socket.last('order.place');
    rig.time.pass(4_999);
    expect(rig.socket.count('order.place')).toBe(1);
    rig.time.pass(1);
    expect(rig.socket.count('order.place')).toBe(2);
    expect(rig.socket.last('order.place').params).toEqual(first.params);
    rig.socket.say({ id: first.id, status: 202, result: RESULT });
    answer(rig, 'order.place', { result: { order_id: 'a duplicate' } });
    expect(await placed).toEqual(RESULT);
  });

  it.each([
    ['the server does not know', problem('outcome_unknown', 'unknown', 'same-key')],
    ['the server cannot show', problem('unavailable', 'yes', 'same-key')],
    ['is none', 'what?'],
  ])('are sent again after a wait when the outcome is one that %s', async (_, error) => {
    const rig = openRig();
    rig.time.chance = 0;
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    for (const waitMs of [50, 100, 200]) {
      answer(rig, 'order.place', { error });
      const count = rig.socket.count('order.place');
      rig.time.pass(waitMs - 1);
      expect(rig.socket.count('order.place')).toBe(count);
      rig.time.pass(1);
      expect(rig.socket.count('order.place')).toBe(count + 1);
    }
    answer(rig, 'order.place', { result: RESULT });
    await heard();
    expect(placed.now).toEqual(RESULT);
  });

  it('do not take the refusal of a later attempt for the outcome of the first', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    await heard();
    rig.reconnect();
    answer(rig, 'order.place', { error: problem('recovering', 'no', 'later') });
    await heard();
    expect(placed.now).toBe('none');
    rig.time.pass(200);
    expect(rig.socket.count('order.place')).toBe(2);
    const refused = { ...problem('idempotency_key_reused', 'no', 'never'), status: 422 };
    answer(rig, 'order.place', { error: refused });
    await heard();
    expect(placed.now).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('are unknown when a gateway refuses what it may have let pass before', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place({ ...ORDER, idempotency_key: 'k-9' }));
    const status = outcomeOf(rig.client.orders.status('o-1'));
    await heard();
    rig.reconnect();
    const error = { ...problem('off_tick', 'no', 'never'), status: 400 };
    answer(rig, 'order.place', { error });
    answer(rig, 'order.status', { error });
    await heard();
    expect(placed.now).toMatchObject({ name: 'OutcomeUnknown', idempotencyKey: 'k-9' });
    expect(status.now).toMatchObject({ code: 'off_tick' });
  });

  it('are refused once no attempt is left that may have been executed', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    await heard();
    rig.time.pass(5_000);
    const [first, second] = rig.socket.received.filter(({ method }) => method === 'order.place');
    rig.socket.say({ id: second.id, error: problem('ring_full', 'no', 'later') });
    await heard();
    expect(placed.now).toBe('none');
    rig.socket.say({ id: first.id, error: problem('ring_full', 'no', 'later') });
    await heard();
    expect(placed.now).toMatchObject({ code: 'ring_full' });
  });

  it('end as unknown at their deadline, with the key that finds out', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place({ ...ORDER, idempotency_key: 'k-7' }, { deadlineMs: 7_000 }));
    await heard();
    rig.socket.end(1006);
    rig.time.pass(6_999);
    await heard();
    expect(placed.now).toBe('none');
    rig.time.pass(1);
    await heard();
    expect(placed.now).toBeInstanceOf(OutcomeUnknown);
    expect(placed.now).toMatchObject({ idempotencyKey: 'k-7' });
    rig.socket.open();
    expect(rig.socket.count('order.place')).toBe(0);
  });

  it('end as executed at their deadline when that much is known', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER, { deadlineMs: 3_000 }));
    answer(rig, 'order.place', { error: problem('unavailable', 'yes', 'same-key') });
    rig.time.pass(3_000);
    await heard();
    expect(placed.now).toMatchObject({ code: 'unavailable', executed: 'yes' });
  });

  it('end as not sent when they never left', async () => {
    const rig = new ClientRig({ deadlineMs: 2_000 });
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    rig.time.pass(2_000);
    await heard();
    expect(placed.now).toMatchObject({ code: 'not_sent', executed: 'no', retry: 'later' });
  });

  it('end without a key when they are questions', async () => {
    const rig = openRig({ deadlineMs: 2_000 });
    const status = outcomeOf(rig.client.orders.status('o-1'));
    await heard();
    rig.time.pass(2_000);
    await heard();
    expect(status.now).toMatchObject({ code: 'no_answer', executed: 'unknown' });
  });

  it('end with the client', async () => {
    const rig = new ClientRig();
    const unsent = outcomeOf(rig.client.orders.place(ORDER));
    rig.client.close();
    const other = openRig();
    const sent = outcomeOf(other.client.orders.place(ORDER));
    await heard();
    other.client.close();
    const late = outcomeOf(other.client.orders.place(ORDER));
    await heard();
    expect(unsent.now).toMatchObject({ code: 'closed', executed: 'no' });
    expect(sent.now).toBeInstanceOf(OutcomeUnknown);
    expect(late.now).toMatchObject({ code: 'closed', executed: 'no' });
    expect([rig.time.waiting, other.time.waiting]).toEqual([0, 0]);
  });

  it('reject with ProtocolError when the answer is none', async () => {
    const rig = openRig();
    const placed = outcomeOf(rig.client.orders.place(ORDER));
    answer(rig, 'order.place', { result: { price: 7 } });
    await heard();
    expect(placed.now).toBeInstanceOf(ProtocolError);
  });

  it('tell the times of their way when asked to', async () => {
    const rig = openRig({ timing: true });
    const times: unknown[] = [];
    rig.client.on('timing', (timing, method) => times.push([timing, method]));
    const placed = rig.client.orders.place(ORDER);
    await heard();
    expect(rig.socket.last('order.place').timing).toBe(true);
    const timing = { receive_us: 1, ring_us: 2, journal_us: 3, match_us: 4, send_us: 5 };
    answer(rig, 'order.place', { result: RESULT, timing });
    await placed;
    expect(times).toEqual([[timing, 'order.place']]);
  });
});

describe('protection of orders', () => {
  it('is set again on every new connection, before any order', async () => {
    const rig = openRig();
    const set = rig.client.orders.cancelOnDisconnect(true);
    await heard();
    const params = { client_id: 'me', enabled: true };
    expect(rig.socket.last('session.cancel_on_disconnect').params).toEqual(params);
    answer(rig, 'session.cancel_on_disconnect', { result: {} });
    await set;
    rig.client.orders.place(ORDER);
    await heard();
    rig.reconnect();
    expect(rig.socket.received.map(({ method }) => method)).toEqual(['session.cancel_on_disconnect', 'order.place']);
    expect(rig.socket.last('session.cancel_on_disconnect').params).toEqual(params);
    answer(rig, 'session.cancel_on_disconnect', { error: problem('forbidden', 'no', 'never') });
    await heard();
    expect(rig.told.at(-1)).toBe('forbidden: because');
    rig.client.orders.cancelOnDisconnect(false);
    await heard();
    expect(rig.socket.last('session.cancel_on_disconnect').params).toEqual({ client_id: 'me', enabled: false });
    answer(rig, 'session.cancel_on_disconnect', { result: {} });
    expect(rig.reconnect().count('session.cancel_on_disconnect')).toBe(0);
  });

  it('by time is asked for each time', async () => {
    const rig = openRig();
    const set = rig.client.orders.cancelAfter(5_000, { client_id: 'you' });
    await heard();
    expect(rig.socket.last('session.cancel_after').params).toEqual({ client_id: 'you', timeout_ms: 5_000 });
    answer(rig, 'session.cancel_after', { result: { timeout_ms: 5_000 } });
    expect(await set).toBeUndefined();
  });

  it('is what was said last, also when what was said before is not answered', async () => {
    const rig = openRig();
    const { orders } = rig.client;
    const settings = [
      orders.cancelAfter(5_000),
      orders.cancelAfter(5_000, { client_id: 'you' }),
      orders.cancelAfter(0),
    ];
    const outcomes = settings.map(outcomeOf);
    await heard();
    rig.time.pass(6_000); // longer than answerMs: what is not answered is sent again
    const times = () => rig.socket.received.filter(({ method }) => method !== undefined).map(({ params }) => params);
    const disarm = { client_id: 'me', timeout_ms: 0 };
    expect(times().slice(3)).toEqual([{ client_id: 'you', timeout_ms: 5_000 }, disarm]);
    answer(rig, 'session.cancel_after', { result: disarm });
    await heard();
    expect(outcomes.map(({ now }) => now)).toEqual([undefined, 'none', undefined]);
  });
});
