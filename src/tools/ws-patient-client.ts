// Commands over one pipelined WebSocket, and patience: what was under way when the connection was lost is sent again, and so is what
// the server says it did not execute or does not know. A tool's process. Owns its connection. Must only be given commands
// with an idempotency key.

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, type HttpReply } from './http-connection.ts';
import { parseObject } from './replay-requests.ts';
import { WsConnection } from './ws-connection.ts';

interface UnderWay {
  readonly text: string;
  readonly deadlineMs: number;
  readonly resolve: (reply: HttpReply) => void;
}

const PATIENCE_MS = 15_000;
const PAUSE_MS = 20;
/** Recovering, ring full; outcome unknown. */
const ASK_AGAIN = new Set([503, 504]);
const CANCEL = /^\/orders\/([^/]+)\/cancel$/;

export class WsPatientClient {
  readonly #url: URL;
  readonly #underWay = new Map<number, UnderWay>();
  #connection: WsConnection | undefined;
  #lastId = 0;
  #closed = false;
  /** Attempts beyond the first of each command. */
  repeats = 0;

  static async open(url: URL): Promise<WsPatientClient> {
    const client = new WsPatientClient(url);
    await client.#connect();
    return client;
  }

  private constructor(url: URL) {
    this.#url = url;
  }

  /** POST /orders or POST /orders/:id/cancel, as the message that means the same; the reply as HTTP would have it. */
  request(_method: string, path: string, json: string): Promise<HttpReply> {
    const id = ++this.#lastId;
    const target = CANCEL.exec(path)?.[1];
    const method = target === undefined ? 'order.place' : 'order.cancel';
    const params = target === undefined ? json : `{"order_id":"${target}",${json.slice(1)}`;
    const text = `{"id":${id},"method":"${method}","params":${params}}`;
    return new Promise((resolve) => {
      this.#underWay.set(id, { text, deadlineMs: performance.now() + PATIENCE_MS, resolve });
      this.#connection?.send(text);
    });
  }

  close(): void {
    this.#closed = true;
    this.#connection?.destroy();
  }

  async #connect(): Promise<void> {
    const connection = await WsConnection.open(this.#url, '/ws', (bytes, from, to) =>
      this.#receive(bytes.toString('utf8', from, to)),
    );
    connection.onClose = () => void this.#reconnect();
    this.#connection = connection;
    for (const { text } of this.#underWay.values()) connection.send(text);
  }

  async #reconnect(): Promise<void> {
    this.#connection = undefined;
    while (!this.#closed && this.#connection === undefined) {
      this.repeats += this.#underWay.size;
      try {
        await this.#connect();
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  #receive(text: string): void {
    const { id, status, result, error } = parseObject(text);
    const asked = typeof id === 'number' ? this.#underWay.get(id) : undefined;
    if (typeof id !== 'number' || typeof status !== 'number' || asked === undefined) return;
    if (ASK_AGAIN.has(status) && performance.now() < asked.deadlineMs) {
      this.repeats++;
      setTimeout(() => this.#connection?.send(asked.text), PAUSE_MS);
      return;
    }
    this.#underWay.delete(id);
    asked.resolve({ status, head: '', body: JSON.stringify(result ?? error) });
  }
}
