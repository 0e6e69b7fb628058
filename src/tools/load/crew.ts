// The threads of a load, as one: each gets its share, and what they bring is added up. A tool's main thread. Owns the threads.

import { Worker } from 'node:worker_threads';
import { LoadError } from '../comparison-load.ts';
import { type HistogramData, LatencyHistogram } from './histogram.ts';
import { ANSWER_TIMEOUT_MS } from './lane.ts';
import type { PhaseProgress } from './load-phase.ts';
import type { ReadBackResult } from './read-back.ts';
import { type PhaseCounts, sumOfCounts } from './tally.ts';
import type { Order, Report, ThreadData } from './thread-messages.ts';

export interface CrewOptions extends Omit<ThreadData, 'firstStream'> {
  readonly threads: number;
}

export interface Stretch {
  /** Of all threads; undefined: closed loop. */
  readonly perSecond: number | undefined;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface StretchResult {
  readonly counts: PhaseCounts;
  readonly intended: LatencyHistogram;
  readonly service: LatencyHistogram;
  readonly behind: LatencyHistogram;
  readonly faults: readonly string[];
  /** Processor time of this whole process during the stretch, over the time it took. */
  readonly processors: number;
}

/** Of about the last second. */
export interface StretchProgress extends Omit<PhaseProgress, 'latency'> {
  readonly latency: LatencyHistogram;
}

export class Crew {
  readonly #threads: Thread[];

  /** Resolves when all connections are open. Rejects with LoadError. */
  static async open({ threads, connections, sampleMax, ...rest }: CrewOptions): Promise<Crew> {
    const shares = sharesOf(connections, threads);
    let first = 0;
    const crew = new Crew(
      shares.map((share) => {
        const firstStream = first;
        first += share * rest.pipeline;
        return new Thread({ ...rest, connections: share, firstStream, sampleMax: Math.ceil(sampleMax / threads) });
      }),
    );
    try {
      await Promise.all(crew.#threads.map((thread) => thread.next('open')));
      return crew;
    } catch (error) {
      crew.end();
      throw error;
    }
  }

  private constructor(threads: Thread[]) {
    this.#threads = threads;
  }

  /** `told` is called about once a second. Rejects with LoadError. */
  async run(stretch: Stretch, told: (progress: StretchProgress) => void): Promise<StretchResult> {
    const { perSecond, warmupSeconds, seconds } = stretch;
    const count = this.#threads.length;
    const gathered: PhaseProgress[] = [];
    const before = process.cpuUsage();
    const startMs = performance.now();
    const reports = await Promise.all(
      this.#threads.map((thread, k) => {
        thread.heard = (report) => {
          if (report.kind !== 'progress') return;
          gathered.push(report.progress);
          if (gathered.length >= count) told(sumOfProgress(gathered.splice(0)));
        };
        const phase = {
          perSecond: perSecond === undefined ? undefined : perSecond / count,
          offset: k / count,
          warmupMs: warmupSeconds * 1000,
          measuredMs: seconds * 1000,
          // Connections lose their own patience first.
          patienceMs: ANSWER_TIMEOUT_MS + 1_000,
        };
        return thread.ask({ kind: 'run', phase }, 'ran');
      }),
    );
    const { user, system } = process.cpuUsage(before);
    const results = reports.map(({ result }) => result);
    return {
      counts: sumOfCounts(results.map(({ counts }) => counts)),
      intended: sumOf(results.map(({ intended }) => intended)),
      service: sumOf(results.map(({ service }) => service)),
      behind: sumOf(results.map(({ behind }) => behind)),
      faults: results.flatMap(({ faults }) => faults),
      processors: (user + system) / 1000 / (performance.now() - startMs),
    };
  }

  /** `told`: how many are done. Rejects with LoadError. */
  async readBack(told: (done: number, of: number) => void): Promise<ReadBackResult> {
    const done = this.#threads.map(() => ({ done: 0, of: 0 }));
    const reports = await Promise.all(
      this.#threads.map((thread, k) => {
        thread.heard = (report) => {
          if (report.kind !== 'reading back') return;
          done[k] = report;
          told(
            done.reduce((sum, part) => sum + part.done, 0),
            done.reduce((sum, part) => sum + part.of, 0),
          );
        };
        return thread.ask({ kind: 'read back' }, 'read');
      }),
    );
    return reports.reduce<ReadBackResult>(
      (sum, { result }) => ({
        good: sum.good + result.good,
        bad: sum.bad + result.bad,
        untold: sum.untold + result.untold,
        faults: [...sum.faults, ...result.faults],
      }),
      { good: 0, bad: 0, untold: 0, faults: [] },
    );
  }

  /** Of all orders that were acknowledged, by thread. Rejects with LoadError. */
  async numbers(): Promise<Float64Array[]> {
    const reports = await Promise.all(this.#threads.map((thread) => thread.ask({ kind: 'numbers' }, 'numbers')));
    return reports.map(({ numbers }) => numbers);
  }

  end(): void {
    for (const thread of this.#threads) thread.end();
  }
}

type Kind = Report['kind'];
type ReportOf<K extends Kind> = Extract<Report, { kind: K }>;

class Thread {
  /** Called with what is no answer. */
  heard: (report: Report) => void = () => {};
  readonly #worker: Worker;
  #waiting: { take: (report: Report) => boolean; reject: (error: Error) => void } | undefined;
  /** Nothing more will come. */
  #failure: LoadError | undefined;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL('./load-thread.js', import.meta.url), { name: 'load', workerData: data });
    this.#worker.on('message', (report: Report) => this.#take(report));
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('a thread has ended'));
  }

  ask<K extends Kind>(order: Order, kind: K): Promise<ReportOf<K>> {
    this.#worker.postMessage(order);
    return this.next(kind);
  }

  /** The next report of that kind. Rejects with LoadError, also when the thread has failed before. */
  next<K extends Kind>(kind: K): Promise<ReportOf<K>> {
    const isIt = (report: Report): report is ReportOf<K> => report.kind === kind;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const take = (report: Report) => {
        if (!isIt(report)) return false;
        resolve(report);
        return true;
      };
      this.#waiting = { take, reject };
    });
  }

  end(): void {
    void this.#worker.terminate();
  }

  #take(report: Report): void {
    if (report.kind === 'failed') this.#fail(report.message);
    else if (this.#waiting?.take(report) === true) this.#waiting = undefined;
    else this.heard(report);
  }

  #fail(message: string): void {
    this.#failure ??= new LoadError(message);
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** So many for each of `parts`, which differ by at most one. */
function sharesOf(whole: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, k) => Math.floor((whole + k) / parts));
}

function sumOf(histograms: readonly HistogramData[]): LatencyHistogram {
  const sum = new LatencyHistogram();
  for (const histogram of histograms) sum.add(histogram);
  return sum;
}

function sumOfProgress(parts: readonly PhaseProgress[]): StretchProgress {
  const sum = (of: (part: PhaseProgress) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    answered: sum(({ answered }) => answered),
    latency: sumOf(parts.map(({ latency }) => latency)),
    refused: sum(({ refused }) => refused),
    unanswered: sum(({ unanswered }) => unanswered),
    wrong: sum(({ wrong }) => wrong),
  };
}
