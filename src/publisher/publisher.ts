// The Redis publisher: the newest book of each instrument as a key and as a message. An agent of an event-loop thread.
// Owns one Redis connection and, per instrument, the version it last saw stored; holds no book but the one being sent.
// Must never queue: while Redis is away nothing is kept, and when it is back the newest book is sent. Redis is never read
// as a record; the guard in the script only keeps an older book from replacing a newer one.
//
//   key and channel   ringbook:{INSTRUMENT}:book
//   value             {"epoch":3,"sequence":1207,"journal":"...","book":{...}}

import type { Socket } from 'node:net';
import { Redis, ReplyError } from 'ioredis';
import type { Agent } from '../runtime/agent.ts';
import { PUBLISH_SCRIPT, PublishResult } from './publish-script.ts';

/** Where an instrument's book comes from: the market-data agent's prepared bytes. */
export interface DepthSource {
  readonly instrument: string;
  /** Sequence the newest book is at; never decreases. Negative while there is none to publish. */
  version(): number;
  /** The newest book, one JSON object as UTF-8; borrowed until the next call. Undefined before the first. */
  read(): Uint8Array | undefined;
}

export interface PublisherProgress {
  /** `detail` says why it is down, for people. */
  connected(up: boolean, detail: string): void;
  /** A book was stored and published. */
  published(instrument: string, sequence: number): void;
  error(message: string): void;
}

export interface PublisherLimits {
  /** Least time between two books of one instrument. */
  readonly intervalMs: number;
  /** Even without change the key is looked after this often: it may have been flushed or evicted. */
  readonly refreshMs: number;
  readonly connectMs: number;
  readonly commandMs: number;
  readonly backoffFirstMs: number;
  readonly backoffLongestMs: number;
}

export const PUBLISHER_LIMITS: PublisherLimits = {
  intervalMs: 100,
  refreshMs: 1_000,
  connectMs: 2_000,
  commandMs: 1_000,
  backoffFirstMs: 50,
  backoffLongestMs: 1_000,
};

export interface PublisherOptions {
  /** A redis:// or rediss:// URL, a host and port, or a unix socket. */
  readonly redis: string | { readonly host: string; readonly port: number } | { readonly path: string };
  /** Books are compared by (epoch, sequence) within one journal; a book of another journal is replaced. */
  readonly journalId: string;
  readonly epoch: number;
  /** The instruments' books. More may be added behind the others at any time. */
  readonly sources: () => readonly DepthSource[];
  readonly progress: PublisherProgress;
  /** Called from the event loop when doWork has something to do. */
  readonly wake: () => void;
  /** A stopwatch. */
  readonly nowMs: () => number;
  /** 0 <= x < 1, for jitter. */
  readonly random: () => number;
  readonly limits?: Partial<PublisherLimits>;
  /** PUBLISH_SCRIPT; replaced only by the test that shows why it must have its guard. */
  readonly script?: string;
}

/** One instrument's book on its way. */
interface Outgoing {
  readonly source: DepthSource;
  readonly key: string;
  /** Version that Redis is known to hold; -1 when that is not known. */
  stored: number;
  dueMs: number;
  refreshMs: number;
}

const NOTHING_STORED = -1;

