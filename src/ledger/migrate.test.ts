// Migrations against a real PostgreSQL: in order, once, all or none, and never over a changed past.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { type Migration, MigrationRefused, migrate, readMigrations } from './migrate.ts';
import { withClient } from './testing/projector-rig.ts';

const databases: TestDatabase[] = [];
const directories: string[] = [];

async function freshDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase('migrate');
  databases.push(database);
  return database;
}

async function directoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ringbook-sql-'));
  directories.push(directory);
  for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
  return directory;
}

function apply({ connection }: TestDatabase, migrations: readonly Migration[]): Promise<number> {
  return withClient(connection, (client) => migrate(client, migrations));
}

async function tablesOf({ connection }: TestDatabase): Promise<string[]> {
  const { rows } = await withClient(connection, (client) =>
    client.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    ),
  );
  return rows.map(({ name }) => name);
}

afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true })));
});

describe('the ledger schema', () => {
  it('is made once, also when several start at the same time', async () => {
    const database = await freshDatabase();
    const migrations = await readMigrations();
    const counts = await Promise.all([1, 2, 3].map(() => apply(database, migrations)));
    expect(counts.sort()).toEqual([0, 0, migrations.length]);
    expect(await apply(database, migrations)).toBe(0);
    expect(await tablesOf(database)).toEqual([
      'closed_orders',
      'open_orders',
      'orders',
      'projection_checkpoint',
      'schema_migrations',
      'trades',
    ]);
  });
});

describe('migrations', () => {
  it('add to what is there, in order', async () => {
    const database = await freshDatabase();
    const first = { '0001_a.sql': 'CREATE TABLE a (x int)' };
    expect(await apply(database, await readMigrations(await directoryOf(first)))).toBe(1);
    const both = { ...first, '0002_b.sql': 'ALTER TABLE a ADD y int; CREATE TABLE b (x int)' };
    expect(await apply(database, await readMigrations(await directoryOf(both)))).toBe(1);
    expect(await tablesOf(database)).toEqual(['a', 'b', 'schema_migrations']);
  });

  it('leave nothing behind when one fails', async () => {
    const database = await freshDatabase();
    const files = { '0001_a.sql': 'CREATE TABLE a (x int)', '0002_b.sql': 'CREATE TABLE b (x int); SELECT nonsense' };
    await expect(apply(database, await readMigrations(await directoryOf(files)))).rejects.toThrow(/nonsense/);
    expect(await tablesOf(database)).toEqual([]);
  });

  it('refuse a file that was changed after it was applied; line endings do not count', async () => {
    const database = await freshDatabase();
    await apply(database, await readMigrations(await directoryOf({ '0001_a.sql': 'CREATE TABLE a\n(x int)' })));
    const crlf = await readMigrations(await directoryOf({ '0001_a.sql': 'CREATE TABLE a\r\n(x int)' }));
    expect(await apply(database, crlf)).toBe(0);
    const changed = await readMigrations(await directoryOf({ '0001_a.sql': 'CREATE TABLE a (x bigint)' }));
    await expect(apply(database, changed)).rejects.toThrow(/0001_a.sql was changed after it was applied/);
    await expect(apply(database, changed)).rejects.toBeInstanceOf(MigrationRefused);
  });

  it('refuse a database that a newer version has migrated', async () => {
    const database = await freshDatabase();
    await apply(
      database,
      await readMigrations(await directoryOf({ '0001_a.sql': 'SELECT 1', '0002_b.sql': 'SELECT 2' })),
    );
    const older = await readMigrations(await directoryOf({ '0001_a.sql': 'SELECT 1' }));
    await expect(apply(database, older)).rejects.toThrow(
      /migration 2 \(b\), which this version of Ringbook does not know/,
    );
  });

  it.each([
    ['a gap', { '0001_a.sql': '', '0003_c.sql': '' }],
    ['a double', { '0001_a.sql': '', '0001_b.sql': '' }],
    ['another name', { 'first.sql': '' }],
  ])('refuse %s in the numbering', async (_what, files) => {
    await expect(readMigrations(await directoryOf(files))).rejects.toBeInstanceOf(MigrationRefused);
  });
});
