// Askers that came by a binary frame of /ws: their answers are messages with the request's number. Gateway thread; one for each
// gateway. Owns the buffer that answers are made in. Allocates: for each request its asker and its sink.

import { assert } from '../../assert.ts';
import type { Clock } from '../../runtime/clock.ts';
import {
  BINARY_REPLY_BYTES_MAX,
  binaryProblemBytes,
  writeBinaryOrder,
  writeBinaryProblem,
  writeBinaryReply,
} from '../../wire/binary-replies.ts';
import { type AnswerSink, Asker, type RecordSink } from '../asker.ts';
import { Timings } from '../timings.ts';
import type { WsSession } from '../ws/session.ts';

const encoder = new TextEncoder();
const ACCEPTED = 202;
const OK = 200;

/** Where the askers of binary messages begin. */
export class BinaryAskers {
  readonly #clock: Clock;
  readonly #writer: BinaryWriter;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#writer = new BinaryWriter(clock);
  }

  begin(session: WsSession, requestId: number, withTimings: boolean): Asker {
    const asker = new Asker(new BinarySink(this.#writer, session, requestId), this.#clock.monotonicUs());
    if (withTimings) asker.timings = new Timings(asker.startUs);
    return asker;
  }
}

class BinarySink implements AnswerSink, RecordSink {
  readonly #writer: BinaryWriter;
  readonly #session: WsSession;
  readonly #requestId: number;

  constructor(writer: BinaryWriter, session: WsSession, requestId: number) {
    this.#writer = writer;
    this.#session = session;
    this.#requestId = requestId;
  }

  get open(): boolean {
    return this.#session.open;
  }

  get records(): RecordSink {
    return this;
  }

  /** What is no record is a problem. */
  answer(status: number, _contentType: string, body: Uint8Array | string): void {
    assert(typeof body === 'string', 'a problem is a text');
    this.#session.sendBinary(this.#writer.problem(this.#requestId, status, body));
  }

  reply(bytes: Uint8Array, from: number, to: number, timings: Timings | undefined): void {
    this.#session.sendBinary(this.#writer.reply(this.#requestId, bytes, from, to, timings));
  }

  order(bytes: Uint8Array, from: number): void {
    this.#session.sendBinary(this.#writer.order(this.#requestId, bytes, from));
  }
}

/** Makes one answer at a time, valid until the next. Allocates: one view, and what a problem or times need. */
class BinaryWriter {
  readonly #clock: Clock;
  readonly #out = new Uint8Array(BINARY_REPLY_BYTES_MAX);
  readonly #view = new DataView(this.#out.buffer);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  reply(requestId: number, bytes: Uint8Array, from: number, to: number, timings: Timings | undefined): Uint8Array {
    const times = timings?.complete ? Float64Array.from(timings.stagesUs(this.#clock.monotonicUs())) : undefined;
    const out = this.#out;
    const length = writeBinaryReply(out, this.#view, 0, requestId, ACCEPTED, times, bytes, from, to - from);
    return out.subarray(0, length);
  }

  order(requestId: number, bytes: Uint8Array, from: number): Uint8Array {
    return this.#out.subarray(0, writeBinaryOrder(this.#out, this.#view, 0, requestId, OK, bytes, from));
  }

  problem(requestId: number, status: number, json: string): Uint8Array {
    const text = encoder.encode(json);
    const out = new Uint8Array(binaryProblemBytes(text.length));
    writeBinaryProblem(out, new DataView(out.buffer), 0, requestId, status, text);
    return out;
  }
}
