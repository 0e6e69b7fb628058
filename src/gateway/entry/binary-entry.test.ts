// Order entry in binary over /ws without a socket: records in, records out, refusals as over HTTP. The real parts of a gateway
// before real rings, with the engine at their other end.

import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { CommandType, OrderStatus, OrderType, Side } from '../../domain/codes.ts';
import { ProcessState, StorageState } from '../../runtime/process-state.ts';
import { ANSWER_HEAD_BYTES } from '../../wire/binary-frame.ts';
import { type BinaryRequest, encodeCommandFrame, encodeStatusFrame } from '../../wire/binary-requests.ts';
import { type BinaryMessage, decodeServerFrame } from '../../wire/binary-server-frame.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { ORDER_CREATED_US, ORDER_UPDATED_US } from '../../wire/order-codec.ts';
import { REPLY_ORDER, ReplyKind } from '../../wire/reply-codec.ts';
import { GatewayRig, type RigOptions } from '../testing/gateway-rig.ts';
import { order, post, until } from '../testing/http-client.ts';
import { RecordedSession } from '../testing/recorded-session.ts';

let rig: GatewayRig;
let session: RecordedSession;

async function start(options: RigOptions = {}): Promise<void> {
  rig = await GatewayRig.start(options);
  session = new RecordedSession();
}

afterEach(() => rig.stop());

function give(frame: Uint8Array): void {
  const bytes = frame.slice();
  expect(rig.orderFrames.binary(session, bytes)).toBe(true);
  bytes.fill(0xff); // it was only lent
}

async function ask(frame: Uint8Array): Promise<BinaryMessage> {
  const before = session.binaries.length;
  give(frame);
  await until(() => session.binaries.length > before, 'an answer');
  return answers()[before];
}

function answers(): BinaryMessage[] {
  return session.binaries.map((bytes) => {
    const { messages, fault } = decodeServerFrame(bytes);
    expect([fault, messages.length]).toEqual(['', 1]);
    return messages[0];
  });
}

function limit(changes: Partial<BinaryRequest> = {}): BinaryRequest {
  return {
    ...{ type: CommandType.NEW_ORDER, clientId: 'alice', idempotencyKey: String(Math.random()), side: Side.BUY },
    ...{ orderType: OrderType.LIMIT, priceTicks: 7_000_001, quantityLots: 50_000_000, ...changes },
  };
}

test('a record is the same command as its JSON, and its reply the engine’s record', async () => {
  await start();
  const reply = await ask(encodeCommandFrame(7, limit({ idempotencyKey: 'k' })));
  expect(reply).toMatchObject({
    ...{ type: 'reply', requestId: 7, status: 202, kind: ReplyKind.APPLIED, sequence: 1, fills: [] },
    order: { number: 1, clientId: 'alice', priceTicks: 7_000_001, status: OrderStatus.OPEN },
  });
  expect(reply).not.toHaveProperty('times');
  const http = await post(`${rig.url}/orders`, order({ idempotency_key: 'k' }));
  expect([http.headers.get('idempotent-replayed'), http.body.sequence]).toEqual(['true', 1]);
});

test('the order of WIRE.md gets the reply of WIRE.md, but for the times', async () => {
  const page = readFileSync(new URL('../../wire/WIRE.md', import.meta.url), 'utf8');
  const [request, reply] = [...page.matchAll(/```\n([0-9a-f \n]+)```/g)].map(([, hex]) => {
    return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  });
  const said = limit({ clientId: 'me', idempotencyKey: 'wire-1', priceTicks: 7_000_000 });
  expect(request.toString('hex')).toBe(Buffer.from(encodeCommandFrame(7, said)).toString('hex'));
  await start();
  await ask(request);
  const answer = Buffer.from(session.binaries[0]);
  const order = ANSWER_HEAD_BYTES + REPLY_ORDER;
  for (const at of [ORDER_CREATED_US, ORDER_UPDATED_US]) reply.copy(answer, order + at, order + at, order + at + 8);
  expect(answer.toString('hex')).toBe(reply.toString('hex'));
});

