// Entry of every thread but main: builds the agents the plan gives it and runs them until the process state says stop.
// Loads only the code of its own agents, so that a gateway never loads a database driver.

import { parentPort, workerData } from 'node:worker_threads';
import { type ThreadData, Wiring } from './composition/thread-data.ts';
import type { Agent } from './runtime/agent.ts';
import { runBlocking, runOnEventLoop } from './runtime/agent-runner.ts';
import { ProcessState } from './runtime/process-state.ts';
import type { AgentName } from './topology.ts';

async function composeAgents(wiring: Wiring, names: readonly AgentName[], gateway: number): Promise<Agent[]> {
  if (names.includes('gateway')) {
    return [(await import('./composition/gateway.ts')).composeGateway(wiring, gateway)];
  }
  if (names.includes('matching')) return [(await import('./composition/matching.ts')).composeMatching(wiring)];
  const agents: Agent[] = [];
  if (names.includes('follower'))
    agents.push(...(await (await import('./composition/projection.ts')).composeProjection(wiring)));
  if (names.includes('market-data')) {
    agents.push((await import('./composition/market-data.ts')).composeMarketData(wiring));
  }
  return agents;
}

/** Readers stop when the writers have; only then is what they have all there is. */
function stopState(names: readonly AgentName[]): number {
  return names.includes('gateway') || names.includes('matching') ? ProcessState.CLOSING : ProcessState.FINISHING;
}

async function run(data: ThreadData): Promise<void> {
  const wiring = new Wiring(data, (message) => parentPort?.postMessage(message));
  const { loop, agents: names, gateway = 0 } = data.threads[data.index];
  const stopAt = stopState(names);
  const running = () => wiring.state.get() < stopAt;
  try {
    const agents = await composeAgents(wiring, names, gateway);
    const [last] = agents.slice(-1);
    if (last !== undefined) announceStart(last, wiring);
    const { wait } = data.config;
    if (loop === 'blocking') runBlocking(agents, wiring.doorbell, wait, running);
    else await runOnEventLoop(agents, wiring.doorbell, wait, running);
  } catch (error) {
    reportFailure(wiring, error);
    return;
  }
  // Timers of waits that were rung early would keep the thread for up to a second more.
  process.exit();
}

/** Says `ready` once the thread's last agent has started. */
function announceStart(agent: Agent, wiring: Wiring): void {
  const start = agent.onStart?.bind(agent);
  const ready = () => wiring.tell({ kind: 'ready' });
  agent.onStart = () => {
    const started = start?.();
    return started instanceof Promise ? started.then(ready) : ready();
  };
}

function reportFailure(wiring: Wiring, error: unknown): void {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  if (name === 'JournalFault') wiring.state.advance(ProcessState.POISONED);
  wiring.tell({ kind: 'failed', name, message, stack });
}

await run(workerData);
