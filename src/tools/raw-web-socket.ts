// A WebSocket for the client (ringbook/client) over a raw socket that can be cut at any byte. A tool's process. Owns its connection.

import type { WebSocketConstructor, WebSocketLike } from '../client/index.ts';
import { WsConnection } from './ws-connection.ts';

/** Sees every message and says what goes on in its stead. */
export interface Tap {
  readonly sent: (text: string) => string;
  readonly received: (text: string) => string;
}

const NO_TAP: Tap = { sent: (text) => text, received: (text) => text };

/** Makes sockets for one client, and cuts the one that is open. */
export class CuttableSockets {
  #current: RawWebSocket | undefined;
  readonly WebSocket: WebSocketConstructor;

  constructor(tap: Partial<Tap> = {}) {
    const adopt = (socket: RawWebSocket) => {
      this.#current = socket;
    };
    this.WebSocket = class extends RawWebSocket {
      constructor(url: string) {
        super(url, { ...NO_TAP, ...tap });
        adopt(this);
      }
    };
  }

  /** Ends the connection without a word; what has not been read is lost. */
  cut(): void {
    this.#current?.cut();
  }

  /** Reads nothing more on the open socket until resume(). */
  pause(): void {
    this.#current?.connection?.pause();
  }

  resume(): void {
    this.#current?.connection?.resume();
  }
}

class RawWebSocket implements WebSocketLike {
  connection: WsConnection | undefined;
  readonly #tap: Tap;
  readonly #events = new EventTarget();
  #ended = false;

  constructor(url: string, tap: Tap) {
    this.#tap = tap;
    const { host, pathname } = new URL(url);
    const receive = (bytes: Buffer, from: number, to: number) => {
      if (this.#ended) return;
      const data = tap.received(bytes.toString('utf8', from, to));
      this.#events.dispatchEvent(new MessageEvent('message', { data }));
    };
    WsConnection.open(new URL(`http://${host}`), pathname, receive).then(
      (connection) => this.#opened(connection),
      () => this.#end(1006, ''),
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: the listener's type depends on the event, which EventTarget does not know
  addEventListener(type: string, listener: (event: any) => void): void {
    this.#events.addEventListener(type, listener);
  }

  send(data: string): void {
    this.connection?.send(this.#tap.sent(data));
  }

  close(): void {
    this.cut();
  }

  cut(): void {
    this.connection?.destroy();
    this.#end(1006, 'cut');
  }

  #opened(connection: WsConnection): void {
    this.connection = connection;
    connection.onClose = () => this.#end(connection.closeCode, connection.closeReason);
    if (this.#ended) connection.destroy();
    else this.#events.dispatchEvent(new Event('open'));
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
}
