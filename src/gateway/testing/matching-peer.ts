// The matching thread and the follower as a gateway sees them, for tests: the real engine behind the real rings, without journal
// or threads. An agent on the test's own thread. Owns its engine; answers only while told to.

import type { OrderRows } from '../../domain/book/order-rows.ts';
import { CommandType, Side } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { type EngineListener, OrderChange } from '../../domain/listener.ts';
import type { Agent } from '../../runtime/agent.ts';
import type { CommandRing } from '../../shared-memory/command-ring.ts';
import type { MessageRing } from '../../shared-memory/message-ring.ts';
import { encodeClientOrders } from '../../wire/client-orders.ts';
import { type CommandOrigin, decodeCommand, decodeOrigin } from '../../wire/command-codec.ts';
import * as F from '../../wire/full-book-codec.ts';
import { encodeOrder, ORDER_RECORD_BYTES_MAX, orderRecordLength } from '../../wire/order-codec.ts';
import * as Q from '../../wire/query-codec.ts';
import * as R from '../../wire/reply-codec.ts';
import { encodeTrade, TRADE_RECORD_BYTES_MAX } from '../../wire/trade-codec.ts';

interface Fill {
  readonly tradeNumber: number;
  readonly maker: number;
  readonly makerCreatedUs: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export class MatchingPeer implements Agent, EngineListener {
  readonly name = 'matching-peer';
  readonly engine: Engine;
  /** While false, commands stay in the ring. */
  answering = true;
  /** While false, questions stay in the ring. */
  reading = true;
  /** Answers every question with this AnswerStatus when set. */
  failReadsWith = 0;
  /** Orders of a page of all resting orders. */
  bookPageMax = 4_096;
  /** Books that were begun to be read. */
  booksBegun = 0;
  /** Commands taken from the ring. */
  taken = 0;
  /** The last question's least sequence. */
  leastSequence = -1;
  /** Where the last command came from. */
  readonly origin: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };

  readonly #commands: CommandRing;
  readonly #replies: MessageRing;
  readonly #queries: MessageRing;
  readonly #answers: MessageRing;
  readonly #command = new Command();
  readonly #trades: Uint8Array[] = [];
  #timeUs = 1_700_000_000_000_000;
  #kind = 0;
  #reason = 0;
  #resultSequence = 0;
  #firstTrade = 0;
  #tradesTotal = 0;
  #fills: Fill[] = [];
  #answered = 0;
  #order: Uint8Array = new Uint8Array(0);
  #value = 0;
  #book: Uint8Array[] = [];
  #bookSequence = 0;
  #pageOrders = 0;

  constructor(
    instruments: readonly Instrument[],
    rings: { commands: CommandRing; replies: MessageRing; queries: MessageRing; answers: MessageRing },
  ) {
    this.engine = new Engine(instruments, this);
    this.#commands = rings.commands;
    this.#replies = rings.replies;
    this.#queries = rings.queries;
    this.#answers = rings.answers;
  }

  doWork(): number {
    let work = 0;
    while (this.answering && this.#commands.available(1) > 0) {
      this.#apply();
      this.#commands.release(1);
      work++;
    }
    if (this.reading) work += this.#queries.read((type, offset) => this.#answer(type, offset), 64);
    return work;
  }

  maxIdleMs(): number {
    return 5;
  }

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const { orders, clients, sequence, timeUs } = this.engine;
    if (this.#tradesTotal++ === 0) this.#firstTrade = tradeNumber;
    const makerCreatedUs = orders.createdUs(maker);
    this.#fills.push({ tradeNumber, maker: orders.number(maker), makerCreatedUs, priceTicks, quantityLots });
    const record = new Uint8Array(TRADE_RECORD_BYTES_MAX);
    const facts = { tradeNumber, sequence, timeUs, priceTicks, quantityLots, fees: this.engine.tradeFees };
    const length = encodeTrade(record, new DataView(record.buffer), 0, facts, orders, maker, taker, clients);
    this.#trades.push(record.slice(0, length));
  }

