// The ledger's rows as plain SQL counts them, while its server comes and goes. A tool's process; a connection for each question.
// Reads only.

import pg from 'pg';
import type { PostgresConnection } from '../ledger/embedded-postgres.ts';

export interface RowCounts {
  readonly orders: number;
  readonly trades: number;
}

export interface LedgerContent {
  /** Rows, distinct numbers and the highest number: all three are equal when nothing is missing or doubled. */
  readonly orders: NumberedRows;
  readonly trades: NumberedRows;
}

export interface NumberedRows {
  readonly count: number;
  readonly distinct: number;
  readonly highest: number;
  readonly ids: ReadonlySet<string>;
}

const ROW_COUNTS = 'SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM trades)::int AS trades';

/** undefined: the server cannot be reached. */
export async function countRows(connection: PostgresConnection): Promise<RowCounts | undefined> {
  const client = new pg.Client(connection);
  try {
    await client.connect();
  } catch {
    return undefined;
  }
  try {
    const { rows } = await client.query<{ orders: number; trades: number }>(ROW_COUNTS);
    return rows[0];
  } finally {
    await client.end();
  }
}

export async function readContent(connection: PostgresConnection): Promise<LedgerContent> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return {
      orders: await readNumbered(client, 'orders', 'order_number', 'order_id'),
      trades: await readNumbered(client, 'trades', 'trade_number', 'trade_id'),
    };
  } finally {
    await client.end();
  }
}

async function readNumbered(client: pg.Client, table: string, number: string, id: string): Promise<NumberedRows> {
  const counts = await client.query<{ count: number; distinct: number; highest: number }>(
    `SELECT count(*)::int AS count, count(DISTINCT ${number})::int AS "distinct",
            coalesce(max(${number}), 0)::int AS highest FROM ${table}`,
  );
  const ids = await client.query<{ id: string }>(`SELECT ${id}::text AS id FROM ${table}`);
  const [{ count, distinct, highest }] = counts.rows;
  return { count, distinct, highest, ids: new Set(ids.rows.map((row) => row.id)) };
}
