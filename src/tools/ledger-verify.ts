// `ringbook ledger verify`: the journal replayed into shadows of the ledger's tables, and each row compared with the ledger's.
// A tool's process; one transaction that sees the ledger at one moment, also while a projector writes, and is rolled
// back. Shadows are temporary tables of the same names, which PostgreSQL finds first: so the very statements of the
// projector fill them. Rows that never change again are compared and let go of chunk by chunk.

import pg from 'pg';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import type { LedgerPoint } from '../ledger/chunk.ts';
import { type LedgerIdentity, openLedger, readCheckpoint, writeTables } from '../ledger/chunk-transaction.ts';
import type { LedgerLink } from '../ledger/ledger-link.ts';
import type { JournalChunks } from './journal-chunks.ts';

/** What was found out about one table. */
export interface Verified {
  readonly table: string;
  /** Rows that the journal says. */
  rows: number;
  /** Of these, not looked for: their day was dropped. */
  dropped: number;
  /** Rows that are missing, different, or that the journal does not know. */
  different: number;
  /** Of these, missing. */
  missing: number;
  /** The first of them. */
  readonly examples: string[];
}

interface Table {
  readonly name: string;
  readonly key: readonly string[];
}

/** Partitioned by the day of `time`. */
interface DailyTable extends Table {
  readonly time: string;
}

const EXAMPLES_MAX = 10;
/** Complete with their chunk; by day. */
const DAILY: readonly DailyTable[] = [
  { name: 'trades', key: ['trade_number'], time: 'executed_at' },
  { name: 'closed_orders', key: ['order_number'], time: 'updated_at' },
];
const WHOLE: readonly Table[] = [
  { name: 'open_orders', key: ['order_number'] },
  { name: 'positions', key: ['client_id', 'instrument'] },
  { name: 'candles', key: ['instrument', 'opened_at'] },
  { name: 'settlements', key: ['cycle'] },
  { name: 'settlement_obligations', key: ['cycle', 'client_id', 'currency'] },
  { name: 'instruments', key: ['name'] },
];
/** Whose rows later chunks replace. */
const REPLACED = ['open_orders', 'candles', 'positions'];
const CHUNKS_BETWEEN_SWEEPS = 16;
const STAGING = ['open_orders_staging', 'candles_staging', 'positions_staging'];

/** The ledger at the moment of `begin`, beside its shadows. */
export class LedgerVerification {
  readonly #link: LedgerLink;
  readonly #identity: LedgerIdentity;
  readonly #found = new Map<string, Verified>();
  /** Of each daily table, the time from which on it has partitions. */
  readonly #since = new Map<string, string>();
  #schema = '';

  constructor(link: LedgerLink, identity: LedgerIdentity) {
    this.#link = link;
    this.#identity = identity;
  }

  /** Begins the transaction: how far the ledger has come. Throws LedgerMismatch for another journal's. */
  async begin(): Promise<LedgerPoint> {
    await this.#link.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    return readCheckpoint(this.#link, this.#identity);
  }

  /** Compares all that `journal` says up to the checkpoint; ends the transaction. */
  async compare(journal: JournalChunks): Promise<Verified[]> {
    await this.#makeShadows();
    for (let chunks = 0; journal.next(); chunks++) {
      await writeTables(this.#link, journal.chunk);
      for (const table of DAILY) await this.#compareDaily(table);
      const done = [...DAILY.map(({ name }) => name), ...STAGING].map((name) => `pg_temp.${name}`);
      await this.#link.query(`TRUNCATE ${done.join()}`);
      if (chunks % CHUNKS_BETWEEN_SWEEPS === 0) await this.#sweep();
    }
    for (const table of DAILY) await this.#countDaily(table);
    for (const table of WHOLE) await this.#compareWhole(table);
    await this.#link.query('ROLLBACK');
    return [...this.#found.values()];
  }

  /** Nothing vacuums the versions of rows that a transaction has itself replaced; left alone, each chunk would take longer than the last. */
  async #sweep(): Promise<void> {
    for (const name of REPLACED) {
      await this.#link.query(
        `CREATE TEMPORARY TABLE swept AS TABLE pg_temp.${name};
         TRUNCATE pg_temp.${name};
         INSERT INTO pg_temp.${name} TABLE swept;
         DROP TABLE swept`,
      );
    }
  }

