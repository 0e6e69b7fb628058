// The trade record: one two-sided trade with both parties, in events, the spool and answers to reads.
// Layout: WIRE.md, "Trade record". Written on the engine's threads, read anywhere. Allocates: nothing.

import type { OrderRows } from '../domain/book/order-rows.ts';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import type { ClientTable } from '../domain/idempotency/client-table.ts';

export const TRADE_NUMBER = 0;
export const TRADE_SEQUENCE = 8;
export const TRADE_TIME_US = 16;
export const TRADE_PRICE_TICKS = 24;
export const TRADE_QUANTITY_LOTS = 32;
export const TRADE_MAKER_ORDER = 40;
export const TRADE_MAKER_CREATED_US = 48;
export const TRADE_TAKER_ORDER = 56;
export const TRADE_TAKER_CREATED_US = 64;
export const TRADE_INSTRUMENT = 72;
export const TRADE_TAKER_SIDE = 74;
export const TRADE_MAKER_CLIENT_LENGTH = 75;
export const TRADE_TAKER_CLIENT_LENGTH = 76;
/** Length of the fees behind the client ids: FEES_BYTES, or 0 when neither party paid one. */
export const TRADE_FEES_BYTES = 77;
export const TRADE_CLIENTS = 80;

/** Fees, from tradeFeesOffset on: high * 2^48 + low in ticks x lots, 0 <= low < 2^48; negative is a rebate. */
export const FEES_MAKER_HIGH = 0;
export const FEES_MAKER_LOW = 8;
export const FEES_TAKER_HIGH = 16;
export const FEES_TAKER_LOW = 24;
export const FEES_BYTES = 32;

export const TRADE_RECORD_BYTES_MAX = TRADE_CLIENTS + 2 * CLIENT_ID_BYTES_MAX + FEES_BYTES;

/** What a trade is besides its two orders. */
export interface TradeFacts {
  tradeNumber: number;
  sequence: number;
  timeUs: number;
  priceTicks: number;
  quantityLots: number;
  /** Maker's fee high and low, taker's fee high and low: `Engine.tradeFees`, borrowed. */
  fees: Float64Array;
}

/** Length in bytes of the record that encodeTrade writes, with client ids of `textBytes` together; a multiple of 8. */
export function tradeRecordBytes(fees: Float64Array, textBytes: number): number {
  return ((TRADE_CLIENTS + textBytes + 7) & ~7) + (hasFees(fees) ? FEES_BYTES : 0);
}

function hasFees(fees: Float64Array): boolean {
  return fees[0] !== 0 || fees[1] !== 0 || fees[2] !== 0 || fees[3] !== 0;
}

/** Writes the trade between rows `maker` and `taker` of `orders`. Returns the record's length, a multiple of 8. */
export function encodeTrade(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  facts: TradeFacts,
  orders: OrderRows,
  maker: number,
  taker: number,
  clients: ClientTable,
): number {
  view.setFloat64(offset + TRADE_NUMBER, facts.tradeNumber, true);
  view.setFloat64(offset + TRADE_SEQUENCE, facts.sequence, true);
  view.setFloat64(offset + TRADE_TIME_US, facts.timeUs, true);
  view.setFloat64(offset + TRADE_PRICE_TICKS, facts.priceTicks, true);
  view.setFloat64(offset + TRADE_QUANTITY_LOTS, facts.quantityLots, true);
  view.setFloat64(offset + TRADE_MAKER_ORDER, orders.number(maker), true);
  view.setFloat64(offset + TRADE_MAKER_CREATED_US, orders.createdUs(maker), true);
  view.setFloat64(offset + TRADE_TAKER_ORDER, orders.number(taker), true);
  view.setFloat64(offset + TRADE_TAKER_CREATED_US, orders.createdUs(taker), true);
  view.setFloat64(offset + TRADE_INSTRUMENT, 0, true);
  view.setUint16(offset + TRADE_INSTRUMENT, orders.instrument(taker), true);
  bytes[offset + TRADE_TAKER_SIDE] = orders.side(taker);
  const makerLength = clients.copyTo(orders.client(maker), bytes, offset + TRADE_CLIENTS);
  const takerLength = clients.copyTo(orders.client(taker), bytes, offset + TRADE_CLIENTS + makerLength);
  bytes[offset + TRADE_MAKER_CLIENT_LENGTH] = makerLength;
  bytes[offset + TRADE_TAKER_CLIENT_LENGTH] = takerLength;
  const length = (TRADE_CLIENTS + makerLength + takerLength + 7) & ~7;
  if (!hasFees(facts.fees)) return length;
  bytes[offset + TRADE_FEES_BYTES] = FEES_BYTES;
  for (let i = 0; i < 4; i++) view.setFloat64(offset + length + i * 8, facts.fees[i], true);
  return length + FEES_BYTES;
}

/** Length in bytes of the trade record at `offset`. */
export function tradeRecordLength(bytes: Uint8Array, offset: number): number {
  return clientsEnd(bytes, offset) - offset + bytes[offset + TRADE_FEES_BYTES];
}

/** Where the fees of the trade record at `offset` lie, -1 when there were none. */
export function tradeFeesOffset(bytes: Uint8Array, offset: number): number {
  return bytes[offset + TRADE_FEES_BYTES] === 0 ? -1 : clientsEnd(bytes, offset);
}

function clientsEnd(bytes: Uint8Array, offset: number): number {
  const texts = bytes[offset + TRADE_MAKER_CLIENT_LENGTH] + bytes[offset + TRADE_TAKER_CLIENT_LENGTH];
  return offset + ((TRADE_CLIENTS + texts + 7) & ~7);
}
