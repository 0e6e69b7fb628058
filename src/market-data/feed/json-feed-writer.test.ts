// The messages as clients read them, whole: one of each kind, from the real engine's events, against WEBSOCKET.md's examples.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Side } from '../../domain/codes.ts';
import { InProcessExchange } from '../../sim/in-process-exchange.ts';
import { limitOrder } from '../../sim/testing/commands.ts';
import { Channel } from '../../wire/feed-codec.ts';
import { GatewaySide } from './testing/gateway-side.ts';
import { checksumOf } from './testing/mirror.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const id: unknown = expect.stringMatching(ID);
const time: unknown = expect.stringMatching(TIME);
const ANN = 'a"n\\n';

let directory = '';
let exchange: InProcessExchange;
let side: GatewaySide;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-feed-'));
  exchange = new InProcessExchange({ directory });
  side = new GatewaySide(exchange);
  settle();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function settle(): void {
  exchange.settle();
  side.poll();
}

function submit(...orders: Parameters<typeof limitOrder>[]): void {
  for (const order of orders) exchange.submit(limitOrder(...order));
  settle();
}

it('level2, full, matches and user', () => {
  const ask = (channel: Channel, from: number) => side.begin({ channel, from, client: ANN });
  const level2 = ask(Channel.LEVEL2, -1);
  const full = ask(Channel.FULL, 0);
  const matches = ask(Channel.MATCHES, -1);
  const user = ask(Channel.USER, 0);
  settle();
  submit([ANN, Side.BUY, 7_000_000, 50_000_000]);
  submit(['bob', Side.SELL, 7_000_000, 10_000_000]);
  const about = { instrument: 'BTC-USD', time };
  const journal = '0000000100000002';
  const once = checksumOf(new Map([['buy 7000000', 50_000_000]]));
  const twice = checksumOf(new Map([['buy 7000000', 40_000_000]]));
  const update = { type: 'l2update', channel: 'level2', ...about };
  expect(level2.messages).toEqual([
    {
      ...{ type: 'snapshot', channel: 'level2', ...about, sequence: 0, reason: 'subscribed', journal },
      ...{ bids: [], asks: [], checksum: '0000000000000000' },
    },
    { ...update, sequence: 1, prev_sequence: 0, changes: [['buy', '70000.00', '0.50000000']], checksum: once },
    { ...update, sequence: 2, prev_sequence: 1, changes: [['buy', '70000.00', '0.40000000']], checksum: twice },
  ]);
  const trade = {
    ...{ trade_id: id, maker_order_id: id, taker_order_id: id },
    ...{ side: 'sell', price: '70000.00', quantity: '0.10000000' },
  };
  const resting = { order_id: id, side: 'buy', price: '70000.00' };
  expect(full.messages).toEqual([
    { type: 'resumed', channel: 'full', instrument: 'BTC-USD', from_sequence: 0, sequence: 0 },
    {
      ...{ type: 'full', channel: 'full', ...about, sequence: 1, prev_sequence: 0, checksum: once },
      events: [{ change: 'rested', ...resting, delta: '0.50000000' }],
    },
    {
      ...{ type: 'full', channel: 'full', ...about, sequence: 2, prev_sequence: 1, checksum: twice },
      events: [
        { change: 'trade', ...trade },
        { change: 'filled', ...resting, delta: '-0.10000000' },
      ],
    },
  ]);
  expect(matches.messages).toEqual([
    { type: 'snapshot', channel: 'matches', ...about, sequence: 0, reason: 'subscribed', journal },
    { type: 'match', channel: 'matches', ...about, sequence: 2, prev_sequence: 0, trades: [trade] },
  ]);
  const toUser = { type: 'user', channel: 'user', client_id: ANN, time };
  const order = { client_id: ANN, side: 'buy', price: '70000.00', quantity: '0.50000000' };
  expect(user.messages).toMatchObject([
    { type: 'resumed', channel: 'user', client_id: ANN, from_sequence: 0, sequence: 0 },
    { ...toUser, sequence: 1, prev_sequence: 0, events: [{ change: 'rested', order }] },
    {
      ...{ ...toUser, sequence: 2, prev_sequence: 1 },
      events: [
        {
          change: 'trade',
          trade: { buy_client_id: ANN, sell_client_id: 'bob', price: '70000.00', maker_fee: '0.0000000000' },
        },
        { change: 'filled', order: { ...order, filled_quantity: '0.10000000' } },
      ],
    },
  ]);
});

