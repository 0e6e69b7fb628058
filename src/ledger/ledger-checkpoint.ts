// How far the ledger has come, asked at a start: the follower begins there, and recovery asks before it cuts a torn tail.
// Projection thread, or main; a connection of its own, closed at the end. Must never keep the start waiting for long.

import pg from 'pg';

export interface LedgerCheckpoint {
  /** Whose rows they are; '' of a ledger that is new. */
  readonly journalId: string;
  /** The last command that the ledger has. */
  readonly sequence: number;
  /** The newest frame up to there that it knows, and that one's SHA-256; 0 when it knows none. */
  readonly frame: number;
  readonly chain: Uint8Array;
}

/** How long the start waits for the answer. */
const ANSWER_MS = 2_000;
/** SQLSTATE: there is no such table, or no such database. */
const NOT_THERE: ReadonlySet<string> = new Set(['42P01', '3D000']);
const NO_HASH = new Uint8Array(32);
const NEW_LEDGER: LedgerCheckpoint = { journalId: '', sequence: 0, frame: 0, chain: NO_HASH };

const CHECKPOINT = 'SELECT journal_id, sequence, frame, chain_hash FROM projection_checkpoint WHERE shard = $1';

interface CheckpointRow {
  readonly journal_id: string;
  readonly sequence: string;
  readonly frame: string | null;
  readonly chain_hash: Buffer | null;
}

/** The ledger's checkpoint, whichever journal it is of; undefined when the database does not answer. */
export async function ledgerCheckpoint(
  connection: pg.ClientConfig,
  shard: number,
): Promise<LedgerCheckpoint | undefined> {
  const client = new pg.Client({
    application_name: 'ringbook-start',
    ...connection,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<CheckpointRow>(CHECKPOINT, [shard]);
    const row = rows.at(0);
    return row === undefined ? NEW_LEDGER : checkpointOf(row);
  } catch (error) {
    const isNew = error instanceof pg.DatabaseError && NOT_THERE.has(error.code ?? '');
    return isNew ? NEW_LEDGER : undefined;
  } finally {
    client.end().catch(() => {});
  }
}

function checkpointOf({ journal_id: journalId, sequence, frame, chain_hash: chain }: CheckpointRow): LedgerCheckpoint {
  const isKnown = frame !== null && chain?.length === NO_HASH.length;
  return {
    journalId,
    sequence: Number(sequence),
    ...(isKnown ? { frame: Number(frame), chain } : { frame: 0, chain: NO_HASH }),
  };
}
