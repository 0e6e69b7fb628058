// The feed as binary frames: WIRE.md, "Binary frames of /ws". Market data's thread. What has no binary form (resumed, user, candles,
// heartbeats) is the JSON writer's. A message begins at the start of its buffer, which keeps all there is to know of it.
// Allocates: nothing.

import { assert } from '../../assert.ts';
import { Side } from '../../domain/codes.ts';
import { MessageType } from '../../wire/binary-frame.ts';
import * as B from '../../wire/binary-market-data.ts';
import type { BookChecksum } from '../../wire/book-checksum.ts';
import { EVENT_BODY, EVENT_CHANGE, EVENT_RESTING_DELTA_LOTS } from '../../wire/event-codec.ts';
import { Channel, FeedFormat } from '../../wire/feed-codec.ts';
import * as O from '../../wire/order-codec.ts';
import * as T from '../../wire/trade-codec.ts';
import type { L2Book, L2Side } from '../l2-book.ts';
import type { Candle, FeedWriter, LastTrade, MessageHead } from './feed-writer.ts';
import type { MessageBuffer } from './message-buffer.ts';

const HEAD_BYTES_MAX = 64;

export class BinaryFeedWriter implements FeedWriter {
  readonly format = FeedFormat.BINARY;
  readonly #json: FeedWriter;
  readonly #journalHigh: number;
  readonly #journalLow: number;
  readonly #ticker = {
    takerSide: 0,
    tradeNumber: 0,
    priceTicks: 0,
    quantityLots: 0,
    bidTicks: 0,
    bidLots: 0,
    askTicks: 0,
    askLots: 0,
  };

  /** `journalHigh` and `journalLow`: the journal's identity. */
  constructor(json: FeedWriter, journalHigh: number, journalLow: number) {
    this.#json = json;
    this.#journalHigh = journalHigh;
    this.#journalLow = journalLow;
  }

  open(out: MessageBuffer, head: MessageHead): void {
    if (head.channel === Channel.USER) {
      this.#json.open(out, head);
      return;
    }
    begin(out);
    if (head.channel === Channel.FULL) out.end = B.beginFull(out.bytes, out.view, 0, head);
    else if (head.channel === Channel.MATCHES) out.end = B.beginMatch(out.bytes, out.view, 0, head);
    else out.end = B.beginUpdate(out.bytes, out.view, 0, head);
  }

  close(out: MessageBuffer, head: MessageHead, more: boolean, checksum?: BookChecksum): void {
    if (head.channel === Channel.USER) this.#json.close(out, head, more, checksum);
    else B.endMessage(out.view, 0, out.end, more, checksum);
  }

  level(out: MessageBuffer, _instrument: number, side: number, priceTicks: number, lots: number): void {
    out.reserve(B.LEVEL_BYTES);
    out.end = B.addLevel(out.view, 0, out.end, side, priceTicks, lots);
  }

  match(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number): void {
    out.reserve(B.TRADE_BYTES);
    out.end = B.addTrade(
      out.view,
      0,
      out.end,
      view.getFloat64(offset + T.TRADE_NUMBER, true),
      view.getFloat64(offset + T.TRADE_MAKER_ORDER, true),
      view.getFloat64(offset + T.TRADE_TAKER_ORDER, true),
      view.getFloat64(offset + T.TRADE_PRICE_TICKS, true),
      view.getFloat64(offset + T.TRADE_QUANTITY_LOTS, true),
      bytes[offset + T.TRADE_TAKER_SIDE],
    );
  }

  fullTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number): void {
    out.reserve(B.EVENT_BYTES);
    out.end = B.addEvent(
      out.view,
      0,
      out.end,
      B.TRADE_CHANGE,
      bytes[offset + T.TRADE_TAKER_SIDE],
      view.getFloat64(offset + T.TRADE_NUMBER, true),
      view.getFloat64(offset + T.TRADE_PRICE_TICKS, true),
      view.getFloat64(offset + T.TRADE_QUANTITY_LOTS, true),
      view.getFloat64(offset + T.TRADE_MAKER_ORDER, true),
      view.getFloat64(offset + T.TRADE_TAKER_ORDER, true),
    );
  }

  fullOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number): void {
    const order = offset + EVENT_BODY;
    out.reserve(B.EVENT_BYTES);
    out.end = B.addEvent(
      out.view,
      0,
      out.end,
      view.getUint16(offset + EVENT_CHANGE, true),
      bytes[order + O.ORDER_SIDE],
      view.getFloat64(order + O.ORDER_NUMBER, true),
      view.getFloat64(order + O.ORDER_PRICE_TICKS, true),
      view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true),
      0,
      0,
    );
  }

  userTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    this.#json.userTrade(out, bytes, view, offset, first);
  }

  userOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void {
    this.#json.userOrder(out, bytes, view, offset, first);
  }

  snapshot(out: MessageBuffer, head: MessageHead, reason: number, book?: L2Book, checksum?: BookChecksum): void {
    begin(out);
    const { bytes, view } = out;
    const type = MessageType.SNAPSHOT;
    out.end = B.beginSnapshot(bytes, view, 0, type, head, reason, this.#journalHigh, this.#journalLow);
    if (book !== undefined) {
      this.#levels(out, head.instrument, Side.BUY, book.bids);
      this.#levels(out, head.instrument, Side.SELL, book.asks);
    }
    B.endMessage(out.view, 0, out.end, false, checksum);
  }

  resumed(out: MessageBuffer, head: MessageHead, fromSequence: number): void {
    this.#json.resumed(out, head, fromSequence);
  }

  ticker(out: MessageBuffer, head: MessageHead, trade: LastTrade, book: L2Book): void {
    const ticker = this.#ticker;
    ticker.takerSide = trade.takerSide;
    ticker.tradeNumber = trade.number;
    ticker.priceTicks = trade.priceTicks;
    ticker.quantityLots = trade.lots;
    ticker.bidTicks = book.bids.levels === 0 ? 0 : book.bids.priceAt(0);
    ticker.bidLots = book.bids.levels === 0 ? 0 : book.bids.lotsAt(0);
    ticker.askTicks = book.asks.levels === 0 ? 0 : book.asks.priceAt(0);
    ticker.askLots = book.asks.levels === 0 ? 0 : book.asks.lotsAt(0);
    out.reserve(B.TICKER_BYTES);
    out.end += B.writeBinaryTicker(out.view, out.end, head, ticker);
  }

  candle(out: MessageBuffer, head: MessageHead, candle: Candle): void {
    this.#json.candle(out, head, candle);
  }

  heartbeat(out: MessageBuffer, head: MessageHead, trade: LastTrade): void {
    this.#json.heartbeat(out, head, trade);
  }

  #levels(out: MessageBuffer, instrument: number, side: Side, levels: L2Side): void {
    for (let rank = 0; rank < levels.levels; rank++) {
      this.level(out, instrument, side, levels.priceAt(rank), levels.lotsAt(rank));
    }
  }
}

function begin(out: MessageBuffer): void {
  assert(out.end === 0, 'a binary message has a buffer of its own');
  out.reserve(HEAD_BYTES_MAX);
}
