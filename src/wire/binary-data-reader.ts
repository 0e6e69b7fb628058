// Market data of binary frames, as the client reads it: into plain objects, numbers in ticks and lots. Any thread and the browser:
// nothing of Node. Never throws on input: undefined when a message does not have its layout. Allocates: the objects.

import { Side } from '../domain/codes.ts';
import { FLAG_NO_CHECKSUM, type FrameReader, MESSAGE_HEAD_BYTES, MessageType } from './binary-frame.ts';
import * as D from './binary-market-data.ts';

interface DataMessage {
  /** Channel. */
  readonly channel: number;
  readonly instrument: number;
  readonly sequence: number;
  readonly timeUs: number;
  /** The same command's message goes on in the next one. */
  readonly more: boolean;
}

interface BookMessage extends DataMessage {
  /** Lanes of the book's checksum, after this message. */
  readonly lane0: number;
  readonly lane1: number;
}

interface Origin {
  /** SnapshotReason. */
  readonly reason: number;
  /** 16 hexadecimal digits, as a subscription names it. */
  readonly journal: string;
}

interface Sequenced {
  /** Sequence of the message before of the same channel and instrument. */
  readonly previous: number;
}

interface Checked {
  /** False: the lanes say nothing. */
  readonly hasChecksum: boolean;
}

/** Price in ticks, quantity in lots. */
type BinaryLevel = readonly [priceTicks: number, quantityLots: number];
/** Number, price in ticks, quantity in lots. */
type BinaryRestingOrder = readonly [number: number, priceTicks: number, quantityLots: number];

export interface BinarySnapshot extends BookMessage, Origin {
  readonly type: 'snapshot';
  readonly bids: readonly BinaryLevel[];
  readonly asks: readonly BinaryLevel[];
}

export interface BinaryUpdate extends BookMessage, Sequenced, Checked {
  readonly type: 'l2update';
  readonly bids: readonly BinaryLevel[];
  readonly asks: readonly BinaryLevel[];
}

export interface BinaryOrders extends BookMessage, Origin {
  readonly type: 'orders';
  readonly bids: readonly BinaryRestingOrder[];
  readonly asks: readonly BinaryRestingOrder[];
}

interface BinaryTrade {
  readonly number: number;
  readonly makerOrder: number;
  readonly takerOrder: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly takerSide: number;
}

interface BinaryMatch extends DataMessage, Sequenced {
  readonly type: 'match';
  readonly trades: readonly BinaryTrade[];
}

/** Of an order: `change` is an OrderChange and `lots` a delta. Of a trade: `change` is 0, `side` the taker's. */
interface BinaryEvent {
  readonly change: number;
  readonly side: number;
  readonly number: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly makerOrder: number;
  readonly takerOrder: number;
}

export interface BinaryFull extends BookMessage, Sequenced, Checked {
  readonly type: 'full';
  readonly events: readonly BinaryEvent[];
}

/** 0 where there is none. */
export interface BinaryTicker extends Omit<DataMessage, 'more'>, D.TickerFacts {
  readonly type: 'ticker';
}

export type BinaryData = BinarySnapshot | BinaryUpdate | BinaryOrders | BinaryMatch | BinaryFull | BinaryTicker;

/** The message that `frame` stands at; undefined when it is none of market data, or malformed. */
export function decodeMarketData(frame: FrameReader): BinaryData | undefined {
  switch (frame.type) {
    case MessageType.SNAPSHOT:
    case MessageType.UPDATE:
      return decodeBook(frame);
    case MessageType.ORDERS:
      return decodeOrders(frame);
    case MessageType.MATCH:
      return decodeMatch(frame);
    case MessageType.FULL:
      return decodeFull(frame);
    case MessageType.TICKER:
      return decodeTicker(frame);
    default:
      return undefined;
  }
}

function startOf(frame: FrameReader): number {
  return frame.body - MESSAGE_HEAD_BYTES;
}

function decodeBook(frame: FrameReader): BinarySnapshot | BinaryUpdate | undefined {
  const { view, end } = frame;
  const at = startOf(frame);
  const bids = view.getUint32(at + D.BOOK_BIDS, true);
  const asks = view.getUint32(at + D.BOOK_ASKS, true);
  const levels = at + D.BOOK_HEAD_BYTES;
  if (end - levels !== (bids + asks) * D.LEVEL_BYTES) return undefined;
  const sides = {
    bids: list(bids, (i) => decodeLevel(view, levels + i * D.LEVEL_BYTES)),
    asks: list(asks, (i) => decodeLevel(view, levels + (bids + i) * D.LEVEL_BYTES)),
  };
  const book = { ...decodeFacts(frame), ...decodeLanes(view, at + D.BOOK_LANES), ...sides };
  if (frame.type === MessageType.UPDATE)
    return { type: 'l2update', ...book, ...decodeChecked(frame), previous: decodePrevious(view, at) };
  return { type: 'snapshot', ...book, ...decodeOrigin(view, at) };
}

