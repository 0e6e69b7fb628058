// A journal as it was written before commands had extensions and the matching thread commands of its own: 80 commands,
// with what the engine of that time made of them: orders and depth. It replays to the same for as long as there are rules 1.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { ORDER_EXECUTED_LOTS, ORDER_PRICE_TICKS, ORDER_QUANTITY_LOTS, ORDER_STATUS } from '../wire/order-codec.ts';
import { QueryType } from '../wire/query-codec.ts';
import { InProcessExchange } from './in-process-exchange.ts';

/** `orders`: number, status, price, quantity, executed. `journal`: the one segment, gzip in base64. */
interface OldJournal {
  readonly file: string;
  readonly journal: string;
  readonly sequence: number;
  readonly asks: object[];
  readonly bids: object[];
  readonly orders: readonly (readonly number[])[];
}

it('replays to the same orders and the same book', () => {
  const old: OldJournal = JSON.parse(readFileSync(new URL('testing/old-journal.json', import.meta.url), 'utf8'));
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-old-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'journal'));
  writeFileSync(join(directory, 'journal', old.file), gunzipSync(Buffer.from(old.journal, 'base64')));
  const exchange = new InProcessExchange({ directory });
  expect(exchange.recovered).toMatchObject({ sequence: old.sequence, cut: undefined });
  expect(exchange.depth()).toEqual({ instrument: 'BTC-USD', sequence: old.sequence, asks: old.asks, bids: old.bids });
  const orders = old.orders.map(([number]) => {
    const { body } = exchange.ask(QueryType.ORDER, number);
    const amounts = [ORDER_PRICE_TICKS, ORDER_QUANTITY_LOTS, ORDER_EXECUTED_LOTS].map((at) => body.readDoubleLE(at));
    return [number, body[ORDER_STATUS], ...amounts];
  });
  expect(orders).toEqual(old.orders);
  exchange.close();
});
