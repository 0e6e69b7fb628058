// Subscriptions over real sockets of /ws, with a market-data end that says what the test tells it.

import { afterEach, describe, expect, test } from 'vitest';
import { encodeStatusFrame } from '../../wire/binary-requests.ts';
import { decodeServerFrame } from '../../wire/binary-server-frame.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { Channel, FeedFormat, SnapshotReason, WishType } from '../../wire/feed-codec.ts';
import { checkWsMessage } from '../../wire/testing/check-ws-message.ts';
import { WS_EXAMPLES } from '../../wire/ws-examples.ts';
import type { SeenWish } from '../testing/feed-peer.ts';
import { GatewayRig, type RigOptions } from '../testing/gateway-rig.ts';
import { order, post, request, until } from '../testing/http-client.ts';
import { WebSocketClient } from '../testing/websocket-client.ts';

let rig: GatewayRig;
const clients: WebSocketClient[] = [];

async function start(options: RigOptions = {}): Promise<void> {
  rig = await GatewayRig.start(options);
}

async function open(headers = ''): Promise<WebSocketClient> {
  const client = await WebSocketClient.open(rig.port, '/ws', headers);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await rig.stop();
});

const count = (counter: number) => rig.counters.get(counter);
const begins = () => rig.feed.of(WishType.BEGIN);

function ask(client: WebSocketClient, request: object): void {
  client.send(JSON.stringify(request));
}

/** The next wish there is, once `before` have come. */
async function wishAfter(before: number): Promise<SeenWish> {
  await until(() => begins().length > before, 'a wish');
  return begins()[before];
}

async function messages(client: WebSocketClient, many: number): Promise<string[]> {
  await until(() => client.messages.length >= many || client.ended, `${many} messages`);
  return client.messages;
}

/** Subscribes and brings the key to life with one answer, `begin:<channel>`. */
async function subscribe(client: WebSocketClient, channel: string, sequence = 10): Promise<SeenWish> {
  const wishes = begins().length;
  const had = client.messages.length;
  ask(client, { type: 'subscribe', channels: [channel], instruments: ['BTC-USD'] });
  const wish = await wishAfter(wishes);
  rig.feed.answer(wish.id, sequence, `{"begin":"${channel}"}`);
  rig.feed.live(wish.id, sequence).publish();
  await messages(client, had + 2);
  await until(() => client.messages.at(-1) === `{"begin":"${channel}"}`, 'the beginning');
  return wish;
}

/** Feeds one message of level2 and waits until `client` has it: so LIVE was read, too. */
const level2 = (sequence: number, text = `{"sequence":${sequence}}`) =>
  rig.feed.message({ channel: Channel.LEVEL2, sequence }, text);
const ticker = (sequence: number, text = `{"ticker":${sequence}}`) =>
  rig.feed.message({ channel: Channel.TICKER, sequence }, text);

