// One wish on its way to being live: gives its replay the events that the asker missed, from the spool on the disk or from
// memory, sends what that makes, and says LIVE at the end of a command when nothing is missing. Market data's thread; a few
// events a turn, and none while the gateway's answer ring is full.

import { errorCode, SpoolDamage } from '../../journal/errors.ts';
import type { ReceiveRecord } from '../../journal/spool.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import { FollowerCounter, MarketDataCounter } from '../../wire/counters.ts';
import { EVENT_SEQUENCE, EventType } from '../../wire/event-codec.ts';
import { type Channel, SnapshotReason } from '../../wire/feed-codec.ts';
import type { ReceiveEvent } from '../event-source.ts';
import type { FeedRing } from './feed-ring.ts';
import type { History } from './history.ts';
import type { Outbox } from './outbox.ts';
import type { Replay } from './replay.ts';
import type { SpoolWindow } from './spool-window.ts';

/** What all catch-ups read and write. */
export interface CatchUpPlaces {
  readonly history: History;
  readonly window: SpoolWindow;
  readonly ring: FeedRing;
  readonly followerCounters: CounterBlock;
  readonly counters: CounterBlock;
}

export interface Wish {
  readonly gateway: number;
  readonly id: number;
  readonly channel: Channel;
  /** SnapshotReason of a wish without a past. */
  readonly reason: number;
}

/** `behind`: there is a past to be read, and it is not begun. */
type Place = 'nowhere' | 'behind' | 'spool' | 'memory';

export class CatchUp {
  readonly wish: Wish;
  readonly #places: CatchUpPlaces;
  readonly #replay: Replay;
  readonly #outbox: Outbox;
  #place: Place = 'nowhere';
  #position = 0;
  /** Nothing through this sequence is to be given. */
  #through: number;
  /** Of the last event given, and how many of its command were. */
  #sequence: number;
  #given = 0;
  /** So many of the next events were given before. */
  #skip = 0;
  /** All through this sequence is in the history. */
  #reached = 0;
  /** Records of the spool, at the last reading. */
  #read = 0;
  #ended = false;
  #work = 0;

  constructor(wish: Wish, places: CatchUpPlaces, replay: Replay, outbox: Outbox) {
    this.wish = wish;
    this.#places = places;
    this.#replay = replay;
    this.#outbox = outbox;
    this.#through = replay.from;
    this.#sequence = replay.from;
  }

  /** The spool from here on is needed. */
  get spoolFloor(): number {
    return this.#place === 'spool' ? this.#position : Number.POSITIVE_INFINITY;
  }

  /**
   * One turn at the end of a command: every event through `sequence` is in the history. `newest` is how far the engine is. True
   * when there is no more to do; else it has read about `limit` events, or waits. Who has read all needs none to be live.
   */
  turn(sequence: number, newest: number, limit: number): boolean {
    this.#reached = sequence;
    if (this.isNew) this.#start(sequence, newest);
    if (this.#place === 'behind' && limit > 0) this.#resume();
    let left = limit;
    while (!this.#ended && this.#drain() && (left > 0 ? this.#isReading() : this.#isAtEnd())) {
      const taken = this.#place === 'spool' ? this.#readSpool(left) : this.#readMemory();
      left -= taken;
      this.#work += taken;
      if (taken === 0 && this.#outbox.empty && !this.#settle()) break;
    }
    return this.#drain() && this.#ended;
  }

  /** What the asker knows: everything through this sequence; -1: nothing. */
  get from(): number {
    return this.#replay.from;
  }

  /** Whether it is not known yet what the wish needs. */
  get isNew(): boolean {
    return this.#place === 'nowhere';
  }

  /** Events read and answers sent since it was last asked. */
  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }

  /** Hands over what there is room for; true when that is all. */
  #drain(): boolean {
    const count = this.#outbox.drain();
    this.#work += count;
    if (count > 0) this.#places.ring.wake(this.wish.gateway);
    return this.#outbox.empty;
  }

  #start(sequence: number, newest: number): void {
    const { from } = this.#replay;
    if (from < 0) this.#begin(this.wish.reason);
    else if (from > newest) this.#begin(SnapshotReason.AHEAD);
    else if (from > sequence)
      return; // it has its answer when we are there
    else if (this.#replay.isLevel()) this.#follow();
    else this.#place = 'behind';
  }

