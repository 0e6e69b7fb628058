// What a subscription does when it begins, when something is missing or wrong, and when it ends.

import { describe, expect, it } from 'vitest';
import { connect } from './index.ts';
import { wholeChecksum } from './testing/drawn-market.ts';
import { ClientRig, message } from './testing/rig.ts';

const EMPTY = '0000000000000000';
const BIDS = [
  ['70000.00', '0.50'],
  ['69999.00', '1.00'],
] as const;
const ASKS = [['70001.00', '2.00']] as const;
const SNAPSHOT = {
  reason: 'subscribed',
  journal: 'j1',
  bids: BIDS,
  asks: ASKS,
  checksum: wholeChecksum(BIDS, ASKS),
};

function update(sequence: number, prev_sequence: number, changes: readonly unknown[], checksum: string) {
  return message('l2update', sequence, { prev_sequence, changes, checksum });
}

/** A connected rig with a book that has begun at sequence 10, and all that it tells. */
function begunBook() {
  const rig = new ClientRig();
  rig.socket.open();
  const btc = rig.client.book('BTC-USD');
  const told: unknown[] = [];
  btc.on('snapshot', ({ sequence, reason }) => told.push(['snapshot', sequence, reason]));
  btc.on('update', ({ sequence }) => told.push(['update', sequence]));
  btc.on('live', (live) => told.push(live ? 'live' : 'not live'));
  btc.on('conflated', ({ from, to }) => told.push(['conflated', from, to]));
  btc.on('mismatch', (mismatch) => told.push(mismatch));
  btc.on('error', (error) => told.push(error.message));
  rig.take();
  rig.socket.say(message('snapshot', 10, SNAPSHOT));
  told.length = 0;
  return { rig, btc, told };
}