export class Publisher implements Agent {
  readonly name = 'publisher';
  readonly #options: PublisherOptions;
  readonly #limits: PublisherLimits;
  readonly #redis: Redis;
  readonly #outgoing: Outgoing[] = [];
  /** Which book is looked at first in the next turn: behind the last that was sent, so that all get theirs. */
  #first = 0;
  #up: boolean | undefined;
  #closing = false;
  /** The one command in flight. Never rejects. */
  #sending: Promise<void> | undefined;
  #lastError = 'not connected yet';

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#limits = { ...PUBLISHER_LIMITS, ...options.limits };
    this.#redis = createRedis(options, this.#limits);
    this.#listen();
  }

  onStart(): void {
    // A failure is an event too, and tried again by the client itself.
    this.#redis.connect().catch(() => {});
  }

  doWork(): number {
    if (this.#sending !== undefined || this.#redis.status !== 'ready') return 0;
    this.#addSources();
    const nowMs = this.#options.nowMs();
    const count = this.#outgoing.length;
    for (let k = 0; k < count; k++) {
      const index = (this.#first + k) % count;
      const outgoing = this.#outgoing[index];
      const version = outgoing.source.version();
      const dueMs = version === outgoing.stored ? outgoing.refreshMs : outgoing.dueMs;
      if (version < 0 || nowMs < dueMs) continue;
      this.#first = index + 1;
      this.#send(outgoing, nowMs);
      return 1;
    }
    return 0;
  }

  maxIdleMs(): number {
    return this.#limits.intervalMs;
  }

  /** Sends nothing more, and leaves. */
  async onClose(): Promise<void> {
    this.#closing = true;
    this.#redis.disconnect();
    this.#dropConnection();
    await this.#sending;
  }

  #addSources(): void {
    const sources = this.#options.sources();
    for (let k = this.#outgoing.length; k < sources.length; k++) {
      const source = sources[k];
      const key = `ringbook:${source.instrument}:book`;
      this.#outgoing.push({ source, key, stored: NOTHING_STORED, dueMs: 0, refreshMs: 0 });
    }
  }

  #send(outgoing: Outgoing, nowMs: number): void {
    outgoing.dueMs = nowMs + this.#limits.intervalMs;
    outgoing.refreshMs = nowMs + this.#limits.refreshMs;
    const book = readWhole(outgoing.source);
    if (book === undefined) return;
    this.#sending = this.#publish(outgoing, book.version, book.bytes)
      .catch((error: unknown) => this.#failed(outgoing, error))
      .finally(() => {
        this.#sending = undefined;
        this.#options.wake();
      });
  }

  async #publish(outgoing: Outgoing, version: number, book: Uint8Array): Promise<void> {
    const { epoch, journalId, progress, script = PUBLISH_SCRIPT } = this.#options;
    const value = Buffer.concat([
      Buffer.from(`{"epoch":${epoch},"sequence":${version},"journal":${JSON.stringify(journalId)},"book":`),
      book,
      Buffer.from('}'),
    ]);
    const result = await this.#redis.eval(script, 1, outgoing.key, epoch, version, journalId, value);
    if (result === PublishResult.OLDER) throw new Error(`${outgoing.key} already holds a newer book`);
    outgoing.stored = version;
    this.#report(true, '');
    if (result === PublishResult.STORED) progress.published(outgoing.source.instrument, version);
  }

  #failed(outgoing: Outgoing, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    outgoing.stored = NOTHING_STORED;
    outgoing.dueMs = this.#options.nowMs() + this.#limits.backoffLongestMs * (0.5 + this.#options.random() / 2);
    this.#options.progress.error(message);
    this.#report(false, message);
    // No answer: nobody may be reading what we write, so not even a goodbye would get through. The client connects anew.
    if (!(error instanceof ReplyError)) this.#dropConnection();
  }

  #dropConnection(): void {
    // There is none before the first attempt, whatever the type says.
    const stream: Socket | undefined = this.#redis.stream;
    stream?.destroy();
  }

  #listen(): void {
    this.#redis.on('ready', () => {
      for (const outgoing of this.#outgoing) {
        outgoing.stored = NOTHING_STORED; // it may have come back empty
        outgoing.dueMs = 0;
      }
      this.#report(true, '');
      this.#options.wake();
    });
    this.#redis.on('error', (error) => {
      this.#lastError = error.message;
      // The server accepted the connection and then did not answer: likewise.
      if (this.#redis.status === 'connect') this.#dropConnection();
    });
    this.#redis.on('close', () => {
      if (!this.#closing) this.#report(false, this.#lastError);
    });
  }

  #report(up: boolean, detail: string): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#options.progress.connected(up, detail);
  }
}

function createRedis({ redis, random }: PublisherOptions, limits: PublisherLimits): Redis {
  const options = {
    protocol: 2 as const,
    replyMapping: 'legacy' as const,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: limits.connectMs,
    commandTimeout: limits.commandMs,
    connectionName: 'ringbook-publisher',
    retryStrategy: (attempt: number) => {
      const whole = Math.min(limits.backoffLongestMs, limits.backoffFirstMs * 2 ** Math.min(attempt - 1, 20));
      return Math.ceil((whole * (1 + random())) / 2);
    },
  };
  if (typeof redis === 'string') return new Redis(redis, options);
  return new Redis({ ...options, ...redis });
}

/** Bytes and the version they are of: a book that changes meanwhile is read again; what never holds still comes as older. */
function readWhole(source: DepthSource): { version: number; bytes: Uint8Array } | undefined {
  for (let attempt = 0; ; attempt++) {
    const version = source.version();
    const bytes = source.read();
    if (bytes === undefined || version < 0) return undefined;
    if (source.version() === version || attempt === 2) return { version, bytes };
  }
}