function parsed(text: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(text ?? 'null');
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

describe('beginning', () => {
  test('the list of subscriptions, the answer, then what comes behind the LIVE record and nothing before it', async () => {
    await start();
    const client = await open();
    ask(client, { type: 'subscribe', req_id: 'a', channels: ['level2'], instruments: ['BTC-USD'] });
    const wish = await wishAfter(0);
    expect(wish).toEqual({
      ...{ type: WishType.BEGIN, id: wish.id, channel: Channel.LEVEL2, instrument: 0, format: 1, client: '' },
      ...{ from: -1, reason: SnapshotReason.SUBSCRIBED },
    });
    level2(9).publish();
    rig.feed.answer(wish.id, 10, '{"type":"snap', 'shot","bi', 'ds":[]}');
    level2(10).live(wish.id, 10);
    level2(11);
    level2(12).publish();
    expect(await messages(client, 4)).toEqual([
      '{"type":"subscriptions","req_id":"a","channels":[{"name":"level2","instruments":["BTC-USD"],"format":"json"}]}',
      '{"type":"snapshot","bids":[]}',
      '{"sequence":11}',
      '{"sequence":12}',
    ]);
    expect([count(GatewayCounter.WS_SUBSCRIPTIONS), count(GatewayCounter.WS_MESSAGES)]).toEqual([1, 4]);
  });

  test('an answer goes out before its LIVE record has come', async () => {
    await start();
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['level2'] });
    rig.feed.answer((await wishAfter(0)).id, 10, '{"snapshot":1}');
    await until(() => client.messages.includes('{"snapshot":1}'), 'the snapshot');
  });

  test('each socket begins for itself; LIVE records of other gateways and of forgotten wishes are nothing', async () => {
    await start();
    const first = await open();
    const second = await open();
    await subscribe(first, 'level2');
    ask(second, { type: 'subscribe', channels: ['level2'], instruments: ['BTC-USD'] });
    const wish = await wishAfter(1);
    rig.feed.live(wish.id, 11, 1).live(77, 11);
    level2(12).publish();
    await until(() => first.messages.at(-1) === '{"sequence":12}', 'the message for the first');
    rig.feed.answer(wish.id, 12, '{"begin":2}');
    rig.feed.live(wish.id, 12);
    level2(13).publish();
    await until(() => second.messages.at(-1) === '{"sequence":13}', 'the message for both');
    expect(second.messages.slice(1)).toEqual(['{"begin":2}', '{"sequence":13}']);
    expect(first.messages.slice(2)).toEqual(['{"sequence":12}', '{"sequence":13}']);
  });

  test('the key ends with the last socket that leaves; a wish under way is forgotten', async () => {
    await start();
    const first = await open();
    const second = await open();
    await subscribe(first, 'level2');
    await subscribe(second, 'level2');
    ask(first, { type: 'unsubscribe', req_id: 2, channels: ['level2'] });
    await until(() => first.messages.at(-1) === '{"type":"subscriptions","req_id":2,"channels":[]}', 'the answer');
    level2(11).publish();
    await until(() => second.messages.at(-1) === '{"sequence":11}', 'the message');
    expect([rig.feed.of(WishType.END).length, first.messages.includes('{"sequence":11}')]).toEqual([0, false]);
    second.end();
    await until(() => rig.feed.of(WishType.END).length === 1, 'the end');
    expect(rig.feed.of(WishType.END)[0]).toMatchObject({ channel: Channel.LEVEL2, instrument: 0 });
    ask(first, { type: 'subscribe', channels: ['matches'] });
    const wish = await wishAfter(2);
    first.end();
    await until(() => rig.feed.of(WishType.FORGET).length === 1, 'it is forgotten');
    expect(rig.feed.of(WishType.FORGET)[0].id).toBe(wish.id);
    expect([count(GatewayCounter.WS_SUBSCRIPTIONS), count(GatewayCounter.WS_CONNECTIONS)]).toEqual([0, 0]);
  });

  test('subscribing again begins anew, without the messages between', async () => {
    await start();
    const client = await open();
    await subscribe(client, 'level2');
    ask(client, { type: 'subscribe', channels: ['level2'], instruments: ['BTC-USD'], from_sequence: 10 });
    const wish = await wishAfter(1);
    expect([wish.from, rig.feed.of(WishType.END)]).toEqual([10, []]);
    level2(11).publish();
    rig.feed.resumed(wish.id, 11, '{"type":"resumed"}');
    rig.feed.answer(wish.id, 11, '{"changes":11}');
    rig.feed.live(wish.id, 11);
    level2(12).publish();
    await until(() => client.messages.at(-1) === '{"sequence":12}', 'the message');
    expect(client.messages.slice(3)).toEqual(['{"type":"resumed"}', '{"changes":11}', '{"sequence":12}']);
    expect(count(GatewayCounter.WS_RESUMES)).toBe(1);
  });

  test('what is resumed must be of this journal', async () => {
    await start();
    const client = await open();
    const resume = { type: 'subscribe', channels: ['level2', 'ticker'], instruments: ['BTC-USD'], from_sequence: 5 };
    ask(client, { ...resume, journal: '123456789abcdef0' });
    await wishAfter(1);
    ask(client, { ...resume, journal: '123456789abcdef1' });
    await wishAfter(3);
    const { SUBSCRIBED, OTHER_JOURNAL } = SnapshotReason;
    expect(begins().map(({ channel, from, reason }) => [channel, from, reason])).toEqual([
      [Channel.LEVEL2, 5, SUBSCRIBED],
      [Channel.TICKER, -1, SUBSCRIBED],
      [Channel.LEVEL2, -1, OTHER_JOURNAL],
      [Channel.TICKER, -1, OTHER_JOURNAL],
    ]);
  });

  test('wishes that find no room follow in order', async () => {
    await start({ wishRingBytes: 128 });
    rig.feed.reading = false;
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['level2', 'matches', 'ticker', 'candles', 'heartbeat'] });
    await messages(client, 1);
    rig.feed.reading = true;
    await wishAfter(4);
    expect(begins().map(({ channel }) => channel)).toEqual([3, 6, 2, 7, 1]);
  });

  test('while too many wait no more are made', async () => {
    await start({ wishRingBytes: 128 });
    rig.feed.reading = false;
    const client = await open();
    const asked = 4_000; // of each: a wish, its end, and the key's
    for (let n = 0; n < asked; n++) {
      ask(client, { type: 'subscribe', channels: [n % 2 === 0 ? 'level2' : 'matches'] });
      ask(client, { type: 'unsubscribe', channels: [n % 2 === 0 ? 'level2' : 'matches'] });
    }
    await messages(client, 2 * asked);
    const refused = client.messages.filter((text) => text.includes('"ring_full"')).length;
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(700);
    rig.feed.reading = true;
    await until(() => begins().length === asked - refused, 'the others');
    expect(rig.feed.of(WishType.END).length).toBe(asked - refused);
  });
});