describe('a subscription', () => {
  it('asks once it is connected, and begins with the snapshot', () => {
    const rig = new ClientRig();
    const btc = rig.client.book('BTC-USD', 'level2_batch');
    expect([btc.channel, btc.subject, btc.live, btc.position]).toEqual(['level2_batch', 'BTC-USD', false, undefined]);
    rig.socket.open();
    expect(rig.socket.received).toEqual([
      { type: 'subscribe', req_id: 1, channels: ['level2_batch'], instruments: ['BTC-USD'] },
    ]);
    rig.take();
    rig.socket.say(message('snapshot', 10, { ...SNAPSHOT, channel: 'level2_batch' }));
    expect([btc.live, btc.position]).toEqual([true, { sequence: 10, journal: 'j1' }]);
    expect(btc.book.best('buy')).toEqual({ price: '70000.00', quantity: '0.50' });
    expect(btc.book.levels('buy', 1)).toEqual([{ price: '70000.00', quantity: '0.50' }]);
    expect([btc.book.size('buy'), btc.book.size('sell')]).toEqual([2, 1]);
    expect(btc.book.quantityAt('buy', '69999.00')).toBe('1.00');
    expect(btc.book.quantityAt('sell', '69999.00')).toBeUndefined();
  });

  it('goes on after a disconnect from where it was, on the same journal', () => {
    const { rig, btc, told } = begunBook();
    rig.reconnect(4008);
    expect(rig.socket.last('subscribe')).toMatchObject({ from_sequence: 10, journal: 'j1' });
    rig.take();
    rig.socket.say({ type: 'resumed', channel: 'level2', instrument: 'BTC-USD', from_sequence: 10, sequence: 12 });
    const left = [BIDS[1]];
    rig.socket.say(update(12, 10, [['buy', '70000.00', '0.00']], wholeChecksum(left, ASKS)));
    expect(told).toEqual(['not live', 'live', ['update', 12]]);
    expect(btc.book.best('buy')).toEqual({ price: '69999.00', quantity: '1.00' });
  });

  it.each(['too_old', 'ahead', 'other_journal'])('begins anew when it cannot be resumed: %s', (reason) => {
    const { rig, btc, told } = begunBook();
    rig.reconnect(1012);
    rig.take();
    const empty = { bids: [], asks: [], checksum: EMPTY };
    rig.socket.say(message('snapshot', 3, { reason, journal: 'j2', ...empty }));
    expect(told).toEqual(['not live', 'live', ['snapshot', 3, reason]]);
    expect([btc.book.best('buy'), btc.book.best('sell')]).toEqual([undefined, undefined]);
    expect(btc.position).toEqual({ sequence: 3, journal: 'j2' });
  });

  it('takes a message that names an older one before it, and leaves aside one that is known', () => {
    const { rig, btc, told } = begunBook();
    rig.socket.say(update(10, 8, [['buy', '1.00', '1.00']], EMPTY));
    rig.socket.say(update(11, 8, [], SNAPSHOT.checksum));
    expect(told).toEqual([['update', 11]]);
    expect(btc.position?.sequence).toBe(11);
  });

  it('resumes when something is missing, and leaves aside what comes before the answer', () => {
    const { rig, btc, told } = begunBook();
    rig.socket.say(update(14, 12, [['buy', '1.00', '1.00']], EMPTY));
    expect(rig.socket.last('subscribe')).toMatchObject({ req_id: 2, from_sequence: 10, journal: 'j1' });
    rig.socket.say(update(15, 14, [['buy', '1.00', '1.00']], EMPTY));
    rig.socket.say({ type: 'subscriptions', req_id: 1, channels: [] });
    rig.socket.say({ type: 'resumed', channel: 'level2', instrument: 'BTC-USD', from_sequence: 10, sequence: 10 });
    expect([btc.live, rig.socket.count('subscribe')]).toEqual([false, 2]);
    rig.take();
    rig.socket.say(update(16, 15, [['buy', '1.00', '1.00']], EMPTY));
    rig.socket.say({ type: 'resumed', channel: 'level2', instrument: 'BTC-USD', from_sequence: 10, sequence: 16 });
    rig.socket.say(update(16, 10, [['sell', '70001.00', '3.00']], wholeChecksum(BIDS, [['70001.00', '3.00']])));
    expect(told).toEqual(['not live', 'live', ['update', 16]]);
  });

  it('resumes when the parts of a message do not belong together', () => {
    const { rig, told } = begunBook();
    rig.socket.say({ ...update(12, 10, [['buy', '1.00', '1.00']], EMPTY), more: true });
    rig.socket.say(update(13, 12, [], EMPTY));
    expect(rig.socket.last('subscribe')).toMatchObject({ req_id: 2, from_sequence: 10 });
    expect(told).toEqual(['not live']);
  });

  it('tells a wrong checksum and asks for the whole book, at once and then after waits', () => {
    const { rig, btc, told } = begunBook();
    rig.time.chance = 0;
    rig.socket.say(update(12, 10, [['buy', '70000.00', '7.00']], EMPTY));
    const actual = wholeChecksum([['70000.00', '7.00'], BIDS[1]], ASKS);
    expect(told).toEqual(['not live', { sequence: 12, expected: EMPTY, actual }]);
    expect(btc.position).toBeUndefined();
    const again = rig.socket.last('subscribe');
    expect([again.req_id, 'from_sequence' in again]).toEqual([2, false]);
    rig.take();
    rig.socket.say(message('snapshot', 13, { ...SNAPSHOT, checksum: EMPTY }));
    expect(rig.socket.count('subscribe')).toBe(2);
    rig.time.pass(50);
    expect(rig.socket.count('subscribe')).toBe(3);
    rig.take();
    rig.socket.say(message('snapshot', 14, SNAPSHOT));
    rig.socket.say(update(15, 14, [], SNAPSHOT.checksum));
    expect(told.slice(-3)).toEqual(['live', ['snapshot', 14, 'subscribed'], ['update', 15]]);
    rig.socket.say(update(16, 15, [], EMPTY));
    expect(rig.socket.count('subscribe')).toBe(4);
  });

  it.each([
    ['a price that is none', [['buy', '7e4', '1.00']]],
    ['a price of other decimals', [['buy', '70000.0', '1.00']]],
    ['a price beyond what can be exact', [['buy', '99999999999999999.00', '1.00']]],
    ['a quantity that is no text', [['buy', '70000.00', 1]]],
    ['a quantity below nothing', [['buy', '70000.00', '-1.00']]],
    ['a side that is none', [['both', '70000.00', '1.00']]],
    ['a change that is none', [7]],
    ['changes that are no list', 'none'],
  ])('begins anew when a message makes no sense: %s', (_, changes) => {
    const { rig, told } = begunBook();
    rig.socket.say(message('l2update', 12, { prev_sequence: 10, changes, checksum: EMPTY }));
    expect(told).toEqual(['not live', expect.any(String)]);
    expect(rig.socket.last('subscribe')).not.toHaveProperty('from_sequence');
    expect(rig.socket.closedWith).toBeUndefined();
  });

  it.each([
    ['l2update', { changes: [], checksum: EMPTY }],
    ['l2update', { prev_sequence: -1, changes: [], checksum: EMPTY }],
    ['l2update', { prev_sequence: 10, changes: [] }],
    ['match', { prev_sequence: 10, changes: [], checksum: EMPTY }],
    ['snapshot', { bids: [], asks: [], checksum: EMPTY }],
    ['snapshot', { journal: 'j1', asks: [], checksum: EMPTY }],
  ])('begins anew when members are missing: %s %o', (type, members) => {
    const { rig, told } = begunBook();
    rig.socket.say(message(type, 12, members));
    expect(told[0]).toBe('not live');
    expect(rig.socket.count('subscribe')).toBe(2);
  });

  it('tells what was conflated, and goes on', () => {
    const { rig, told } = begunBook();
    rig.socket.say({ type: 'conflated', channel: 'level2', instrument: 'BTC-USD', from: 11, to: 20 });
    rig.socket.say(update(21, 10, [], SNAPSHOT.checksum));
    expect(told).toEqual([
      ['conflated', 11, 20],
      ['update', 21],
    ]);
  });

  it('tells a refusal: for good it ends, for now it asks again', () => {
    const rig = new ClientRig();
    rig.socket.open();
    const told: unknown[] = [];
    const refuse = (retry: string) => {
      const error = { code: 'refused', detail: 'no', status: 503, executed: 'no', retry };
      rig.socket.say({ type: 'error', req_id: rig.socket.last('subscribe').req_id, error });
    };
    rig.client.book('BTC-USD').on('error', (error) => told.push(error.message));
    refuse('later');
    rig.time.pass(1_000);
    expect(rig.socket.count('subscribe')).toBe(2);
    refuse('never');
    rig.time.pass(3_000);
    expect([told, rig.socket.count('subscribe')]).toEqual([['refused: no', 'refused: no'], 2]);
    rig.client.book('BTC-USD');
    expect(rig.socket.count('subscribe')).toBe(3);
  });

  it('asks again when its snapshot cannot be had', () => {
    const rig = new ClientRig();
    rig.socket.open();
    const told: unknown[] = [];
    rig.client.user('me').on('error', ({ message }) => told.push(message));
    rig.take();
    rig.socket.say({ type: 'error', req_id: 1, error: { code: 'unavailable', detail: 'no', retry: 'later' } });
    rig.time.pass(1_000);
    expect([told, rig.told, rig.socket.count('subscribe')]).toEqual([['unavailable: no'], ['connected'], 2]);
  });

  it('gives up a connection that does not answer', () => {
    const { rig } = begunBook();
    rig.reconnect();
    const { socket } = rig;
    for (let second = 0; second < 5; second++) {
      socket.say({ type: 'pong', req_id: 99, time: '' });
      rig.time.pass(1_000);
    }
    expect(socket.closedWith).toBe(1000);
    rig.time.pass(10_000);
    rig.socket.open();
    expect(rig.socket.last('subscribe')).toMatchObject({ from_sequence: 10 });
  });

  it('ends with close(), and may be made again', () => {
    const { rig, btc, told } = begunBook();
    expect(() => rig.client.book('BTC-USD')).toThrow(/already/);
    btc.close();
    btc.close();
    expect(rig.socket.last('unsubscribe')).toMatchObject({ channels: ['level2'], instruments: ['BTC-USD'] });
    rig.socket.say(update(12, 10, [], EMPTY));
    expect([told, btc.live, rig.socket.count('unsubscribe')]).toEqual([['not live'], false, 1]);
    rig.client.book('BTC-USD');
    expect(rig.socket.count('subscribe')).toBe(2);
    rig.reconnect();
    expect(rig.socket.count('subscribe')).toBe(1);
  });

  it('may be closed by whoever it tells something', () => {
    const close = (begun: ReturnType<typeof begunBook>) => {
      begun.btc.on('live', () => begun.btc.close());
      return begun;
    };
    const gap = close(begunBook());
    gap.rig.socket.say(update(14, 12, [], EMPTY));
    const wrong = close(begunBook());
    wrong.rig.socket.say(update(12, 10, [], EMPTY));
    const lost = close(begunBook());
    lost.rig.socket.end(1006);
    lost.rig.time.pass(1_000);
    lost.rig.socket.open();
    for (const { rig, btc, told } of [gap, wrong, lost]) {
      expect([told, btc.live]).toEqual([['not live'], false]);
      const asked = rig.socket.received.map(({ type }) => type).filter((type) => type !== 'ping');
      expect(asked.at(-1)).not.toBe('subscribe');
      rig.client.close();
      expect(rig.time.waiting).toBe(0);
    }
    const refused = new ClientRig();
    refused.socket.open();
    const btc = refused.client.book('BTC-USD');
    btc.on('error', () => btc.close());
    refused.socket.say({ type: 'error', req_id: 1, error: { retry: 'later' } });
    refused.time.pass(1_000);
    expect(refused.socket.count('subscribe')).toBe(1);
  });

  it('waits for a long snapshot as long as its parts keep coming', () => {
    const rig = new ClientRig();
    rig.socket.open();
    const btc = rig.client.book('BTC-USD');
    rig.take();
    for (let part = 0; part < 4; part++) {
      rig.time.pass(4_000);
      rig.socket.say(message('snapshot', 10, { ...SNAPSHOT, bids: [], asks: [], more: true }));
    }
    rig.socket.say(message('snapshot', 10, SNAPSHOT));
    expect([btc.live, rig.socket.closedWith]).toEqual([true, undefined]);
  });

  it('is not told what belongs to another', () => {
    const { rig, told } = begunBook();
    rig.socket.say({ ...update(12, 10, [], EMPTY), instrument: 'ETH-USD' });
    rig.socket.say({ ...update(12, 10, [], EMPTY), channel: 'level2_batch' });
    expect([told, rig.told]).toEqual([[], ['connected']]);
  });
});

