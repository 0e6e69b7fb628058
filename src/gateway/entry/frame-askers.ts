// Askers that came by a text frame of /ws: their answers are frames that begin with the request's own id. Gateway thread; one for
// each gateway. Owns the buffer that answers are made in. Allocates: for each request its asker, its sink and its id.

import type { Clock } from '../../runtime/clock.ts';
import { putBytes } from '../../wire/json-writer.ts';
import { type AnswerSink, Asker } from '../asker.ts';
import { REPLAYED_HEADERS } from '../responses.ts';
import { Timings } from '../timings.ts';
import type { WsSession } from '../ws/session.ts';

const encoder = new TextEncoder();
const ID = encoder.encode('{"id":');
const STATUS = encoder.encode(',"status":');
const REPLAYED = encoder.encode(',"replayed":true');
const RESULT = encoder.encode(',"result":');
const ERROR = encoder.encode(',"error":');
const TIMING = encoder.encode(',"timing":');
const CLOSE_OBJECT = 0x7d;
/** All but the id and the body: a status, the times. */
const FRAME_BYTES_MAX = 512;
const BUFFER_BYTES = 16_384;
/** From here on a status says that the request was not carried out. */
const FIRST_ERROR = 400;

/** Where the askers of frames begin. */
export class FrameAskers {
  readonly #clock: Clock;
  readonly #writer: FrameWriter;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#writer = new FrameWriter(clock);
  }

  /** `id` is JSON, and kept. */
  begin(session: WsSession, id: Uint8Array, withTimings: boolean): Asker {
    const asker = new Asker(new FrameSink(this.#writer, session, id), this.#clock.monotonicUs());
    if (withTimings) asker.timings = new Timings(asker.startUs);
    return asker;
  }
}

class FrameSink implements AnswerSink {
  readonly records = undefined;
  readonly #writer: FrameWriter;
  readonly #session: WsSession;
  readonly #id: Uint8Array;

  constructor(writer: FrameWriter, session: WsSession, id: Uint8Array) {
    this.#writer = writer;
    this.#session = session;
    this.#id = id;
  }

  get open(): boolean {
    return this.#session.open;
  }

  /** A socket has other requests under way: none of them ends it. */
  answer(
    status: number,
    _contentType: string,
    body: Uint8Array | string,
    headers: readonly string[],
    _close: boolean,
    timings: Timings | undefined,
  ): void {
    const replayed = headers === REPLAYED_HEADERS;
    this.#session.sendText(this.#writer.write(this.#id, status, replayed, body, timings));
  }
}

/** Makes one answer at a time. Allocates: one view, and what times and a text for a body need. */
class FrameWriter {
  readonly #clock: Clock;
  #out = new Uint8Array(BUFFER_BYTES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The frame, valid until the next one. */
  write(
    id: Uint8Array,
    status: number,
    replayed: boolean,
    body: Uint8Array | string,
    timings: Timings | undefined,
  ): Uint8Array {
    const out = this.#room(id.length + (typeof body === 'string' ? body.length * 3 : body.length));
    let at = putBytes(out, 0, ID);
    at = putBytes(out, at, id);
    at = putBytes(out, at, STATUS);
    at = putStatus(out, at, status);
    if (replayed) at = putBytes(out, at, REPLAYED);
    at = putBytes(out, at, status < FIRST_ERROR ? RESULT : ERROR);
    at = typeof body === 'string' ? putText(out, at, body) : putBytes(out, at, body);
    if (timings?.complete) {
      at = putBytes(out, at, TIMING);
      at = putText(out, at, timings.json(this.#clock.monotonicUs()));
    }
    out[at] = CLOSE_OBJECT;
    return out.subarray(0, at + 1);
  }

  /** For so many bytes of id and body. */
  #room(ownBytes: number): Uint8Array {
    const bytes = ownBytes + FRAME_BYTES_MAX;
    if (this.#out.length < bytes) this.#out = new Uint8Array(bytes);
    return this.#out;
  }
}

/** Three digits. */
function putStatus(out: Uint8Array, at: number, status: number): number {
  out[at] = 0x30 + Math.floor(status / 100);
  out[at + 1] = 0x30 + (Math.floor(status / 10) % 10);
  out[at + 2] = 0x30 + (status % 10);
  return at + 3;
}

function putText(out: Uint8Array, at: number, text: string): number {
  return at + encoder.encodeInto(text, out.subarray(at)).written;
}
