// Orders and replies as JSON, against JSON.stringify; at their longest they stay within their room.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InstrumentStatus, OrderFlag, OrderStatus, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import { REASONS } from '../domain/reasons.ts';
import { formatDecimal } from './decimal.ts';
import { InstrumentList } from './instrument-list.ts';
import * as O from './order-codec.ts';
import { ORDER_JSON_BYTES_MAX, OrderJsonWriter, REPLY_JSON_BYTES_MAX } from './order-json.ts';
import { IdKind, PublicIds } from './public-id.ts';
import * as R from './reply-codec.ts';

const LIMB = 2n ** 48n;
const instruments: Instrument[] = [
  { name: 'BTC-USD', priceScale: 2, quantityScale: 8 },
  { name: 'ÖL"\\', priceScale: 0, quantityScale: 0 },
  { name: 'X'.repeat(64), priceScale: 15, quantityScale: 15 },
].map((own) => ({
  ...own,
  base: 'A',
  quote: 'B',
  minPriceTicks: 1,
  maxPriceTicks: 2 ** 48,
  minQuantityLots: 1,
  maxQuantityLots: 2 ** 51,
  priceIncrementTicks: 1,
  quantityIncrementLots: 1,
  priceBandBps: 0,
  referencePriceTicks: 0,
  makerFeeMillionths: 0,
  takerFeeMillionths: 0,
  status: InstrumentStatus.OPEN,
}));
const ids = new PublicIds(1, 2);
const writer = new OrderJsonWriter(new InstrumentList(instruments), ids);

const times = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const clients = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 64 })
  .map((text) => text.toWellFormed())
  .filter((text) => Buffer.byteLength(text) <= 64);
const orderNumbers = fc.integer({ min: 1, max: 2 ** 46 - 1 });

const orders = fc.record({
  number: orderNumbers,
  createdUs: times,
  updatedUs: times,
  priceTicks: fc.integer({ min: 1, max: 2 ** 48 }),
  quantityLots: fc.integer({ min: 1, max: 2 ** 51 }),
  executedPart: fc.constantFrom(0, 0.3, 1),
  averageTicks: fc.integer({ min: 1, max: 2 ** 48 }),
  instrument: fc.nat(2),
  reason: fc.constantFrom(0, ...REASONS.keys()),
  side: fc.constantFrom(...Object.entries(Side)),
  type: fc.constantFrom(...Object.entries(OrderType)),
  timeInForce: fc.constantFrom(...Object.entries(TimeInForce)),
  status: fc.constantFrom(...Object.entries(OrderStatus)),
  postOnly: fc.boolean(),
  slippage: fc.boolean(),
  triggered: fc.boolean(),
  selfTrade: fc.nat(4),
  preventedPart: fc.constantFrom(0, 0, 0.5),
  displayLots: fc.constantFrom<number[]>(0, 0, 7),
  stopPriceTicks: fc.constantFrom<number[]>(0, 0, 9_999),
  expiresUs: fc.oneof(fc.constant(0), times),
  client: clients,
});
type Order = typeof orders extends fc.Arbitrary<infer T> ? T : never;

const preventedOf = (order: Order) => Math.floor((order.quantityLots - executedOf(order)) * order.preventedPart);
const executedOf = (order: Order) => Math.floor(order.quantityLots * order.executedPart);

