// What a request ends with when it does not end well, and what the client says of messages that make no sense.

/** Whether the request had an effect. */
export type Executed = 'no' | 'yes' | 'unknown';
export type Retry = 'same-key' | 'later' | 'never';

/** What an error says: the server's problem document, as far as the client reads it. */
export interface ErrorFacts {
  readonly code: string;
  readonly detail: string;
  /** As over HTTP; 0 for what the client says itself. */
  readonly status: number;
  /** The field it is about, '' for the request as a whole. */
  readonly field: string;
  readonly executed: Executed;
  readonly retry: Retry;
}

/**
 * A request was answered with an error. `code` is stable: a name of the server's table of problems, or of the client's own
 * `not_sent` (it never left: there was no connection in time), `no_answer` (a question without effect) and `closed`.
 */
export class RingbookError extends Error implements ErrorFacts {
  override readonly name = 'RingbookError';
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly field: string;
  readonly executed: Executed;
  readonly retry: Retry;

  constructor(facts: ErrorFacts) {
    super(`${facts.code}: ${facts.detail}`);
    this.code = facts.code;
    this.detail = facts.detail;
    this.status = facts.status;
    this.field = facts.field;
    this.executed = facts.executed;
    this.retry = facts.retry;
  }
}

/**
 * The request left, and until its deadline nobody said what became of it. It may have been executed, or may yet be. The same
 * request with this key and the same client id finds out, from any connection.
 */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
  readonly idempotencyKey: string;

  constructor(idempotencyKey: string) {
    super(`the outcome is unknown; the same request with the key ${idempotencyKey} finds out`);
    this.idempotencyKey = idempotencyKey;
  }
}

/** The server said something that the protocol does not allow. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
