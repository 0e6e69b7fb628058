// Orders in a snapshot, in blocks of columns (column-block.ts): live ones and those that idempotency keys remember. Pure.
// Codes may be 0: the order of a refused key is all zeros. What a live order must be is the reader's to check.

import type { OrderRows } from '../book/order-rows.ts';
import { LIMB } from '../clearing/exact.ts';
import { OrderFlag, OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import type { Reason } from '../reasons.ts';
import type { ByteReader, ByteWriter } from './byte-stream.ts';
import { Column, readColumns, writeColumns } from './column-block.ts';

const U8 = 2 ** 8 - 1;
const U16 = 2 ** 16 - 1;
const U32 = 2 ** 32 - 1;
const FLAGS_MAX = OrderFlag.TRIGGERED * 2 - 1;

/** Orders of one block. */
export class OrderBlock {
  private readonly number: Column;
  private readonly createdUs: Column;
  private readonly updatedUs: Column;
  private readonly priceTicks: Column;
  private readonly quantityLots: Column;
  private readonly executedLots: Column;
  private readonly shownLots: Column;
  private readonly notionalHigh: Column;
  private readonly notionalLow: Column;
  private readonly client: Column;
  private readonly instrument: Column;
  private readonly reason: Column;
  private readonly side: Column;
  private readonly orderType: Column;
  private readonly timeInForce: Column;
  private readonly selfTrade: Column;
  private readonly status: Column;
  private readonly flags: Column;
  private readonly preventedLots: Column;
  private readonly displayLots: Column;
  private readonly stopPriceTicks: Column;
  private readonly expiresUs: Column;
  /** In the order of the bytes. */
  private readonly columns: Column[] = [];

  constructor(rows: number) {
    this.number = this.column(rows, 'order number');
    this.createdUs = this.column(rows, 'order creation time');
    this.updatedUs = this.column(rows, 'order update time');
    this.priceTicks = this.column(rows, 'order price');
    this.quantityLots = this.column(rows, 'order quantity');
    this.executedLots = this.column(rows, 'executed quantity');
    this.shownLots = this.column(rows, 'displayed quantity');
    this.notionalHigh = this.column(rows, 'order notional');
    this.notionalLow = this.column(rows, 'order notional', LIMB - 1);
    this.client = this.column(rows, 'client of an order', U32);
    this.instrument = this.column(rows, 'instrument of an order', U16);
    this.reason = this.column(rows, 'reason of an order', U8);
    this.side = this.column(rows, 'order side', Side.SELL);
    this.orderType = this.column(rows, 'order type', OrderType.MARKET);
    this.timeInForce = this.column(rows, 'time in force', TimeInForce.GTT);
    this.selfTrade = this.column(rows, 'self-trade prevention', SelfTrade.CANCEL_BOTH);
    this.status = this.column(rows, 'order status', OrderStatus.EXPIRED);
    this.flags = this.column(rows, 'order flags', FLAGS_MAX);
    this.preventedLots = this.column(rows, 'prevented quantity');
    this.displayLots = this.column(rows, 'display quantity');
    this.stopPriceTicks = this.column(rows, 'stop price');
    this.expiresUs = this.column(rows, 'expiry');
  }

  private column(rows: number, what: string, max?: number): Column {
    const column = new Column(rows, what, max);
    this.columns.push(column);
    return column;
  }

  write(writer: ByteWriter, count: number): void {
    writeColumns(writer, this.columns, count);
  }

  read(reader: ByteReader, count: number): void {
    readColumns(reader, this.columns, count);
  }

  /** Client of the order at `i`. */
  clientAt(i: number): number {
    return this.client.values[i];
  }

  /** Takes the order in `row`, to be written at `i`. */
  gather(i: number, orders: OrderRows, row: number): void {
    this.number.values[i] = orders.number(row);
    this.createdUs.values[i] = orders.createdUs(row);
    this.updatedUs.values[i] = orders.updatedUs(row);
    this.priceTicks.values[i] = orders.priceTicks(row);
    this.quantityLots.values[i] = orders.quantityLots(row);
    this.executedLots.values[i] = orders.executedLots(row);
    this.shownLots.values[i] = orders.shownLots(row);
    this.notionalHigh.values[i] = orders.notionalHigh(row);
    this.notionalLow.values[i] = orders.notionalLow(row);
    this.gatherCodes(i, orders, row);
    // By value: whether the order ever had a row for them is memory layout.
    this.preventedLots.values[i] = orders.preventedLots(row);
    this.displayLots.values[i] = orders.displayLots(row);
    this.stopPriceTicks.values[i] = orders.stopPriceTicks(row);
    this.expiresUs.values[i] = orders.expiresUs(row);
  }

  private gatherCodes(i: number, orders: OrderRows, row: number): void {
    this.client.values[i] = orders.client(row) >>> 0;
    this.instrument.values[i] = orders.instrument(row);
    this.reason.values[i] = orders.reason(row);
    this.side.values[i] = orders.side(row);
    this.orderType.values[i] = orders.orderType(row);
    this.timeInForce.values[i] = orders.timeInForce(row);
    this.selfTrade.values[i] = orders.selfTrade(row);
    this.status.values[i] = orders.status(row);
    this.flags.values[i] = orders.flags(row);
  }

  /** Fills a row that was never used with the order read at `i`. */
  scatter(i: number, orders: OrderRows, row: number): void {
    orders.setNumber(row, this.number.values[i]);
    orders.setCreatedUs(row, this.createdUs.values[i]);
    orders.setUpdatedUs(row, this.updatedUs.values[i]);
    orders.setPriceTicks(row, this.priceTicks.values[i]);
    orders.setQuantityLots(row, this.quantityLots.values[i]);
    orders.setExecutedLots(row, this.executedLots.values[i]);
    orders.setShownLots(row, this.shownLots.values[i]);
    orders.setNotionalHigh(row, this.notionalHigh.values[i]);
    orders.setNotionalLow(row, this.notionalLow.values[i]);
    orders.setAccount(row, -1);
    this.scatterCodes(i, orders, row);
    this.scatterRare(i, orders, row);
  }

  private scatterCodes(i: number, orders: OrderRows, row: number): void {
    orders.setClient(row, this.client.values[i]);
    orders.setInstrument(row, this.instrument.values[i]);
    orders.setReason(row, this.reason.values[i] as Reason);
    orders.setSide(row, this.side.values[i] as Side);
    orders.setOrderType(row, this.orderType.values[i] as OrderType);
    orders.setTerms(row, this.timeInForce.values[i] as TimeInForce, this.selfTrade.values[i] as SelfTrade);
    orders.setStatus(row, this.status.values[i] as OrderStatus);
    orders.setFlags(row, this.flags.values[i]);
  }

  private scatterRare(i: number, orders: OrderRows, row: number): void {
    const prevented = this.preventedLots.values[i];
    const display = this.displayLots.values[i];
    const stopPrice = this.stopPriceTicks.values[i];
    const expires = this.expiresUs.values[i];
    if (prevented === 0 && display === 0 && stopPrice === 0 && expires === 0) return;
    const rare = orders.ensureRare(row);
    orders.rare.setPreventedLots(rare, prevented);
    orders.rare.setDisplayLots(rare, display);
    orders.rare.setStopPriceTicks(rare, stopPrice);
    orders.rare.setExpiresUs(rare, expires);
  }
}