describe('user', () => {
  test('begins with the follower’s snapshot and goes on from there; a resume that fails does likewise', async () => {
    await start();
    await post(`${rig.url}/orders`, order({ client_id: 'zoë' }));
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['user'], client_id: 'zoë' });
    const first = await wishAfter(0);
    expect(first).toMatchObject({ channel: Channel.USER, instrument: 0xffff, client: 'zoë', from: 1 });
    await messages(client, 2);
    expect(client.messages[0]).toContain('[{"name":"user","clients":["zoë"],"format":"json"}]');
    const snapshot = parsed(client.messages[1]);
    expect(snapshot).toMatchObject({
      ...{ type: 'snapshot', channel: 'user', client_id: 'zoë', sequence: 1, reason: 'subscribed' },
      ...{ journal: '123456789abcdef0', orders: [{ client_id: 'zoë', price: '70000.01' }] },
    });
    rig.feed.resumed(first.id, 3, '{"type":"resumed","from_sequence":1}');
    rig.feed.answer(first.id, 3, '{"user":3}');
    rig.feed.live(first.id, 3);
    const about = { channel: Channel.USER, client: 'zoë' };
    rig.feed.message({ ...about, client: 'zo\u00eb2', sequence: 4 }, '{"other":4}');
    rig.feed.message({ ...about, sequence: 5 }, '{"user":5}').publish();
    await until(() => client.messages.at(-1) === '{"user":5}', 'the message');
    expect(client.messages.slice(2)).toEqual(['{"user":3}', '{"user":5}']);
    ask(client, { type: 'subscribe', channels: ['user'], client_id: 'zoë', from_sequence: 2 });
    const second = await wishAfter(1);
    expect(second.from).toBe(2);
    rig.feed.noResume(second.id, SnapshotReason.TOO_OLD);
    const third = await wishAfter(2);
    await until(() => client.messages.at(-1)?.includes('too_old') === true, 'the snapshot');
    expect(parsed(client.messages.at(-1))).toMatchObject({ type: 'snapshot', reason: 'too_old', sequence: 1 });
    // The follower may be ahead of market data: then the same is wished again, and no second snapshot is sent.
    const had = client.messages.length;
    rig.feed.noResume(third.id, SnapshotReason.AHEAD);
    const fourth = await wishAfter(3);
    expect([fourth.from, client.messages.length]).toEqual([1, had]);
  });

  test('while the follower is behind the snapshot is asked for again', async () => {
    await start({ limits: { readTimeoutMs: 100 } });
    rig.peer.reading = false;
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['user'], client_id: 'me' });
    await messages(client, 1);
    const read = request(`${rig.url}/clients/me/orders`); // times out with it, at the same sweep
    const timeouts = setInterval(() => rig.passTime(200), 20);
    expect((await read).status).toBe(503);
    clearInterval(timeouts);
    rig.peer.reading = true;
    expect((await wishAfter(0)).from).toBe(0);
    expect((await messages(client, 2)).map((text) => parsed(text).type)).toEqual(['subscriptions', 'snapshot']);
  });

  test('a snapshot that cannot be had ends the subscription and says so', async () => {
    await start();
    rig.peer.failReadsWith = 3;
    const client = await open();
    ask(client, { type: 'subscribe', req_id: 9, channels: ['user'], client_id: 'me' });
    expect(parsed((await messages(client, 2))[1])).toMatchObject({
      ...{ type: 'error', req_id: 9 },
      error: { status: 503, code: 'unavailable' },
    });
    await until(() => rig.feed.of(WishType.END).length === 1, 'the key ends');
    expect([begins(), count(GatewayCounter.WS_SUBSCRIPTIONS)]).toEqual([[], 0]);
  });
});

test('a snapshot that there is no room to ask for ends the subscription and says so', async () => {
  await start({ queryRingBytes: 512 });
  rig.peer.reading = false;
  const client = await open();
  const asked = 20;
  for (let n = 0; n < asked; n++) ask(client, { type: 'subscribe', channels: ['user'], client_id: `me${n}` });
  ask(client, { type: 'subscribe', req_id: 'full', channels: ['full'] });
  const refusals = () => client.messages.map(parsed).filter(({ type }) => type === 'error');
  await until(() => refusals().some(({ req_id }) => req_id === 'full'), 'the last refusal');
  const refused = refusals().length;
  expect(refusals()).toMatchObject(Array(refused).fill({ error: { status: 503, code: 'ring_full' } }));
  expect(refused).toBeLessThan(asked);
  expect(count(GatewayCounter.WS_SUBSCRIPTIONS)).toBe(asked + 1 - refused);
  rig.peer.reading = true;
  await until(() => begins().length === asked + 1 - refused, 'the others');
  ask(client, { type: 'subscribe', channels: ['full'] });
  expect(await wishAfter(asked + 1 - refused)).toMatchObject({ channel: Channel.FULL });
});

