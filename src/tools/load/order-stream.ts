// What one connection's user sends next: a stream of the flow, whose cancels and amends name orders that the server has acknowledged.
// A tool's process. Owns the acknowledged orders that may still be named: their number is bounded, as the flow's open orders are.

import { type Mix, OrderFlow } from './flow.ts';
import type { LoadRequest, Placed } from './requests.ts';

export class OrderStream {
  readonly #flow: OrderFlow;
  readonly #keyStart: string;
  readonly #remembers: boolean;
  readonly #placed = new Map<number, Placed>();
  /** Of the order that was placed last. */
  #number = 0;

  /** `source` begins every idempotency key of the run. */
  constructor(seed: number, stream: number, mix: Mix, source: string) {
    this.#flow = new OrderFlow(seed, stream, mix);
    this.#keyStart = `${source}-${stream}-`;
    this.#remembers = mix.cancel + mix.amend > 0;
  }

  /** What is to be done to an order that was not acknowledged is passed over. */
  next(): LoadRequest {
    for (;;) {
      const action = this.#flow.next();
      if (action.kind === 'place') {
        this.#number = action.number;
        return { kind: 'place', key: this.#keyStart + action.number, order: action.order };
      }
      const placed = this.#placed.get(action.target);
      if (placed === undefined) continue;
      if (action.kind === 'amend') return { kind: 'amend', placed, changes: action.changes };
      // The flow names an order no more once it has cancelled it.
      this.#placed.delete(action.target);
      return { kind: 'cancel', placed };
    }
  }

  /** The order that was placed last. */
  acknowledged(placed: Placed): void {
    const { type, time_in_force } = placed.order;
    if (this.#remembers && type === 'limit' && time_in_force !== 'IOC') this.#placed.set(this.#number, placed);
  }
}
