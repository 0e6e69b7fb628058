// For tests: one connection for one piece of work.

import pg from 'pg';

export async function withClient<T>(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export function execute(connection: pg.ClientConfig, sql: string): Promise<unknown> {
  return withClient(connection, (client) => client.query(sql));
}
