// A door to PostgreSQL that can be shut at a moment of the protocol: in the middle of a COPY, or between a COMMIT and its answer.
// A tool's process. Owns its port and the connections through it. Passes everything else as it comes.

import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
const COMMIT = Buffer.from('COMMIT\0');
const COPY = Buffer.from(' FROM STDIN');

interface CopyToHold {
  /** How many COPYs pass before. */
  skip: number;
  /** How much of the first piece of its data still passes, 0 to 1. */
  readonly share: number;
  readonly held: () => void;
}

export class PostgresGate {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #copy: CopyToHold | undefined;
  #commit: (() => void) | undefined;

  /** Before the server that listens in `socketDirectory`, also after it came back. */
  static async open(postgres: { readonly host: string; readonly port: number }): Promise<PostgresGate> {
    const gate = new PostgresGate(`${postgres.host}/.s.PGSQL.${postgres.port}`);
    await new Promise<void>((resolve) => gate.#server.listen(0, HOST, resolve));
    return gate;
  }

  private constructor(socketPath: string) {
    this.#server = createServer((client) => this.#join(client, createConnection({ path: socketPath })));
  }

  get host(): string {
    return HOST;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /**
   * Resolves when the COPY after the next `skip` ones has got `share` of the first piece of its data. The rest never comes:
   * its backend must be ended.
   */
  holdCopy(skip: number, share: number): Promise<void> {
    return new Promise((resolve) => {
      this.#copy = { skip, share, held: resolve };
    });
  }

  /** Resolves when the next COMMIT was answered, and its connection cut instead of handing the answer on. */
  cutCommit(): Promise<void> {
    return new Promise((resolve) => {
      this.#commit = resolve;
    });
  }

  cutAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  close(): Promise<void> {
    this.cutAll();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket, server: Socket): void {
    const passage = new Passage(client, server);
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('data', (bytes) => this.#fromClient(passage, bytes));
    server.on('data', (bytes) => passage.answer(bytes));
  }

  #fromClient(passage: Passage, bytes: Buffer): void {
    if (passage.copying !== undefined) {
      passage.holdAfter(Math.floor(bytes.length * passage.copying.share), bytes);
      return;
    }
    if (this.#copy !== undefined && bytes.includes(COPY) && this.#copy.skip-- <= 0) {
      passage.copying = this.#copy;
      this.#copy = undefined;
    }
    if (this.#commit !== undefined && bytes.includes(COMMIT)) {
      passage.cutAtAnswer = this.#commit;
      this.#commit = undefined;
    }
    passage.ask(bytes);
  }
}

/** One connection, both ways. */
class Passage {
  copying: CopyToHold | undefined;
  cutAtAnswer: (() => void) | undefined;
  readonly #client: Socket;
  readonly #server: Socket;
  #isHeld = false;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  }

  ask(bytes: Buffer): void {
    this.#server.write(bytes);
  }

  answer(bytes: Buffer): void {
    if (this.cutAtAnswer === undefined) {
      this.#client.write(bytes);
      return;
    }
    this.#client.destroy();
    this.#server.destroy();
    this.cutAtAnswer();
    this.cutAtAnswer = undefined;
  }

  /** The first `length` of these bytes pass, and nothing from then on. */
  holdAfter(length: number, bytes: Buffer): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#server.write(bytes.subarray(0, length), () => this.copying?.held());
  }
}