  onOrder(change: OrderChange, order: number): void {
    if (change === OrderChange.FILLED || change === OrderChange.LIFTED) return;
    if (this.engine.orders.number(order) !== this.#answered) return;
    this.#kind = R.ReplyKind.APPLIED;
    this.#order = this.#encode(this.engine.orders, order);
  }

  onRefused(reason: number): void {
    this.#kind = R.ReplyKind.REFUSED;
    this.#reason = reason;
  }

  onReplayed(result: number): void {
    const { results } = this.engine;
    this.#kind = R.ReplyKind.REPLAYED;
    this.#resultSequence = results.sequence(result);
    this.#firstTrade = results.firstTrade(result);
    this.#tradesTotal = results.tradeCount(result);
    if (results.isValue(result)) this.#value = results.value(result);
    else this.#order = this.#encode(results.orders, result);
  }

  onApplied(value: number): void {
    this.#kind = R.ReplyKind.VALUE;
    this.#value = value;
  }

  onObligation(): void {}

  #apply(): void {
    const { bytes, view } = this.#commands;
    const slot = this.#commands.slotAt(0);
    decodeCommand(bytes, view, slot, this.#command);
    decodeOrigin(view, slot, this.origin);
    const sequence = this.engine.sequence + 1;
    this.taken++;
    this.#reason = 0;
    this.#resultSequence = sequence;
    this.#firstTrade = 0;
    this.#tradesTotal = 0;
    this.#fills = [];
    this.#order = new Uint8Array(0);
    this.#value = 0;
    const { type } = this.#command;
    const isNew = type === CommandType.NEW_ORDER || type === CommandType.REPLACE_ORDER;
    this.#answered = isNew ? sequence : this.#command.targetOrder;
    this.#timeUs += 1_000;
    this.engine.apply(sequence, this.#timeUs, this.#command);
    this.#reply(sequence);
  }

  #reply(sequence: number): void {
    const ring = this.#replies;
    const offset = ring.claim(R.ReplyType.COMMAND, R.REPLY_BYTES_MAX);
    if (offset < 0) throw new Error('no room for a reply');
    const { view, bytes } = ring;
    const fills = this.#fills.slice(0, R.FILLS_MAX);
    view.setUint32(offset + R.REPLY_REQUEST_ID, this.origin.requestId, true);
    view.setUint16(offset + R.REPLY_KIND, this.#kind, true);
    view.setUint16(offset + R.REPLY_REASON, this.#reason, true);
    view.setFloat64(offset + R.REPLY_RESULT_SEQUENCE, this.#resultSequence, true);
    view.setFloat64(offset + R.REPLY_SEQUENCE, sequence, true);
    // As durable as soon as it was received: all of its latency is the reply's.
    view.setFloat64(offset + R.REPLY_DURABLE_US, this.origin.receivedUs, true);
    view.setFloat64(offset + R.REPLY_DRAINED_US, this.origin.receivedUs, true);
    view.setFloat64(offset + R.REPLY_APPLIED_US, this.origin.receivedUs, true);
    view.setFloat64(offset + R.REPLY_FIRST_TRADE, this.#firstTrade, true);
    view.setUint32(offset + R.REPLY_TRADES_TOTAL, this.#tradesTotal, true);
    view.setUint16(offset + R.REPLY_FILLS, fills.length, true);
    view.setFloat64(offset + R.REPLY_VALUE, this.#value, true);
    view.setUint16(offset + R.REPLY_ORDER_BYTES, this.#order.length, true);
    bytes.set(this.#order, offset + R.REPLY_ORDER);
    let at = offset + R.REPLY_ORDER + this.#order.length;
    for (const fill of fills) {
      view.setFloat64(at + R.FILL_TRADE_NUMBER, fill.tradeNumber, true);
      view.setFloat64(at + R.FILL_MAKER_ORDER, fill.maker, true);
      view.setFloat64(at + R.FILL_MAKER_CREATED_US, fill.makerCreatedUs, true);
      view.setFloat64(at + R.FILL_PRICE_TICKS, fill.priceTicks, true);
      view.setFloat64(at + R.FILL_QUANTITY_LOTS, fill.quantityLots, true);
      at += R.FILL_BYTES;
    }
    ring.commit(at - offset);
  }

  #answer(type: number, offset: number): void {
    const { view } = this.#queries;
    const requestId = view.getUint32(offset + Q.QUERY_REQUEST_ID, true);
    const number = view.getFloat64(offset + Q.QUERY_NUMBER, true);
    const limit = view.getUint32(offset + Q.QUERY_LIMIT, true);
    this.leastSequence = view.getFloat64(offset + Q.QUERY_MIN_SEQUENCE, true);
    const isList = type === Q.QueryType.FULL_BOOK || type === Q.QueryType.TRADES || type === Q.QueryType.CLIENT_ORDERS;
    const records = this.failReadsWith > 0 ? [] : this.#records(type, number, limit, offset);
    const status = records.length > 0 || isList ? Q.AnswerStatus.OK : Q.AnswerStatus.NOT_FOUND;
    const book = type === Q.QueryType.FULL_BOOK;
    const body = book ? this.#bookPage(offset, number) : Buffer.concat(records);
    const at = this.#answers.claim(type, Q.ANSWER_BODY + body.length);
    if (at < 0) throw new Error('no room for an answer');
    const out = this.#answers.view;
    out.setUint32(at + Q.ANSWER_REQUEST_ID, requestId, true);
    out.setUint16(at + Q.ANSWER_STATUS, this.failReadsWith > 0 ? this.failReadsWith : status, true);
    out.setUint16(at + Q.ANSWER_COUNT, book ? this.#pageOrders : records.length, true);
    out.setFloat64(at + Q.ANSWER_SEQUENCE, book ? this.#bookSequence : this.engine.sequence, true);
    out.setFloat64(at + Q.ANSWER_TIME_US, this.engine.timeUs, true);
    this.#answers.bytes.set(body, at + Q.ANSWER_BODY);
    this.#answers.commit();
  }

  /** The newest copy alone; a page of an older one cannot be had. */
  #bookPage(offset: number, read: number): Uint8Array {
    if (read === 0) this.#beginBook(this.#queries.view.getUint16(offset + Q.QUERY_INSTRUMENT, true));
    const page = this.#book.slice(read, read + this.bookPageMax);
    this.#pageOrders = page.length;
    const head = Buffer.alloc(F.FULL_BOOK_ORDERS);
    head.writeDoubleLE(this.#book.length, F.FULL_BOOK_TOTAL);
    return Buffer.concat([head, ...page]);
  }

  #beginBook(instrument: number): void {
    const { orders } = this.engine;
    this.booksBegun++;
    this.#bookSequence = this.engine.sequence;
    this.#book = [];
    for (const side of [Side.BUY, Side.SELL]) {
      this.engine.forEachOrder(instrument, side, (row) => {
        const record = Buffer.alloc(F.RESTING_BYTES);
        record.writeDoubleLE(orders.number(row), F.RESTING_NUMBER);
        record.writeDoubleLE(orders.createdUs(row), F.RESTING_CREATED_US);
        record.writeDoubleLE(orders.priceTicks(row), F.RESTING_PRICE_TICKS);
        record.writeDoubleLE(orders.shownLots(row), F.RESTING_LOTS);
        record.writeUInt8(side, F.RESTING_SIDE);
        this.#book.push(record);
      });
    }
  }

  #records(type: number, number: number, limit: number, offset: number): Uint8Array[] {
    if (type === Q.QueryType.CLIENT_ORDERS) return this.#clientOrders(offset, number, limit);
    if (type === Q.QueryType.ORDER) {
      const row = this.engine.findOrder(number);
      return row < 0 ? [] : [this.#encode(this.engine.orders, row)];
    }
    if (type === Q.QueryType.TRADES) return this.#trades.slice(-limit).reverse();
    if (type === Q.QueryType.TRADE_RANGE) return this.#trades.slice(number - 1, number - 1 + limit);
    return [Buffer.from(JSON.stringify({ sequence: this.engine.sequence }))];
  }

  #clientOrders(offset: number, afterNumber: number, limit: number): Uint8Array[] {
    const { bytes, view } = this.#queries;
    const text = offset + Q.QUERY_BYTES;
    const client = this.engine.clients.find(bytes, text, view.getUint32(offset + Q.QUERY_BODY_BYTES, true));
    const firstInstrument = view.getUint16(offset + Q.QUERY_INSTRUMENT, true);
    const lastInstrument = view.getUint16(offset + Q.QUERY_LAST_INSTRUMENT, true);
    const part = { firstInstrument, lastInstrument, afterNumber, limit };
    const out = new Uint8Array(limit * ORDER_RECORD_BYTES_MAX);
    const { count, end } = encodeClientOrders(this.engine, client, part, out, new DataView(out.buffer));
    const records: Uint8Array[] = [];
    for (let at = 0; at < end; at += orderRecordLength(out, at)) {
      records.push(out.slice(at, at + orderRecordLength(out, at)));
    }
    if (records.length !== count) throw new Error('as many records as were counted');
    return records;
  }

  #encode(orders: OrderRows, row: number): Uint8Array {
    const record = new Uint8Array(ORDER_RECORD_BYTES_MAX);
    const length = encodeOrder(record, new DataView(record.buffer), 0, orders, row, this.engine.clients);
    return record.slice(0, length);
  }
}
