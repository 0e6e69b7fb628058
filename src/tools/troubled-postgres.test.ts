// That a fault of PostgreSQL took hold is seen, and not only believed.

import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { childrenOf } from '../ledger/embedded-postgres/processes.ts';
import { startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import { TroubledPostgres } from './troubled-postgres.ts';

it.skipIf(process.platform !== 'linux')('sees whether it stood still to the end', async () => {
  const directory = mkdtempSync('/tmp/ringbook-troubled-');
  await chmod(directory, 0o711);
  const server = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  try {
    const postgres = new TroubledPostgres(directory, server);
    expect(await postgres.freeze(100)).toBe(true);
    const thawed = postgres.freeze(300);
    await sleep(100);
    for (const pid of childrenOf(server.pid)) process.kill(pid, 'SIGCONT');
    expect(await thawed).toBe(false);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
