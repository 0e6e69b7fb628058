// Failing calls of the real process, sampled: the server under load with a preloaded library that spoils the k-th call of one kind,
// below the data directory; then a start on a disk that is whole, and the audit of everything that anybody was told. The load, the
// history and the audit are the torture's. A tool's process; owns servers and directories, leaves the directory of a difference.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DiskFault, FaultyDisk } from '../../e2e/testing/faulty-disk.ts';
import { Keeper } from '../../e2e/testing/keeper.ts';
import { between } from '../../e2e/testing/random.ts';
import { type Exit, Server } from '../../e2e/testing/server.ts';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';
import { ExitCode } from '../../supervisor/exit-codes.ts';
import { createRandom } from '../testing/random.ts';
import { History } from '../torture/history.ts';
import { Tally as LoadTally } from '../torture/tally.ts';
import { type Result, Tally } from './tally.ts';

export interface ProcessOptions {
  readonly seed: number;
  readonly firstCase: number;
  readonly cases: number;
  /** Directory for the data directories; on a disk. */
  readonly parent: string;
  /** A server for the ledgers' databases. */
  readonly postgres: PostgresConnection;
  readonly onCase: (tally: Tally) => void;
}

export interface ProcessResult {
  readonly tally: Tally;
  /** What was acknowledged and held to, in figures. */
  readonly load: LoadTally;
  /** How often a server ended by itself with a code. */
  readonly exits: ReadonlyMap<string, number>;
  /** Undefined when nothing differed. */
  readonly difference: string | undefined;
}

interface CasePlan {
  readonly name: string;
  readonly fault: DiskFault;
  /** From the start on, or from when it takes orders. */
  readonly fromStart: boolean;
  /** On a disk that does not know O_DSYNC. */
  readonly syncsApart: boolean;
}

const CASES_PER_HISTORY = 25;
const K_MAX = 200;
/** The disk fails within so many ms of load or not at all. */
const LOAD_MS = 3_000;
/** A failed call that ends nothing is given so long to end it after all. */
const AFTERMATH_MS = 500;
const SLOW_MS = 300;
const REPORT_CHARACTERS = 6_000;
const CALLS = ['write', 'write', 'fdatasync', 'fsync', 'open', 'rename', 'unlink', 'ftruncate'] as const;
const FAILURES = ['EIO', 'ENOSPC'] as const;

/** Drawn from the run's seed and the case's number alone. */
function planCase(seed: number, number: number): CasePlan {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ number);
  const call = CALLS[between(random, 0, CALLS.length - 1)];
  const ways = call === 'write' ? ([...FAILURES, 'short', 'none'] as const) : ([...FAILURES, 'none'] as const);
  const how = ways[between(random, 0, ways.length - 1)];
  // Syncs of the journal itself are seen only where its writes do not sync by themselves.
  const syncsApart = call === 'fdatasync' || random() < 0.2;
  const fromStart = random() < 0.4;
  const isSticky = how !== 'none' && random() < 0.5;
  const from = between(random, 1, call === 'write' || call === 'fdatasync' ? K_MAX : 20);
  const fault = { call, how, from, count: isSticky ? 1_000_000 : 1, delayMs: how === 'none' ? SLOW_MS : 0 };
  return {
    name: `${call}, ${how === 'none' ? 'slow' : how}${isSticky ? ', from k on' : ''}`,
    fault,
    fromStart,
    syncsApart,
  };
}

/** Until all cases are done, a difference is found, or `go` says no. */
export async function processCases(options: ProcessOptions, go: () => boolean): Promise<ProcessResult> {
  const run = { tally: new Tally(), load: new LoadTally(), exits: new Map<string, number>() };
  const end = options.firstCase + options.cases;
  for (let first = options.firstCase; first < end && go(); first += CASES_PER_HISTORY) {
    const difference = await oneHistory(options, first, Math.min(end, first + CASES_PER_HISTORY), run, go);
    if (difference !== undefined) return { ...run, difference };
  }
  return { ...run, difference: undefined };
}