  async #makeShadows(): Promise<void> {
    const [{ schema }] = await this.#rows<{ schema: string }>('SELECT current_schema() AS schema');
    this.#schema = pg.escapeIdentifier(schema);
    for (const { name } of DAILY) this.#since.set(name, await this.#firstDay(name));
    for (const name of [...DAILY, ...WHOLE].map((table) => table.name).concat('projection_checkpoint')) {
      await this.#link.query(
        `CREATE TEMPORARY TABLE ${name} (LIKE ${this.#schema}.${name} INCLUDING DEFAULTS INCLUDING INDEXES)`,
      );
      this.#found.set(name, { table: name, rows: 0, dropped: 0, different: 0, missing: 0, examples: [] });
    }
    this.#found.delete('projection_checkpoint');
    await openLedger(this.#link, this.#identity, DEFAULT_INSTRUMENTS);
  }

  /** Days before the oldest partition were dropped. */
  async #firstDay(table: string): Promise<string> {
    const [{ day }] = await this.#rows<{ day: string | null }>(
      `SELECT min(right(c.relname, 8)) AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = '${this.#schema}.${table}'::regclass`,
    );
    return day === null ? '-infinity' : `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)} 00:00:00+00`;
  }

  async #compareDaily({ name, key: [key], time }: DailyTable): Promise<void> {
    const found = this.#of(name);
    const since = this.#since.get(name);
    const [{ rows, dropped }] = await this.#rows<{ rows: string; dropped: string }>(
      `SELECT count(*) AS rows, count(*) FILTER (WHERE ${time} < $1) AS dropped FROM pg_temp.${name}`,
      [since],
    );
    found.rows += Number(rows);
    found.dropped += Number(dropped);
    const actual = `SELECT * FROM ${this.#schema}.${name} WHERE ${key} IN (SELECT ${key} FROM pg_temp.${name})`;
    await this.#differences({ name, key: [key] }, `SELECT * FROM pg_temp.${name} WHERE ${time} >= $1`, actual, [since]);
  }

  /** Rows that no number of the journal leads to show in the count. */
  async #countDaily({ name }: Table): Promise<void> {
    const found = this.#of(name);
    const [{ rows }] = await this.#rows<{ rows: string }>(`SELECT count(*) AS rows FROM ${this.#schema}.${name}`);
    const more = Number(rows) - (found.rows - found.dropped - found.missing);
    if (more <= 0) return;
    found.different += more;
    found.examples.push(`${more} rows more than the journal says`);
  }

  async #compareWhole(table: Table): Promise<void> {
    const [{ rows }] = await this.#rows<{ rows: string }>(`SELECT count(*) AS rows FROM pg_temp.${table.name}`);
    this.#of(table.name).rows = Number(rows);
    await this.#differences(table, `TABLE pg_temp.${table.name}`, `TABLE ${this.#schema}.${table.name}`, []);
  }

  /** Values are compared, not texts: 0 is 0.00. */
  async #differences({ name, key }: Table, said: string, actual: string, values: unknown[]): Promise<void> {
    const same = key
      .map((column) => `coalesce(said.${column}::text, '') = coalesce(held.${column}::text, '')`)
      .join(' AND ');
    const either = key.map((column) => `coalesce(said.${column}, held.${column})::text`).join();
    const rows = await this.#rows<{ what: string; key: string; count: string; missing: string }>(
      `WITH said AS MATERIALIZED (${said}), held AS MATERIALIZED (${actual})
       SELECT CASE WHEN held IS NULL THEN 'missing' WHEN said IS NULL THEN 'not in the journal' ELSE 'different' END AS what,
              concat_ws(' ', ${either}) AS key, count(*) OVER () AS count,
              count(*) FILTER (WHERE held IS NULL) OVER () AS missing
       FROM said FULL JOIN held ON ${same}
       WHERE ROW (said.*) IS DISTINCT FROM ROW (held.*) ORDER BY ${either} LIMIT ${EXAMPLES_MAX}`,
      values,
    );
    const found = this.#of(name);
    found.different += Number(rows[0]?.count ?? 0);
    found.missing += Number(rows[0]?.missing ?? 0);
    for (const { what, key: which } of rows) {
      if (found.examples.length < EXAMPLES_MAX) found.examples.push(`${what}: ${which}`);
    }
  }

  #of(table: string): Verified {
    const found = this.#found.get(table);
    if (found === undefined) throw new Error(`no shadow of ${table}`);
    return found;
  }

  async #rows<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await this.#link.query<R>(text, values)).rows;
  }
}
