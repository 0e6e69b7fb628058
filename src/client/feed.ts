// One channel of one instrument or client, over all the connections of its life: subscribes, follows the sequence, resumes
// where it stopped, and begins anew where it cannot. Owned by the client.
//
//   off --begin--> asked --`subscriptions`--> beginning --`snapshot`, `resumed`--> live
//
// Whatever comes before the answer to the newest request belongs to what was subscribed before, and is left aside. An
// unsequenced channel is live with the answer.

import { type ErrorFacts, ProtocolError, RingbookError } from './errors.ts';
import type { Keeper } from './keepers.ts';
import { Listeners } from './listeners.ts';
import type { ChannelName, Conflated, SnapshotOf, UpdateOf } from './messages.ts';
import { Parts } from './parts.ts';
import { isConflated, isSequenced, isSnapshot, isUpdate, type JsonRecord, placeOf } from './reader.ts';
import { Alarm, Backoff, type Timers } from './timers.ts';

/** Everything of a journal through a sequence. */
export interface Position {
  readonly sequence: number;
  readonly journal: string;
}

/** A checksum that is not the one the server states. */
export interface Mismatch {
  readonly sequence: number;
  readonly expected: string;
  readonly actual: string;
}

export interface SubscriptionEvents<C extends ChannelName> {
  /**
   * The channel begins, or begins anew: what lies between the messages before and this one was not told. The first one is
   * the beginning.
   */
  snapshot: [message: SnapshotOf<C>];
  /** One command's message, whole; of a book after it was verified. */
  update: [message: UpdateOf<C>];
  conflated: [message: Conflated];
  /** Whether everything is told as it happens: false from a disconnect or gap until it is resumed or begun anew. */
  live: [live: boolean];
  /** The book was not the exchange's. It begins anew by itself; please report it. */
  mismatch: [mismatch: Mismatch];
  /** The server refused (RingbookError; when `retry` is `never` the subscription has ended) or made no sense (ProtocolError). */
  error: [error: RingbookError | ProtocolError];
}

/** A subscription, as those see it who hold one. */
export interface Subscription<C extends ChannelName> {
  readonly channel: C;
  /** The instrument; of `user` the client. */
  readonly subject: string;
  readonly live: boolean;
  /** What is known, for a later subscription to go on from; undefined before the first snapshot. */
  readonly position: Position | undefined;
  /** Returns the function that takes the listener away again. */
  on<K extends keyof SubscriptionEvents<C>>(
    event: K,
    listener: (...values: SubscriptionEvents<C>[K]) => void,
  ): () => void;
  /** Unsubscribes; nothing is told any more. */
  close(): void;
}

/** What a feed needs of its client. */
export interface FeedLink {
  readonly timers: Timers;
  readonly backoffMs: readonly [min: number, max: number];
  /** How long an answer may take on a connection that lives. */
  readonly answerMs: number;
  /** Sends a request about channels with an id of its own, which it returns; 0: there is no connection. */
  ask(request: JsonRecord): number;
  /** The connection does not answer: it is as good as gone. */
  abandon(reason: string): void;
  /** The feed has ended. */
  ended(): void;
}

type Phase = 'off' | 'asked' | 'beginning' | 'live' | 'closed';

export class Feed<C extends ChannelName> implements Subscription<C> {
  readonly channel: C;
  readonly subject: string;
  readonly #link: FeedLink;
  readonly #keeper: Keeper<C>;
  readonly #listeners = new Listeners<SubscriptionEvents<C>>();
  readonly #parts = new Parts();
  /** For the next request while one is to come, for its answer while one waits. */
  readonly #alarm: Alarm;
  readonly #backoff: Backoff;
  #phase: Phase = 'off';
  #request = 0;
  #position: Position | undefined;
  #failed = false;

  constructor(link: FeedLink, channel: C, subject: string, keeper: Keeper<C>, from?: Position) {
    this.#link = link;
    this.channel = channel;
    this.subject = subject;
    this.#keeper = keeper;
    this.#position = from;
    this.#alarm = new Alarm(link.timers);
    this.#backoff = new Backoff(link.timers, ...link.backoffMs);
  }

  get live(): boolean {
    return this.#phase === 'live';
  }

  get position(): Position | undefined {
    return this.#position;
  }

  on<K extends keyof SubscriptionEvents<C>>(
    event: K,
    listener: (...values: SubscriptionEvents<C>[K]) => void,
  ): () => void {
    return this.#listeners.on(event, listener);
  }

