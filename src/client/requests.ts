// Requests of order entry and their answers. A request whose answer got lost is sent again, with the same idempotency key,
// until the outcome is known or its time is up; one that never left waits for a connection. Must never take an outcome for
// known that is not, and never send a command twice under two keys.

import { OutcomeUnknown, ProtocolError, RingbookError } from './errors.ts';
import type { Timing } from './messages.ts';
import { isTiming, type JsonRecord, readProblem } from './reader.ts';
import { Alarm, Backoff, type Timers } from './timers.ts';

export interface RequestsOptions {
  readonly timers: Timers;
  /** Waits before a request is sent again that the server could not answer. */
  readonly backoffMs: readonly [min: number, max: number];
  /** How long an answer may take before the request is sent again. */
  readonly answerMs: number;
  /** Asks for the times of each request. */
  readonly timing: boolean;
  /** Returns false when there is no connection. */
  send(message: JsonRecord): boolean;
  timed(timing: Timing, method: string): void;
}

/** What is asked for. */
export interface RequestFacts<T> {
  readonly method: string;
  readonly params: JsonRecord;
  /** Of a command; undefined for what may be asked again without a key. */
  readonly idempotencyKey: string | undefined;
  /** Whether a result is what it should be. */
  readonly isResult: (value: unknown) => value is T;
  /** After so long its outcome is called unknown. */
  readonly deadlineMs: number;
  /** A setting: of several requests about the same one only the last is sent again, and its outcome is that of all. */
  readonly setting?: string;
}

/** One request under way, whatever it resolves to. */
interface Pending {
  readonly facts: RequestFacts<unknown>;
  /** Attempts on this connection that are not answered. */
  readonly ids: Set<number>;
  /** Attempts, on any connection, of which nobody said that they were not executed. */
  uncertain: number;
  /** It was sent on this connection. */
  asked: boolean;
  /** For its answer, or for when it is sent again. */
  readonly alarm: Alarm;
  readonly deadline: Alarm;
  readonly backoff: Backoff;
  /** The server knows that it was executed, but could not say with what result. */
  executed: RingbookError | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Requests {
  readonly #options: RequestsOptions;
  /** In the order they were made, in which they are sent again too. */
  readonly #pending = new Set<Pending>();
  readonly #byId = new Map<number, Pending>();
  #ids = 0;
  #closed = false;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Rejects with RingbookError or OutcomeUnknown; ProtocolError when the result is none. */
  request<T>(facts: RequestFacts<T>): Promise<T> {
    const { timers, backoffMs } = this.#options;
    const { method, isResult, deadlineMs, setting } = facts;
    const earlier = setting === undefined ? [] : [...this.#pending].filter((one) => one.facts.setting === setting);
    const made = new Promise<T>((resolve, reject) => {
      const pending: Pending = {
        facts,
        ids: new Set(),
        uncertain: 0,
        asked: false,
        alarm: new Alarm(timers),
        deadline: new Alarm(timers),
        backoff: new Backoff(timers, ...backoffMs),
        executed: undefined,
        resolve: (result) => {
          if (isResult(result)) resolve(result);
          else reject(new ProtocolError(`an answer to ${method} that is none`));
        },
        reject,
      };
      this.#pending.add(pending);
      pending.deadline.set(deadlineMs, () => this.#giveUp(pending, 'not_sent', 'there was no connection in time'));
      if (this.#closed) this.#giveUpClosed(pending);
      else this.#send(pending);
    });
    for (const one of earlier) {
      this.#forget(one);
      made.then(one.resolve, one.reject);
    }
    return made;
  }

  /** There is a connection: sends what waits. */
  opened(): void {
    for (const pending of this.#pending) if (!pending.asked) this.#send(pending);
  }

  /** There is none any more: what was asked on it may or may not have been executed. */
  lost(): void {
    this.#byId.clear();
    for (const pending of this.#pending) {
      pending.ids.clear();
      pending.asked = false;
      pending.alarm.clear();
    }
  }

  /** An answer. Those to requests that are settled, or were never made, are left aside. */
  answered({ id, result, error, timing }: JsonRecord): void {
    const pending = typeof id === 'number' ? this.#byId.get(id) : undefined;
    if (pending === undefined || typeof id !== 'number') return;
    this.#byId.delete(id);
    pending.ids.delete(id);
    if (isTiming(timing)) this.#options.timed(timing, pending.facts.method);
    if (error === undefined) {
      this.#forget(pending);
      pending.resolve(result);
    } else {
      this.#takeError(pending, new RingbookError(readProblem(error)));
    }
  }

  /** Ends all that is under way, and what is asked from here on. */
  close(): void {
    this.#closed = true;
    for (const pending of this.#pending) this.#giveUpClosed(pending);
  }

  #send(pending: Pending): void {
    const { answerMs, timing } = this.#options;
    const { method, params } = pending.facts;
    const id = ++this.#ids;
    if (!this.#options.send({ id, method, params, timing: timing ? true : undefined })) return;
    this.#byId.set(id, pending);
    pending.ids.add(id);
    pending.uncertain++;
    pending.asked = true;
    pending.alarm.set(answerMs, () => this.#send(pending));
  }

  #takeError(pending: Pending, error: RingbookError): void {
    if (error.executed === 'no') pending.uncertain--;
    if (error.executed === 'yes') pending.executed = error;
    if (pending.uncertain === 0 || isOutcome(pending, error)) {
      this.#forget(pending);
      pending.reject(error);
    } else if (error.retry === 'never') {
      this.#giveUp(pending, error.code, error.detail);
    } else {
      pending.alarm.set(pending.backoff.nextMs(), () => this.#send(pending));
    }
  }

  #giveUpClosed(pending: Pending): void {
    this.#giveUp(pending, 'closed', 'the client was closed');
  }

  /** `code` and `detail` are for a request that cannot have been executed. */
  #giveUp(pending: Pending, code: string, detail: string): void {
    const { idempotencyKey } = pending.facts;
    this.#forget(pending);
    if (pending.uncertain === 0) pending.reject(ownError(code, detail, 'no'));
    else if (pending.executed !== undefined) pending.reject(pending.executed);
    else if (idempotencyKey !== undefined) pending.reject(new OutcomeUnknown(idempotencyKey));
    else pending.reject(ownError('no_answer', 'the server did not answer in time', 'unknown'));
  }

  #forget(pending: Pending): void {
    this.#pending.delete(pending);
    for (const id of pending.ids) this.#byId.delete(id);
    pending.alarm.clear();
    pending.deadline.clear();
  }
}

/** What the engine answers a command with that it refused: it remembers that under the key, as it does what it executed. */
const ENGINE_STATUSES: readonly number[] = [404, 409, 422];

/**
 * Whether a refusal is that of all attempts. What a gateway refuses (400) never reached the engine, and an attempt before may
 * have passed: what the instrument allows can have changed in between.
 */
function isOutcome({ facts }: Pending, { retry, status }: RingbookError): boolean {
  return retry === 'never' && (facts.idempotencyKey === undefined || ENGINE_STATUSES.includes(status));
}

/** What the client says itself. */
function ownError(code: string, detail: string, executed: 'no' | 'unknown'): RingbookError {
  return new RingbookError({ code, detail, status: 0, field: '', executed, retry: 'later' });
}
