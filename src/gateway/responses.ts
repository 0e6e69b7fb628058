// Sends answers, each once: then the asker is closed. Every error is a problem document with a request id.
// Gateway thread; one for each gateway. Owns the count of problems; borrows the body until it returns.
// Allocates: nothing for a good answer from bytes.

import type { CounterBlock } from '../shared-memory/counters.ts';
import { GatewayCounter } from '../wire/counters.ts';
import {
  type Executed,
  PROBLEM_MEDIA_TYPE,
  PROBLEMS,
  type ProblemCode,
  type ProblemKind,
  problemJson,
  type Retry,
} from '../wire/problem.ts';
import type { Asker, RecordSink } from './asker.ts';

export const JSON_TYPE = 'application/json';
/** What we tell changes with the next order. */
export const NO_STORE: readonly string[] = ['Cache-Control', 'no-store'];
/** Of the answer that a key has got before. */
export const REPLAYED_HEADERS: readonly string[] = ['Idempotent-Replayed', 'true'];
const NO_HEADERS: readonly string[] = [];
/** A retry sooner than this would find the same. */
const RETRY_AFTER_S = '1';

export interface ProblemOptions {
  readonly field?: string;
  /** These three come from the table of problems unless given. */
  readonly status?: number;
  readonly executed?: Executed;
  readonly retry?: Retry;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
  /** Ends the connection: what the client still sends is not wanted. */
  readonly close?: boolean;
}

const NO_OPTIONS: ProblemOptions = {};

export class Responder {
  readonly #requestIdPrefix: string;
  readonly #counters: CounterBlock;
  #requests = 0;

  /** Request ids tell gateways and runs of the process apart; they need not be unguessable. */
  constructor(gateway: number, startedUs: number, counters: CounterBlock) {
    this.#requestIdPrefix = `${gateway.toString(36)}-${Math.floor(startedUs / 1000).toString(36)}-`;
    this.#counters = counters;
  }

  /** The one way to answer. Does nothing when the client has gone. */
  send(
    asker: Asker,
    status: number,
    contentType: string,
    body: Uint8Array | string,
    headers: readonly string[] = NO_HEADERS,
    close = false,
  ): void {
    const { sink } = asker;
    if (sink === undefined) return;
    asker.sink = undefined;
    sink.answer(status, contentType, body, headers, close, asker.timings);
  }

  /** The way to who takes records: whoever calls this answers by it, at once. undefined: the answer is to be text. */
  takeRecords(asker: Asker): RecordSink | undefined {
    const records = asker.sink?.records;
    if (records !== undefined) asker.sink = undefined;
    return records;
  }

  /** 200 with JSON that is true only now. */
  json(asker: Asker, body: Uint8Array | string): void {
    this.send(asker, 200, JSON_TYPE, body, NO_STORE);
  }

  /** An error. `detail` says what happened and what to do, for people. */
  problem(asker: Asker, code: ProblemCode, detail: string, options: ProblemOptions = NO_OPTIONS): void {
    if (!asker.open) return;
    const kind: ProblemKind = PROBLEMS[code];
    const status = options.status ?? kind.status;
    if (status < 500) this.#counters.add(GatewayCounter.BAD_REQUESTS, 1);
    const requestId = this.#requestIdPrefix + (++this.#requests).toString(36);
    const { field = '', executed = kind.executed, retry = kind.retry, close = false } = options;
    const headers = [...NO_STORE, 'X-Request-Id', requestId];
    if (status === 503 || status === 429) headers.push('Retry-After', RETRY_AFTER_S);
    if (options.headers !== undefined) headers.push(...options.headers);
    const body = problemJson({ code, detail, field, requestId, status, executed, retry });
    this.send(asker, status, PROBLEM_MEDIA_TYPE, body, headers, close);
  }
}
