// What tests use to talk to a gateway: JSON over fetch, and raw bytes over a socket where the bytes are the point.

import { connect, type Socket } from 'node:net';
import { setImmediate as afterPoll, setTimeout as sleep } from 'node:timers/promises';

/** The members that tests look at one by one. */
interface JsonBody {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly field?: unknown;
  readonly message?: unknown;
  readonly order?: unknown;
  readonly order_id?: unknown;
  readonly request_id?: unknown;
  readonly sequence?: unknown;
  readonly trades?: unknown;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonBody;
}

export async function request(url: string, init: RequestInit = {}): Promise<JsonAnswer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

export function post(url: string, body: unknown, method = 'POST'): Promise<JsonAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return request(url, { method, body: text, headers: { 'content-type': 'application/json' } });
}

/** A list comes as an object by index, text that is no JSON as an empty one. */
function parse(text: string): JsonBody {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

let keys = 0;

/** A good order; each has a key of its own. */
export function order(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    idempotency_key: `key-${++keys}`,
    client_id: 'alice',
    instrument: 'BTC-USD',
    side: 'buy',
    type: 'limit',
    price: 70000.01,
    quantity: '0.5',
    ...changes,
  };
}

/** A connection whose bytes are written by hand; remembers all that came back. */
export class RawConnection {
  received = '';
  closed = false;
  readonly socket: Socket;

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawConnection(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** In pieces that the gateway, on this very event loop, reads one by one: it polls its sockets between any two. */
  async writePieces(text: string, pieceBytes: number): Promise<void> {
    this.socket.setNoDelay(true);
    for (let i = 0; i < text.length; i += pieceBytes) {
      this.write(text.slice(i, i + pieceBytes));
      await afterPoll();
    }
  }

  end(): void {
    this.socket.destroy();
  }
}

export function rawPost(path: string, body: string, headers = ''): string {
  const length = Buffer.byteLength(body);
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`;
}

/** Waits until `condition` holds, at most two seconds. */
export async function until(condition: () => boolean, what: string, timeoutMs = 2_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`never happened: ${what}`);
    await sleep(2);
  }
}
