// The client of /ws: one connection that comes back, the subscriptions and requests on it, and what joins them. See README.md.

import { Connection, type Disconnected } from './connection.ts';
import { ProtocolError, RingbookError } from './errors.ts';
import type { Position, Subscription } from './feed.ts';
import { LevelKeeper, NOTHING_KEPT, OrderKeeper } from './keepers.ts';
import type { LevelBookView } from './level-book.ts';
import { Listeners } from './listeners.ts';
import type { LevelChannel, Timing } from './messages.ts';
import type { OrderBookView } from './order-book.ts';
import { Orders } from './orders.ts';
import { type JsonRecord, readProblem, readRecord } from './reader.ts';
import { Requests } from './requests.ts';
import { globalWebSocket, type WebSocketConstructor } from './socket.ts';
import { Subscriptions } from './subscriptions.ts';
import { SYSTEM_TIMERS, type Timers } from './timers.ts';

/** All times are milliseconds. */
export interface ClientOptions {
  /** The surroundings' own when left out; Node 20 has none. */
  readonly WebSocket?: WebSocketConstructor;
  /** Whose orders these are where a request does not say. */
  readonly clientId?: string;
  /** The first and the longest wait before connecting again; each is shortened at random, by up to half. */
  readonly backoffMs?: readonly [min: number, max: number];
  /** How long a socket may take to open. */
  readonly openMs?: number;
  /** A silent socket is asked for a sign of life after so long, and given up after as long again. */
  readonly silenceMs?: number;
  /** How long an answer may take before its request is sent again; about a channel, before the socket is given up. */
  readonly answerMs?: number;
  /** After so long a request is settled, known or not. */
  readonly deadlineMs?: number;
  /** Asks for the times of each request's way: event `timing`. */
  readonly timing?: boolean;
  /** Timers and randomness; for tests. */
  readonly timers?: Timers;
}

export interface ClientEvents {
  connected: [];
  disconnected: [how: Disconnected];
  /** Of one request. */
  timing: [timing: Timing, method: string];
  /** Something that no request and no subscription was told: a message that makes no sense, a setting that was not taken again. */
  error: [error: Error];
}

/** A book that is the exchange's at each of its updates, checked by checksum. */
export interface BookSubscription<C extends LevelChannel | 'full', B> extends Subscription<C> {
  /** It changes in place. While `live` is false it is not to be relied on. */
  readonly book: B;
}

const DEFAULTS = {
  backoffMs: [100, 10_000],
  openMs: 10_000,
  silenceMs: 5_000,
  answerMs: 5_000,
  deadlineMs: 30_000,
} as const;

/** A client that is already connecting. Throws when the address is none, or there is no WebSocket. */
export function connect(url: string, options: ClientOptions = {}): RingbookClient {
  return new RingbookClient(url, options);
}

export class RingbookClient {
  /** Places, changes and cancels orders. */
  readonly orders: Orders;
  readonly #clientId: string | undefined;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #subscriptions: Subscriptions;
  readonly #listeners = new Listeners<ClientEvents>();
  /** Of requests about channels; those of order entry have ids of their own. */
  #requestIds = 0;
  #closed = false;

