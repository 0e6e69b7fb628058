// What the feed knows of one instrument: the chains of its channels, its checksum, its last trade and candle, and who wants
// which of its keys. Market data's thread; the book is the agent's. Allocates: nothing without interest.

import { BookChecksum } from '../../wire/book-checksum.ts';
import { Channel } from '../../wire/feed-codec.ts';
import {
  TRADE_NUMBER,
  TRADE_PRICE_TICKS,
  TRADE_QUANTITY_LOTS,
  TRADE_TAKER_SIDE,
  TRADE_TIME_US,
} from '../../wire/trade-codec.ts';
import type { L2Book } from '../l2-book.ts';
import { addTrade, emptyCandle, minuteOf } from './candle.ts';
import type { FeedRing } from './feed-ring.ts';
import { type FeedWriter, headOf, type LastTrade, type MessageHead } from './feed-writer.ts';
import { Chain, type Key } from './key.ts';
import { LevelChannel } from './level-channel.ts';
import { MessageBuffer } from './message-buffer.ts';

const LEVEL2_INTERVAL_US = 10_000;
const LEVEL2_BATCH_INTERVAL_US = 50_000;
/** From one ticker to the next, and from one candle to the next. */
const NEWEST_INTERVAL_US = 50_000;

/** When a channel that tells the newest only has something to tell. */
class Pace {
  /** By format. */
  readonly keys: (Key | undefined)[] = [];
  wanted = false;
  changed = false;
  nextUs = 0;

  /** Infinity: nothing to tell. */
  get dueUs(): number {
    return this.wanted && this.changed ? this.nextUs : Number.POSITIVE_INFINITY;
  }
}

export class FeedMarket {
  readonly instrument: number;
  readonly book: L2Book;
  readonly checksum = new BookChecksum();
  /** The newest command that changed a level. */
  readonly levels = new Chain();
  readonly full = new Chain();
  readonly matches = new Chain();
  readonly level2: LevelChannel;
  readonly level2Batch: LevelChannel;
  readonly ticker = new Pace();
  readonly candles = new Pace();
  readonly heartbeat = new Pace();
  /** Whether anybody wants what is sent when it is due. */
  timed = false;
  /** Keys of FULL and MATCHES, by format. */
  readonly fullKeys: (Key | undefined)[] = [];
  readonly matchesKeys: (Key | undefined)[] = [];
  readonly lastTrade: LastTrade = { number: 0, timeUs: 0, priceTicks: 0, lots: 0, takerSide: 0 };
  readonly candle = emptyCandle(0);
  readonly #candleChain = new Chain();
  readonly #ring: FeedRing;
  readonly #head: MessageHead;
  readonly #out = new MessageBuffer();

  constructor(instrument: number, book: L2Book, ring: FeedRing) {
    const { checksum } = this;
    this.instrument = instrument;
    this.book = book;
    this.#ring = ring;
    this.level2 = new LevelChannel(Channel.LEVEL2, instrument, LEVEL2_INTERVAL_US, book, checksum, ring);
    this.level2Batch = new LevelChannel(
      Channel.LEVEL2_BATCH,
      instrument,
      LEVEL2_BATCH_INTERVAL_US,
      book,
      checksum,
      ring,
    );
    this.#head = headOf(Channel.TICKER, instrument);
  }

  /** Keys of a channel, by format. */
  keysOf(channel: Channel): (Key | undefined)[] {
    if (channel === Channel.LEVEL2) return this.level2.keys;
    if (channel === Channel.LEVEL2_BATCH) return this.level2Batch.keys;
    if (channel === Channel.FULL) return this.fullKeys;
    if (channel === Channel.MATCHES) return this.matchesKeys;
    if (channel === Channel.TICKER) return this.ticker.keys;
    return channel === Channel.CANDLES ? this.candles.keys : this.heartbeat.keys;
  }

  /** Who wants a channel has changed. */
  refresh(): void {
    for (const one of [this.level2, this.level2Batch, this.ticker, this.candles, this.heartbeat]) {
      one.wanted = one.keys.some((key) => key !== undefined && key.gateways !== 0);
    }
    this.timed = this.level2.wanted || this.level2Batch.wanted || this.ticker.wanted || this.candles.wanted;
  }

  /** Nothing is known of what was before that command. */
  openAt(sequence: number, timeUs: number): void {
    for (const chain of [this.levels, this.full, this.matches, this.level2.chain, this.level2Batch.chain]) {
      chain.touch(sequence, timeUs);
    }
  }

  /** A level holds `lots`, by `deltaLots` more than before. */
  level(side: number, priceTicks: number, deltaLots: number, lots: number): void {
    this.checksum.change(side, priceTicks, lots - deltaLots, lots);
  }

