// A whole gateway for tests: the real app on a free port of loopback, real rings, and the peer at their other ends, all on the
// test's own thread. Owns everything it makes; stop() closes every socket, for a process that ends with one open is aborted.

import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { runOnEventLoop } from '../../runtime/agent-runner.ts';
import { createClock } from '../../runtime/clock.ts';
import { ProcessState, SharedProcessState } from '../../runtime/process-state.ts';
import {
  BroadcastReader,
  BroadcastWriter,
  broadcastBytesNeeded,
  createBroadcastRing,
} from '../../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../../shared-memory/command-ring.ts';
import { CounterBlock, counterBytesNeeded } from '../../shared-memory/counters.ts';
import { DeadlineTable } from '../../shared-memory/deadline-table.ts';
import { DOORBELL_STRIDE_INTS, Doorbell } from '../../shared-memory/doorbell.ts';
import { LatestValue } from '../../shared-memory/latest-value.ts';
import { MessageRing } from '../../shared-memory/message-ring.ts';
import { freePort } from '../../sim/testing/free-port.ts';
import { COMMAND_SLOT_BYTES } from '../../wire/command-codec.ts';
import { DEPTH_BYTES_MAX } from '../../wire/depth-codec.ts';
import type { GatewayContext, GatewayLimits, MainAnswer, MainQuestion } from '../context.ts';
import type { OrderFrames } from '../entry/order-frames.ts';
import { GatewayAgent } from '../gateway-agent.ts';
import type { WsLimits } from '../ws/limits.ts';
import { EngineInstruments } from './engine-instruments.ts';
import { FeedPeer } from './feed-peer.ts';
import { MatchingPeer } from './matching-peer.ts';

export interface RigOptions {
  /** A free one when it is missing. */
  readonly port?: number;
  readonly slots?: number;
  readonly limits?: Partial<GatewayLimits>;
  readonly ws?: Partial<WsLimits>;
  readonly adminToken?: string;
  readonly showClientIds?: boolean;
  readonly state?: ProcessState;
  readonly streamRingBytes?: number;
  readonly queryRingBytes?: number;
  readonly feedRingBytes?: number;
  readonly wishRingBytes?: number;
}

const QUIET_BYTES = 64 * 1024;
const WS_LIMITS: WsLimits = {
  allowed: [],
  loopback: true,
  connectionsMax: 0,
  upgradesPerSecond: 0,
  framesPerSecond: 0,
  subscriptionsMax: 1_024,
  idleTimeoutS: 60,
  backpressureBytesMax: 4 * 1024 * 1024,
  conflateBytes: 256 * 1024,
  totalBytesMax: 256 * 1024 * 1024,
};

export class GatewayRig {
  readonly port: number;
  readonly url: string;
  readonly state: SharedProcessState;
  readonly counters: CounterBlock;
  readonly commandRing: CommandRing;
  readonly peer: MatchingPeer;
  readonly depth: LatestValue;
  readonly stream: BroadcastWriter;
  readonly feed: FeedPeer;
  /** What the gateway asked the main thread, and how it is answered. */
  readonly asked: MainQuestion[] = [];
  answerMain: (question: MainQuestion) => Promise<MainAnswer>;
  readonly #agent: GatewayAgent;
  readonly #instruments: EngineInstruments;
  readonly #doorbell: Doorbell;
  #running = true;
  #aheadMs = 0;
  #run: Promise<void> | undefined;

  static async start(options: RigOptions = {}): Promise<GatewayRig> {
    const rig = new GatewayRig(options.port ?? (await freePort()), options);
    await rig.#start();
    return rig;
  }

  private constructor(port: number, options: RigOptions) {
    const slots = options.slots ?? 64;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#doorbell = new Doorbell(new Int32Array(new SharedArrayBuffer(4 * DOORBELL_STRIDE_INTS)), 0);
    this.state = new SharedProcessState(new SharedArrayBuffer(SharedProcessState.BYTES));
    this.state.setJournal(0x1234_5678, 0x9abc_def0, 1);
    this.state.advance(options.state ?? ProcessState.OPEN);
    this.counters = new CounterBlock(new SharedArrayBuffer(counterBytesNeeded(1)), 0);
    this.answerMain = async ({ kind }) => ({
      status: 200,
      contentType: 'application/json',
      body: `{"kind":"${kind}"}`,
    });
    const rings = makeRings(slots, options);
    this.commandRing = rings.commands;
    this.depth = rings.depth;
    this.stream = rings.streamWriter;
    this.feed = new FeedPeer(rings.feed, () => this.ring());
    this.peer = new MatchingPeer(DEFAULT_INSTRUMENTS, rings.peer);
    this.#instruments = new EngineInstruments(this.peer.engine);
    this.#agent = new GatewayAgent(this.#context(port, rings, slots, options));
  }

  /** Order entry over /ws, without a socket. */
  get orderFrames(): OrderFrames {
    return this.#agent.orderFrames;
  }