describe('full', () => {
  const id = (text: string) => JSON.parse(text).orders.map(([number]: string[]) => number);

  test('begins with all resting orders of one sequence, page by page, and goes on from there', async () => {
    await start();
    rig.peer.bookPageMax = 2;
    const placed: unknown[] = [];
    for (let i = 0; i < 5; i++) placed.push((await post(`${rig.url}/orders`, order())).body.order_id);
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['full'] });
    const wish = await wishAfter(0);
    expect([wish.channel, wish.from]).toEqual([Channel.FULL, 5]);
    const [, ...parts] = await messages(client, 4);
    expect(parts.map((part) => [parsed(part).more, id(part).length])).toEqual([
      [true, 2],
      [true, 2],
      [undefined, 1],
    ]);
    expect(parts.flatMap(id)).toEqual(placed);
    rig.feed.resumed(wish.id, 5, '{"type":"resumed"}');
    rig.feed.live(wish.id, 5);
    rig.feed.message({ channel: Channel.FULL, sequence: 6 }, '{"full":6}').publish();
    await until(() => client.messages.at(-1) === '{"full":6}', 'the message');
    expect(client.messages.length).toBe(5);
  });

  test('those who ask while a book is read share the next reading', async () => {
    await start();
    await post(`${rig.url}/orders`, order());
    rig.peer.reading = false;
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (const client of sockets) ask(client, { type: 'subscribe', channels: ['full'] });
    for (const client of sockets) await messages(client, 1);
    rig.peer.reading = true;
    await wishAfter(4);
    for (const client of sockets)
      expect(parsed((await messages(client, 2))[1])).toMatchObject({ channel: 'full', sequence: 1 });
    expect(rig.peer.booksBegun).toBe(2);
  });
});

test('what the gateway says itself is as the protocol has it', async () => {
  await start();
  await post(`${rig.url}/orders`, order({ client_id: 'me' }));
  const client = await open();
  ask(client, { type: 'ping', req_id: 'a' });
  ask(client, { type: 'ping' });
  ask(client, { type: 'nothing', req_id: 1 });
  client.send('{"type":');
  ask(client, { type: 'subscribe', req_id: 1, channels: ['full', 'level2', 'user'], client_id: 'me' });
  const names = (await messages(client, 7)).map(checkWsMessage);
  expect(names).toEqual(['pong', 'pong', 'error', 'error', 'subscriptions', 'fullSnapshot', 'userSnapshot']);
});

const binary = { format: FeedFormat.BINARY };
const frame = (text: string) => Buffer.of(1, ...Buffer.from(text));

describe('binary', () => {
  test('a socket gets the format it asked for; what has no binary form is JSON', async () => {
    await start();
    const client = await open();
    const other = await open();
    await subscribe(other, 'level2');
    const channels = ['level2', 'user', 'candles', 'heartbeat'];
    ask(client, { type: 'subscribe', channels, instruments: ['BTC-USD'], client_id: 'me', format: 'binary' });
    await wishAfter(4);
    const named = parsed((await messages(client, 1))[0]).channels;
    const formatOf = (name: string) => ({ name, format: name === 'level2' ? 'binary' : 'json' });
    expect(named).toMatchObject(channels.map(formatOf));
    const [, wish] = begins();
    expect(begins().map(({ channel, format }) => [channel, format])).toEqual([
      [Channel.LEVEL2, FeedFormat.JSON],
      [Channel.LEVEL2, FeedFormat.BINARY],
      [Channel.CANDLES, FeedFormat.JSON],
      [Channel.HEARTBEAT, FeedFormat.JSON],
      [Channel.USER, FeedFormat.JSON],
    ]);
    rig.feed.answer(wish.id, 11, frame('snap'), frame('shot'));
    rig.feed.live(wish.id, 11);
    level2(12)
      .message({ channel: Channel.LEVEL2, sequence: 12, ...binary }, frame('update'))
      .publish();
    await until(() => client.binary.length === 2, 'the frames');
    await until(() => other.messages.at(-1) === '{"sequence":12}', 'the JSON');
    expect(client.binary).toEqual([Buffer.concat([frame('snap'), frame('shot')]), frame('update')]);
    expect([other.binary.length, client.messages.includes('{"sequence":12}')]).toEqual([0, false]);
  });

  test('full begins with all resting orders of one sequence, page by page', async () => {
    await start();
    rig.peer.bookPageMax = 2;
    const sides = ['buy', 'sell', 'buy', 'sell', 'buy'];
    const prices = [70_000.01, 70_100.01, 70_000.02, 70_100.01, 70_000.01];
    for (const [i, side] of sides.entries()) await post(`${rig.url}/orders`, order({ side, price: prices[i] }));
    const client = await open();
    ask(client, { type: 'subscribe', channels: ['full'], format: 'binary' });
    const wish = await wishAfter(0);
    expect(wish).toMatchObject({ channel: Channel.FULL, from: 5, ...binary });
    await until(() => client.binary.length === 3, 'the pages');
    const read = client.binary.map((bytes) => decodeServerFrame(bytes));
    expect(read.map(({ messages: all, fault }) => [all.length, fault])).toEqual(Array(3).fill([1, '']));
    const parts = read.map(({ messages: [one] }) => one);
    const about = { type: 'orders', channel: Channel.FULL, instrument: 0, sequence: 5, reason: 0 };
    expect(parts).toMatchObject([
      { ...about, more: true, journal: '123456789abcdef0', asks: [] },
      { ...about, more: true, bids: [[5, 7_000_001, 50_000_000]] },
      { ...about, more: false, bids: [] },
    ]);
    const orders = (name: 'bids' | 'asks') => parts.flatMap((part) => (part.type === 'orders' ? part[name] : []));
    expect(orders('bids').map(([number, price]) => [number, price])).toEqual([
      [3, 7_000_002],
      [1, 7_000_001],
      [5, 7_000_001],
    ]);
    expect(orders('asks').map(([number, price]) => [number, price])).toEqual([
      [2, 7_010_001],
      [4, 7_010_001],
    ]);
    rig.feed.resumed(wish.id, 5, '{"type":"resumed"}');
    rig.feed.live(wish.id, 5);
    rig.feed.message({ channel: Channel.FULL, sequence: 6, ...binary }, frame('full')).publish();
    await until(() => client.binary.length === 4, 'the message');
    expect([client.messages.length, client.binary[3]]).toEqual([1, frame('full')]);
  });
});

