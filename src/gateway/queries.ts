// Reads that the follower answers: questions through the query ring, answers back through the answer ring.
// Gateway thread. Owns the table of open questions. Must never hold a question longer than its time: a late answer is dropped.

import type { Clock } from '../runtime/clock.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import * as Q from '../wire/query-codec.ts';
import type { Asker } from './asker.ts';
import { PendingTable } from './pending.ts';
import type { Responder } from './responses.ts';

const QUESTIONS_MAX = 1024;
const DRAIN_LIMIT = 64;
const NO_TEXT = new Uint8Array(0);

/** Where an answer's records lie; borrowed until the receiver returns. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the first record, or of the text. */
  readonly body: number;
  readonly end: number;
  /** Records in the body. */
  readonly count: number;
  /** What is answered is of this sequence. */
  readonly sequence: number;
  /** The time of that command, microseconds since the epoch; 0 before the first. */
  readonly timeUs: number;
}

export interface Question {
  /** QueryType. */
  readonly type: number;
  readonly instrument?: number;
  readonly lastInstrument?: number;
  readonly number?: number;
  readonly limit?: number;
  /** What follows the record's fixed part: a client id, a command record or a copy's sequence. */
  readonly text?: Uint8Array;
  readonly timeoutMs?: number;
  readonly answered: (asker: Asker, answer: Answer) => void;
  /** Anything but OK, by AnswerStatus; BEHIND also when no answer came. Without it the usual problem is sent. */
  readonly failed?: (asker: Asker, status: number) => void;
  /** There is no room to ask. Without it that is said, as a request that was not carried out. */
  readonly full?: (asker: Asker) => void;
}

interface OpenQuestion {
  readonly asker: Asker;
  readonly question: Question;
}

export interface QueriesContext {
  readonly queryRing: MessageRing;
  readonly answerRing: MessageRing;
  readonly followerDoorbell: Doorbell;
  readonly appliedSequence: () => number;
  readonly clock: Clock;
  readonly limits: { readonly readTimeoutMs: number };
}

export class FollowerQueries {
  readonly #context: QueriesContext;
  readonly #responder: Responder;
  readonly #open = new PendingTable<OpenQuestion>(QUESTIONS_MAX);

  readonly #receive = (_type: number, offset: number, lengthBytes: number): void => {
    const { bytes, view } = this.#context.answerRing;
    const asked = this.#open.close(view.getUint32(offset + Q.ANSWER_REQUEST_ID, true));
    if (asked?.asker.open !== true) return;
    const status = view.getUint16(offset + Q.ANSWER_STATUS, true);
    if (status !== Q.AnswerStatus.OK) {
      this.#fail(asked, status);
      return;
    }
    asked.question.answered(asked.asker, {
      bytes,
      view,
      body: offset + Q.ANSWER_BODY,
      end: offset + lengthBytes,
      count: view.getUint16(offset + Q.ANSWER_COUNT, true),
      sequence: view.getFloat64(offset + Q.ANSWER_SEQUENCE, true),
      timeUs: view.getFloat64(offset + Q.ANSWER_TIME_US, true),
    });
  };

  readonly #expired = (asked: OpenQuestion): void => {
    if (asked.asker.open) this.#fail(asked, Q.AnswerStatus.BEHIND);
  };

  constructor(context: QueriesContext, responder: Responder) {
    this.#context = context;
    this.#responder = responder;
  }

  /** Questions without an answer. */
  get size(): number {
    return this.#open.size;
  }

  /** Asks, unless there is no room: then says so at once. What is applied by now will be seen in the answer. */
  ask(asker: Asker, question: Question): void {
    const { queryRing: ring, followerDoorbell, appliedSequence, clock, limits } = this.#context;
    const text = question.text ?? NO_TEXT;
    const offset = this.#open.full ? -1 : ring.claim(question.type, Q.QUERY_BYTES + text.length);
    if (offset < 0) {
      if (question.full !== undefined) question.full(asker);
      else this.#responder.problem(asker, 'ring_full', READS_FULL_DETAIL);
      return;
    }
    const deadlineUs = clock.monotonicUs() + (question.timeoutMs ?? limits.readTimeoutMs) * 1000;
    const id = this.#open.open({ asker, question }, deadlineUs);
    const { view } = ring;
    view.setFloat64(offset + Q.QUERY_REQUEST_ID, 0, true);
    view.setUint32(offset + Q.QUERY_REQUEST_ID, id, true);
    view.setUint16(offset + Q.QUERY_INSTRUMENT, question.instrument ?? 0, true);
    view.setUint16(offset + Q.QUERY_LAST_INSTRUMENT, question.lastInstrument ?? 0, true);
    view.setFloat64(offset + Q.QUERY_MIN_SEQUENCE, appliedSequence(), true);
    view.setFloat64(offset + Q.QUERY_NUMBER, question.number ?? 0, true);
    view.setFloat64(offset + Q.QUERY_LIMIT, 0, true);
    view.setUint32(offset + Q.QUERY_LIMIT, question.limit ?? 0, true);
    view.setUint32(offset + Q.QUERY_BODY_BYTES, text.length, true);
    ring.bytes.set(text, offset + Q.QUERY_BYTES);
    ring.commit();
    followerDoorbell.ring();
  }

  /** Passes answers on. Returns how many. */
  doWork(): number {
    return this.#context.answerRing.read(this.#receive, DRAIN_LIMIT);
  }

  sweep(nowUs: number): void {
    this.#open.sweep(nowUs, true, this.#expired);
  }

  /** The usual problem for an AnswerStatus other than OK. */
  sayFailed(asker: Asker, status: number): void {
    const responder = this.#responder;
    if (status === Q.AnswerStatus.NOT_FOUND) responder.problem(asker, 'not_found', 'It does not exist.');
    else if (status === Q.AnswerStatus.BEHIND) responder.problem(asker, 'behind', BEHIND_DETAIL);
    else responder.problem(asker, 'unavailable', 'What would know this is not available now.');
  }

  #fail(asked: OpenQuestion, status: number): void {
    const { asker, question } = asked;
    if (question.failed !== undefined) question.failed(asker, status);
    else this.sayFailed(asker, status);
  }
}

/** Why a read is refused at once. */
export const READS_FULL_DETAIL = 'Too many reads are waiting; try again in a moment.';
/** Why a read is refused rather than answered with something old. */
export const BEHIND_DETAIL = 'The read side has not caught up with the orders taken so far; try again in a moment.';
