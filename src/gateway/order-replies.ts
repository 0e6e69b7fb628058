// Replies from the matching thread: finds who asked, and answers with what the reply record says. Gateway thread.
// Owns nothing but the replies whose fills it has to fetch. Must never turn an outcome into another: what was not executed is
// said so, what may have been is called unknown.

import { assert } from '../assert.ts';
import { CommandType } from '../domain/codes.ts';
import { Reason } from '../domain/reasons.ts';
import { Histogram } from '../shared-memory/histogram.ts';
import { GatewayCounter } from '../wire/counters.ts';
import { appliedJson } from '../wire/instrument-json.ts';
import { problemOfReason } from '../wire/problem.ts';
import { QueryType } from '../wire/query-codec.ts';
import {
  FILLS_MAX,
  REPLY_DURABLE_US,
  REPLY_FILLS,
  REPLY_FIRST_TRADE,
  REPLY_KIND,
  REPLY_ORDER_BYTES,
  REPLY_REASON,
  REPLY_REQUEST_ID,
  REPLY_RESULT_SEQUENCE,
  REPLY_TRADES_TOTAL,
  REPLY_VALUE,
  ReplyKind,
} from '../wire/reply-codec.ts';
import type { Asker } from './asker.ts';
import type { GatewayContext } from './context.ts';
import type { Identity } from './identity.ts';
import type { PendingTable } from './pending.ts';
import type { FollowerQueries } from './queries.ts';
import { replyWithTrades } from './replayed-trades.ts';
import { JSON_TYPE, REPLAYED_HEADERS, type Responder } from './responses.ts';

/** Replies answered in one turn; the event loop has others to serve. */
const DRAIN_LIMIT = 256;

export interface OrderRepliesParts {
  readonly context: GatewayContext;
  readonly responder: Responder;
  readonly queries: FollowerQueries;
  readonly identity: () => Identity;
  readonly pending: PendingTable<Asker>;
}

export class OrderReplies {
  readonly #parts: OrderRepliesParts;
  readonly #totalSeconds: Histogram;
  readonly #replySeconds: Histogram;

