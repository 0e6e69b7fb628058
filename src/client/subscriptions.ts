// All subscriptions of a client: begins them on each new connection and hands each message to the one it is for.

import { Feed, type FeedLink, type Position } from './feed.ts';
import type { Keeper } from './keepers.ts';
import type { ChannelName } from './messages.ts';
import { type JsonRecord, readProblem, subjectOf } from './reader.ts';

/** A feed of whatever channel. */
type AnyFeed = Pick<Feed<ChannelName>, 'begin' | 'lost' | 'answered' | 'refused' | 'receive' | 'close'>;

export class Subscriptions {
  readonly #link: Omit<FeedLink, 'ended'>;
  /** By channel and instrument or client. */
  readonly #feeds = new Map<string, AnyFeed>();
  #connected = false;

  constructor(link: Omit<FeedLink, 'ended'>) {
    this.#link = link;
  }

  /** Throws when there is such a subscription: a socket has each channel of an instrument once. */
  add<C extends ChannelName>(channel: C, subject: string, keeper: Keeper<C>, from?: Position): Feed<C> {
    const key = keyOf(channel, subject);
    if (this.#feeds.has(key)) throw new Error(`${channel} of ${subject} is subscribed to already`);
    const ended = () => this.#feeds.delete(key);
    const feed = new Feed({ ...this.#link, ended }, channel, subject, keeper, from);
    this.#feeds.set(key, feed);
    if (this.#connected) feed.begin();
    return feed;
  }

  opened(): void {
    this.#connected = true;
    for (const feed of this.#feeds.values()) feed.begin();
  }

  lost(): void {
    this.#connected = false;
    for (const feed of this.#feeds.values()) feed.lost();
  }

  /** Hands on a message that is about channels. False when it is nobody's. */
  receive(record: JsonRecord): boolean {
    const about = subjectOf(record);
    if (about !== undefined) {
      // Of one that was closed, some are still under way.
      this.#feeds.get(keyOf(about.channel, about.subject))?.receive(record);
      return true;
    }
    const { type, req_id } = record;
    if (typeof req_id !== 'number') return false;
    if (type === 'subscriptions') {
      for (const feed of this.#feeds.values()) feed.answered(req_id);
      return true;
    }
    if (type !== 'error') return false;
    const problem = readProblem(record.error);
    return [...this.#feeds.values()].some((feed) => feed.refused(req_id, problem));
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }
}

function keyOf(channel: ChannelName, subject: string): string {
  return `${channel} ${subject}`;
}