  /** Use connect(). */
  constructor(url: string, options: ClientOptions) {
    const { timers = SYSTEM_TIMERS, WebSocket = globalWebSocket(), clientId, timing = false } = options;
    this.#clientId = clientId;
    const { backoffMs, openMs, silenceMs, answerMs, deadlineMs } = { ...DEFAULTS, ...options };
    this.#requests = new Requests({
      timers,
      backoffMs,
      answerMs,
      timing,
      send: (message) => this.#send(message),
      timed: (times, method) => this.#listeners.tell('timing', times, method),
    });
    this.orders = new Orders(this.#requests, clientId, deadlineMs);
    this.#connection = new Connection(
      { url, WebSocket, timers, backoffMs, openMs, silenceMs },
      {
        opened: () => this.#opened(),
        received: (data) => this.#received(data),
        lost: (how) => this.#lost(how),
        ping: () => this.#ask({ type: 'ping' }),
      },
    );
    this.#subscriptions = new Subscriptions({
      timers,
      backoffMs,
      answerMs,
      ask: (request) => this.#ask(request),
      abandon: (reason) => this.#connection.abandon(reason),
    });
    this.#connection.connect();
  }

  get connected(): boolean {
    return this.#connection.open;
  }

  /** Returns the function that takes the listener away again. */
  on<K extends keyof ClientEvents>(event: K, listener: (...values: ClientEvents[K]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  /** The book of price levels. `level2_batch` changes less often, and its messages are joined when this end is slow. */
  book(instrument: string, channel: LevelChannel = 'level2'): BookSubscription<LevelChannel, LevelBookView> {
    const keeper = new LevelKeeper();
    const feed = this.#subscriptions.add<LevelChannel>(channel, instrument, keeper);
    return Object.assign(feed, { book: keeper.book });
  }

  /** The book of orders. */
  orderBook(instrument: string): BookSubscription<'full', OrderBookView> {
    const keeper = new OrderKeeper();
    return Object.assign(this.#subscriptions.add('full', instrument, keeper), { book: keeper.book });
  }

  /** Trades, one message for each command; `from` goes on behind an earlier subscription's position. */
  matches(instrument: string, from?: Position): Subscription<'matches'> {
    return this.#subscriptions.add<'matches'>('matches', instrument, NOTHING_KEPT, from);
  }

  /**
   * What happens to a client's orders: that of the options when it is left out, TypeError when they name none. `from` as in
   * `matches`.
   */
  user(clientId = this.#clientId, from?: Position): Subscription<'user'> {
    if (clientId === undefined) throw new TypeError('user needs a client id, here or in the options');
    return this.#subscriptions.add<'user'>('user', clientId, NOTHING_KEPT, from);
  }

  ticker(instrument: string): Subscription<'ticker'> {
    return this.#subscriptions.add<'ticker'>('ticker', instrument, NOTHING_KEPT);
  }

  candles(instrument: string): Subscription<'candles'> {
    return this.#subscriptions.add<'candles'>('candles', instrument, NOTHING_KEPT);
  }

  heartbeat(instrument: string): Subscription<'heartbeat'> {
    return this.#subscriptions.add<'heartbeat'>('heartbeat', instrument, NOTHING_KEPT);
  }

  /** Ends the connection, all subscriptions, and all requests under way, as if their deadline had come. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
    this.#subscriptions.close();
    this.#requests.close();
    this.#listeners.clear();
  }

  #opened(): void {
    // First what protects the orders that come after it.
    this.orders.restore((error) => this.#report(error));
    this.#requests.opened();
    this.#subscriptions.opened();
    this.#listeners.tell('connected');
  }

  #lost(how: Disconnected): void {
    this.#requests.lost();
    this.#subscriptions.lost();
    this.#listeners.tell('disconnected', how);
  }

  #received(data: unknown): void {
    try {
      this.#take(readRecord(data));
    } catch (error) {
      // What was lost with it, the next message's prev_sequence or an unanswered request will show.
      this.#report(error);
    }
  }

  #take(record: JsonRecord): void {
    if (record.id === null) throw new RingbookError(readProblem(record.error));
    if (record.id !== undefined) this.#requests.answered(record);
    else if (!this.#subscriptions.receive(record)) this.#takeRest(record);
  }

  #takeRest({ type, error }: JsonRecord): void {
    if (type === 'error') throw new RingbookError(readProblem(error));
    // Another answer comes too late to matter; of what a later server may say besides nothing is known here.
    if (type !== 'pong' && type !== 'subscriptions') throw new ProtocolError(`an unknown message: ${String(type)}`);
  }

  #report(error: unknown): void {
    if (!this.#closed) this.#listeners.tell('error', error instanceof Error ? error : new Error(String(error)));
  }

  #ask(request: JsonRecord): number {
    const req_id = ++this.#requestIds;
    return this.#send({ ...request, req_id }) ? req_id : 0;
  }

  #send(message: JsonRecord): boolean {
    return this.#connection.send(JSON.stringify(message));
  }
}
