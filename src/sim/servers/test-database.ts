// A database of its own for one test file, on the server that global-setup started.
// Runs in a vitest worker; owns the database it creates. Must never touch another file's.

import pg from 'pg';
import { inject } from 'vitest';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';

export interface TestDatabase {
  readonly connection: PostgresConnection;
  /** Drops it even while connections are open: a test may have failed before it closed its own. */
  drop(): Promise<void>;
}

let created = 0;

/** `name` makes it recognisable in the server's log; uniqueness is added. */
export async function createTestDatabase(name = 'test'): Promise<TestDatabase> {
  const server = inject('postgres');
  created += 1;
  // Worker processes live at the same time, so their pids differ; a pid used again may find an older run's leftovers.
  const database = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_${process.pid}_${created}`;
  const identifier = pg.escapeIdentifier(database);
  const drop = () => execute(server, `DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`);
  await drop();
  await execute(server, `CREATE DATABASE ${identifier}`);
  return { connection: { ...server, database }, drop };
}

async function execute(server: PostgresConnection, sql: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
