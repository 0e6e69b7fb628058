// For the whole-system tests: one HTTP connection that is kept alive, and JSON over it.

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { errorCode } from '../../journal/errors.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined when it is not JSON. */
  readonly body: unknown;
}

const TIMEOUT_MS = 20_000;
/** The server closes a connection that was idle for ten seconds; one that may be about to is not used again. */
const IDLE_MS = 5_000;

/** Requests go one after the other, over one socket. Rejects when the socket breaks: then the outcome is unknown. */
export class Connection {
  readonly #base: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: IDLE_MS });
  #sent: Promise<void> = Promise.resolve();

  constructor(base: string) {
    this.#base = base;
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', path, body);
  }

  /** A string is sent as it is, anything else as JSON. */
  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#base}${path}`, { agent: this.#agent, method, headers }, (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          received += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text: received, body: parse(received) });
        });
      });
      sent.on('error', (error) => {
        // The server had closed it, and we were too busy to hear of it: a read may be asked again.
        if (sent.reusedSocket && method === 'GET' && errorCode(error) === 'ECONNRESET') resolve(this.get(path));
        else reject(error);
      });
      sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT_MS} ms`)));
      this.#sent = new Promise((resolve) => sent.end(text, resolve));
    });
  }

  /** Resolves when the last request is in the system's hands, whether or not anybody reads it. */
  sent(): Promise<void> {
    return this.#sent;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
