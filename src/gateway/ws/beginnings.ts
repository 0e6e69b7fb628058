// How a subscription begins: the snapshot or the messages that were missed come as the answer to a wish, then the LIVE record of the
// feed puts its socket on the key's topic. The snapshots of `full` and `user` are the follower's: it is asked first, and
// the wish goes on from there. Gateway thread. Owns the beginnings that wait to be tried again.

import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { Channel, SnapshotReason } from '../../wire/feed-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import type { Refusal } from './refusals.ts';
import { type Subscription, SubscriptionState } from './subscription.ts';
import type { Wishes } from './wishes.ts';

/** Beginnings in a row that come to nothing before the client is told so. */
const ATTEMPTS_MAX = 100;

export interface BeginningsParts {
  readonly wishes: Wishes;
  readonly instruments: InstrumentSource;
  readonly counters: CounterBlock;
  /** Asks the follower for the subscription's snapshot; `continueFrom` or `failed` follows. */
  readonly askSnapshot: (subscription: Subscription, reason: SnapshotReason) => void;
  /** The subscription is over; its client is told why. */
  readonly failed: (subscription: Subscription, refusal: Refusal) => void;
}

export class Beginnings {
  readonly #parts: BeginningsParts;
  #again: Subscription[] = [];

  constructor(parts: BeginningsParts) {
    this.#parts = parts;
  }

  /** Beginnings that are tried again at the next sweep. */
  get size(): number {
    return this.#again.length;
  }

  /** From a sequence, or -1 for a snapshot, which gives `reason`. */
  begin(subscription: Subscription, from: number, reason: SnapshotReason): void {
    const { wishes, askSnapshot } = this.#parts;
    subscription.state = SubscriptionState.BEGINNING;
    if (from < 0 && isFollowersSnapshot(subscription.key.channel)) askSnapshot(subscription, reason);
    else wishes.begin(subscription, from, reason);
  }

  /** The socket has been told everything through `sequence` by this gateway, and wants what follows. */
  continueFrom(subscription: Subscription, sequence: number): void {
    subscription.sequence = sequence;
    subscription.continues = true;
    this.begin(subscription, sequence, SnapshotReason.SUBSCRIBED);
  }

  /** A part of a message of the answer, borrowed until return; the last is given to `answer`. */
  part(subscription: Subscription, bytes: Uint8Array): void {
    subscription.parts.push(bytes.slice());
  }

  /** A message of the answer, borrowed until return. `resumed`: it says that what was missed follows. */
  answer(subscription: Subscription, bytes: Uint8Array, sequence: number, resumed: boolean): void {
    const message = joined(subscription, bytes);
    const own = subscription.continues;
    subscription.continues = false;
    this.#sayLeftOut(subscription, sequence);
    if (resumed && !own) this.#parts.counters.add(GatewayCounter.WS_RESUMES, 1);
    if (sequence > subscription.sequence) subscription.sequence = sequence;
    if (!(resumed && own)) subscription.socket.sendBeginning(message);
  }

  /** From here on its key's messages are the socket's. */
  live(subscription: Subscription, sequence: number): void {
    this.#parts.wishes.settle(subscription);
    subscription.continues = false;
    subscription.leftOutFrom = -1;
    subscription.attempts = 0;
    subscription.goLive(sequence);
  }

  /** The wish cannot be granted. What goes on from the follower's newest snapshot may be ahead of market data: then it waits. */
  noResume(subscription: Subscription, reason: SnapshotReason): void {
    const { wishes, failed } = this.#parts;
    const own = subscription.continues;
    wishes.settle(subscription);
    subscription.continues = false;
    if (own && ++subscription.attempts > ATTEMPTS_MAX) {
      failed(subscription, { code: 'unavailable', detail: 'Market data did not catch up; subscribe again.' });
    } else if (own && reason === SnapshotReason.AHEAD) {
      this.#again.push(subscription);
    } else this.begin(subscription, -1, reason);
  }

  /** Tries again what has to wait. */
  sweep(): void {
    const again = this.#again;
    if (again.length === 0) return;
    this.#again = [];
    for (const subscription of again) this.continueFrom(subscription, subscription.sequence);
  }

  /** The subscription is gone. */
  drop(subscription: Subscription): void {
    this.#parts.wishes.forget(subscription);
    if (this.#again.includes(subscription)) this.#again = this.#again.filter((other) => other !== subscription);
  }

  /** Before the first message after a conflation. */
  #sayLeftOut(subscription: Subscription, to: number): void {
    const from = subscription.leftOutFrom;
    subscription.leftOutFrom = -1;
    if (from < 0 || to <= from) return;
    subscription.socket.sendText(conflatedText(subscription, to, this.#parts.instruments));
  }
}

/** `conflated` from what the socket knows to `to`. */
export function conflatedText({ key, sequence }: Subscription, to: number, instruments: InstrumentSource): string {
  return `{"type":"conflated",${key.describe(instruments.current.all)},"from":${sequence},"to":${to}}`;
}

function isFollowersSnapshot(channel: Channel): boolean {
  return channel === Channel.FULL || channel === Channel.USER;
}

/** The whole message: a text, and what came of it before. */
function joined(subscription: Subscription, last: Uint8Array): Uint8Array {
  if (subscription.parts.length === 0) return last;
  const message = Buffer.concat([...subscription.parts, last]);
  subscription.parts = [];
  return message;
}