test('fills come with a reply, and with its replay', async () => {
  await start();
  await ask(encodeCommandFrame(1, limit({ side: Side.SELL })));
  const taker = limit({ idempotencyKey: 'taker' });
  const first = await ask(encodeCommandFrame(2, taker));
  const again = await ask(encodeCommandFrame(3, taker));
  const fills = [{ makerOrder: 1, priceTicks: 7_000_001, quantityLots: 50_000_000 }];
  expect(first).toMatchObject({ requestId: 2, kind: ReplyKind.APPLIED, tradesTotal: 1, fills });
  expect(again).toMatchObject({ requestId: 3, kind: ReplyKind.REPLAYED, resultSequence: 2, tradesTotal: 1, fills });
});

test('amend, replace, status, cancel, mass cancel', async () => {
  await start();
  await ask(encodeCommandFrame(1, limit()));
  const amend: BinaryRequest = {
    type: CommandType.AMEND_ORDER,
    clientId: 'alice',
    targetOrder: 1,
    quantityLots: 40_000_000,
  };
  expect(await ask(encodeCommandFrame(2, amend))).toMatchObject({ status: 202, order: { quantityLots: 40_000_000 } });
  expect(await ask(encodeStatusFrame(3, 1))).toMatchObject({
    ...{ type: 'order', requestId: 3, status: 200, order: { number: 1, quantityLots: 40_000_000 } },
  });
  const replace = limit({ type: CommandType.REPLACE_ORDER, targetOrder: 1, priceTicks: 7_000_002 });
  expect(await ask(encodeCommandFrame(4, replace))).toMatchObject({ requestId: 4, order: { priceTicks: 7_000_002 } });
  const cancel: BinaryRequest = { type: CommandType.CANCEL_ORDER, clientId: 'alice', targetOrder: 3 };
  expect(await ask(encodeCommandFrame(5, cancel))).toMatchObject({ order: { status: OrderStatus.CANCELLED } });
  await ask(encodeCommandFrame(6, limit()));
  const all = await ask(encodeCommandFrame(7, { type: CommandType.MASS_CANCEL, clientId: 'alice' }));
  expect(all).toMatchObject({ requestId: 7, kind: ReplyKind.VALUE, value: 1 });
});

test('what is refused is a problem, as over HTTP', async () => {
  await start();
  const bad = await ask(encodeCommandFrame(1, limit({ priceTicks: 0 })));
  expect(bad).toMatchObject({ type: 'problem', requestId: 1, status: 400 });
  const unknown = await ask(encodeStatusFrame(2, 99));
  expect(unknown).toMatchObject({ type: 'problem', requestId: 2, status: 404 });
  const refused = await ask(
    encodeCommandFrame(3, { type: CommandType.CANCEL_ORDER, clientId: 'alice', targetOrder: 99 }),
  );
  expect(refused).toMatchObject({ type: 'problem', requestId: 3, status: 404 });
  expect(await ask(encodeStatusFrame(4, 0.5))).toMatchObject({ type: 'problem', requestId: 4, status: 404 });
  rig.state.storage = StorageState.LOW;
  expect(await ask(encodeCommandFrame(5, limit()))).toMatchObject({ type: 'problem', status: 503 });
  expect(await ask(encodeCommandFrame(6, { type: CommandType.MASS_CANCEL, clientId: 'alice' }))).toMatchObject({
    status: 202,
  });
  rig.state.advance(ProcessState.DRAINING);
  expect(await ask(encodeCommandFrame(7, limit()))).toMatchObject({ type: 'problem', requestId: 7, status: 503 });
});

test('a frame of many messages; one that cannot be read ends it, and what came before counts', async () => {
  await start();
  const good = [1, 2, 3].map((id) => encodeCommandFrame(id, limit(), id === 2));
  give(Buffer.concat([...good, new Uint8Array(8), encodeCommandFrame(4, limit())]));
  await until(() => session.binaries.length === 4, 'the answers');
  expect(answers()).toMatchObject([
    { type: 'problem', requestId: 0, status: 400 },
    { type: 'reply', requestId: 1 },
    { type: 'reply', requestId: 2, times: { journalUs: 0, matchUs: 0 } },
    { type: 'reply', requestId: 3 },
  ]);
  expect([rig.peer.taken, session.refusedFrames]).toEqual([3, 1]);
});

