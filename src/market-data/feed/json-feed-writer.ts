// The feed as JSON: the messages of WEBSOCKET.md, byte for byte. Market data's thread; owns the fixed texts, composed once.
// Allocates: nothing, but for an instrument seen for the first time, amounts beyond 2^53 and checksums' texts.

import type { BookChecksum } from '../../wire/book-checksum.ts';
import { DECIMAL_BYTES_MAX, writeDecimal } from '../../wire/decimal.ts';
import { writePair } from '../../wire/decimal-pair.ts';
import { writeInteger } from '../../wire/digits.ts';
import { ORDER_CHANGE_TEXTS, SIDE_TEXTS } from '../../wire/enum-texts.ts';
import { EVENT_BODY, EVENT_CHANGE, EVENT_RESTING_DELTA_LOTS } from '../../wire/event-codec.ts';
import { CHANNEL_NAMES, Channel, FeedFormat, SNAPSHOT_REASONS } from '../../wire/feed-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { IsoTimeWriter } from '../../wire/iso-time.ts';
import { putBytes, putEscaped } from '../../wire/json-writer.ts';
import * as O from '../../wire/order-codec.ts';
import { ORDER_JSON_BYTES_MAX, OrderJsonWriter } from '../../wire/order-json.ts';
import { IdKind, type PublicIds } from '../../wire/public-id.ts';
import * as T from '../../wire/trade-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from '../../wire/trade-json.ts';
import type { L2Book, L2Side } from '../l2-book.ts';
import type { Candle, FeedWriter, LastTrade, MessageHead } from './feed-writer.ts';
import type { MessageBuffer } from './message-buffer.ts';

const encode = (text: string) => new TextEncoder().encode(text);

/** Everything of a message but its items and its client id. */
const HEAD_BYTES_MAX = 1_024;
const ITEM_BYTES_MAX = 512;
const LEVEL_BYTES_MAX = 2 * DECIMAL_BYTES_MAX + 16;

/** Of the messages that have items: their type by channel, and the name of their items. */
const TYPES = ['', 'heartbeat', 'ticker', 'l2update', 'l2update', 'full', 'match', 'candle', 'user'];
const ITEMS = ['', '', '', 'changes', 'changes', 'events', 'trades', '', 'events'].map((name) =>
  encode(`,"${name}":[`),
);
const HEADS = TYPES.map((type, channel) => encode(`{"type":"${type}","channel":"${CHANNEL_NAMES[channel]}"`));
const SNAPSHOTS = CHANNEL_NAMES.map((name) => encode(`{"type":"snapshot","channel":"${name}"`));
const RESUMED = CHANNEL_NAMES.map((name) => encode(`{"type":"resumed","channel":"${name}"`));
const CHANGES = ['trade', ...ORDER_CHANGE_TEXTS.slice(1)].map((name) => encode(`{"change":"${name}"`));
const INSTRUMENT = encode(',"instrument":');
const CLIENT = encode(',"client_id":"');
const FROM_SEQUENCE = encode(',"from_sequence":');
const SEQUENCE = encode(',"sequence":');
const PREV_SEQUENCE = encode(',"prev_sequence":');
const TIME = encode(',"time":"');
const REASON = SNAPSHOT_REASONS.map((reason) => encode(`,"reason":"${reason}"`));
const BIDS = encode(',"bids":[');
const ASKS = encode('],"asks":[');
const CHECKSUM = encode(',"checksum":"');
const MORE = encode(',"more":true}');
const LEVELS = SIDE_TEXTS.map((side) => encode(`["${side}","`));
const SNAPSHOT_LEVEL = encode('["');
const BETWEEN = encode('","');
const LEVEL_END = encode('"]');
const TRADE_ID = encode('"trade_id":');
const MAKER_ORDER_ID = encode(',"maker_order_id":"');
const TAKER_ORDER_ID = encode('","taker_order_id":"');
const SIDES = SIDE_TEXTS.map((side) => encode(`,"side":"${side}"`));
const NO_SIDE = encode(',"side":null');
const PRICE = encode(',"price":');
const QUANTITY = encode(',"quantity":');
const ORDER_ID = encode(',"order_id":"');
const DELTA = encode(',"delta":"');
const ORDER = encode(',"order":');
const TRADE = encode(',"trade":');
const BEST_BID = encode(',"best_bid":');
const BEST_BID_QUANTITY = encode(',"best_bid_quantity":');
const BEST_ASK = encode(',"best_ask":');
const BEST_ASK_QUANTITY = encode(',"best_ask_quantity":');
const INTERVAL_START = encode(',"interval":"1m","start":"');
const OPEN = encode('","open":');
const HIGH = encode(',"high":');
const LOW = encode(',"low":');
const CLOSE = encode(',"close":');
const VOLUME = encode(',"volume":"');
const TRADES = encode('","trades":');
const LAST_TRADE_ID = encode(',"last_trade_id":');
const NULL = encode('null');
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

