// Request bodies: collects the chunks of each, up to a size and a time. uWebSockets has no limit of its own on either.
// Gateway thread. Owns the chunks that came before a body's end; hands the whole body out until `receive` returns. A body that
// comes in one chunk is not copied.

import type { HttpResponse } from 'uWebSockets.js';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

/** A whole body; `bytes` are the receiver's until it returns. */
export type ReceiveBody = (asker: Asker, bytes: Uint8Array) => void;

export class BodyReader {
  readonly #bytesMax: number;
  readonly #timeoutUs: number;
  readonly #responder: Responder;
  /** Bodies that are not complete, oldest first. */
  readonly #open = new Set<Asker>();
  readonly #forget = (asker: Asker): void => {
    this.#open.delete(asker);
  };

  constructor(bytesMax: number, timeoutUs: number, responder: Responder) {
    this.#bytesMax = bytesMax;
    this.#timeoutUs = timeoutUs;
    this.#responder = responder;
  }

  /** Bodies that are not complete. */
  get size(): number {
    return this.#open.size;
  }

  /** Call inside the route's callback, with the asker's response. `receive` is called once, or never when the request ends otherwise. */
  read(asker: Asker, res: HttpResponse, receive: ReceiveBody): void {
    this.#open.add(asker);
    asker.onAborted = this.#forget;
    let collected: Uint8Array | undefined;
    let length = 0;
    res.onData((chunk, isLast) => {
      if (!asker.open) return;
      const end = length + chunk.byteLength;
      if (end > this.#bytesMax) {
        this.#open.delete(asker);
        this.#responder.problem(asker, 'body_too_large', `At most ${this.#bytesMax} bytes.`, { close: true });
        return;
      }
      if (isLast && length === 0) {
        this.#complete(asker, receive, new Uint8Array(chunk));
        return;
      }
      collected ??= new Uint8Array(this.#bytesMax);
      collected.set(new Uint8Array(chunk), length);
      length = end;
      if (isLast) this.#complete(asker, receive, collected.subarray(0, length));
    });
  }

  /** Gives up bodies that are older than the limit. */
  sweep(nowUs: number): void {
    for (const asker of this.#open) {
      if (asker.startUs + this.#timeoutUs > nowUs) return;
      this.#open.delete(asker);
      this.#responder.problem(asker, 'request_timeout', 'The body did not arrive in time.', { close: true });
    }
  }

  #complete(asker: Asker, receive: ReceiveBody, bytes: Uint8Array): void {
    this.#open.delete(asker);
    asker.onAborted = undefined;
    receive(asker, bytes);
  }
}
