// Asker: one HTTP request, from the view of who waits for its answer. Wraps the response of uWebSockets once: used after an
// abort it would throw natively, and a route that returns without an abort callback ends the process.
// Gateway thread. Owns the response from begin to answer; must never be answered twice.

import type { HttpResponse } from 'uWebSockets.js';
import type { CommandType } from '../domain/codes.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { GatewayCounter } from '../wire/counters.ts';

export class Asker {
  /** undefined once answered or aborted. */
  res: HttpResponse | undefined;
  /** Receipt, by the clock's stopwatch. */
  readonly startUs: number;
  /** A HEAD request: the answer goes without its body. */
  readonly head: boolean;
  /** Name in the path (`/orders/:id`), copied because the request is gone after the first callback. */
  parameter = '';
  /** What was sent for it, undefined for a read. */
  commandType: CommandType | undefined;
  /** Called when the client goes away before the answer; at most one part of the gateway cares at a time. */
  onAborted: ((asker: Asker) => void) | undefined;

  /** `res` is undefined for a command whose reply nobody waits for. */
  constructor(res: HttpResponse | undefined, startUs: number, head: boolean) {
    this.res = res;
    this.startUs = startUs;
    this.head = head;
  }

  get open(): boolean {
    return this.res !== undefined;
  }
}

/** Where askers begin; one for each gateway. */
export class Askers {
  readonly #clock: Clock;
  readonly #counters: CounterBlock;

  constructor(clock: Clock, counters: CounterBlock) {
    this.#clock = clock;
    this.#counters = counters;
  }

  /** The first thing a route does, before anything that may return without an answer. */
  begin(res: HttpResponse, head = false): Asker {
    const asker = new Asker(res, this.#clock.monotonicUs(), head);
    res.onAborted(() => this.#aborted(asker));
    this.#counters.add(GatewayCounter.REQUESTS, 1);
    return asker;
  }

  #aborted(asker: Asker): void {
    asker.res = undefined;
    this.#counters.add(GatewayCounter.ABORTED, 1);
    asker.onAborted?.(asker);
  }
}
