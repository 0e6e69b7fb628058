// Benchmarks of the whole way of a command between threads (pipeline.ts), as many as there is room for under way: with
// each batch on the disk before its replies, and with batches left to the page cache, which must come to the same.

import { Pipeline } from './pipeline.ts';
import { makeTape, type Tape } from './pipeline-tape.ts';
import type { Case, Suite, SuiteOptions } from './suite.ts';

export function pipelineSuite({ seed, tiny }: SuiteOptions): Suite {
  const tape = makeTape(seed, tiny ? 200 : 20_000);
  return {
    name: 'pipeline',
    cases: [
      pipelineCase('durable, each batch on the disk', tape, 'fsync'),
      pipelineCase('page cache alone', tape, 'os'),
    ],
  };
}

function pipelineCase(name: string, tape: Tape, durability: 'fsync' | 'os'): Case {
  let pipeline: Pipeline | undefined;
  return {
    name,
    unit: 'command',
    operations: tape.length,
    resultOf: 'pipeline',
    run: async () => {
      pipeline ??= new Pipeline(tape, durability);
      return (await pipeline.play()).hash;
    },
    close: () => pipeline?.close(),
  };
}
