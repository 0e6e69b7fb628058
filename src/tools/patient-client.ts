// Several connections to one server, and patience: a request is asked again after a lost connection, and while the server says that
// it did not execute it or does not know. A tool's process. Owns its connections. Must only be given requests that may be repeated:
// reads, and commands with an idempotency key.

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, HttpConnection, type HttpReply } from './http-connection.ts';

export interface PatientClientOptions {
  readonly connections: number;
  /** For one attempt. */
  readonly timeoutMs?: number;
  /** How long a request is asked again before its last answer counts. */
  readonly patienceMs?: number;
}

const PAUSE_MS = 20;
/** Recovering, ring full, behind; outcome unknown. */
const ASK_AGAIN = new Set([503, 504]);

export class PatientClient {
  readonly #connections: HttpConnection[];
  readonly #idle: HttpConnection[];
  readonly #queue: ((connection: HttpConnection) => void)[] = [];
  readonly #patienceMs: number;
  /** Attempts beyond the first of each request. */
  repeats = 0;

  constructor(url: URL, { connections, timeoutMs = 15_000, patienceMs = 15_000 }: PatientClientOptions) {
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(url, timeoutMs));
    this.#idle = [...this.#connections];
    this.#patienceMs = patienceMs;
  }

  async request(method: string, path: string, json = ''): Promise<HttpReply> {
    const connection = this.#idle.pop() ?? (await new Promise<HttpConnection>((resolve) => this.#queue.push(resolve)));
    try {
      return await this.#ask(connection, method, path, json);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#idle.push(connection);
      else next(connection);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #ask(connection: HttpConnection, method: string, path: string, json: string): Promise<HttpReply> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        const reply = await connection.request(method, path, json);
        if (!ASK_AGAIN.has(reply.status) || performance.now() > deadline) return reply;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || performance.now() > deadline) throw error;
      }
      this.repeats++;
      await sleep(PAUSE_MS);
    }
  }
}
