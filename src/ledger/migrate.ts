// Brings the ledger's schema up to date: applies sql/*.sql in order, once each, all or none. On the projector's thread.
// Owns the table schema_migrations. Must never change what is applied: forward only, and a file that changed is refused.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly checksum: string;
}

/** The files, or what was applied from them, are not what they were. Only a person can say what to do. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** What migrate() needs of a connection. */
export interface MigrationTarget {
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>>;
}

/** The same for sources and for dist/. */
const SQL_DIRECTORY = fileURLToPath(new URL('../../sql/', import.meta.url));

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
/** Any number that nobody else locks: two processes that start at once migrate one after the other. */
const LOCK_KEY = 7_464_626_251_107;

/** All `NNNN_name.sql` of the directory, in order. Throws MigrationRefused on a gap, a double, or another name. */
export async function readMigrations(directory: string = SQL_DIRECTORY): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    const [, version, name] = FILE_NAME.exec(file) ?? [];
    if (version === undefined || name === undefined || Number(version) !== migrations.length + 1) {
      throw new MigrationRefused(`${file}: migrations are numbered 0001, 0002, ... without gaps`);
    }
    // Line endings are the checkout's affair.
    const sql = (await readFile(join(directory, file), 'utf8')).replaceAll('\r\n', '\n');
    const checksum = createHash('sha256').update(sql).digest('hex');
    migrations.push({ version: Number(version), name, sql, checksum });
  }
  return migrations;
}

/** Whether nothing is missing; looks only. Throws MigrationRefused as migrate() does. */
export async function isMigrated(target: MigrationTarget, migrations: readonly Migration[]): Promise<boolean> {
  const { rows } = await target.query<{ exists: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists",
  );
  return rows[0]?.exists === true && (await appliedVersions(target, migrations)) === migrations.length;
}

/** Applies what is missing, in one transaction. Returns how many; on any error nothing is applied, and the connection unfit for more. */
export async function migrate(target: MigrationTarget, migrations: readonly Migration[]): Promise<number> {
  await target.query('BEGIN');
  await target.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  await target.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const applied = await appliedVersions(target, migrations);
  const missing = migrations.slice(applied);
  for (const { version, name, sql, checksum } of missing) {
    await target.query(sql);
    await target.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      version,
      name,
      checksum,
    ]);
  }
  await target.query('COMMIT');
  return missing.length;
}

/** How many are applied. They must be the first ones, as they are now. */
async function appliedVersions(target: MigrationTarget, migrations: readonly Migration[]): Promise<number> {
  const { rows } = await target.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM schema_migrations ORDER BY version',
  );
  rows.forEach((row, index) => {
    const migration = migrations[index];
    if (migration === undefined || row.version !== migration.version) {
      throw new MigrationRefused(
        `the database has migration ${row.version} (${row.name}), which this version of Ringbook does not know: it is newer, or not ours`,
      );
    }
    if (row.checksum !== migration.checksum) {
      throw new MigrationRefused(
        `sql/${String(row.version).padStart(4, '0')}_${migration.name}.sql was changed after it was applied ` +
          `(checksum ${migration.checksum}, applied as ${row.checksum}): restore the file and put the change into a new one`,
      );
    }
  });
  return rows.length;
}
