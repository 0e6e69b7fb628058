// Counts and exact sums of a range of the ledger, for tools that compare them with what was sent. A tool's process; one connection,
// for one call. Reads only. Sums are whole numbers of 10^-scale as text: they are larger than a float holds.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DATABASE, SUPERUSER } from '../ledger/embedded-postgres/cluster.ts';
import { PORT } from '../ledger/embedded-postgres/layout.ts';

export interface LedgerFigures {
  readonly trades: string;
  readonly quantity: string;
  readonly notional: string;
  readonly openOrders: string;
  readonly closedOrders: string;
  readonly remaining: string;
}

export interface LedgerRange {
  /** What was placed and traded after this sequence ... */
  readonly after: number;
  /** ... once everything up to this one is in the ledger. */
  readonly until: number;
  readonly waitMs: number;
}

/** The ledger did not get there in time. */
class LedgerBehind extends Error {
  override readonly name = 'LedgerBehind';
}

const POLL_MS = 200;

/** A libpq URL, or the data directory of a process that runs the embedded server. */
export type LedgerAddress = { readonly url: string } | { readonly dataDirectory: string };

/** `quantityScale` and `notionalScale` are the decimals that make the sums whole. */
export async function readLedgerFigures(
  address: LedgerAddress,
  range: LedgerRange,
  quantityScale: number,
  notionalScale: number,
): Promise<LedgerFigures> {
  const client = new pg.Client(await connectionOf(address));
  await client.connect();
  try {
    await waitForCheckpoint(client, range);
    const { trades, quantity, notional } = await readRow(
      client,
      `SELECT count(*)::text AS trades,
              trim_scale(coalesce(sum(quantity), 0) * 10::numeric ^ $2::int)::text AS quantity,
              trim_scale(coalesce(sum(price * quantity), 0) * 10::numeric ^ $3::int)::text AS notional
       FROM trades WHERE sequence > $1`,
      [range.after, quantityScale, notionalScale],
    );
    const {
      open: openOrders,
      closed: closedOrders,
      remaining,
    } = await readRow(
      client,
      `SELECT count(*)::text AS open,
              trim_scale(coalesce(sum(quantity - filled_quantity - prevented_quantity), 0) * 10::numeric ^ $2::int)::text AS remaining,
              (SELECT count(*) FROM closed_orders WHERE order_number > $1)::text AS closed
       FROM open_orders WHERE order_number > $1`,
      [range.after, quantityScale],
    );
    return {
      trades,
      quantity,
      notional,
      openOrders,
      closedOrders,
      remaining,
    };
  } finally {
    await client.end();
  }
}

async function connectionOf(address: LedgerAddress): Promise<pg.ClientConfig> {
  if ('url' in address) return { connectionString: address.url };
  // The name may be a link because the path is too long for a socket.
  const host = await realpath(join(address.dataDirectory, 'postgres', 'socket'));
  return { host, port: PORT, user: SUPERUSER, database: DATABASE };
}

async function readRow(client: pg.Client, sql: string, values: readonly number[]): Promise<Record<string, string>> {
  const { rows } = await client.query<Record<string, string>>(sql, [...values]);
  return rows[0];
}

async function waitForCheckpoint(client: pg.Client, { until, waitMs }: LedgerRange): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const { sequence } = await readRow(
      client,
      'SELECT coalesce(max(sequence), 0)::text AS sequence FROM projection_checkpoint',
      [],
    );
    const reached = Number(sequence);
    if (reached >= until) return;
    if (performance.now() > deadline) {
      throw new LedgerBehind(`the ledger stands at sequence ${reached} of ${until} after ${waitMs / 1000} s`);
    }
    await sleep(POLL_MS);
  }
}
