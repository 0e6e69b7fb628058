// How one wish is answered: a beginning, what was missed, and being level with the key's live messages. Market data's thread.
// One for each kind of channel; a catch-up (catch-up.ts) drives it and sends what it has put into its outbox.

import type { BookChecksum } from '../../wire/book-checksum.ts';
import {
  EVENT_BODY,
  EVENT_RESTING_DELTA_LOTS,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EventType,
} from '../../wire/event-codec.ts';
import { Channel } from '../../wire/feed-codec.ts';
import { ORDER_INSTRUMENT, ORDER_PRICE_TICKS, ORDER_SIDE } from '../../wire/order-codec.ts';
import { ChangedLevels } from './changed-levels.ts';
import { CommandMessage, concerns, type SendMessage } from './command-message.ts';
import type { FeedMarket } from './feed-market.ts';
import { headOf, type MessageHead } from './feed-writer.ts';
import type { Chain, Key } from './key.ts';
import type { LevelChannel } from './level-channel.ts';
import { MessageBuffer } from './message-buffer.ts';
import type { Outbox } from './outbox.ts';

export interface Replay {
  /** What the asker knows: everything through this sequence; -1: nothing. */
  readonly from: number;
  /** Begins without a past: a snapshot, or that there is none to be had here (false). At the end of a command. */
  begin(reason: number): boolean;
  /** Whether nothing of the key has happened behind `from`, without looking. At the end of a command. */
  isLevel(): boolean;
  /** The next order or trade event behind `from`. */
  event(type: number, bytes: Uint8Array, view: DataView, offset: number): void;
  /** All events there are were given: puts into the outbox what is missing. At the end of a command. */
  settle(): void;
  /** Of the key's newest message, once settled. */
  readonly sequence: number;
}

/** TICKER, CANDLES, HEARTBEAT: the newest, and again if there is a newer one before the first is taken. */
export class NewestReplay implements Replay {
  readonly from = -1;
  readonly sequence = 0;
  readonly #write: (out: MessageBuffer) => void;
  readonly #chain: Chain;
  readonly #outbox: Outbox;
  #written = -1;

  /** `chain`: goes on with whatever the channel tells. */
  constructor(outbox: Outbox, chain: Chain, write: (out: MessageBuffer) => void) {
    this.#outbox = outbox;
    this.#chain = chain;
    this.#write = write;
  }

  begin(): boolean {
    this.#written = this.#chain.sequence;
    const out = new MessageBuffer();
    this.#write(out);
    this.#outbox.message(0, out);
    return true;
  }

  isLevel(): boolean {
    return true;
  }

  event(): void {}

  settle(): void {
    if (this.#written !== this.#chain.sequence) this.begin();
  }
}

/** LEVEL2, LEVEL2_BATCH: the book, or all levels touched since as they are. */
export class LevelReplay implements Replay {
  readonly from: number;
  readonly #key: Key;
  readonly #market: FeedMarket;
  readonly #channel: LevelChannel;
  readonly #outbox: Outbox;
  readonly #head: MessageHead;
  readonly #touched: ChangedLevels;
  readonly #out = new MessageBuffer();
  /** Of the message that the asker has last, once it has one. */
  #last: number;
  #begun = false;

  constructor(key: Key, market: FeedMarket, channel: LevelChannel, outbox: Outbox, from: number) {
    this.from = from;
    this.#key = key;
    this.#market = market;
    this.#channel = channel;
    this.#outbox = outbox;
    this.#last = from;
    this.#touched = new ChangedLevels(market.book, market.checksum);
    this.#head = headOf(key.channel, key.instrument);
  }

  get sequence(): number {
    return this.#channel.chain.sequence;
  }

  begin(reason: number): boolean {
    const { book, checksum } = this.#market;
    this.#reach();
    this.#touched.clear();
    this.#key.writer.snapshot(this.#out, this.#head, reason, book, checksum);
    this.#send();
    this.#begun = true;
    return true;
  }

  isLevel(): boolean {
    this.#market.flush(this.#channel);
    return this.from >= this.#channel.chain.sequence;
  }

