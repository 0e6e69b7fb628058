// One example of each JSON message of /ws, with real values: for the AsyncAPI document. A test holds them to their schemas, and
// WEBSOCKET.md to them. Not on any hot path.

import type { WsMessageName } from './ws-schemas.ts';

const ORDER_ID = '01a203e4-5f0f-8400-8000-000000b7d019';
/** Of the order that executed a part of it, 0.1. */
const TAKER_ID = '01a203e4-5f10-8400-8000-000000c4f2a1';
const TRADE_ID = '01a203e4-5f10-8800-8000-0000001a39c7';
const TIME = '2026-05-02T02:36:11.123456Z';
const MINUTE = '2026-05-02T02:36:00.000000Z';
const JOURNAL = '123456789abcdef0';
/** Of the book with that order alone: as it was placed, and as it is after the trade. */
const CHECKSUM_BEFORE = '13b5c378d722a75a';
const CHECKSUM = 'f957bebe8140793c';
const LEVEL2 = { channel: 'level2', instrument: 'BTC-USD' };
const FULL = { channel: 'full', instrument: 'BTC-USD' };
const BEGIN = { sequence: 10, time: TIME, reason: 'subscribed', journal: JOURNAL };
const NEXT = { sequence: 12, prev_sequence: 10, time: TIME };

const ORDER = {
  ...{ order_id: ORDER_ID, client_id: 'me', instrument: 'BTC-USD', side: 'buy', type: 'limit', price: '70000.00' },
  ...{ quantity: '0.50000000', filled_quantity: '0.00000000', remaining_quantity: '0.50000000' },
  ...{ cancelled_quantity: '0.00000000', prevented_quantity: '0.00000000', average_price: null, status: 'open' },
  ...{ time_in_force: 'GTC', post_only: false, reject_reason: null, sequence: 10, created_at: TIME, updated_at: TIME },
};
const FILLED_ORDER = {
  ...ORDER,
  ...{ filled_quantity: '0.10000000', remaining_quantity: '0.40000000', average_price: '70000.00' },
  status: 'partially_filled',
};
const TRADE = {
  ...{ trade_id: TRADE_ID, maker_order_id: ORDER_ID, taker_order_id: TAKER_ID },
  ...{ side: 'sell', price: '70000.00', quantity: '0.10000000' },
};
const DETAILED_TRADE = {
  ...{ trade_id: TRADE_ID, instrument: 'BTC-USD', price: '70000.00', quantity: '0.10000000', side: 'sell' },
  ...{ buy_order_id: ORDER_ID, sell_order_id: TAKER_ID, sequence: 12, executed_at: TIME },
};
const PROBLEM = {
  ...{ type: 'urn:ringbook:error:off_tick', title: 'The price is not a multiple of the tick.', status: 400 },
  ...{ detail: 'price must be a multiple of the tick, 0.01.', code: 'off_tick', field: 'price' },
  ...{ request_id: '0-mwrzy3ap-1', executed: 'no', retry: 'never' },
};
const TERMS = { client_id: 'me', type: 'limit', price: '70000.00', quantity: '0.5' };
const KEY = 'a-key-of-its-own';

