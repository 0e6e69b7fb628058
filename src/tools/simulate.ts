// Runs the deterministic simulation for as long as one likes.
// `--commands` are shared among the seeds, which begin with S; one history has far fewer than its share, another some more (the
// seed draws its shape). The first history that must not be ends it, with the command that shows it again. A tool's process, and
// its worker threads.

import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { type SimulationReport, simulate } from '../sim/simulation/simulation.ts';
import { count, runTool, wholeNumber } from './usage.ts';

const HELP = `Usage: npm run simulate -- [options]

Runs matching, journal, follower, market data and snapshots over a simulated disk that fails. The first history that
must not be ends it, with the command that shows it again. Exit code 0: none; 1: one; 64: wrong usage.

  --seeds N      histories (100)
  --commands N   in all, shared among the seeds (1e6)
  --seed S       the first one (1)
  --workers N    threads (1)
  --help         this text
`;
const SHOWN_EVERY_MS = 10_000;
/** Every start makes a process's whole memory, and drops it soon: less often collected, most of it is dead by then. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 };

/** What a worker is to simulate. */
interface Task {
  readonly seed: number;
  readonly commands: number;
}

/** What a worker tells of one seed. */
type Message = { readonly report: SimulationReport } | { readonly failure: string };

/** A worker's life: one seed after another, as it is told; warm code is several times as fast as cold code. */
function takeTasks(): void {
  parentPort?.on('message', (task: Task) => parentPort?.postMessage(runSeed(task)));
}

function runSeed(task: Task): Message {
  try {
    return { report: simulate(task) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      commands: { type: 'string', default: '1e6' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: '1' },
    },
  });
  const seeds = count('seeds', values.seeds);
  const commands = Math.ceil(count('commands', values.commands) / seeds);
  const run = new Run(wholeNumber('seed', values.seed), seeds, commands);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => run.stop());
  return await run.work(count('workers', values.workers));
}

/** The seeds, and the sum of what came of them. */
class Run {
  private readonly commands: number;
  private readonly endSeed: number;
  private nextSeed: number;
  private readonly totals = new Map<string, number>();
  private readonly startMs = performance.now();
  private readonly workers = new Set<Worker>();
  private seedsDone = 0;
  private shownMs = 0;
  private failure = '';
  private isStopped = false;

  constructor(firstSeed: number, seeds: number, commands: number) {
    this.nextSeed = firstSeed;
    this.endSeed = firstSeed + seeds;
    this.commands = commands;
  }

  /** Ends soon, with what was simulated so far. */
  stop(): void {
    this.isStopped = true;
    for (const worker of this.workers) void worker.terminate();
  }

  /** Runs all seeds to the exit code; a run that was stopped has not succeeded. */
  async work(workers: number): Promise<number> {
    await Promise.all(Array.from({ length: workers }, () => this.runWorker()));
    this.show();
    if (this.failure !== '') process.stdout.write(`FAILED: ${this.failure}\n`);
    else process.stdout.write(this.isStopped ? 'stopped\n' : 'no history that must not be\n');
    return this.isStopped ? 1 : 0;
  }

  private async runWorker(): Promise<void> {
    const worker = new Worker(new URL(import.meta.url), { resourceLimits });
    this.workers.add(worker);
    await new Promise<void>((resolve, reject) => {
      worker.on('error', (error) => {
        this.stop();
        reject(error);
      });
      worker.on('exit', () => resolve());
      worker.on('message', (message: Message) => {
        this.take(message);
        this.giveSeed(worker);
      });
      this.giveSeed(worker);
    });
    this.workers.delete(worker);
  }

  /** The next seed, or the end. */
  private giveSeed(worker: Worker): void {
    if (this.isStopped || this.nextSeed === this.endSeed) void worker.terminate();
    else worker.postMessage({ seed: this.nextSeed++, commands: this.commands } satisfies Task);
  }

  private take(message: Message): void {
    if ('failure' in message) {
      this.failure ||= message.failure;
      this.stop();
      return;
    }
    this.seedsDone++;
    for (const [name, value] of Object.entries(message.report)) {
      if (typeof value === 'number') this.totals.set(name, (this.totals.get(name) ?? 0) + value);
    }
    if (performance.now() - this.shownMs < SHOWN_EVERY_MS) return;
    this.shownMs = performance.now();
    this.show();
  }

  private show(): void {
    const seconds = (performance.now() - this.startMs) / 1_000;
    const perSecond = Math.round((this.totals.get('commands') ?? 0) / seconds);
    const facts = [...this.totals].map(([name, value]) => `${name} ${value.toLocaleString('en')}`).join(', ');
    process.stdout.write(`${this.seedsDone} seeds, ${facts}; ${perSecond.toLocaleString('en')} commands/s\n`);
  }
}

if (isMainThread) runTool('simulate', main, HELP);
else takeTasks();
