// The market-data agent: keeps price levels from events alone, prepares depth for reads, and serialises each live
// message once for all subscribers. Runs on the projection thread or one of its own; owns its books (one per instrument,
// made when it is first heard of), the depth values and the writing ends of the stream ring and, through feed/, of the feed
// ring. It never asks the engine and never waits for a subscriber.

import type { SpoolReader } from '../journal/spool.ts';
import type { Agent } from '../runtime/agent.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SharedProcessState } from '../runtime/process-state.ts';
import type { BroadcastReader, BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import type { LatestValue } from '../shared-memory/latest-value.ts';
import { GatewayCounter, MarketDataCounter } from '../wire/counters.ts';
import { DEPTH_LEVELS_DEFAULT } from '../wire/depth-codec.ts';
import {
  EVENT_BODY,
  EVENT_RESTING_DELTA_LOTS,
  EVENT_SEQUENCE,
  EventType,
  LEVEL_INSTRUMENT,
  LEVEL_LOTS,
  LEVEL_PRICE_TICKS,
  LEVEL_SIDE,
} from '../wire/event-codec.ts';
import type { InstrumentSource } from '../wire/instrument-list.ts';
import { ORDER_INSTRUMENT, ORDER_PRICE_TICKS, ORDER_SIDE } from '../wire/order-codec.ts';
import type { PublicIds } from '../wire/public-id.ts';
import { DepthWriter } from './depth-writer.ts';
import { EventSource } from './event-source.ts';
import { Feed, type FeedGateway } from './feed/feed.ts';
import type { FeedWriter } from './feed/feed-writer.ts';
import { L2Book } from './l2-book.ts';
import { StreamMessages } from './stream-messages.ts';

/** Unasked, depth is published this often at most: for Redis and for reads that come between. */
const DEPTH_INTERVAL_US = 100_000;
const RECORDS_PER_TURN = 8_192;

export interface MarketDataContext {
  readonly instruments: InstrumentSource;
  readonly events: BroadcastReader;
  readonly spool: SpoolReader;
  readonly matchingCounters: CounterBlock;
  readonly followerCounters: CounterBlock;
  readonly counters: CounterBlock;
  readonly gatewayCounters: readonly CounterBlock[];
  readonly gatewayDoorbells: readonly Doorbell[];
  readonly stream: BroadcastWriter;
  readonly feed: FeedParts;
  /** By instrument. */
  readonly depth: readonly LatestValue[];
  readonly state: SharedProcessState;
  readonly publicIds: PublicIds;
  readonly showClientIds: boolean;
  readonly clock: Clock;
}

/** What the feed of /ws has to itself. */
interface FeedParts {
  readonly ring: BroadcastWriter;
  readonly gateways: readonly FeedGateway[];
  readonly spool: SpoolReader;
  /** FeedContext. */
  readonly historyBytes: number;
  readonly resumeSpoolBytes: number;
  readonly writers: readonly FeedWriter[];
}

interface Market {
  readonly book: L2Book;
  readonly depth: DepthWriter;
  /** Whether the book has changed since its depth was written. */
  changed: boolean;
}

export class MarketDataAgent implements Agent {
  readonly name = 'market-data';
  readonly #context: MarketDataContext;
  readonly #source: EventSource;
  /** By instrument. */
  readonly #markets: Market[] = [];
  readonly #messages: StreamMessages;
  readonly #feed: Feed;
  #publishedSequence = -1;
  #publishedAtUs = 0;
  #listening = false;

  constructor(context: MarketDataContext) {
    this.#context = context;
    const { instruments, stream, publicIds, showClientIds } = context;
    this.#messages = new StreamMessages(instruments, stream, publicIds, showClientIds);
    this.#feed = new Feed({ ...context, ...context.feed }, (instrument) => this.#market(instrument).book);
    const { events, spool, matchingCounters, followerCounters } = context;
    this.#source = new EventSource(events, spool, matchingCounters, followerCounters, (type, bytes, view, offset) =>
      this.#onEvent(type, bytes, view, offset),
    );
  }

  doWork(): number {
    const feed = this.#feed;
    let work = 0;
    let count = 0;
    feed.beginTurn();
    do {
      count = this.#poll();
      work += count;
    } while (count > 0 && work < RECORDS_PER_TURN);
    feed.reachedSpool(this.#source.spoolFloor);
    // Only a source that gave nothing more stands at the end of a command.
    if (count === 0 && this.#source.atCommandEnd) feed.endTurn(this.#source.sequence, this.#source.live);
    feed.publish();
    work += feed.takeWork();
    this.#context.counters.set(MarketDataCounter.SEQUENCE, this.#source.sequence);
    this.#context.counters.set(MarketDataCounter.SPOOL_FLOOR, Math.min(this.#source.spoolFloor, feed.spoolFloor));
    return count === 0 && this.#source.live ? work + this.#publishDepth() : work;
  }

  maxIdleMs(): number {
    const depthMs = this.#source.sequence > this.#publishedSequence ? DEPTH_INTERVAL_US / 1_000 : 1_000;
    return Math.min(depthMs, this.#feed.maxIdleMs());
  }

  onClose(): void {
    this.#feed.close();
  }

  /** Some records; their messages go out before the next, so that one command with many events does not fill the ring at once. */
  #poll(): number {
    const source = this.#source;
    const wasLive = source.live;
    // What was sent while the book caught up is history, not news.
    this.#listening = wasLive && this.#hasSubscribers();
    const count = source.poll();
    const lost = wasLive && !source.live;
    // Even when nobody seemed to listen: somebody may have come since, and no gateway minds a gap that none of its sockets has.
    if (lost) this.#messages.gap();
    if (lost || (this.#listening && count > 0)) this.#sendStream();
    this.#feed.publish();
    return count;
  }

  #onEvent(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    const body = offset + EVENT_BODY;
    this.#feed.event(type, bytes, view, offset);
    if (this.#listening) this.#messages.at(view.getFloat64(offset + EVENT_SEQUENCE, true));
    if (type === EventType.TRADE && this.#listening) this.#messages.trade(bytes, view, body);
    if (type === EventType.LEVEL) this.#openLevel(bytes, view, body);
    if (type !== EventType.ORDER) return;
    const delta = view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true);
    if (delta !== 0) this.#changeLevel(bytes, view, body, delta);
    if (this.#listening) this.#messages.order(bytes, view, offset);
  }

  #changeLevel(bytes: Uint8Array, view: DataView, body: number, deltaLots: number): void {
    const instrument = view.getUint16(body + ORDER_INSTRUMENT, true);
    const side = bytes[body + ORDER_SIDE];
    const priceTicks = view.getFloat64(body + ORDER_PRICE_TICKS, true);
    const market = this.#market(instrument);
    const lots = market.book.side(side).add(priceTicks, deltaLots);
    market.changed = true;
    this.#feed.level(instrument, side, priceTicks, deltaLots, lots);
    if (this.#listening) this.#messages.level(instrument, side, priceTicks, lots);
  }

  /** What a book holds where the spool begins. */
  #openLevel(bytes: Uint8Array, view: DataView, body: number): void {
    const instrument = view.getUint16(body + LEVEL_INSTRUMENT, true);
    const side = bytes[body + LEVEL_SIDE];
    const priceTicks = view.getFloat64(body + LEVEL_PRICE_TICKS, true);
    const added = view.getFloat64(body + LEVEL_LOTS, true);
    const lots = this.#market(instrument).book.side(side).add(priceTicks, added);
    this.#feed.openLevel(instrument, side, priceTicks, added, lots);
  }

  #market(instrument: number): Market {
    const { instruments, depth } = this.#context;
    for (let k = this.#markets.length; k <= instrument; k++) {
      this.#markets.push({
        book: new L2Book(),
        depth: new DepthWriter(instruments.current.all[k], depth[k]),
        changed: true,
      });
    }
    return this.#markets[instrument];
  }

  /** Depth at the sequence reached, when a gateway wants it or enough time has passed. Returns 1 when it published. */
  #publishDepth(): number {
    const { state, clock, gatewayDoorbells, counters, instruments } = this.#context;
    const sequence = this.#source.sequence;
    const wanted = state.takeDepthWanted(gatewayDoorbells.length);
    const nowUs = clock.monotonicUs();
    const due = sequence > this.#publishedSequence && nowUs - this.#publishedAtUs >= DEPTH_INTERVAL_US;
    if (wanted === 0 && !due) return 0;
    const levels = Math.max(wanted, DEPTH_LEVELS_DEFAULT);
    const { length } = instruments.current.all;
    for (let k = 0; k < length; k++) {
      const market = this.#market(k);
      market.depth.publish(market.book, sequence, levels, market.changed);
      market.changed = false;
    }
    this.#publishedSequence = sequence;
    this.#publishedAtUs = nowUs;
    counters.set(MarketDataCounter.LAPPED, this.#source.lapped);
    counters.add(MarketDataCounter.DEPTH_PUBLISHED, 1);
    if (wanted > 0) for (const doorbell of gatewayDoorbells) doorbell.ring();
    return 1;
  }

  #sendStream(): void {
    const { stream, gatewayDoorbells, counters } = this.#context;
    this.#messages.flush();
    stream.publish();
    counters.set(MarketDataCounter.MESSAGES, this.#messages.count);
    for (const doorbell of gatewayDoorbells) doorbell.ring();
  }

  #hasSubscribers(): boolean {
    for (const counters of this.#context.gatewayCounters) {
      if (counters.get(GatewayCounter.STREAM_CONNECTIONS) > 0) return true;
    }
    return false;
  }
}
