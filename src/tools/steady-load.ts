// Orders at a fixed rate, whatever the answers take: a slow server is asked as often as a fast one. A tool's process. Owns its
// connections and the record of what was acknowledged. Must never repeat an order: the record would not say what was sent.

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, HttpConnection } from './http-connection.ts';
import { orderJson } from './order-mix.ts';
import { readPlacedOrder } from './replay-requests.ts';

export interface SteadyLoadOptions {
  readonly url: URL;
  readonly perSecond: number;
  /** Start of every idempotency key. */
  readonly source: string;
}

/** What came back during one phase. */
export interface PhaseCounts {
  acknowledged: number;
  trades: number;
  not202: number;
  lost: number;
  slowestMs: number;
  /** Of each answer, from the time it was due. */
  latenciesMs: number[];
  /** How long the phase took. */
  seconds: number;
}

const CONNECTIONS = 32;
const TIMEOUT_MS = 15_000;

export class SteadyLoad {
  /** Public ids of all acknowledged orders, and of the trades in their replies. */
  readonly orderIds: string[] = [];
  readonly tradeIds: string[] = [];
  readonly #options: SteadyLoadOptions;
  readonly #loops: Promise<void>;
  #phase = noCounts();
  #phaseStartMs = performance.now();
  #sending = true;

  /** Begins at once. */
  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    const startMs = performance.now();
    this.#loops = Promise.all(Array.from({ length: CONNECTIONS }, (_, k) => this.#loop(k, startMs))).then(() => {});
    // Who waits for the end hears of it; until then it is nobody's.
    this.#loops.catch(() => {});
  }

  /** The counts since the last call. An answer counts in the phase in which it comes. */
  endPhase(): PhaseCounts {
    const nowMs = performance.now();
    const counts = { ...this.#phase, seconds: (nowMs - this.#phaseStartMs) / 1000 };
    this.#phase = noCounts();
    this.#phaseStartMs = nowMs;
    return counts;
  }

  /** Sends nothing more and resolves when everything is answered. Rejects when a reply made no sense. */
  async stop(): Promise<void> {
    this.#sending = false;
    await this.#loops;
  }

  /** Each connection sends every 32nd order, at the time that the rate says; when it is late, at once. */
  async #loop(k: number, startMs: number): Promise<void> {
    const { url, perSecond, source } = this.#options;
    const connection = new HttpConnection(url, TIMEOUT_MS);
    try {
      for (let n = 0; ; n++) {
        const dueMs = startMs + ((n * CONNECTIONS + k) * 1000) / perSecond;
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        if (!this.#sending) return;
        await this.#send(connection, orderJson(`${source}-${k}`, n), dueMs);
      }
    } finally {
      connection.close();
    }
  }

  async #send(connection: HttpConnection, json: string, dueMs: number): Promise<void> {
    try {
      const { status, body } = await connection.request('POST', '/orders', json);
      const phase = this.#phase;
      const latencyMs = performance.now() - dueMs;
      phase.slowestMs = Math.max(phase.slowestMs, latencyMs);
      phase.latenciesMs.push(latencyMs);
      if (status !== 202) {
        phase.not202++;
        return;
      }
      const { orderId, tradeIds } = readPlacedOrder(body);
      phase.acknowledged++;
      phase.trades += tradeIds.length;
      this.orderIds.push(orderId);
      this.tradeIds.push(...tradeIds);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      this.#phase.lost++;
    }
  }
}

function noCounts(): PhaseCounts {
  return { acknowledged: 0, trades: 0, not202: 0, lost: 0, slowestMs: 0, latenciesMs: [], seconds: 0 };
}
