// The snapshots of /ws that the follower makes: the follower's answers in, messages out, and what clients read in them.

import { beforeEach, describe, expect, it } from 'vitest';
import { Side } from '../../domain/codes.ts';
import { Engine } from '../../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { type Archive, QueryDesk } from '../../follower/query-desk.ts';
import { RecentOrders } from '../../follower/recent-orders.ts';
import { RecentTrades } from '../../follower/recent-trades.ts';
import { createClock } from '../../runtime/clock.ts';
import { Doorbell } from '../../shared-memory/doorbell.ts';
import { MessageRing } from '../../shared-memory/message-ring.ts';
import { limitOrder } from '../../sim/testing/commands.ts';
import { type BinaryMessage, decodeServerFrame } from '../../wire/binary-server-frame.ts';
import { BookChecksum } from '../../wire/book-checksum.ts';
import { SnapshotReason } from '../../wire/feed-codec.ts';
import { FULL_BOOK_PAGE_MAX } from '../../wire/full-book-codec.ts';
import { InstrumentList } from '../../wire/instrument-list.ts';
import { IdKind, PublicIds } from '../../wire/public-id.ts';
import * as Q from '../../wire/query-codec.ts';
import { checkWsMessage } from '../../wire/testing/check-ws-message.ts';
import type { Answer, Question } from '../queries.ts';
import { RecordJson } from '../record-json.ts';
import { BinaryFullBook } from './binary-full-book.ts';
import { fullBookQuestion, hasMoreOrders, SnapshotJson } from './snapshot-json.ts';

const TIME_US = 1_777_689_371_123_456;
const JOURNAL = '123456789abcdef0';
const RING_BYTES = 2 ** 21;
const [BTC] = DEFAULT_INSTRUMENTS;
const ids = new PublicIds(0x1234_5678, 0x9abc_def0);
const list = { current: new InstrumentList([BTC]) };

type Asked = Pick<Question, 'type' | 'instrument' | 'lastInstrument' | 'number' | 'limit' | 'text'>;

function messageRing(): MessageRing {
  return MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(RING_BYTES)), RING_BYTES);
}

class Rig {
  readonly engine = new Engine([BTC], SILENT_LISTENER);
  readonly snapshots = new SnapshotJson(list, ids, new RecordJson(list, ids), JOURNAL);
  readonly binary = new BinaryFullBook(0x1234_5678, 0x9abc_def0);
  readonly #queries = messageRing();
  readonly #answers = messageRing();
  readonly #desk: QueryDesk;

  constructor() {
    const notAsked = () => Promise.reject(new Error('not asked'));
    const archive: Archive = {
      ...{ findOrder: notAsked, tradesRange: notAsked, tradesBefore: notAsked },
      ...{ settlements: notAsked, settlement: notAsked },
    };
    const doorbell = new Doorbell(new Int32Array(new SharedArrayBuffer(64)), 0);
    const channels = [{ queries: this.#queries, answers: this.#answers, doorbell }];
    const context = { channels, archive, clock: createClock(), readTimeoutMs: 1_000 };
    this.#desk = new QueryDesk(context, this.engine, new RecentOrders(8), new RecentTrades(8));
  }

  place(side: Side, price: number, lots: number, display = 0): void {
    const { sequence } = this.engine;
    this.engine.apply(sequence + 1, TIME_US + sequence, limitOrder('me', side, price, lots, { displayLots: display }));
  }

  /** Hands the answer to `take`, as a gateway does. */
  ask(asked: Asked, take: (answer: Answer) => void): void {
    const text = asked.text ?? new Uint8Array(0);
    const { view, bytes } = this.#queries;
    const at = this.#queries.claim(asked.type, Q.QUERY_BYTES + text.length);
    view.setUint16(at + Q.QUERY_INSTRUMENT, asked.instrument ?? 0, true);
    view.setUint16(at + Q.QUERY_LAST_INSTRUMENT, asked.lastInstrument ?? 0, true);
    view.setFloat64(at + Q.QUERY_MIN_SEQUENCE, this.engine.sequence, true);
    view.setFloat64(at + Q.QUERY_NUMBER, asked.number ?? 0, true);
    view.setUint32(at + Q.QUERY_LIMIT, asked.limit ?? 0, true);
    view.setUint32(at + Q.QUERY_BODY_BYTES, text.length, true);
    bytes.set(text, at + Q.QUERY_BYTES);
    this.#queries.commit();
    this.#desk.doWork();
    const taken = this.#answers.read((_type, offset, length) => {
      const { bytes, view } = this.#answers;
      expect(view.getUint16(offset + Q.ANSWER_STATUS, true)).toBe(Q.AnswerStatus.OK);
      take({
        ...{ bytes, view, body: offset + Q.ANSWER_BODY, end: offset + length },
        count: view.getUint16(offset + Q.ANSWER_COUNT, true),
        sequence: view.getFloat64(offset + Q.ANSWER_SEQUENCE, true),
        timeUs: view.getFloat64(offset + Q.ANSWER_TIME_US, true),
      });
    }, 1);
    expect(taken).toBe(1);
  }

