// The feed of /ws: hears every event once and in order, tells those keys that somebody wants into the feed ring, and answers
// wishes. Runs in the market-data agent's turns; owns the history, the chains and the catch-ups. Never waits for a gateway. Layout:
// WIRE.md, "Feed"; messages: WEBSOCKET.md. Without interest an event costs a copy, a chain and a checksum, and allocates nothing.

import { assert } from '../../assert.ts';
import type { SpoolReader } from '../../journal/spool.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { BroadcastWriter } from '../../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import type { Doorbell } from '../../shared-memory/doorbell.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import { MarketDataCounter } from '../../wire/counters.ts';
import {
  EVENT_BODY,
  EVENT_RESTING_DELTA_LOTS,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EventType,
} from '../../wire/event-codec.ts';
import { ORDER_CLIENT, ORDER_CLIENT_LENGTH, ORDER_INSTRUMENT, orderRecordLength } from '../../wire/order-codec.ts';
import {
  TRADE_CLIENTS,
  TRADE_INSTRUMENT,
  TRADE_MAKER_CLIENT_LENGTH,
  TRADE_TAKER_CLIENT_LENGTH,
  tradeRecordLength,
} from '../../wire/trade-codec.ts';
import type { L2Book } from '../l2-book.ts';
import { CatchUps } from './catch-ups.ts';
import type { CommandMessage } from './command-message.ts';
import { FeedMarket } from './feed-market.ts';
import { FeedRing } from './feed-ring.ts';
import type { FeedWriter } from './feed-writer.ts';
import { History } from './history.ts';
import { Interest } from './interest.ts';
import type { Chain, Key } from './key.ts';
import { SpoolWindow } from './spool-window.ts';
import type { UserKey } from './user-keys.ts';

const HEARTBEAT_US = 1_000_000;
/** While catch-ups wait for room or for the spool, which ring no bell. */
const CATCH_UP_IDLE_MS = 5;
const NEVER = Number.POSITIVE_INFINITY;

/** The rings between market data and one gateway. */
export interface FeedGateway {
  readonly wishes: MessageRing;
  readonly answers: MessageRing;
  readonly doorbell: Doorbell;
}

export interface FeedContext {
  readonly ring: BroadcastWriter;
  readonly gateways: readonly FeedGateway[];
  /** A reader of the feed's own. */
  readonly spool: SpoolReader;
  /** How much of the spool is kept for resumes, bytes. */
  readonly resumeSpoolBytes: number;
  /** How much of the events is kept in memory for them, bytes, a multiple of 64 KiB. */
  readonly historyBytes: number;
  /** One for each format that is served. */
  readonly writers: readonly FeedWriter[];
  readonly matchingCounters: CounterBlock;
  readonly followerCounters: CounterBlock;
  readonly counters: CounterBlock;
  readonly clock: Clock;
}

export class Feed {
  readonly #context: FeedContext;
  readonly #bookOf: (instrument: number) => L2Book;
  readonly #ring: FeedRing;
  readonly #history: History;
  readonly #window: SpoolWindow;
  readonly #interest: Interest;
  readonly #catchUps: CatchUps;
  /** By instrument. */
  readonly #markets: FeedMarket[] = [];
  /** Messages of the command being told. */
  readonly #open: CommandMessage[] = [];
  /** Of the command being told. */
  #sequence = 0;
  #timeUs = 0;
  /** Where the spool begins, when that is not the first command. */
  #openedAt = 0;
  #openedAtUs = 0;
  /** Stopwatch at the beginning of this turn, and when something must be sent next. */
  #nowUs = 0;
  #dueUs = NEVER;
  #heartbeatUs = 0;
  /** Whether wishes were served in this turn, and whether any ever may be. */
  #served = false;
  #everLive = false;
  /** The memory that the last event came in, and all there are as words: the ring's copy and the spool's. */
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Int32Array = new Int32Array(0);
  readonly #wordsOf = new Map<Uint8Array, Int32Array>();