  /** Wakes the gateway, as whoever wrote into one of its rings would. */
  ring(): void {
    this.#doorbell.ring();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.ring();
    await this.#run;
  }

  /** Lets time pass for the gateway, at once. */
  passTime(ms: number): void {
    this.#aheadMs += ms;
    this.ring();
  }

  /** The agents stop by themselves, as after CLOSING. */
  close(): void {
    this.state.advance(ProcessState.CLOSING);
    this.ring();
  }

  #context(port: number, rings: ReturnType<typeof makeRings>, slots: number, options: RigOptions): GatewayContext {
    return {
      index: 0,
      host: '127.0.0.1',
      port,
      instruments: this.#instruments,
      state: this.state,
      commandRing: rings.commands,
      replyRing: rings.replies,
      matchingDoorbell: this.#doorbell,
      cancelDeadlines: new DeadlineTable(new SharedArrayBuffer(DeadlineTable.bytesNeeded(16))),
      queryRing: rings.queries,
      answerRing: rings.answers,
      followerDoorbell: this.#doorbell,
      stream: rings.streamReader,
      feed: rings.feedReader,
      wishRing: rings.wishes,
      feedAnswerRing: rings.feedAnswers,
      marketDataDoorbell: this.#doorbell,
      depth: [rings.depth],
      appliedSequence: () => this.peer.engine.sequence,
      counters: this.counters,
      clock: createClock({
        wallMs: () => Date.now() + this.#aheadMs,
        stopwatchMs: () => performance.now() + this.#aheadMs,
      }),
      askMain: (question) => {
        this.asked.push(question);
        return this.answerMain(question);
      },
      adminToken: options.adminToken,
      showClientIds: options.showClientIds ?? true,
      limits: {
        bodyBytesMax: 16_384,
        bodyTimeoutMs: 10_000,
        replyTimeoutMs: 10_000,
        readTimeoutMs: 1_000,
        streamBackpressureBytesMax: 4 * 1024 * 1024,
        inFlightMax: slots,
        connectionsMax: 1_000,
        ...options.limits,
        ws: { ...WS_LIMITS, ...options.ws },
      },
    };
  }

  async #start(): Promise<void> {
    let started = (): void => {};
    const start = new Promise<void>((resolve) => {
      started = resolve;
    });
    const announce = { name: 'announce', onStart: () => started(), doWork: () => 0 };
    this.#run = runOnEventLoop(
      [this.#agent, this.peer, this.feed, announce],
      this.#doorbell,
      'block',
      () => this.#running,
    );
    await Promise.race([start, this.#run]);
  }
}

function makeRings(slots: number, options: RigOptions) {
  const { streamRingBytes = 1024 * 1024, queryRingBytes = QUIET_BYTES } = options;
  const { feedRingBytes = 4 * 1024 * 1024, wishRingBytes = QUIET_BYTES } = options;
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  const commands = shared(CommandRing.bytesNeeded(slots, COMMAND_SLOT_BYTES));
  const replyBytes = slots * 8192;
  const replies = shared(MessageRing.bytesNeeded(replyBytes));
  const queries = shared(MessageRing.bytesNeeded(queryRingBytes));
  const answers = shared(MessageRing.bytesNeeded(16 * QUIET_BYTES));
  const stream = shared(broadcastBytesNeeded(streamRingBytes));
  createBroadcastRing(stream, streamRingBytes);
  const feed = shared(broadcastBytesNeeded(feedRingBytes));
  createBroadcastRing(feed, feedRingBytes);
  const wishes = shared(MessageRing.bytesNeeded(wishRingBytes));
  const feedAnswers = shared(MessageRing.bytesNeeded(4 * QUIET_BYTES));
  // Each side has an object of its own, as in different threads.
  return {
    commands: CommandRing.create(commands, slots, COMMAND_SLOT_BYTES),
    replies: MessageRing.create(replies, replyBytes),
    queries: MessageRing.create(queries, queryRingBytes),
    answers: MessageRing.create(answers, 16 * QUIET_BYTES),
    streamReader: new BroadcastReader(stream),
    feedReader: new BroadcastReader(feed),
    wishes: MessageRing.create(wishes, wishRingBytes),
    feedAnswers: MessageRing.create(feedAnswers, 4 * QUIET_BYTES),
    feed: {
      feed: new BroadcastWriter(feed),
      wishes: new MessageRing(wishes),
      answers: new MessageRing(feedAnswers),
    },
    streamWriter: new BroadcastWriter(stream),
    depth: LatestValue.create(shared(LatestValue.bytesNeeded(DEPTH_BYTES_MAX)), DEPTH_BYTES_MAX),
    peer: {
      commands: new CommandRing(commands),
      replies: new MessageRing(replies),
      queries: new MessageRing(queries),
      answers: new MessageRing(answers),
    },
  };
}
