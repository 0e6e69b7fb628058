// Benchmark runner: `npm run bench -- [--tiny] [--json] [--only NAME] [--seed N] [--large] [--data DIR]`. Runs every suite listed below and prints one table of them, and one for each report.
// Results are checked: a case that returns another hash on another run, or another than its rival, fails the run (exit code 70).
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { raiseInliningLimits } from '#ringbook/runtime/inlining.js';
import { bookSuite } from './book.bench.ts';
import { codecSuite } from './codec.bench.ts';
import { engineSuite } from './engine.bench.ts';
import { growthReport } from './growth.report.ts';
import { journalSuite } from './journal.bench.ts';
import { memoryReport } from './memory.report.ts';
import { recoveryReport } from './recovery.report.ts';
import { ringSuite } from './ring.bench.ts';
import { startReport } from './start.report.ts';
import { steadyReport } from './steady.report.ts';
import { structuresSuite } from './structures.bench.ts';
import type { Case, Report, Suite, SuiteOptions } from './suite.ts';
import { table } from './table.ts';

/** One line for each suite: what is counted in operations per second, */
const SUITES: Record<string, (options: SuiteOptions) => Suite> = {
  book: bookSuite,
  structures: structuresSuite,
  engine: engineSuite,
  codec: codecSuite,
  journal: journalSuite,
  ring: ringSuite,
};
/** and what is not. */
const REPORTS: Record<string, (options: SuiteOptions) => Report | Promise<Report>> = {
  memory: memoryReport,
  growth: growthReport,
  steady: steadyReport,
  start: startReport,
  recovery: recoveryReport,
};

interface Row {
  readonly suite: string;
  readonly name: string;
  readonly unit: string;
  readonly operationsPerSecond: number;
  /** Nanoseconds per operation, over whole runs. */
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly runs: number;
  readonly hash: string;
}

class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

async function measure(suite: string, one: Case, tiny: boolean): Promise<Row> {
  const bench = new Bench({
    iterations: tiny ? 2 : 10,
    time: tiny ? 0 : 500,
    warmupIterations: 2,
    warmupTime: tiny ? 0 : 100,
    throws: true,
  });
  let expected: number | undefined;
  const run = async (): Promise<void> => {
    const hash = await one.run();
    expected ??= hash;
    if (hash !== expected) throw new WrongResult(`${one.name}: result ${hash} after ${expected}`);
  };
  bench.add(one.name, run, { beforeEach: () => one.prepare?.() });
  await bench.run();
  await one.close?.();
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed' || expected === undefined) throw new WrongResult(`${one.name}: not completed`);
  const nsPerOperation = 1e6 / one.operations;
  return {
    suite,
    name: one.name,
    unit: one.unit,
    operationsPerSecond: Math.round((1000 / result.latency.mean) * one.operations),
    p50Ns: result.latency.p50 * nsPerOperation,
    p99Ns: result.latency.p99 * nsPerOperation,
    runs: result.latency.samplesCount,
    hash: expected.toString(16),
  };
}

/** Cases that compute the same thing must have come to the same. */
function checkRivals(suite: Suite, rows: readonly Row[]): void {
  const results = new Map<string, Row>();
  for (const [i, row] of rows.entries()) {
    const resultOf = suite.cases[i]?.resultOf ?? row.name;
    const rival = results.get(resultOf);
    if (rival === undefined) results.set(resultOf, row);
    else if (rival.hash !== row.hash)
      throw new WrongResult(`${row.name}: ${row.hash}, but ${rival.name}: ${rival.hash}`);
  }
}

function rowTable(rows: readonly Row[]): string {
  const head = ['suite', 'case', 'operations/s', 'p50 ns', 'p99 ns', 'runs', 'result'];
  const lines = rows.map((row) => [
    row.suite,
    row.name,
    `${row.operationsPerSecond.toLocaleString('en')} ${row.unit}s`,
    row.p50Ns.toFixed(1),
    row.p99Ns.toFixed(1),
    String(row.runs),
    row.hash,
  ]);
  return table(head, lines, 2);
}

function reportTable({ name, columns, lines }: Report): string {
  const cells = lines.map((line) => [line.name, ...line.figures.map((figure) => figure.toLocaleString('en'))]);
  return table([name, ...columns], cells, 1);
}

// As the process does (main.ts).
raiseInliningLimits();
const { values } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    large: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
});
const options: SuiteOptions = { tiny: values.tiny, seed: Number(values.seed), large: values.large, data: values.data };
const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
  v8: process.versions.v8,
};

const isAsked = (name: string): boolean => values.only === undefined || values.only === name;
const rows: Row[] = [];
for (const [name, makeSuite] of Object.entries(SUITES)) {
  if (!isAsked(name)) continue;
  const suite = makeSuite(options);
  const suiteRows: Row[] = [];
  for (const one of suite.cases) {
    if (process.stderr.isTTY) process.stderr.write(`${suite.name}: ${one.name}\n`);
    suiteRows.push(await measure(suite.name, one, options.tiny));
  }
  checkRivals(suite, suiteRows);
  rows.push(...suiteRows);
}

const reports: Report[] = [];
for (const [name, makeReport] of Object.entries(REPORTS)) {
  if (isAsked(name)) reports.push(await makeReport(options));
}

if (rows.length + reports.length === 0) {
  process.stderr.write(`no suite named ${values.only}\n`);
  process.exitCode = 64;
} else if (values.json) {
  process.stdout.write(`${JSON.stringify({ seed: options.seed, tiny: options.tiny, machine, rows, reports })}\n`);
} else {
  const { cpu, cores, platform, node, v8 } = machine;
  process.stdout.write(`seed ${options.seed}   ${cpu}, ${cores} cores, ${platform}   Node ${node}, V8 ${v8}\n\n`);
  const tables = [...(rows.length > 0 ? [rowTable(rows)] : []), ...reports.map(reportTable)];
  process.stdout.write(`${tables.join('\n\n')}\n`);
}
