// Report: how long a command is under way between threads (pipeline.ts), durable, from when it was due to when its
// reply was taken: as many under way as there is room for, and at fixed rates whatever the replies take. Main thread of
// the benchmark.

import { median } from '#ringbook/tools/quantile.js';
import { Pipeline } from './pipeline.ts';
import type { Played } from './pipeline-job.ts';
import { makeTape } from './pipeline-tape.ts';
import type { Report, ReportLine, SuiteOptions } from './suite.ts';

const RATES = [undefined, 2_000, 10_000];
const ROUNDS = 5;

export async function pipelineReport({ seed, tiny }: SuiteOptions): Promise<Report> {
  const tape = makeTape(seed, tiny ? 100 : 10_000);
  const rounds = new Map<number | undefined, Played[]>(RATES.map((rate) => [rate, []]));
  const pipeline = new Pipeline(tape, 'fsync');
  try {
    // One round more than is shown: the first one finds nothing compiled.
    for (let round = 0; round < (tiny ? 2 : ROUNDS + 1); round++) {
      for (const [rate, played] of rounds) played.push(await pipeline.play(rate));
    }
  } finally {
    await pipeline.close();
  }
  const lines = [...rounds].map(([rate, played]) => lineOf(rate, played.slice(1), tape.length));
  return { name: 'pipeline, durable', columns: ['commands/s', 'p50 us', 'p99 us', 'max us'], lines };
}

/** Medians of the rounds, and the longest of all. */
function lineOf(rate: number | undefined, rounds: readonly Played[], commands: number): ReportLine {
  const name = rate === undefined ? 'as many as there is room for' : `${rate.toLocaleString('en')} a second`;
  const figures = [
    median(rounds.map(({ seconds }) => commands / seconds)),
    median(rounds.map(({ p50Us }) => p50Us)),
    median(rounds.map(({ p99Us }) => p99Us)),
    Math.max(...rounds.map(({ maxUs }) => maxUs)),
  ];
  return { name, figures: figures.map(Math.round) };
}
