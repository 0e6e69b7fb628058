// The torture of the real process: load, a violent end at a moment or a named point, a start on the same data directory, and the
// audit of everything that anybody was told; cycle after cycle. A tool's process; owns servers and directories, leaves the
// directory of a difference where it is.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keeper } from '../../e2e/testing/keeper.ts';
import { Server } from '../../e2e/testing/server.ts';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';
import { type CyclePlan, planCycle } from './cycle-plan.ts';
import { History } from './history.ts';
import { Tally } from './tally.ts';

const REPORT_CHARACTERS = 8_000;

export interface TortureOptions {
  readonly seed: number;
  readonly firstCycle: number;
  readonly cycles: number;
  /** A fresh data directory after so many. */
  readonly cyclesPerHistory: number;
  /** How long a server may run before it is killed at the latest, ms. */
  readonly longestMs: number;
  /** Directory for the data directories; on a disk, so that syncs are what they are. */
  readonly parent: string;
  /** A server for the ledgers' databases. */
  readonly postgres: PostgresConnection;
  readonly onCycle: (tally: Tally) => void;
}

export interface TortureResult {
  readonly tally: Tally;
  /** Undefined when nothing differed. */
  readonly difference: TortureDifference | undefined;
}

interface TortureDifference {
  readonly cycle: number;
  readonly plan: CyclePlan;
  readonly directory: string;
  readonly problems: readonly string[];
  /** What the servers of the cycle said. */
  readonly report: string;
}

/** Until all cycles are done, a difference is found, or `go` says no. */
export async function torture(options: TortureOptions, go: () => boolean = () => true): Promise<TortureResult> {
  const tally = new Tally();
  const end = options.firstCycle + options.cycles;
  for (let first = options.firstCycle; first < end && go(); first += options.cyclesPerHistory) {
    const difference = await oneHistory(options, first, Math.min(end, first + options.cyclesPerHistory), tally, go);
    if (difference !== undefined) return { tally, difference };
  }
  return { tally, difference: undefined };
}

async function oneHistory(
  options: TortureOptions,
  first: number,
  end: number,
  tally: Tally,
  go: () => boolean,
): Promise<TortureDifference | undefined> {
  const directory = await realpath(await mkdtemp(join(options.parent, 'ringbook-torture-')));
  await chmod(directory, 0o711);
  const keeper = new Keeper();
  try {
    const history = await History.begin(keeper, directory, options.seed ^ first, options.postgres);
    const rack = new Rack(keeper, history, tally);
    for (let cycle = first; cycle < end && go(); cycle++) {
      const plan = planCycle(options.seed, cycle, options.longestMs);
      const problems = await rack.cycle(plan, cycle === end - 1);
      if (!go()) break; // Ctrl-C reaches the servers too: what this cycle found says nothing
      tally.cycles++;
      const report = keeper.report().slice(-REPORT_CHARACTERS);
      if (problems.length > 0) return { cycle, plan, directory, problems, report };
      options.onCycle(tally);
    }
  } finally {
    await keeper.end();
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  return undefined;
}

/** The servers of one history. */
class Rack {
  readonly #keeper: Keeper;
  readonly #history: History;
  readonly #tally: Tally;
  /** Was audited, and lives. */
  #audited: Server | undefined;

  constructor(keeper: Keeper, history: History, tally: Tally) {
    this.#keeper = keeper;
    this.#history = history;
    this.#tally = tally;
  }

  /** What differs afterwards. Whatever does not go as it must is a difference too. */
  async cycle(plan: CyclePlan, isLast: boolean): Promise<string[]> {
    try {
      await this.#endUnderLoad(await this.#serverFor(plan), plan);
      this.#audited = await this.#start();
      this.#tally.countStart(this.#audited.stdout);
      return await this.#history.audit(this.#audited, this.#tally, isLast);
    } catch (error) {
      return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
  }

  async #start(crashAt?: string): Promise<Server> {
    const server = await this.#launch(crashAt);
    await server.up();
    return server;
  }

  #launch(crashAt?: string): Promise<Server> {
    const { directory, environment } = this.#history;
    const faults = crashAt === undefined ? {} : { RINGBOOK_FAULTS: '1', RINGBOOK_CRASH_AT: crashAt };
    return Server.launch(this.#keeper, { directory, environment: { ...environment, ...faults } });
  }

  /** The audited one goes on where nothing has to be planted; else it is killed as it idles, with a seal at the end. */
  async #serverFor({ crashAt, killFrom }: CyclePlan): Promise<Server> {
    const audited = this.#audited;
    this.#audited = undefined;
    if (audited !== undefined && crashAt === undefined && killFrom !== 'spawn') return audited;
    await audited?.kill9();
    return await this.#launch(crashAt);
  }

  /** Loads the server and sees to its end. */
  async #endUnderLoad(server: Server, { name, crashAt, stopAfterMs, killAfterMs, killFrom }: CyclePlan): Promise<void> {
    const open = server.up().catch(() => {}); // it may end on its way up
    const load = open.then(async () => {
      if (server.exit === undefined) await this.#history.load(server.url, () => server.exit === undefined);
    });
    const untilEndOr = (ms: number) => Promise.race([sleep(ms), server.exited]);
    if (killFrom !== 'spawn') await open;
    if (stopAfterMs !== undefined) {
      await untilEndOr(stopAfterMs);
      server.signal('SIGTERM');
    }
    await untilEndOr(killAfterMs);
    const isKilledHere = server.exit === undefined;
    const { code, signal } = isKilledHere ? await server.kill9() : await server.exited;
    await load;
    if (signal !== 'SIGKILL' && !(stopAfterMs !== undefined && code === 0)) {
      throw new Error(`the server ended by itself: code ${code}, signal ${signal}`);
    }
    const missed = crashAt !== undefined && isKilledHere;
    this.#tally.countEnd(signal !== 'SIGKILL' ? 'SIGTERM alone' : missed ? 'SIGKILL, its point not reached' : name);
  }
}
