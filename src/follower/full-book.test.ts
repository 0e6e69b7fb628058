// The query desk's copies of all resting orders, through its rings: whole and in order as the reference engine has them,
// of one moment while commands go on, shared, few, and freed.

import { beforeEach, describe, expect, it } from 'vitest';
import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { ReferenceEngine } from '../domain/reference/reference-engine.ts';
import { NO_COMMAND } from '../domain/reference/reference-types.ts';
import { createClock } from '../runtime/clock.ts';
import { Doorbell } from '../shared-memory/doorbell.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { commandOf } from '../sim/testing/commands.ts';
import { Random } from '../sim/testing/random.ts';
import { BookChecksum } from '../wire/book-checksum.ts';
import * as F from '../wire/full-book-codec.ts';
import * as Q from '../wire/query-codec.ts';
import { type Archive, QueryDesk } from './query-desk.ts';
import { RecentOrders } from './recent-orders.ts';
import { RecentTrades } from './recent-trades.ts';

const RING_BYTES = 2 ** 16;
const [BTC] = DEFAULT_INSTRUMENTS;
const INSTRUMENTS = [BTC, { ...BTC, name: 'ETH-USD', base: 'ETH' }];
const TIME_US = 1_777e12;

interface Page {
  readonly status: number;
  readonly sequence: number;
  readonly timeUs: number;
  readonly total: number;
  readonly checksum: string;
  /** `number side price lots created` */
  readonly orders: string[];
}

function messageRing(): MessageRing {
  return MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(RING_BYTES)), RING_BYTES);
}

