// Starts the bare reference server as a child process on a free port, and ends it. A tool's process; owns the child, which ends with us.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../sim/testing/free-port.ts';
import { LoadError } from './load.ts';

export interface BareChild {
  readonly url: URL;
  stop(): Promise<void>;
}

export async function startBareChild(): Promise<BareChild> {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL('./bare-server.js', import.meta.url)), [String(port)]);
  const exited = once(child, 'exit');
  const started = await Promise.race([once(child, 'message').then(() => true), exited.then(() => false)]);
  if (!started) throw new LoadError('the bare server did not start');
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}
