// Market data of binary frames, as market data writes it: begin, then one call for each level, trade, event or order, then end.
// Layout: WIRE.md, "Binary frames of /ws". One writer for each thread, used again and again; it borrows the buffer between
// begin and end. Whoever writes sees to the room: the constants say what each part takes. Allocates: nothing.

import { assert } from '../assert.ts';
import { Side } from '../domain/codes.ts';
import { MessageType, writeMessageHead } from './binary-frame.ts';
import type { SnapshotReason } from './feed-codec.ts';

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

export const BOOK_LANE_0 = 40;
export const BOOK_LANE_1 = 44;
export const BOOK_BIDS = 48;
export const BOOK_ASKS = 52;
export const BOOK_HEAD_BYTES = 56;
export const LEVEL_BYTES = 16;
export const RESTING_ORDER_BYTES = 24;

export const LIST_COUNT = 40;
export const MATCH_HEAD_BYTES = 48;
export const TRADE_BYTES = 48;
export const FULL_LANE_0 = 48;
export const FULL_LANE_1 = 52;
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
  /** 0 in a snapshot and a ticker. */
  readonly previous: number;
  /** Microseconds since the epoch. */
  readonly timeUs: number;
}

/** A message of market data between begin and end. */
class DataMessage {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** Where the message begins, and where its next part goes. */
  start = 0;
  at = 0;
  #type: MessageType = MessageType.UPDATE;

  begin(bytes: Uint8Array, view: DataView, at: number, type: MessageType, headBytes: number, facts: DataFacts): void {
    this.bytes = bytes;
    this.view = view;
    this.start = at;
    this.#type = type;
    this.at = at;
    this.take(headBytes);
    bytes.fill(0, at, at + headBytes);
    view.setUint16(at + DATA_CHANNEL, facts.channel, true);
    view.setUint16(at + DATA_INSTRUMENT, facts.instrument, true);
    view.setFloat64(at + DATA_SEQUENCE, facts.sequence, true);
    view.setFloat64(at + DATA_PREVIOUS, facts.previous, true);
    view.setFloat64(at + DATA_TIME, facts.timeUs, true);
  }

  /** Room for the next part; returns where it goes. */
  take(lengthBytes: number): number {
    const { at } = this;
    this.at = at + lengthBytes;
    assert(this.at <= this.bytes.length, 'a binary message fits its buffer');
    return at;
  }

  /** `more`: the same command's message goes on in the next one. Returns the length. */
  end(more: boolean): number {
    const length = this.at - this.start;
    this.bytes[this.start + DATA_MORE] = more ? 1 : 0;
    writeMessageHead(this.view, this.start, this.#type, 0, length);
    return length;
  }
}

/** Levels of a book: all of them (snapshot), or those that changed (l2update; 0 lots: the level is gone). */
export class BinaryBookWriter {
  readonly #message = new DataMessage();
  #bids = 0;
  #asks = 0;

  beginUpdate(bytes: Uint8Array, view: DataView, at: number, facts: DataFacts): void {
    this.#begin(bytes, view, at, MessageType.UPDATE, facts);
  }

  /** Also of a channel without levels: a starting point only. `journalHigh` and `journalLow`: the journal's id. */
  beginSnapshot(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    facts: DataFacts,
    reason: SnapshotReason,
    journalHigh: number,
    journalLow: number,
  ): void {
    this.#begin(bytes, view, at, MessageType.SNAPSHOT, facts);
    writeOrigin(view, at, reason, journalHigh, journalLow);
  }

  /** All bids before the first ask. */
  addLevel(side: Side, priceTicks: number, quantityLots: number): void {
    const { view } = this.#message;
    const at = this.#message.take(LEVEL_BYTES);
    view.setFloat64(at, priceTicks, true);
    view.setFloat64(at + 8, quantityLots, true);
    if (side === Side.BUY) this.#bids++;
    else this.#asks++;
    assert(side === Side.SELL || this.#asks === 0, 'bids come before asks');
  }

  /** The lanes are the whole book's, after this message. Returns the message's length. */
  end(lane0: number, lane1: number, more: boolean): number {
    endBook(this.#message, lane0, lane1, this.#bids, this.#asks);
    return this.#message.end(more);
  }

  #begin(bytes: Uint8Array, view: DataView, at: number, type: MessageType, facts: DataFacts): void {
    this.#message.begin(bytes, view, at, type, BOOK_HEAD_BYTES, facts);
    this.#bids = 0;
    this.#asks = 0;
  }
}

/** What rests in a book, order by order: the snapshot of FULL, each price level in priority order. */
export class BinaryOrdersWriter {
  readonly #message = new DataMessage();
  #bids = 0;
  #asks = 0;

  begin(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    facts: DataFacts,
    reason: SnapshotReason,
    journalHigh: number,
    journalLow: number,
  ): void {
    this.#message.begin(bytes, view, at, MessageType.ORDERS, BOOK_HEAD_BYTES, facts);
    writeOrigin(view, at, reason, journalHigh, journalLow);
    this.#bids = 0;
    this.#asks = 0;
  }

