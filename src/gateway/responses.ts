// Sends answers: one corked write each, then the asker is closed. Every error is a problem document with a request id.
// Gateway thread; one for each gateway. Owns nothing but the answer it is writing; borrows the body until it returns.
// Allocates: nothing for a good answer from bytes.

import type { HttpResponse } from 'uWebSockets.js';
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
import type { Asker } from './asker.ts';

export const JSON_TYPE = 'application/json';
/** What we tell changes with the next order. */
export const NO_STORE: readonly string[] = ['Cache-Control', 'no-store'];
const NO_HEADERS: readonly string[] = [];
/** A retry sooner than this would find the same. */
const RETRY_AFTER_S = '1';

const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [200, '200 OK'],
  [202, '202 Accepted'],
  [302, '302 Found'],
  [400, '400 Bad Request'],
  [401, '401 Unauthorized'],
  [403, '403 Forbidden'],
  [404, '404 Not Found'],
  [405, '405 Method Not Allowed'],
  [408, '408 Request Timeout'],
  [409, '409 Conflict'],
  [413, '413 Content Too Large'],
  [415, '415 Unsupported Media Type'],
  [422, '422 Unprocessable Content'],
  [426, '426 Upgrade Required'],
  [429, '429 Too Many Requests'],
  [500, '500 Internal Server Error'],
  [503, '503 Service Unavailable'],
  [504, '504 Gateway Timeout'],
]);

function statusText(status: number): string {
  return STATUS_TEXTS.get(status) ?? String(status);
}

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

  // The answer being written; fields, so that one function serves every cork().
  #res: HttpResponse | undefined;
  #head = false;
  #status = '';
  #contentType = '';
  #headers: readonly string[] = NO_HEADERS;
  #body: Uint8Array | string = '';
  #close = false;

  readonly #write = (): void => {
    const res = this.#res;
    if (res === undefined) return;
    res.writeStatus(this.#status).writeHeader('Content-Type', this.#contentType);
    const headers = this.#headers;
    for (let i = 0; i < headers.length; i += 2) res.writeHeader(headers[i], headers[i + 1]);
    if (this.#head) {
      // Given a length itself, endWithoutBody waits for as many bytes.
      res.writeHeader('Content-Length', String(Buffer.byteLength(this.#body))).endWithoutBody();
    } else {
      res.end(this.#body, this.#close);
    }
  };

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
    const { res } = asker;
    if (res === undefined) return;
    asker.res = undefined;
    this.#res = res;
    this.#head = asker.head;
    this.#status = statusText(status);
    this.#contentType = contentType;
    this.#headers = headers;
    this.#body = body;
    this.#close = close;
    res.cork(this.#write);
    this.#res = undefined;
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
