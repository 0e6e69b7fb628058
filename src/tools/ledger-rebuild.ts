// `ringbook ledger rebuild`: the ledger's tables taken away and made again from the journal. A tool's process, which holds the
// data directory's lock, so that no projector writes at the same time. When it fails in the middle, the ledger is right as
// far as its checkpoint says, and the next start goes on from there.

import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { commitChunk, type LedgerIdentity, openLedger } from '../ledger/chunk-transaction.ts';
import { dropLedger } from '../ledger/drop-ledger.ts';
import type { LedgerLink } from '../ledger/ledger-link.ts';
import { migrate, readMigrations } from '../ledger/migrate.ts';
import type { JournalChunks } from './journal-chunks.ts';

export interface Rebuilt {
  readonly sequence: number;
  readonly trades: number;
  readonly rows: number;
}

/** Drops the ledger and projects `journal` to its end. */
export async function rebuildLedger(
  link: LedgerLink,
  identity: LedgerIdentity,
  journal: JournalChunks,
): Promise<Rebuilt> {
  await dropLedger(link);
  await migrate(link, await readMigrations());
  await openLedger(link, identity, DEFAULT_INSTRUMENTS);
  let rows = 0;
  while (journal.next()) {
    await commitChunk(link, identity, journal.chunk, journal.point);
    rows += journal.chunk.rows;
  }
  const { sequence, tradeNumber } = journal.point;
  return { sequence, trades: tradeNumber, rows };
}
