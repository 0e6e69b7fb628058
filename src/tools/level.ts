// Waiting until what a server derives from its journal is level with it. A tool's process; reads only.

import { setTimeout as sleep } from 'node:timers/promises';
import { ChildError } from './ringbook-child.ts';
import { type Asks, readHealth } from './server-facts.ts';

/** After so long it is not level in time. */
export const LEVEL_MS = 120_000;
const POLL_MS = 20;

/** Seconds until `holds` does; undefined: not in time. Rejects when `signal` aborts. */
export async function secondsUntil(holds: () => Promise<boolean>, signal?: AbortSignal): Promise<number | undefined> {
  const startMs = performance.now();
  for (;;) {
    const isSo = await holds();
    const waitedMs = performance.now() - startMs;
    if (isSo) return waitedMs / 1000;
    if (waitedMs > LEVEL_MS) return undefined;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Seconds until the ledger is connected and has all that is sequenced by now, though more is coming; else as `secondsUntil`. */
export async function secondsUntilLevel(server: Asks, signal?: AbortSignal): Promise<number | undefined> {
  const { sequence: target } = await readHealth(server);
  return await secondsUntil(async () => {
    const { sequence, postgresBehind, postgresStatus } = await readHealth(server);
    return postgresStatus === 'up' && sequence - postgresBehind >= target;
  }, signal);
}

/** For who cannot go on before. Rejects with ChildError when it is not level in time. */
export async function requireLevel(server: Asks, signal?: AbortSignal): Promise<void> {
  if ((await secondsUntilLevel(server, signal)) !== undefined) return;
  throw new ChildError(`Ringbook's ledger is not level after ${LEVEL_MS / 1000} s`);
}