describe('channels without a book', () => {
  it('tells tickers, candles and heartbeats as they come, after a reconnect too', () => {
    const rig = new ClientRig();
    rig.socket.open();
    const told: unknown[] = [];
    const ticker = rig.client.ticker('BTC-USD');
    ticker.on('update', ({ price }) => told.push(price));
    rig.take();
    expect(ticker.live).toBe(true);
    rig.client.candles('BTC-USD').on('update', ({ close }) => told.push(close));
    rig.take();
    rig.client.heartbeat('BTC-USD').on('update', ({ sequence }) => told.push(sequence));
    rig.take();
    rig.socket.say(message('ticker', 5, { channel: 'ticker', price: '1.00' }));
    rig.socket.say(message('candle', 6, { channel: 'candles', close: '2.00' }));
    rig.socket.say(message('heartbeat', 7, { channel: 'heartbeat' }));
    rig.socket.say({ type: 'conflated', channel: 'ticker', instrument: 'BTC-USD', from: 8, to: 9 });
    rig.reconnect();
    expect(rig.socket.received.map((one) => one.from_sequence)).toEqual([undefined, undefined, undefined]);
    rig.socket.say({ type: 'subscriptions', req_id: rig.socket.received[0].req_id, channels: [] });
    rig.socket.say(message('ticker', 10, { channel: 'ticker', price: '3.00' }));
    expect(told).toEqual(['1.00', '2.00', 7, '3.00']);
  });

  it('is of the client that the options name, unless it is said whose', () => {
    const rig = new ClientRig();
    expect([rig.client.user().subject, rig.client.user('you').subject]).toEqual(['me', 'you']);
    const { server, time } = rig;
    const nobody = connect('ws://host/ws', { WebSocket: server.WebSocket, timers: time });
    expect(() => nobody.user()).toThrow(TypeError);
  });

  it('tells a user events, whole, and goes on from a position that was kept elsewhere', () => {
    const rig = new ClientRig();
    rig.socket.open();
    const user = rig.client.user('me', { sequence: 41, journal: 'j1' });
    expect(rig.socket.last('subscribe')).toEqual({
      type: 'subscribe',
      req_id: 1,
      channels: ['user'],
      client_id: 'me',
      from_sequence: 41,
      journal: 'j1',
    });
    const told: unknown[] = [];
    user.on('update', ({ events }) => told.push(events));
    rig.take();
    const about = { channel: 'user', client_id: 'me' };
    rig.socket.say({ type: 'resumed', ...about, from_sequence: 41, sequence: 43 });
    const head = { type: 'user', ...about, time: '', sequence: 43, prev_sequence: 41 };
    rig.socket.say({ ...head, more: true, events: [1, 2] });
    rig.socket.say({ ...head, more: true, events: [3] });
    expect([told, user.position?.sequence]).toEqual([[], 41]);
    rig.socket.say({ ...head, events: [4] });
    expect([told, user.position?.sequence]).toEqual([[[1, 2, 3, 4]], 43]);
  });
});

