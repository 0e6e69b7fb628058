// The wish ring: what this gateway asks market data for. Gateway thread. Owns the ids of wishes and who waits for each, and the
// records that found no room: they follow in order.

import type { CounterBlock } from '../../shared-memory/counters.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import * as F from '../../wire/feed-codec.ts';
import type { BatchedBell } from '../batched-bell.ts';
import type { KeyName } from './feed-key.ts';
import type { Subscription } from './subscription.ts';

interface Wish {
  readonly type: number;
  readonly id: number;
  readonly key: KeyName;
  readonly from: number;
  readonly reason: number;
}

const ID_LIMIT = 2 ** 32;

export class Wishes {
  readonly #ring: MessageRing;
  readonly #bell: BatchedBell;
  readonly #counters: CounterBlock;
  readonly #open = new Map<number, Subscription>();
  #outbox: Wish[] = [];
  #lastId = 0;

  constructor(ring: MessageRing, bell: BatchedBell, counters: CounterBlock) {
    this.#ring = ring;
    this.#bell = bell;
    this.#counters = counters;
  }

  /** Records that wait for room. */
  get size(): number {
    return this.#outbox.length;
  }

  /** Wishes for the subscription's beginning: from a sequence, or -1 for a snapshot, which then gives `reason`. */
  begin(subscription: Subscription, from: number, reason: F.SnapshotReason): void {
    const id = (this.#lastId + 1) % ID_LIMIT || 1;
    this.#lastId = id;
    this.#open.set(id, subscription);
    subscription.wish = id;
    this.#counters.add(GatewayCounter.WS_WISHES, 1);
    this.#send({ type: F.WishType.BEGIN, id, key: subscription.key, from, reason });
  }

  /** Nobody waits for its answer any more. */
  forget(subscription: Subscription): void {
    const id = subscription.wish;
    if (id === 0) return;
    this.settle(subscription);
    this.#send({ type: F.WishType.FORGET, id, key: subscription.key, from: -1, reason: 0 });
  }

  /** No socket of this gateway wants the key any more. */
  end(key: KeyName): void {
    this.#send({ type: F.WishType.END, id: 0, key, from: -1, reason: 0 });
  }

  /** Who waits for the answer to the wish `id`. */
  find(id: number): Subscription | undefined {
    return this.#open.get(id);
  }

  /** The subscription's wish is over. */
  settle(subscription: Subscription): void {
    this.#open.delete(subscription.wish);
    subscription.wish = 0;
  }

  /** Sends what had found no room. Returns how many. */
  doWork(): number {
    if (this.#outbox.length === 0) return 0;
    let sent = 0;
    while (sent < this.#outbox.length && this.#write(this.#outbox[sent])) sent++;
    this.#outbox = this.#outbox.slice(sent);
    return sent;
  }

  #send(wish: Wish): void {
    if (this.#outbox.length > 0 || !this.#write(wish)) this.#outbox.push(wish);
  }

  #write({ type, id, key, from, reason }: Wish): boolean {
    const { view, bytes } = this.#ring;
    const length = F.WISH_BODY + Math.ceil(key.client.length / 8) * 8;
    const at = this.#ring.claim(type, length);
    if (at < 0) return false;
    bytes.fill(0, at, at + length);
    view.setUint32(at + F.WISH_ID, id, true);
    view.setUint16(at + F.WISH_CHANNEL, key.channel, true);
    view.setUint16(at + F.WISH_INSTRUMENT, key.instrument, true);
    view.setUint8(at + F.WISH_FORMAT, key.format);
    view.setUint8(at + F.WISH_CLIENT_LENGTH, key.client.length);
    view.setUint8(at + F.WISH_REASON, reason);
    view.setFloat64(at + F.WISH_FROM_SEQUENCE, from, true);
    bytes.set(key.client, at + F.WISH_BODY);
    this.#ring.commit();
    this.#bell.ring();
    return true;
  }
}