  /** The parts of a snapshot of `full`. `between` happens after each page. */
  full(between: () => void = () => {}): Message[] {
    const parts: Message[] = [];
    this.#pages(between, (answer, read) =>
      parts.push(parsed(this.snapshots.full(answer, 0, SnapshotReason.SUBSCRIBED, read), 'fullSnapshot')),
    );
    return parts;
  }

  /** The same in binary. */
  fullBinary(between: () => void = () => {}): BinaryMessage[] {
    const parts: BinaryMessage[] = [];
    this.#pages(between, (answer, read) => {
      const { messages, fault } = decodeServerFrame(this.binary.full(answer, 0, SnapshotReason.TOO_OLD, read));
      expect([messages.length, fault]).toEqual([1, '']);
      parts.push(...messages);
    });
    return parts;
  }

  #pages(between: () => void, take: (answer: Answer, read: number) => void): void {
    let read = 0;
    let sequence = 0;
    for (let more = true; more; between()) {
      this.ask(fullBookQuestion(0, read, sequence), (answer) => {
        take(answer, read);
        more = hasMoreOrders(answer, read);
        read += answer.count;
        sequence = answer.sequence;
      });
    }
  }

  user(reason: SnapshotReason): Message {
    const text = new TextEncoder().encode('me');
    let message: Message | undefined;
    this.ask({ type: Q.QueryType.CLIENT_ORDERS, lastInstrument: 65_535, limit: Q.ORDERS_LIMIT_MAX, text }, (answer) => {
      message = parsed(this.snapshots.user(answer, 'me', reason), 'userSnapshot');
    });
    return message ?? expect.fail('there is a snapshot');
  }

  checksum(): BookChecksum {
    const checksum = new BookChecksum();
    for (const side of [Side.BUY, Side.SELL]) {
      this.engine.forEachLevel(0, side, (price, lots) => checksum.change(side, price, 0, lots));
    }
    return checksum;
  }
}

type Message = Readonly<Record<string, unknown>> & { readonly orders: readonly unknown[] };

