// A key of the feed: a channel with an instrument (of `user`: a client) and a format, and who wants it. Market data's thread.

import type { Channel, FeedFormat } from '../../wire/feed-codec.ts';
import type { CommandMessage } from './command-message.ts';
import type { FeedWriter } from './feed-writer.ts';

/** Which messages there were: each sequenced channel of an instrument or client has one for all formats. */
export class Chain {
  /** Of the newest message; -1: not known (only of a client). */
  sequence: number;
  /** Of the one before. */
  previous = 0;
  timeUs = 0;

  constructor(sequence = 0) {
    this.sequence = sequence;
  }

  /** There is a message of that command. Allocates: nothing. */
  touch(sequence: number, timeUs: number): void {
    if (sequence === this.sequence) return;
    this.previous = this.sequence;
    this.sequence = sequence;
    this.timeUs = timeUs;
  }
}

export class Key {
  readonly channel: Channel;
  /** NO_INSTRUMENT of a client's. */
  readonly instrument: number;
  readonly client: Uint8Array;
  readonly writer: FeedWriter;
  /** Those that want it, as bits. */
  gateways = 0;
  /** FULL, MATCHES, USER: what the command being told did. */
  message: CommandMessage | undefined;

  constructor(channel: Channel, instrument: number, client: Uint8Array, writer: FeedWriter) {
    this.channel = channel;
    this.instrument = instrument;
    this.client = client;
    this.writer = writer;
  }

  get format(): FeedFormat {
    return this.writer.format;
  }
}
