// `ringbook load`: the project's own load generator. A process of its own, beside a running engine. Results on standard output. Must
// never say that a run was good when something acknowledged is missing, a reply was wrong, or the generator itself was too slow.

import { ExitCode } from '../supervisor/exit-codes.ts';
import { readFrom } from './catch-up.ts';
import { LoadError } from './comparison-load.ts';
import { numberProblems } from './load/acknowledged.ts';
import { Crew, type Stretch, type StretchResult, sumOfCounts } from './load/crew.ts';
import { findLimit } from './load/find-limit.ts';
import {
  figuresOf,
  headline,
  LiveLine,
  runTable,
  STEPS_HEAD,
  type Step,
  stepRow,
  type Verification,
  verificationFigures,
  verificationRows,
} from './load/load-report.ts';
import { LOAD_USAGE, type LoadOptions, readLoadOptions } from './load/options.ts';
import { generatorTooSlow, limitReason, wrongs } from './load/verdict.ts';

const FAILED = 1;
/** Errors whose message says all: the server cannot be reached, or speaks another language. */
const EXPECTED = new Set(['LoadError', 'ConnectionLost', 'ReplyError']);

/** Carries out the words behind `ringbook load`. Returns the exit code. Throws UsageError, and what parseArgs throws. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readLoadOptions(args);
  if (options === undefined) {
    process.stdout.write(LOAD_USAGE);
    return ExitCode.OK;
  }
  try {
    return await load(options);
  } catch (error) {
    if (!(error instanceof Error) || !EXPECTED.has(error.name)) throw error;
    process.stderr.write(`ringbook load: ${options.url.origin}: ${error.message}\n`);
    return FAILED;
  }
}

async function load(options: LoadOptions): Promise<number> {
  const { sequence } = await readFrom(options.url);
  if (!options.json) process.stdout.write(headline(options));
  const { url, over, threads, connections, pipeline, seed, mix, sampleMax } = options;
  const source = `load-${Date.now().toString(36)}`;
  const crew = await Crew.open({ url: url.href, over, threads, connections, pipeline, seed, mix, sampleMax, source });
  try {
    const { limitP99Ms } = options;
    return limitP99Ms === undefined
      ? await once(crew, options, sequence)
      : await limit(crew, options, limitP99Ms, sequence);
  } finally {
    crew.end();
  }
}

async function once(crew: Crew, options: LoadOptions, before: number): Promise<number> {
  const stretch: Stretch = options;
  const line = new LiveLine('');
  const result = await crew.run(stretch, line.progress);
  line.end();
  if (!options.json) process.stdout.write(runTable(result, stretch));
  const { verification, problems } = await verify(crew, [result], options, before);
  if (generatorTooSlow(result)) problems.push('the generator itself was too slow: the run does not count');
  if (options.json) sayJson({ ...figuresOf(result, stretch), ...verificationFigures(verification), problems });
  else process.stdout.write(verificationRows(verification) + verdict(problems));
  return problems.length === 0 ? ExitCode.OK : FAILED;
}

async function limit(crew: Crew, options: LoadOptions, p99MsMax: number, before: number): Promise<number> {
  const { json, seconds, warmupSeconds, perSecond: first } = options;
  if (first === undefined) throw new LoadError('a limit is looked for from a rate on');
  const steps: Step[] = [];
  if (!json) process.stdout.write(STEPS_HEAD);
  const found = await findLimit(first, async (perSecond) => {
    const stretch = { perSecond, seconds, warmupSeconds };
    const line = new LiveLine(`${perSecond.toLocaleString('en')}/s  `);
    const result = await crew.run(stretch, line.progress);
    line.end();
    const reason = limitReason(result, stretch, p99MsMax);
    const step = { perSecond, result, reason };
    steps.push(step);
    if (!json) process.stdout.write(stepRow(step, seconds));
    return reason === '';
  });
  const results = steps.map(({ result }) => result);
  const { verification, problems } = await verify(crew, results, options, before);
  if (found === undefined) problems.push('no rate held');
  if (json) {
    const said = steps.map(({ perSecond, result, reason }) => ({
      ...figuresOf(result, { perSecond, seconds, warmupSeconds }),
      held: reason === '',
      reason,
    }));
    sayJson({ limit_per_second: found ?? null, steps: said, ...verificationFigures(verification), problems });
  } else {
    const held = found === undefined ? 'none' : `${found.toLocaleString('en')}/s`;
    process.stdout.write(`highest rate that held: ${held}\n${verificationRows(verification)}${verdict(problems)}`);
  }
  return problems.length === 0 ? ExitCode.OK : FAILED;
}

/** What was acknowledged, against what the server has. */
async function verify(
  crew: Crew,
  results: readonly StretchResult[],
  { url }: LoadOptions,
  before: number,
): Promise<{ verification: Verification; problems: string[] }> {
  const counts = sumOfCounts(results.map((result) => result.counts));
  const { acknowledged, acknowledgedOrders } = counts;
  const line = new LiveLine('');
  const read = await crew.readBack(line.reading);
  line.end();
  const { sequence: after } = await readFrom(url);
  const sequenced = after - before;
  const problems = [
    ...wrongs({ counts, faults: results.flatMap(({ faults }) => faults) }),
    ...numberProblems(await crew.numbers(), before, after),
  ];
  if (sequenced < acknowledged)
    problems.push(`${acknowledged} commands were acknowledged, but only ${sequenced} sequenced`);
  if (read.bad > 0) problems.push(`${read.bad} acknowledged orders are missing, or other than acknowledged`);
  if (read.untold > 0) problems.push(`${read.untold} acknowledged orders could not be read back`);
  if (read.bad + read.untold > 0) problems.push(...read.faults.map((fault) => `  ${fault}`));
  return { verification: { read, acknowledgedOrders, acknowledged, sequenced }, problems };
}

function verdict(problems: readonly string[]): string {
  return problems.length === 0 ? 'PASS\n' : `${problems.map((problem) => `${problem}\n`).join('')}FAIL\n`;
}

function sayJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
