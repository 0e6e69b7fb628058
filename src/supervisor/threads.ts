// The process's threads: starts them by the plan, listens to what they tell, wakes them, and waits for their end.
// Main thread; owns the workers. It never terminates a gateway: a thread that ends with an open socket aborts the process.

import { Worker } from 'node:worker_threads';
import type { ThreadData } from '../composition/thread-data.ts';
import { type AgentName, doorbellOf, type SharedMemory, type ThreadPlan } from '../topology.ts';
import type { MainMessage, ThreadMessage } from './messages.ts';

/** Room for short-lived objects: requests come and go, and a collection that finds them all dead costs nothing. */
const YOUNG_GENERATION_MB = 64;

export type ThreadListener = (
  thread: ThreadPlan,
  message: ThreadMessage,
  answer: (message: MainMessage) => void,
) => void;

export class Threads {
  readonly #plan: readonly ThreadPlan[];
  readonly #memory: SharedMemory;
  readonly #listen: ThreadListener;
  readonly #workers = new Map<number, Worker>();
  readonly #ended = new Map<number, Promise<void>>();

  constructor(plan: readonly ThreadPlan[], memory: SharedMemory, listen: ThreadListener) {
    this.#plan = plan;
    this.#memory = memory;
    this.#listen = listen;
  }

  /** Starts the threads that run one of `agents`; resolves when each has said that it is ready. */
  async start(agents: readonly AgentName[], data: Omit<ThreadData, 'index'>): Promise<void> {
    const ready = this.#plan.flatMap((thread, index) =>
      thread.agents.some((agent) => agents.includes(agent)) ? [this.#startThread(thread, { ...data, index })] : [],
    );
    await Promise.all(ready);
  }

  /** Wakes every thread, so that each sees the process state. */
  wake(): void {
    for (let index = 0; index < this.#plan.length; index++) doorbellOf(this.#memory, index).ring();
  }

  /** Resolves when all threads that run one of `agents` have ended, or after `timeoutMs`. Returns whether they have. */
  async ended(agents: readonly AgentName[], timeoutMs: number): Promise<boolean> {
    const ends = this.#plan.flatMap((thread, index) =>
      thread.agents.some((agent) => agents.includes(agent)) ? [this.#ended.get(index)] : [],
    );
    const late = Symbol('late');
    const timeout = new Promise<symbol>((resolve) => setTimeout(() => resolve(late), timeoutMs).unref());
    return (await Promise.race([Promise.all(ends), timeout])) !== late;
  }

  #startThread(thread: ThreadPlan, data: ThreadData): Promise<void> {
    const worker = new Worker(new URL('../thread.js', import.meta.url), {
      name: thread.name,
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#workers.set(data.index, worker);
    this.#ended.set(data.index, new Promise((resolve) => worker.once('exit', () => resolve())));
    return new Promise((resolve) => {
      worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'ready') resolve();
        this.#listen(thread, message, (answer) => worker.postMessage(answer));
      });
      worker.on('error', ({ name, message, stack = '' }: Error) => {
        this.#listen(thread, { kind: 'failed', name, message, stack }, () => {});
      });
    });
  }
}
