// Measures the cases of a suite and checks what they came to. Cases that compute the same thing take turns, round by
// round, so that whatever else the machine does meanwhile slows them alike. Main thread of the benchmark.

import { Bench, type Task } from 'tinybench';
import { quantile } from '#ringbook/tools/quantile.js';
import type { Case, Suite } from './suite.ts';

/** One case's figures. */
export interface Row {
  readonly suite: string;
  readonly name: string;
  readonly unit: string;
  /** Rows of a suite with the same one computed the same thing. */
  readonly resultOf: string;
  /** The median of the rounds. */
  readonly operationsPerSecond: number;
  /** Of each round: rivals were measured in turns, so those of one index belong together. */
  readonly rounds: readonly number[];
  /** Nanoseconds per operation, over whole runs of all rounds. */
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly runs: number;
  readonly hash: string;
}

/** A case came to something else than before, or than its rival. */
class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

const ROUNDS = 5;
/** Of one case, all rounds together. */
const MEASURED_MS = 500;
const RUNS_MIN = 10;
const WARM_UP_MS = 100;
const WARM_UP_RUNS = 2;

/** One case under measurement. */
class Subject {
  readonly one: Case;
  readonly rounds: number[] = [];
  readonly #samplesMs: number[] = [];
  #result: number | undefined;

  constructor(one: Case) {
    this.one = one;
  }

  async round(tiny: boolean): Promise<void> {
    const { one } = this;
    const isFirst = this.rounds.length === 0;
    const bench = new Bench({
      iterations: tiny ? 2 : RUNS_MIN / ROUNDS,
      time: tiny ? 0 : MEASURED_MS / ROUNDS,
      warmup: isFirst,
      warmupIterations: tiny ? 1 : WARM_UP_RUNS,
      warmupTime: tiny ? 0 : WARM_UP_MS,
      retainSamples: true,
      throws: true,
    });
    // Told, since tinybench would find out by a run that it does not wait for.
    bench.add(one.name, () => this.#run(), { async: true, beforeEach: () => one.prepare?.() });
    await bench.run();
    this.#add(bench.tasks[0]);
  }

  row(suite: string): Row {
    const { name, unit, resultOf, operations } = this.one;
    const nsPerRunMs = 1e6 / operations;
    return {
      ...{ suite, name, unit, resultOf },
      operationsPerSecond: quantile(this.rounds, 0.5),
      rounds: this.rounds,
      p50Ns: quantile(this.#samplesMs, 0.5) * nsPerRunMs,
      p99Ns: quantile(this.#samplesMs, 0.99) * nsPerRunMs,
      runs: this.#samplesMs.length,
      hash: (this.#result ?? 0).toString(16),
    };
  }

  async #run(): Promise<void> {
    const result = await this.one.run();
    this.#result ??= result;
    if (result !== this.#result) throw new WrongResult(`${this.one.name}: result ${result} after ${this.#result}`);
  }

  #add(task: Task | undefined): void {
    const result = task?.result;
    if (result?.state !== 'completed') throw new WrongResult(`${this.one.name}: not completed`);
    const { mean, samples = [] } = result.latency;
    this.rounds.push(Math.round((1000 / mean) * this.one.operations));
    this.#samplesMs.push(...samples);
  }
}

/** Throws WrongResult. */
export async function measureSuite(suite: Suite, tiny: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const group of groupsOf(suite.cases)) {
    if (process.stderr.isTTY) process.stderr.write(`${suite.name}: ${group.map(({ name }) => name).join(' | ')}\n`);
    const measured = await measureRivals(suite.name, group, tiny);
    checkAgreement(measured);
    rows.push(...measured);
  }
  return rows;
}

/** In the order of the suite, rivals together. */
function groupsOf(cases: readonly Case[]): Case[][] {
  const groups = new Map<string, Case[]>();
  for (const one of cases) groups.set(one.resultOf, [...(groups.get(one.resultOf) ?? []), one]);
  return [...groups.values()];
}

async function measureRivals(suite: string, cases: readonly Case[], tiny: boolean): Promise<Row[]> {
  const subjects = cases.map((one) => new Subject(one));
  try {
    for (let round = 0; round < (tiny ? 1 : ROUNDS); round++) {
      for (const subject of subjects) await subject.round(tiny);
    }
  } finally {
    for (const { one } of subjects) await one.close?.();
  }
  return subjects.map((subject) => subject.row(suite));
}

/** Cases that compute the same thing must have come to the same. */
function checkAgreement([first, ...others]: readonly Row[]): void {
  for (const { name, hash } of others) {
    if (hash !== first.hash) throw new WrongResult(`${name}: ${hash}, but ${first.name}: ${first.hash}`);
  }
}