  /** `bookOf`: the agent's book of an instrument, always the same object. */
  constructor(context: FeedContext, bookOf: (instrument: number) => L2Book) {
    const { writers, gateways, matchingCounters, followerCounters, counters, clock } = context;
    this.#context = context;
    this.#ring = new FeedRing(context.ring);
    this.#history = new History(context.historyBytes);
    this.#window = new SpoolWindow(context.spool, context.resumeSpoolBytes);
    this.#bookOf = bookOf;
    this.#interest = new Interest(writers, this.#ring, (instrument) => this.#market(instrument));
    const places = { history: this.#history, window: this.#window, ring: this.#ring, followerCounters, counters };
    this.#catchUps = new CatchUps(gateways, this.#interest, places, matchingCounters, clock);
  }

  /** A turn begins. */
  beginTurn(): void {
    this.#nowUs = this.#context.clock.monotonicUs();
    this.#served = false;
  }

  /** The next event, before the book knows of it. */
  event(type: number, bytes: Uint8Array, view: DataView, offset: number): void {
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (sequence !== this.#sequence) {
      this.#endCommand(sequence - 1);
      this.#sequence = sequence;
    }
    const timeUs = view.getFloat64(offset + EVENT_TIME_US, true);
    this.#timeUs = timeUs;
    const body = offset + EVENT_BODY;
    if (type === EventType.ORDER) {
      this.#keep(type, bytes, offset, EVENT_BODY + orderRecordLength(bytes, body), sequence);
      this.#order(bytes, view, offset, sequence, timeUs);
    } else if (type === EventType.TRADE) {
      this.#keep(type, bytes, offset, EVENT_BODY + tradeRecordLength(bytes, body), sequence);
      this.#trade(bytes, view, offset, sequence, timeUs);
    } else if (type === EventType.OPENING) this.#openAt(sequence, timeUs);
  }

  /** A level of the book, which knows of it, holds `lots` by the event just told: by `deltaLots` more than before. */
  level(instrument: number, side: number, priceTicks: number, deltaLots: number, lots: number): void {
    const market = this.#market(instrument);
    market.level(side, priceTicks, deltaLots, lots);
    market.change(side, priceTicks, this.#sequence, this.#timeUs, this.#nowUs);
    if (market.timed && market.dueUs < this.#dueUs) this.#dueUs = market.dueUs;
  }

  /** A level as it was where the spool begins. */
  openLevel(instrument: number, side: number, priceTicks: number, deltaLots: number, lots: number): void {
    this.#market(instrument).level(side, priceTicks, deltaLots, lots);
  }

  /** Every event through `sequence` was told. */
  endTurn(sequence: number, live: boolean): void {
    this.#everLive ||= live;
    this.#endCommand(sequence);
  }

  /** Of the event spool, nothing before `position` will be read for events: the start of a record. */
  reachedSpool(position: number): void {
    this.#window.reached(position);
  }

  /** What was done for gateways since it was last asked: whether another turn is worth it. */
  takeWork(): number {
    return this.#catchUps.takeWork();
  }

  /** Shows gateways what was written. */
  publish(): void {
    const wake = this.#ring.publish();
    if (wake === 0) return;
    const { gateways, counters } = this.#context;
    counters.set(MarketDataCounter.FEED_MESSAGES, this.#ring.messages);
    for (let k = 0; k < gateways.length; k++) if ((wake & (1 << k)) !== 0) gateways[k].doorbell.ring();
  }

  /** The spool from here on is needed. */
  get spoolFloor(): number {
    return Math.min(this.#window.floor, this.#catchUps.spoolFloor);
  }

  maxIdleMs(): number {
    const heartbeatUs = this.#interest.heartbeats ? this.#heartbeatUs : NEVER;
    const nowUs = this.#context.clock.monotonicUs();
    const ms = Math.max(Math.min(this.#dueUs, heartbeatUs) - nowUs, 0) / 1_000;
    return Math.min(Math.max(ms, 1), this.#catchUps.count > 0 ? CATCH_UP_IDLE_MS : NEVER);
  }

  close(): void {
    this.#window.close();
  }

  #order(bytes: Uint8Array, view: DataView, offset: number, sequence: number, timeUs: number): void {
    const body = offset + EVENT_BODY;
    if (view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true) !== 0) {
      const market = this.#market(view.getUint16(body + ORDER_INSTRUMENT, true));
      market.full.touch(sequence, timeUs);
      this.#add(market.fullKeys, market.full, EventType.ORDER, bytes, view, offset);
    }
    if (this.#interest.users.count === 0) return;
    const client = body + ORDER_CLIENT;
    const user = this.#interest.users.find(bytes, client, client + bytes[body + ORDER_CLIENT_LENGTH]);
    if (user !== undefined) this.#addToUser(user, EventType.ORDER, bytes, view, offset, sequence, timeUs);
  }

  #trade(bytes: Uint8Array, view: DataView, offset: number, sequence: number, timeUs: number): void {
    const body = offset + EVENT_BODY;
    const market = this.#market(view.getUint16(body + TRADE_INSTRUMENT, true));
    market.trade(bytes, view, body, sequence);
    market.full.touch(sequence, timeUs);
    market.matches.touch(sequence, timeUs);
    if (market.timed && market.dueUs < this.#dueUs) this.#dueUs = market.dueUs;
    this.#add(market.fullKeys, market.full, EventType.TRADE, bytes, view, offset);
    this.#add(market.matchesKeys, market.matches, EventType.TRADE, bytes, view, offset);
    if (this.#interest.users.count === 0) return;
    const maker = body + TRADE_CLIENTS;
    const taker = maker + bytes[body + TRADE_MAKER_CLIENT_LENGTH];
    const makerUser = this.#interest.users.find(bytes, maker, taker);
    const takerUser = this.#interest.users.find(bytes, taker, taker + bytes[body + TRADE_TAKER_CLIENT_LENGTH]);
    if (makerUser !== undefined) this.#addToUser(makerUser, EventType.TRADE, bytes, view, offset, sequence, timeUs);
    if (takerUser === undefined || takerUser === makerUser) return;
    this.#addToUser(takerUser, EventType.TRADE, bytes, view, offset, sequence, timeUs);
  }

  #addToUser(
    user: UserKey,
    type: EventType,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    sequence: number,
    timeUs: number,
  ): void {
    if (user.chain.sequence < 0) return; // whoever asked first is not level yet, and will find it in the history
    user.chain.touch(sequence, timeUs);
    this.#addTo(user.key, user.chain, type, bytes, view, offset);
  }

  #add(
    keys: readonly (Key | undefined)[],
    chain: Chain,
    type: EventType,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
  ): void {
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      if (key !== undefined) this.#addTo(key, chain, type, bytes, view, offset);
    }
  }

  #addTo(key: Key, chain: Chain, type: EventType, bytes: Uint8Array, view: DataView, offset: number): void {
    const { message } = key;
    if (key.gateways === 0 || message === undefined) return;
    if (!message.begun) {
      message.begin(chain.sequence, chain.previous, chain.timeUs);
      this.#open.push(message);
    }
    message.add(type, bytes, view, offset);
  }

  #keep(type: EventType, bytes: Uint8Array, offset: number, lengthBytes: number, sequence: number): void {
    if (this.#bytes !== bytes) this.#swap(bytes);
    this.#history.append(type, this.#words, offset >> 2, lengthBytes, sequence);
  }

  #swap(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#words = this.#wordsOf.get(bytes) ?? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    this.#wordsOf.set(bytes, this.#words);
  }

  #openAt(sequence: number, timeUs: number): void {
    assert(this.#markets.length === 0, 'a spool opens before all else');
    this.#history.openAt(sequence);
    this.#openedAt = sequence;
    this.#openedAtUs = timeUs;
  }

  #market(instrument: number): FeedMarket {
    for (let k = this.#markets.length; k <= instrument; k++) {
      const market = new FeedMarket(k, this.#bookOf(k), this.#ring);
      market.openAt(this.#openedAt, this.#openedAtUs);
      this.#markets.push(market);
    }
    return this.#markets[instrument];
  }

  /** All events through `sequence` were told. */
  #endCommand(sequence: number): void {
    if (this.#open.length > 0) this.#finishMessages();
    if (this.#dueUs <= this.#nowUs) this.#sendDue();
    if (this.#served || !this.#everLive) return;
    this.#served = true;
    this.#sendHeartbeats(sequence);
    this.#catchUps.turn(sequence);
    this.#dueUs = this.#nextDueUs();
  }

  #finishMessages(): void {
    for (const message of this.#open) message.finish(true);
    this.#open.length = 0;
  }

  #sendDue(): void {
    for (const market of this.#markets) market.sendDue(this.#nowUs);
    this.#dueUs = this.#nextDueUs();
  }

  #nextDueUs(): number {
    let dueUs = NEVER;
    for (const market of this.#markets) dueUs = Math.min(dueUs, market.dueUs);
    return dueUs;
  }

  #sendHeartbeats(sequence: number): void {
    if (this.#heartbeatUs > this.#nowUs) return;
    this.#heartbeatUs = this.#nowUs + HEARTBEAT_US;
    const timeUs = this.#context.clock.nowUs();
    for (const market of this.#markets) if (market.heartbeat.wanted) market.sendHeartbeat(sequence, timeUs);
  }
}
