// Starts the bare reference servers as child processes on a free port, and ends them. A tool's process; owns the child, which ends with us.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../sim/testing/free-port.ts';
import { LoadError } from './comparison-load.ts';

export interface BareChild {
  readonly url: URL;
  readonly pid: number;
  stop(): Promise<void>;
}

export type Pace = 'recorded' | 'fastest';

export interface BarePublisher extends BareChild {
  /** Publishes all it was given: at the recorded pace, or over and over as fast as it is taken. */
  begin(pace: Pace): void;
}

/** What the bare server answers to GET /orderbook, whatever it is asked. */
export interface BareRead {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** bare-server.ts: answers orders, and `read`. */
export async function startBareChild(read?: BareRead): Promise<BareChild> {
  return await start('bare-server.js', read === undefined ? [] : [JSON.stringify(read)]);
}

/** bare-publisher.ts: publishes the messages of a file. */
export async function startBarePublisher(file: string): Promise<BarePublisher> {
  return await start('bare-publisher.js', [file]);
}

async function start(program: string, args: readonly string[]): Promise<BarePublisher> {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL(`./${program}`, import.meta.url)), [String(port), ...args]);
  const exited = once(child, 'exit');
  const started = await Promise.race([once(child, 'message').then(() => true), exited.then(() => false)]);
  if (!started) throw new LoadError(`${program} did not start`);
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    pid: child.pid ?? 0,
    begin: (pace) => child.send(pace),
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}