  #isReading(): boolean {
    return this.#place === 'spool' || this.#place === 'memory';
  }

  #isAtEnd(): boolean {
    return this.#place === 'memory' && this.#position === this.#places.history.end;
  }

  #resume(): void {
    if (!this.#seek()) {
      this.#begin(SnapshotReason.TOO_OLD);
      return;
    }
    const isInMemory = this.#place === 'memory';
    const counter = isInMemory ? MarketDataCounter.RESUMES_FROM_MEMORY : MarketDataCounter.RESUMES_FROM_SPOOL;
    this.#places.counters.add(counter, 1);
  }

  /** Goes to where what is missing begins. False: that is not kept. */
  #seek(): boolean {
    const { history, window, followerCounters } = this.#places;
    if (this.#through >= history.floor) {
      this.#goOnInMemory(this.#through);
      return true;
    }
    const published = followerCounters.get(FollowerCounter.SPOOL_POSITION);
    const found = this.#careful(() => window.find(this.#through, published), -1);
    if (found < 0) return false;
    this.#place = 'spool';
    this.#position = found;
    return true;
  }

  /** What it was about to read is not in memory any more: the spool may have it. The last command may be given in part. */
  #overtaken(): void {
    if (this.#sequence > this.#through) {
      this.#through = this.#sequence - 1;
      this.#sequence = this.#through;
      this.#skip = this.#given;
    }
    if (this.#replay.isLevel()) this.#follow();
    else if (!this.#seek()) this.#begin(SnapshotReason.TOO_OLD);
  }

  /** Without a past. */
  #begin(reason: number): void {
    this.#follow();
    if (this.#replay.begin(reason)) {
      this.#places.counters.add(MarketDataCounter.SNAPSHOTS_SENT, 1);
      return;
    }
    this.#outbox.noResume(reason);
    this.#ended = true;
  }

  /** On with what comes. */
  #follow(): void {
    this.#place = 'memory';
    this.#position = this.#places.history.end;
    this.#through = this.#reached;
    this.#sequence = this.#reached;
    this.#skip = 0;
  }

  /** Behind that sequence, all of which was given. */
  #goOnInMemory(sequence: number): void {
    this.#place = 'memory';
    this.#position = this.#places.history.seek(sequence);
  }

  /** Returns 1, or 0 at the end. */
  #readMemory(): number {
    const { history } = this.#places;
    if (!history.holds(this.#position)) {
      this.#overtaken();
      return 1;
    }
    const position = history.read(this.#position, this.#give);
    if (position === this.#position) return 0;
    this.#position = position;
    return 1;
  }

  /** Returns how many events it has read. At the end of the spool it goes on in memory, as soon as that joins. */
  #readSpool(limit: number): number {
    const { history, window, followerCounters } = this.#places;
    const published = followerCounters.get(FollowerCounter.SPOOL_POSITION);
    const before = this.#position;
    this.#read = 0;
    const after = this.#careful(() => window.read(before, published, this.#fromSpool, limit), -1);
    if (after < 0) {
      this.#begin(SnapshotReason.TOO_OLD);
      return 1;
    }
    if (this.#place !== 'spool') return 1; // it has come to what is in memory
    this.#position = after;
    if (after > before) return this.#read;
    if (this.#sequence >= history.floor) {
      this.#goOnInMemory(this.#sequence);
      return 1;
    }
    return 0;
  }

  /** The spool's records, until the first command that is in memory as a whole. */
  readonly #fromSpool: ReceiveRecord = (type, bytes, view, offset) => {
    const { history } = this.#places;
    this.#read++;
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (sequence <= this.#through) return true;
    if (sequence !== this.#sequence && sequence > history.floor) {
      this.#goOnInMemory(sequence - 1);
      return false;
    }
    this.#give(type, bytes, view, offset);
    return this.#outbox.empty;
  };

  readonly #give: ReceiveEvent = (type, bytes, view, offset) => {
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (sequence !== this.#sequence) this.#given = 0;
    this.#sequence = sequence;
    if (type !== EventType.ORDER && type !== EventType.TRADE) return;
    this.#given++;
    if (this.#skip > 0) this.#skip--;
    else this.#replay.event(type, bytes, view, offset);
  };

  /** Every event is given. True: go on; what was missing until here must be sent first. */
  #settle(): boolean {
    if (this.#place === 'spool') return false; // the spool has still to reach what is in memory
    this.#replay.settle();
    if (!this.#drain()) return false;
    const { wish } = this;
    this.#places.ring.live(wish.gateway, wish.channel, wish.id, this.#replay.sequence);
    this.#ended = true;
    return true;
  }

  /** A disk that does not give its spool back costs a resume, not the process. */
  #careful(read: () => number, otherwise: number): number {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SpoolDamage) && errorCode(error) === '') throw error;
      return otherwise;
    }
  }
}
