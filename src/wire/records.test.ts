// Order, trade and event records: what is written of the engine's rows is what a reader finds at the offsets of WIRE.md.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderRows } from '../domain/book/order-rows.ts';
import { Accounts } from '../domain/clearing/accounts.ts';
import { Amount } from '../domain/clearing/amount.ts';
import { CommandType, OrderStatus, Side } from '../domain/codes.ts';
import { ClientTable } from '../domain/idempotency/client-table.ts';
import { DEFAULT_INSTRUMENTS, InstrumentDefinition } from '../domain/instrument.ts';
import * as E from './event-codec.ts';
import { EventEncoder, type EventSink } from './event-encoder.ts';
import { decodeDefinition } from './instrument-codec.ts';
import * as O from './order-codec.ts';
import * as T from './trade-codec.ts';

const orders = new OrderRows();
const clients = new ClientTable();
const count = fc.maxSafeNat();
const limb = fc.nat(2 ** 48 - 1);
const clientIds = fc.uint8Array({ minLength: 1, maxLength: 64 });
const rare = fc.constantFrom<number[]>(0, 0, 0, 1, Number.MAX_SAFE_INTEGER);

const rows = fc.record({
  number: count,
  createdUs: count,
  updatedUs: count,
  priceTicks: count,
  quantityLots: count,
  executedLots: count,
  notionalHigh: count,
  notionalLow: limb,
  instrument: fc.nat(65_535),
  reason: fc.constantFrom(0, 11, 119),
  side: fc.constantFrom(Side.BUY, Side.SELL),
  orderType: fc.constantFrom(1, 2),
  timeInForce: fc.constantFrom(1, 2, 3, 4),
  selfTrade: fc.constantFrom(0, 1, 2, 3, 4),
  flags: fc.nat(31),
  status: fc.constantFrom(...Object.values(OrderStatus)),
  prevented: rare,
  display: rare,
  stopPrice: rare,
  expires: rare,
  client: clientIds,
});
type Row = typeof rows extends fc.Arbitrary<infer R> ? R : never;

/** The row of an order like that; `withPlace` gives it a place for rare attributes that it may not need. */
function take(order: Row, withPlace: boolean): number {
  const row = orders.take();
  orders.clear(row);
  orders.setNumber(row, order.number);
  orders.setCreatedUs(row, order.createdUs);
  orders.setUpdatedUs(row, order.updatedUs);
  orders.setPriceTicks(row, order.priceTicks);
  orders.setQuantityLots(row, order.quantityLots);
  orders.setExecutedLots(row, order.executedLots);
  orders.setNotionalHigh(row, order.notionalHigh);
  orders.setNotionalLow(row, order.notionalLow);
  orders.setInstrument(row, order.instrument);
  orders.setReason(row, order.reason);
  orders.setSide(row, order.side);
  orders.setOrderType(row, order.orderType);
  orders.setTerms(row, order.timeInForce, order.selfTrade);
  orders.setFlags(row, order.flags);
  orders.setStatus(row, order.status);
  orders.setClient(row, clients.intern(order.client, 0, order.client.length));
  if (withPlace || isRare(order)) {
    const place = orders.ensureRare(row);
    orders.rare.setPreventedLots(place, order.prevented);
    orders.rare.setDisplayLots(place, order.display);
    orders.rare.setStopPriceTicks(place, order.stopPrice);
    orders.rare.setExpiresUs(place, order.expires);
  }
  return row;
}

const isRare = (order: Row) => order.prevented + order.display + order.stopPrice + order.expires > 0;
const padded = (length: number) => Math.ceil(length / 8) * 8;

const bytes = new Uint8Array(512);
const view = new DataView(bytes.buffer);
const AT = 24;
const f64 = (at: number) => view.getFloat64(at, true);

function expectOrder(at: number, order: Row): void {
  const words = [order.number, order.createdUs, order.updatedUs, order.priceTicks, order.quantityLots];
  words.push(order.executedLots, order.notionalHigh, order.notionalLow);
  expect(words.map((_, i) => f64(at + i * 8))).toEqual(words);
  expect([view.getUint16(at + 64, true), view.getUint16(at + 66, true)]).toEqual([order.instrument, order.reason]);
  const { side, orderType, timeInForce, flags, status, selfTrade, client } = order;
  const rareBytes = isRare(order) ? 32 : 0;
  const small = [side, orderType, timeInForce, flags, status, client.length, rareBytes, selfTrade, 0, 0, 0, 0];
  expect([...bytes.subarray(at + 68, at + 80)]).toEqual(small);
  expect(bytes.slice(at + 80, at + 80 + client.length)).toEqual(client);
  const rareAt = at + padded(80 + client.length);
  expect(O.orderRareOffset(bytes, at)).toBe(isRare(order) ? rareAt : -1);
  if (!isRare(order)) return;
  const attributes = [order.prevented, order.display, order.stopPrice, order.expires];
  expect(attributes.map((_, i) => f64(rareAt + i * 8))).toEqual(attributes);
}

describe('an order record', () => {
  it('has everything of its row, and rare attributes only when there are any', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (order, withPlace) => {
        const row = take(order, withPlace);
        bytes.fill(0xee);
        const length = O.encodeOrder(bytes, view, AT, orders, row, clients);
        expect(length).toBe(padded(80 + order.client.length) + (isRare(order) ? 32 : 0));
        expect(O.orderRecordBytes(orders, row, clients)).toBe(length);
        expect(O.orderRecordLength(bytes, AT)).toBe(length);
        expect(length).toBeLessThanOrEqual(O.ORDER_RECORD_BYTES_MAX);
        expect(bytes[AT + length]).toBe(0xee);
        expectOrder(AT, order);
        orders.release(row);
      }),
    );
  });
});

