// What comparisons ask of a running Ringbook between turns. A tool's process.

import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import { readHealth, type ServerHealth } from './server-facts.ts';

const CATCH_UP_MS = 120_000;

export async function readFrom(url: URL): Promise<ServerHealth> {
  const connection = new HttpConnection(url, 5_000);
  const health = await readHealth(connection);
  connection.close();
  return health;
}

/** Waits until the ledger has everything, so that its work is not done in the bare server's turn. Returns the seconds. */
export async function catchUp(url: URL): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const waitedMs = performance.now() - startMs;
    const { postgresBehind } = await readFrom(url);
    if (postgresBehind === 0 || waitedMs > CATCH_UP_MS) return waitedMs / 1000;
    await sleep(100);
  }
}