it('ticker: the newest, then at most one in 50 ms', () => {
  const ticker = side.begin({ channel: Channel.TICKER });
  settle();
  const head = { type: 'ticker', channel: 'ticker', instrument: 'BTC-USD', time };
  const none = { trade_id: null, side: null, price: null, quantity: null };
  const noBid = { best_bid: null, best_bid_quantity: null };
  const noAsk = { best_ask: null, best_ask_quantity: null };
  expect(ticker.messages).toEqual([{ ...head, sequence: 0, ...none, ...noBid, ...noAsk }]);
  submit(['ann', Side.BUY, 7_000_000, 50_000_000], ['bob', Side.SELL, 7_000_000, 10_000_000]);
  const trade = { trade_id: id, side: 'sell', price: '70000.00', quantity: '0.10000000' };
  const bid = { best_bid: '70000.00', best_bid_quantity: '0.40000000' };
  expect(ticker.messages[1]).toMatchObject({ sequence: 1, trade_id: null, best_bid_quantity: '0.50000000' });
  expect(ticker.messages.slice(2)).toEqual([{ ...head, sequence: 2, ...trade, ...bid, ...noAsk }]);
  const count = ticker.messages.length;
  exchange.advance(50_000);
  for (let n = 0; n < 100; n++) {
    exchange.submit(limitOrder('ann', Side.BUY, 100 + n, 1));
    exchange.turnMatching();
    exchange.turnMarketData();
    side.poll();
    exchange.advance(1_000);
  }
  expect(ticker.messages.length - count).toBe(2);
});

it('candles: the minute as it is, its last state whenever the next begins', () => {
  const toNextMinute = () => exchange.advance(60_000_000 - (exchange.nowUs % 60_000_000));
  toNextMinute();
  const candles = side.begin({ channel: Channel.CANDLES });
  settle();
  const head = { type: 'candle', channel: 'candles', instrument: 'BTC-USD', time, interval: '1m', start: time };
  const none = { open: null, high: null, low: null, close: null, volume: '0.00000000', trades: 0 };
  expect(candles.messages).toEqual([{ ...head, sequence: 0, ...none }]);
  const trade = (price: number, lots: number) => {
    exchange.submit(limitOrder('ann', Side.BUY, price, lots));
    exchange.submit(limitOrder('bob', Side.SELL, price, lots));
    exchange.turnMatching();
    exchange.turnMarketData();
    side.poll();
  };
  exchange.advance(1_000_000);
  trade(7_000_000, 1);
  trade(6_000_000, 2);
  trade(8_000_000, 3); // within 50 ms: untold
  toNextMinute();
  trade(7_500_000, 4);
  settle();
  const at = (count: number, open: string, high: string, low: string, close: string, volume: string) => ({
    ...{ open: `${open}.00`, high: `${high}.00`, low: `${low}.00`, close: `${close}.00` },
    ...{ volume: `0.0000000${volume}`, trades: count },
  });
  const [, first, last, next] = candles.messages;
  expect(first).toEqual({ ...head, sequence: 2, ...at(1, '70000', '70000', '70000', '70000', '1') });
  expect(last).toEqual({ ...head, sequence: 6, ...at(3, '70000', '80000', '60000', '80000', '6') });
  expect(next).toEqual({ ...head, sequence: 8, ...at(1, '75000', '75000', '75000', '75000', '4') });
  expect(candles.messages).toHaveLength(4);
  expect(first.start).toBe(last.start);
  expect(Date.parse(`${next.start}`) - Date.parse(`${first.start}`)).toBe(60_000);
});

it('heartbeat: each second while somebody wants it', () => {
  const heartbeat = side.begin({ channel: Channel.HEARTBEAT });
  settle();
  const head = { type: 'heartbeat', channel: 'heartbeat', instrument: 'BTC-USD', time };
  expect(heartbeat.messages).toEqual([{ ...head, sequence: 0, last_trade_id: null }]);
  submit(['ann', Side.BUY, 7_000_000, 1], ['bob', Side.SELL, 7_000_000, 1]);
  const second = () => {
    exchange.advance(1_000_000);
    exchange.turnMarketData();
    side.poll();
    return heartbeat.messages.length;
  };
  const before = second();
  expect([second(), second()]).toEqual([before + 1, before + 2]);
  expect(heartbeat.messages.at(-1)).toEqual({ ...head, sequence: 2, last_trade_id: id });
  side.end(heartbeat, true);
  settle();
  const after = second();
  expect(second()).toBe(after);
});
