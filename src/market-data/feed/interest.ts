// Who wants which keys: a bit for each gateway. Market data's thread. Makes a key when it is first wanted; that of an instrument
// stays, that of a client goes with its last gateway.

import { assert } from '../../assert.ts';
import type { BookChecksum } from '../../wire/book-checksum.ts';
import { Channel } from '../../wire/feed-codec.ts';
import { CommandMessage, type SendMessage } from './command-message.ts';
import type { FeedMarket } from './feed-market.ts';
import type { FeedRing } from './feed-ring.ts';
import type { FeedWriter } from './feed-writer.ts';
import { Key } from './key.ts';
import { type UserKey, UserKeys } from './user-keys.ts';

/** What a wish names: a channel of an instrument, or a client. */
export interface Subject {
  channel: Channel;
  instrument: number;
  format: number;
  client: Uint8Array;
}

export class Interest {
  readonly users = new UserKeys();
  /** How many instruments' heartbeats are wanted. */
  heartbeats = 0;
  readonly #writers: readonly FeedWriter[];
  readonly #ring: FeedRing;
  readonly #marketOf: (instrument: number) => FeedMarket;

  constructor(writers: readonly FeedWriter[], ring: FeedRing, marketOf: (instrument: number) => FeedMarket) {
    this.#writers = writers;
    this.#ring = ring;
    this.#marketOf = marketOf;
  }

  /** That gateway wants a client's messages from the next event on. */
  beginUser(gateway: number, subject: Subject): UserKey {
    const { client } = subject;
    const user = this.users.find(client, 0, client.length) ?? this.users.add(this.#newKey(subject));
    user.key.gateways |= 1 << gateway;
    return user;
  }

  /** Likewise an instrument's, once all that the key had waiting is sent. */
  begin(gateway: number, subject: Subject): { key: Key; market: FeedMarket } {
    const market = this.#marketOf(subject.instrument);
    market.flushAll(subject.channel);
    const keys = market.keysOf(subject.channel);
    const key = keys[subject.format] ?? this.#newKey(subject, market.checksum);
    keys[subject.format] = key;
    key.gateways |= 1 << gateway;
    this.#refresh(market);
    return { key, market };
  }

  /** That gateway has no subscriber of it any more. */
  end(gateway: number, subject: Subject): void {
    const { channel, client } = subject;
    if (channel === Channel.USER) {
      const user = this.users.find(client, 0, client.length);
      if (user === undefined) return;
      user.key.gateways &= ~(1 << gateway);
      if (user.key.gateways === 0) this.users.remove(user);
      return;
    }
    const market = this.#marketOf(subject.instrument);
    const key = market.keysOf(channel)[subject.format];
    if (key === undefined) return;
    market.flushAll(channel);
    key.gateways &= ~(1 << gateway);
    this.#refresh(market);
  }

  #refresh(market: FeedMarket): void {
    this.heartbeats -= market.heartbeat.wanted ? 1 : 0;
    market.refresh();
    this.heartbeats += market.heartbeat.wanted ? 1 : 0;
  }

  #newKey({ channel, instrument, client, format }: Subject, checksum?: BookChecksum): Key {
    const writer = this.#writers.find((one) => one.format === format);
    assert(writer !== undefined, 'gateways ask for formats that are served');
    const key = new Key(channel, instrument, client, writer);
    const send: SendMessage = (head, more, body) => this.#ring.message(head, writer.format, more, body, key.gateways);
    if (channel === Channel.FULL) key.message = new CommandMessage(key, send, checksum);
    if (channel === Channel.MATCHES || channel === Channel.USER) key.message = new CommandMessage(key, send);
    return key;
  }
}
