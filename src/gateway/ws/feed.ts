// The gateway's end of the feed: each message is handed to uWebSockets once, which passes it to all sockets of its topic; answers
// and LIVE records go to the beginnings they belong to. Gateway thread. Owns the positions in the feed ring and the answer
// ring. Must never pass a message of a key to a socket before its LIVE record, nor go on after a gap.

import type { TemplatedApp } from 'uWebSockets.js';
import { assert } from '../../assert.ts';
import { type BroadcastReader, LAPPED } from '../../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import * as F from '../../wire/feed-codec.ts';
import type { Beginnings } from './beginnings.ts';
import type { FeedKeys } from './feed-key.ts';
import type { Wishes } from './wishes.ts';
import { isBinary } from './ws-socket.ts';

/** One turn reads about this much, so that requests do not wait behind it. */
const TURN_BYTES_MAX = 256 * 1024;
const TURN_RECORDS_MAX = 512;
/** And passes on about this much to all sockets together: until the next turn nobody looks what waits for them. */
const TURN_SENT_BYTES_MAX = 64 * 1024 * 1024;
const ANSWERS_MAX = 64;
const NO_CLIENT = new Uint8Array(0);

export interface FeedParts {
  /** Which gateway this is. */
  readonly gateway: number;
  readonly feed: BroadcastReader;
  readonly answers: MessageRing;
  readonly app: TemplatedApp;
  readonly keys: FeedKeys;
  readonly wishes: Wishes;
  readonly beginnings: Beginnings;
  readonly counters: CounterBlock;
}

export class Feed {
  readonly #parts: FeedParts;
  #bytes = 0;
  #sentBytes = 0;

  readonly #receive = (type: number, offset: number, lengthBytes: number): void => {
    if (type === F.FeedType.MESSAGE) this.#message(offset, lengthBytes);
    else if (type === F.FeedType.LIVE) this.#live(offset);
  };

  readonly #answer = (type: number, offset: number, lengthBytes: number): void => {
    const { answers, wishes, beginnings } = this.#parts;
    const { view, bytes } = answers;
    const subscription = wishes.find(view.getUint32(offset + F.FEED_ANSWER_WISH, true));
    if (subscription === undefined) return;
    if (type === F.FeedAnswerType.NO_RESUME) {
      beginnings.noResume(subscription, snapshotReason(view.getUint8(offset + F.FEED_ANSWER_REASON)));
      return;
    }
    const message = bytes.subarray(offset + F.FEED_ANSWER_BODY, offset + lengthBytes);
    if (view.getUint8(offset + F.FEED_ANSWER_PART) !== 0) {
      beginnings.part(subscription, message);
      return;
    }
    const sequence = view.getFloat64(offset + F.FEED_ANSWER_SEQUENCE, true);
    beginnings.answer(subscription, message, sequence, type === F.FeedAnswerType.RESUMED);
  };

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Nobody has listened: what the ring holds is old. */
  restart(): void {
    this.#parts.feed.seekNewest();
  }

  /** Bytes of messages passed on by the last turn. */
  get turnBytes(): number {
    return this.#bytes;
  }

  /** Passes on what is new. Returns records read, or LAPPED: then messages are lost to every subscriber. */
  doWork(): number {
    const { feed, keys } = this.#parts;
    this.#bytes = 0;
    this.#sentBytes = 0;
    let records = this.#drainAnswers();
    if (keys.size === 0) return records;
    for (let i = 0; i < TURN_RECORDS_MAX && this.#bytes < TURN_BYTES_MAX; i++) {
      if (this.#sentBytes >= TURN_SENT_BYTES_MAX) break;
      const polled = feed.poll(this.#receive, 1);
      if (polled === LAPPED) return LAPPED;
      if (polled === 0) break;
      records += polled;
    }
    return records;
  }

  #drainAnswers(): number {
    let all = 0;
    let read = 0;
    do {
      read = this.#parts.answers.read(this.#answer, ANSWERS_MAX);
      all += read;
    } while (read === ANSWERS_MAX);
    return all;
  }

  /** Allocates: a view of the message. */
  #message(offset: number, lengthBytes: number): void {
    const { feed, keys, app, counters } = this.#parts;
    const { view, bytes } = feed;
    const clientFrom = offset + F.FEED_BODY;
    const clientBytes = view.getUint8(offset + F.FEED_CLIENT_LENGTH);
    const key = keys.find(
      view.getUint16(offset + F.FEED_CHANNEL, true),
      view.getUint16(offset + F.FEED_INSTRUMENT, true),
      view.getUint8(offset + F.FEED_FORMAT),
      clientBytes === 0 ? NO_CLIENT : bytes.subarray(clientFrom, clientFrom + clientBytes),
    );
    if (key === undefined) return;
    key.messages++;
    key.sequence = view.getFloat64(offset + F.FEED_SEQUENCE, true);
    key.more = view.getUint8(offset + F.FEED_MORE) !== 0;
    const message = bytes.subarray(clientFrom + Math.ceil(clientBytes / 8) * 8, offset + lengthBytes);
    if (key.waiting > 0) key.keepNewest(message);
    if (key.listeners === 0) return;
    app.publish(key.topic, message, isBinary(message));
    this.#bytes += message.length;
    counters.add(GatewayCounter.WS_MESSAGES, key.listeners);
    counters.add(GatewayCounter.WS_BYTES, key.listeners * message.length);
    this.#sentBytes += key.listeners * message.length;
  }

  /** All that answers the wish is in the answer ring already. */
  #live(offset: number): void {
    const { feed, gateway, wishes, beginnings } = this.#parts;
    const { view } = feed;
    if (view.getUint16(offset + F.LIVE_GATEWAY, true) !== gateway) return;
    this.#drainAnswers();
    const subscription = wishes.find(view.getUint32(offset + F.LIVE_WISH, true));
    if (subscription !== undefined) beginnings.live(subscription, view.getFloat64(offset + F.LIVE_SEQUENCE, true));
  }
}

function snapshotReason(number: number): F.SnapshotReason {
  const reason = Object.values(F.SnapshotReason).find((value) => value === number);
  assert(reason !== undefined, 'feed: no such reason');
  return reason;
}
