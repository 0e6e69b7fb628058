// Orders in a snapshot: live ones and those that idempotency keys remember. Pure.
//
//   fields of ORDER; a byte, 1 when the order has rare attributes; then those, fields of RARE

import type { OrderRows } from '../book/order-rows.ts';
import { LIMB } from '../clearing/exact.ts';
import { OrderFlag, OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Reason } from '../reasons.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { Cell, field, RecordFormat } from './record-format.ts';

const { COUNT, U8, U16, U32 } = Cell;
const FLAGS_MAX = OrderFlag.TRIGGERED * 2 - 1;

/** Codes may be 0: the order of a refused key is all zeros. What a live order must be is the reader's to check. */
const ORDER = new RecordFormat<OrderRows>([
  field(
    'order number',
    COUNT,
    (o, r) => o.number(r),
    (o, r, v) => o.setNumber(r, v),
  ),
  field(
    'order creation time',
    COUNT,
    (o, r) => o.createdUs(r),
    (o, r, v) => o.setCreatedUs(r, v),
  ),
  field(
    'order update time',
    COUNT,
    (o, r) => o.updatedUs(r),
    (o, r, v) => o.setUpdatedUs(r, v),
  ),
  field(
    'order price',
    COUNT,
    (o, r) => o.priceTicks(r),
    (o, r, v) => o.setPriceTicks(r, v),
  ),
  field(
    'order quantity',
    COUNT,
    (o, r) => o.quantityLots(r),
    (o, r, v) => o.setQuantityLots(r, v),
  ),
  field(
    'executed quantity',
    COUNT,
    (o, r) => o.executedLots(r),
    (o, r, v) => o.setExecutedLots(r, v),
  ),
  field(
    'displayed quantity',
    COUNT,
    (o, r) => o.shownLots(r),
    (o, r, v) => o.setShownLots(r, v),
  ),
  field(
    'order notional',
    COUNT,
    (o, r) => o.notionalHigh(r),
    (o, r, v) => o.setNotionalHigh(r, v),
  ),
  field(
    'order notional',
    COUNT,
    (o, r) => o.notionalLow(r),
    (o, r, v) => o.setNotionalLow(r, v),
    LIMB - 1,
  ),
  field(
    'client of an order',
    U32,
    (o, r) => o.client(r),
    (o, r, v) => o.setClient(r, v),
  ),
  field(
    'instrument of an order',
    U16,
    (o, r) => o.instrument(r),
    (o, r, v) => o.setInstrument(r, v),
  ),
  field(
    'reason of an order',
    U8,
    (o, r) => o.reason(r),
    (o, r, v) => o.setReason(r, v as Reason),
  ),
  field(
    'order side',
    U8,
    (o, r) => o.side(r),
    (o, r, v) => o.setSide(r, v as Side),
    Side.SELL,
  ),
  field(
    'order type',
    U8,
    (o, r) => o.orderType(r),
    (o, r, v) => o.setOrderType(r, v as OrderType),
    OrderType.MARKET,
  ),
  field(
    'time in force',
    U8,
    (o, r) => o.timeInForce(r),
    (o, r, v) => o.setTerms(r, v as TimeInForce, SelfTrade.NONE),
    TimeInForce.GTT,
  ),
  field(
    'self-trade prevention',
    U8,
    (o, r) => o.selfTrade(r),
    (o, r, v) => o.setTerms(r, o.timeInForce(r), v as SelfTrade),
    SelfTrade.CANCEL_BOTH,
  ),
  field(
    'order status',
    U8,
    (o, r) => o.status(r),
    (o, r, v) => o.setStatus(r, v as OrderStatus),
    OrderStatus.EXPIRED,
  ),
  field(
    'order flags',
    U8,
    (o, r) => o.flags(r),
    (o, r, v) => o.setFlags(r, v),
    FLAGS_MAX,
  ),
]);

/** Read into an order that has a row of rare attributes. */
const RARE = new RecordFormat<OrderRows>([
  field(
    'prevented quantity',
    COUNT,
    (o, r) => o.preventedLots(r),
    (o, r, v) => o.rare.setPreventedLots(o.rareOf(r), v),
  ),
  field(
    'display quantity',
    COUNT,
    (o, r) => o.displayLots(r),
    (o, r, v) => o.rare.setDisplayLots(o.rareOf(r), v),
  ),
  field(
    'stop price',
    COUNT,
    (o, r) => o.stopPriceTicks(r),
    (o, r, v) => o.rare.setStopPriceTicks(o.rareOf(r), v),
  ),
  field(
    'expiry',
    COUNT,
    (o, r) => o.expiresUs(r),
    (o, r, v) => o.rare.setExpiresUs(o.rareOf(r), v),
  ),
]);

export const ORDER_BYTES_MAX = ORDER.bytes + 1 + RARE.bytes;

export function writeOrder(writer: ByteWriter, orders: OrderRows, row: number): void {
  ORDER.write(writer, orders, row);
  // By value: whether the order ever had a row for them is memory layout.
  const isRare = !RARE.isZero(orders, row);
  writer.u8(isRare ? 1 : 0);
  if (isRare) RARE.write(writer, orders, row);
}

/** Fills a row; throws SnapshotError for what no order has. */
export function readOrder(reader: ByteReader, orders: OrderRows, row: number): void {
  orders.clear(row);
  ORDER.read(reader, orders, row);
  const isRare = reader.u8();
  if (isRare === 0) return;
  orders.ensureRare(row);
  RARE.read(reader, orders, row);
  if (isRare !== 1 || RARE.isZero(orders, row)) throw new SnapshotError('snapshot: an order with odd attributes');
}
