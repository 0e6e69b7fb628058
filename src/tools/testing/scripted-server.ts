// A WebSocket server that says what a test tells it, for tests of tools that judge other servers. The test's own thread; close() must
// be called, for a process that ends with a socket open is aborted.

import {
  App,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
  type WebSocket,
} from 'uWebSockets.js';

type Socket = WebSocket<undefined>;

export class ScriptedServer {
  readonly url: URL;
  readonly sockets: Socket[] = [];
  readonly #listening: us_listen_socket;

  /** `told` is called with each message of a client. */
  static start(told: (socket: Socket, message: string) => void = () => {}): Promise<ScriptedServer> {
    const sockets: Socket[] = [];
    return new Promise((resolve, reject) => {
      App()
        .ws<undefined>('/ws', {
          open: (socket) => void sockets.push(socket),
          message: (socket, message) => told(socket, Buffer.from(message).toString()),
          close: (socket) => void sockets.splice(sockets.indexOf(socket), 1),
        })
        .listen('127.0.0.1', 0, (listening) => {
          if (listening === false) reject(new Error('no port'));
          else resolve(new ScriptedServer(sockets, listening));
        });
    });
  }

  private constructor(sockets: Socket[], listening: us_listen_socket) {
    this.sockets = sockets;
    this.#listening = listening;
    this.url = new URL(`http://127.0.0.1:${us_socket_local_port(listening)}`);
  }

  close(): void {
    us_listen_socket_close(this.#listening);
    for (const socket of [...this.sockets]) socket.close();
  }
}