describe('slow sockets', () => {
  const filler = 'z'.repeat(8_000);

  /** Publishes until `enough`, with the quick socket reading along. */
  async function flood(publish: (n: number) => void, quick: WebSocketClient, enough: () => boolean): Promise<number> {
    const read = () => quick.messages.length + quick.binary.length;
    const had = read();
    let sent = 0;
    while (!enough() && sent < 6_000) {
      for (let i = 0; i < 20; i++) publish(sent++);
      rig.feed.publish();
      rig.passTime(60);
      await until(() => read() >= had + sent, 'the quick one keeps up');
    }
    return sent;
  }

  test('one that may miss nothing is closed with 4008, after an unbroken run; the others go on', async () => {
    await start({ ws: { backpressureBytesMax: 256 * 1024, conflateBytes: 64 * 1024 } });
    const slow = await open();
    const quick = await open();
    await subscribe(slow, 'level2');
    await subscribe(quick, 'level2');
    slow.socket.pause();
    const text = (n: number) => `{"sequence":${n},"data":"${filler}"}`;
    const closes = () => count(GatewayCounter.WS_SLOW_CONSUMER_CLOSES);
    const sent = await flood(
      (n) => level2(n, text(n)),
      quick,
      () => closes() > 0,
    );
    expect([closes(), count(GatewayCounter.WS_CONNECTIONS), quick.messages.length]).toEqual([1, 1, sent + 2]);
    slow.socket.resume();
    await until(() => slow.ended, 'the end');
    expect([slow.closeCode, slow.closeReason]).toEqual([4008, 'slow_consumer']);
    expect(slow.messages.length).toBeGreaterThan(2);
    expect(slow.messages.slice(2)).toEqual(Array.from({ length: slow.messages.length - 2 }, (_, n) => text(n)));
  });

  test('a ticker is conflated: what was left out is said, and the newest comes', async () => {
    await start({ ws: { backpressureBytesMax: 256 * 1024, conflateBytes: 64 * 1024 } });
    const slow = await open();
    const quick = await open();
    await subscribe(slow, 'ticker');
    await subscribe(quick, 'ticker');
    slow.socket.pause();
    const text = (n: number) => `{"ticker":${n},"data":"${filler}"}`;
    const conflated = () => count(GatewayCounter.WS_CONFLATIONS);
    await flood(
      (n) => ticker(100 + n, text(n)),
      quick,
      () => conflated() > 0,
    );
    const before = count(GatewayCounter.WS_BYTES);
    const had = quick.messages.length;
    for (let n = 0; n < 100; n++) ticker(50_000 + n, `{"left_out":${n}}`);
    ticker(60_000, '{"newest":1}').publish();
    await until(() => quick.messages.length === had + 101, 'the quick one');
    expect(count(GatewayCounter.WS_BYTES) - before).toBeLessThan(101 * 20); // one socket's
    slow.socket.resume();
    await until(() => slow.messages.at(-1) === '{"newest":1}', 'the newest');
    expect(checkWsMessage(slow.messages.at(-2) ?? '')).toBe('conflated');
    const note = parsed(slow.messages.at(-2));
    expect(note).toMatchObject({ type: 'conflated', channel: 'ticker', instrument: 'BTC-USD', to: 60_000 });
    expect(slow.messages.at(-3)).toBe(text(Number(note.from) - 100));
    ticker(60_001).publish();
    await until(() => slow.messages.at(-1) === '{"ticker":60001}', 'the next');
    expect([count(GatewayCounter.WS_SLOW_CONSUMER_CLOSES), conflated(), slow.ended]).toEqual([0, 1, false]);
  });

  test('of a binary ticker the newest is a frame, and what was left out is said in JSON', async () => {
    await start({ ws: { backpressureBytesMax: 256 * 1024, conflateBytes: 64 * 1024 } });
    const [slow, quick] = [await open(), await open()];
    for (const [k, client] of [slow, quick].entries()) {
      ask(client, { type: 'subscribe', channels: ['ticker'], instruments: ['BTC-USD'], format: 'binary' });
      const wish = await wishAfter(k);
      rig.feed.answer(wish.id, 1, frame('begin'));
      rig.feed.live(wish.id, 1).publish();
      await until(() => client.binary.length === 1, 'the beginning');
    }
    const newest = (sequence: number, text: string) =>
      rig.feed.message({ channel: Channel.TICKER, sequence, ...binary }, frame(text));
    slow.socket.pause();
    await flood(
      (n) => newest(100 + n, filler),
      quick,
      () => count(GatewayCounter.WS_CONFLATIONS) > 0,
    );
    newest(50_000, 'left out');
    newest(60_000, 'newest').publish();
    await until(() => quick.binary.at(-1)?.equals(frame('newest')) === true, 'the quick one');
    slow.socket.resume();
    await until(() => slow.binary.at(-1)?.equals(frame('newest')) === true, 'the newest');
    expect(parsed(slow.messages.at(-1))).toMatchObject({ type: 'conflated', channel: 'ticker', to: 60_000 });
    expect(slow.binary.some((bytes) => bytes.equals(frame('left out')))).toBe(false);
  });

  test('level2_batch goes on with all changes since', async () => {
    await start({ ws: { backpressureBytesMax: 256 * 1024, conflateBytes: 64 * 1024 } });
    const slow = await open();
    const quick = await open();
    await subscribe(slow, 'level2_batch');
    await subscribe(quick, 'level2_batch');
    slow.socket.pause();
    const batch = (sequence: number, text: string) =>
      rig.feed.message({ channel: Channel.LEVEL2_BATCH, sequence }, text);
    const text = (n: number) => `{"batch":${n},"data":"${filler}"}`;
    await flood(
      (n) => batch(100 + n, text(n)),
      quick,
      () => count(GatewayCounter.WS_CONFLATIONS) > 0,
    );
    batch(70_000, '{"left_out":1}').publish();
    await until(() => quick.messages.at(-1) === '{"left_out":1}', 'the quick one');
    slow.socket.resume();
    const wish = await wishAfter(2);
    expect(slow.messages.at(-1)).toBe(text(wish.from - 100));
    rig.feed.resumed(wish.id, 70_000, '{"type":"resumed","sequence":70000}');
    rig.feed.answer(wish.id, 70_000, '{"all":1}');
    rig.feed.live(wish.id, 70_000);
    batch(70_001, '{"batch":70001}').publish();
    await until(() => slow.messages.at(-1) === '{"batch":70001}', 'the next');
    expect(slow.messages.slice(-3)).toEqual([
      `{"type":"conflated","channel":"level2_batch","instrument":"BTC-USD","from":${wish.from},"to":70000}`,
      '{"all":1}',
      '{"batch":70001}',
    ]);
  });

  test('what a socket asked for itself does not make it slow, up to a point', async () => {
    await start({ ws: { backpressureBytesMax: 64 * 1024, conflateBytes: 1_024 } });
    const client = await open();
    client.socket.pause();
    const snapshot = `{"snapshot":"${'s'.repeat(120_000)}"}`;
    let asked = 0;
    const closed = () => count(GatewayCounter.WS_SLOW_CONSUMER_CLOSES) > 0;
    for (; asked < 1_000 && !closed(); asked++) {
      ask(client, { type: 'subscribe', channels: ['level2'] });
      await until(() => begins().length > asked || closed(), 'a wish');
      if (closed()) break;
      rig.feed.answer(begins()[asked].id, 1, snapshot);
      rig.feed.live(begins()[asked].id, 1).publish();
      await until(() => closed() || rig.feed.answered, 'the answer is taken');
    }
    client.socket.resume();
    await until(() => client.ended, 'the end');
    expect(client.closeCode).toBe(4008);
    expect(client.messages.filter((text) => text === snapshot).length).toBeGreaterThan(8);
  });

  test('when too much waits for all together the slowest are cut, each within its own bound; the others go on', async () => {
    await start({ ws: { totalBytesMax: 1024 * 1024, backpressureBytesMax: 64 * 1024 * 1024 } });
    const slow = [await open(), await open()];
    const quick = await open();
    for (const client of [...slow, quick]) await subscribe(client, 'level2');
    for (const client of slow) client.socket.pause();
    const closes = () => count(GatewayCounter.WS_SLOW_CONSUMER_CLOSES);
    const text = (n: number) => `{"sequence":${n},"data":"${filler}"}`;
    const publish = (n: number) => level2(n, text(n));
    await flood(publish, quick, () => closes() > 1);
    expect([closes(), count(GatewayCounter.WS_CONNECTIONS), quick.ended]).toEqual([2, 1, false]);
    for (const client of slow) client.socket.resume();
    await until(() => slow.every(({ ended }) => ended), 'the end');
    expect(slow.map(({ closeCode }) => closeCode)).toEqual([0, 0]);
  });

  test('one that reads no answers is closed too', async () => {
    await start({ ws: { backpressureBytesMax: 64 * 1024, conflateBytes: 1_024 } });
    const client = await open();
    client.socket.pause();
    const pings = `{"type":"ping","req_id":"${'x'.repeat(60)}"}`;
    for (let i = 0; i < 200 && count(GatewayCounter.WS_CONNECTIONS) > 0; i++) {
      for (let k = 0; k < 1_000; k++) client.send(pings);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => count(GatewayCounter.WS_SLOW_CONSUMER_CLOSES) === 1, 'the close');
  });
});

