// Rows of orders: reuse, growth, copies, and that no field lies over another.

import { describe, expect, it } from 'vitest';
import { OrderStatus, OrderType, SelfTrade, Side, TimeInForce } from '../codes.ts';
import { Reason } from '../reasons.ts';
import { OrderRows } from './order-rows.ts';

function fill(rows: OrderRows, row: number): void {
  rows.setNumber(row, 2 ** 53 - 1);
  rows.setPriceTicks(row, 2 ** 46 - 1);
  rows.setShownLots(row, 2 ** 51);
  rows.setQuantityLots(row, 2 ** 51 + 1);
  rows.setExecutedLots(row, 7);
  rows.setClient(row, 2 ** 31 - 1);
  rows.setInstrument(row, 65_535);
  rows.setReason(row, Reason.INSUFFICIENT_FUNDS);
  rows.setSide(row, Side.SELL);
  rows.setOrderType(row, OrderType.MARKET);
  rows.setTerms(row, TimeInForce.GTT, SelfTrade.CANCEL_BOTH);
  rows.setStatus(row, OrderStatus.EXPIRED);
  rows.setFlags(row, 31);
  rows.setNotionalHigh(row, 2 ** 52);
  rows.setNotionalLow(row, 2 ** 48 - 1);
  rows.setCreatedUs(row, 2 ** 51 + 3);
  rows.setUpdatedUs(row, 2 ** 51 + 4);
  const rare = rows.ensureRare(row);
  rows.rare.setPreventedLots(rare, 11);
  rows.rare.setDisplayLots(rare, 12);
  rows.rare.setStopPriceTicks(rare, 13);
  rows.rare.setExpiresUs(rare, 14);
}

function content(rows: OrderRows, row: number): unknown[] {
  return [
    [rows.number(row), rows.priceTicks(row), rows.shownLots(row), rows.quantityLots(row), rows.executedLots(row)],
    [rows.client(row), rows.instrument(row), rows.reason(row), rows.side(row), rows.orderType(row), rows.status(row)],
    [rows.timeInForce(row), rows.selfTrade(row), rows.flags(row), rows.notionalHigh(row), rows.notionalLow(row)],
    [rows.createdUs(row), rows.updatedUs(row), rows.preventedLots(row), rows.displayLots(row)],
    [rows.stopPriceTicks(row), rows.expiresUs(row), rows.remainingLots(row)],
  ];
}

const FULL = [
  [2 ** 53 - 1, 2 ** 46 - 1, 2 ** 51, 2 ** 51 + 1, 7],
  [2 ** 31 - 1, 65_535, Reason.INSUFFICIENT_FUNDS, Side.SELL, OrderType.MARKET, OrderStatus.EXPIRED],
  [TimeInForce.GTT, SelfTrade.CANCEL_BOTH, 31, 2 ** 52, 2 ** 48 - 1],
  [2 ** 51 + 3, 2 ** 51 + 4, 11, 12],
  [13, 14, 2 ** 51 + 1 - 7 - 11],
];

describe('order rows', () => {
  it('keep every field apart, and what is in them when they grow', () => {
    const rows = new OrderRows();
    const row = rows.take();
    fill(rows, row);
    const others = Array.from({ length: 5_000 }, () => rows.take());
    for (const other of others) rows.clear(other);
    expect(content(rows, row)).toEqual(FULL);
    expect(
      content(rows, others[4_999])
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect([rows.next(row), rows.previous(row), rows.level(row)]).toEqual([-1, -1, -1]);
  });

  it('copy all of an order but its places', () => {
    const rows = new OrderRows();
    const [from, to] = [rows.take(), rows.take()];
    fill(rows, from);
    rows.clear(to);
    rows.setLevel(to, 5);
    rows.setLevel(from, 6);
    const other = new OrderRows();
    const far = other.take();
    rows.copyFrom(rows, from, to);
    other.copyFrom(rows, from, far);
    expect(content(rows, to)).toEqual(FULL);
    expect(content(other, far)).toEqual(FULL);
    expect(rows.level(to)).toBe(5);
    rows.clear(from);
    rows.copyFrom(rows, from, to);
    expect(rows.rareOf(to)).toBe(-1);
    expect(rows.preventedLots(to)).toBe(0);
  });

  it('are reused, without rare attributes', () => {
    const rows = new OrderRows();
    const taken = Array.from({ length: 500 }, () => rows.take());
    expect(new Set(taken).size).toBe(500);
    for (const row of taken) rows.ensureRare(row);
    for (const row of taken.slice(0, 100)) rows.release(row);
    expect(rows.size).toBe(400);
    const again = Array.from({ length: 100 }, () => rows.take());
    expect([...again].sort((a, b) => a - b)).toEqual(taken.slice(0, 100).sort((a, b) => a - b));
    expect(again.every((row) => rows.rareOf(row) === -1)).toBe(true);
  });
});
