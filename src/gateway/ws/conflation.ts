// Slow sockets: looks now and then at what waits for each, takes the conflated channels of a slow one off their topics until it has
// taken what waits, and closes one that is too slow for a channel of which nothing may be left out. Gateway thread.
// Must never do anything for all sockets for each message.

import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { type Beginnings, conflatedText } from './beginnings.ts';
import { isConflated, isSequenced } from './feed-key.ts';
import type { Subscriber } from './subscriber.ts';
import { type Subscription, SubscriptionState } from './subscription.ts';

/** A socket has caught up when this part of the bound waits for it. */
const CAUGHT_UP_PART = 1 / 4;

export interface ConflationParts {
  readonly beginnings: Beginnings;
  readonly instruments: InstrumentSource;
  readonly counters: CounterBlock;
  readonly conflateBytes: number;
  readonly backpressureBytesMax: number;
}

export class Conflation {
  readonly #parts: ConflationParts;

  constructor(parts: ConflationParts) {
    this.#parts = parts;
  }

  /** Looks at one socket. */
  look(subscriber: Subscriber): void {
    const { conflateBytes, backpressureBytesMax } = this.#parts;
    const backlog = subscriber.socket.backlog();
    if (backlog <= conflateBytes) return;
    if (backlog > backpressureBytesMax && subscriber.strict > 0) subscriber.socket.endSlow();
    else for (const subscription of subscriber.all()) this.#conflate(subscriber, subscription);
  }

  /** Something that waited for the socket has been taken. */
  drained(subscriber: Subscriber): void {
    if (subscriber.conflated === 0) return;
    if (subscriber.socket.buffered() > this.#parts.conflateBytes * CAUGHT_UP_PART) return;
    for (const subscription of subscriber.all()) {
      if (subscription.state === SubscriptionState.CONFLATED) this.#goOn(subscriber, subscription);
    }
  }

  /** Takes the subscription off its topic, in whatever state it is. */
  leave(subscriber: Subscriber, { key, state, socket }: Subscription): void {
    if (state === SubscriptionState.LIVE) {
      key.listeners--;
      socket.leave(key.topic);
    } else if (state === SubscriptionState.CONFLATED) {
      subscriber.conflated--;
      if (!isSequenced(key.channel)) key.waiting--;
    }
  }

  /** Not between two parts of one command's message: what a part belongs to could not be told by its sequence. */
  #conflate(subscriber: Subscriber, subscription: Subscription): void {
    const { key, state } = subscription;
    if (state !== SubscriptionState.LIVE || !isConflated(key.channel) || key.more) return;
    this.leave(subscriber, subscription);
    subscription.state = SubscriptionState.CONFLATED;
    subscription.seen = key.messages;
    if (key.sequence > subscription.sequence) subscription.sequence = key.sequence;
    subscriber.conflated++;
    if (!isSequenced(key.channel)) key.waiting++;
    this.#parts.counters.add(GatewayCounter.WS_CONFLATIONS, 1);
  }

  #goOn(subscriber: Subscriber, subscription: Subscription): void {
    const { key, socket, sequence } = subscription;
    const missed = key.messages - subscription.seen;
    this.leave(subscriber, subscription);
    subscription.state = SubscriptionState.BEGINNING;
    if (missed > 0 && isSequenced(key.channel)) {
      subscription.leftOutFrom = sequence;
      this.#parts.beginnings.continueFrom(subscription, sequence);
      return;
    }
    if (missed > 1) socket.sendText(conflatedText(subscription, key.sequence, this.#parts.instruments));
    if (missed > 0) socket.sendBeginning(key.newest);
    if (!socket.open) return;
    subscription.goLive(key.sequence);
  }
}
