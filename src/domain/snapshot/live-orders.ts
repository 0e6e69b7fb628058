// The live orders of a snapshot: per instrument bids and asks in price-time order, then waiting buys and sells in trigger
// order. Levels, numbers, expiries, accounts' open orders and holds are built from them again. Pure.

import type { OrderRows } from '../book/order-rows.ts';
import { Amount } from '../clearing/amount.ts';
import { setHold } from '../clearing/holds.ts';
import { InstrumentStatus, isLive, OrderFlag, OrderStatus, RiskMode, Side, TimeInForce } from '../codes.ts';
import { Counter, type EngineState } from '../engine-state.ts';
import { Reason } from '../reasons.ts';
import { isWaiting, mayRest } from '../rules/terms.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { BLOCK_ROWS } from './column-block.ts';
import { OrderBlock } from './order-format.ts';

export function writeLiveOrders(writer: ByteWriter, { instruments, orders, live }: EngineState): void {
  const block = new OrderBlock(Math.min(BLOCK_ROWS, live.size));
  let count = 0;
  const write = (row: number) => {
    block.gather(count++, orders, row);
    if (count === BLOCK_ROWS) flush();
  };
  const flush = () => {
    block.write(writer, count);
    count = 0;
  };
  for (let i = 0; i < instruments.count; i++) {
    const book = instruments.bookOf(i);
    const stops = instruments.stopsOf(i);
    book.bids.forEachOrder(write);
    book.asks.forEachOrder(write);
    stops.forEach(Side.BUY, write);
    stops.forEach(Side.SELL, write);
  }
  if (count > 0) flush();
}

/** Reads `count` orders into a state that has instruments, clients, accounts and balances, but no orders. */
export function readLiveOrders(reader: ByteReader, state: EngineState, count: number): void {
  const { orders } = state;
  const numbers = new Float64Array(count);
  const block = new OrderBlock(Math.min(BLOCK_ROWS, count));
  let before = -1;
  orders.reserve(count);
  for (let i = 0; i < count; i++) {
    if (i % BLOCK_ROWS === 0) block.read(reader, Math.min(BLOCK_ROWS, count - i));
    const row = orders.take();
    block.scatter(i % BLOCK_ROWS, orders, row);
    const number = orders.number(row);
    if (!mayLive(state, row) || state.live.get(number) >= 0) {
      throw new SnapshotError(`snapshot: order ${number} cannot be live`);
    }
    if (before >= 0 && !isInOrder(orders, before, row)) {
      throw new SnapshotError(`snapshot: order ${number} is out of place`);
    }
    state.live.addRow(row);
    place(state, row);
    numbers[i] = number;
    before = row;
  }
  refuseCrossedBooks(state);
  // Accounts expect their orders in order of number.
  for (const number of numbers.sort()) admit(state, state.live.get(number));
}

/** True when the order is one that rests or waits. */
function mayLive({ orders, clients, instruments, accounts, counters }: EngineState, row: number): boolean {
  const executed = orders.executedLots(row);
  const status = orders.status(row);
  const isSound =
    orders.number(row) >= 1 &&
    orders.number(row) <= counters[Counter.SEQUENCE] &&
    orders.client(row) < clients.count &&
    orders.instrument(row) < instruments.count &&
    accounts.find(orders.client(row), orders.instrument(row)) >= 0 &&
    instruments.get(orders.instrument(row)).status !== InstrumentStatus.DELISTED &&
    orders.side(row) >= Side.BUY &&
    isLive(status) &&
    (status === OrderStatus.PARTIALLY_FILLED) === executed > 0 &&
    orders.reason(row) === Reason.NONE &&
    orders.remainingLots(row) > 0 &&
    (orders.timeInForce(row) === TimeInForce.GTT) === orders.expiresUs(row) > 0 &&
    ((orders.flags(row) & OrderFlag.STOP) !== 0) === orders.stopPriceTicks(row) > 0;
  return isSound && (isWaiting(orders, row) ? isSoundStop(orders, row) : isSoundMaker(orders, row));
}

function isSoundStop(orders: OrderRows, row: number): boolean {
  return orders.shownLots(row) === 0 && orders.executedLots(row) === 0 && orders.preventedLots(row) === 0;
}

/** A resting order displays all that remains, an iceberg at most its display quantity. */
function isSoundMaker(orders: OrderRows, row: number): boolean {
  const shown = orders.shownLots(row);
  const remaining = orders.remainingLots(row);
  const display = orders.displayLots(row);
  const isOfAKind = mayRest(orders.orderType(row), orders.timeInForce(row)) && orders.priceTicks(row) >= 1;
  return isOfAKind && (display === 0 ? shown === remaining : shown >= 1 && shown <= Math.min(display, remaining));
}

/** True when `later` belongs behind `earlier`: the queue decides at equal prices, for stops the number. */
function isInOrder(orders: OrderRows, earlier: number, later: number): boolean {
  const section = sectionOf(orders, later);
  const step = section - sectionOf(orders, earlier);
  if (step !== 0) return step > 0;
  if (!isWaiting(orders, later)) {
    const rise = orders.priceTicks(later) - orders.priceTicks(earlier);
    return orders.side(later) === Side.BUY ? rise <= 0 : rise >= 0;
  }
  const rise = orders.stopPriceTicks(later) - orders.stopPriceTicks(earlier);
  if (rise === 0) return orders.number(later) > orders.number(earlier);
  return orders.side(later) === Side.BUY ? rise > 0 : rise < 0;
}

function sectionOf(orders: OrderRows, row: number): number {
  return orders.instrument(row) * 4 + (isWaiting(orders, row) ? 2 : 0) + orders.side(row) - Side.BUY;
}

/** Puts the order at the end of its queue. */
function place({ orders, instruments }: EngineState, row: number): void {
  const instrument = orders.instrument(row);
  if (isWaiting(orders, row)) {
    instruments.stopsOf(instrument).add(row);
  } else {
    const side = instruments.bookOf(instrument).side(orders.side(row));
    side.append(row, orders.remainingLots(row) - orders.shownLots(row));
  }
}

function refuseCrossedBooks({ instruments }: EngineState): void {
  for (let i = 0; i < instruments.count; i++) {
    const { bids, asks } = instruments.bookOf(i);
    if (bids.bestPriceTicks() >= asks.bestPriceTicks() && asks.bestPriceTicks() !== 0) {
      throw new SnapshotError(`snapshot: the book of instrument ${i} is crossed`);
    }
  }
}

/** Lets everything else know of a live order. */
function admit(state: EngineState, row: number): void {
  const { orders } = state;
  state.accounts.orderOpened(row);
  state.instruments.orderOpened(orders.instrument(row));
  if (orders.expiresUs(row) !== 0) state.expiries.add(row);
  if (state.counters[Counter.RISK_MODE] === RiskMode.BALANCES) hold(state, row);
}

function hold({ orders, instruments, balances }: EngineState, row: number): void {
  const instrument = orders.instrument(row);
  const side = orders.side(row);
  const isSell = side === Side.SELL;
  const currency = isSell ? instruments.baseOf(instrument) : instruments.quoteOf(instrument);
  const remaining = orders.remainingLots(row);
  if (!setHold(held, side, orders.priceTicks(row), remaining, instruments.get(instrument))) {
    throw new SnapshotError(`snapshot: order ${orders.number(row)} holds more than there can be`);
  }
  balances.hold(balances.open(orders.client(row), currency), held);
}

/** Scratch of `hold`. */
const held = new Amount();
