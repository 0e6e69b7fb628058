// Which positions a chunk must read from the ledger: none that the chunks before left behind, and all when that is in doubt.

import { expect, it } from 'vitest';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import * as T from '../wire/trade-codec.ts';
import { LedgerInstruments } from './ledger-instruments.ts';
import { PositionRows } from './position-rows.ts';

const known = new LedgerInstruments(DEFAULT_INSTRUMENTS).at(0, 1);

function trade(rows: PositionRows, maker: string, taker: string): void {
  if (known === undefined) throw new Error('unreachable: the first default instrument');
  const clients = new TextEncoder().encode(maker + taker);
  const bytes = new Uint8Array(T.TRADE_RECORD_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  view.setFloat64(T.TRADE_PRICE_TICKS, 100, true);
  view.setFloat64(T.TRADE_QUANTITY_LOTS, 1, true);
  bytes[T.TRADE_TAKER_SIDE] = 1;
  bytes[T.TRADE_MAKER_CLIENT_LENGTH] = maker.length;
  bytes[T.TRADE_TAKER_CLIENT_LENGTH] = taker.length;
  bytes.set(clients, T.TRADE_CLIENTS);
  rows.add(bytes, view, 0, known);
}

/** Folds the chunk upon a ledger that has none of the positions; who had to be read. */
function write(rows: PositionRows): string[] {
  const [clients] = rows.unknown();
  rows.begin([]);
  while (!rows.fold(1));
  return clients;
}

/** As write, and committed. */
function commit(rows: PositionRows): string[] {
  const clients = write(rows);
  rows.keep();
  rows.clear();
  return clients;
}

it('reads a position once, adds it once, and changes it from then on', () => {
  const rows = new PositionRows();
  trade(rows, 'a', 'b');
  expect(write(rows)).toEqual(['a', 'b']);
  expect([rows.added.rows, rows.changed.rows]).toEqual([2, 0]);
  rows.keep();
  rows.clear();
  trade(rows, 'b', 'c');
  expect(write(rows)).toEqual(['c']);
  expect([rows.added.rows, rows.changed.rows]).toEqual([1, 1]);
});

it('keeps those that traded last, and no more than it may', () => {
  const rows = new PositionRows(3);
  trade(rows, 'a', 'b');
  expect(commit(rows)).toEqual(['a', 'b']);
  trade(rows, 'a', 'c');
  expect(commit(rows)).toEqual(['c']);
  trade(rows, 'a', 'd');
  expect(commit(rows)).toEqual(['d']);
  for (const client of ['a', 'c', 'd', 'b']) trade(rows, client, client);
  expect(write(rows)).toEqual(['b']);
});

it('reads all again after a failure, also of a chunk that is the same', () => {
  const rows = new PositionRows();
  trade(rows, 'a', 'b');
  commit(rows);
  trade(rows, 'a', 'b');
  expect(write(rows)).toEqual([]);
  expect(write(rows)).toEqual(['a', 'b']);
  rows.keep();
  rows.clear();
  trade(rows, 'a', 'b');
  rows.forget();
  expect(commit(rows)).toEqual(['a', 'b']);
});

it('does not take for the ledger what was folded and never committed', () => {
  const rows = new PositionRows();
  trade(rows, 'a', 'b');
  commit(rows);
  trade(rows, 'a', 'b');
  write(rows);
  rows.clear();
  trade(rows, 'a', 'b');
  expect(write(rows)).toEqual(['a', 'b']);
});