/** A sink that keeps one record and its type. */
class OneRecord implements EventSink {
  readonly bytes = bytes;
  readonly view = view;
  type = 0;
  length = 0;
  claim(type: number, lengthBytes: number): number {
    bytes.fill(0xee);
    this.type = type;
    this.length = lengthBytes;
    return AT;
  }
  commit(): void {
    expect(bytes[AT + this.length]).toBe(0xee);
    expect(this.length % 8).toBe(0);
  }
}

const sink = new OneRecord();
const accounts = new Accounts(orders);
const tradeFees = new Float64Array(4);
const source = {
  ...{ orders, clients, accounts, tradeFees, sequence: 2 ** 52, timeUs: 2 ** 51 },
  instruments: { get: () => DEFAULT_INSTRUMENTS[0] },
};
const events = new EventEncoder(source, sink);
const BODY = AT + E.EVENT_BODY;

function expectHeader(type: number, bodyBytes: number, delta = 0, change = 0): void {
  expect([sink.type, sink.length]).toEqual([type, 32 + bodyBytes]);
  expect([f64(AT), f64(AT + 8), f64(AT + 16)]).toEqual([source.sequence, source.timeUs, delta]);
  expect([...bytes.subarray(AT + 24, AT + 32)]).toEqual([change, 0, 0, 0, 0, 0, 0, 0]);
}

describe('an event', () => {
  it('of an order', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: -9, max: 9 }), (order, delta) => {
        const row = take(order, false);
        events.order(7, row, delta);
        expectHeader(1, O.orderRecordLength(bytes, BODY), delta, 7);
        expectOrder(BODY, order);
        orders.release(row);
      }),
    );
  });

  it('of a trade, with fees only when there are any', () => {
    const high = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    const fees = fc
      .constantFrom([0, 0, 0, 0])
      .chain((none) => fc.oneof(fc.constant(none), fc.tuple(high, limb, high, limb)));
    fc.assert(
      fc.property(rows, rows, fees, count, count, count, (maker, taker, paid, number, price, lots) => {
        const makerRow = take(maker, false);
        const takerRow = take(taker, false);
        tradeFees.set(paid);
        events.trade(number, makerRow, takerRow, price, lots);
        const texts = maker.client.length + taker.client.length;
        const hasFees = paid.some((limb) => limb !== 0);
        expectHeader(2, padded(80 + texts) + (hasFees ? 32 : 0));
        expect(T.tradeRecordLength(bytes, BODY)).toBe(sink.length - 32);
        const words = [number, source.sequence, source.timeUs, price, lots, maker.number, maker.createdUs];
        words.push(taker.number, taker.createdUs);
        expect(words.map((_, i) => f64(BODY + i * 8))).toEqual(words);
        expect(view.getUint16(BODY + 72, true)).toBe(taker.instrument);
        const small = [taker.side, maker.client.length, taker.client.length, hasFees ? 32 : 0, 0, 0];
        expect([...bytes.subarray(BODY + 74, BODY + 80)]).toEqual(small);
        expect(bytes.slice(BODY + 80, BODY + 80 + texts)).toEqual(new Uint8Array([...maker.client, ...taker.client]));
        const at = T.tradeFeesOffset(bytes, BODY);
        expect(at).toBe(hasFees ? BODY + padded(80 + texts) : -1);
        if (hasFees) expect(paid.map((_, i) => f64(at + i * 8))).toEqual([...paid]);
        orders.release(makerRow);
        orders.release(takerRow);
      }),
    );
  });

  it('of a settlement: obligations, then how many', () => {
    const client = clients.intern(new TextEncoder().encode('alice'), 0, 5);
    const account = accounts.open(client, 3);
    accounts.setNetLots(account, -5);
    accounts.setNetAtSettlement(account, 7);
    accounts.setCycleQuote(account, new Amount().set(-3, 4));
    events.obligation(9, account);
    expectHeader(3, 48);
    expect([0, 8, 16, 24].map((at) => f64(BODY + at))).toEqual([9, -12, -3, 4]);
    expect(view.getUint16(BODY + 32, true)).toBe(3);
    expect([...bytes.subarray(BODY + 34, BODY + 40)]).toEqual([5, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.slice(BODY + 40, BODY + 48))).toBe('alice\0\0\0');
    events.obligation(9, account);
    events.applied(CommandType.CLOSE_SETTLEMENT, 9);
    expectHeader(4, 16);
    expect([f64(BODY), f64(BODY + 8)]).toEqual([9, 2]);
    events.applied(CommandType.CLOSE_SETTLEMENT, 10);
    expect([f64(BODY), f64(BODY + 8)]).toEqual([10, 0]);
  });

  it('of an instrument that was defined or whose status was set', () => {
    for (const type of [CommandType.DEFINE_INSTRUMENT, CommandType.SET_INSTRUMENT_STATUS]) {
      events.applied(type, 5);
      expectHeader(5, 112);
      expect([...bytes.subarray(BODY, BODY + 8)]).toEqual([5, 0, 0, 0, 0, 0, 0, 0]);
      const definition = new InstrumentDefinition();
      decodeDefinition(bytes, view, BODY + 8, definition);
      expect(definition).toEqual(new InstrumentDefinition().set(DEFAULT_INSTRUMENTS[0]));
    }
  });

  it('is not told of other commands', () => {
    sink.type = 0;
    for (const type of [CommandType.MASS_CANCEL, CommandType.EXPIRE_ORDERS, CommandType.SET_KILL_SWITCH]) {
      events.applied(type, 5);
    }
    expect(sink.type).toBe(0);
  });
});
