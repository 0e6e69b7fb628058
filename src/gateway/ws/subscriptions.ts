// Requests about channels on the sockets of /ws: subscribe, unsubscribe, ping. Gateway thread. Owns the subscriptions of every
// socket; the last to see a text frame, so that what nobody else took is answered with what is wrong about it.

import type { Clock } from '../../runtime/clock.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { CHANNEL_NAMES, Channel, FeedFormat, SnapshotReason } from '../../wire/feed-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { isoTime } from '../../wire/iso-time.ts';
import type { Beginnings } from './beginnings.ts';
import type { Conflation } from './conflation.ts';
import { type FeedKey, type FeedKeys, isSequenced, type KeyName } from './feed-key.ts';
import type { Refusal, Refusals } from './refusals.ts';
import { RequestParser, RequestType } from './requests.ts';
import type { FrameHandler, WsSession } from './session.ts';
import { Subscriber } from './subscriber.ts';
import { Subscription, SubscriptionState } from './subscription.ts';
import type { Wishes } from './wishes.ts';
import type { WsSocket } from './ws-socket.ts';

export interface SubscriptionsParts {
  readonly keys: FeedKeys;
  readonly wishes: Wishes;
  readonly beginnings: Beginnings;
  readonly conflation: Conflation;
  readonly refusals: Refusals;
  readonly instruments: InstrumentSource;
  readonly counters: CounterBlock;
  readonly clock: Clock;
  /** Most that one socket may have. */
  readonly subscriptionsMax: number;
  /** Identity of the journal, as snapshots tell it. */
  readonly journal: () => string;
  /** Called when the first key is wanted, before any wish for it. */
  readonly firstKey: () => void;
}

/** Wishes that market data has not taken: while so many wait, no more are made. */
const WISHES_WAITING_MAX = 10_000;
const decoder = new TextDecoder();

