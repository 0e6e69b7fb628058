// A load's connection over HTTP: kept alive, one request at a time, opened again when it was lost. A tool's process.

import { ConnectionLost, HttpConnection } from '../http-connection.ts';
import { httpRequestOf, readHttpReply } from './json-dialect.ts';
import { ANSWER_TIMEOUT_MS, type Lane, type LaneListener } from './lane.ts';
import type { LoadRequest } from './requests.ts';

export class HttpLane implements Lane {
  readonly #connection: HttpConnection;
  readonly #listener: LaneListener;

  constructor(url: URL, listener: LaneListener) {
    this.#connection = new HttpConnection(url, ANSWER_TIMEOUT_MS);
    this.#listener = listener;
  }

  send(slot: number, request: LoadRequest): void {
    void this.#ask(slot, request);
  }

  flush(): void {}

  close(): void {
    this.#connection.close();
  }

  async #ask(slot: number, request: LoadRequest): Promise<void> {
    const { method, path, json } = httpRequestOf(request);
    try {
      const { status, head, body } = await this.#connection.request(method, path, json);
      this.#listener.answered(slot, readHttpReply(request.kind, status, head, body));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      this.#listener.lost(slot, error.message, false);
    }
  }
}
