// One format of the feed: how messages become bytes. A message of changes is opened, given its items and closed; the others
// are written whole. Market data's thread. A writer reserves the room that it needs; it sends nothing and decides nothing.

import type { BookChecksum } from '../../wire/book-checksum.ts';
import type { Channel, FeedFormat } from '../../wire/feed-codec.ts';
import type { L2Book } from '../l2-book.ts';
import type { MessageBuffer } from './message-buffer.ts';

/** What every message says of itself. Filled by its owner for each message, borrowed until return. */
export interface MessageHead {
  channel: Channel;
  /** NO_INSTRUMENT for USER. */
  instrument: number;
  /** USER: the client id; else empty. */
  client: Uint8Array;
  sequence: number;
  prevSequence: number;
  /** When the engine took the command of that sequence, microseconds since the epoch. */
  timeUs: number;
}

const NO_CLIENT = new Uint8Array(0);

/** The head of a key's messages, to be filled; of an instrument's when `client` is left out. */
export function headOf(channel: Channel, instrument: number, client: Uint8Array = NO_CLIENT): MessageHead {
  return { channel, instrument, client, sequence: 0, prevSequence: 0, timeUs: 0 };
}

/** The last trade of an instrument; `number` 0: none is known. */
export interface LastTrade {
  number: number;
  timeUs: number;
  priceTicks: number;
  lots: number;
  takerSide: number;
}

/** One minute of trades; `trades` 0: none yet. Volume: high * 2^48 + low, lots. */
export interface Candle {
  startUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volumeHigh: number;
  volumeLow: number;
  trades: number;
}

export interface FeedWriter {
  readonly format: FeedFormat;

  /** Begins an l2update, a match, a full or a user message, by the head's channel. */
  open(out: MessageBuffer, head: MessageHead): void;
  /** Ends it. `more`: the next message goes on with the same command. No checksum: the channel has none, or it is not known. */
  close(out: MessageBuffer, head: MessageHead, more: boolean, checksum?: BookChecksum): void;

  /** LEVEL2, LEVEL2_BATCH: what a price holds; all bids before the first ask. `first`: nothing comes before it in its message. */
  level(out: MessageBuffer, instrument: number, side: number, priceTicks: number, lots: number, first: boolean): void;
  /** MATCHES: the trade record at `offset`. */
  match(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void;
  /** FULL: the trade record, or the order event, at `offset`. */
  fullTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void;
  fullOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void;
  /** USER: the same. */
  userTrade(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void;
  userOrder(out: MessageBuffer, bytes: Uint8Array, view: DataView, offset: number, first: boolean): void;

  /** `book` undefined: MATCHES, a starting point only. */
  snapshot(out: MessageBuffer, head: MessageHead, reason: number, book?: L2Book, checksum?: BookChecksum): void;
  resumed(out: MessageBuffer, head: MessageHead, fromSequence: number): void;
  ticker(out: MessageBuffer, head: MessageHead, trade: LastTrade, book: L2Book): void;
  candle(out: MessageBuffer, head: MessageHead, candle: Candle): void;
  heartbeat(out: MessageBuffer, head: MessageHead, trade: LastTrade): void;
}