  event(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    if (type !== EventType.ORDER || view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true) === 0) return;
    const order = offset + EVENT_BODY;
    if (view.getUint16(order + ORDER_INSTRUMENT, true) !== this.#key.instrument) return;
    this.#touched.add(bytes[order + ORDER_SIDE], view.getFloat64(order + ORDER_PRICE_TICKS, true));
  }

  settle(): void {
    const previous = this.#last;
    this.#reach();
    const { writer } = this.#key;
    const out = this.#out;
    if (!this.#begun) {
      writer.resumed(out, this.#head, previous);
      this.#outbox.resumed(this.#head.sequence, out);
    }
    this.#begun = true;
    if (this.#last <= previous) return;
    this.#head.prevSequence = previous;
    this.#touched.write(writer, this.#head, out, () => this.#send());
    this.#touched.clear();
  }

  /** Is level with the channel, which has sent all that it had. */
  #reach(): void {
    this.#market.flush(this.#channel);
    const { chain } = this.#channel;
    this.#head.sequence = chain.sequence;
    this.#head.timeUs = chain.timeUs;
    this.#last = chain.sequence;
  }

  #send(): void {
    this.#outbox.message(this.#head.sequence, this.#out);
  }
}

/** MATCHES, FULL, USER: the messages that there would have been. */
export class MessageReplay implements Replay {
  readonly from: number;
  readonly #key: Key;
  /** Of the key's live messages. */
  readonly #chain: Chain;
  readonly #outbox: Outbox;
  readonly #message: CommandMessage;
  readonly #head: MessageHead;
  readonly #out = new MessageBuffer();
  #last: number;
  #begun = false;

  /** `checksum`, of FULL: the book's. */
  constructor(key: Key, chain: Chain, outbox: Outbox, from: number, checksum?: BookChecksum) {
    this.from = from;
    this.#key = key;
    this.#chain = chain;
    this.#outbox = outbox;
    this.#last = from;
    this.#head = headOf(key.channel, key.instrument, key.client);
    const send: SendMessage = (head, _more, body) => {
      this.#resumed(head.sequence);
      this.#outbox.message(head.sequence, body);
    };
    this.#message = new CommandMessage(key, send, checksum);
  }

  get sequence(): number {
    return this.#chain.sequence;
  }

  begin(reason: number): boolean {
    this.#message.discard();
    if (this.#key.channel !== Channel.MATCHES) return false;
    this.#at(this.#chain.sequence, this.#chain.timeUs);
    this.#key.writer.snapshot(this.#out, this.#head, reason);
    this.#outbox.message(this.#last, this.#out);
    this.#begun = true;
    return true;
  }

  isLevel(): boolean {
    return this.#chain.sequence >= 0 && this.from >= this.#chain.sequence;
  }

  event(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (this.#message.begun && this.#message.sequence !== sequence) this.#finish();
    if (!concerns(this.#key, type, bytes, view, offset)) return;
    if (!this.#message.begun) {
      this.#message.begin(sequence, this.#last, view.getFloat64(offset + EVENT_TIME_US, true));
      this.#last = sequence;
    }
    this.#message.add(type, bytes, view, offset);
  }

  settle(): void {
    const chain = this.#chain;
    if (this.#message.begun) this.#finish();
    if (chain.sequence < 0) chain.sequence = this.#last;
    if (!this.#begun) this.#resumed(chain.sequence);
    if (chain.sequence > this.#last) this.#bridge();
    this.#last = chain.sequence;
  }

  /** The book's checksum is that of the present: a message has it if nothing of the key came after. */
  #finish(): void {
    this.#message.finish(this.#message.sequence === this.#chain.sequence);
  }

  /** `sequence`: of the message that follows. Tells the newest that there is, if that is known: through it, all follows. */
  #resumed(sequence: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#head.sequence = Math.max(sequence, this.#chain.sequence);
    this.#key.writer.resumed(this.#out, this.#head, this.from);
    this.#outbox.resumed(sequence, this.#out);
  }

  /**
   * A client's chain begins where somebody first asked: an earlier place, with nothing of the client between, needs a message
   * without events to get there.
   */
  #bridge(): void {
    this.#message.begin(this.#chain.sequence, this.#last, this.#chain.timeUs);
    this.#finish();
  }

  #at(sequence: number, timeUs: number): void {
    this.#last = sequence;
    this.#head.sequence = sequence;
    this.#head.timeUs = timeUs;
  }
}