  readonly #receive = (_type: number, offset: number, lengthBytes: number): void => {
    const { context, pending } = this.#parts;
    const { view } = context.replyRing;
    const asker = pending.close(view.getUint32(offset + REPLY_REQUEST_ID, true));
    if (asker === undefined) return;
    if (asker.open) this.#answer(asker, offset, lengthBytes);
    const nowUs = context.clock.monotonicUs();
    this.#totalSeconds.record((nowUs - asker.startUs) / 1e6);
    this.#replySeconds.record((nowUs - view.getFloat64(offset + REPLY_DURABLE_US, true)) / 1e6);
  };

  readonly #expired = (asker: Asker): void => {
    this.#parts.context.counters.add(GatewayCounter.TIMEOUTS, 1);
    this.#sayUnknown(asker, 'The engine did not answer in time.');
  };

  readonly #lost = (asker: Asker): void => {
    this.#sayUnknown(asker, 'The server stopped while this command was under way.');
  };

  constructor(parts: OrderRepliesParts) {
    this.#parts = parts;
    this.#totalSeconds = new Histogram(parts.context.counters, GatewayCounter.TOTAL_SECONDS);
    this.#replySeconds = new Histogram(parts.context.counters, GatewayCounter.REPLY_SECONDS);
  }

  /** Answers what has been replied to. Returns how many replies were drained. */
  doWork(): number {
    const { context, pending } = this.#parts;
    const drained = context.replyRing.read(this.#receive, DRAIN_LIMIT);
    if (drained > 0) context.counters.set(GatewayCounter.IN_FLIGHT, pending.size);
    return drained;
  }

  /** Answers those that have waited too long. Their slots stay taken: the replies may still come. */
  sweep(nowUs: number): void {
    this.#parts.pending.sweep(nowUs, false, this.#expired);
  }

  /** No reply will come any more: tells everyone that waits, and gives up the slots, for nothing will be sent again. */
  giveUp(): void {
    const { context, pending } = this.#parts;
    if (pending.size === 0) return;
    pending.clear(this.#lost);
    context.counters.set(GatewayCounter.IN_FLIGHT, pending.size);
  }

  #answer(asker: Asker, offset: number, lengthBytes: number): void {
    const { view } = this.#parts.context.replyRing;
    asker.timings?.replied(view, offset);
    const kind = view.getUint16(offset + REPLY_KIND, true);
    if (kind === ReplyKind.REFUSED) {
      this.#refuse(asker, view.getUint16(offset + REPLY_REASON, true));
      return;
    }
    const lacksTrades = kind === ReplyKind.REPLAYED && this.#lacksTrades(offset);
    if (lacksTrades && asker.commandType !== CommandType.CANCEL_ORDER) {
      this.#fetchTrades(asker, offset, lengthBytes);
      return;
    }
    const records = this.#parts.responder.takeRecords(asker);
    if (records !== undefined) {
      records.reply(this.#bytes, offset, offset + lengthBytes, asker.timings);
      return;
    }
    if (view.getUint16(offset + REPLY_ORDER_BYTES, true) === 0) {
      this.#answerApplied(asker, offset, kind);
      return;
    }
    if (asker.commandType === CommandType.CANCEL_ORDER) this.#answerCancel(asker, offset, kind);
    else this.#accept(asker, this.#json().reply(this.#bytes, view, offset), kind);
  }

  /** A command that is about no single order: what it came to. */
  #answerApplied(asker: Asker, offset: number, kind: number): void {
    const { view } = this.#parts.context.replyRing;
    const { commandType } = asker;
    const value = view.getFloat64(offset + REPLY_VALUE, true);
    const sequence = view.getFloat64(offset + REPLY_RESULT_SEQUENCE, true);
    const instruments = this.#parts.context.instruments.current;
    assert(commandType !== undefined, 'a reply answers a command');
    this.#accept(asker, appliedJson(commandType, value, sequence, instruments), kind);
  }

  #answerCancel(asker: Asker, offset: number, kind: number): void {
    const { view } = this.#parts.context.replyRing;
    this.#accept(asker, this.#json().cancelled(this.#bytes, view, offset), kind);
  }

  /** A replay's reply holds the first result but not its fills: those are in the trades, by number. */
  #lacksTrades(offset: number): boolean {
    const { view } = this.#parts.context.replyRing;
    return view.getUint32(offset + REPLY_TRADES_TOTAL, true) > 0 && view.getUint16(offset + REPLY_FILLS, true) === 0;
  }

  #fetchTrades(asker: Asker, offset: number, lengthBytes: number): void {
    const { context, queries, responder } = this.#parts;
    const { bytes, view } = context.replyRing;
    const total = view.getUint32(offset + REPLY_TRADES_TOTAL, true);
    const kept = bytes.slice(offset, offset + lengthBytes);
    // The order was executed, the first time; only its fills cannot be shown now.
    const failed = (who: Asker): void => {
      const detail =
        'This key was executed before, but its trades cannot be read now. Send it again, or read the order.';
      responder.problem(who, 'unavailable', detail, { executed: 'yes', retry: 'same-key' });
    };
    queries.ask(asker, {
      type: QueryType.TRADE_RANGE,
      number: view.getFloat64(offset + REPLY_FIRST_TRADE, true),
      limit: Math.min(total, FILLS_MAX),
      answered: (who, answer) => {
        const whole = replyWithTrades(kept, answer);
        const records = responder.takeRecords(who);
        if (records !== undefined) records.reply(whole.bytes, 0, whole.bytes.length, who.timings);
        else this.#accept(who, this.#json().reply(whole.bytes, whole.view, 0), ReplyKind.REPLAYED);
      },
      failed,
      full: failed,
    });
  }

  #accept(asker: Asker, body: Uint8Array | string, kind: number): void {
    // No Cache-Control: the answer to a POST is not cached unless it says so, and headers cost time.
    this.#parts.responder.send(asker, 202, JSON_TYPE, body, kind === ReplyKind.REPLAYED ? REPLAYED_HEADERS : undefined);
  }

  #refuse(asker: Asker, reason: number): void {
    const problem = problemOfReason(reason);
    assert(problem !== undefined, `reason ${reason} of a refusal has a problem`);
    const { code, status, detail } = problem;
    const field = reason === Reason.KEY_REUSED ? 'idempotency_key' : '';
    this.#parts.responder.problem(asker, code, detail, { status, field });
  }

  #sayUnknown(asker: Asker, why: string): void {
    const detail = `${why} It may have been executed: send it again with the same idempotency_key to find out.`;
    this.#parts.responder.problem(asker, 'outcome_unknown', detail);
  }

  #json(): Identity['json'] {
    return this.#parts.identity().json;
  }

  get #bytes(): Uint8Array {
    return this.#parts.context.replyRing.bytes;
  }
}
