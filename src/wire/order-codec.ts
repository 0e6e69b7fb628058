// The order record: one order's whole state, the same bytes in replies, events, the spool and answers to reads.
// Layout: WIRE.md, "Order record". Written on the engine's threads, read anywhere. Allocates: nothing.

import { assert } from '../assert.ts';
import type { OrderRows } from '../domain/book/order-rows.ts';
import { CLIENT_ID_BYTES_MAX } from '../domain/command.ts';
import type { ClientTable } from '../domain/idempotency/client-table.ts';

export const ORDER_NUMBER = 0;
export const ORDER_CREATED_US = 8;
export const ORDER_UPDATED_US = 16;
export const ORDER_PRICE_TICKS = 24;
export const ORDER_QUANTITY_LOTS = 32;
export const ORDER_EXECUTED_LOTS = 40;
export const ORDER_NOTIONAL_HIGH = 48;
export const ORDER_NOTIONAL_LOW = 56;
export const ORDER_INSTRUMENT = 64;
export const ORDER_REASON = 66;
export const ORDER_SIDE = 68;
export const ORDER_TYPE = 69;
export const ORDER_TIME_IN_FORCE = 70;
export const ORDER_FLAGS = 71;
export const ORDER_STATUS = 72;
export const ORDER_CLIENT_LENGTH = 73;
/** Length of the rare attributes behind the client id: 32 or 0. */
export const ORDER_RARE_BYTES = 74;
/** SelfTrade. */
export const ORDER_SELF_TRADE = 75;
export const ORDER_CLIENT = 80;

/** Rare attributes, from orderRareOffset on; each 0 when the order does not have it. */
export const RARE_PREVENTED_LOTS = 0;
export const RARE_DISPLAY_LOTS = 8;
export const RARE_STOP_PRICE_TICKS = 16;
export const RARE_EXPIRES_US = 24;
export const RARE_BYTES = 32;

export const ORDER_RECORD_BYTES_MAX = ORDER_CLIENT + CLIENT_ID_BYTES_MAX + RARE_BYTES;
assert(ORDER_RECORD_BYTES_MAX % 8 === 0, 'order records keep 8-byte alignment');

/** Length in bytes of the record that encodeOrder writes for row `row`, a multiple of 8. */
export function orderRecordBytes(orders: OrderRows, row: number, clients: ClientTable): number {
  const rareBytes = hasRareAttributes(orders, row) ? RARE_BYTES : 0;
  return ((ORDER_CLIENT + clients.lengthOf(orders.client(row)) + 7) & ~7) + rareBytes;
}

/** Writes row `row` of `orders` at `offset`. Returns the record's length, a multiple of 8. */
export function encodeOrder(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  orders: OrderRows,
  row: number,
  clients: ClientTable,
): number {
  view.setFloat64(offset + ORDER_NUMBER, orders.number(row), true);
  view.setFloat64(offset + ORDER_CREATED_US, orders.createdUs(row), true);
  view.setFloat64(offset + ORDER_UPDATED_US, orders.updatedUs(row), true);
  view.setFloat64(offset + ORDER_PRICE_TICKS, orders.priceTicks(row), true);
  view.setFloat64(offset + ORDER_QUANTITY_LOTS, orders.quantityLots(row), true);
  view.setFloat64(offset + ORDER_EXECUTED_LOTS, orders.executedLots(row), true);
  view.setFloat64(offset + ORDER_NOTIONAL_HIGH, orders.notionalHigh(row), true);
  view.setFloat64(offset + ORDER_NOTIONAL_LOW, orders.notionalLow(row), true);
  view.setUint16(offset + ORDER_INSTRUMENT, orders.instrument(row), true);
  view.setUint16(offset + ORDER_REASON, orders.reason(row), true);
  bytes[offset + ORDER_SIDE] = orders.side(row);
  bytes[offset + ORDER_TYPE] = orders.orderType(row);
  bytes[offset + ORDER_TIME_IN_FORCE] = orders.timeInForce(row);
  bytes[offset + ORDER_FLAGS] = orders.flags(row);
  view.setFloat64(offset + ORDER_STATUS, 0, true);
  bytes[offset + ORDER_STATUS] = orders.status(row);
  bytes[offset + ORDER_SELF_TRADE] = orders.selfTrade(row);
  const clientLength = clients.copyTo(orders.client(row), bytes, offset + ORDER_CLIENT);
  bytes[offset + ORDER_CLIENT_LENGTH] = clientLength;
  const length = (ORDER_CLIENT + clientLength + 7) & ~7;
  if (!hasRareAttributes(orders, row)) return length;
  bytes[offset + ORDER_RARE_BYTES] = RARE_BYTES;
  const rare = offset + length;
  view.setFloat64(rare + RARE_PREVENTED_LOTS, orders.preventedLots(row), true);
  view.setFloat64(rare + RARE_DISPLAY_LOTS, orders.displayLots(row), true);
  view.setFloat64(rare + RARE_STOP_PRICE_TICKS, orders.stopPriceTicks(row), true);
  view.setFloat64(rare + RARE_EXPIRES_US, orders.expiresUs(row), true);
  return length + RARE_BYTES;
}

/** By their values, not by whether the row has a place for them: the record is the same on every engine. */
function hasRareAttributes(orders: OrderRows, row: number): boolean {
  if (orders.rareOf(row) < 0) return false;
  return (
    orders.preventedLots(row) !== 0 ||
    orders.displayLots(row) !== 0 ||
    orders.stopPriceTicks(row) !== 0 ||
    orders.expiresUs(row) !== 0
  );
}

/** Length in bytes of the order record at `offset`. */
export function orderRecordLength(bytes: Uint8Array, offset: number): number {
  return ((ORDER_CLIENT + bytes[offset + ORDER_CLIENT_LENGTH] + 7) & ~7) + bytes[offset + ORDER_RARE_BYTES];
}

/** Where the rare attributes of the order record at `offset` lie, -1 when it has none. */
export function orderRareOffset(bytes: Uint8Array, offset: number): number {
  if (bytes[offset + ORDER_RARE_BYTES] === 0) return -1;
  return offset + ((ORDER_CLIENT + bytes[offset + ORDER_CLIENT_LENGTH] + 7) & ~7);
}
