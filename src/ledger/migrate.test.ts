// Migrations against a real PostgreSQL: in order, once, all or none, and never over a changed past.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../sim/servers/test-database.ts';
import { type Migration, MigrationRefused, migrate, readMigrations } from './migrate.ts';
import { withClient } from './testing/database-client.ts';
import { ProjectorRig } from './testing/projector-rig.ts';

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
      'candles',
      'closed_orders',
      'instruments',
      'open_orders',
      'orders',
      'positions',
      'projection_checkpoint',
      'schema_migrations',
      'settlement_obligations',
      'settlements',
      'trades',
    ]);
  });

  it('keeps what a ledger of the first version holds, and says of it what was so', async () => {
    const database = await freshDatabase();
    const migrations = await readMigrations();
    expect(await apply(database, migrations.slice(0, 1))).toBe(1);
    await withClient(database.connection, async (client) => {
      const order = `'019e7bd0-ffff-8410-8abc-def012345678', 'alice', 'BTC-USD', 'buy', 'limit', 'GTC'`;
      const times = `'2026-06-01T00:00:00.123456Z', '2026-06-01T00:00:01Z'`;
      await client.query(`
        INSERT INTO open_orders VALUES
          (1, 3, ${times}, ${order}, 'partially_filled', NULL, true, 100.25, 2.00000000, 0.50000000, 50.1250000000);
        INSERT INTO closed_orders VALUES
          (2, 2, ${times}, ${order}, 'cancelled', 'ioc_remainder', false, 100.25, 2.00000000, 0.00000000, 0.0000000000);
        INSERT INTO trades VALUES
          (1, 2, 1, 2, ${times}, '2026-06-01T00:00:00Z', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'BTC-USD', 'buy',
           100.25, 0.50000000, 'alice', 'bob')`);
      const kept = async (table: string) =>
        (await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY 1`)).rows.map(({ row }) => row);
      const tables = ['open_orders', 'closed_orders', 'trades', 'orders'];
      const rowsOf = async () => {
        const rows = [];
        for (const table of tables) rows.push(await kept(table));
        return rows;
      };
      const before = await rowsOf();
      expect(await migrate(client, migrations)).toBe(migrations.length - 1);
      const after = await rowsOf();
      const plain = {
        ...{ stop_price: null, triggered: false, display_quantity: null, expires_at: null, stp: 'none' },
        ...{ prevented_quantity: 0, protection_price: null, max_slippage: null, by_quote_amount: false },
      };
      const added = [plain, plain, { maker_fee: 0, taker_fee: 0 }, plain];
      expect(before.map((rows) => rows.length)).toEqual([1, 1, 1, 2]);
      expect(after).toEqual(before.map((rows, i) => rows.map((row) => ({ ...row, ...added[i] }))));
    });
  });

  it('makes of a ledger of the second version what the projector would have made', async () => {
    const database = await freshDatabase();
    const migrations = await readMigrations();
    const rig = await ProjectorRig.create(database.connection);
    rig.flow.run(3_000);
    await rig.caughtUp();
    await rig.projector.onClose();
    await withClient(database.connection, async (client) => {
      await client.query('CREATE SCHEMA old; SET search_path = old');
      expect(await migrate(client, migrations.slice(0, 2))).toBe(2);
      for (const table of ['trades', 'closed_orders', 'open_orders']) {
        const { rows } = await client.query<{ columns: string }>(
          `SELECT string_agg(attname, ', ') AS columns FROM pg_attribute
           WHERE attrelid = 'old.${table}'::regclass AND attnum > 0 AND NOT attisdropped`,
        );
        const [{ columns }] = rows;
        await client.query(`INSERT INTO old.${table} (${columns}) SELECT ${columns} FROM public.${table}`);
      }
      expect(await migrate(client, migrations)).toBe(migrations.length - 2);
      const different = async (table: string) => {
        const { rows } = await client.query<{ count: string; rows: string }>(`
          SELECT count(*), (SELECT count(*) FROM old.${table}) AS rows FROM (
            (TABLE old.${table} EXCEPT TABLE public.${table}) UNION ALL (TABLE public.${table} EXCEPT TABLE old.${table})) AS d`);
        return rows[0];
      };
      for (const table of ['trades', 'closed_orders', 'orders', 'candles', 'positions']) {
        const found = await different(table);
        expect([table, found?.count]).toEqual([table, '0']);
        expect([table, Number(found?.rows) > 10]).toEqual([table, true]);
      }
      await client.query(`UPDATE old.positions SET cost = cost + 0.0000000001 WHERE client_id = 'x'`);
      expect(Number((await different('positions'))?.count)).toBeGreaterThan(0);
    });
  });

  it('adds days once, and lets go of one', async () => {
    const database = await freshDatabase();
    const migrations = await readMigrations();
    await apply(database, migrations);
    await withClient(database.connection, async (client) => {
      const add = `SET TIME ZONE 'Asia/Tokyo'; SELECT ledger_add_days('{2026-06-01, 2026-06-02}')`;
      await client.query(add);
      await client.query(add);
      const order = `gen_random_uuid(), 'alice', 'BTC-USD', 'buy', 'limit', 'GTC', 'filled', NULL, false, 1, 1, 1, 1`;
      for (const [number, time] of [
        '2026-06-01 00:00:00Z',
        '2026-06-01 23:59:59.999999Z',
        '2026-06-02 00:00:00Z',
      ].entries()) {
        await client.query(`INSERT INTO closed_orders VALUES (${number}, 1, '${time}', '${time}', ${order})`);
      }
      const days = async () => {
        const { rows } = await client.query<{ day: string; count: string }>(
          'SELECT tableoid::regclass::text AS day, count(*) FROM closed_orders GROUP BY 1 ORDER BY 1',
        );
        return rows.map(({ day, count }) => `${day} ${count}`);
      };
      expect(await days()).toEqual(['closed_orders_20260601 2', 'closed_orders_20260602 1']);
      await client.query('ALTER TABLE closed_orders DETACH PARTITION closed_orders_20260601 CONCURRENTLY');
      await client.query('DROP TABLE closed_orders_20260601');
      expect(await days()).toEqual(['closed_orders_20260602 1']);
    });
  });

  it('says what each table and each column that it added is', async () => {
    const database = await freshDatabase();
    const migrations = await readMigrations();
    await withClient(database.connection, async (client) => {
      const silent = `
        SELECT relname || coalesce('.' || attname, '') AS name
        FROM pg_class c LEFT JOIN pg_attribute a ON attrelid = c.oid AND attnum >= 0 AND NOT attisdropped
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'
          AND (col_description(c.oid, attnum) IS NULL OR obj_description(c.oid) IS NULL)`;
      await migrate(client, migrations.slice(0, 1));
      const first = new Set((await client.query<{ name: string }>(silent)).rows.map(({ name }) => name));
      await migrate(client, migrations);
      const added = (await client.query<{ name: string }>(silent)).rows.map(({ name }) => name);
      expect(added.filter((name) => !first.has(name))).toEqual([]);
    });
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