/** Writes the record byte by byte as WIRE.md says, without the codec. Returns its padded length. */
function record(bytes: Uint8Array, view: DataView, at: number, order: Order): number {
  const executed = executedOf(order);
  const notional = BigInt(executed) * BigInt(order.averageTicks);
  const numbers = [order.number, order.createdUs, order.updatedUs, order.priceTicks, order.quantityLots, executed];
  for (const [i, value] of numbers.entries()) view.setFloat64(at + i * 8, value, true);
  view.setFloat64(at + 48, Number(notional / LIMB), true);
  view.setFloat64(at + 56, Number(notional % LIMB), true);
  view.setUint16(at + 64, order.instrument, true);
  view.setUint16(at + 66, order.reason, true);
  const flags =
    (order.postOnly ? OrderFlag.POST_ONLY : 0) |
    (order.slippage ? OrderFlag.SLIPPAGE : 0) |
    (order.triggered ? OrderFlag.TRIGGERED : 0);
  bytes.set([order.side[1], order.type[1], order.timeInForce[1], flags, order.status[1]], at + 68);
  const client = new TextEncoder().encode(order.client);
  const rare = [preventedOf(order), order.displayLots, order.stopPriceTicks, order.expiresUs];
  const hasRare = rare.some((value) => value !== 0);
  bytes.set([client.length, hasRare ? 32 : 0, order.selfTrade], at + 73);
  bytes.set(client, at + 80);
  const rareAt = at + ((80 + client.length + 7) & ~7);
  if (hasRare) for (const [i, value] of rare.entries()) view.setFloat64(rareAt + i * 8, value, true);
  return O.orderRecordLength(bytes, at);
}

function isoTime(timeUs: number): string {
  const ms = Math.floor(timeUs / 1_000);
  return new Date(ms).toISOString().replace('Z', `${String(timeUs - ms * 1_000).padStart(3, '0')}Z`);
}

function expectedOrder(order: Order): Record<string, unknown> {
  const { priceScale, quantityScale, name } = instruments[order.instrument];
  const executed = executedOf(order);
  const prevented = preventedOf(order);
  const rest = order.quantityLots - executed - prevented;
  const market = order.type[0] === 'MARKET';
  const bound = order.slippage ? 'max_slippage' : 'protection_price';
  const status = order.status[0];
  const lots = (value: number) => formatDecimal(value, quantityScale);
  return {
    order_id: ids.toString(IdKind.ORDER, order.number, order.createdUs),
    client_id: order.client,
    instrument: name,
    side: order.side[0].toLowerCase(),
    type: order.type[0].toLowerCase(),
    price: order.type[0] === 'MARKET' ? null : formatDecimal(order.priceTicks, priceScale),
    quantity: lots(order.quantityLots),
    filled_quantity: lots(executed),
    remaining_quantity: lots(status === 'OPEN' || status === 'PARTIALLY_FILLED' ? rest : 0),
    cancelled_quantity: lots(status === 'CANCELLED' || status === 'EXPIRED' ? rest : 0),
    prevented_quantity: lots(prevented),
    average_price: executed === 0 ? null : formatDecimal(order.averageTicks, priceScale),
    status: status.toLowerCase(),
    time_in_force: order.timeInForce[0],
    post_only: order.postOnly,
    reject_reason: order.reason === 0 ? null : REASONS.get(order.reason)?.name,
    sequence: order.number,
    created_at: isoTime(order.createdUs),
    updated_at: isoTime(order.updatedUs),
    ...(order.selfTrade === 0 ? {} : { stp: ['none', 'dc', 'co', 'cn', 'cb'][order.selfTrade] }),
    ...(market ? { [bound]: formatDecimal(order.priceTicks, priceScale) } : {}),
    ...(order.stopPriceTicks === 0
      ? {}
      : { stop_price: formatDecimal(order.stopPriceTicks, priceScale), triggered: order.triggered }),
    ...(order.displayLots === 0 ? {} : { display_quantity: lots(order.displayLots) }),
    ...(order.expiresUs === 0 ? {} : { expires_at: isoTime(order.expiresUs) }),
  };
}

const out = new Uint8Array(REPLY_JSON_BYTES_MAX + 16);
const text = (from: number, to: number) => new TextDecoder('utf-8', { fatal: true }).decode(out.subarray(from, to));

