// Market data of binary frames, as market data and gateways write it: begin, then one call for each level, trade, event or order,
// then end. Layout: WIRE.md, "Binary frames of /ws". Functions without a state of their own: counts are kept in the message, so
// that any number of messages may be under way at once. Whoever writes sees to the room: the constants say what each part takes,
// and a write beyond the buffer throws. Any thread. Allocates: nothing.

import { assert } from '../assert.ts';
import { Side } from '../domain/codes.ts';
import { FLAG_NO_CHECKSUM, MessageType, writeMessageHead } from './binary-frame.ts';
import type { BookChecksum } from './book-checksum.ts';

// From the start of a message.
export const DATA_CHANNEL = 8;
export const DATA_INSTRUMENT = 10;
/** Of a snapshot: SnapshotReason. Of a ticker: the taker's side. Else 0. */
export const DATA_REASON = 12;
export const DATA_MORE = 13;
export const DATA_SEQUENCE = 16;
/** Of a snapshot the journal's id, high word first. A ticker has its time here. */
export const DATA_PREVIOUS = 24;
export const DATA_TIME = 32;

/** Lane 0, then lane 1 of the checksum. */
export const BOOK_LANES = 40;
export const BOOK_BIDS = 48;
export const BOOK_ASKS = 52;
export const BOOK_HEAD_BYTES = 56;
export const LEVEL_BYTES = 16;
export const RESTING_ORDER_BYTES = 24;

export const LIST_COUNT = 40;
export const MATCH_HEAD_BYTES = 48;
export const TRADE_BYTES = 48;
export const FULL_LANES = 48;
export const FULL_HEAD_BYTES = 56;
export const EVENT_BYTES = 48;
/** `change` of an event of FULL that is a trade. */
export const TRADE_CHANGE = 0;

export const TICKER_TIME = 24;
export const TICKER_TRADE = 32;
export const TICKER_BYTES = 88;

/** What every message of a channel begins with. */
export interface DataFacts {
  /** Channel. */
  readonly channel: number;
  readonly instrument: number;
  readonly sequence: number;
  /** Of a snapshot and a ticker it does not matter. */
  readonly prevSequence: number;
  /** Microseconds since the epoch. */
  readonly timeUs: number;
}

/** Begins an l2update at `start`: the levels that changed, bids before asks; 0 lots: the level is gone. Returns where they go. */
export function beginUpdate(bytes: Uint8Array, view: DataView, start: number, facts: DataFacts): number {
  return begin(bytes, view, start, MessageType.UPDATE, BOOK_HEAD_BYTES, facts);
}

/** Begins what one command did to the orders of a book, in order. */
export function beginFull(bytes: Uint8Array, view: DataView, start: number, facts: DataFacts): number {
  return begin(bytes, view, start, MessageType.FULL, FULL_HEAD_BYTES, facts);
}

/** Begins the trades of one command. */
export function beginMatch(bytes: Uint8Array, view: DataView, start: number, facts: DataFacts): number {
  return begin(bytes, view, start, MessageType.MATCH, MATCH_HEAD_BYTES, facts);
}

/**
 * Begins a snapshot: levels (SNAPSHOT; none: a starting point only), or orders, each level in priority order (ORDERS); bids before asks,
 * best first. `reason`: SnapshotReason. `journalHigh` and `journalLow`: the journal's id.
 */
export function beginSnapshot(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  type: typeof MessageType.SNAPSHOT | typeof MessageType.ORDERS,
  facts: DataFacts,
  reason: number,
  journalHigh: number,
  journalLow: number,
): number {
  const at = begin(bytes, view, start, type, BOOK_HEAD_BYTES, facts);
  view.setUint8(start + DATA_REASON, reason);
  view.setUint32(start + DATA_PREVIOUS, journalHigh, true);
  view.setUint32(start + DATA_PREVIOUS + 4, journalLow, true);
  return at;
}

/** Adds a level to the l2update or snapshot that begins at `start`. Returns where the next one goes. */
export function addLevel(
  view: DataView,
  start: number,
  at: number,
  side: number,
  priceTicks: number,
  lots: number,
): number {
  countOfSide(view, start, side);
  view.setFloat64(at, priceTicks, true);
  view.setFloat64(at + 8, lots, true);
  return at + LEVEL_BYTES;
}

/** Adds a resting order to the snapshot that begins at `start`, likewise. `lots`: what it displays. */
export function addRestingOrder(
  view: DataView,
  start: number,
  at: number,
  side: number,
  number: number,
  priceTicks: number,
  lots: number,
): number {
  countOfSide(view, start, side);
  view.setFloat64(at, number, true);
  view.setFloat64(at + 8, priceTicks, true);
  view.setFloat64(at + 16, lots, true);
  return at + RESTING_ORDER_BYTES;
}