describe('limits', () => {
  test('requests that are wrong name their field; many in a row end the socket', async () => {
    await start({ ws: { subscriptionsMax: 3 } });
    const client = await open();
    const wrong: [object | string, string, string | undefined][] = [
      ['{"type":"ping"', 'malformed_json', undefined],
      ['[]', 'malformed_json', undefined],
      [{}, 'missing_field', 'type'],
      [{ type: 'order' }, 'invalid_value', 'type'],
      [{ type: 'ping', channels: [] }, 'field_not_allowed', 'channels'],
      [{ type: 'ping', req_id: 1.5 }, 'wrong_type', 'req_id'],
      [{ type: 'ping', req_id: '' }, 'invalid_text', 'req_id'],
      [{ type: 'ping', nonsense: 1 }, 'unknown_field', 'nonsense'],
      [{ type: 'ping', id: 5 }, 'unknown_field', 'id'],
      [{ type: 'subscribe' }, 'missing_field', 'channels'],
      [{ type: 'subscribe', channels: [] }, 'invalid_value', 'channels'],
      [{ type: 'subscribe', channels: 'level2' }, 'wrong_type', 'channels'],
      [{ type: 'subscribe', channels: ['level3'] }, 'invalid_value', 'channels'],
      [{ type: 'subscribe', channels: ['level2', 'matches', 'ticker', 'candles'] }, 'invalid_value', 'channels'],
      [{ type: 'subscribe', channels: ['level2'], instruments: ['X-Y'] }, 'unknown_instrument', 'instruments'],
      [{ type: 'subscribe', channels: ['level2'], instruments: [1] }, 'wrong_type', 'instruments'],
      [{ type: 'subscribe', channels: ['level2'], client_id: 'me' }, 'field_not_allowed', 'client_id'],
      [{ type: 'subscribe', channels: ['user'] }, 'missing_field', 'client_id'],
      [{ type: 'subscribe', channels: ['user'], client_id: 'a\n' }, 'invalid_text', 'client_id'],
      [
        { type: 'subscribe', channels: ['user'], client_id: 'a', instruments: ['BTC-USD'] },
        'field_not_allowed',
        'instruments',
      ],
      [{ type: 'subscribe', channels: ['level2'], format: 'xml' }, 'invalid_value', 'format'],
      [{ type: 'subscribe', channels: ['level2'], from_sequence: -1 }, 'wrong_type', 'from_sequence'],
      [{ type: 'subscribe', channels: ['ticker'], from_sequence: 1 }, 'field_not_allowed', 'from_sequence'],
      [{ type: 'subscribe', channels: ['level2'], journal: 'x' }, 'field_not_allowed', 'journal'],
      [{ type: 'subscribe', channels: ['level2'], from_sequence: 1, journal: 2 }, 'wrong_type', 'journal'],
      [{ type: 'unsubscribe', channels: ['level2'], format: 'json' }, 'field_not_allowed', 'format'],
    ];
    for (const [request] of wrong) client.send(typeof request === 'string' ? request : JSON.stringify(request));
    const answers = (await messages(client, wrong.length)).map(parsed);
    expect(answers.map(({ type }) => type)).toEqual(wrong.map(() => 'error'));
    const told = answers.map(({ error }) => error);
    for (const [i, [, code]] of wrong.entries()) expect([wrong[i], told[i]]).toMatchObject([{}, { code }]);
    expect(told.map((error) => parsed(JSON.stringify(error)).field)).toEqual(wrong.map(([, , field]) => field));
    expect(told[0]).toMatchObject({ detail: expect.stringMatching(/^The message is not valid JSON/) });
    const ofId = wrong.findIndex(([, , field]) => field === 'id');
    expect(told[ofId]).toMatchObject({ detail: expect.stringContaining('req_id') });
    ask(client, { type: 'ping', req_id: 7 });
    expect(parsed((await messages(client, wrong.length + 1)).at(-1))).toMatchObject({ type: 'pong', req_id: 7 });
    for (let i = 0; i < 40; i++) client.send('{');
    await until(() => client.ended, 'the end');
    expect([client.closeCode, client.messages.length]).toEqual([1008, wrong.length + 1 + 32]);
    expect([count(GatewayCounter.WS_REFUSED_MALFORMED), begins()]).toEqual([1, []]);
  });

  test('what the page has as examples of requests is taken', async () => {
    await start();
    const client = await open();
    const { subscribe, unsubscribe, ping } = WS_EXAMPLES;
    for (const request of [subscribe, unsubscribe, ping]) ask(client, request);
    await until(() => client.messages.map(parsed).some(({ type }) => type === 'pong'), 'a pong');
    const types = client.messages.map((message) => parsed(message).type);
    expect(types).not.toContain('error');
    expect(types.filter((type) => type === 'subscriptions')).toHaveLength(2);
  });

  test('frames a second, and their length', async () => {
    await start({ ws: { framesPerSecond: 5 } });
    const client = await open();
    for (let i = 0; i < 5; i++) ask(client, { type: 'ping' });
    await messages(client, 5);
    rig.passTime(1_000);
    for (let i = 0; i < 6; i++) ask(client, { type: 'ping' });
    await until(() => client.ended, 'the end');
    expect([client.closeCode, client.messages.length, count(GatewayCounter.WS_REFUSED_FRAMES)]).toEqual([1008, 10, 1]);
    const batcher = await open();
    const statuses = Array.from({ length: 6 }, (_, id) => encodeStatusFrame(id, 1));
    batcher.sendBinary(Buffer.concat(statuses));
    await until(() => batcher.ended, 'the end');
    expect([batcher.closeCode, count(GatewayCounter.WS_REFUSED_FRAMES)]).toEqual([1008, 2]);
    const talker = await open();
    talker.send('x'.repeat(65_537));
    await until(() => talker.ended, 'the end');
    expect(talker.closeCode).toBe(1009);
  });

  test('connections at once, and new ones a second', async () => {
    await start({ ws: { connectionsMax: 1, upgradesPerSecond: 2 } });
    const first = await open();
    const second = await open();
    await until(() => second.ended, 'the end');
    expect([second.closeCode, first.ended]).toEqual([1013, false]);
    const third = await open();
    expect(third.head).toMatch(/^HTTP\/1\.1 503 /);
    const refused = [count(GatewayCounter.WS_REFUSED_CONNECTIONS), count(GatewayCounter.WS_REFUSED_UPGRADES)];
    expect(refused).toEqual([1, 1]);
  });

  test('pages of other origins stay out', async () => {
    await start({ ws: { allowed: ['https://app.example'] } });
    const status = async (origin: string) => Number((await open(`Origin: ${origin}\r\n`)).head.slice(9, 12));
    expect(await status('https://app.example')).toBe(101);
    expect(await status('http://a')).toBe(101); // the host it connects to
    expect(await status('http://localhost:5173')).toBe(101);
    expect(await status('https://evil.example')).toBe(403);
    expect(await status('http://a.evil.example')).toBe(403);
    expect(await status('null')).toBe(403);
    expect(count(GatewayCounter.WS_REFUSED_ORIGIN)).toBe(3);
  });
});

test('a gateway that was lapped ends the sockets that have subscriptions with 1013, and no other', async () => {
  await start({ feedRingBytes: 4_096 });
  const client = await open();
  const other = await open();
  await subscribe(client, 'level2');
  for (let n = 0; n < 100; n++) level2(n, `{"sequence":${n},"data":"${'x'.repeat(200)}"}`);
  rig.feed.publish();
  await until(() => client.ended, 'the end');
  expect([client.closeCode, client.messages.length, other.ended]).toEqual([1013, 2, false]);
  expect(count(GatewayCounter.WS_LAPPED)).toBe(1);
  await subscribe(other, 'level2');
  level2(200).publish();
  await until(() => other.messages.at(-1) === '{"sequence":200}', 'the next message');
});

test('closing tells every socket 1001', async () => {
  await start();
  const client = await open();
  rig.close();
  await until(() => client.ended, 'the end');
  expect(client.closeCode).toBe(1001);
});