  /** The same by a command, at `nowUs` of the stopwatch. */
  change(side: number, priceTicks: number, sequence: number, timeUs: number, nowUs: number): void {
    this.levels.touch(sequence, timeUs);
    if (this.level2.wanted) this.level2.change(side, priceTicks, nowUs);
    if (this.level2Batch.wanted) this.level2Batch.change(side, priceTicks, nowUs);
    this.ticker.changed = true;
  }

  /** The trade record at `offset`. */
  trade(bytes: Uint8Array, view: DataView, offset: number, sequence: number): void {
    const { lastTrade } = this;
    const timeUs = view.getFloat64(offset + TRADE_TIME_US, true);
    lastTrade.number = view.getFloat64(offset + TRADE_NUMBER, true);
    lastTrade.timeUs = timeUs;
    lastTrade.priceTicks = view.getFloat64(offset + TRADE_PRICE_TICKS, true);
    lastTrade.lots = view.getFloat64(offset + TRADE_QUANTITY_LOTS, true);
    lastTrade.takerSide = bytes[offset + TRADE_TAKER_SIDE];
    // The last of a minute is told, however soon the next begins.
    if (this.candles.wanted && this.candles.changed && minuteOf(timeUs) !== this.candle.startUs) this.#sendCandle();
    addTrade(this.candle, timeUs, lastTrade.priceTicks, lastTrade.lots);
    this.#candleChain.touch(sequence, timeUs);
    this.ticker.changed = true;
    this.candles.changed = true;
  }

  /** When something must be sent, on the stopwatch. */
  get dueUs(): number {
    return Math.min(this.level2.dueUs, this.level2Batch.dueUs, this.ticker.dueUs, this.candles.dueUs);
  }

  /** Sends what is due. At the end of a command. */
  sendDue(nowUs: number): void {
    if (this.level2.dueUs <= nowUs) this.flush(this.level2);
    if (this.level2Batch.dueUs <= nowUs) this.flush(this.level2Batch);
    if (this.ticker.dueUs <= nowUs) {
      this.#sendTicker();
      this.ticker.nextUs = nowUs + NEWEST_INTERVAL_US;
    }
    if (this.candles.dueUs <= nowUs) {
      this.#sendCandle();
      this.candles.nextUs = nowUs + NEWEST_INTERVAL_US;
    }
  }

  flush(channel: LevelChannel): void {
    channel.flush(this.levels.sequence, this.levels.timeUs);
  }

  /** Sends what a channel has waiting. */
  flushAll(channel: Channel): void {
    if (channel === Channel.LEVEL2) this.flush(this.level2);
    if (channel === Channel.LEVEL2_BATCH) this.flush(this.level2Batch);
    if (channel === Channel.TICKER && this.ticker.changed) this.#sendTicker();
    if (channel === Channel.CANDLES && this.candles.changed) this.#sendCandle();
  }

  sendHeartbeat(sequence: number, timeUs: number): void {
    this.#send(this.heartbeat, (writer) => this.writeHeartbeat(writer, this.#out, sequence, timeUs));
  }

  writeTicker(writer: FeedWriter, out: MessageBuffer): void {
    const { sequence, timeUs } = this.full;
    writer.ticker(out, this.#at(Channel.TICKER, sequence, timeUs), this.lastTrade, this.book);
  }

  /** The candle of the last trade's minute, or, at `timeUs` of a later one, that it is empty. */
  writeCandle(writer: FeedWriter, out: MessageBuffer, sequence: number, timeUs: number): void {
    const startUs = minuteOf(timeUs);
    if (startUs <= this.candle.startUs) this.#writeCandle(writer, out);
    else writer.candle(out, this.#at(Channel.CANDLES, sequence, timeUs), emptyCandle(startUs));
  }

  writeHeartbeat(writer: FeedWriter, out: MessageBuffer, sequence: number, timeUs: number): void {
    writer.heartbeat(out, this.#at(Channel.HEARTBEAT, sequence, timeUs), this.lastTrade);
  }

  #writeCandle(writer: FeedWriter, out: MessageBuffer): void {
    const { sequence, timeUs } = this.#candleChain;
    writer.candle(out, this.#at(Channel.CANDLES, sequence, timeUs), this.candle);
  }

  #sendTicker(): void {
    this.#send(this.ticker, (writer) => this.writeTicker(writer, this.#out));
  }

  #sendCandle(): void {
    this.#send(this.candles, (writer) => this.#writeCandle(writer, this.#out));
  }

  #send(pace: Pace, write: (writer: FeedWriter) => void): void {
    pace.changed = false;
    for (const key of pace.keys) {
      if (key === undefined || key.gateways === 0) continue;
      write(key.writer);
      this.#ring.message(this.#head, key.format, false, this.#out, key.gateways);
      this.#out.end = 0;
    }
  }

  #at(channel: Channel, sequence: number, timeUs: number): MessageHead {
    this.#head.channel = channel;
    this.#head.sequence = sequence;
    this.#head.timeUs = timeUs;
    return this.#head;
  }
}
