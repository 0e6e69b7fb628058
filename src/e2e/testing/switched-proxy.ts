// For the whole-system tests: a TCP port before a server that can be switched on and off, like a database that comes and goes.
// Owns its port and the connections through it. Off means refused: nobody listens, and what was open is reset.

import { createConnection, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { Lab } from './lab.ts';

const HOST = '127.0.0.1';

export class SwitchedProxy {
  readonly host = HOST;
  port = 0;
  readonly #target: NetConnectOpts;
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;

  /** On, at a free port that it keeps. */
  static async open(lab: Lab, target: NetConnectOpts): Promise<SwitchedProxy> {
    const proxy = new SwitchedProxy(target);
    lab.defer(() => proxy.off());
    await proxy.on();
    return proxy;
  }

  private constructor(target: NetConnectOpts) {
    this.#target = target;
  }

  on(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve();
    const server = createServer((socket) => this.#join(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, HOST, () => {
        const address = server.address();
        if (typeof address === 'object' && address !== null) this.port = address.port;
        resolve();
      });
    });
  }

  off(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const client of this.#clients) client.resetAndDestroy();
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #join(client: Socket): void {
    const upstream = createConnection(this.#target);
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    const join = (from: Socket, to: Socket) => {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    };
    join(client, upstream);
    join(upstream, client);
  }
}