  /** All bids before the first ask. */
  addOrder(side: Side, number: number, priceTicks: number, quantityLots: number): void {
    const { view } = this.#message;
    const at = this.#message.take(RESTING_ORDER_BYTES);
    view.setFloat64(at, number, true);
    view.setFloat64(at + 8, priceTicks, true);
    view.setFloat64(at + 16, quantityLots, true);
    if (side === Side.BUY) this.#bids++;
    else this.#asks++;
    assert(side === Side.SELL || this.#asks === 0, 'bids come before asks');
  }

  /** The lanes are those of the whole book. Returns the message's length. */
  end(lane0: number, lane1: number, more: boolean): number {
    endBook(this.#message, lane0, lane1, this.#bids, this.#asks);
    return this.#message.end(more);
  }
}

/** The trades of one command. */
export class BinaryMatchWriter {
  readonly #message = new DataMessage();
  #trades = 0;

  begin(bytes: Uint8Array, view: DataView, at: number, facts: DataFacts): void {
    this.#message.begin(bytes, view, at, MessageType.MATCH, MATCH_HEAD_BYTES, facts);
    this.#trades = 0;
  }

  addTrade(
    number: number,
    makerOrder: number,
    takerOrder: number,
    priceTicks: number,
    quantityLots: number,
    takerSide: Side,
  ): void {
    const { view } = this.#message;
    const at = this.#message.take(TRADE_BYTES);
    view.setFloat64(at, number, true);
    view.setFloat64(at + 8, makerOrder, true);
    view.setFloat64(at + 16, takerOrder, true);
    view.setFloat64(at + 24, priceTicks, true);
    view.setFloat64(at + 32, quantityLots, true);
    view.setFloat64(at + 40, 0, true);
    view.setUint8(at + 40, takerSide);
    this.#trades++;
  }

  /** Returns the message's length. */
  end(more: boolean): number {
    const { view, start } = this.#message;
    view.setUint32(start + LIST_COUNT, this.#trades, true);
    return this.#message.end(more);
  }
}

/** What one command did to the orders of a book, in order. */
export class BinaryFullWriter {
  readonly #message = new DataMessage();
  #events = 0;

  begin(bytes: Uint8Array, view: DataView, at: number, facts: DataFacts): void {
    this.#message.begin(bytes, view, at, MessageType.FULL, FULL_HEAD_BYTES, facts);
    this.#events = 0;
  }

  /** `change`: OrderChange. `deltaLots`: by how much the order's displayed quantity at that price changed. */
  addOrder(change: number, side: Side, number: number, priceTicks: number, deltaLots: number): void {
    assert(change !== TRADE_CHANGE, 'an order has a change');
    this.#add(change, side, number, priceTicks, deltaLots, 0, 0);
  }

  addTrade(
    number: number,
    makerOrder: number,
    takerOrder: number,
    priceTicks: number,
    quantityLots: number,
    takerSide: Side,
  ): void {
    this.#add(TRADE_CHANGE, takerSide, number, priceTicks, quantityLots, makerOrder, takerOrder);
  }

  /** The lanes are those of the book's levels after the command. Returns the message's length. */
  end(lane0: number, lane1: number, more: boolean): number {
    const { view, start } = this.#message;
    view.setUint32(start + LIST_COUNT, this.#events, true);
    view.setUint32(start + FULL_LANE_0, lane0, true);
    view.setUint32(start + FULL_LANE_1, lane1, true);
    return this.#message.end(more);
  }

  #add(
    change: number,
    side: Side,
    number: number,
    priceTicks: number,
    lots: number,
    makerOrder: number,
    takerOrder: number,
  ): void {
    const { view } = this.#message;
    const at = this.#message.take(EVENT_BYTES);
    view.setFloat64(at, 0, true);
    view.setUint16(at, change, true);
    view.setUint8(at + 2, side);
    view.setFloat64(at + 8, number, true);
    view.setFloat64(at + 16, priceTicks, true);
    view.setFloat64(at + 24, lots, true);
    view.setFloat64(at + 32, makerOrder, true);
    view.setFloat64(at + 40, takerOrder, true);
    this.#events++;
  }
}

/** The last trade and the best prices; 0 where there is none. */
export interface TickerFacts {
  /** Of the taker; 0 before the first trade. */
  readonly takerSide: Side | 0;
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

/** What only snapshots have. */
function writeOrigin(
  view: DataView,
  at: number,
  reason: SnapshotReason,
  journalHigh: number,
  journalLow: number,
): void {
  view.setUint8(at + DATA_REASON, reason);
  view.setUint32(at + DATA_PREVIOUS, journalHigh, true);
  view.setUint32(at + DATA_PREVIOUS + 4, journalLow, true);
}

function endBook({ view, start }: DataMessage, lane0: number, lane1: number, bids: number, asks: number): void {
  view.setUint32(start + BOOK_LANE_0, lane0, true);
  view.setUint32(start + BOOK_LANE_1, lane1, true);
  view.setUint32(start + BOOK_BIDS, bids, true);
  view.setUint32(start + BOOK_ASKS, asks, true);
}
