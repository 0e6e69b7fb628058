// One connection of a load, whichever way it speaks: it carries the requests of a few users, each of which has one under way at most.
// A tool's process; types.

import type { LoadRequest, Reply } from './requests.ts';

export interface Lane {
  /** Of the user `slot`, counted from 0 on each connection. May wait for flush(). */
  send(slot: number, request: LoadRequest): void;
  /** Hands what was sent since the last call to the system, at once. */
  flush(): void;
  close(): void;
}

/** Called by a lane: once for each request, and `strange` for what is no answer to any. */
export interface LaneListener {
  answered(slot: number, reply: Reply): void;
  /** No answer will come. `dead`: nor to anything that is sent there. */
  lost(slot: number, why: string, dead: boolean): void;
  strange(why: string): void;
}

export type Transport = 'http' | 'ws' | 'ws-binary';

/** No answer for so long is none. */
export const ANSWER_TIMEOUT_MS = 10_000;