describe('a book of orders', () => {
  it('takes a message without a checksum, and says what is wrong with the next that has one', () => {
    const { rig, btc } = begunOrders();
    const seen: unknown[] = [];
    btc.on('update', ({ sequence }) => seen.push(sequence));
    btc.on('mismatch', ({ sequence }) => seen.push(`not ${sequence}`));
    const event = { change: 'rested', order_id: 'b', side: 'sell', price: '70001.00', delta: '1.00' };
    rig.socket.say(message('full', 11, { channel: 'full', prev_sequence: 10, events: [event] }));
    rig.socket.say(message('full', 12, { channel: 'full', prev_sequence: 11, events: [], checksum: EMPTY }));
    expect(seen).toEqual([11, 'not 12']);
  });

  function begunOrders() {
    const rig = new ClientRig();
    rig.socket.open();
    const btc = rig.client.orderBook('BTC-USD');
    const told: string[] = [];
    btc.on('error', (error) => told.push(error.message));
    rig.take();
    const orders = [['a', 'buy', '70000.00', '0.50']];
    const checksum = wholeChecksum([['70000.00', '0.50']], []);
    rig.socket.say(message('snapshot', 10, { channel: 'full', reason: 'subscribed', journal: 'j', orders, checksum }));
    return { rig, btc, told };
  }

  it('finds orders by their id', () => {
    const { btc } = begunOrders();
    expect(btc.book.order('a')).toEqual({ orderId: 'a', side: 'buy', price: '70000.00', quantity: '0.50' });
    expect(btc.book.order('b')).toBeUndefined();
    expect(btc.book.queue('sell', '70000.00')).toEqual([]);
  });

  it.each([
    ['an order that has less than nothing', { order_id: 'a', side: 'buy', price: '70000.00', delta: '-0.60' }],
    ['an order elsewhere than it is', { order_id: 'a', side: 'buy', price: '70001.00', delta: '0.10' }],
    ['an order that is not there', { order_id: 'b', side: 'buy', price: '70000.00', delta: '-0.10' }],
  ])('begins anew for %s', (_, event) => {
    const { rig, told } = begunOrders();
    const events = [{ change: 'filled', ...event }];
    rig.socket.say(message('full', 11, { channel: 'full', prev_sequence: 10, events, checksum: EMPTY }));
    expect(told).toHaveLength(1);
    expect(rig.socket.last('subscribe')).not.toHaveProperty('from_sequence');
  });
});