function parsed(bytes: Uint8Array, name: string): Message {
  const text = Buffer.from(bytes).toString();
  expect(checkWsMessage(text)).toBe(name);
  return JSON.parse(text);
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

describe('a snapshot of full', () => {
  it('is one message: bids, asks, each level in queue order, displayed parts', () => {
    rig.place(Side.SELL, 7_000_100, 30_000_000, 10_000_000);
    rig.place(Side.BUY, 6_999_900, 50_000_000);
    rig.place(Side.BUY, 7_000_000, 10_000_000);
    rig.place(Side.BUY, 7_000_000, 20_000_000);
    const id = (number: number) => ids.toString(IdKind.ORDER, number, TIME_US + number - 1);
    expect(rig.full()).toEqual([
      {
        ...{
          type: 'snapshot',
          channel: 'full',
          instrument: 'BTC-USD',
          sequence: 4,
          time: '2026-05-02T02:36:11.123459Z',
        },
        ...{ reason: 'subscribed', journal: JOURNAL, checksum: rig.checksum().text() },
        orders: [
          [id(3), 'buy', '70000.00', '0.10000000'],
          [id(4), 'buy', '70000.00', '0.20000000'],
          [id(2), 'buy', '69999.00', '0.50000000'],
          [id(1), 'sell', '70001.00', '0.10000000'],
        ],
      },
    ]);
  });

  it('of an empty book is empty', () => {
    expect(rig.full()).toMatchObject([{ sequence: 0, orders: [], checksum: '0000000000000000' }]);
  });

  it('comes in parts when it is long, all of one moment', () => {
    const total = 2 * FULL_BOOK_PAGE_MAX + 1;
    for (let i = 1; i <= total; i++) rig.place(Side.BUY, 100 * i, 100_000);
    const checksum = rig.checksum().text();
    const parts = rig.full(() => rig.place(Side.SELL, 100 * total, 100_000));
    expect(parts.map(({ more, orders }) => [more, orders.length])).toEqual([
      [true, FULL_BOOK_PAGE_MAX],
      [true, FULL_BOOK_PAGE_MAX],
      [undefined, 1],
    ]);
    for (const part of parts) expect(part).toMatchObject({ sequence: total, checksum });
    expect(new Set(parts.flatMap(({ orders }) => orders.map(String))).size).toBe(total);
  });
});

describe('a snapshot of full in binary', () => {
  it('is one message: bids, asks, each level in queue order, displayed parts', () => {
    rig.place(Side.SELL, 7_000_100, 30_000_000, 10_000_000);
    rig.place(Side.BUY, 6_999_900, 50_000_000);
    rig.place(Side.BUY, 7_000_000, 10_000_000);
    rig.place(Side.BUY, 7_000_000, 20_000_000);
    const { lane0, lane1 } = rig.checksum();
    expect(rig.fullBinary()).toEqual([
      {
        ...{ type: 'orders', channel: 5, instrument: 0, sequence: 4, timeUs: TIME_US + 3, more: false },
        ...{ reason: SnapshotReason.TOO_OLD, journal: JOURNAL, lane0, lane1 },
        bids: [
          [3, 7_000_000, 10_000_000],
          [4, 7_000_000, 20_000_000],
          [2, 6_999_900, 50_000_000],
        ],
        asks: [[1, 7_000_100, 10_000_000]],
      },
    ]);
  });

  it('of an empty book is empty', () => {
    expect(rig.fullBinary()).toMatchObject([{ sequence: 0, bids: [], asks: [], lane0: 0, lane1: 0, more: false }]);
  });

  it('comes in parts when it is long, all of one moment', () => {
    const bids = FULL_BOOK_PAGE_MAX + 1;
    for (let i = 1; i <= bids; i++) rig.place(Side.BUY, 100 * i, 100_000);
    for (let i = 1; i <= 2; i++) rig.place(Side.SELL, 100 * (bids + i), 100_000);
    const { lane0, lane1 } = rig.checksum();
    const parts = rig.fullBinary(() => rig.place(Side.BUY, 100 * (bids + 1), 100_000));
    expect(parts).toMatchObject([
      { sequence: bids + 2, lane0, lane1, more: true, asks: [] },
      { sequence: bids + 2, lane0, lane1, more: false, bids: [[1, 100, 100_000]], asks: { length: 2 } },
    ]);
    expect(parts[0]).toHaveProperty('bids.length', FULL_BOOK_PAGE_MAX);
  });
});

describe('a snapshot of user', () => {
  it('has the open orders as HTTP has them', () => {
    rig.place(Side.BUY, 7_000_000, 10_000_000);
    rig.place(Side.SELL, 7_100_000, 10_000_000);
    const snapshot = rig.user(SnapshotReason.TOO_OLD);
    expect(snapshot).toMatchObject({ client_id: 'me', sequence: 2, reason: 'too_old', journal: JOURNAL, next: null });
    expect(snapshot.time).toBe('2026-05-02T02:36:11.123457Z');
    expect(snapshot.orders).toMatchObject([{ price: '70000.00' }, { price: '71000.00' }]);
  });

  it('says where the others are when there are too many', () => {
    for (let i = 1; i <= Q.ORDERS_LIMIT_MAX + 1; i++) rig.place(Side.BUY, 100 * i, 100_000);
    const { orders, next } = rig.user(SnapshotReason.SUBSCRIBED);
    expect(orders).toHaveLength(Q.ORDERS_LIMIT_MAX);
    const last = ids.toString(IdKind.ORDER, Q.ORDERS_LIMIT_MAX, TIME_US + Q.ORDERS_LIMIT_MAX - 1);
    expect(next).toBe(`BTC-USD:${last}`);
  });
});
