// The query desk's answers that need an engine and a ledger both: live orders by instrument, and settlements that the
// ledger may not have yet. Real rings, a real engine, a ledger of the test's.

import { beforeEach, describe, expect, it } from 'vitest';
import { CommandType, OrderType, Side } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { createClock } from '../runtime/clock.ts';
import { Doorbell } from '../shared-memory/doorbell.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { ORDER_NUMBER, orderRecordLength } from '../wire/order-codec.ts';
import * as Q from '../wire/query-codec.ts';
import { type Archive, QueryDesk } from './query-desk.ts';
import { RecentOrders } from './recent-orders.ts';
import { RecentTrades } from './recent-trades.ts';

const RING_BYTES = 2 ** 20;
const [BTC] = DEFAULT_INSTRUMENTS;
const encoder = new TextEncoder();

function messageRing(): MessageRing {
  return MessageRing.create(new SharedArrayBuffer(MessageRing.bytesNeeded(RING_BYTES)), RING_BYTES);
}

class Rig {
  readonly engine = new Engine([BTC, { ...BTC, name: 'ETH-USD', base: 'ETH' }], SILENT_LISTENER);
  /** The cycles that the ledger has come to. */
  projected: object[] = [];
  stopwatchMs = () => 0;
  readonly #channel = {
    queries: messageRing(),
    answers: messageRing(),
    doorbell: new Doorbell(new Int32Array(new SharedArrayBuffer(64)), 0),
  };
  readonly #command = new Command();
  readonly #desk: QueryDesk;

  constructor() {
    const archive: Archive = {
      findOrder: () => Promise.reject(new Error('not asked')),
      tradesRange: () => Promise.reject(new Error('not asked')),
      tradesBefore: () => Promise.reject(new Error('not asked')),
      settlements: async () => ({ projected_sequence: 1, settlements: this.projected }),
      settlement: async (cycle) => this.projected[cycle - 1],
    };
    const clock = createClock({ wallMs: () => 0, stopwatchMs: () => this.stopwatchMs() });
    const context = { channels: [this.#channel], archive, clock, readTimeoutMs: 1_000 };
    this.#desk = new QueryDesk(context, this.engine, new RecentOrders(8), new RecentTrades(8));
  }

  apply(type: CommandType, client: string, changes: Partial<Command> = {}): void {
    const command = this.#command;
    const bytes = encoder.encode(client);
    const texts = { bytes, clientOffset: 0, clientLength: bytes.length, keyLength: 0 };
    Object.assign(command, new Command(), { type, ...texts, ...changes });
    this.engine.apply(this.engine.sequence + 1, this.engine.timeUs + 1, command);
  }

  place(client: string, instrument: number): void {
    const terms = { side: Side.BUY, orderType: OrderType.LIMIT, priceTicks: 100, quantityLots: 10 };
    this.apply(CommandType.NEW_ORDER, client, { instrument, ...terms });
  }

  /** The answer's status, count and body. */
  async ask(type: number, fields: { first?: number; last?: number; number?: number; limit?: number; text?: string }) {
    const { queries, answers } = this.#channel;
    const text = encoder.encode(fields.text ?? '');
    const at = queries.claim(type, Q.QUERY_BYTES + text.length);
    queries.view.setUint16(at + Q.QUERY_INSTRUMENT, fields.first ?? 0, true);
    queries.view.setUint16(at + Q.QUERY_LAST_INSTRUMENT, fields.last ?? 65_535, true);
    queries.view.setFloat64(at + Q.QUERY_MIN_SEQUENCE, this.engine.sequence, true);
    queries.view.setFloat64(at + Q.QUERY_NUMBER, fields.number ?? 0, true);
    queries.view.setUint32(at + Q.QUERY_LIMIT, fields.limit ?? 100, true);
    queries.view.setUint32(at + Q.QUERY_BODY_BYTES, text.length, true);
    queries.bytes.set(text, at + Q.QUERY_BYTES);
    queries.commit();
    this.#desk.doWork();
    // What comes from the ledger comes a few turns of the microtask queue later.
    await new Promise((resolve) => setImmediate(resolve));
    let answer = { status: -1, count: 0, body: Buffer.alloc(0) };
    answers.read((_type, offset, length) => {
      const status = answers.view.getUint16(offset + Q.ANSWER_STATUS, true);
      const count = answers.view.getUint16(offset + Q.ANSWER_COUNT, true);
      answer = { status, count, body: Buffer.from(answers.bytes.slice(offset + Q.ANSWER_BODY, offset + length)) };
    }, 1);
    return answer;
  }

  /** The statuses of as many questions about order 1: after one turn, and after as many turns as there are questions. */
  async askAtOnce(type: number, count: number): Promise<{ first: number[]; all: number[] }> {
    const { queries } = this.#channel;
    for (let k = 0; k < count; k++) {
      const at = queries.claim(type, Q.QUERY_BYTES);
      queries.view.setFloat64(at + Q.QUERY_MIN_SEQUENCE, 0, true);
      queries.view.setFloat64(at + Q.QUERY_NUMBER, 1, true);
      queries.view.setUint32(at + Q.QUERY_BODY_BYTES, 0, true);
      queries.commit();
    }
    this.#desk.doWork();
    const first = this.#statuses();
    for (let turn = 0; turn < count; turn++) this.#desk.doWork();
    return { first, all: [...first, ...this.#statuses()] };
  }

  #statuses(): number[] {
    const { answers } = this.#channel;
    const statuses: number[] = [];
    answers.read((_type, offset) => statuses.push(answers.view.getUint16(offset + Q.ANSWER_STATUS, true)), 100);
    return statuses;
  }

  async orders(fields: Parameters<Rig['ask']>[1]): Promise<number[]> {
    const { status, count, body } = await this.ask(Q.QueryType.CLIENT_ORDERS, { text: 'alice', ...fields });
    const numbers: number[] = [];
    for (let at = 0; at < body.length; at += orderRecordLength(body, at))
      numbers.push(body.readDoubleLE(at + ORDER_NUMBER));
    expect([status, count]).toEqual([Q.AnswerStatus.OK, numbers.length]);
    return numbers;
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

describe("a client's live orders", () => {
  it('come by instrument, then number, a part at a time', async () => {
    for (const instrument of [1, 0, 1, 0, 1]) rig.place('alice', instrument);
    rig.place('bob', 0);
    rig.apply(CommandType.CANCEL_ORDER, '', { targetOrder: 3 });
    expect(await rig.orders({})).toEqual([2, 4, 1, 5]);
    expect(await rig.orders({ limit: 3 })).toEqual([2, 4, 1]);
    expect(await rig.orders({ first: 1, last: 1 })).toEqual([1, 5]);
    expect(await rig.orders({ first: 0, last: 0 })).toEqual([2, 4]);
    expect(await rig.orders({ number: 2 })).toEqual([4, 1, 5]);
    expect(await rig.orders({ first: 1, number: 1 })).toEqual([5]);
    // Behind a closed one, behind one of another instrument, and behind the last.
    expect(await rig.orders({ first: 1, number: 3 })).toEqual([5]);
    expect(await rig.orders({ first: 1, number: 4 })).toEqual([5]);
    expect(await rig.orders({ first: 1, number: 5 })).toEqual([]);
    expect(await rig.orders({ text: 'nobody' })).toEqual([]);
  });
});

describe('settlements', () => {
  it('are told with how many there are and how far the ledger has come', async () => {
    rig.place('alice', 0);
    rig.apply(CommandType.CLOSE_SETTLEMENT, '');
    const { status, body } = await rig.ask(Q.QueryType.SETTLEMENTS, {});
    expect(status).toBe(Q.AnswerStatus.OK);
    const facts = { sequence: 2, closed_cycles: 1, projected_sequence: 1, settlements: [] };
    expect(JSON.parse(body.toString())).toEqual(facts);
  });

  it('are behind while the ledger has not come to them, and not found when there are none', async () => {
    rig.apply(CommandType.CLOSE_SETTLEMENT, '');
    expect((await rig.ask(Q.QueryType.SETTLEMENT, { number: 2 })).status).toBe(Q.AnswerStatus.NOT_FOUND);
    expect((await rig.ask(Q.QueryType.SETTLEMENT, { number: 1 })).status).toBe(Q.AnswerStatus.BEHIND);
    rig.projected = [{ cycle: 1 }];
    const { status, body } = await rig.ask(Q.QueryType.SETTLEMENT, { number: 1 });
    expect([status, JSON.parse(body.toString())]).toEqual([Q.AnswerStatus.OK, { cycle: 1 }]);
  });
});

it('answers for a few milliseconds, and the rest in its next turns', async () => {
  rig.place('alice', 0);
  let nowMs = 0;
  rig.stopwatchMs = () => {
    nowMs += 3; // each look at the clock
    return nowMs;
  };
  const statuses = await rig.askAtOnce(Q.QueryType.ORDER, 4);
  expect(statuses.first.length).toBeGreaterThan(0);
  expect(statuses.first.length).toBeLessThan(4);
  expect(statuses.all).toEqual([Q.AnswerStatus.OK, Q.AnswerStatus.OK, Q.AnswerStatus.OK, Q.AnswerStatus.OK]);
});
