// Watches a book that is published in Redis, as one who subscribes to it and one who reads the key: it never goes back in (epoch,
// sequence). A tool's process; owns two connections that come back by themselves. Reads only.

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { asObject, parseObject } from './replay-requests.ts';

export interface PublishedBook {
  readonly epoch: number;
  readonly sequence: number;
  readonly book: Record<string, unknown>;
}

const KEY = 'ringbook:BTC-USD:book';
const POLL_MS = 25;
const ANSWER_MS = 1_000;

export class BookWatch {
  readonly #subscriber: Redis;
  readonly #reader: Redis;
  readonly #told = new NeverBack('published');
  readonly #held = new NeverBack('held');
  #isWatching = true;
  readonly #reading: Promise<void>;

  constructor(server: { readonly host: string; readonly port: number }) {
    const options = { ...server, retryStrategy: () => POLL_MS, maxRetriesPerRequest: null, connectTimeout: ANSWER_MS };
    this.#subscriber = new Redis(options);
    this.#subscriber.on('error', () => {}); // it is killed now and then
    this.#subscriber.on('message', (_channel, text: string) => this.#told.see(bookOf(text)));
    this.#subscriber.subscribe(KEY).catch(() => {});
    this.#reader = new Redis({ ...options, maxRetriesPerRequest: 0, commandTimeout: ANSWER_MS });
    this.#reader.on('error', () => {});
    this.#reading = this.#read();
  }

  /** Books that were seen as they were published. */
  get told(): number {
    return this.#told.seen;
  }

  /** Books that were seen under the key. */
  get held(): number {
    return this.#held.seen;
  }

  /** Each time that an older one came after a newer one. */
  get problems(): readonly string[] {
    return [...this.#told.problems, ...this.#held.problems];
  }

  /** What the key holds; undefined: nothing, or no answer. */
  async now(): Promise<PublishedBook | undefined> {
    try {
      const text = await this.#reader.get(KEY);
      return text === null ? undefined : bookOf(text);
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.#isWatching = false;
    await this.#reading;
    this.#subscriber.disconnect();
    this.#reader.disconnect();
  }

  async #read(): Promise<void> {
    while (this.#isWatching) {
      const book = await this.now();
      if (book !== undefined) this.#held.see(book);
      await sleep(POLL_MS);
    }
  }
}

/** The newest book so far. */
export class NeverBack {
  seen = 0;
  readonly problems: string[] = [];
  readonly #what: string;
  #epoch = 0;
  #sequence = -1;

  constructor(what: string) {
    this.#what = what;
  }

  /** The same book may come again: to a Redis that was emptied. */
  see({ epoch, sequence }: Omit<PublishedBook, 'book'>): void {
    this.seen++;
    if (epoch < this.#epoch || (epoch === this.#epoch && sequence < this.#sequence)) {
      this.problems.push(`${this.#what}: (${epoch}, ${sequence}) after (${this.#epoch}, ${this.#sequence})`);
    }
    this.#epoch = epoch;
    this.#sequence = sequence;
  }
}

function bookOf(text: string): PublishedBook {
  const { epoch, sequence, book } = parseObject(text);
  return { epoch: Number(epoch), sequence: Number(sequence), book: asObject(book, 'book') };
}