  close(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'off') this.#link.ask({ type: 'unsubscribe', ...this.#names() });
    this.#end();
  }

  /** Asks for the channel: from where it stopped, if it had begun. Nothing happens without a connection. */
  begin(): void {
    if (this.#phase === 'closed') return;
    const { sequence: from_sequence, journal } = this.#position ?? {};
    this.#enter('off');
    this.#request = this.#link.ask({ type: 'subscribe', ...this.#names(), from_sequence, journal });
    if (this.#request === 0) return;
    this.#enter('asked');
    this.#alarm.set(this.#link.answerMs, () => this.#link.abandon(`no answer about ${this.channel}`));
  }

  /** The connection is gone. */
  lost(): void {
    if (this.#phase !== 'closed') this.#enter('off');
  }

  /** `subscriptions` answers the request with that id. */
  answered(request: number): void {
    if (this.#phase !== 'asked' || request !== this.#request) return;
    if (isSequenced(this.channel)) {
      this.#phase = 'beginning';
      return;
    }
    this.#enter('live');
  }

  /** An error answers the request with that id. Returns false when it is none of this feed's. */
  refused(request: number, problem: ErrorFacts): boolean {
    if (this.#phase !== 'asked' || request !== this.#request) return false;
    const error = new RingbookError(problem);
    this.#listeners.tell('error', error);
    if (problem.retry === 'never') this.#end();
    else this.#beginLater();
    return true;
  }

  /** A message of this channel and subject. */
  receive(record: JsonRecord): void {
    if (this.#phase !== 'live' && this.#phase !== 'beginning') return;
    try {
      this.#take(record);
    } catch (error) {
      // Whatever it was that a message could not be taken for, the book may be half changed: only a snapshot helps.
      this.#position = undefined;
      this.#beginAgain();
      this.#listeners.tell('error', error instanceof ProtocolError ? error : new ProtocolError(String(error)));
    }
  }

  #take(record: JsonRecord): void {
    if (record.type === 'resumed') {
      if (this.#phase === 'beginning' && record.from_sequence === this.#position?.sequence) this.#enter('live');
    } else if (record.type === 'conflated') {
      if (isConflated(record)) this.#listeners.tell('conflated', record);
    } else if (record.type === 'snapshot') {
      this.#takeSnapshot(record);
    } else if (this.#phase === 'live') {
      if (isSequenced(this.channel)) this.#follow(record);
      else this.#tellUpdate(record);
    }
  }

  #takeSnapshot(part: JsonRecord): void {
    const { begun } = this.#parts;
    if (begun !== undefined && (begun.type !== 'snapshot' || begun.sequence !== part.sequence)) this.#parts.clear();
    const message = this.#parts.add(part);
    if (message === undefined) return;
    if (!isSnapshot(this.channel, message)) throw new ProtocolError(`no snapshot of ${this.channel}`);
    this.#keeper.snapshot(message);
    const { sequence, journal } = message;
    if (!this.#verified(message)) return;
    this.#position = { sequence, journal };
    this.#enter('live');
    this.#listeners.tell('snapshot', message);
  }

  /** An update of a sequenced channel, or a part of one: applied when it follows what is known. */
  #follow(part: JsonRecord): void {
    const known = this.#position;
    if (known === undefined) throw new ProtocolError(`${this.channel} goes on from nowhere`);
    const { sequence, previous } = placeOf(part);
    const { begun } = this.#parts;
    const torn = begun !== undefined && (begun.sequence !== sequence || begun.prev_sequence !== previous);
    if (torn || previous > known.sequence) {
      this.#beginAgain();
      return;
    }
    if (sequence <= known.sequence) return;
    const message = this.#parts.add(part);
    if (message === undefined) return;
    this.#apply(message, { sequence, journal: known.journal });
  }

  #apply(message: JsonRecord, position: Position): void {
    if (!isUpdate(this.channel, message)) throw new ProtocolError(`no message of ${this.channel}`);
    this.#keeper.update(message);
    if (!this.#verified(message)) return;
    this.#position = position;
    this.#failed = false;
    this.#backoff.reset();
    this.#listeners.tell('update', message);
  }

  #tellUpdate(message: JsonRecord): void {
    if (!isUpdate(this.channel, message)) throw new ProtocolError(`no message of ${this.channel}`);
    this.#listeners.tell('update', message);
  }

  /** Whether the book is the one that the message says. When not, all of it is asked for. */
  #verified(message: SnapshotOf<C> | UpdateOf<C>): boolean {
    const actual = this.#keeper.checksum();
    if (actual === undefined || !('checksum' in message) || actual === message.checksum) return true;
    this.#position = undefined;
    this.#beginAgain();
    this.#listeners.tell('mismatch', { sequence: message.sequence, expected: message.checksum, actual });
    return false;
  }

  /** At once, unless it was in vain before. */
  #beginAgain(): void {
    if (this.#failed) {
      this.#beginLater();
      return;
    }
    this.#failed = true;
    this.begin();
  }

  #beginLater(): void {
    this.#enter('off');
    this.#alarm.set(this.#backoff.nextMs(), () => this.begin());
  }

  #end(): void {
    this.#enter('closed');
    this.#listeners.clear();
    this.#link.ended();
  }

  /** Every change of phase but the one from asked to beginning; what was under way is given up. */
  #enter(phase: Phase): void {
    const { live } = this;
    this.#phase = phase;
    this.#alarm.clear();
    this.#parts.clear();
    if (live !== this.live) this.#listeners.tell('live', this.live);
  }

  #names(): JsonRecord {
    const channels = [this.channel];
    return this.channel === 'user' ? { channels, client_id: this.subject } : { channels, instruments: [this.subject] };
  }
}
