// Askers that came by HTTP. Wraps the response of uWebSockets once: used after an abort it would throw natively, and a
// route that returns without an abort callback ends the process. Gateway thread; one for each gateway.
// Each sink owns its response until it has answered. Allocates: for each request its asker and its sink.

import type { HttpResponse } from 'uWebSockets.js';
import type { Clock } from '../runtime/clock.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { GatewayCounter } from '../wire/counters.ts';
import { type AnswerSink, Asker } from './asker.ts';
import type { Timings } from './timings.ts';

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

/** Where HTTP askers begin. */
export class Askers {
  readonly #clock: Clock;
  readonly #counters: CounterBlock;
  readonly #writer: HttpWriter;

  constructor(clock: Clock, counters: CounterBlock) {
    this.#clock = clock;
    this.#counters = counters;
    this.#writer = new HttpWriter(clock);
  }

  /** The first thing a route does, before anything that may return without an answer. `head`: the answer goes without its body. */
  begin(res: HttpResponse, head = false): Asker {
    const asker = new Asker(new HttpSink(this.#writer, res, head), this.#clock.monotonicUs());
    res.onAborted(() => this.#aborted(asker));
    this.#counters.add(GatewayCounter.REQUESTS, 1);
    return asker;
  }

  #aborted(asker: Asker): void {
    asker.sink = undefined;
    this.#counters.add(GatewayCounter.ABORTED, 1);
    asker.onAborted?.(asker);
  }
}

/** The response of one request: its asker lets go of it when it is aborted. */
class HttpSink implements AnswerSink {
  readonly open = true;
  readonly records = undefined;
  readonly #writer: HttpWriter;
  readonly #res: HttpResponse;
  readonly #head: boolean;

  constructor(writer: HttpWriter, res: HttpResponse, head: boolean) {
    this.#writer = writer;
    this.#res = res;
    this.#head = head;
  }

  answer(
    status: number,
    contentType: string,
    body: Uint8Array | string,
    headers: readonly string[],
    close: boolean,
    timings: Timings | undefined,
  ): void {
    this.#writer.write(this.#res, this.#head, status, contentType, body, headers, close, timings);
  }
}

/** Writes one answer, corked. Allocates: nothing. */
class HttpWriter {
  // The answer being written; fields, so that one function serves every cork().
  #res: HttpResponse | undefined;
  #head = false;
  #status = '';
  #contentType = '';
  #headers: readonly string[] = [];
  #body: Uint8Array | string = '';
  #close = false;
  #timings: Timings | undefined;
  readonly #clock: Clock;

  readonly #write = (): void => {
    const res = this.#res;
    if (res === undefined) return;
    res.writeStatus(this.#status).writeHeader('Content-Type', this.#contentType);
    const headers = this.#headers;
    for (let i = 0; i < headers.length; i += 2) res.writeHeader(headers[i], headers[i + 1]);
    const timings = this.#timings;
    if (timings !== undefined) res.writeHeader('Server-Timing', timings.serverTiming(this.#clock.monotonicUs()));
    if (this.#head) {
      // Given a length itself, endWithoutBody waits for as many bytes.
      res.writeHeader('Content-Length', String(Buffer.byteLength(this.#body))).endWithoutBody();
    } else {
      res.end(this.#body, this.#close);
    }
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(
    res: HttpResponse,
    head: boolean,
    status: number,
    contentType: string,
    body: Uint8Array | string,
    headers: readonly string[],
    close: boolean,
    timings: Timings | undefined,
  ): void {
    this.#timings = timings?.complete ? timings : undefined;
    this.#res = res;
    this.#head = head;
    this.#status = statusText(status);
    this.#contentType = contentType;
    this.#headers = headers;
    this.#body = body;
    this.#close = close;
    res.cork(this.#write);
    this.#res = undefined;
    this.#timings = undefined;
  }
}
