// The market-data end of the feed of /ws, for tests: remembers what gateways wish, and writes what the test says. An agent on the
// test's own thread. Owns its ends of the rings.

import type { Agent } from '../../runtime/agent.ts';
import type { BroadcastWriter } from '../../shared-memory/broadcast-ring.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import * as F from '../../wire/feed-codec.ts';

export interface SeenWish {
  /** WishType. */
  readonly type: number;
  readonly id: number;
  readonly channel: number;
  readonly instrument: number;
  readonly format: number;
  readonly client: string;
  readonly from: number;
  readonly reason: number;
}

export interface FedMessage {
  readonly channel: number;
  readonly instrument?: number;
  readonly format?: number;
  readonly client?: string;
  readonly sequence: number;
  readonly more?: boolean;
}

export class FeedPeer implements Agent {
  readonly name = 'feed-peer';
  /** While false, wishes stay in the ring. */
  reading = true;
  readonly wishes: SeenWish[] = [];
  readonly #rings: { readonly feed: BroadcastWriter; readonly wishes: MessageRing; readonly answers: MessageRing };
  readonly #wake: () => void;

  constructor(
    rings: { readonly feed: BroadcastWriter; readonly wishes: MessageRing; readonly answers: MessageRing },
    wake: () => void,
  ) {
    this.#rings = rings;
    this.#wake = wake;
  }

  doWork(): number {
    return this.reading ? this.#rings.wishes.read((type, offset) => this.#see(type, offset), 64) : 0;
  }

  maxIdleMs(): number {
    return 5;
  }

  /** Wishes of a type, in order. */
  of(type: number): SeenWish[] {
    return this.wishes.filter((wish) => wish.type === type);
  }

  /** A message for the one who wished; `parts` of it but the last are marked as such. */
  answer(wish: number, sequence: number, ...parts: readonly (string | Uint8Array)[]): void {
    for (const [index, part] of parts.entries()) {
      this.#message(F.FeedAnswerType.MESSAGE, wish, sequence, part, index < parts.length - 1);
    }
    this.#wake();
  }

  /** What says that what was missed follows. */
  resumed(wish: number, sequence: number, message: string): void {
    this.#message(F.FeedAnswerType.RESUMED, wish, sequence, message, false);
    this.#wake();
  }

  noResume(wish: number, reason: number): void {
    const at = this.#answer(F.FeedAnswerType.NO_RESUME, wish, '');
    this.#rings.answers.view.setUint8(at + F.FEED_ANSWER_REASON, reason);
    this.#rings.answers.commit();
    this.#wake();
  }

  /** Whether the gateway has taken every answer. */
  get answered(): boolean {
    return this.#rings.answers.used() === 0;
  }

  /** Writes a LIVE record; publish() shows it. */
  live(wish: number, sequence: number, gateway = 0): this {
    const { feed } = this.#rings;
    const at = feed.claim(F.FeedType.LIVE, F.LIVE_BYTES);
    feed.view.setUint16(at + F.LIVE_GATEWAY, gateway, true);
    feed.view.setUint16(at + F.LIVE_CHANNEL, 0, true);
    feed.view.setUint32(at + F.LIVE_WISH, wish, true);
    feed.view.setFloat64(at + F.LIVE_SEQUENCE, sequence, true);
    feed.commit();
    return this;
  }

  /** Writes a message of a key; publish() shows it. */
  message(about: FedMessage, message: string | Uint8Array): this {
    const { feed } = this.#rings;
    const client = Buffer.from(about.client ?? '');
    const body = Buffer.from(message);
    const bodyFrom = F.FEED_BODY + Math.ceil(client.length / 8) * 8;
    const at = feed.claim(F.FeedType.MESSAGE, bodyFrom + body.length);
    feed.view.setUint16(at + F.FEED_CHANNEL, about.channel, true);
    feed.view.setUint16(at + F.FEED_INSTRUMENT, about.instrument ?? (client.length > 0 ? F.NO_INSTRUMENT : 0), true);
    feed.view.setUint8(at + F.FEED_FORMAT, about.format ?? F.FeedFormat.JSON);
    feed.view.setUint8(at + F.FEED_MORE, about.more === true ? 1 : 0);
    feed.view.setUint8(at + F.FEED_CLIENT_LENGTH, client.length);
    feed.view.setFloat64(at + F.FEED_SEQUENCE, about.sequence, true);
    feed.view.setFloat64(at + F.FEED_PREV_SEQUENCE, about.sequence - 1, true);
    feed.bytes.set(client, at + F.FEED_BODY);
    feed.bytes.set(body, at + bodyFrom);
    feed.commit();
    return this;
  }

  publish(): void {
    this.#rings.feed.publish();
    this.#wake();
  }

  #message(type: number, wish: number, sequence: number, message: string | Uint8Array, more: boolean): void {
    const at = this.#answer(type, wish, message);
    const { view } = this.#rings.answers;
    view.setUint8(at + F.FEED_ANSWER_PART, more ? 1 : 0);
    view.setFloat64(at + F.FEED_ANSWER_SEQUENCE, sequence, true);
    this.#rings.answers.commit();
  }

  #answer(type: number, wish: number, message: string | Uint8Array): number {
    const { answers } = this.#rings;
    const body = Buffer.from(message);
    const at = answers.claim(type, F.FEED_ANSWER_BODY + body.length);
    if (at < 0) throw new Error('no room for an answer');
    answers.bytes.fill(0, at, at + F.FEED_ANSWER_BODY);
    answers.view.setUint32(at + F.FEED_ANSWER_WISH, wish, true);
    answers.bytes.set(body, at + F.FEED_ANSWER_BODY);
    return at;
  }

  #see(type: number, offset: number): void {
    const { view, bytes } = this.#rings.wishes;
    const clientFrom = offset + F.WISH_BODY;
    const clientTo = clientFrom + view.getUint8(offset + F.WISH_CLIENT_LENGTH);
    this.wishes.push({
      type,
      id: view.getUint32(offset + F.WISH_ID, true),
      channel: view.getUint16(offset + F.WISH_CHANNEL, true),
      instrument: view.getUint16(offset + F.WISH_INSTRUMENT, true),
      format: view.getUint8(offset + F.WISH_FORMAT),
      client: Buffer.from(bytes.slice(clientFrom, clientTo)).toString(),
      from: view.getFloat64(offset + F.WISH_FROM_SEQUENCE, true),
      reason: view.getUint8(offset + F.WISH_REASON),
    });
  }
}
