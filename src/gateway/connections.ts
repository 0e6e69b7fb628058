// How many connections a gateway may hold: each takes a file descriptor of the process, and the journal needs some of those too.
// Gateway thread. Owns the count. Must never let idle sockets use up what the next journal segment is opened with.

import type { HttpResponse } from 'uWebSockets.js';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { GatewayCounter } from '../wire/counters.ts';

/** Descriptors that connections must leave: journal, spool, database, Redis and what Node keeps for itself. */
const RESERVED_FILES = 512;
const CONNECTIONS_LEAST = 64;
const CONNECTIONS_MOST = 10_000;
/** The usual limit where the system does not tell. */
const OPEN_FILES_ASSUMED = 1_024;

/** Files the process may have open, by the text of /proc/self/limits. */
export function openFilesMax(processLimits: string): number {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(processLimits)?.[1];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? OPEN_FILES_ASSUMED);
}

/** Connections for each of so many gateways. */
export function connectionsMax(openFiles: number, gateways: number): number {
  const share = Math.floor((openFiles - RESERVED_FILES) / gateways);
  return Math.max(CONNECTIONS_LEAST, Math.min(CONNECTIONS_MOST, share));
}

export class ConnectionCap {
  readonly #max: number;
  readonly #counters: CounterBlock;
  #open = 0;

  /** The app's filter: a connection came (1) or ended (-1). */
  readonly counted = (res: HttpResponse, change: number): void => {
    this.#open += change;
    if (change < 0 || this.#open <= this.#max) return;
    this.#counters.add(GatewayCounter.CONNECTIONS_REFUSED, 1);
    res.close(); // and so comes back here as ended
  };

  /** uWebSockets passes to the filter that a later WebSocket came, but not that it ended. */
  readonly streamEnded = (): void => {
    this.#open--;
  };

  constructor(max: number, counters: CounterBlock) {
    this.#max = max;
    this.#counters = counters;
  }
}
