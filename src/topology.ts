// Which agents run on which thread, and which shared memory joins them. The one place that knows; read by main, which
// makes it, and by thread.ts, which builds a thread's agents from it. Sizes come from config.

import type { Config } from './config.ts';
import { INSTRUMENTS_MAX } from './domain/instrument.ts';
import { SharedProcessState } from './runtime/process-state.ts';
import { broadcastBytesNeeded, createBroadcastRing } from './shared-memory/broadcast-ring.ts';
import { CommandRing } from './shared-memory/command-ring.ts';
import { counterBytesNeeded } from './shared-memory/counters.ts';
import { DeadlineTable } from './shared-memory/deadline-table.ts';
import { DOORBELL_STRIDE_INTS, Doorbell } from './shared-memory/doorbell.ts';
import { LatestValue } from './shared-memory/latest-value.ts';
import { MessageRing } from './shared-memory/message-ring.ts';
import { COMMAND_SLOT_BYTES } from './wire/command-codec.ts';
import { COUNTER_BLOCKS } from './wire/counters.ts';
import { DEPTH_BYTES_MAX } from './wire/depth-codec.ts';
import { DURABLE_POINT_BYTES } from './wire/durable-point.ts';
import { INSTRUMENT_DIRECTORY_BYTES } from './wire/instrument-directory.ts';
import { replyRingBytes } from './wire/reply-codec.ts';

export type AgentName = 'gateway' | 'matching' | 'follower' | 'ledger' | 'publisher' | 'market-data';

/** One thread: its agents in the order of their turns. Its doorbell is its index in the plan. */
export interface ThreadPlan {
  readonly name: string;
  /** blocking: sleeps in Atomics.wait. event-loop: serves sockets between turns. */
  readonly loop: 'blocking' | 'event-loop';
  readonly agents: readonly AgentName[];
  /** Which gateway this is, on a gateway thread. */
  readonly gateway?: number;
}

/** With four cores or more, market data leaves the projection thread, so that reads and COPY do not delay it. */
const CORES_FOR_MARKET_DATA_THREAD = 4;

/**
 *   gateway-0 ... gateway-n   matching   projection: follower, ledger, publisher (, market-data)   (market-data)
 */
export function planThreads(cores: number, gateways: number): readonly ThreadPlan[] {
  const own = cores >= CORES_FOR_MARKET_DATA_THREAD;
  const projection: AgentName[] = ['follower', ...(own ? [] : (['market-data'] as const)), 'ledger', 'publisher'];
  return [
    ...Array.from({ length: gateways }, (_, gateway) => ({
      name: `gateway-${gateway}`,
      loop: 'event-loop' as const,
      agents: ['gateway' as const],
      gateway,
    })),
    { name: 'matching', loop: 'blocking', agents: ['matching'] },
    { name: 'projection', loop: 'event-loop', agents: projection },
    ...(own ? [{ name: 'market-data', loop: 'event-loop' as const, agents: ['market-data' as const] }] : []),
  ];
}

/** Everything threads share. Arrays are by gateway, `depth` by instrument, with room for as many as there can be. */
export interface SharedMemory {
  readonly state: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** matching -> everyone: what can be traded. */
  readonly instruments: SharedArrayBuffer;
  /** matching -> main: the newest frame that is on the disk. */
  readonly durablePoint: SharedArrayBuffer;
  /** main -> matching, when recovery asks: the ledger's checkpoint, as a durable point. Empty: it could not be read. */
  readonly ledgerPoint: SharedArrayBuffer;
  /** gateway -> matching: commands. */
  readonly commandRings: readonly SharedArrayBuffer[];
  /** matching -> gateway: replies. */
  readonly replyRings: readonly SharedArrayBuffer[];
  /** Between gateways: when a client's orders are cancelled unless it says otherwise. */
  readonly cancelDeadlines: SharedArrayBuffer;
  /** gateway -> follower: reads, and back. */
  readonly queryRings: readonly SharedArrayBuffer[];
  readonly answerRings: readonly SharedArrayBuffer[];
  /** matching -> market data: events, overwriting. */
  readonly events: SharedArrayBuffer;
  /** market data -> gateways: stream messages, overwriting. */
  readonly stream: SharedArrayBuffer;
  /** market data -> gateways: the feed of /ws, overwriting; and for each gateway its wishes and their answers. */
  readonly feed: SharedArrayBuffer;
  readonly wishRings: readonly SharedArrayBuffer[];
  readonly feedAnswerRings: readonly SharedArrayBuffer[];
  /** market data -> gateways and publisher: prepared depth. */
  readonly depth: readonly SharedArrayBuffer[];
}