type Run = Omit<ProcessResult, 'difference'> & { readonly exits: Map<string, number> };

async function oneHistory(
  options: ProcessOptions,
  first: number,
  end: number,
  run: Run,
  go: () => boolean,
): Promise<string | undefined> {
  const directory = await realpath(await mkdtemp(join(options.parent, 'ringbook-io-faults-')));
  await chmod(directory, 0o711);
  const keeper = new Keeper();
  try {
    const history = await History.begin(keeper, directory, options.seed ^ first, options.postgres);
    for (let number = first; number < end && go(); number++) {
      const plan = planCase(options.seed, number);
      const { result, problems } = await oneCase(keeper, history, plan, run, number === end - 1);
      if (!go()) break; // Ctrl-C reaches the servers too: what this case found says nothing
      run.tally.count(plan.name, problems.length > 0 ? 'difference' : result);
      if (problems.length > 0) {
        const text = problems.slice(0, 10).join('\n');
        const again = `again: npm run io-faults -- --process --seed ${options.seed} --first ${number} --cases 1`;
        const report = keeper.report().slice(-REPORT_CHARACTERS);
        return `case ${number}, ${JSON.stringify(plan)}:\n${text}\n${again}\nthe data directory is left in ${directory}\n${report}`;
      }
      options.onCase(run.tally);
    }
  } finally {
    await keeper.end();
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  return undefined;
}

/** What came of it, and what differs. Whatever does not go as it must is a difference too. */
async function oneCase(
  keeper: Keeper,
  history: History,
  plan: CasePlan,
  run: Run,
  all: boolean,
): Promise<{ result: Result; problems: readonly string[] }> {
  let result: Result = 'went on';
  try {
    result = await failUnderLoad(keeper, history, plan, run);
    const { directory, environment } = history;
    const server = await Server.launch(keeper, { directory, environment });
    await isUp(server);
    const problems = await history.audit(server, run.load, all);
    await server.stop();
    return { result, problems };
  } catch (error) {
    return { result, problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

/** Runs a server on the failing disk to its end, by itself or by SIGKILL. */
async function failUnderLoad(keeper: Keeper, history: History, plan: CasePlan, run: Run): Promise<Result> {
  const { directory, environment } = history;
  const disk = await FaultyDisk.make(keeper, plan.syncsApart, join(directory, 'data', 'shard-0'));
  if (plan.fromStart) disk.fail(plan.fault);
  const server = await Server.launch(keeper, { directory, environment: { ...environment, ...disk.environment } });
  await isUp(server).catch(() => {}); // it may be refused, or end on its way up
  if (server.exit !== undefined) return countExit(server, server.exit, run, 'refused');
  if (!plan.fromStart) disk.fail(plan.fault);
  const loading = history.load(server.url, () => server.exit === undefined);
  for (let ms = 0; ms < LOAD_MS && server.exit === undefined && disk.callsSpoilt === 0; ms += 50) await sleep(50);
  await Promise.race([sleep(AFTERMATH_MS), server.exited]);
  const endedItself = server.exit !== undefined;
  const exit = endedItself ? await server.exited : await server.kill9();
  await loading;
  if (endedItself) return countExit(server, exit, run, 'fault');
  return disk.callsSpoilt > 0 ? 'went on' : 'not reached';
}

/** It has to say what failed, and that the disk did. */
function countExit({ stderr }: Server, { code, signal }: Exit, run: Run, result: 'fault' | 'refused'): Result {
  const name = `${result}: ${code ?? signal}`;
  run.exits.set(name, (run.exits.get(name) ?? 0) + 1);
  const isClear = code === ExitCode.IO && /\b(EIO|ENOSPC)\b/.test(stderr);
  if (!isClear) throw new Error(`it ended with ${code ?? signal}: ${stderr}`);
  return result;
}

/** Twice as patient: every start is one after a failure, on a machine that has more to do. */
function isUp(server: Server): Promise<void> {
  return server.up().catch(() => server.up());
}
