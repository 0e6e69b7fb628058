// Builds a gateway agent from shared memory. Gateway threads.

import { existsSync, readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { assert } from '../assert.ts';
import { connectionsMax, openFilesMax } from '../gateway/connections.ts';
import type { MainAnswer, MainQuestion } from '../gateway/context.ts';
import { GatewayAgent } from '../gateway/gateway-agent.ts';
import type { Agent } from '../runtime/agent.ts';
import { createClock } from '../runtime/clock.ts';
import { BroadcastReader } from '../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { DeadlineTable } from '../shared-memory/deadline-table.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import type { MainMessage } from '../supervisor/messages.ts';
import { doorbellsOf } from '../topology.ts';
import { CounterBlockId, MatchingCounter } from '../wire/counters.ts';
import { throwInTurn } from './fault-points.ts';
import type { Wiring } from './thread-data.ts';

export function composeGateway(wiring: Wiring, gateway: number): Agent {
  const { config, memory, threads, port } = wiring.data;
  const matching = wiring.counters(CounterBlockId.MATCHING);
  const only = (agent: 'matching' | 'follower' | 'market-data') => {
    const [doorbell] = doorbellsOf(memory, threads, agent);
    assert(doorbell !== undefined, `the plan has a thread for ${agent}`);
    return doorbell;
  };
  const agent = new GatewayAgent({
    index: gateway,
    host: config.host,
    port,
    instruments: wiring.instruments,
    state: wiring.state,
    commandRing: new CommandRing(memory.commandRings[gateway]),
    replyRing: new MessageRing(memory.replyRings[gateway]),
    matchingDoorbell: only('matching'),
    cancelDeadlines: new DeadlineTable(memory.cancelDeadlines),
    queryRing: new MessageRing(memory.queryRings[gateway]),
    answerRing: new MessageRing(memory.answerRings[gateway]),
    followerDoorbell: only('follower'),
    stream: new BroadcastReader(memory.stream),
    feed: new BroadcastReader(memory.feed),
    wishRing: new MessageRing(memory.wishRings[gateway]),
    feedAnswerRing: new MessageRing(memory.feedAnswerRings[gateway]),
    marketDataDoorbell: only('market-data'),
    depth: memory.depth.map((buffer) => new LatestValue(buffer)),
    appliedSequence: () => matching.get(MatchingCounter.SEQUENCE),
    counters: wiring.counters(CounterBlockId.GATEWAY + gateway),
    clock: createClock(),
    askMain: questioner(wiring),
    adminToken: config.adminToken,
    showClientIds: config.showClientIds,
    limits: {
      ...config.limits,
      ws: config.ws,
      inFlightMax: config.ringSlots,
      connectionsMax: connectionsMax(openFilesMax(processLimits()), config.gatewayThreads),
    },
  });
  return config.crashAt === undefined ? agent : throwInTurn(agent, config.crashAt);
}

/** What Linux says about this process's limits; nothing elsewhere. */
function processLimits(): string {
  const path = '/proc/self/limits';
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Asks main by message and matches the answers by id. */
function questioner(wiring: Wiring): (question: MainQuestion) => Promise<MainAnswer> {
  const waiting = new Map<number, (answer: MainAnswer) => void>();
  let lastId = 0;
  parentPort?.on('message', (message: MainMessage) => {
    waiting.get(message.id)?.(message.answer);
    waiting.delete(message.id);
  });
  return (question) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      wiring.tell({ kind: 'question', id, question });
    });
}
