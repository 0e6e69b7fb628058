// How far the ledger has come, asked once before anything else of the projections runs: the follower begins there.
// Projection thread, at start; a connection of its own, closed at the end. Must never keep the start waiting for long.

import pg from 'pg';
import type { LedgerIdentity } from './chunk-transaction.ts';

/** How long the start waits for the answer. */
const ANSWER_MS = 2_000;
/** SQLSTATE: there is no such table, or no such database. */
const NOT_THERE: ReadonlySet<string> = new Set(['42P01', '3D000']);

const CHECKPOINT = 'SELECT sequence FROM projection_checkpoint WHERE shard = $1 AND journal_id = $2';

/** The checkpoint's sequence, 0 of a ledger that has none of this journal; undefined when the database does not answer. */
export async function ledgerCheckpoint(
  connection: pg.ClientConfig,
  { shard, journalId }: LedgerIdentity,
): Promise<number | undefined> {
  const client = new pg.Client({
    application_name: 'ringbook-start',
    ...connection,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ sequence: string }>(CHECKPOINT, [shard, journalId]);
    return Number(rows.at(0)?.sequence ?? 0);
  } catch (error) {
    const isNew = error instanceof pg.DatabaseError && NOT_THERE.has(error.code ?? '');
    return isNew ? 0 : undefined;
  } finally {
    client.end().catch(() => {});
  }
}
