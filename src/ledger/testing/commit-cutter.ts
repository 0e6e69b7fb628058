// For tests: a TCP proxy before PostgreSQL that loses replies. It passes everything, until told to cut at a COMMIT.

import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** `after`: the server commits, the client never hears of it. `before`: the COMMIT does not arrive. */
export type Cut = 'after' | 'before';

const COMMIT = Buffer.from('COMMIT\0');

export class CommitCutter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Whether, and how, to cut at the next COMMIT. Asked once per COMMIT. */
  decide: () => Cut | undefined = () => undefined;
  /** Nothing passes any more, in either direction, and nobody is told: a frozen server. */
  frozen = false;
  cuts = 0;

  private constructor(socketPath: string) {
    this.#server = createServer((client) => this.#join(client, createConnection({ path: socketPath })));
  }

  static async listen(postgres: { host: string; port: number }): Promise<CommitCutter> {
    const cutter = new CommitCutter(`${postgres.host}/.s.PGSQL.${postgres.port}`);
    await new Promise<void>((resolve) => cutter.#server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    let cutting: Cut | undefined;
    const end = () => {
      client.destroy();
      server.destroy();
      this.#sockets.delete(client);
    };
    this.#sockets.add(client);
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.on('data', (bytes) => {
      if (this.frozen) return;
      if (bytes.includes(COMMIT)) cutting = this.decide();
      if (cutting !== undefined) this.cuts++;
      if (cutting === 'before') end();
      else server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.frozen) return;
      if (cutting === 'after')
        end(); // what was swallowed is the answer to the COMMIT
      else client.write(bytes);
    });
  }
}
