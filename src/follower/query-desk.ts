// Answers reads: takes questions from each gateway's query ring, waits until the follower has reached the asked
// sequence, answers from memory or from the archive, and never blocks. Owned by the follower, on its thread.

import { assert } from '../assert.ts';
import type { Engine } from '../domain/engine.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import type { Receive } from '../shared-memory/record.ts';
import {
  FULL_BOOK_LANE_0,
  FULL_BOOK_LANE_1,
  FULL_BOOK_ORDERS,
  FULL_BOOK_PAGE_MAX,
  FULL_BOOK_TOTAL,
  RESTING_BYTES,
} from '../wire/full-book-codec.ts';
import { encodeOrder, ORDER_RECORD_BYTES_MAX } from '../wire/order-codec.ts';
import {
  ANSWER_BODY,
  ANSWER_COUNT,
  ANSWER_REQUEST_ID,
  ANSWER_SEQUENCE,
  ANSWER_STATUS,
  ANSWER_TIME_US,
  AnswerStatus,
  ORDERS_LIMIT_MAX,
  QUERY_BODY_BYTES,
  QUERY_BYTES,
  QUERY_INSTRUMENT,
  QUERY_LAST_INSTRUMENT,
  QUERY_LIMIT,
  QUERY_MIN_SEQUENCE,
  QUERY_NUMBER,
  QUERY_REQUEST_ID,
  QueryType,
  TRADES_LIMIT_MAX,
} from '../wire/query-codec.ts';
import { TRADE_RECORD_BYTES_MAX } from '../wire/trade-codec.ts';
import { AccountAnswers } from './account-answers.ts';
import { BookCopies } from './book-copies.ts';
import type { BookCopy } from './book-copy.ts';
import type { RecentOrders } from './recent-orders.ts';
import type { RecentTrades } from './recent-trades.ts';

/** What has left memory: the ledger's to tell. Rejects when the ledger is not to be had. */
export interface Archive {
  /** The order record of a closed order, undefined when there is none. */
  findOrder(orderNumber: number): Promise<Uint8Array | undefined>;
  /** Trade records by number, ascending. */
  tradesRange(first: number, count: number): Promise<readonly Uint8Array[]>;
  /** Trade records of an instrument with numbers below `before`, newest first. */
  tradesBefore(instrument: number, before: number, count: number): Promise<readonly Uint8Array[]>;
  /** The newest settlement cycles, newest first, and up to which sequence the ledger holds them. */
  settlements(limit: number): Promise<{ readonly projected_sequence: number; readonly settlements: readonly object[] }>;
  /**
   * A closed settlement cycle with its obligations, of one client when its id is not ''; undefined while the ledger has
   * not come to its end.
   */
  settlement(cycle: number, clientId: string): Promise<object | undefined>;
}

/** One gateway's pair of rings. */
export interface QueryChannel {
  readonly queries: MessageRing;
  readonly answers: MessageRing;
  readonly doorbell: Doorbell;
}

export interface QueryDeskContext {
  readonly channels: readonly QueryChannel[];
  readonly archive: Archive;
  readonly clock: Clock;
  readonly readTimeoutMs: number;
}

interface Query {
  readonly channel: QueryChannel;
  readonly type: number;
  readonly requestId: number;
  readonly instrument: number;
  readonly lastInstrument: number;
  readonly minSequence: number;
  readonly number: number;
  readonly limit: number;
  /** What followed the fixed part, copied. */
  readonly text: Uint8Array;
  readonly deadlineUs: number;
}

/** Between two commands. */
interface Moment {
  readonly sequence: number;
  readonly timeUs: number;
}

/** An answer, which is held when its ring has no room yet. */
interface HeldAnswer extends Moment {
  readonly query: Query;
  readonly status: number;
  readonly count: number;
  readonly body: Uint8Array;
}

