// Snapshots that the follower makes: a client's open orders for `user`, all resting orders for `full`. The follower is asked, and
// what it answers goes out at once; a long one comes in pages of one copy. Gateway thread. Must never make a snapshot of two
// sequences: orders may have moved between them.

import { ALL_INSTRUMENTS } from '../../domain/codes.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SharedProcessState } from '../../runtime/process-state.ts';
import { Channel, FeedFormat, type SnapshotReason } from '../../wire/feed-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { journalIdText } from '../../wire/public-id.ts';
import { AnswerStatus, ORDERS_LIMIT_MAX, QueryType } from '../../wire/query-codec.ts';
import { Asker } from '../asker.ts';
import type { Identity } from '../identity.ts';
import { type Answer, BEHIND_DETAIL, type FollowerQueries, READS_FULL_DETAIL } from '../queries.ts';
import { BinaryFullBook } from './binary-full-book.ts';
import type { FeedKey } from './feed-key.ts';
import type { Refusal } from './refusals.ts';
import { fullBookQuestion, hasMoreOrders, SnapshotJson } from './snapshot-json.ts';
import { type Subscription, SubscriptionState } from './subscription.ts';

/** How often the follower may be behind, a second each time, before clients are told so. */
const BEHIND_MAX = 15;

export interface SnapshotsParts {
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  readonly instruments: InstrumentSource;
  readonly state: SharedProcessState;
  readonly clock: Clock;
  /** The snapshot was sent; it is of that sequence. */
  readonly sent: (subscription: Subscription, sequence: number) => void;
  readonly failed: (subscription: Subscription, refusal: Refusal) => void;
}

interface Waiting {
  readonly subscription: Subscription;
  readonly reason: SnapshotReason;
}

/** One reading of a book, page by page, for all who were there when it began; who came later waits for the next. */
interface BookRead {
  readonly key: FeedKey;
  group: Waiting[];
  later: Waiting[];
  /** Answers that were too late, one after the other. */
  behind: number;
}

export class Snapshots {
  readonly #parts: SnapshotsParts;
  readonly #books = new Map<FeedKey, BookRead>();
  #json: SnapshotJson | undefined;
  #binary: BinaryFullBook | undefined;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  ask(subscription: Subscription, reason: SnapshotReason): void {
    const { key } = subscription;
    if (key.channel === Channel.USER) {
      this.#askOrders(subscription, reason);
      return;
    }
    const book = this.#books.get(key);
    if (book === undefined) this.#readBook(key, [{ subscription, reason }]);
    else book.later.push({ subscription, reason });
  }

  #askOrders(subscription: Subscription, reason: SnapshotReason): void {
    const { queries, clock } = this.#parts;
    const asker = new SnapshotAsker(() => isWaiting(subscription), clock.monotonicUs());
    queries.ask(asker, {
      type: QueryType.CLIENT_ORDERS,
      text: subscription.key.client,
      lastInstrument: ALL_INSTRUMENTS,
      limit: ORDERS_LIMIT_MAX,
      answered: (_, answer) => {
        subscription.socket.sendBeginning(this.#writer().user(answer, subscription.key.clientId, reason));
        if (subscription.socket.open) this.#parts.sent(subscription, answer.sequence);
      },
      failed: (_, status) => {
        // Just after a start the follower may take a while to come to where the engine is.
        if (status === AnswerStatus.BEHIND && ++subscription.attempts < BEHIND_MAX) this.ask(subscription, reason);
        else this.#parts.failed(subscription, refusalOf(status));
      },
      full: () => this.#parts.failed(subscription, RING_FULL),
    });
  }

  #readBook(key: FeedKey, group: Waiting[]): void {
    const book: BookRead = { key, group, later: [], behind: 0 };
    this.#books.set(key, book);
    this.#askPage(book, 0, 0);
  }

  /** The page behind `read` orders of the copy of that sequence. */
  #askPage(book: BookRead, read: number, sequence: number): void {
    const { queries, clock } = this.#parts;
    queries.ask(new SnapshotAsker(() => true, clock.monotonicUs()), {
      ...fullBookQuestion(book.key.instrument, read, sequence),
      answered: (_, answer) => this.#page(book, read, answer),
      failed: (_, status) => {
        // A copy that the follower has let go is begun anew, from its first page.
        const gone = status === AnswerStatus.NOT_FOUND && read > 0;
        const again = (gone || status === AnswerStatus.BEHIND) && ++book.behind < BEHIND_MAX;
        if (again && book.group.some(({ subscription }) => isWaiting(subscription))) this.#askPage(book, 0, 0);
        else this.#endBook(book, ({ subscription }) => this.#parts.failed(subscription, refusalOf(status)));
      },
      full: () => this.#endBook(book, ({ subscription }) => this.#parts.failed(subscription, RING_FULL)),
    });
  }

  /** Written once for each reason there is. */
  #page(book: BookRead, read: number, answer: Answer): void {
    const more = hasMoreOrders(answer, read);
    const { sequence, count } = answer;
    book.group = book.group.filter(({ subscription }) => isWaiting(subscription));
    for (const reason of new Set(book.group.map((waiting) => waiting.reason))) {
      const writer = book.key.format === FeedFormat.BINARY ? this.#binaryWriter() : this.#writer();
      const part = writer.full(answer, book.key.instrument, reason, read);
      for (const waiting of book.group) if (waiting.reason === reason) waiting.subscription.socket.sendBeginning(part);
    }
    if (more && book.group.length > 0) this.#askPage(book, read + count, sequence);
    else this.#endBook(book, ({ subscription }) => this.#parts.sent(subscription, sequence));
  }

  /** Tells the group, and begins to read for those who came meanwhile. */
  #endBook(book: BookRead, tell: (waiting: Waiting) => void): void {
    this.#books.delete(book.key);
    const later = book.later.filter(({ subscription }) => isWaiting(subscription));
    if (later.length > 0) this.#readBook(book.key, later);
    for (const waiting of book.group) if (isWaiting(waiting.subscription)) tell(waiting);
  }

  #writer(): SnapshotJson {
    const { identity, instruments, state } = this.#parts;
    const { ids, json } = identity();
    this.#json ??= new SnapshotJson(instruments, ids, json, journalIdText(state.journalIdHigh, state.journalIdLow));
    return this.#json;
  }

  #binaryWriter(): BinaryFullBook {
    const { journalIdHigh, journalIdLow } = this.#parts.state;
    this.#binary ??= new BinaryFullBook(journalIdHigh, journalIdLow);
    return this.#binary;
  }
}

const RING_FULL: Refusal = { code: 'ring_full', detail: READS_FULL_DETAIL };

function refusalOf(status: number): Refusal {
  if (status === AnswerStatus.BEHIND) return { code: 'behind', detail: BEHIND_DETAIL };
  return { code: 'unavailable', detail: 'What would know the orders is not available now.' };
}

function isWaiting({ state, socket }: Subscription): boolean {
  return state === SubscriptionState.BEGINNING && socket.open;
}

/** One who waits for an answer of the follower, and needs none when nobody waits for the snapshot. */
class SnapshotAsker extends Asker {
  readonly #waits: () => boolean;

  constructor(waits: () => boolean, startUs: number) {
    super(undefined, startUs);
    this.#waits = waits;
  }

  override get open(): boolean {
    return this.#waits();
  }
}