test('with several instruments an amend names its order’s', async () => {
  await start();
  await ask(encodeCommandFrame(1, limit()));
  const amend: BinaryRequest = {
    type: CommandType.AMEND_ORDER,
    clientId: 'alice',
    targetOrder: 1,
    priceTicks: 7_000_000,
  };
  expect(await ask(encodeCommandFrame(2, { ...amend, instrument: 1 }))).toMatchObject({ type: 'problem', status: 400 });
  const ether = { name: 'ETH-USD', base: 'ETH', quote: 'USD', tick: '0.05', lot: '0.001' };
  await post(`${rig.url}/admin/instruments`, ether);
  const elsewhere = await ask(encodeCommandFrame(3, { ...amend, instrument: 1, priceTicks: 5 }));
  expect(elsewhere).toMatchObject({ type: 'problem', requestId: 3, status: 400 });
  expect(await ask(encodeCommandFrame(4, amend))).toMatchObject({ requestId: 4, order: { priceTicks: 7_000_000 } });
});

test('five thousand mutilated frames: each is answered, and none throws', async () => {
  await start({ slots: 1024 });
  const good = [
    encodeCommandFrame(1, limit(), true),
    encodeCommandFrame(2, { type: CommandType.CANCEL_ORDER, clientId: 'alice', targetOrder: 1 }),
    encodeCommandFrame(3, { type: CommandType.AMEND_ORDER, clientId: 'alice', targetOrder: 1, quantityLots: 5 }),
    encodeCommandFrame(4, limit({ type: CommandType.REPLACE_ORDER, targetOrder: 1 })),
    encodeCommandFrame(5, { type: CommandType.MASS_CANCEL, clientId: 'alice' }),
    encodeStatusFrame(6, 1),
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  for (let round = 1; round <= 5_000; round++) {
    const frame = good[random(good.length)];
    const bytes = frame.slice(0, random(8) === 0 ? random(frame.length + 1) : frame.length);
    for (let n = random(3); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
    rig.orderFrames.binary(session, bytes);
    if (round % 200 === 0) await until(() => session.binaries.length === round, 'the answers so far', 10_000);
  }
  expect(rig.counters.get(GatewayCounter.ORDER_FRAMES)).toBeGreaterThan(3_000);
  expect(answers().filter(({ type }) => type === 'reply').length).toBeGreaterThan(400);
});

test('each message of a frame counts as a frame of its own', async () => {
  await start();
  session.messagesLeft = 2;
  const frames = [1, 2, 3, 4, 5].map((id) => encodeCommandFrame(id, limit()));
  give(Buffer.concat(frames));
  expect(session.open).toBe(false);
  await until(() => rig.peer.engine.sequence === 3, 'the first three');
  session.open = true;
  give(encodeStatusFrame(9, 1));
  await until(() => session.binaries.length > 0, 'a later answer');
  expect(rig.counters.get(GatewayCounter.ORDER_FRAMES)).toBe(4);
});

test('what follows in a frame is not taken when its socket has ended: its mass cancel would come before', async () => {
  await start();
  class Impatient extends RecordedSession {
    override sendBinary(): void {
      this.open = false;
      rig.orderFrames.ended(this);
    }
  }
  session = new Impatient();
  const params = { client_id: 'alice', enabled: true };
  const request = { id: 1, method: 'session.cancel_on_disconnect', params };
  rig.orderFrames.text(session, Buffer.from(JSON.stringify(request)));
  give(Buffer.concat([encodeStatusFrame(1, -1), encodeCommandFrame(2, limit())]));
  expect((await post(`${rig.url}/orders`, order())).body.sequence).toBe(2); // behind the mass cancel
});
