// A database for each history of a torture run, on one server. A tool's process; owns what it creates.

import pg from 'pg';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';

/** Makes an empty database. Resolves to its connection and what drops it, connected to or not. */
export async function createDatabase(
  server: PostgresConnection,
  name: string,
): Promise<{ connection: PostgresConnection; drop: () => Promise<void> }> {
  const identifier = pg.escapeIdentifier(name);
  const drop = () => execute(server, `DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`);
  await drop();
  await execute(server, `CREATE DATABASE ${identifier}`);
  return { connection: { ...server, database: name }, drop };
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
