// One keep-alive HTTP/1.1 connection that asks one thing at a time: what load and replay tools need, at a fraction of the cost of
// a general client. A tool's process. Owns its socket; connects again by itself. Must never send a request twice: when the
// connection is lost the outcome is unknown, and only the caller knows whether asking again is safe.

import { connect, type Socket } from 'node:net';
import { assert } from '../assert.ts';

export interface HttpReply {
  readonly status: number;
  /** Status line and headers as they came. */
  readonly head: string;
  readonly body: string;
}

/** No whole reply came; what became of the request is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

interface Waiting {
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (error: Error) => void;
  readonly isHead: boolean;
}

const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);

export class HttpConnection {
  readonly #host: string;
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #hostHeader: string;
  #socket: Socket | undefined;
  #received = NOTHING;
  #waiting: Waiting | undefined;

  constructor(url: URL, timeoutMs: number) {
    assert(url.protocol === 'http:', 'only http:// is spoken');
    this.#host = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = url.port === '' ? 80 : Number(url.port);
    this.#hostHeader = url.host;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends JSON, or no body at all. */
  request(method: string, path: string, json = ''): Promise<HttpReply> {
    const content = json === '' ? '' : 'Content-Type: application/json\r\n';
    return this.send(method, path, content, json);
  }

  /** `headers` are whole lines, each with its line end; Host and Content-Length are added. Rejects with ConnectionLost. */
  send(method: string, path: string, headers: string, body: string): Promise<HttpReply> {
    assert(this.#waiting === undefined, 'one request at a time on a connection');
    const length = body === '' && method === 'GET' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, isHead: method === 'HEAD' };
      const socket = this.#connected();
      socket.setTimeout(this.#timeoutMs);
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${this.#hostHeader}\r\n${headers}${length}\r\n${body}`);
    });
  }

  close(): void {
    this.#lose(new ConnectionLost('closed'));
  }

  #connected(): Socket {
    if (this.#socket?.writable === true) return this.#socket;
    this.#socket?.destroy();
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    const lost = (error: Error) => {
      if (this.#socket === socket) this.#lose(error);
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.#socket === socket) this.#take(chunk);
    });
    socket.on('timeout', () => lost(new ConnectionLost(`no answer within ${this.#timeoutMs} ms`)));
    socket.on('error', (error) => lost(new ConnectionLost(error.message)));
    socket.on('close', () => lost(new ConnectionLost('the server closed the connection')));
    this.#received = NOTHING;
    this.#socket = socket;
    return socket;
  }

  #lose(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#forget();
    waiting?.reject(error);
  }

  #forget(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#lose(new ConnectionLost('the server spoke without being asked'));
      return;
    }
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = waiting.isHead ? 0 : Number(headerOf(head, 'content-length') ?? 'none');
    if (!Number.isSafeInteger(length)) {
      this.#lose(new ConnectionLost('a reply without Content-Length'));
      return;
    }
    const from = headEnd + HEAD_END.length;
    if (this.#received.length < from + length) return;
    const body = this.#received.toString('utf8', from, from + length);
    this.#received = NOTHING;
    this.#waiting = undefined;
    if (headerOf(head, 'connection')?.toLowerCase() === 'close') this.#forget();
    // Idle connections are closed by the server in its own time, not by us.
    else this.#socket?.setTimeout(0);
    waiting.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

/** The value of a header, by its name in lower case. */
export function headerOf(head: string, name: string): string | undefined {
  const found = new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head);
  return found?.[1];
}