interface InstrumentText {
  /** Quoted. */
  readonly name: Uint8Array;
  readonly priceScale: number;
  readonly quantityScale: number;
}

export class JsonFeedWriter implements FeedWriter {
  readonly format = FeedFormat.JSON;
  readonly #instruments: InstrumentSource;
  readonly #ids: PublicIds;
  readonly #showClientIds: boolean;
  readonly #journal: Uint8Array;
  readonly #orders: OrderJsonWriter;
  readonly #trades: TradeJsonWriter;
  readonly #time = new IsoTimeWriter();
  /** By instrument, as they come up: names and scales never change. */
  readonly #texts: InstrumentText[] = [];

  /** `journal`: the journal's identity as clients read it. */
  constructor(instruments: InstrumentSource, ids: PublicIds, showClientIds: boolean, journal: string) {
    this.#instruments = instruments;
    this.#ids = ids;
    this.#showClientIds = showClientIds;
    this.#journal = encode(`,"journal":"${journal}"`);
    this.#orders = new OrderJsonWriter(instruments, ids);
    this.#trades = new TradeJsonWriter(instruments, ids);
  }

  open(out: MessageBuffer, head: MessageHead): void {
    this.#open(out, HEADS[head.channel], head);
    this.#number(out, PREV_SEQUENCE, head.prevSequence);
    this.#timeOf(out, head.timeUs);
    put(out, ITEMS[head.channel]);
  }

  close(out: MessageBuffer, _head: MessageHead, more: boolean, checksum?: BookChecksum): void {
    out.reserve(HEAD_BYTES_MAX);
    out.bytes[out.end++] = CLOSE_ARRAY;
    if (checksum !== undefined) this.#checksum(out, checksum);
    if (more) put(out, MORE);
    else out.bytes[out.end++] = CLOSE_OBJECT;
  }

  level(out: MessageBuffer, instrument: number, side: number, priceTicks: number, lots: number, first: boolean): void {
    begin(out, LEVEL_BYTES_MAX, first);
    put(out, LEVELS[side]);
    this.#levelEnd(out, this.#text(instrument), priceTicks, lots);
  }

  match(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    begin(out, ITEM_BYTES_MAX, first);
    out.bytes[out.end++] = OPEN_OBJECT;
    this.#trade(out, bytes, view, offset);
  }

  fullTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    begin(out, ITEM_BYTES_MAX, first);
    put(out, CHANGES[0]);
    out.bytes[out.end++] = COMMA;
    this.#trade(out, bytes, view, offset);
  }

  fullOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    begin(out, ITEM_BYTES_MAX, first);
    const order = offset + EVENT_BODY;
    const delta = view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true);
    const text = this.#text(view.getUint16(order + O.ORDER_INSTRUMENT, true));
    put(out, CHANGES[view.getUint16(offset + EVENT_CHANGE, true)]);
    put(out, ORDER_ID);
    const created = view.getFloat64(order + O.ORDER_CREATED_US, true);
    this.#id(out, IdKind.ORDER, view.getFloat64(order + O.ORDER_NUMBER, true), created);
    out.bytes[out.end++] = QUOTE;
    put(out, SIDES[bytes[order + O.ORDER_SIDE]]);
    put(out, PRICE);
    decimal(out, view.getFloat64(order + O.ORDER_PRICE_TICKS, true), text.priceScale);
    put(out, DELTA);
    if (delta < 0) out.bytes[out.end++] = MINUS;
    out.end += writeDecimal(out.bytes, out.end, Math.abs(delta), text.quantityScale);
    out.bytes[out.end++] = QUOTE;
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  userTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    begin(out, TRADE_JSON_BYTES_MAX + ITEM_BYTES_MAX, first);
    put(out, CHANGES[0]);
    put(out, TRADE);
    out.end = this.#trades.writeTrade(out.bytes, out.end, bytes, view, offset, this.#showClientIds, true);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  userOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    begin(out, ORDER_JSON_BYTES_MAX + ITEM_BYTES_MAX, first);
    put(out, CHANGES[view.getUint16(offset + EVENT_CHANGE, true)]);
    put(out, ORDER);
    out.end = this.#orders.writeOrder(out.bytes, out.end, bytes, view, offset + EVENT_BODY);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  snapshot(out: MessageBuffer, head: MessageHead, reason: number, book?: L2Book, checksum?: BookChecksum): void {
    this.#open(out, SNAPSHOTS[head.channel], head);
    this.#timeOf(out, head.timeUs);
    put(out, REASON[reason]);
    put(out, this.#journal);
    if (book !== undefined) {
      const text = this.#text(head.instrument);
      put(out, BIDS);
      this.#side(out, text, book.bids);
      out.reserve(HEAD_BYTES_MAX);
      put(out, ASKS);
      this.#side(out, text, book.asks);
      out.reserve(HEAD_BYTES_MAX);
      out.bytes[out.end++] = CLOSE_ARRAY;
    }
    if (checksum !== undefined) this.#checksum(out, checksum);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  resumed(out: MessageBuffer, head: MessageHead, fromSequence: number): void {
    this.#about(out, RESUMED[head.channel], head);
    this.#number(out, FROM_SEQUENCE, fromSequence);
    this.#number(out, SEQUENCE, head.sequence);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  ticker(out: MessageBuffer, head: MessageHead, trade: LastTrade, book: L2Book): void {
    const { priceScale, quantityScale } = this.#text(head.instrument);
    const none = trade.number === 0;
    this.#open(out, HEADS[Channel.TICKER], head);
    this.#timeOf(out, head.timeUs);
    out.bytes[out.end++] = COMMA;
    this.#tradeId(out, TRADE_ID, trade);
    put(out, none ? NO_SIDE : SIDES[trade.takerSide]);
    put(out, PRICE);
    nullable(out, none, trade.priceTicks, priceScale);
    put(out, QUANTITY);
    nullable(out, none, trade.lots, quantityScale);
    this.#best(out, BEST_BID, BEST_BID_QUANTITY, book.bids, priceScale, quantityScale);
    this.#best(out, BEST_ASK, BEST_ASK_QUANTITY, book.asks, priceScale, quantityScale);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  candle(out: MessageBuffer, head: MessageHead, candle: Candle): void {
    const { priceScale, quantityScale } = this.#text(head.instrument);
    const none = candle.trades === 0;
    this.#open(out, HEADS[Channel.CANDLES], head);
    this.#timeOf(out, head.timeUs);
    put(out, INTERVAL_START);
    out.end = this.#time.write(out.bytes, out.end, candle.startUs);
    put(out, OPEN);
    nullable(out, none, candle.open, priceScale);
    put(out, HIGH);
    nullable(out, none, candle.high, priceScale);
    put(out, LOW);
    nullable(out, none, candle.low, priceScale);
    put(out, CLOSE);
    nullable(out, none, candle.close, priceScale);
    put(out, VOLUME);
    out.end += writePair(out.bytes, out.end, candle.volumeHigh, candle.volumeLow, quantityScale);
    put(out, TRADES);
    out.end = writeInteger(out.bytes, out.end, candle.trades);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  heartbeat(out: MessageBuffer, head: MessageHead, trade: LastTrade): void {
    this.#open(out, HEADS[Channel.HEARTBEAT], head);
    this.#timeOf(out, head.timeUs);
    this.#tradeId(out, LAST_TRADE_ID, trade);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  /** Up to the sequence. */
  #open(out: MessageBuffer, text: Uint8Array, head: MessageHead): void {
    this.#about(out, text, head);
    this.#number(out, SEQUENCE, head.sequence);
  }

  /** Up to the instrument or client. */
  #about(out: MessageBuffer, text: Uint8Array, head: MessageHead): void {
    const { client } = head;
    out.reserve(HEAD_BYTES_MAX + 6 * client.length);
    put(out, text);
    if (head.channel !== Channel.USER) {
      put(out, INSTRUMENT);
      put(out, this.#text(head.instrument).name);
      return;
    }
    put(out, CLIENT);
    out.end = putEscaped(out.bytes, out.end, client, 0, client.length);
    out.bytes[out.end++] = QUOTE;
  }

  #number(out: MessageBuffer, name: Uint8Array, value: number): void {
    put(out, name);
    out.end = writeInteger(out.bytes, out.end, value);
  }

  #timeOf(out: MessageBuffer, timeUs: number): void {
    put(out, TIME);
    out.end = this.#time.write(out.bytes, out.end, timeUs);
    out.bytes[out.end++] = QUOTE;
  }

  #checksum(out: MessageBuffer, checksum: BookChecksum): void {
    put(out, CHECKSUM);
    const text = checksum.text();
    for (let i = 0; i < text.length; i++) out.bytes[out.end++] = text.charCodeAt(i);
    out.bytes[out.end++] = QUOTE;
  }

  #side(out: MessageBuffer, text: InstrumentText, side: L2Side): void {
    for (let rank = 0; rank < side.levels; rank++) {
      begin(out, LEVEL_BYTES_MAX, rank === 0);
      put(out, SNAPSHOT_LEVEL);
      this.#levelEnd(out, text, side.priceAt(rank), side.lotsAt(rank));
    }
  }

  #levelEnd(out: MessageBuffer, text: InstrumentText, priceTicks: number, lots: number): void {
    out.end += writeDecimal(out.bytes, out.end, priceTicks, text.priceScale);
    put(out, BETWEEN);
    out.end += writeDecimal(out.bytes, out.end, lots, text.quantityScale);
    put(out, LEVEL_END);
  }

  /** The trade record at `offset`, from its id to the object's end. */
  #trade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number): void {
    const { priceScale, quantityScale } = this.#text(view.getUint16(offset + T.TRADE_INSTRUMENT, true));
    const at = (field: number) => view.getFloat64(offset + field, true);
    put(out, TRADE_ID);
    out.bytes[out.end++] = QUOTE;
    this.#id(out, IdKind.TRADE, at(T.TRADE_NUMBER), at(T.TRADE_TIME_US));
    out.bytes[out.end++] = QUOTE;
    put(out, MAKER_ORDER_ID);
    this.#id(out, IdKind.ORDER, at(T.TRADE_MAKER_ORDER), at(T.TRADE_MAKER_CREATED_US));
    put(out, TAKER_ORDER_ID);
    this.#id(out, IdKind.ORDER, at(T.TRADE_TAKER_ORDER), at(T.TRADE_TAKER_CREATED_US));
    out.bytes[out.end++] = QUOTE;
    put(out, SIDES[bytes[offset + T.TRADE_TAKER_SIDE]]);
    put(out, PRICE);
    decimal(out, at(T.TRADE_PRICE_TICKS), priceScale);
    put(out, QUANTITY);
    decimal(out, at(T.TRADE_QUANTITY_LOTS), quantityScale);
    out.bytes[out.end++] = CLOSE_OBJECT;
  }

  #tradeId(out: MessageBuffer, name: Uint8Array, trade: LastTrade): void {
    put(out, name);
    if (trade.number === 0) {
      put(out, NULL);
      return;
    }
    out.bytes[out.end++] = QUOTE;
    this.#id(out, IdKind.TRADE, trade.number, trade.timeUs);
    out.bytes[out.end++] = QUOTE;
  }

  #best(out: MessageBuffer, price: Uint8Array, quantity: Uint8Array, side: L2Side, scale: number, lots: number): void {
    const none = side.levels === 0;
    put(out, price);
    nullable(out, none, none ? 0 : side.priceAt(0), scale);
    put(out, quantity);
    nullable(out, none, none ? 0 : side.lotsAt(0), lots);
  }

  #id(out: MessageBuffer, kind: IdKind, number: number, timeUs: number): void {
    out.end += this.#ids.write(out.bytes, out.end, kind, number, timeUs);
  }

  #text(instrument: number): InstrumentText {
    return this.#texts[instrument] ?? this.#compose(instrument);
  }

  #compose(instrument: number): InstrumentText {
    const { name, priceScale, quantityScale } = this.#instruments.current.all[instrument];
    const text = { name: encode(JSON.stringify(name)), priceScale, quantityScale };
    this.#texts[instrument] = text;
    return text;
  }
}

function put(out: MessageBuffer, source: Uint8Array): void {
  out.end = putBytes(out.bytes, out.end, source);
}

/** Room for an item, and the comma before it. */
function begin(out: MessageBuffer, bytes: number, first: boolean): void {
  out.reserve(bytes + 1);
  if (!first) out.bytes[out.end++] = COMMA;
}

/** Quoted. */
function decimal(out: MessageBuffer, value: number, scale: number): void {
  out.bytes[out.end++] = QUOTE;
  out.end += writeDecimal(out.bytes, out.end, value, scale);
  out.bytes[out.end++] = QUOTE;
}

function nullable(out: MessageBuffer, none: boolean, value: number, scale: number): void {
  if (none) put(out, NULL);
  else decimal(out, value, scale);
}