export class Subscriptions implements FrameHandler {
  readonly #parts: SubscriptionsParts;
  readonly #parser: RequestParser;
  readonly #subscribers = new Map<number, Subscriber>();
  #count = 0;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    this.#parser = new RequestParser(parts.instruments);
  }

  opened(socket: WsSocket): void {
    this.#subscribers.set(socket.id, new Subscriber(socket));
  }

  /** Takes every text frame. */
  text(session: WsSession, bytes: Uint8Array): boolean {
    const subscriber = this.#subscribers.get(session.id);
    if (subscriber === undefined) return true;
    const parser = this.#parser;
    if (!parser.parse(bytes)) this.#parts.refusals.answer(subscriber.socket, parser.problem, parser.reqId);
    else if (parser.type === RequestType.PING) this.#pong(subscriber);
    else if (parser.type === RequestType.SUBSCRIBE) this.#subscribe(subscriber);
    else this.#unsubscribe(subscriber);
    return true;
  }

  binary(): boolean {
    return false;
  }

  ended(session: WsSession): void {
    const subscriber = this.#subscribers.get(session.id);
    if (subscriber === undefined) return;
    this.#subscribers.delete(session.id);
    for (const subscription of subscriber.all()) this.#remove(subscriber, subscription);
  }

  /** Of the sockets that have any. */
  subscribers(): Subscriber[] {
    return [...this.#subscribers.values()].filter(({ size }) => size > 0);
  }

  subscriberOf(session: WsSession): Subscriber | undefined {
    return this.#subscribers.get(session.id);
  }

  /** The subscription is over; its client is told why. */
  fail(subscription: Subscription, refusal: Refusal): void {
    const { socket, key, reqId } = subscription;
    const subscriber = this.#subscribers.get(socket.id);
    if (subscriber?.get(key, key.clientId) !== subscription) return;
    this.#remove(subscriber, subscription);
    this.#parts.refusals.answer(socket, refusal, reqId);
  }

  #pong({ socket }: Subscriber): void {
    socket.sendText(`{"type":"pong",${this.#reqId()}"time":"${isoTime(this.#parts.clock.nowUs())}"}`);
  }

  #subscribe(subscriber: Subscriber): void {
    const { beginnings, refusals } = this.#parts;
    const { keys, fromSequence, reqId } = this.#parser;
    const refusal = this.#whyNot(subscriber);
    if (refusal !== undefined) {
      refusals.answer(subscriber.socket, refusal, reqId);
      return;
    }
    const begun = keys.map((name) => this.#add(subscriber, name, reqId));
    this.#say(subscriber);
    const journal = this.#parser.journal ?? this.#parts.journal();
    const ours = journal === this.#parts.journal();
    const reason = fromSequence >= 0 && !ours ? SnapshotReason.OTHER_JOURNAL : SnapshotReason.SUBSCRIBED;
    for (const subscription of begun) {
      if (subscription.state === SubscriptionState.OVER) continue; // its socket has ended meanwhile
      const resumes = ours && isSequenced(subscription.key.channel);
      beginnings.begin(subscription, resumes ? fromSequence : -1, reason);
    }
  }

  #whyNot(subscriber: Subscriber): Refusal | undefined {
    const { subscriptionsMax, wishes } = this.#parts;
    if (wishes.size > WISHES_WAITING_MAX) {
      return { code: 'ring_full', detail: 'Too many subscriptions are waiting to begin; try again in a moment.' };
    }
    const { keys } = this.#parser;
    const more = keys.filter((name) => subscriber.get(name, decoder.decode(name.client)) === undefined).length;
    if (subscriber.size + more <= subscriptionsMax) return undefined;
    const detail = `A socket may have ${subscriptionsMax} subscriptions; each instrument of a channel is one.`;
    return { code: 'invalid_value', field: 'channels', detail };
  }

  #add(subscriber: Subscriber, name: KeyName, reqId: string): Subscription {
    const { keys, counters, firstKey } = this.#parts;
    if (keys.size === 0) firstKey();
    // The new one comes before the old one goes, so that a key that stays wanted is not ended.
    const key = keys.enter(name);
    const old = subscriber.get(key, key.clientId);
    if (old !== undefined) this.#remove(subscriber, old);
    const subscription = new Subscription(subscriber.socket, key, reqId);
    subscriber.add(subscription);
    counters.set(GatewayCounter.WS_SUBSCRIPTIONS, ++this.#count);
    return subscription;
  }

  #unsubscribe(subscriber: Subscriber): void {
    for (const name of this.#parser.keys) {
      const subscription = subscriber.get(name, decoder.decode(name.client));
      if (subscription !== undefined) this.#remove(subscriber, subscription);
    }
    this.#say(subscriber);
  }

  #remove(subscriber: Subscriber, subscription: Subscription): void {
    const { keys, wishes, beginnings, conflation, counters } = this.#parts;
    conflation.leave(subscriber, subscription);
    subscription.state = SubscriptionState.OVER;
    beginnings.drop(subscription);
    subscriber.remove(subscription);
    if (keys.exit(subscription.key)) wishes.end(subscription.key);
    counters.set(GatewayCounter.WS_SUBSCRIPTIONS, --this.#count);
  }

  /** All that the socket has, by channel. */
  #say(subscriber: Subscriber): void {
    const groups = new Map<string, FeedKey[]>();
    for (const { key } of subscriber.all()) {
      const name = `${key.channel}/${key.format}`;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [key]);
      else group.push(key);
    }
    const channels = [...groups.values()].map((keys) => this.#describe(keys));
    subscriber.socket.sendText(`{"type":"subscriptions",${this.#reqId()}"channels":${JSON.stringify(channels)}}`);
  }

  #describe(keys: readonly FeedKey[]): object {
    const { all } = this.#parts.instruments.current;
    const [{ channel, format }] = keys;
    const what =
      channel === Channel.USER
        ? { clients: keys.map(({ clientId }) => clientId) }
        : { instruments: keys.map(({ instrument }) => all[instrument].name) };
    return { name: CHANNEL_NAMES[channel], ...what, format: format === FeedFormat.BINARY ? 'binary' : 'json' };
  }

  #reqId(): string {
    return this.#parser.reqId === '' ? '' : `"req_id":${this.#parser.reqId},`;
  }
}
