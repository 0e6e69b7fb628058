// What is subscribed to: a channel with an instrument (of `user`: a client) and a format. Gateway thread. Owns the table of keys
// that some socket of this gateway wants, and of each the newest message while a slow socket has to catch up with it.

import { assert } from '../../assert.ts';
import { CHANNEL_NAMES, Channel, type FeedFormat, NO_INSTRUMENT } from '../../wire/feed-codec.ts';

/** Channels whose messages each stand for themselves: a slow socket gets the newest alone. */
const UNSEQUENCED: readonly number[] = [Channel.TICKER, Channel.CANDLES, Channel.HEARTBEAT];
const decoder = new TextDecoder();

/** Whether the channel's messages form a chain that can be resumed. */
export function isSequenced(channel: Channel): boolean {
  return !UNSEQUENCED.includes(channel);
}

/** Whether a slow socket may be spared messages of the channel. */
export function isConflated(channel: Channel): boolean {
  return channel === Channel.LEVEL2_BATCH || !isSequenced(channel);
}

/** What a client asks for. */
export interface KeyName {
  readonly channel: Channel;
  /** Index, or NO_INSTRUMENT for `user`. */
  readonly instrument: number;
  /** Empty but for `user`. */
  readonly client: Uint8Array;
  readonly format: FeedFormat;
}

export class FeedKey implements KeyName {
  readonly channel: Channel;
  readonly instrument: number;
  readonly client: Uint8Array;
  readonly clientId: string;
  readonly format: FeedFormat;
  /** Of uWebSockets. */
  readonly topic: string;
  /** Subscriptions there are, those among them that get each message, and those that wait for the newest. */
  members = 0;
  listeners = 0;
  waiting = 0;
  /** Of the last message passed on: its sequence, and whether its command goes on in the next. */
  sequence = 0;
  more = false;
  /** Messages passed on. */
  messages = 0;
  #newest = Buffer.alloc(0);
  #newestBytes = 0;

  constructor(name: KeyName, topic: string) {
    this.channel = name.channel;
    this.instrument = name.instrument;
    this.client = name.client;
    this.clientId = decoder.decode(name.client);
    this.format = name.format;
    this.topic = topic;
  }

  get newest(): Uint8Array {
    return this.#newest.subarray(0, this.#newestBytes);
  }

  /** The members that say in a message what it is about. */
  describe(instruments: readonly { readonly name: string }[]): string {
    const channel = `"channel":"${CHANNEL_NAMES[this.channel]}"`;
    if (this.channel === Channel.USER) return `${channel},"client_id":${JSON.stringify(this.clientId)}`;
    return `${channel},"instrument":"${instruments[this.instrument].name}"`;
  }

  /** Allocates: only when no message was as long. */
  keepNewest(message: Uint8Array): void {
    if (this.#newest.length < message.length) this.#newest = Buffer.alloc(2 * message.length);
    this.#newest.set(message);
    this.#newestBytes = message.length;
  }
}

export class FeedKeys {
  readonly #byNumber = new Map<number, FeedKey>();
  readonly #byClient = new Map<string, FeedKey>();
  #topics = 0;

  get size(): number {
    return this.#byNumber.size + this.#byClient.size;
  }

  /** The key of a record in the feed ring; undefined when nobody here wants it. Allocates: a text for `user`. */
  find(channel: number, instrument: number, format: number, client: Uint8Array): FeedKey | undefined {
    if (channel !== Channel.USER) return this.#byNumber.get(numberOf(channel, instrument, format));
    return this.#byClient.size === 0 ? undefined : this.#byClient.get(textOf(client));
  }

  /** The key of that name, for one more member. */
  enter(name: KeyName): FeedKey {
    const { channel, instrument, format, client } = name;
    let key = this.find(channel, instrument, format, client);
    if (key === undefined) {
      key = new FeedKey(name, `k${++this.#topics}`);
      if (channel === Channel.USER) this.#byClient.set(textOf(client), key);
      else this.#byNumber.set(numberOf(channel, instrument, format), key);
    }
    key.members++;
    return key;
  }

  /** One member less. True when that was the last one, and the key is forgotten. */
  exit(key: FeedKey): boolean {
    assert(key.members > 0, 'a key is left by who has entered it');
    if (--key.members > 0) return false;
    if (key.channel === Channel.USER) this.#byClient.delete(textOf(key.client));
    else this.#byNumber.delete(numberOf(key.channel, key.instrument, key.format));
    return true;
  }
}

function numberOf(channel: number, instrument: number, format: number): number {
  return (channel * (NO_INSTRUMENT + 1) + instrument) * 4 + format;
}

/** One character for each byte: different clients never get the same text. */
function textOf(client: Uint8Array): string {
  return Buffer.from(client.buffer, client.byteOffset, client.length).toString('latin1');
}
