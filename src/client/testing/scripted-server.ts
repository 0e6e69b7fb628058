// The other end of the client's sockets, played by a test: a WebSocket class whose sockets do what the test says.

import type { WebSocketLike } from '../socket.ts';

type Message = Record<string, unknown>;

interface Heard {
  open: (() => void)[];
  error: (() => void)[];
  message: ((event: { data: unknown }) => void)[];
  close: ((event: { code: number; reason: string }) => void)[];
}

export class ScriptedSocket implements WebSocketLike {
  readonly url: string;
  /** What the client sent, parsed. */
  readonly received: Message[] = [];
  /** The code that the client closed with. */
  closedWith: number | undefined;
  onMessage: ((message: Message) => void) | undefined;
  readonly #heard: Heard = { open: [], error: [], message: [], close: [] };
  #ended = false;

  constructor(url: string) {
    this.url = url;
  }

  addEventListener<K extends keyof Heard>(type: K, listener: Heard[K][number]): void {
    const listeners: Heard[K][number][] = this.#heard[type];
    listeners.push(listener);
  }

  send(data: string): void {
    const message: Message = JSON.parse(data);
    this.received.push(message);
    if (!this.#ended) this.onMessage?.(message);
  }

  close(code?: number): void {
    this.closedWith = code ?? 1005;
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  open(): void {
    for (const listener of this.#heard.open) listener();
  }

  /** A message; text that is none of JSON goes as it is. */
  say(message: Message | string): void {
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    this.sayData(data);
  }

  sayData(data: unknown): void {
    for (const listener of this.#heard.message) listener({ data });
  }

  /** The server ends it, or the network does (1006). */
  end(code: number, reason = ''): void {
    this.#ended = true;
    if (code === 1006) for (const listener of this.#heard.error) listener();
    for (const listener of this.#heard.close) listener({ code, reason });
  }

  /** The newest message of a type or method. */
  last(name: string): Message {
    const found = this.received.findLast(({ type, method }) => type === name || method === name);
    if (found === undefined) throw new Error(`the client sent no ${name}`);
    return found;
  }

  count(name: string): number {
    return this.received.filter(({ type, method }) => type === name || method === name).length;
  }
}

export class ScriptedServer {
  /** Every attempt to connect. */
  readonly sockets: ScriptedSocket[] = [];
  /** Told of each attempt. */
  onConnect: ((socket: ScriptedSocket) => void) | undefined;
  /** What the client is given as its WebSocket. */
  readonly WebSocket: new (
    url: string,
  ) => ScriptedSocket;

  constructor() {
    const server = this;
    this.WebSocket = class extends ScriptedSocket {
      constructor(url: string) {
        super(url);
        server.sockets.push(this);
        server.onConnect?.(this);
      }
    };
  }

  get socket(): ScriptedSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }
}
