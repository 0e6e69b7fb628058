// Many subscribers of one feed, the first few of them troubled: stalled ones read nothing, slow ones a little now and then. The last
// one is recorded, for the same to be sent again. A tool's process. Owns the connections.

import { FeedSubscriber, messageTimeMs } from './feed-subscriber.ts';
import { quantile } from './quantile.ts';

export interface AudienceOptions {
  readonly subscribers: number;
  /** Of a thousand. */
  readonly stalled: number;
  readonly slow: number;
  /** What each sends first; nothing when empty. */
  readonly request: string;
}

export interface AudienceFigures {
  /** Updates that healthy sockets got. */
  readonly messages: number;
  readonly gaps: number;
  readonly healthyClosed: number;
  readonly troubledClosed: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

const PATH = '/ws';
/** Connections are opened so many at a time. */
const OPENED_AT_ONCE = 100;
/** One healthy socket in so many has its delays taken. */
const SAMPLED_EVERY = 20;
/** A slow socket reads for so long, so often. */
const SLOW_EVERY_MS = 500;
const SLOW_READS_MS = 2;

export class Audience {
  readonly #healthy: FeedSubscriber[];
  readonly #troubled: FeedSubscriber[];
  readonly #delaysMs: number[] = [];
  readonly #recorded: Buffer[] = [];
  #before = 0;
  #startMs = 0;
  #slowTimer: NodeJS.Timeout | undefined;

  static async open(url: URL, { subscribers, stalled, slow, request }: AudienceOptions): Promise<Audience> {
    const all: FeedSubscriber[] = [];
    while (all.length < subscribers) {
      const count = Math.min(OPENED_AT_ONCE, subscribers - all.length);
      all.push(...(await Promise.all(Array.from({ length: count }, () => FeedSubscriber.open(url, PATH, request)))));
    }
    const stalledCount = Math.round((subscribers * stalled) / 1000);
    const slowCount = Math.round((subscribers * slow) / 1000);
    return new Audience(all, stalledCount, slowCount);
  }

  private constructor(all: readonly FeedSubscriber[], stalledCount: number, slowCount: number) {
    this.#troubled = all.slice(0, stalledCount + slowCount);
    this.#healthy = all.slice(stalledCount + slowCount);
    const slow = this.#troubled.slice(stalledCount);
    for (const { connection } of this.#troubled) connection.pause();
    // Keeps no process that has failed: close() may never be called.
    this.#slowTimer = setInterval(() => {
      for (const { connection } of slow) connection.resume();
      setTimeout(() => {
        for (const { connection } of slow) connection.pause();
      }, SLOW_READS_MS);
    }, SLOW_EVERY_MS).unref();
  }

  /** The figures are of what comes from now on. */
  begin(): void {
    this.#startMs = performance.now();
    this.#before = this.#received();
    for (let k = 0; k < this.#healthy.length; k += SAMPLED_EVERY) {
      this.#healthy[k].onUpdate = (bytes, from, to) => this.#delaysMs.push(nowMs() - messageTimeMs(bytes, from, to));
    }
    const last = this.#healthy.at(-1);
    if (last !== undefined) last.onUpdate = (bytes, from, to) => this.#record(bytes.subarray(from, to));
  }

  figures(): AudienceFigures {
    const closed = (sockets: readonly FeedSubscriber[]) => sockets.filter(({ connection }) => !connection.open).length;
    return {
      messages: this.#received() - this.#before,
      gaps: [...this.#healthy, ...this.#troubled].reduce((sum, { gaps }) => sum + gaps, 0),
      healthyClosed: closed(this.#healthy),
      troubledClosed: closed(this.#troubled),
      delayP50Ms: quantile(this.#delaysMs, 0.5),
      delayP99Ms: quantile(this.#delaysMs, 0.99),
    };
  }

  /** What speaks against the server once it has sent all. */
  problems(): string[] {
    const { gaps, healthyClosed } = this.figures();
    const newest = Math.max(...this.#healthy.map(({ sequence }) => sequence));
    const behind = this.#healthy.filter(({ sequence }) => sequence !== newest).length;
    return [
      ...(this.#healthy.some(({ messages }) => messages === 0) ? ['a socket that is healthy got nothing'] : []),
      ...(gaps > 0 ? [`${gaps} gaps`] : []),
      ...(healthyClosed > 0 ? [`${healthyClosed} healthy sockets were closed`] : []),
      ...(behind > 0 ? [`${behind} healthy sockets are behind the others`] : []),
    ];
  }

  /** What one healthy socket got and when, as bare-publisher.ts reads it. */
  recording(): Buffer {
    return Buffer.concat(this.#recorded);
  }

  close(): void {
    clearInterval(this.#slowTimer);
    for (const { connection } of [...this.#healthy, ...this.#troubled]) connection.destroy();
  }

  #received(): number {
    return this.#healthy.reduce((sum, { messages }) => sum + messages, 0);
  }

  #record(message: Buffer): void {
    const head = Buffer.alloc(12);
    head.writeDoubleLE(performance.now() - this.#startMs);
    head.writeUInt32LE(message.length, 8);
    this.#recorded.push(head, Buffer.from(message));
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
