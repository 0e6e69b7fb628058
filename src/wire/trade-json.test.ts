// Trades as JSON, against JSON.stringify.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { formatDecimal } from './decimal.ts';
import { formatPair } from './decimal-pair.ts';
import { InstrumentList } from './instrument-list.ts';
import { IdKind, PublicIds } from './public-id.ts';
import { TRADE_RECORD_BYTES_MAX } from './trade-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from './trade-json.ts';

const ids = new PublicIds(3, 4);
const writer = new TradeJsonWriter(new InstrumentList(DEFAULT_INSTRUMENTS), ids);
const bytes = new Uint8Array(TRADE_RECORD_BYTES_MAX + 8);
const view = new DataView(bytes.buffer);
const out = new Uint8Array(TRADE_JSON_BYTES_MAX + 8);

const numbers = fc.integer({ min: 1, max: 2 ** 46 - 1 });
const times = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const clients = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 64 })
  .map((text) => text.toWellFormed())
  .filter((text) => Buffer.byteLength(text) <= 64);
const highs = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
const lows = fc.nat(2 ** 48 - 1);
const party = fc.record({ order: numbers, createdUs: times, client: clients });
const trades = fc.record({
  number: numbers,
  sequence: fc.maxSafeNat(),
  timeUs: times,
  priceTicks: fc.integer({ min: 1, max: 2 ** 48 }),
  quantityLots: fc.integer({ min: 1, max: 2 ** 51 }),
  takerSide: fc.constantFrom(Side.BUY, Side.SELL),
  maker: party,
  taker: party,
  fees: fc.option(fc.tuple(highs, lows, highs, lows)),
});

function isoTime(timeUs: number): string {
  const ms = Math.floor(timeUs / 1_000);
  return new Date(ms).toISOString().replace('Z', `${String(timeUs - ms * 1_000).padStart(3, '0')}Z`);
}

it('writes a trade as JSON.stringify would, with and without the clients', () => {
  fc.assert(
    fc.property(trades, fc.boolean(), fc.boolean(), (trade, withClients, withFees) => {
      const { maker, taker } = trade;
      const values = [trade.number, trade.sequence, trade.timeUs, trade.priceTicks, trade.quantityLots];
      values.push(maker.order, maker.createdUs, taker.order, taker.createdUs);
      for (const [i, value] of values.entries()) view.setFloat64(8 + i * 8, value, true);
      const makerClient = new TextEncoder().encode(maker.client);
      const takerClient = new TextEncoder().encode(taker.client);
      bytes.set([0, 0, trade.takerSide, makerClient.length, takerClient.length], 8 + 72);
      bytes.set(makerClient, 8 + 80);
      bytes.set(takerClient, 8 + 80 + makerClient.length);

      const fees = 8 + ((80 + makerClient.length + takerClient.length + 7) & ~7);
      bytes[8 + 77] = trade.fees === null ? 0 : 32;
      for (const [i, value] of (trade.fees ?? []).entries()) view.setFloat64(fees + i * 8, value, true);
      const [makerHigh, makerLow, takerHigh, takerLow] = trade.fees ?? [0, 0, 0, 0];

      const end = writer.writeTrade(out, 3, bytes, view, 8, withClients, withFees);
      const [buyer, seller] = trade.takerSide === Side.BUY ? [taker, maker] : [maker, taker];
      const expected = {
        trade_id: ids.toString(IdKind.TRADE, trade.number, trade.timeUs),
        instrument: 'BTC-USD',
        price: formatDecimal(trade.priceTicks, 2),
        quantity: formatDecimal(trade.quantityLots, 8),
        side: trade.takerSide === Side.BUY ? 'buy' : 'sell',
        buy_order_id: ids.toString(IdKind.ORDER, buyer.order, buyer.createdUs),
        sell_order_id: ids.toString(IdKind.ORDER, seller.order, seller.createdUs),
        ...(withClients ? { buy_client_id: buyer.client, sell_client_id: seller.client } : {}),
        ...(withFees
          ? { maker_fee: formatPair(makerHigh, makerLow, 10), taker_fee: formatPair(takerHigh, takerLow, 10) }
          : {}),
        sequence: trade.sequence,
        executed_at: isoTime(trade.timeUs),
      };
      const json = new TextDecoder('utf-8', { fatal: true }).decode(out.subarray(3, end));
      expect(JSON.parse(json)).toEqual(expected);
      expect(Object.keys(JSON.parse(json))).toEqual(Object.keys(expected));
    }),
    { numRuns: 1_000 },
  );
});

it('has room for the worst', () => {
  bytes.set([0, 0, 1, 64, 64, 32], 8 + 72);
  bytes.fill(1, 8 + 80);
  for (const at of [0, 8, 16, 24]) view.setFloat64(8 + 80 + 128 + at, at % 16 === 0 ? -(2 ** 52) : 7, true);
  expect(writer.writeTrade(out, 0, bytes, view, 8, true, true)).toBeLessThan(TRADE_JSON_BYTES_MAX);
});
