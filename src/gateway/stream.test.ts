// The market-data sockets: every message to everybody in order, slow consumers, a gateway that was lapped, the end.

import { afterEach, expect, test } from 'vitest';
import { GatewayCounter } from '../wire/counters.ts';
import { StreamType } from '../wire/stream-codec.ts';
import { GatewayRig, type RigOptions } from './testing/gateway-rig.ts';
import { until } from './testing/http-client.ts';
import { WebSocketClient } from './testing/websocket-client.ts';

let rig: GatewayRig;
const clients: WebSocketClient[] = [];

async function start(options: RigOptions = {}): Promise<void> {
  rig = await GatewayRig.start(options);
}

async function open(): Promise<WebSocketClient> {
  const client = await WebSocketClient.open(rig.port);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await rig.stop();
});

/** What the market-data agent would write. */
function publish(...messages: readonly string[]): void {
  for (const message of messages) {
    const bytes = Buffer.from(message);
    rig.stream.bytes.set(bytes, rig.stream.claim(StreamType.MESSAGE, bytes.length));
    rig.stream.commit();
  }
  rig.stream.publish();
  rig.ring();
}

/** What it writes when it was lapped itself; shown by the next publish. */
function writeGap(): void {
  rig.stream.claim(StreamType.GAP, 0);
  rig.stream.commit();
}

const connections = () => rig.counters.get(GatewayCounter.STREAM_CONNECTIONS);

test('every socket gets every message, in order, from when it connected', async () => {
  await start();
  publish('{"event":"new_trade","data":"nobody listens"}');
  const first = await open();
  await until(() => connections() === 1, 'one connection');
  publish('{"event":"a"}', '{"event":"b\u00e9"}');
  await until(() => first.messages.length === 2, 'two messages');
  const second = await open();
  publish('{"event":"c"}');
  await until(() => first.messages.length === 3 && second.messages.length === 1, 'the third');
  expect(first.messages).toEqual(['{"event":"a"}', '{"event":"b\u00e9"}', '{"event":"c"}']);
  expect(second.messages).toEqual(['{"event":"c"}']);
  expect(rig.counters.get(GatewayCounter.STREAM_MESSAGES)).toBe(4);
  first.end();
  await until(() => connections() === 1, 'one left');
  second.end();
  await until(() => connections() === 0, 'none left');
  publish('{"event":"unheard"}');
  const third = await open();
  publish('{"event":"d"}');
  await until(() => third.messages.length === 1, 'one message');
  expect(third.messages).toEqual(['{"event":"d"}']);
});

test('thousands of messages in one turn arrive whole and in order', async () => {
  await start();
  const client = await open();
  const sent = Array.from(
    { length: 3_000 },
    (_, i) => `{"event":"order_update","data":{"n":${i},"x":"${'y'.repeat(i % 200)}"}}`,
  );
  publish(...sent);
  await until(() => client.messages.length === sent.length, 'all of them');
  expect(client.messages).toEqual(sent);
});

test('a slow consumer is told 4008 and closed; the others go on', async () => {
  await start({ limits: { streamBackpressureBytesMax: 256 * 1024 }, streamRingBytes: 4 * 1024 * 1024 });
  const slow = await open();
  const quick = await open();
  slow.socket.pause();
  const message = (n: number) => `{"event":"orderbook_delta","n":${n},"data":"${'z'.repeat(8_000)}"}`;
  const sent: string[] = [];
  while (rig.counters.get(GatewayCounter.SLOW_CONSUMER_CLOSES) === 0 && sent.length < 4_000) {
    const more = Array.from({ length: 20 }, (_, i) => message(sent.length + i));
    publish(...more);
    sent.push(...more);
    await until(() => quick.messages.length === sent.length, 'the quick one keeps up');
  }
  expect(rig.counters.get(GatewayCounter.SLOW_CONSUMER_CLOSES)).toBe(1);
  expect(connections()).toBe(1);
  slow.socket.resume();
  await until(() => slow.ended, 'the end');
  expect([slow.closeCode, slow.closeReason]).toEqual([4008, 'slow_consumer']);
  // Nothing vanished before the close: what came is an unbroken run, from the first.
  expect(slow.messages.length).toBeGreaterThan(0);
  expect(slow.messages).toEqual(sent.slice(0, slow.messages.length));
  publish('{"event":"after"}');
  await until(() => quick.messages.at(-1) === '{"event":"after"}', 'the quick one goes on');
});

test('a gateway that was lapped closes its sockets with 1013', async () => {
  await start({ streamRingBytes: 4_096 });
  const client = await open();
  publish(...Array.from({ length: 100 }, (_, i) => `{"event":"order_update","data":"${'x'.repeat(200)}${i}"}`));
  await until(() => client.ended, 'the end');
  expect([client.closeCode, client.messages]).toEqual([1013, []]);
  expect(rig.counters.get(GatewayCounter.STREAM_LAPPED)).toBe(1);
  const again = await open();
  publish('{"event":"next"}');
  await until(() => again.messages.length === 1, 'the next message');
});

test('a gap in the messages closes every socket with 1013, and nobody gets what follows it', async () => {
  await start();
  const first = await open();
  const second = await open();
  await until(() => connections() === 2, 'two connections');
  publish('{"event":"a"}');
  writeGap();
  publish('{"event":"b"}');
  await until(() => first.ended && second.ended, 'the end');
  for (const { closeCode, messages } of [first, second])
    expect([closeCode, messages]).toEqual([1013, ['{"event":"a"}']]);
  expect(rig.counters.get(GatewayCounter.STREAM_LAPPED)).toBe(1);
  writeGap(); // nobody there: nobody's gap
  publish();
  const again = await open();
  publish('{"event":"next"}');
  await until(() => again.messages.length === 1, 'the next message');
  expect([again.messages, again.ended]).toEqual([['{"event":"next"}'], false]);
  expect(rig.counters.get(GatewayCounter.STREAM_LAPPED)).toBe(1);
});

test('what clients say is ignored, up to a point', async () => {
  await start();
  const client = await open();
  for (let i = 0; i < 64; i++) client.send('{"type":"ping"}');
  publish('{"event":"a"}');
  await until(() => client.messages.length === 1, 'a message');
  client.send('once more');
  await until(() => client.ended, 'the end');
  expect([client.closeCode, client.closeReason]).toEqual([1008, 'broadcast_only']);
  const talker = await open();
  talker.send('x'.repeat(5_000));
  await until(() => talker.ended, 'the end');
});

test('closing tells every socket 1001', async () => {
  await start();
  const client = await open();
  rig.close();
  await until(() => client.ended, 'the end');
  expect(client.closeCode).toBe(1001);
  await until(() => connections() === 0, 'none left');
});
