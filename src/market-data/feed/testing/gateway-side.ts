// A gateway's side of the feed, for tests: wishes, and hands each subscriber the messages that are its own by the rules of
// WIRE.md, "Feed", and by no others.

import { assert } from '../../../assert.ts';
import { BroadcastReader } from '../../../shared-memory/broadcast-ring.ts';
import type { InProcessExchange } from '../../../sim/in-process-exchange.ts';
import * as F from '../../../wire/feed-codec.ts';
import { Channel, FeedAnswerType, FeedFormat, FeedType, NO_INSTRUMENT, WishType } from '../../../wire/feed-codec.ts';
import { type Message, readMessage } from './read-message.ts';

export interface Asked {
  readonly channel: Channel;
  readonly instrument?: number;
  readonly client?: string;
  readonly from?: number;
  readonly reason?: number;
  /** JSON when left out. */
  readonly format?: FeedFormat;
}

interface Subject {
  readonly channel: number;
  readonly instrument: number;
  readonly format: number;
  readonly client: string;
}

export class Subscriber {
  readonly wish: number;
  readonly key: string;
  readonly messages: Message[] = [];
  /** Of LIVE. */
  liveSequence = -1;
  live = false;
  /** NO_RESUME. */
  refused = -1;

  constructor(wish: number, key: string) {
    this.wish = wish;
    this.key = key;
  }
}

const keyOf = (channel: number, instrument: number, format: number, client: string) =>
  `${channel}/${instrument}/${format}/${client}`;

export class GatewaySide {
  readonly #exchange: InProcessExchange;
  readonly #gateway: number;
  readonly #feed: BroadcastReader;
  readonly #subscribers = new Map<number, Subscriber>();
  readonly #parts = new Map<number, Buffer[]>();
  #lastWish = 0;

  constructor(exchange: InProcessExchange, gateway = 0) {
    this.#exchange = exchange;
    this.#gateway = gateway;
    this.#feed = new BroadcastReader(exchange.feed);
  }

  begin(asked: Asked): Subscriber {
    const { channel, from = -1, reason = 0, format = FeedFormat.JSON } = asked;
    const client = channel === Channel.USER ? (asked.client ?? '') : '';
    const instrument = channel === Channel.USER ? NO_INSTRUMENT : (asked.instrument ?? 0);
    const subscriber = new Subscriber(++this.#lastWish, keyOf(channel, instrument, format, client));
    this.#subscribers.set(subscriber.wish, subscriber);
    this.#wish(WishType.BEGIN, subscriber.wish, { channel, instrument, format, client }, from, reason);
    return subscriber;
  }

  /** The socket is gone; `last`: it was the key's last here. */
  end(subscriber: Subscriber, last: boolean): void {
    this.#subscribers.delete(subscriber.wish);
    const [channel, instrument, format] = subscriber.key.split('/').map(Number);
    const client = subscriber.key.split('/')[3];
    const subject = { channel, instrument, format, client };
    if (!subscriber.live) this.#wish(WishType.FORGET, subscriber.wish, subject, -1, 0);
    if (last) this.#wish(WishType.END, 0, subject, -1, 0);
  }

  /** Takes what has come. `answersOnly`: the doorbell for a full answer ring. */
  poll(answersOnly = false): void {
    this.#readAnswers();
    if (answersOnly) return;
    const count = this.#feed.poll((type, offset, length) => this.#onFeed(type, offset, length), Infinity);
    assert(count >= 0, 'this side keeps up with the feed');
  }

  #wish(type: number, id: number, subject: Subject, from: number, reason: number): void {
    const { channel, instrument, format, client } = subject;
    const ring = this.#exchange.wishes[this.#gateway];
    const text = Buffer.from(client);
    const at = ring.claim(type, (F.WISH_BODY + text.length + 7) & ~7);
    assert(at >= 0, 'the wish ring has room');
    ring.bytes.fill(0, at, at + F.WISH_BODY);
    ring.view.setUint32(at + F.WISH_ID, id, true);
    ring.view.setUint16(at + F.WISH_CHANNEL, channel, true);
    ring.view.setUint16(at + F.WISH_INSTRUMENT, instrument, true);
    ring.bytes[at + F.WISH_FORMAT] = format;
    ring.bytes[at + F.WISH_CLIENT_LENGTH] = text.length;
    ring.bytes[at + F.WISH_REASON] = reason;
    ring.view.setFloat64(at + F.WISH_FROM_SEQUENCE, from, true);
    ring.bytes.set(text, at + F.WISH_BODY);
    ring.commit();
  }

  #onFeed(type: number, offset: number, length: number): void {
    const { view, bytes } = this.#feed;
    if (type === FeedType.LIVE) {
      if (view.getUint16(offset + F.LIVE_GATEWAY, true) !== this.#gateway) return;
      this.#readAnswers();
      const subscriber = this.#subscribers.get(view.getUint32(offset + F.LIVE_WISH, true));
      if (subscriber === undefined) return;
      assert(!subscriber.live, 'a wish becomes live once');
      subscriber.live = true;
      subscriber.liveSequence = view.getFloat64(offset + F.LIVE_SEQUENCE, true);
      return;
    }
    const clientLength = view.getUint16(offset + F.FEED_CLIENT_LENGTH, true);
    const client = Buffer.from(bytes.slice(offset + F.FEED_BODY, offset + F.FEED_BODY + clientLength)).toString();
    const start = offset + ((F.FEED_BODY + clientLength + 7) & ~7);
    const key = keyOf(
      view.getUint16(offset + F.FEED_CHANNEL, true),
      view.getUint16(offset + F.FEED_INSTRUMENT, true),
      bytes[offset + F.FEED_FORMAT],
      client,
    );
    const message = readMessage(bytes.slice(start, offset + length));
    assert(view.getFloat64(offset + F.FEED_SEQUENCE, true) === message.sequence, 'head and message agree');
    assert((bytes[offset + F.FEED_MORE] !== 0) === (message.more === true), 'head and message agree on parts');
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.live && subscriber.key === key) subscriber.messages.push(message);
    }
  }

  #readAnswers(): void {
    const ring = this.#exchange.feedAnswers[this.#gateway];
    ring.read((type, offset, length) => {
      const wish = ring.view.getUint32(offset + F.FEED_ANSWER_WISH, true);
      const subscriber = this.#subscribers.get(wish);
      const parts = this.#parts.get(wish) ?? [];
      if (subscriber === undefined) return;
      assert(!subscriber.live, 'answers come before LIVE');
      if (type === FeedAnswerType.NO_RESUME) {
        subscriber.refused = ring.bytes[offset + F.FEED_ANSWER_REASON];
        return;
      }
      parts.push(Buffer.from(ring.bytes.slice(offset + F.FEED_ANSWER_BODY, offset + length)));
      this.#parts.set(wish, parts);
      if (ring.bytes[offset + F.FEED_ANSWER_PART] !== 0) return;
      this.#parts.delete(wish);
      const message = readMessage(Buffer.concat(parts));
      assert((type === FeedAnswerType.RESUMED) === (message.type === 'resumed'), 'head and message agree');
      subscriber.messages.push(message);
    }, Infinity);
  }
}
