// GET /orderbook: cuts the depth that the market-data agent prepared to the levels asked for, and waits when it is too old.
// Gateway thread. Owns a copy of the newest depth per instrument, the bodies cut from it, and the reads that wait.
// Must never serve a book older than the orders that were applied when the read came in.

import { PreparedBook } from '../wire/prepared-book.ts';
import type { Asker } from './asker.ts';
import type { GatewayContext } from './context.ts';
import { BEHIND_DETAIL, READS_FULL_DETAIL } from './queries.ts';
import type { Responder } from './responses.ts';

/** Reads that may wait at once. */
const WAITING_MAX = 1024;

interface WaitingRead {
  readonly asker: Asker;
  readonly book: PreparedBook;
  readonly levels: number;
  /** The book must be at least at this sequence. */
  readonly sequence: number;
  readonly deadlineUs: number;
}

export class DepthReads {
  readonly #context: GatewayContext;
  readonly #responder: Responder;
  /** By instrument, as they are asked for. */
  readonly #books: PreparedBook[] = [];
  #waiting: WaitingRead[] = [];

  constructor(context: GatewayContext, responder: Responder) {
    this.#context = context;
    this.#responder = responder;
  }

  /** Reads that wait for a newer or deeper book. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Answers now, or once the book is new and deep enough. */
  get(asker: Asker, instrument: number, levels: number): void {
    const { appliedSequence, limits } = this.#context;
    const sequence = appliedSequence();
    const book = this.#bookOf(instrument);
    const body = book.body(levels, sequence);
    if (body !== undefined) {
      this.#responder.json(asker, body);
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      this.#responder.problem(asker, 'ring_full', READS_FULL_DETAIL);
      return;
    }
    const deadlineUs = asker.startUs + limits.readTimeoutMs * 1000;
    this.#waiting.push({ asker, book, levels, sequence, deadlineUs });
    this.#wish(levels);
  }

  #bookOf(instrument: number): PreparedBook {
    const { depth, instruments } = this.#context;
    this.#books[instrument] ??= new PreparedBook(depth[instrument], instruments.current.all[instrument]);
    return this.#books[instrument];
  }

  /** Answers the reads whose book has come, and those whose time is up. Returns how many. */
  doWork(): number {
    if (this.#waiting.length === 0) return 0;
    const nowUs = this.#context.clock.monotonicUs();
    const still = this.#waiting.filter((read) => !this.#settle(read, nowUs));
    const settled = this.#waiting.length - still.length;
    this.#waiting = still;
    // A wish may have been taken before the agent had reached the sequence: so it is repeated.
    for (const { levels } of still) this.#wish(levels);
    return settled;
  }

  #settle({ asker, book, levels, sequence, deadlineUs }: WaitingRead, nowUs: number): boolean {
    if (!asker.open) return true;
    const body = book.body(levels, sequence);
    if (body !== undefined) this.#responder.json(asker, body);
    else if (nowUs >= deadlineUs) this.#responder.problem(asker, 'behind', BEHIND_DETAIL);
    else return false;
    return true;
  }

  #wish(levels: number): void {
    this.#context.state.wantDepth(this.#context.index, levels);
    this.#context.marketDataDoorbell.ring();
  }
}
