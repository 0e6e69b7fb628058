// Benchmark runner: `npm run bench -- [--tiny] [--json] [--only NAMES] [--seed N] [--compare FILE] [--large] [--data
// DIR]`. Runs every suite listed below and prints one table of them, and one for each report. Results are checked: a
// case that returns another hash on another run, or another than its rival, fails the run.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { raiseInliningLimits } from '#ringbook/runtime/inlining.js';
import { bookSuite } from './book.bench.ts';
import { codecSuite } from './codec.bench.ts';
import { engineSuite } from './engine.bench.ts';
import { growthReport } from './growth.report.ts';
import { hopSuite } from './hop.bench.ts';
import { journalSuite } from './journal.bench.ts';
import { l2BookSuite } from './l2-book.bench.ts';
import { describeMachine } from './machine.ts';
import { measureSuite, type Row } from './measure.ts';
import { memoryReport } from './memory.report.ts';
import { type Output, outputText } from './output.ts';
import { pipelineSuite } from './pipeline.bench.ts';
import { pipelineReport } from './pipeline.report.ts';
import { protocolSuite } from './protocol.bench.ts';
import { recoveryReport } from './recovery.report.ts';
import { ringSuite } from './ring.bench.ts';
import { startReport } from './start.report.ts';
import { steadyReport } from './steady.report.ts';
import { structuresSuite } from './structures.bench.ts';
import type { Report, Suite, SuiteOptions } from './suite.ts';
import { throughputSuite } from './throughput.bench.ts';
import { writeSuite } from './write.bench.ts';

/** One line for each suite: what is counted in operations per second, */
const SUITES: Record<string, (options: SuiteOptions) => Suite> = {
  book: bookSuite,
  structures: structuresSuite,
  engine: engineSuite,
  codec: codecSuite,
  protocol: protocolSuite,
  'l2-book': l2BookSuite,
  journal: journalSuite,
  write: writeSuite,
  ring: ringSuite,
  throughput: throughputSuite,
  hop: hopSuite,
  pipeline: pipelineSuite,
};
/** and what is not. */
const REPORTS: Record<string, (options: SuiteOptions) => Report | Promise<Report>> = {
  memory: memoryReport,
  growth: growthReport,
  steady: steadyReport,
  start: startReport,
  recovery: recoveryReport,
  pipeline: pipelineReport,
};
const USAGE = 64;

// As the process does (main.ts).
raiseInliningLimits();
const { values } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    compare: { type: 'string' },
    large: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
});
const options: SuiteOptions = { tiny: values.tiny, seed: Number(values.seed), large: values.large, data: values.data };
const asked = values.only?.split(',');
const unknown = asked?.find((name) => SUITES[name] === undefined && REPORTS[name] === undefined);
if (unknown === undefined) await run();
else {
  process.stderr.write(`no suite named ${unknown}\n`);
  process.exitCode = USAGE;
}

async function run(): Promise<void> {
  // Before the work of others could hide behind our own.
  const machine = describeMachine();
  const earlier = values.compare === undefined ? undefined : readOutput(values.compare);
  const isAsked = ([name]: readonly [string, unknown]): boolean => asked?.includes(name) ?? true;
  const rows: Row[] = [];
  for (const [, makeSuite] of Object.entries(SUITES).filter(isAsked)) {
    rows.push(...(await measureSuite(makeSuite(options), options.tiny)));
  }
  const reports: Report[] = [];
  for (const [, makeReport] of Object.entries(REPORTS).filter(isAsked)) reports.push(await makeReport(options));
  const output: Output = { seed: options.seed, tiny: options.tiny, machine, rows, reports };
  process.stdout.write(values.json ? `${JSON.stringify(output)}\n` : outputText(output, earlier));
}

/** What a run with `--json` has printed. */
function readOutput(path: string): Output {
  const output: Output = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(output.rows)) throw new Error(`${path}: not what --json prints`);
  return output;
}