class Rig {
  readonly engine = new Engine(INSTRUMENTS, SILENT_LISTENER);
  readonly reference = new ReferenceEngine(INSTRUMENTS);
  nowMs = 0;
  readonly #channel = {
    queries: messageRing(),
    answers: messageRing(),
    doorbell: new Doorbell(new Int32Array(new SharedArrayBuffer(64)), 0),
  };
  readonly #desk: QueryDesk;

  constructor() {
    const notAsked = () => Promise.reject(new Error('not asked'));
    const archive: Archive = {
      ...{ findOrder: notAsked, tradesRange: notAsked, tradesBefore: notAsked },
      ...{ settlements: notAsked, settlement: notAsked },
    };
    const clock = createClock({ wallMs: () => 0, stopwatchMs: () => this.nowMs });
    const context = { channels: [this.#channel], archive, clock, readTimeoutMs: 1_000 };
    this.#desk = new QueryDesk(context, this.engine, new RecentOrders(8), new RecentTrades(8));
  }

  place(instrument: number, side: Side, price: number, quantity: number, display = 0, stopPrice = 0): void {
    const flags = stopPrice === 0 ? 0 : OrderFlag.STOP;
    const terms = { instrument, side, orderType: OrderType.LIMIT, timeInForce: TimeInForce.GTC, flags };
    this.#apply(
      { type: CommandType.NEW_ORDER, client: 'ann', ...terms, price, quantity, display, stopPrice },
      { ...terms, priceTicks: price, quantityLots: quantity, displayLots: display, stopPriceTicks: stopPrice },
    );
  }

  cancel(number: number): void {
    this.#apply({ type: CommandType.CANCEL_ORDER, target: number }, { targetOrder: number });
  }

  #apply(plain: Partial<typeof NO_COMMAND>, fields: Parameters<typeof commandOf>[1]): void {
    const { type = CommandType.NEW_ORDER, client = '' } = plain;
    const timeUs = TIME_US + this.engine.sequence;
    this.reference.apply(timeUs, { ...NO_COMMAND, ...plain });
    this.engine.apply(this.engine.sequence + 1, timeUs, commandOf(type, fields, client));
  }

  ask(instrument: number, limit: number, read = 0, sequence = -1): void {
    const { queries } = this.#channel;
    const bodyBytes = sequence < 0 ? 0 : 8;
    const at = queries.claim(Q.QueryType.FULL_BOOK, Q.QUERY_BYTES + bodyBytes);
    queries.view.setUint16(at + Q.QUERY_INSTRUMENT, instrument, true);
    queries.view.setFloat64(at + Q.QUERY_MIN_SEQUENCE, 0, true);
    queries.view.setFloat64(at + Q.QUERY_NUMBER, read, true);
    queries.view.setUint32(at + Q.QUERY_LIMIT, limit, true);
    queries.view.setUint32(at + Q.QUERY_BODY_BYTES, bodyBytes, true);
    if (bodyBytes > 0) queries.view.setFloat64(at + Q.QUERY_BYTES, sequence, true);
    queries.commit();
  }

  /** What is answered after a turn of the desk. */
  answers(): Page[] {
    this.#desk.doWork();
    const { bytes, view } = this.#channel.answers;
    const pages: Page[] = [];
    this.#channel.answers.read((_type, offset, length) => {
      const body = offset + Q.ANSWER_BODY;
      const status = view.getUint16(offset + Q.ANSWER_STATUS, true);
      const isPage = status === Q.AnswerStatus.OK;
      const checksum = new BookChecksum();
      if (isPage) {
        checksum.lane0 = view.getUint32(body + F.FULL_BOOK_LANE_0, true);
        checksum.lane1 = view.getUint32(body + F.FULL_BOOK_LANE_1, true);
      }
      const orders: string[] = [];
      for (let at = body + F.FULL_BOOK_ORDERS; at < offset + length; at += F.RESTING_BYTES) {
        const at64 = (field: number) => view.getFloat64(at + field, true);
        const [number, price, lots] = [F.RESTING_NUMBER, F.RESTING_PRICE_TICKS, F.RESTING_LOTS].map(at64);
        const side = bytes[at + F.RESTING_SIDE];
        orders.push(`${number} ${side} ${price} ${lots} ${at64(F.RESTING_CREATED_US) - TIME_US}`);
      }
      expect(view.getUint16(offset + Q.ANSWER_COUNT, true)).toBe(orders.length);
      pages.push({
        status,
        sequence: view.getFloat64(offset + Q.ANSWER_SEQUENCE, true),
        timeUs: view.getFloat64(offset + Q.ANSWER_TIME_US, true),
        total: isPage ? view.getFloat64(body + F.FULL_BOOK_TOTAL, true) : 0,
        checksum: checksum.text(),
        orders,
      });
    }, 100);
    return pages;
  }

  page(instrument: number, limit: number, read = 0, sequence = -1): Page {
    this.ask(instrument, limit, read, sequence);
    const pages = this.answers();
    expect(pages).toHaveLength(1);
    return pages[0];
  }

  /** The reference engine's book in the same words. */
  expected(instrument: number): string[] {
    const { bids, asks } = this.reference.markets[instrument];
    return [...bids, ...asks].map(
      ({ number, side, price, open, createdUs }) => `${number} ${side} ${price} ${open} ${createdUs - TIME_US}`,
    );
  }

  /** Of the level-two book. */
  checksum(instrument: number): string {
    const checksum = new BookChecksum();
    for (const side of [Side.BUY, Side.SELL]) {
      this.engine.forEachLevel(instrument, side, (price, lots) => checksum.change(side, price, 0, lots));
    }
    return checksum.text();
  }

  /** Orders and icebergs that rest, trade and are cancelled. */
  trade(seed: number, commands: number): void {
    const random = new Random(seed);
    for (let i = 0; i < commands; i++) {
      if (random.below(5) === 0) this.cancel(1 + random.below(this.engine.sequence + 1));
      else {
        const side = random.pick([Side.BUY, Side.SELL]);
        const price = 7_000_000 + (side === Side.BUY ? -100 : 100) * random.below(10) + 100 * random.below(3);
        const quantity = 100_000 * (1 + random.below(9));
        const stop = random.below(6) === 0 ? 7_000_000 + (side === Side.BUY ? 50_000 : -50_000) : 0;
        this.place(random.below(2), side, price, quantity, random.below(3) === 0 ? 100_000 : 0, stop);
      }
    }
  }

  /** As many orders at as many prices. */
  fill(instrument: number, orders: number): void {
    for (let i = 1; i <= orders; i++) this.place(instrument, Side.BUY, 100 * i, 100_000);
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

describe('a copy of the book', () => {
  it('is what the reference engine has, displayed parts alone, with the checksum of its levels', () => {
    let icebergs = 0;
    let stops = 0;
    for (const seed of [1, 2, 3]) {
      rig.trade(seed, 300);
      for (const instrument of [0, 1]) {
        const { orders, total, checksum, sequence, timeUs } = rig.page(instrument, F.FULL_BOOK_PAGE_MAX);
        expect(orders).toEqual(rig.expected(instrument));
        expect([total, sequence, timeUs]).toEqual([orders.length, rig.engine.sequence, rig.engine.timeUs]);
        expect(checksum).toBe(rig.checksum(instrument));
        expect(total).toBeGreaterThan(20);
        const { bids, stops: waiting } = rig.reference.markets[instrument];
        stops += waiting.length;
        icebergs += bids.filter(
          ({ display, open, quantity, executed }) => display > 0 && open < quantity - executed,
        ).length;
      }
    }
    expect(icebergs).toBeGreaterThan(5);
    expect(stops).toBeGreaterThan(5);
  });

  it('is the same of an instrument that has few of the orders', () => {
    rig.fill(0, 40);
    for (const price of [300, 200, 300, 200]) rig.place(1, Side.BUY, price, 100_000);
    rig.place(1, Side.SELL, 500, 300_000, 100_000);
    expect(rig.page(1, 10).orders).toEqual(rig.expected(1));
    const { sequence } = rig.page(1, 2);
    expect(rig.page(1, 3, 2, sequence).orders).toEqual(rig.expected(1).slice(2));
  });

  it('sums up to the level-two book', () => {
    rig.trade(4, 400);
    const sums = new Map<string, number>();
    for (const order of rig.page(0, F.FULL_BOOK_PAGE_MAX).orders) {
      const [, side, price, lots] = order.split(' ');
      sums.set(`${side} ${price}`, (sums.get(`${side} ${price}`) ?? 0) + Number(lots));
    }
    const levels = new Map<string, number>();
    for (const side of [Side.BUY, Side.SELL]) {
      rig.engine.forEachLevel(0, side, (price, lots) => {
        levels.set(`${side} ${price}`, lots);
      });
    }
    expect([...sums]).toEqual([...levels]);
  });

  it('of an empty book is empty', () => {
    expect(rig.page(1, 10)).toMatchObject({ status: Q.AnswerStatus.OK, total: 0, orders: [], sequence: 0, timeUs: 0 });
  });

  it('is read page by page, of one moment, while commands go on', () => {
    rig.trade(5, 300);
    const expected = rig.expected(0);
    const { sequence } = rig.engine;
    const first = rig.page(0, 7);
    const orders = [...first.orders];
    while (orders.length < first.total) {
      rig.trade(orders.length, 5);
      const page = rig.page(0, 7, orders.length, first.sequence);
      expect({ ...page, orders: [] }).toEqual({ ...first, orders: [] });
      orders.push(...page.orders);
    }
    expect(orders).toEqual(expected);
    expect(first.sequence).toBe(sequence);
    // Read to its end it is freed.
    expect(rig.page(0, 7, 7, sequence).status).toBe(Q.AnswerStatus.NOT_FOUND);
  });

  it('is shared by those who begin at the same sequence, until all have read it', () => {
    rig.fill(0, 20);
    const first = rig.page(0, 10);
    expect(rig.page(0, 10)).toEqual(first);
    rig.cancel(1);
    expect(rig.page(0, 10, 10, first.sequence).orders).toHaveLength(10);
    expect(rig.page(0, 10, 10, first.sequence).orders).toHaveLength(10);
    expect(rig.page(0, 10, 10, first.sequence).status).toBe(Q.AnswerStatus.NOT_FOUND);
  });

  it('waits while two others are read, and is made when one of them is finished', () => {
    rig.fill(0, 20);
    const first = rig.page(0, 10);
    rig.fill(1, 20);
    rig.page(1, 10);
    rig.cancel(1);
    rig.ask(0, 10);
    expect(rig.answers()).toEqual([]);
    // A book that fits a page needs no copy that is kept.
    expect(rig.page(1, 20).orders).toHaveLength(20);
    rig.page(0, 10, 10, first.sequence);
    expect(rig.answers()).toMatchObject([{ status: Q.AnswerStatus.OK, total: 19, sequence: rig.engine.sequence }]);
  });

  it('is answered as behind when the others are read for too long', () => {
    rig.fill(0, 20);
    for (const _ of [1, 2]) {
      rig.page(0, 10);
      rig.cancel(1);
    }
    rig.ask(0, 10);
    expect(rig.answers()).toEqual([]);
    rig.nowMs = 1_500;
    expect(rig.answers()).toMatchObject([{ status: Q.AnswerStatus.BEHIND }]);
  });

  it('is freed when nobody has read on for a while', () => {
    rig.fill(0, 20);
    const { sequence } = rig.page(0, 10);
    rig.nowMs = 2_000;
    expect(rig.page(0, 5, 10, sequence).status).toBe(Q.AnswerStatus.OK);
    rig.nowMs = 4_500;
    expect(rig.page(0, 2, 15, sequence).status).toBe(Q.AnswerStatus.OK);
    rig.nowMs = 8_000;
    expect(rig.page(0, 5, 15, sequence).status).toBe(Q.AnswerStatus.NOT_FOUND);
  });
});

it('an answer that waited for room keeps the sequence it is of', () => {
  rig.fill(0, 700);
  const { sequence, timeUs } = rig.engine;
  // Three pages are more than the ring of answers holds.
  for (let i = 0; i < 3; i++) rig.ask(0, 700);
  expect(rig.answers()).toHaveLength(2);
  rig.cancel(1);
  const [held] = rig.answers();
  expect(held).toMatchObject({ sequence, timeUs, total: 700 });
});
