// Reads the wishes of all gateways and brings each to its end. Market data's thread. Bounded: while there are too many, wishes
// stay in their rings.

import { assert } from '../../assert.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import { FollowerCounter, MarketDataCounter, MatchingCounter } from '../../wire/counters.ts';
import * as F from '../../wire/feed-codec.ts';
import { Channel, WishType } from '../../wire/feed-codec.ts';
import { CatchUp, type CatchUpPlaces, type Wish } from './catch-up.ts';
import type { FeedMarket } from './feed-market.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { Interest, Subject } from './interest.ts';
import type { MessageBuffer } from './message-buffer.ts';
import { Outbox } from './outbox.ts';
import { LevelReplay, MessageReplay, NewestReplay, type Replay } from './replay.ts';

const CATCH_UPS_MAX = 1_024;
/**
 * Events that all of them read in a turn, about. Who has missed least reads first: shared out, none of many would ever
 * overtake the flow.
 */
const EVENTS_PER_TURN = 4_096;
/** So long a turn begins wishes, about: each may be a snapshot of a long book. */
const BEGIN_US = 2_000;
const NO_CLIENT = new Uint8Array(0);

interface WishRings {
  readonly wishes: MessageRing;
  readonly answers: MessageRing;
}

export class CatchUps {
  readonly #gateways: readonly WishRings[];
  readonly #interest: Interest;
  readonly #places: CatchUpPlaces;
  readonly #matchingCounters: CounterBlock;
  readonly #clock: Clock;
  /** Who has missed least first. */
  #running: CatchUp[] = [];
  /** Every event through it was told. */
  #sequence = 0;
  #work = 0;

  constructor(
    gateways: readonly WishRings[],
    interest: Interest,
    places: CatchUpPlaces,
    matchingCounters: CounterBlock,
    clock: Clock,
  ) {
    this.#gateways = gateways;
    this.#interest = interest;
    this.#places = places;
    this.#matchingCounters = matchingCounters;
    this.#clock = clock;
  }

  /** How many wishes are not live yet. */
  get count(): number {
    return this.#running.length;
  }

  get spoolFloor(): number {
    let floor = Number.POSITIVE_INFINITY;
    for (const one of this.#running) floor = Math.min(floor, one.spoolFloor);
    return floor;
  }

  /** At the end of a command: every event through `sequence` was told. */
  turn(sequence: number): void {
    this.#sequence = sequence;
    const { followerCounters, counters } = this.#places;
    const before = this.#running.length;
    this.#readWishes();
    if (before === 0 && this.#running.length === 0) return;
    const applied = this.#matchingCounters.get(MatchingCounter.SEQUENCE);
    const newest = Math.max(sequence, applied, followerCounters.get(FollowerCounter.SEQUENCE));
    this.#beginNew(sequence, newest);
    let left = EVENTS_PER_TURN;
    this.#running = this.#running.filter((one) => {
      if (one.isNew) return true;
      const ended = one.turn(sequence, newest, left);
      const work = one.takeWork();
      this.#work += work;
      left = Math.max(left - work, 0);
      return !ended;
    });
    counters.set(MarketDataCounter.FEED_CATCH_UPS, this.#running.length);
  }

  /** Wishes, events and answers moved since it was last asked. */
  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /** What needs no past is live by that: nobody waits behind those who have missed much. */
  #beginNew(sequence: number, newest: number): void {
    const untilUs = this.#clock.monotonicUs() + BEGIN_US;
    for (const one of this.#running) {
      if (!one.isNew) continue;
      one.turn(sequence, newest, 0);
      if (this.#clock.monotonicUs() > untilUs) return;
    }
  }

  /** One of each gateway at a time. */
  #readWishes(): void {
    for (let count = 1; count > 0; this.#work += count) {
      count = 0;
      for (let gateway = 0; gateway < this.#gateways.length; gateway++) {
        if (this.#running.length < CATCH_UPS_MAX) count += this.#readWish(gateway);
      }
    }
  }

  #readWish(gateway: number): number {
    const { wishes } = this.#gateways[gateway];
    return wishes.read((type, offset) => this.#take(gateway, type, wishes.bytes, wishes.view, offset), 1);
  }

  #take(gateway: number, type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    const id = view.getUint32(offset + F.WISH_ID, true);
    if (type === WishType.FORGET) {
      this.#running = this.#running.filter(({ wish }) => wish.gateway !== gateway || wish.id !== id);
      return;
    }
    const subject = readSubject(bytes, view, offset);
    if (type === WishType.END) {
      this.#interest.end(gateway, subject);
      return;
    }
    assert(type === WishType.BEGIN, 'a wish is of a known type');
    const reason = bytes[offset + F.WISH_REASON];
    const wish = { gateway, id, channel: subject.channel, reason };
    this.#begin(wish, subject, view.getFloat64(offset + F.WISH_FROM_SEQUENCE, true));
  }

  #begin(wish: Wish, subject: Subject, from: number): void {
    const outbox = new Outbox(this.#gateways[wish.gateway].answers, wish.id);
    const replay = this.#replayOf(wish.gateway, subject, outbox, from);
    const at = this.#running.findLastIndex((other) => other.from >= from) + 1;
    this.#running.splice(at, 0, new CatchUp(wish, this.#places, replay, outbox));
  }

  #replayOf(gateway: number, subject: Subject, outbox: Outbox, from: number): Replay {
    if (subject.channel === Channel.USER) {
      const { key, chain } = this.#interest.beginUser(gateway, subject);
      return new MessageReplay(key, chain, outbox, from);
    }
    const { key, market } = this.#interest.begin(gateway, subject);
    switch (subject.channel) {
      case Channel.LEVEL2:
        return new LevelReplay(key, market, market.level2, outbox, from);
      case Channel.LEVEL2_BATCH:
        return new LevelReplay(key, market, market.level2Batch, outbox, from);
      case Channel.FULL:
        return new MessageReplay(key, market.full, outbox, from, market.checksum);
      case Channel.MATCHES:
        return new MessageReplay(key, market.matches, outbox, from);
      default:
        return new NewestReplay(outbox, market.full, (out) =>
          this.#writeNewest(subject.channel, market, key.writer, out),
        );
    }
  }

  #writeNewest(channel: Channel, market: FeedMarket, writer: FeedWriter, out: MessageBuffer): void {
    if (channel === Channel.TICKER) market.writeTicker(writer, out);
    else if (channel === Channel.CANDLES) market.writeCandle(writer, out, this.#sequence, this.#clock.nowUs());
    else market.writeHeartbeat(writer, out, this.#sequence, this.#clock.nowUs());
  }
}

function readSubject(bytes: Uint8Array, view: DataView, offset: number): Subject {
  const channel = channelOf(view.getUint16(offset + F.WISH_CHANNEL, true));
  const from = offset + F.WISH_BODY;
  return {
    channel,
    instrument: view.getUint16(offset + F.WISH_INSTRUMENT, true),
    format: bytes[offset + F.WISH_FORMAT],
    client: channel === Channel.USER ? bytes.slice(from, from + bytes[offset + F.WISH_CLIENT_LENGTH]) : NO_CLIENT,
  };
}

function channelOf(number: number): Channel {
  const channel = Object.values(Channel).find((one) => one === number);
  assert(channel !== undefined, 'a wish names a channel');
  return channel;
}
