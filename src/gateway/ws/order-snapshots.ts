// Snapshots of a client's open orders, for the channel `user`: the follower is asked, at one sequence, and the snapshot goes out
// as soon as it answers. Gateway thread. Must never make a snapshot of two answers: orders may have moved between them.

import { ALL_INSTRUMENTS } from '../../domain/codes.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SharedProcessState } from '../../runtime/process-state.ts';
import { SNAPSHOT_REASONS, type SnapshotReason } from '../../wire/feed-codec.ts';
import { AnswerStatus, ORDERS_LIMIT_MAX, QueryType } from '../../wire/query-codec.ts';
import { Asker } from '../asker.ts';
import type { Identity } from '../identity.ts';
import { type Answer, BEHIND_DETAIL, type FollowerQueries } from '../queries.ts';
import type { Refusal } from './refusals.ts';
import { type Subscription, SubscriptionState } from './subscription.ts';
import { isoTime } from './time-text.ts';

/** How often the follower may be behind, a second each time, before the client is told so. */
const BEHIND_MAX = 15;

export interface OrderSnapshotsParts {
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  readonly state: SharedProcessState;
  readonly clock: Clock;
  /** The snapshot was sent; it is of that sequence. */
  readonly sent: (subscription: Subscription, sequence: number) => void;
  readonly failed: (subscription: Subscription, refusal: Refusal) => void;
}

export class OrderSnapshots {
  readonly #parts: OrderSnapshotsParts;

  constructor(parts: OrderSnapshotsParts) {
    this.#parts = parts;
  }

  ask(subscription: Subscription, reason: SnapshotReason): void {
    const { queries, clock } = this.#parts;
    const asker = new SnapshotAsker(subscription, clock.monotonicUs());
    const asked = queries.ask(asker, {
      type: QueryType.CLIENT_ORDERS,
      text: subscription.key.client,
      instrument: 0,
      lastInstrument: ALL_INSTRUMENTS,
      limit: ORDERS_LIMIT_MAX,
      answered: (_, answer) => this.#answered(subscription, answer, reason),
      failed: (_, status) => {
        // Just after a start the follower may take a while to come to where the engine is.
        if (status === AnswerStatus.BEHIND && ++subscription.attempts < BEHIND_MAX) this.ask(subscription, reason);
        else this.#failed(subscription, status);
      },
    });
    if (!asked) this.#parts.failed(subscription, { code: 'ring_full', detail: 'Too many reads are waiting.' });
  }

  #answered(subscription: Subscription, answer: Answer, reason: SnapshotReason): void {
    const { identity, state, clock, sent, failed } = this.#parts;
    if (answer.count >= ORDERS_LIMIT_MAX) {
      const detail = `The client has ${ORDERS_LIMIT_MAX} open orders or more: too many for a snapshot.`;
      failed(subscription, { code: 'unavailable', detail, field: 'client_id' });
      return;
    }
    const head =
      `{"type":"snapshot",${subscription.key.describe([])},"sequence":${answer.sequence},` +
      `"time":"${isoTime(clock.nowUs())}","reason":"${SNAPSHOT_REASONS[reason]}","journal":"${journalOf(state)}","orders":`;
    subscription.socket.sendBeginning(identity().json.orders(answer, head));
    if (subscription.socket.open) sent(subscription, answer.sequence);
  }

  #failed(subscription: Subscription, status: number): void {
    const { failed } = this.#parts;
    if (status === AnswerStatus.BEHIND) failed(subscription, { code: 'behind', detail: BEHIND_DETAIL });
    else failed(subscription, { code: 'unavailable', detail: 'What would know the orders is not available now.' });
  }
}

/** The journal's identity as clients see it. */
export function journalOf({ journalIdHigh, journalIdLow }: SharedProcessState): string {
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0');
  return hex(journalIdHigh) + hex(journalIdLow);
}

/** Waits as long as the subscription still begins. */
class SnapshotAsker extends Asker {
  readonly #subscription: Subscription;

  constructor(subscription: Subscription, startUs: number) {
    super(undefined, startUs, false);
    this.#subscription = subscription;
  }

  override get open(): boolean {
    return this.#subscription.state === SubscriptionState.BEGINNING;
  }
}