/** By the name of the message. */
export const WS_EXAMPLES: Readonly<Record<WsMessageName, object>> = {
  subscribe: {
    ...{ type: 'subscribe', req_id: 1, channels: ['level2', 'user'], instruments: ['BTC-USD'], client_id: 'me' },
    ...{ from_sequence: 1234, journal: JOURNAL, format: 'json' },
  },
  unsubscribe: { type: 'unsubscribe', req_id: 2, channels: ['level2'], instruments: ['BTC-USD'] },
  ping: { type: 'ping', req_id: 3 },
  place: { id: '7', method: 'order.place', params: { idempotency_key: KEY, side: 'buy', ...TERMS } },
  cancel: { id: '8', method: 'order.cancel', params: { order_id: ORDER_ID, client_id: 'me', idempotency_key: KEY } },
  amend: { id: '9', method: 'order.amend', params: { order_id: ORDER_ID, client_id: 'me', price: '70001.00' } },
  replace: { id: '10', method: 'order.replace', params: { order_id: ORDER_ID, idempotency_key: KEY, ...TERMS } },
  cancelAll: {
    ...{ id: '11', method: 'order.cancel_all' },
    params: { client_id: 'me', instrument: 'BTC-USD', idempotency_key: KEY },
  },
  status: { id: '12', method: 'order.status', params: { order_id: ORDER_ID } },
  cancelOnDisconnect: {
    ...{ id: '13', method: 'session.cancel_on_disconnect' },
    params: { client_id: 'me', enabled: true },
  },
  cancelAfter: { id: '14', method: 'session.cancel_after', params: { client_id: 'me', timeout_ms: 5000 } },

  subscriptions: {
    ...{ type: 'subscriptions', req_id: 1 },
    channels: [
      { name: 'level2', instruments: ['BTC-USD'], format: 'json' },
      { name: 'user', clients: ['me'], format: 'json' },
    ],
  },
  pong: { type: 'pong', req_id: 3, time: TIME },
  error: { type: 'error', req_id: 1, error: PROBLEM },
  result: {
    ...{ id: '7', status: 202, result: { ...ORDER, trades: [], trades_total: 0 } },
    timing: { receive_us: 12, ring_us: 40, journal_us: 350, match_us: 9, send_us: 60 },
  },
  refusal: { id: '7', status: 400, error: PROBLEM },

  level2Snapshot: {
    ...{ type: 'snapshot', ...LEVEL2, ...BEGIN, bids: [['70000.00', '0.50000000']], asks: [] },
    checksum: CHECKSUM_BEFORE,
  },
  l2update: { type: 'l2update', ...LEVEL2, ...NEXT, changes: [['buy', '70000.00', '0.40000000']], checksum: CHECKSUM },
  fullSnapshot: {
    ...{ type: 'snapshot', ...FULL, ...BEGIN, orders: [[ORDER_ID, 'buy', '70000.00', '0.50000000']] },
    checksum: CHECKSUM_BEFORE,
  },
  full: {
    ...{ type: 'full', ...FULL, ...NEXT, checksum: CHECKSUM },
    events: [
      { change: 'trade', ...TRADE },
      { change: 'filled', order_id: ORDER_ID, side: 'buy', price: '70000.00', delta: '-0.10000000' },
    ],
  },
  matchesSnapshot: { type: 'snapshot', channel: 'matches', instrument: 'BTC-USD', ...BEGIN },
  match: { type: 'match', channel: 'matches', instrument: 'BTC-USD', ...NEXT, trades: [TRADE] },
  userSnapshot: { type: 'snapshot', channel: 'user', client_id: 'me', ...BEGIN, orders: [ORDER], next: null },
  user: {
    ...{ type: 'user', channel: 'user', client_id: 'me', ...NEXT },
    events: [
      { change: 'trade', trade: DETAILED_TRADE },
      { change: 'filled', order: FILLED_ORDER },
    ],
  },
  ticker: {
    ...{ type: 'ticker', channel: 'ticker', instrument: 'BTC-USD', sequence: 12, time: TIME, trade_id: TRADE_ID },
    ...{ side: 'sell', price: '70000.00', quantity: '0.10000000', best_bid: '70000.00' },
    ...{ best_bid_quantity: '0.40000000', best_ask: null, best_ask_quantity: null },
  },
  candle: {
    ...{ type: 'candle', channel: 'candles', instrument: 'BTC-USD', sequence: 12, time: TIME, interval: '1m' },
    ...{ start: MINUTE, open: '69990.00', high: '70010.00', low: '69985.50', close: '70000.00' },
    ...{ volume: '1.25000000', trades: 3 },
  },
  heartbeat: {
    ...{ type: 'heartbeat', channel: 'heartbeat', instrument: 'BTC-USD', sequence: 12, time: TIME },
    last_trade_id: null,
  },
  resumed: { type: 'resumed', ...LEVEL2, from_sequence: 10, sequence: 12 },
  conflated: { type: 'conflated', channel: 'ticker', instrument: 'BTC-USD', from: 10, to: 99 },
};