const QUERIES_PER_TURN = 64;
/** The longest answer from the engine and from memory. */
const SCRATCH_BYTES = Math.max(
  TRADES_LIMIT_MAX * TRADE_RECORD_BYTES_MAX,
  ORDERS_LIMIT_MAX * ORDER_RECORD_BYTES_MAX,
  FULL_BOOK_ORDERS + FULL_BOOK_PAGE_MAX * RESTING_BYTES,
);
const TURN_US = 5_000;
const NO_BODY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class QueryDesk {
  readonly #context: QueryDeskContext;
  readonly #engine: Engine;
  readonly #orders: RecentOrders;
  readonly #trades: RecentTrades;
  readonly #accounts: AccountAnswers;
  readonly #copies: BookCopies;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #scratchView = new DataView(this.#scratch.buffer);
  readonly #scratchWords = new Float64Array(this.#scratch.buffer);
  readonly #inboxes: readonly { channel: QueryChannel; receive: Receive }[];
  #waiting: Query[] = [];
  #held: HeldAnswer[] = [];
  /** Questions that ran into their deadline before the follower got there. */
  behind = 0;
  answered = 0;

  constructor(context: QueryDeskContext, engine: Engine, orders: RecentOrders, trades: RecentTrades) {
    this.#context = context;
    this.#engine = engine;
    this.#orders = orders;
    this.#trades = trades;
    this.#accounts = new AccountAnswers(engine);
    this.#copies = new BookCopies(engine);
    this.#inboxes = context.channels.map((channel) => ({
      channel,
      receive: (type, offset, lengthBytes) => this.#take(channel, type, offset, lengthBytes),
    }));
  }

  /** One turn. Returns how many questions and answers moved. */
  doWork(): number {
    if (this.#copies.count > 0) this.#copies.sweep(this.#context.clock.monotonicUs());
    let work = this.#sendHeld();
    for (const { channel, receive } of this.#inboxes) work += channel.queries.read(receive, QUERIES_PER_TURN);
    return work + this.#answerWaiting();
  }

  /** True while a question waits for the follower or for the clock. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#held.length > 0;
  }

  #take(channel: QueryChannel, type: number, offset: number, lengthBytes: number): void {
    const { bytes, view } = channel.queries;
    const textBytes = view.getUint32(offset + QUERY_BODY_BYTES, true);
    const limitMax = type === QueryType.FULL_BOOK ? FULL_BOOK_PAGE_MAX : TRADES_LIMIT_MAX;
    assert(lengthBytes === QUERY_BYTES + textBytes, 'a query has the length it says');
    this.#waiting.push({
      channel,
      type,
      requestId: view.getUint32(offset + QUERY_REQUEST_ID, true),
      instrument: view.getUint16(offset + QUERY_INSTRUMENT, true),
      lastInstrument: view.getUint16(offset + QUERY_LAST_INSTRUMENT, true),
      minSequence: view.getFloat64(offset + QUERY_MIN_SEQUENCE, true),
      number: view.getFloat64(offset + QUERY_NUMBER, true),
      limit: Math.min(view.getUint32(offset + QUERY_LIMIT, true), limitMax),
      text: bytes.slice(offset + QUERY_BYTES, offset + QUERY_BYTES + textBytes),
      deadlineUs: this.#context.clock.monotonicUs() + this.#context.readTimeoutMs * 1_000,
    });
  }

  #answerWaiting(): number {
    if (this.#waiting.length === 0) return 0;
    const nowUs = this.#context.clock.monotonicUs();
    const sequence = this.#engine.sequence;
    // A dry run costs as much as the orders it meets: the thread's other agents get their turns between them.
    const isTurnOver = (): boolean => this.#context.clock.monotonicUs() - nowUs > TURN_US;
    const still: Query[] = [];
    let work = 0;
    for (const query of this.#waiting) {
      if (sequence >= query.minSequence && !isTurnOver() && this.#answer(query)) this.answered++;
      else if (nowUs >= query.deadlineUs) {
        this.behind++;
        this.#send(query, AnswerStatus.BEHIND, 0, NO_BODY);
      } else {
        still.push(query);
        continue;
      }
      work++;
    }
    this.#waiting = still;
    return work;
  }

  /** False: it has to wait for something else. */
  #answer(query: Query): boolean {
    if (query.type === QueryType.FULL_BOOK) return this.#answerFullBook(query);
    this.#answerAtOnce(query);
    return true;
  }

  #answerAtOnce(query: Query): void {
    switch (query.type) {
      case QueryType.ORDER:
        this.#answerOrder(query);
        break;
      case QueryType.TRADES:
        this.#answerNewestTrades(query);
        break;
      case QueryType.TRADE_RANGE:
        this.#answerTradeRange(query);
        break;
      case QueryType.POSITIONS:
        this.#sendText(query, this.#accounts.positions(query.text));
        break;
      case QueryType.BALANCES:
        this.#sendText(query, this.#accounts.balances(query.text));
        break;
      case QueryType.CLIENT_ORDERS:
        this.#answerClientOrders(query);
        break;
      case QueryType.DRY_RUN:
        this.#answerDryRun(query);
        break;
      case QueryType.SETTLEMENTS:
        this.#answerSettlements(query);
        break;
      case QueryType.SETTLEMENT:
        this.#answerSettlement(query);
        break;
      default:
        assert(false, `query type ${query.type} is known`);
    }
  }

  #answerOrder(query: Query): void {
    const { orders, clients } = this.#engine;
    const live = this.#engine.findOrder(query.number);
    const recent = live >= 0 ? -1 : this.#orders.find(query.number);
    if (live >= 0 || recent >= 0) {
      const rows = live >= 0 ? orders : this.#orders.rows;
      const row = live >= 0 ? live : recent;
      const length = encodeOrder(this.#scratch, this.#scratchView, 0, rows, row, clients);
      assert(length <= ORDER_RECORD_BYTES_MAX, 'an order record has its greatest length');
      this.#send(query, AnswerStatus.OK, 1, this.#scratch.subarray(0, length));
      return;
    }
    this.#fromArchive(
      query,
      this.#context.archive.findOrder(query.number).then((record) => (record ? [record] : [])),
    );
  }

  #answerClientOrders(query: Query): void {
    const { text, instrument: firstInstrument, lastInstrument, number: afterNumber } = query;
    const limit = Math.min(query.limit, ORDERS_LIMIT_MAX);
    const part = { firstInstrument, lastInstrument, afterNumber, limit };
    const { count, end } = this.#accounts.orders(text, part, this.#scratch, this.#scratchView);
    this.#send(query, AnswerStatus.OK, count, this.#scratch.subarray(0, end));
  }

  /** False: copies of other books are read, and this one waits until it may be copied. */
  #answerFullBook(query: Query): boolean {
    const { instrument, limit, number: read, text } = query;
    const nowUs = this.#context.clock.monotonicUs();
    const isFirst = text.length === 0;
    const sequence = isFirst ? 0 : new DataView(text.buffer, text.byteOffset).getFloat64(0, true);
    const copy = isFirst
      ? this.#copies.begin(instrument, limit, nowUs)
      : this.#copies.goOn(instrument, sequence, nowUs);
    if (copy !== undefined) this.#sendPage(query, copy, Math.min(limit, copy.total - read));
    else if (isFirst) return false;
    else this.#send(query, AnswerStatus.NOT_FOUND, 0, NO_BODY);
    return true;
  }

  #sendPage(query: Query, copy: BookCopy, count: number): void {
    const read = query.number;
    const view = this.#scratchView;
    view.setFloat64(FULL_BOOK_TOTAL, copy.total, true);
    view.setUint32(FULL_BOOK_LANE_0, copy.checksum.lane0, true);
    view.setUint32(FULL_BOOK_LANE_1, copy.checksum.lane1, true);
    copy.write(this.#scratchWords, FULL_BOOK_ORDERS / 8, read, count);
    const body = this.#scratch.subarray(0, FULL_BOOK_ORDERS + count * RESTING_BYTES);
    this.#send(query, AnswerStatus.OK, count, body, copy);
    if (read + count === copy.total) this.#copies.finish(copy);
  }

  #answerNewestTrades(query: Query): void {
    const trades = this.#trades;
    let end = 0;
    let count = 0;
    for (let n = trades.newestOf(query.instrument); n > 0 && count < query.limit; n = trades.before(n)) {
      end += trades.copyTo(n, this.#scratch, end);
      count++;
    }
    const found = this.#scratch.subarray(0, end);
    if (count === query.limit || trades.oldest === 1) this.#send(query, AnswerStatus.OK, count, found);
    else this.#addOlderTrades(query, count, found.slice());
  }

  /** Memory had too few: the ledger has those from before. */
  #addOlderTrades(query: Query, count: number, newer: Uint8Array): void {
    this.#context.archive.tradesBefore(query.instrument, this.#trades.oldest, query.limit - count).then(
      (older) => this.#send(query, AnswerStatus.OK, count + older.length, Buffer.concat([newer, ...older])),
      () => this.#send(query, AnswerStatus.UNAVAILABLE, 0, NO_BODY),
    );
  }

  #answerTradeRange(query: Query): void {
    const trades = this.#trades;
    const last = query.number + query.limit - 1;
    if (query.number < trades.oldest || last > trades.newest) {
      this.#fromArchive(query, this.#context.archive.tradesRange(query.number, query.limit));
      return;
    }
    let end = 0;
    for (let n = query.number; n <= last; n++) end += trades.copyTo(n, this.#scratch, end);
    this.#send(query, AnswerStatus.OK, query.limit, this.#scratch.subarray(0, end));
  }

  #fromArchive(query: Query, records: Promise<readonly Uint8Array[]>): void {
    records.then(
      (found) => {
        const body = Buffer.concat(found);
        this.#send(query, found.length > 0 ? AnswerStatus.OK : AnswerStatus.NOT_FOUND, found.length, body);
      },
      () => this.#send(query, AnswerStatus.UNAVAILABLE, 0, NO_BODY),
    );
  }

  /**
   * With what the engine knows and the ledger may not yet: how many cycles are closed, at which sequence. Looked up when
   * the ledger has answered, which is never ahead of the engine.
   */
  #answerSettlements(query: Query): void {
    const engine = this.#engine;
    const found = this.#context.archive.settlements(query.limit);
    this.#textFromArchive(
      query,
      found.then((facts) => ({ sequence: engine.sequence, closed_cycles: engine.settlementCycle, ...facts })),
    );
  }

  #answerDryRun(query: Query): void {
    const text = this.#accounts.dryRun(query.text, this.#context.clock.nowUs());
    if (text === undefined) this.#send(query, AnswerStatus.TOO_LARGE, 0, NO_BODY);
    else this.#sendText(query, text);
  }

  #answerSettlement(query: Query): void {
    const { archive } = this.#context;
    if (query.number > this.#engine.settlementCycle) this.#send(query, AnswerStatus.NOT_FOUND, 0, NO_BODY);
    else this.#textFromArchive(query, archive.settlement(query.number, decoder.decode(query.text)));
  }

  #textFromArchive(query: Query, facts: Promise<object | undefined>): void {
    facts.then(
      (found) => {
        if (found === undefined) this.#send(query, AnswerStatus.BEHIND, 0, NO_BODY);
        else this.#sendText(query, JSON.stringify(found));
      },
      () => this.#send(query, AnswerStatus.UNAVAILABLE, 0, NO_BODY),
    );
  }

  #sendText(query: Query, text: string): void {
    this.#send(query, AnswerStatus.OK, 1, encoder.encode(text));
  }

  /** Hands the answer over, or holds a copy until the ring has room. */
  #send(query: Query, status: number, count: number, body: Uint8Array, of: Moment = this.#engine): void {
    const { sequence, timeUs } = of;
    const answer = { query, status, count, body, sequence, timeUs };
    if (!this.#put(answer)) this.#held.push({ ...answer, body: body.slice() });
  }

  #sendHeld(): number {
    if (this.#held.length === 0) return 0;
    const before = this.#held.length;
    this.#held = this.#held.filter((answer) => !this.#put(answer));
    return before - this.#held.length;
  }

  #put({ query, status, count, body, sequence, timeUs }: HeldAnswer): boolean {
    const { answers, doorbell } = query.channel;
    const offset = answers.claim(query.type, ANSWER_BODY + body.length);
    if (offset < 0) return false;
    answers.view.setUint32(offset + ANSWER_REQUEST_ID, query.requestId, true);
    answers.view.setUint16(offset + ANSWER_STATUS, status, true);
    answers.view.setUint16(offset + ANSWER_COUNT, count, true);
    answers.view.setFloat64(offset + ANSWER_SEQUENCE, sequence, true);
    answers.view.setFloat64(offset + ANSWER_TIME_US, timeUs, true);
    answers.bytes.set(body, offset + ANSWER_BODY);
    answers.commit();
    doorbell.ring();
    return true;
  }
}