describe('OrderJsonWriter', () => {
  const bytes = new Uint8Array(R.REPLY_BYTES_MAX + 16);
  const view = new DataView(bytes.buffer);

  it('writes an order as JSON.stringify would', () => {
    fc.assert(
      fc.property(orders, fc.boolean(), (order, withClient) => {
        bytes.fill(0);
        record(bytes, view, 8, order);
        const end = writer.writeOrder(out, 5, bytes, view, 8, withClient);
        const expected = expectedOrder(order);
        if (!withClient) Reflect.deleteProperty(expected, 'client_id');
        const json = text(5, end);
        expect(JSON.parse(json)).toEqual(expected);
        expect(Object.keys(JSON.parse(json))).toEqual(Object.keys(expected));
        expect(end - 5).toBeLessThanOrEqual(ORDER_JSON_BYTES_MAX);
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes a reply with its trades', () => {
    const fills = fc.array(
      fc.record({
        trade: orderNumbers,
        maker: orderNumbers,
        makerCreatedUs: times,
        priceTicks: fc.integer({ min: 1, max: 2 ** 48 }),
        quantityLots: fc.integer({ min: 1, max: 2 ** 51 }),
      }),
      { maxLength: R.FILLS_MAX },
    );
    fc.assert(
      fc.property(orders, fills, fc.nat(0xffffffff), (order, made, total) => {
        const length = record(bytes, view, 8 + R.REPLY_ORDER, order);
        view.setUint32(8 + 32, total, true);
        view.setUint16(8 + 36, made.length, true);
        view.setUint16(8 + 38, length, true);
        for (const [i, fill] of made.entries()) {
          const values = [fill.trade, fill.maker, fill.makerCreatedUs, fill.priceTicks, fill.quantityLots];
          for (const [j, value] of values.entries())
            view.setFloat64(8 + R.REPLY_ORDER + length + i * 40 + j * 8, value, true);
        }
        const { priceScale, quantityScale } = instruments[order.instrument];
        const end = writer.writeReply(out, 16, bytes, view, 8);
        expect(JSON.parse(text(16, end))).toEqual({
          ...expectedOrder(order),
          trades: made.map((fill) => ({
            trade_id: ids.toString(IdKind.TRADE, fill.trade, order.updatedUs),
            maker_order_id: ids.toString(IdKind.ORDER, fill.maker, fill.makerCreatedUs),
            price: formatDecimal(fill.priceTicks, priceScale),
            quantity: formatDecimal(fill.quantityLots, quantityScale),
          })),
          trades_total: total,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('stays within its room at the worst', () => {
    const worst: Order = {
      number: 2 ** 46 - 1,
      createdUs: 4_000_000_000_000_000,
      updatedUs: 4_000_000_000_000_000,
      priceTicks: 2 ** 48,
      quantityLots: 2 ** 51,
      executedPart: 0.3,
      averageTicks: 2 ** 48,
      instrument: 2,
      reason: 105,
      side: ['SELL', 2],
      type: ['MARKET', 2],
      timeInForce: ['GTC', 1],
      status: ['PARTIALLY_FILLED', 2],
      postOnly: false,
      slippage: false,
      triggered: false,
      selfTrade: 4,
      preventedPart: 0.5,
      displayLots: 2 ** 51,
      stopPriceTicks: 2 ** 48,
      expiresUs: 4_000_000_000_000_000,
      client: '\u0001'.repeat(64),
    };
    record(bytes, view, 8, worst);
    expect(writer.writeOrder(out, 0, bytes, view, 8)).toBeLessThan(ORDER_JSON_BYTES_MAX);
  });

  it('asserts on a buffer without room and on an instrument it does not know', () => {
    const order = fc.sample(orders, { numRuns: 1, seed: 1 })[0];
    record(bytes, view, 8, order);
    expect(() => writer.writeOrder(new Uint8Array(1_000), 0, bytes, view, 8)).toThrow('room');
    record(bytes, view, 8, { ...order, instrument: 3 });
    expect(() => writer.writeOrder(out, 0, bytes, view, 8)).toThrow('instrument');
  });
});