/** Adds a trade to the match that begins at `start`, likewise. */
export function addTrade(
  view: DataView,
  start: number,
  at: number,
  number: number,
  makerOrder: number,
  takerOrder: number,
  priceTicks: number,
  lots: number,
  takerSide: number,
): number {
  addOne(view, start + LIST_COUNT);
  view.setFloat64(at, number, true);
  view.setFloat64(at + 8, makerOrder, true);
  view.setFloat64(at + 16, takerOrder, true);
  view.setFloat64(at + 24, priceTicks, true);
  view.setFloat64(at + 32, lots, true);
  view.setFloat64(at + 40, 0, true);
  view.setUint8(at + 40, takerSide);
  return at + TRADE_BYTES;
}

/**
 * Adds an event to the message of FULL that begins at `start`, likewise. An order's: `change` is an OrderChange, `lots` by how much its
 * displayed quantity at that price changed, the last two 0. A trade's: `change` is TRADE_CHANGE, `side` the taker's.
 */
export function addEvent(
  view: DataView,
  start: number,
  at: number,
  change: number,
  side: number,
  number: number,
  priceTicks: number,
  lots: number,
  makerOrder: number,
  takerOrder: number,
): number {
  addOne(view, start + LIST_COUNT);
  view.setFloat64(at, 0, true);
  view.setUint16(at, change, true);
  view.setUint8(at + 2, side);
  view.setFloat64(at + 8, number, true);
  view.setFloat64(at + 16, priceTicks, true);
  view.setFloat64(at + 24, lots, true);
  view.setFloat64(at + 32, makerOrder, true);
  view.setFloat64(at + 40, takerOrder, true);
  return at + EVENT_BYTES;
}

/**
 * Ends the message that begins at `start` before `end`, whatever it is. `more`: the same command's message, or the same snapshot, goes
 * on in the next one. `checksum`: the book's; an l2update or a full without says that it has none.
 */
export function endMessage(view: DataView, start: number, end: number, more: boolean, checksum?: BookChecksum): void {
  const type = view.getUint8(start + 1);
  const full = type === MessageType.FULL;
  if (checksum !== undefined) {
    const lanes = start + (full ? FULL_LANES : BOOK_LANES);
    view.setUint32(lanes, checksum.lane0, true);
    view.setUint32(lanes + 4, checksum.lane1, true);
  } else if (full || type === MessageType.UPDATE) view.setUint16(start + 2, FLAG_NO_CHECKSUM, true);
  view.setUint8(start + DATA_MORE, more ? 1 : 0);
  view.setUint32(start + 4, end - start, true);
}

/** The last trade and the best prices; 0 where there is none. */
export interface TickerFacts {
  /** Of the taker; 0 before the first trade. */
  readonly takerSide: number;
  readonly tradeNumber: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly bidTicks: number;
  readonly bidLots: number;
  readonly askTicks: number;
  readonly askLots: number;
}

/** Writes a ticker at `at`; returns its length. */
export function writeBinaryTicker(view: DataView, at: number, facts: DataFacts, ticker: TickerFacts): number {
  writeMessageHead(view, at, MessageType.TICKER, 0, TICKER_BYTES);
  view.setUint16(at + DATA_CHANNEL, facts.channel, true);
  view.setUint16(at + DATA_INSTRUMENT, facts.instrument, true);
  view.setUint32(at + DATA_REASON, ticker.takerSide, true);
  view.setFloat64(at + DATA_SEQUENCE, facts.sequence, true);
  view.setFloat64(at + TICKER_TIME, facts.timeUs, true);
  view.setFloat64(at + TICKER_TRADE, ticker.tradeNumber, true);
  view.setFloat64(at + TICKER_TRADE + 8, ticker.priceTicks, true);
  view.setFloat64(at + TICKER_TRADE + 16, ticker.quantityLots, true);
  view.setFloat64(at + TICKER_TRADE + 24, ticker.bidTicks, true);
  view.setFloat64(at + TICKER_TRADE + 32, ticker.bidLots, true);
  view.setFloat64(at + TICKER_TRADE + 40, ticker.askTicks, true);
  view.setFloat64(at + TICKER_TRADE + 48, ticker.askLots, true);
  return TICKER_BYTES;
}

function begin(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  type: MessageType,
  headBytes: number,
  facts: DataFacts,
): number {
  const end = start + headBytes;
  bytes.fill(0, start, end);
  writeMessageHead(view, start, type, 0, headBytes);
  view.setUint16(start + DATA_CHANNEL, facts.channel, true);
  view.setUint16(start + DATA_INSTRUMENT, facts.instrument, true);
  view.setFloat64(start + DATA_SEQUENCE, facts.sequence, true);
  view.setFloat64(start + DATA_PREVIOUS, facts.prevSequence, true);
  view.setFloat64(start + DATA_TIME, facts.timeUs, true);
  return end;
}

function countOfSide(view: DataView, start: number, side: number): void {
  const isBid = side === Side.BUY;
  assert(!isBid || view.getUint32(start + BOOK_ASKS, true) === 0, 'bids come before asks');
  addOne(view, start + (isBid ? BOOK_BIDS : BOOK_ASKS));
}

function addOne(view: DataView, at: number): void {
  view.setUint32(at, view.getUint32(at, true) + 1, true);
}
