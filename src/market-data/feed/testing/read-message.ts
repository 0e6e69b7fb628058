// A message of the feed, in either format, as a client reads it. Of a binary one amounts are ticks and lots, which is what is left of
// JSON's decimals without their dot, and ids are numbers.

import { assert } from '../../../assert.ts';
import { Side } from '../../../domain/codes.ts';
import type * as B from '../../../wire/binary-data-reader.ts';
import { decodeServerFrame } from '../../../wire/binary-server-frame.ts';
import { BookChecksum } from '../../../wire/book-checksum.ts';
import { ORDER_CHANGE_TEXTS } from '../../../wire/enum-texts.ts';
import { CHANNEL_NAMES, SNAPSHOT_REASONS } from '../../../wire/feed-codec.ts';

/** The members that tests look at. */
export interface Message {
  readonly type: string;
  readonly channel: string;
  readonly sequence: number;
  readonly prev_sequence?: number;
  readonly from_sequence?: number;
  readonly reason?: string;
  readonly checksum?: string;
  readonly more?: boolean;
  readonly bids?: [string, string][];
  readonly asks?: [string, string][];
  readonly changes?: [string, string, string][];
  readonly trades?: { trade_id: string; price: string; quantity: string }[];
  readonly events?: Record<string, unknown>[];
  readonly [name: string]: unknown;
}

const OPEN_OBJECT = 0x7b;
const CHANGES = ['trade', ...ORDER_CHANGE_TEXTS.slice(1)];

export function readMessage(bytes: Uint8Array): Message {
  if (bytes[0] === OPEN_OBJECT) return JSON.parse(Buffer.from(bytes).toString());
  const { messages, fault } = decodeServerFrame(bytes);
  assert(fault === '' && messages.length === 1, `one whole message: ${fault}`);
  const [message] = messages;
  switch (message.type) {
    case 'snapshot':
    case 'l2update':
    case 'match':
    case 'full':
    case 'ticker':
      return { type: message.type, ...factsOf(message), ...restOf(message) };
    default:
      throw new Error(`market data sends no ${message.type}`);
  }
}

type FeedData = Exclude<B.BinaryData, B.BinaryOrders>;

function factsOf({ channel, instrument, sequence, timeUs }: FeedData) {
  return { channel: CHANNEL_NAMES[channel], instrument: `${instrument}`, sequence, time: `${timeUs}` };
}

function restOf(message: FeedData): Partial<Message> {
  switch (message.type) {
    case 'snapshot':
      return snapshotOf(message);
    case 'l2update':
      return { ...linkOf(message), changes: changesOf(message), ...checksumOf(message) };
    case 'match':
      return { ...linkOf(message), trades: message.trades.map(tradeOf) };
    case 'full':
      return { ...linkOf(message), events: message.events.map(eventOf), ...checksumOf(message) };
    case 'ticker':
      return tickerOf(message);
  }
}

function linkOf({ previous, more }: { previous: number; more: boolean }): Partial<Message> {
  return { prev_sequence: previous, ...(more ? { more } : {}) };
}

function checksumOf({ hasChecksum, lane0, lane1 }: B.BinaryUpdate | B.BinaryFull): Partial<Message> {
  return hasChecksum ? { checksum: checksumText(lane0, lane1) } : {};
}

function checksumText(lane0: number, lane1: number): string {
  return Object.assign(new BookChecksum(), { lane0, lane1 }).text();
}

function snapshotOf({ reason, journal, bids, asks, lane0, lane1 }: B.BinarySnapshot): Partial<Message> {
  const sides = { bids: bids.map(textsOf), asks: asks.map(textsOf) };
  return { reason: SNAPSHOT_REASONS[reason], journal, ...sides, checksum: checksumText(lane0, lane1) };
}

function changesOf({ bids, asks }: B.BinaryUpdate): [string, string, string][] {
  const of = (side: string, levels: readonly (readonly [number, number])[]) =>
    levels.map(([price, lots]): [string, string, string] => [side, `${price}`, `${lots}`]);
  return [...of('buy', bids), ...of('sell', asks)];
}

function textsOf([price, lots]: readonly [number, number]): [string, string] {
  return [`${price}`, `${lots}`];
}

function tradeOf(trade: {
  number: number;
  makerOrder: number;
  takerOrder: number;
  priceTicks: number;
  quantityLots: number;
  takerSide: number;
}) {
  return {
    ...{ trade_id: `${trade.number}`, maker_order_id: `${trade.makerOrder}`, taker_order_id: `${trade.takerOrder}` },
    ...{ side: sideText(trade.takerSide), price: `${trade.priceTicks}`, quantity: `${trade.quantityLots}` },
  };
}

function eventOf(event: B.BinaryFull['events'][number]): Record<string, unknown> {
  const { change, side, number, priceTicks, lots } = event;
  if (change === 0) return { change: CHANGES[0], ...tradeOf({ ...event, quantityLots: lots, takerSide: side }) };
  const order = { order_id: `${number}`, side: sideText(side), price: `${priceTicks}` };
  return { change: CHANGES[change], ...order, delta: `${lots}` };
}

function tickerOf(ticker: B.BinaryTicker): Partial<Message> {
  const none = ticker.tradeNumber === 0;
  const orNull = (value: number) => (value === 0 ? null : `${value}`);
  return {
    ...{ trade_id: orNull(ticker.tradeNumber), side: none ? null : sideText(ticker.takerSide) },
    ...{ price: orNull(ticker.priceTicks), quantity: orNull(ticker.quantityLots) },
    ...{ best_bid: orNull(ticker.bidTicks), best_bid_quantity: orNull(ticker.bidLots) },
    ...{ best_ask: orNull(ticker.askTicks), best_ask_quantity: orNull(ticker.askLots) },
  };
}

function sideText(side: number): string {
  return side === Side.BUY ? 'buy' : 'sell';
}
