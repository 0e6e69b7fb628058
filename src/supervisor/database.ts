// The ledger's database as main sees it: an external one is only an address, the embedded one is started, and started
// again when it dies or does not come up. Main thread; owns the embedded server. Trading never waits for it.

import type { Config } from '../config.ts';
import {
  assertEmbeddedPostgres,
  type EmbeddedPostgres,
  embeddedConnection,
  type PostgresConnection,
  startEmbeddedPostgres,
} from '../ledger/embedded-postgres.ts';
import type { Logger } from '../runtime/log.ts';
import { pause } from './pause.ts';

const RESTART_PAUSE_MS = 1_000;
const START_PATIENCE_MS = 2_000;
const STOP_PATIENCE_MS = 12_000;

export class Database {
  /** Where it is or will be. */
  readonly connection: PostgresConnection | { readonly url: string };
  readonly #directory: string | undefined;
  readonly #logger: Logger;
  #server: EmbeddedPostgres | undefined;
  #starting: Promise<void> | undefined;
  #stopping = false;

  /** Throws NoEmbeddedPostgres where there is no embedded server for this platform and none is configured. */
  constructor(configured: Config['postgres'], directory: string, logger: Logger) {
    this.#logger = logger;
    if (configured === undefined) assertEmbeddedPostgres();
    this.#directory = configured === undefined ? directory : undefined;
    this.connection = configured ?? embeddedConnection(directory);
  }

  /** Starts the embedded server, if it is ours to start. Resolves when it is up or has failed once; never rejects. */
  start(): Promise<void> {
    if (this.#directory === undefined) return Promise.resolve();
    this.#starting = this.#startServer(this.#directory).catch((error: unknown) => {
      this.#logger.error({ error: error instanceof Error ? error.message : String(error) }, 'embedded postgres failed');
      this.#startAgainLater();
    });
    return this.#starting;
  }

  /** Resolves when the start that is under way is over; never rejects. */
  get started(): Promise<void> {
    return this.#starting ?? Promise.resolve();
  }

  /**
   * Stops the embedded server. One that does not come up in time ends with this process; one that does not go down is killed, since a
   * frozen one would not take the signal that comes with our end.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.race([this.#starting, pause(START_PATIENCE_MS)]);
    await Promise.race([this.#server?.stop(), pause(STOP_PATIENCE_MS)]);
    await this.#server?.kill();
  }

  async #startServer(directory: string): Promise<void> {
    const server = await startEmbeddedPostgres({ directory, log: (line) => this.#logger.info(line) });
    this.#server = server;
    void server.exited.then((code) => {
      if (this.#stopping) return;
      this.#logger.error({ code }, 'embedded postgres ended; starting it again');
      this.#startAgainLater();
    });
  }

  #startAgainLater(): void {
    setTimeout(() => {
      if (!this.#stopping) void this.start();
    }, RESTART_PAUSE_MS).unref();
  }
}
