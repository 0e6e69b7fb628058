// Malformed frames over real sockets to a running server, good orders among them, until so many are sent; meanwhile the server is asked
// whether it is well. Owns its sockets and closes them. A tool's process, or a test's.

import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../sim/testing/random.ts';
import { HttpConnection } from '../http-connection.ts';
import { residentBytes } from '../process-figures.ts';
import { readHealth } from '../server-facts.ts';
import { nextBroken } from './broken-frames.ts';
import { DeclaredOrders, type GoodOrder, orderText } from './declared-orders.ts';
import type { LiveFrame, LiveFrameSource } from './live-frames.ts';
import { LiveSocket } from './live-socket.ts';
import { LiveTally } from './live-tally.ts';

export interface LiveOptions {
  readonly url: URL;
  /** Of the server. */
  readonly pid: number;
  /** At least so many malformed ones. */
  readonly frames: number;
  readonly sockets: number;
  readonly seed: number;
  readonly source: LiveFrameSource;
  readonly progress?: (frames: number) => void;
}

export interface LiveOutcome {
  readonly tally: LiveTally;
  readonly orders: DeclaredOrders;
  readonly seconds: number;
  /** Commands that the server has sequenced meanwhile. */
  readonly sequenced: number;
  /** Status of /healthz before and behind. */
  readonly healthBefore: number;
  readonly healthAfter: number;
  /** How often it was asked meanwhile, and the longest it took to answer. */
  readonly asked: number;
  readonly slowestMs: number;
  readonly residentBeforeBytes: number;
  readonly residentMaxBytes: number;
}

/** A good order among so many: fewer unreadable ones in a row than end a socket, wherever in each group it stands. */
const GROUP = 15;
const GROUPS = 8;
/** Differences that are enough. */
const DIFFERENCES_MAX = 20;
const ASK_EVERY_MS = 100;
const ANSWER_MS = 10_000;

/**
 * Rejects with ConnectionLost when the server does not take connections or does not answer, and with ReplyError when /healthz does not
 * say how it is; then nothing is left open.
 */
export async function sendMalformed(options: LiveOptions): Promise<LiveOutcome> {
  const { url, pid } = options;
  const http = new HttpConnection(url, ANSWER_MS);
  const run = new LiveRun(options);
  try {
    const before = await readHealth(http);
    const residentBeforeBytes = residentBytes(pid);
    const startMs = performance.now();
    const [figures] = await Promise.all([watch(http, pid, run), run.lanes()]);
    const seconds = (performance.now() - startMs) / 1000;
    await run.lastOrder();
    const after = await readHealth(http);
    return {
      ...{ ...figures, tally: run.tally, orders: run.orders, seconds, residentBeforeBytes },
      sequenced: after.sequence - before.sequence,
      healthBefore: before.status,
      healthAfter: after.status,
    };
  } finally {
    run.stop();
    http.close();
  }
}

type WatchFigures = Pick<LiveOutcome, 'asked' | 'slowestMs' | 'residentMaxBytes'>;

/** How the server is, until the run is over. */
async function watch(http: HttpConnection, pid: number, run: LiveRun): Promise<WatchFigures> {
  const figures = { asked: 0, slowestMs: 0, residentMaxBytes: residentBytes(pid) };
  while (!run.isOver) {
    const askedMs = performance.now();
    await readHealth(http);
    figures.asked++;
    figures.slowestMs = Math.max(figures.slowestMs, performance.now() - askedMs);
    figures.residentMaxBytes = Math.max(figures.residentMaxBytes, residentBytes(pid));
    await sleep(ASK_EVERY_MS);
  }
  return figures;
}

class LiveRun {
  readonly tally = new LiveTally();
  readonly orders = new DeclaredOrders();
  readonly #options: LiveOptions;
  readonly #open = new Set<LiveSocket>();
  #isOver = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Over when enough is sent, or one of them cannot go on. */
  async lanes(): Promise<void> {
    const { sockets, seed } = this.#options;
    const lanes = Array.from({ length: sockets }, (_, k) => this.#lane(new Random(seed * sockets + k)));
    await Promise.all(lanes).finally(() => this.stop());
  }

  /** Closes what is open, and what is being opened as soon as it is. */
  stop(): void {
    this.#isOver = true;
    for (const socket of this.#open) socket.close();
  }

  /** One socket after the other until enough is sent. */
  async #lane(random: Random): Promise<void> {
    const { tally } = this;
    while (this.#goesOn) {
      const socket = await LiveSocket.open(this.#options.url, tally);
      this.#open.add(socket);
      if (this.#isOver) socket.close();
      let isGood = true;
      do isGood = await socket.send(this.#burst(random));
      while (isGood && this.#goesOn && random.below(2) === 0);
      // A good order first: what ends a socket counts from there.
      if (isGood && (await socket.send([this.orders.next()]))) await this.#end(socket, random);
      this.#open.delete(socket);
      this.#options.progress?.(Math.min(tally.frames, this.#options.frames));
    }
  }

  /** On a socket of its own: it still goes. */
  async lastOrder(): Promise<void> {
    const socket = await LiveSocket.open(this.#options.url, this.tally);
    await socket.send([this.orders.next()]);
    socket.close();
  }

  get #goesOn(): boolean {
    if (this.#isOver) return false;
    return this.tally.frames < this.#options.frames && this.tally.differences.length < DIFFERENCES_MAX;
  }

  #burst(random: Random): (LiveFrame | GoodOrder)[] {
    const burst: (LiveFrame | GoodOrder)[] = [];
    for (let group = 0; group < GROUPS; group++) {
      const at = random.below(GROUP + 1);
      for (let n = 0; n <= GROUP; n++) burst.push(n === at ? this.orders.next() : this.#options.source.next());
    }
    burst.push(this.orders.nextFollowed());
    this.tally.frames += GROUP * GROUPS + 1;
    return burst;
  }

  async #end(socket: LiveSocket, random: Random): Promise<void> {
    this.tally.frames++;
    this.tally.broken++;
    await socket.end(nextBroken(random), orderText(`hidden-${this.tally.frames}`, 0));
  }
}
