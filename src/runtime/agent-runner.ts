// Agent runner: the loops that threads consist of. The only loops of the project without an end of their own.
// Runs on every thread that has agents. Owns the order of turns and of starting and closing. Must never sleep without having armed
// the doorbell and looked once more, nor swallow what an agent throws: that is a fault, and the caller's to handle.
import { assert } from '../assert.ts';
import type { Agent } from './agent.ts';
import { idleTurnsBeforeSleep, type WaitStrategy, YIELD_LOOP_TURNS, YIELD_SPINS } from './idle-strategy.ts';

/** What a thread sleeps on: shared-memory/doorbell.ts. Arm, look once more, wait. */
export interface SleepOn {
  arm(): void;
  disarm(): void;
  waitBlocking(timeoutMs: number): void;
  waitAsync(timeoutMs: number): Promise<unknown> | undefined;
}

const DEFAULT_IDLE_MS = 1000;
/** Period of the timer that keeps an event loop alive while it sleeps on a doorbell: the longest there is. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/**
 * Runs `agents` until `running()` says no, on a thread that may block. Whoever turns `running` off rings the doorbell.
 * Starts them in order and closes in reverse those that had started, also when one throws. Allocates: nothing per turn.
 */
export function runBlocking(
  agents: readonly Agent[],
  doorbell: SleepOn,
  wait: WaitStrategy,
  running: () => boolean,
): void {
  let started = 0;
  let failure: Failure | undefined;
  try {
    for (const agent of agents) {
      assertAtOnce(agent, agent.onStart?.());
      started++;
    }
    const idleTurns = idleTurnsBeforeSleep(wait, YIELD_SPINS);
    let idle = 0;
    while (running()) {
      if (turn(agents) > 0) {
        idle = 0;
      } else if (idle < idleTurns) {
        idle++;
      } else {
        doorbell.arm();
        if (turn(agents) > 0 || !running()) {
          doorbell.disarm();
          idle = 0;
        } else {
          doorbell.waitBlocking(idleMs(agents));
        }
      }
    }
  } catch (error) {
    failure = { error };
  }
  failure = closeBlocking(agents, started, failure);
  if (failure !== undefined) throw failure.error;
}

/**
 * Runs `agents` until `running()` says no, on a thread whose event loop serves others too: after two turns with work at most it lets the
 * loop go round, and it sleeps without blocking it. Whoever makes work for an agent rings the doorbell, a callback of the same thread
 * too. Keeps the thread alive meanwhile. Allocates: one promise per round of the loop, and per sleep.
 */
export async function runOnEventLoop(
  agents: readonly Agent[],
  doorbell: SleepOn,
  wait: WaitStrategy,
  running: () => boolean,
): Promise<void> {
  let started = 0;
  let failure: Failure | undefined;
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS); // a pending waitAsync does not
  try {
    for (const agent of agents) {
      await agent.onStart?.();
      started++;
    }
    const idleTurns = idleTurnsBeforeSleep(wait, YIELD_LOOP_TURNS);
    let idle = 0;
    while (running()) {
      idle = turn(agents) > 0 ? 0 : idle + 1;
      if (idle < idleTurns) {
        await eventLoopTurn();
        continue;
      }
      // Also right after work: sleeping lets the loop go round as well, and most work comes alone.
      doorbell.arm();
      if (turn(agents) > 0 || !running()) {
        idle = 0;
        doorbell.disarm();
        await eventLoopTurn();
      } else {
        await (doorbell.waitAsync(idleMs(agents)) ?? eventLoopTurn());
        doorbell.disarm();
      }
    }
  } catch (error) {
    failure = { error };
  }
  failure = await closeAsync(agents, started, failure);
  clearInterval(keepAlive);
  if (failure !== undefined) throw failure.error;
}

/** One turn of every agent; how much they did. Allocates: nothing. */
function turn(agents: readonly Agent[]): number {
  let work = 0;
  for (let i = 0; i < agents.length; i++) work += agents[i]?.doWork() ?? 0;
  return work;
}

/** The shortest sleep that any agent asks for. Allocates: nothing. */
function idleMs(agents: readonly Agent[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < agents.length; i++) {
    const asked = agents[i]?.maxIdleMs?.() ?? DEFAULT_IDLE_MS;
    if (asked < shortest) shortest = asked;
  }
  return agents.length === 0 ? DEFAULT_IDLE_MS : shortest;
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function assertAtOnce(agent: Agent, result: void | Promise<void>): void {
  assert(!(result instanceof Promise), `agent ${agent.name}: starts or closes asynchronously on a thread that blocks`);
}

/** What an agent threw, which may be anything. */
interface Failure {
  readonly error: unknown;
}

/** Closes the first `started` agents in reverse, every one of them. Returns the earliest failure, `before` if there was one. */
function closeBlocking(agents: readonly Agent[], started: number, before: Failure | undefined): Failure | undefined {
  let failure = before;
  for (const agent of agents.slice(0, started).reverse()) {
    try {
      assertAtOnce(agent, agent.onClose?.());
    } catch (error) {
      failure ??= { error };
    }
  }
  return failure;
}

/** The same on an event loop, one after the other. */
async function closeAsync(
  agents: readonly Agent[],
  started: number,
  before: Failure | undefined,
): Promise<Failure | undefined> {
  let failure = before;
  for (const agent of agents.slice(0, started).reverse()) {
    try {
      await agent.onClose?.();
    } catch (error) {
      failure ??= { error };
    }
  }
  return failure;
}
