// Everything behind /ws, put together: sockets, subscriptions, the feed. Gateway thread, part of its agent. Owns when the slow are
// looked for.

import type { TemplatedApp } from 'uWebSockets.js';
import { LAPPED } from '../../shared-memory/broadcast-ring.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { journalIdText } from '../../wire/public-id.ts';
import { admitRead } from '../admission.ts';
import { BatchedBell } from '../batched-bell.ts';
import type { GatewayContext } from '../context.ts';
import type { Askers } from '../http-askers.ts';
import type { Identity } from '../identity.ts';
import type { FollowerQueries } from '../queries.ts';
import type { Responder } from '../responses.ts';
import { CloseCode } from '../stream.ts';
import { Beginnings } from './beginnings.ts';
import { Conflation } from './conflation.ts';
import { Feed } from './feed.ts';
import { FeedKeys } from './feed-key.ts';
import { HeldMessages } from './held-messages.ts';
import { Refusals } from './refusals.ts';
import type { FrameHandler } from './session.ts';
import { Snapshots } from './snapshots.ts';
import { Subscriptions } from './subscriptions.ts';
import { Wishes } from './wishes.ts';
import { WsSockets } from './ws-sockets.ts';

/** Slow sockets are looked for this often while messages are passed on, and after so many bytes. */
const SWEEP_INTERVAL_US = 50_000;
const SWEEP_BYTES = 1024 * 1024;
/** And after so many to all sockets together. */
const SWEEP_SENT_BYTES = 64 * 1024 * 1024;
/** Sleeps: while the wish ring is full, and while a sweep is due. */
const IDLE_FULL_MS = 5;
const IDLE_SWEEP_MS = 50;

export interface WebSocketsParts {
  readonly context: GatewayContext;
  readonly app: TemplatedApp;
  readonly askers: Askers;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  /** Who takes frames before subscriptions do. */
  readonly handlers: readonly FrameHandler[];
  readonly connectionEnded: () => void;
}

export class WebSockets {
  readonly #context: GatewayContext;
  readonly #sockets: WsSockets;
  readonly #subscriptions: Subscriptions;
  readonly #wishes: Wishes;
  readonly #beginnings: Beginnings;
  readonly #conflation: Conflation;
  readonly #feed: Feed;
  readonly #together = new HeldMessages();
  /** Bytes passed on since the slow were looked for. */
  #bytes = 0;
  /** WS_BYTES then. */
  #sentBefore = 0;
  #sweepAtUs = 0;

  /** Adds /ws to the app. */
  constructor(parts: WebSocketsParts) {
    const { context, app, askers, responder, queries, identity, connectionEnded } = parts;
    const { counters, clock, instruments, state, limits } = context;
    const keys = new FeedKeys();
    const refusals = new Refusals(context.index, clock.nowUs(), counters);
    const wishes = new Wishes(context.wishRing, new BatchedBell(context.marketDataDoorbell), counters);
    const snapshots = new Snapshots({
      ...{ queries, identity, instruments, state, clock },
      sent: (subscription, sequence) => beginnings.continueFrom(subscription, sequence),
      failed: (subscription, refusal) => subscriptions.fail(subscription, refusal),
    });
    const beginnings = new Beginnings({
      ...{ wishes, instruments, counters },
      askSnapshot: (subscription, reason) => snapshots.ask(subscription, reason),
      failed: (subscription, refusal) => subscriptions.fail(subscription, refusal),
    });
    const conflation = new Conflation({ ...limits.ws, beginnings, instruments, counters });
    const subscriptions = new Subscriptions({
      ...{ keys, wishes, beginnings, conflation, refusals, instruments, counters, clock },
      subscriptionsMax: limits.ws.subscriptionsMax,
      journal: () => journalIdText(state.journalIdHigh, state.journalIdLow),
      firstKey: () => this.#feed.restart(),
    });
    this.#context = context;
    this.#wishes = wishes;
    this.#beginnings = beginnings;
    this.#conflation = conflation;
    this.#subscriptions = subscriptions;
    this.#feed = new Feed({
      ...{ app, keys, wishes, beginnings, counters },
      gateway: context.index,
      feed: context.feed,
      answers: context.feedAnswerRing,
    });
    this.#sockets = new WsSockets({
      ...{ refusals, counters, clock, askers, responder, connectionEnded },
      handlers: [...parts.handlers, subscriptions],
      limits: limits.ws,
      together: this.#together,
      admit: (asker) => admitRead(state, asker, responder),
      opened: (socket) => subscriptions.opened(socket),
      drained: (socket) => {
        const subscriber = subscriptions.subscriberOf(socket);
        if (subscriber !== undefined) conflation.drained(subscriber);
      },
    });
    app.ws('/ws', this.#sockets.behavior());
  }

  /** What is sent until release() goes out then: one write for each socket. */
  hold(): void {
    this.#together.holding = true;
  }

  release(): void {
    this.#together.release();
  }

  /** Passes on what the feed has, and looks for slow sockets when it is time. Returns how much was done. */
  doWork(): number {
    // Before more is passed on: by now uWebSockets has handed all of the last turn to the sockets.
    this.#sweep();
    const records = this.#feed.doWork();
    this.#bytes += this.#feed.turnBytes;
    if (records === LAPPED) this.#lapped();
    return this.#wishes.doWork() + Math.abs(records);
  }

  maxIdleMs(): number {
    if (this.#wishes.size > 0) return IDLE_FULL_MS;
    return this.#sent + this.#beginnings.size > 0 ? IDLE_SWEEP_MS : Number.POSITIVE_INFINITY;
  }

  /** Closes every socket; no new one is let in. */
  close(code: number, reason: string): void {
    this.#sockets.close(code, reason);
  }

  /** To all sockets since the slow were looked for. */
  get #sent(): number {
    return this.#context.counters.get(GatewayCounter.WS_BYTES) - this.#sentBefore;
  }

  #sweep(): void {
    const sent = this.#sent;
    if (sent + this.#beginnings.size === 0) return;
    const nowUs = this.#context.clock.monotonicUs();
    if (nowUs < this.#sweepAtUs && this.#bytes < SWEEP_BYTES && sent < SWEEP_SENT_BYTES) return;
    this.#sweepAtUs = nowUs + SWEEP_INTERVAL_US;
    this.#bytes = 0;
    this.#sentBefore += sent;
    this.#sockets.sent(sent);
    this.#beginnings.sweep();
    for (const subscriber of this.#subscriptions.subscribers()) this.#conflation.look(subscriber);
  }

  /** Messages are lost, nobody knows whose: all subscribers begin again, from the sequence they have. */
  #lapped(): void {
    this.#context.counters.add(GatewayCounter.WS_LAPPED, 1);
    for (const { socket } of this.#subscriptions.subscribers()) socket.end(CloseCode.TRY_LATER, 'lapped');
    this.#feed.restart();
  }
}
