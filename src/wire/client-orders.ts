// A part of a client's live orders as order records: the answer to a read, from an engine's state. The follower's thread.
// Rare, so it may allocate. Costs one step for each order it encodes, and one for each it passes over when the order
// that it goes on behind is no longer live.

import type { OrderRows } from '../domain/book/order-rows.ts';
import type { Accounts } from '../domain/clearing/accounts.ts';
import type { ClientTable } from '../domain/idempotency/client-table.ts';
import { encodeOrder } from './order-codec.ts';

/** What is read of the engine. */
export interface OrdersSource {
  readonly accounts: Accounts;
  readonly orders: OrderRows;
  readonly clients: ClientTable;
  /** Row of the live order with that number, -1 for none. */
  findOrder(orderNumber: number): number;
}

/** Which of the client's live orders, by instrument, then by order number. */
export interface OrdersPart {
  readonly firstInstrument: number;
  /** Inclusive. */
  readonly lastInstrument: number;
  /** Of the first instrument only orders with a greater number. */
  readonly afterNumber: number;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Writes the records to the beginning of `bytes`, which has room for them. Client number -1 has none.
 * Returns how many, and where they end.
 */
export function encodeClientOrders(
  engine: OrdersSource,
  client: number,
  part: OrdersPart,
  bytes: Uint8Array,
  view: DataView,
): { count: number; end: number } {
  const { accounts, orders, clients } = engine;
  let count = 0;
  let end = 0;
  if (client < 0) return { count, end };
  accounts.forEachOf(client, (account) => {
    const instrument = accounts.instrumentOf(account);
    if (instrument < part.firstInstrument || instrument > part.lastInstrument) return;
    let row =
      instrument === part.firstInstrument
        ? firstAfter(engine, account, part.afterNumber)
        : accounts.firstOrder(account);
    for (; row >= 0 && count < part.limit; row = orders.accountNext(row)) {
      end += encodeOrder(bytes, view, end, orders, row, clients);
      count++;
    }
  });
  return { count, end };
}

/** Row of the account's first order with a number above `number`, -1 for none. */
function firstAfter(engine: OrdersSource, account: number, number: number): number {
  const { accounts, orders } = engine;
  const live = engine.findOrder(number);
  if (live >= 0 && orders.account(live) === account) return orders.accountNext(live);
  let row = accounts.firstOrder(account);
  while (row >= 0 && orders.number(row) <= number) row = orders.accountNext(row);
  return row;
}
