// A stream of the seeded flow with the order ids that the server gave: what can be sent next. Pure.

import { type Action, type FlowOrder, type Mix, OrderFlow } from '../../src/tools/load/flow.ts';

/** An action with all that a request needs. */
export type Command =
  | { readonly kind: 'place'; readonly number: number; readonly order: KeyedOrder }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | { readonly kind: 'amend'; readonly orderId: string; readonly changes: { price?: string; quantity?: string } };

export type CommandKind = Command['kind'];

type KeyedOrder = FlowOrder & { readonly idempotency_key: string };

export class OrderStream {
  readonly clientId: string;
  readonly #flow: OrderFlow;
  readonly #keys: string;
  /** Nothing refers back to an order of a mix without cancels. */
  readonly #keepsIds: boolean;
  /** Of orders that may rest and were not cancelled, oldest first: as many as the flow lets there be. */
  readonly #orderIds = new Map<number, string>();
  /** Placed and not answered yet, of those that something may refer to. */
  readonly #pending = new Set<number>();
  /** Refers to a pending order. */
  #held: Action | undefined;

  /** `runId`: another one for each run, so that none meets its own idempotency keys again. */
  constructor(runId: string, seed: number, stream: number, mix: Mix) {
    this.#flow = new OrderFlow(seed, stream, mix);
    this.#keys = `${runId}-${stream}`;
    this.#keepsIds = mix.cancel > 0;
    this.clientId = `load-${stream}`;
  }

  /** The newest order that was not cancelled since; undefined when there is none. */
  get newestOrderId(): string | undefined {
    return [...this.#orderIds.values()].pop();
  }

  /**
   * Undefined while the next action refers to an order that is not answered yet: what lies behind must wait too. What refers to an
   * order that was not taken is passed over.
   */
  next(): Command | undefined {
    for (;;) {
      const action = this.#held ?? this.#flow.next();
      this.#held = undefined;
      if (action.kind === 'place') return this.#place(action.number, action.order);
      if (this.#pending.has(action.target)) {
        this.#held = action;
        return undefined;
      }
      const orderId = this.#orderIds.get(action.target);
      if (orderId === undefined) continue;
      if (action.kind === 'amend') return { kind: 'amend', orderId, changes: action.changes };
      this.#orderIds.delete(action.target);
      return { kind: 'cancel', orderId };
    }
  }

  /** Order `number` was answered; `orderId` is undefined when it was not taken. */
  answered(number: number, orderId: string | undefined): void {
    if (this.#pending.delete(number) && orderId !== undefined) this.#orderIds.set(number, orderId);
  }

  /** What is not answered yet never will be. */
  abandon(): void {
    this.#pending.clear();
  }

  #place(number: number, order: FlowOrder): Command {
    const mayRest = order.type === 'limit' && order.time_in_force === undefined;
    if (mayRest && this.#keepsIds) this.#pending.add(number);
    return { kind: 'place', number, order: { idempotency_key: `${this.#keys}-${number}`, ...order } };
  }
}
