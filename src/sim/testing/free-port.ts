// A port for a server that a test starts. Any thread; owns nothing afterwards.

import { once } from 'node:events';
import { createServer } from 'node:net';

/** A loopback port that nobody listens on now; another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
