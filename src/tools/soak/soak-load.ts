// Commands at a fixed rate, whatever the answers take: each is due at its time, and its latency counts from then. A tool's process.
// Owns its connections. Must never send a command twice: the counts would not say what was sent.

import { ConnectionLost, HttpConnection } from '../http-connection.ts';
import { quantile } from '../quantile.ts';
import type { SoakFlow } from './flow.ts';
import type { IntervalCounts } from './sample.ts';

interface SoakLoadOptions {
  readonly url: URL;
  readonly perSecond: number;
}

interface Interval {
  readonly counts: IntervalCounts;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const CONNECTIONS = 64;
const TIMEOUT_MS = 15_000;
const TICK_MS = 2;
const PROBLEMS_KEPT = 5;

export class SoakLoad {
  /** All answers since the start. */
  readonly total = noCounts();
  /** The first answers that were refusals. */
  readonly problems: string[] = [];
  readonly #flow: SoakFlow;
  readonly #perMs: number;
  readonly #connections: HttpConnection[];
  readonly #idle: HttpConnection[];
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #stopped: (() => void) | undefined;
  #counts = noCounts();
  #latenciesMs: number[] = [];
  #intervalStartMs = this.#startMs;

  /** Begins at once. */
  constructor({ url, perSecond }: SoakLoadOptions, flow: SoakFlow) {
    this.#flow = flow;
    this.#perMs = perSecond / 1000;
    this.#connections = Array.from({ length: CONNECTIONS }, () => new HttpConnection(url, TIMEOUT_MS));
    this.#idle = [...this.#connections];
    this.#timer = setInterval(() => this.#sendDue(), TICK_MS);
  }

  get seconds(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  /** What was answered since the last call. */
  endInterval(): Interval {
    const nowMs = performance.now();
    const latencies = this.#latenciesMs;
    const interval = {
      counts: this.#counts,
      perSecond: (latencies.length * 1000) / (nowMs - this.#intervalStartMs),
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      maxMs: quantile(latencies, 1),
    };
    for (const name of namesOf(this.#counts)) this.total[name] += this.#counts[name];
    this.#counts = noCounts();
    this.#latenciesMs = [];
    this.#intervalStartMs = nowMs;
    return interval;
  }

  /** Sends nothing more and resolves when everything is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#stopped !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#stopped = resolve;
      this.#endWhenIdle();
    });
    for (const connection of this.#connections) connection.close();
  }

  #sendDue(): void {
    const due = Math.floor((performance.now() - this.#startMs) * this.#perMs);
    while (this.#sent < due && this.#stopped === undefined) {
      // The one that has rested longest: the server closes what rests for long.
      const connection = this.#idle.shift();
      if (connection === undefined) return;
      void this.#send(connection, this.#startMs + this.#sent++ / this.#perMs);
    }
  }

  async #send(connection: HttpConnection, dueMs: number): Promise<void> {
    const command = this.#flow.next();
    let status = 0;
    let body = '';
    try {
      ({ status, body } = await connection.request(command.method, command.path, command.json));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      body = error.message;
    }
    const outcome = this.#flow.answered(command, status, body);
    this.#counts[outcome]++;
    this.#latenciesMs.push(performance.now() - dueMs);
    if ((outcome === 'refused' || outcome === 'lost') && this.problems.length < PROBLEMS_KEPT) {
      this.problems.push(`${command.method} ${command.path} ${command.json}: ${status} ${body}`);
    }
    this.#idle.push(connection);
    this.#endWhenIdle();
    this.#sendDue();
  }

  #endWhenIdle(): void {
    if (this.#idle.length === CONNECTIONS) this.#stopped?.();
  }
}

function noCounts(): IntervalCounts {
  return { rests: 0, takes: 0, cancels: 0, amends: 0, late: 0, refused: 0, lost: 0 };
}

function namesOf(counts: IntervalCounts): (keyof IntervalCounts)[] {
  return Object.keys(counts).filter((name): name is keyof IntervalCounts => name in counts);
}
