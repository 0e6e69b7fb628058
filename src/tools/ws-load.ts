// Pipelined orders over WebSocket connections: each keeps so many under way, and all frames are made before the clock starts, so that
// the load costs little beside the server. A tool's process. Knows one server's replies by the shape it is given.

import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult } from './comparison-load.ts';
import type { OrderDialect } from './order-dialects.ts';
import { quantile } from './quantile.ts';
import { WsConnection } from './ws-connection.ts';

export interface WsLoadOptions {
  readonly url: URL;
  readonly path: string;
  readonly dialect: OrderDialect;
  readonly connections: number;
  /** Under way at once on each connection. */
  readonly window: number;
  readonly seconds: number;
  readonly source: string;
  /** As many frames are prepared for all connections together. */
  readonly framesMax: number;
}

const LAST_REPLIES_MS = 10_000;

/** Runs until the time is over or the frames are used up, then waits for the last replies. */
export async function runWsLoad(options: WsLoadOptions): Promise<LoadResult> {
  const perConnection = Math.floor(options.framesMax / options.connections);
  const senders = await Promise.all(
    Array.from({ length: options.connections }, (_, k) => Sender.open(options, k, perConnection)),
  );
  const startMs = performance.now();
  const endMs = startMs + options.seconds * 1000;
  await Promise.all(senders.map((sender) => sender.run(endMs)));
  const lastMs = Math.max(...senders.map((sender) => sender.lastReplyMs));
  return resultOf(senders, (lastMs - startMs) / 1000);
}

class Sender {
  lastReplyMs = 0;
  refused = 0;
  failed = 0;
  readonly latenciesMs: number[] = [];
  readonly #window: number;
  readonly #frames: Buffer;
  /** Where each frame begins, and the end of the last. */
  readonly #starts: Uint32Array;
  readonly #sentMs: Float64Array;
  readonly #answered: Uint8Array;
  /** Replies to what was not asked, or was answered before. */
  #strange = 0;
  #connection: WsConnection | undefined;
  #next = 0;
  #underWay = 0;
  #endMs = 0;
  #over: () => void = () => {};

  static async open(options: WsLoadOptions, k: number, count: number): Promise<Sender> {
    const sender = new Sender(options, k, count);
    const { url, path, dialect } = options;
    const done = (n: number, status: number) => sender.#replied(n, status);
    sender.#connection = await WsConnection.open(url, path, (bytes, from, to) => {
      dialect.replies(bytes, from, to, done);
      sender.#sendMore();
    });
    return sender;
  }

  private constructor({ dialect, window, source }: WsLoadOptions, k: number, count: number) {
    this.#window = window;
    const frames = Array.from({ length: count }, (_, n) => dialect.frame(`${source}-${k}`, n));
    this.#frames = Buffer.concat(frames);
    this.#starts = new Uint32Array(count + 1);
    frames.forEach((bytes, n) => {
      this.#starts[n + 1] = this.#starts[n] + bytes.length;
    });
    this.#sentMs = new Float64Array(count);
    this.#answered = new Uint8Array(count);
  }

  async run(endMs: number): Promise<void> {
    this.#endMs = endMs;
    const over = new Promise<void>((resolve) => {
      this.#over = resolve;
    });
    const connection = this.#connection;
    if (connection !== undefined) connection.onClose = this.#over;
    this.#sendMore();
    const late = sleep(endMs - performance.now() + LAST_REPLIES_MS, undefined, { ref: false });
    await Promise.race([over, late]);
    this.failed = this.#underWay + this.#strange;
    connection?.destroy();
  }

  /** Half a window at once at least: a write for each order would measure the writes. */
  #sendMore(): void {
    if (performance.now() >= this.#endMs || this.#next === this.#sentMs.length) {
      if (this.#underWay === 0) this.#over();
      return;
    }
    if (this.#underWay > this.#window / 2) return;
    const first = this.#next;
    const last = Math.min(this.#sentMs.length, first + this.#window - this.#underWay);
    this.#sentMs.fill(performance.now(), first, last);
    this.#underWay += last - first;
    this.#next = last;
    this.#connection?.write(this.#frames.subarray(this.#starts[first], this.#starts[last]));
  }

  #replied(n: number, status: number): void {
    if (!(n < this.#next) || this.#answered[n] !== 0) {
      this.#strange++;
      return;
    }
    this.#answered[n] = 1;
    this.lastReplyMs = performance.now();
    this.latenciesMs.push(this.lastReplyMs - this.#sentMs[n]);
    this.#underWay--;
    if (status !== 202) this.refused++;
  }
}

function resultOf(senders: readonly Sender[], seconds: number): LoadResult {
  const latencies = senders.flatMap(({ latenciesMs }) => latenciesMs);
  return {
    tool: 'own client',
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
    refused: senders.reduce((sum, { refused }) => sum + refused, 0),
    failed: senders.reduce((sum, { failed }) => sum + failed, 0),
  };
}
