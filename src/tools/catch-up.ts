// What comparisons ask of a running Ringbook between turns. A tool's process.

import { HttpConnection } from './http-connection.ts';
import { secondsUntilLevel } from './level.ts';
import { readHealth, type ServerHealth } from './server-facts.ts';

export async function readFrom(url: URL): Promise<ServerHealth> {
  const connection = new HttpConnection(url, 5_000);
  const health = await readHealth(connection);
  connection.close();
  return health;
}

/** Waits until the ledger has everything, so that its work is not done in the bare server's turn. Returns the seconds. */
export async function catchUp(url: URL): Promise<number | undefined> {
  const connection = new HttpConnection(url, 5_000);
  const seconds = await secondsUntilLevel(connection);
  connection.close();
  return seconds;
}
