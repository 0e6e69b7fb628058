// The trade record: one two-sided trade with both parties, in events, the spool and answers to reads.
// Layout: WIRE.md, "Trade record". Written on the engine's threads, read anywhere. Allocates: nothing.

import type { ClientTable } from '../domain/client-table.ts';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import type { OrderColumns } from '../domain/order-columns.ts';

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
export const TRADE_CLIENTS = 80;
export const TRADE_RECORD_BYTES_MAX = TRADE_CLIENTS + 2 * CLIENT_ID_BYTES_MAX;

/** What a trade is besides its two orders. */
export interface TradeFacts {
  tradeNumber: number;
  sequence: number;
  timeUs: number;
  priceTicks: number;
  quantityLots: number;
}

/** Writes the trade between rows `maker` and `taker` of `orders`. Returns the record's length, a multiple of 8. */
export function encodeTrade(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  facts: TradeFacts,
  orders: OrderColumns,
  maker: number,
  taker: number,
  clients: ClientTable,
): number {
  view.setFloat64(offset + TRADE_NUMBER, facts.tradeNumber, true);
  view.setFloat64(offset + TRADE_SEQUENCE, facts.sequence, true);
  view.setFloat64(offset + TRADE_TIME_US, facts.timeUs, true);
  view.setFloat64(offset + TRADE_PRICE_TICKS, facts.priceTicks, true);
  view.setFloat64(offset + TRADE_QUANTITY_LOTS, facts.quantityLots, true);
  view.setFloat64(offset + TRADE_MAKER_ORDER, orders.number[maker], true);
  view.setFloat64(offset + TRADE_MAKER_CREATED_US, orders.createdUs[maker], true);
  view.setFloat64(offset + TRADE_TAKER_ORDER, orders.number[taker], true);
  view.setFloat64(offset + TRADE_TAKER_CREATED_US, orders.createdUs[taker], true);
  view.setFloat64(offset + TRADE_INSTRUMENT, 0, true);
  view.setUint16(offset + TRADE_INSTRUMENT, orders.instrument[taker], true);
  bytes[offset + TRADE_TAKER_SIDE] = orders.side[taker];
  const makerLength = clients.copyTo(orders.client[maker], bytes, offset + TRADE_CLIENTS);
  const takerLength = clients.copyTo(orders.client[taker], bytes, offset + TRADE_CLIENTS + makerLength);
  bytes[offset + TRADE_MAKER_CLIENT_LENGTH] = makerLength;
  bytes[offset + TRADE_TAKER_CLIENT_LENGTH] = takerLength;
  return (TRADE_CLIENTS + makerLength + takerLength + 7) & ~7;
}

/** Length in bytes of the trade record at `offset`. */
export function tradeRecordLength(bytes: Uint8Array, offset: number): number {
  const texts = bytes[offset + TRADE_MAKER_CLIENT_LENGTH] + bytes[offset + TRADE_TAKER_CLIENT_LENGTH];
  return (TRADE_CLIENTS + texts + 7) & ~7;
}
