// Compares the engine with the slow reference engine for as long as one likes.
// Each seed gets SEED_COMMANDS, then the next one is taken; --episode runs that one episode of the seed again. The first
// difference ends it, shrunk to a few steps that can be pasted into a test. A tool's process, and its worker threads.

import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { OrderChange } from '../domain/listener.ts';
import { REASONS } from '../domain/reasons.ts';
import { FuzzFailure, fuzz } from '../sim/domain-fuzz/fuzz.ts';
import { count, runTool, wholeNumber } from './usage.ts';

const HELP = `Usage: npm run fuzz -- [options]

Compares the engine with the slow reference engine after every command. The first difference ends it, shrunk to a few
steps. Exit code 0: no difference; 1: one; 64: wrong usage.

  --commands N   in all (1e6); a million a seed
  --seed S       the first one (1)
  --episode N    only this episode of the seed
  --workers N    threads (1)
  --help         this text
`;
const SEED_COMMANDS = 1_000_000;
const EPISODE_COMMANDS = 2_000;
const PROGRESS_MS = 500;

/** What one worker is made for. */
interface Task {
  readonly seed: number;
  readonly commands: number;
  readonly episode: number;
}

/** What a worker tells: how far it is in its task, that it is done, or what it found. */
type Message =
  | { readonly kind: 'progress'; readonly commands: number }
  | { readonly kind: 'done'; readonly trades: number; readonly outcomes: ReadonlyMap<string, number> }
  | { readonly kind: 'difference'; readonly text: string };

function runTask(task: Task, tell: (message: Message) => void): void {
  try {
    const { trades, outcomes } = fuzz({
      ...task,
      episodeCommands: EPISODE_COMMANDS,
      onProgress: (commands) => tell({ kind: 'progress', commands }),
    });
    tell({ kind: 'done', trades, outcomes });
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    tell({ kind: 'difference', text: error.message });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      commands: { type: 'string', default: '1e6' },
      seed: { type: 'string', default: '1' },
      episode: { type: 'string' },
      workers: { type: 'string', default: '1' },
    },
  });
  const commands = count('commands', values.commands);
  const seed = wholeNumber('seed', values.seed);
  process.stdout.write(`seed ${seed}\n`);
  const run = new Run(seed, commands);
  if (values.episode !== undefined) {
    run.only({ seed, commands: EPISODE_COMMANDS, episode: wholeNumber('episode', values.episode) });
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => run.stop());
  return await run.work(count('workers', values.workers));
}

/** The tasks, who works on which, and what came of them. */
class Run {
  private tasks: Task[] = [];
  private readonly outcomes = new Map<string, number>();
  private readonly startMs = performance.now();
  private shownMs = 0;
  private total: number;
  /** Commands of finished tasks, and of the tasks under way by worker. */
  private done = 0;
  private readonly underWay = new Map<Worker, number>();
  private trades = 0;
  private difference = '';
  private isStopped = false;

  constructor(firstSeed: number, commands: number) {
    this.total = commands;
    for (let left = commands, seed = firstSeed; left > 0; left -= SEED_COMMANDS, seed++) {
      this.tasks.push({ seed, commands: Math.min(left, SEED_COMMANDS), episode: 0 });
    }
  }

  /** One episode instead of all. */
  only(task: Task): void {
    this.tasks = [task];
    this.total = task.commands;
  }

  /** Ends soon, with what was compared so far. */
  stop(): void {
    this.isStopped = true;
  }

  private get isOver(): boolean {
    return this.isStopped || this.difference !== '';
  }

  /** Runs all tasks to the exit code; a run that was stopped has not succeeded. */
  async work(workers: number): Promise<number> {
    await Promise.all(Array.from({ length: workers }, () => this.takeTasks()));
    if (process.stderr.isTTY) process.stderr.write('\n');
    this.report();
    return this.isOver ? 1 : 0;
  }

  private async takeTasks(): Promise<void> {
    for (let task = this.tasks.shift(); task !== undefined && !this.isOver; task = this.tasks.shift()) {
      const worker = new Worker(new URL(import.meta.url), { workerData: task });
      await this.follow(worker, task);
      await worker.terminate();
    }
  }

  /** Until the worker is done, or has found a difference, or is no longer needed. */
  private follow(worker: Worker, task: Task): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (commands: number): void => {
        worker.removeAllListeners('message');
        this.underWay.delete(worker);
        this.done += commands;
        resolve();
      };
      worker.on('error', reject);
      worker.on('message', (message: Message) => {
        if (message.kind === 'progress') {
          this.underWay.set(worker, message.commands);
          this.showProgress();
          if (this.isOver) finish(message.commands);
        } else if (message.kind === 'done') {
          this.count(message);
          finish(task.commands);
        } else {
          this.difference ||= message.text;
          finish(this.underWay.get(worker) ?? 0);
        }
      });
    });
  }

  private count({ trades, outcomes }: Extract<Message, { readonly kind: 'done' }>): void {
    this.trades += trades;
    for (const [name, times] of outcomes) this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + times);
  }

  private get compared(): number {
    let commands = this.done;
    for (const some of this.underWay.values()) commands += some;
    return commands;
  }

  private showProgress(): void {
    const nowMs = performance.now();
    if (!process.stderr.isTTY || nowMs - this.shownMs < PROGRESS_MS) return;
    this.shownMs = nowMs;
    process.stderr.write(`\r${this.figures()}\x1b[K`);
  }

  private figures(): string {
    const seconds = (performance.now() - this.startMs) / 1_000;
    const compared = this.compared.toLocaleString('en');
    const rate = Math.round(this.compared / seconds).toLocaleString('en');
    return `${compared} of ${this.total.toLocaleString('en')} commands in ${seconds.toFixed(1)} s, ${rate}/s`;
  }

  private report(): void {
    const lines = [...this.outcomes].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
    for (const [name, times] of lines) process.stdout.write(`${String(times).padStart(12)}  ${inWords(name)}\n`);
    process.stdout.write(`${this.figures()}; ${this.trades.toLocaleString('en')} trades\n`);
    if (this.difference === '') process.stdout.write(`no difference${this.isStopped ? ' until it was stopped' : ''}\n`);
    else process.stdout.write(`DIFFERENCE: ${this.difference}\n`);
  }
}

/** `order 2/11` is `order DONE/ioc_remainder`. */
function inWords(outcome: string): string {
  const [kind, numbers] = outcome.split(' ');
  if (numbers === undefined) return outcome;
  const [first, second] = numbers.split('/').map(Number);
  const reason = (number: number): string => REASONS.get(number)?.name ?? '-';
  if (kind === 'refused') return `refused ${reason(first)} (${first})`;
  const change = Object.entries(OrderChange).find(([, number]) => number === first)?.[0];
  return `order ${change} ${reason(second)} (${numbers})`;
}

if (isMainThread) {
  runTool('fuzz', main, HELP);
} else if (parentPort !== null) {
  const port = parentPort;
  const task: Task = workerData;
  runTask(task, (message) => port.postMessage(message));
}
