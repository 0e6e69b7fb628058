// The messages of `matches`, `full` and `user`: what one command did that concerns a key, live or replayed. Market data's
// thread. Owns the message being written; borrows events until return. Allocates: nothing, but when the message grows.

import { assert } from '../../assert.ts';
import type { BookChecksum } from '../../wire/book-checksum.ts';
import { EVENT_BODY, EVENT_RESTING_DELTA_LOTS, EventType } from '../../wire/event-codec.ts';
import { Channel } from '../../wire/feed-codec.ts';
import { ORDER_CLIENT, ORDER_CLIENT_LENGTH, ORDER_INSTRUMENT } from '../../wire/order-codec.ts';
import {
  TRADE_CLIENTS,
  TRADE_INSTRUMENT,
  TRADE_MAKER_CLIENT_LENGTH,
  TRADE_TAKER_CLIENT_LENGTH,
} from '../../wire/trade-codec.ts';
import { headOf, type MessageHead } from './feed-writer.ts';
import type { Key } from './key.ts';
import { MessageBuffer } from './message-buffer.ts';
import { isClient } from './user-keys.ts';

/** Where messages go. The buffer is borrowed until return. */
export type SendMessage = (head: MessageHead, more: boolean, body: MessageBuffer) => void;

/** Whether the order or trade event at `offset` belongs into a message of the key. */
export function concerns(key: Key, type: number, bytes: Uint8Array, view: DataView, offset: number): boolean {
  const body = offset + EVENT_BODY;
  if (key.channel === Channel.USER) return isOfClient(key.client, type, bytes, body);
  if (type === EventType.TRADE) return view.getUint16(body + TRADE_INSTRUMENT, true) === key.instrument;
  if (key.channel !== Channel.FULL || type !== EventType.ORDER) return false;
  if (view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true) === 0) return false;
  return view.getUint16(body + ORDER_INSTRUMENT, true) === key.instrument;
}

function isOfClient(client: Uint8Array, type: number, bytes: Uint8Array, body: number): boolean {
  if (type === EventType.ORDER) {
    const from = body + ORDER_CLIENT;
    return isClient(client, bytes, from, from + bytes[body + ORDER_CLIENT_LENGTH]);
  }
  if (type !== EventType.TRADE) return false;
  const maker = body + TRADE_CLIENTS;
  const taker = maker + bytes[body + TRADE_MAKER_CLIENT_LENGTH];
  const end = taker + bytes[body + TRADE_TAKER_CLIENT_LENGTH];
  return isClient(client, bytes, maker, taker) || isClient(client, bytes, taker, end);
}

export class CommandMessage {
  readonly #key: Key;
  readonly #send: SendMessage;
  readonly #checksum: BookChecksum | undefined;
  readonly #head: MessageHead;
  readonly #out = new MessageBuffer();
  #first = true;

  /** `checksum`, of FULL: the book's. */
  constructor(key: Key, send: SendMessage, checksum?: BookChecksum) {
    this.#key = key;
    this.#send = send;
    this.#checksum = checksum;
    this.#head = headOf(key.channel, key.instrument, key.client);
  }

  /** Whether there is something to finish. */
  get begun(): boolean {
    return this.#out.end > 0;
  }

  get sequence(): number {
    return this.#head.sequence;
  }

  /** The command of that sequence has a message, and before it the key's newest was `prevSequence`. */
  begin(sequence: number, prevSequence: number, timeUs: number): void {
    assert(!this.begun, 'one message is finished before the next begins');
    this.#head.sequence = sequence;
    this.#head.prevSequence = prevSequence;
    this.#head.timeUs = timeUs;
    this.#open();
  }

  /** Adds an event of that command which concerns the key. */
  add(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    if (this.#out.full) {
      this.#finish(true, undefined);
      this.#open();
    }
    const { channel, writer } = this.#key;
    const out = this.#out;
    const trade = type === EventType.TRADE;
    const body = offset + EVENT_BODY;
    if (channel === Channel.MATCHES) writer.match(out, bytes, view, body, this.#first);
    else if (channel === Channel.FULL && trade) writer.fullTrade(out, bytes, view, body, this.#first);
    else if (channel === Channel.FULL) writer.fullOrder(out, bytes, view, offset, this.#first);
    else if (trade) writer.userTrade(out, bytes, view, body, this.#first);
    else writer.userOrder(out, bytes, view, offset, this.#first);
    this.#first = false;
  }

  /** The command is complete. `present`: nothing has happened since, so that the book's checksum is that of the message. */
  finish(present: boolean): void {
    this.#finish(false, present ? this.#checksum : undefined);
  }

  /** Forgets what was begun. */
  discard(): void {
    this.#out.end = 0;
  }

  #finish(more: boolean, checksum: BookChecksum | undefined): void {
    this.#key.writer.close(this.#out, this.#head, more, checksum);
    this.#send(this.#head, more, this.#out);
    this.#out.end = 0;
  }

  #open(): void {
    this.#first = true;
    this.#key.writer.open(this.#out, this.#head);
  }
}