/** Clients that can have a time for their orders to be cancelled. */
const CANCEL_DEADLINES_MAX = 4_096;

/** Lays out and marks all of it. Memory is only touched as it is used. */
export function createSharedMemory(config: Config, threads: readonly ThreadPlan[]): SharedMemory {
  const { ringSlots, gatewayThreads, limits } = config;
  const perGateway = (make: () => SharedArrayBuffer) => Array.from({ length: gatewayThreads }, make);
  return {
    state: new SharedArrayBuffer(SharedProcessState.BYTES),
    doorbells: new SharedArrayBuffer(threads.length * DOORBELL_STRIDE_INTS * 4),
    counters: new SharedArrayBuffer(counterBytesNeeded(COUNTER_BLOCKS)),
    instruments: latestValue(INSTRUMENT_DIRECTORY_BYTES),
    durablePoint: latestValue(DURABLE_POINT_BYTES),
    ledgerPoint: latestValue(DURABLE_POINT_BYTES),
    commandRings: perGateway(() => commandRing(ringSlots)),
    replyRings: perGateway(() => messageRing(replyRingBytes(ringSlots))),
    cancelDeadlines: new SharedArrayBuffer(DeadlineTable.bytesNeeded(CANCEL_DEADLINES_MAX)),
    queryRings: perGateway(() => messageRing(limits.queryRingBytes)),
    answerRings: perGateway(() => messageRing(limits.answerRingBytes)),
    events: broadcastRing(limits.eventRingBytes),
    stream: broadcastRing(limits.streamRingBytes),
    feed: broadcastRing(limits.feedRingBytes),
    wishRings: perGateway(() => messageRing(limits.wishRingBytes)),
    feedAnswerRings: perGateway(() => messageRing(limits.feedAnswerRingBytes)),
    depth: Array.from({ length: INSTRUMENTS_MAX }, () => latestValue(DEPTH_BYTES_MAX)),
  };
}

/** The doorbell of thread `index`. */
export function doorbellOf(memory: SharedMemory, index: number): Doorbell {
  return new Doorbell(new Int32Array(memory.doorbells), index * DOORBELL_STRIDE_INTS);
}

/** The doorbells of every thread that runs `agent`, in the plan's order. */
export function doorbellsOf(memory: SharedMemory, threads: readonly ThreadPlan[], agent: AgentName): Doorbell[] {
  return threads.flatMap((thread, index) => (thread.agents.includes(agent) ? [doorbellOf(memory, index)] : []));
}

/** The doorbells of every thread that runs one of `agents`, each once. */
export function doorbellsOfAny(
  memory: SharedMemory,
  threads: readonly ThreadPlan[],
  agents: readonly AgentName[],
): Doorbell[] {
  return threads.flatMap((thread, index) =>
    thread.agents.some((agent) => agents.includes(agent)) ? [doorbellOf(memory, index)] : [],
  );
}

function commandRing(slots: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(CommandRing.bytesNeeded(slots, COMMAND_SLOT_BYTES));
  CommandRing.create(buffer, slots, COMMAND_SLOT_BYTES);
  return buffer;
}

function messageRing(capacityBytes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(MessageRing.bytesNeeded(capacityBytes));
  MessageRing.create(buffer, capacityBytes);
  return buffer;
}

function broadcastRing(capacityBytes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(broadcastBytesNeeded(capacityBytes));
  createBroadcastRing(buffer, capacityBytes);
  return buffer;
}

function latestValue(maxValueBytes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(LatestValue.bytesNeeded(maxValueBytes));
  LatestValue.create(buffer, maxValueBytes);
  return buffer;
}