function decodeOrders(frame: FrameReader): BinaryOrders | undefined {
  const { view, end } = frame;
  const at = startOf(frame);
  const bids = view.getUint32(at + D.BOOK_BIDS, true);
  const asks = view.getUint32(at + D.BOOK_ASKS, true);
  const orders = at + D.BOOK_HEAD_BYTES;
  if (end - orders !== (bids + asks) * D.RESTING_ORDER_BYTES) return undefined;
  return {
    type: 'orders',
    ...decodeFacts(frame),
    ...decodeLanes(view, at + D.BOOK_LANES),
    ...decodeOrigin(view, at),
    bids: list(bids, (i) => decodeRestingOrder(view, orders + i * D.RESTING_ORDER_BYTES)),
    asks: list(asks, (i) => decodeRestingOrder(view, orders + (bids + i) * D.RESTING_ORDER_BYTES)),
  };
}

function decodeMatch(frame: FrameReader): BinaryMatch | undefined {
  const { view, end } = frame;
  const at = startOf(frame);
  const trades = view.getUint32(at + D.LIST_COUNT, true);
  const first = at + D.MATCH_HEAD_BYTES;
  if (end - first !== trades * D.TRADE_BYTES) return undefined;
  return {
    type: 'match',
    ...decodeFacts(frame),
    previous: decodePrevious(view, at),
    trades: list(trades, (i) => decodeTrade(view, first + i * D.TRADE_BYTES)),
  };
}

function decodeFull(frame: FrameReader): BinaryFull | undefined {
  const { view, end } = frame;
  const at = startOf(frame);
  const events = view.getUint32(at + D.LIST_COUNT, true);
  const first = at + D.FULL_HEAD_BYTES;
  if (end - first !== events * D.EVENT_BYTES) return undefined;
  return {
    type: 'full',
    ...decodeFacts(frame),
    ...decodeLanes(view, at + D.FULL_LANES),
    ...decodeChecked(frame),
    previous: decodePrevious(view, at),
    events: list(events, (i) => decodeEvent(view, first + i * D.EVENT_BYTES)),
  };
}

function decodeTicker(frame: FrameReader): BinaryTicker {
  const { view } = frame;
  const at = startOf(frame);
  const side = view.getUint8(at + D.DATA_REASON);
  const number = (field: number): number => view.getFloat64(at + D.TICKER_TRADE + field * 8, true);
  return {
    type: 'ticker',
    channel: view.getUint16(at + D.DATA_CHANNEL, true),
    instrument: view.getUint16(at + D.DATA_INSTRUMENT, true),
    sequence: view.getFloat64(at + D.DATA_SEQUENCE, true),
    timeUs: view.getFloat64(at + D.TICKER_TIME, true),
    takerSide: side === Side.BUY || side === Side.SELL ? side : 0,
    tradeNumber: number(0),
    priceTicks: number(1),
    quantityLots: number(2),
    bidTicks: number(3),
    bidLots: number(4),
    askTicks: number(5),
    askLots: number(6),
  };
}

function decodeFacts(frame: FrameReader): DataMessage {
  const { view } = frame;
  const at = startOf(frame);
  return {
    channel: view.getUint16(at + D.DATA_CHANNEL, true),
    instrument: view.getUint16(at + D.DATA_INSTRUMENT, true),
    sequence: view.getFloat64(at + D.DATA_SEQUENCE, true),
    timeUs: view.getFloat64(at + D.DATA_TIME, true),
    more: view.getUint8(at + D.DATA_MORE) !== 0,
  };
}

function decodePrevious(view: DataView, at: number): number {
  return view.getFloat64(at + D.DATA_PREVIOUS, true);
}

function decodeChecked({ flags }: FrameReader): Checked {
  return { hasChecksum: (flags & FLAG_NO_CHECKSUM) === 0 };
}

function decodeLanes(view: DataView, at: number): { lane0: number; lane1: number } {
  return { lane0: view.getUint32(at, true), lane1: view.getUint32(at + 4, true) };
}

function decodeOrigin(view: DataView, at: number): Origin {
  const word = (offset: number): string =>
    view
      .getUint32(at + offset, true)
      .toString(16)
      .padStart(8, '0');
  return { reason: view.getUint8(at + D.DATA_REASON), journal: word(D.DATA_PREVIOUS) + word(D.DATA_PREVIOUS + 4) };
}

function decodeLevel(view: DataView, at: number): BinaryLevel {
  return [view.getFloat64(at, true), view.getFloat64(at + 8, true)];
}

function decodeRestingOrder(view: DataView, at: number): BinaryRestingOrder {
  return [view.getFloat64(at, true), view.getFloat64(at + 8, true), view.getFloat64(at + 16, true)];
}

function decodeTrade(view: DataView, at: number): BinaryTrade {
  return {
    number: view.getFloat64(at, true),
    makerOrder: view.getFloat64(at + 8, true),
    takerOrder: view.getFloat64(at + 16, true),
    priceTicks: view.getFloat64(at + 24, true),
    quantityLots: view.getFloat64(at + 32, true),
    takerSide: view.getUint8(at + 40),
  };
}

function decodeEvent(view: DataView, at: number): BinaryEvent {
  return {
    change: view.getUint16(at, true),
    side: view.getUint8(at + 2),
    number: view.getFloat64(at + 8, true),
    priceTicks: view.getFloat64(at + 16, true),
    lots: view.getFloat64(at + 24, true),
    makerOrder: view.getFloat64(at + 32, true),
    takerOrder: view.getFloat64(at + 40, true),
  };
}

function list<T>(length: number, item: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => item(i));
}
