// The real matching, follower and market-data agents on one thread, with real rings and a real journal on disk: what
// the threads do, one turn at a time, in an order that the caller chooses. Owns its shared memory; the caller owns the
// directory. No gateway, no Postgres, no sockets.

import { join } from 'node:path';
import { assert } from '../assert.ts';
import { RiskMode } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { FollowerAgent } from '../follower/follower-agent.ts';
import { type ArchiveFacts, type ArchiveTask, archiveSegments } from '../journal/archive-segments.ts';
import { makeDirectory } from '../journal/segment-files.ts';
import { SpoolReader } from '../journal/spool.ts';
import { type SnapshotFacts, takeSnapshot } from '../journal/take-snapshot.ts';
import { BinaryFeedWriter } from '../market-data/feed/binary-feed-writer.ts';
import { JsonFeedWriter } from '../market-data/feed/json-feed-writer.ts';
import { MarketDataAgent } from '../market-data/market-data-agent.ts';
import { MatchingAgent, type RecoveryFacts } from '../matching/matching-agent.ts';
import type { VenueSettings } from '../matching/own-commands.ts';
import { runBlocking, type SleepOn } from '../runtime/agent-runner.ts';
import type { Clock } from '../runtime/clock.ts';
import { ProcessState, SharedProcessState } from '../runtime/process-state.ts';
import {
  BroadcastReader,
  BroadcastWriter,
  broadcastBytesNeeded,
  createBroadcastRing,
} from '../shared-memory/broadcast-ring.ts';
import { CommandRing } from '../shared-memory/command-ring.ts';
import { CounterBlock, counterBytesNeeded } from '../shared-memory/counters.ts';
import { Doorbell } from '../shared-memory/doorbell.ts';
import { Histogram } from '../shared-memory/histogram.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import { MessageRing } from '../shared-memory/message-ring.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from '../wire/command-codec.ts';
import {
  COUNTER_BLOCKS,
  CounterBlockId,
  FollowerCounter,
  GatewayCounter,
  MarketDataCounter,
  MatchingCounter,
} from '../wire/counters.ts';
import { DEPTH_BYTES_MAX } from '../wire/depth-codec.ts';
import { DURABLE_POINT_BYTES, type DurablePoint, DurablePointWriter, readDurablePoint } from '../wire/durable-point.ts';
import {
  INSTRUMENT_DIRECTORY_BYTES,
  InstrumentDirectory,
  InstrumentDirectoryWriter,
} from '../wire/instrument-directory.ts';
import { PreparedBook } from '../wire/prepared-book.ts';
import { journalIdText, PublicIds } from '../wire/public-id.ts';
import {
  ANSWER_BODY,
  ANSWER_STATUS,
  QUERY_BODY_BYTES,
  QUERY_BYTES,
  QUERY_INSTRUMENT,
  QUERY_LIMIT,
  QUERY_MIN_SEQUENCE,
  QUERY_NUMBER,
  QUERY_REQUEST_ID,
} from '../wire/query-codec.ts';

export interface InProcessOptions {
  readonly directory: string;
  readonly gateways?: number;
  /** By default `os`, which is faster and seals nothing. */
  readonly durability?: 'fsync' | 'os';
  /** What the configuration asks for; without it: no risk mode, no instruments of its own. */
  readonly venue?: VenueSettings;
  /** Small enough, and market data is lapped. Bytes, a power of two. */
  readonly eventRingBytes?: number;
  readonly streamRingBytes?: number;
  /** Size of new journal segments; default 1 MiB. */
  readonly segmentBytes?: number;
  /** Of each ring for replies, queries and answers; default 2 MiB. Bytes, a power of two. */
  readonly messageRingBytes?: number;
  /** Of the rings for queries and answers, where they are to be smaller. */
  readonly queryRingBytes?: number;
  /** Instruments there is prepared depth for; default 8. */
  readonly depths?: number;
  /** FollowerContext.recentMax. */
  readonly recentMax?: number;
  /** The first request of this process gets the next number. Default: 0. */
  readonly lastRequestId?: number;
  /** By how much later than others of its kind this one starts, microseconds. */
  readonly startUs?: number;
  /** How far a ledger has come: the follower begins with a snapshot up to there. Default: 0, with the first frame. */
  readonly followerBeginsWith?: number | 'oldest';
  /** What market data rings for the gateway; a test reads the stream when it does. */
  readonly gatewayDoorbell?: Doorbell;
  /** FeedContext.historyBytes of market data; default 128 KiB. */
  readonly feedHistoryBytes?: number;
  /** FeedContext.resumeSpoolBytes; default 0. */
  readonly resumeSpoolBytes?: number;
  /** Of the feed ring and of the rings of wishes and of answers to them; by default small. Bytes, powers of two. */
  readonly feedRingBytes?: number;
  readonly wishRingBytes?: number;
  readonly feedAnswerRingBytes?: number;
  /** Market data's way to the spool; a test puts a forgetful one here. */
  readonly openSpool?: (directory: string) => SpoolReader;
}

interface Directories {
  readonly journal: string;
  readonly spool: string;
  readonly snapshots: string;
  /** A file. */
  readonly control: string;
}

/** A copy of one reply record. */
export type Reply = Buffer;

/** What the follower answered: its status and a copy of the body. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const RING_SLOTS = 256;
const MESSAGE_RING_BYTES = 2 ** 21;
const LEVELS_ALL = 1_000;
const A_WHILE_US = 20_000;
const NO_TEXT: Uint8Array = new Uint8Array(0);

export class InProcessExchange {
  readonly state = new SharedProcessState(new SharedArrayBuffer(SharedProcessState.BYTES));
  /** What can be traded, as any other thread sees it. */
  readonly instruments: InstrumentDirectory;
  recovered: RecoveryFacts = {
    sequence: -1,
    frames: 0,
    snapshotSequence: 0,
    cut: '',
    notes: [],
    differences: [],
  };
  readonly #counters = new SharedArrayBuffer(counterBytesNeeded(COUNTER_BLOCKS));
  readonly #blocks: CounterBlock[] = [];
  readonly #commandRings: CommandRing[];
  readonly #replyRings: MessageRing[];
  readonly #queries: MessageRing;
  readonly #answers: MessageRing;
  readonly #depth: LatestValue[];
  readonly #directory = latestValue(INSTRUMENT_DIRECTORY_BYTES);
  readonly #durablePoint = latestValue(DURABLE_POINT_BYTES);
  readonly #stream: SharedArrayBuffer;
  /** As each gateway has it. */
  readonly feed: SharedArrayBuffer;
  readonly wishes: MessageRing[];
  readonly feedAnswers: MessageRing[];
  readonly #matching: MatchingAgent;
  readonly #follower: FollowerAgent;
  readonly #marketData: MarketDataAgent;
  readonly #clock = new SteppedClock();
  readonly #directories: Directories;
  readonly #segmentBytes: number;
  #lastRequestId: number;

  constructor(options: InProcessOptions) {
    const { directory, gateways = 1, eventRingBytes = 2 ** 20 } = options;
    const { openSpool = (path) => new SpoolReader(path) } = options;
    const rings = Array.from({ length: gateways });
    this.#depth = Array.from({ length: options.depths ?? 8 }, () => latestValue(DEPTH_BYTES_MAX));
    this.#commandRings = rings.map(commandRing);
    const { messageRingBytes = MESSAGE_RING_BYTES, queryRingBytes = messageRingBytes } = options;
    this.#replyRings = rings.map(() => messageRing(messageRingBytes));
    this.#queries = messageRing(queryRingBytes);
    this.#answers = messageRing(queryRingBytes);
    this.#stream = broadcastRing(options.streamRingBytes ?? 2 ** 20);
    this.feed = broadcastRing(options.feedRingBytes ?? 2 ** 18);
    this.wishes = rings.map(() => messageRing(options.wishRingBytes ?? 2 ** 12));
    this.feedAnswers = rings.map(() => messageRing(options.feedAnswerRingBytes ?? 2 ** 16));
    const events = broadcastRing(eventRingBytes);
    const directories = prepare(directory);
    this.#directories = directories;
    this.#lastRequestId = options.lastRequestId ?? 0;
    this.#segmentBytes = options.segmentBytes ?? 2 ** 20;
    this.#clock.advance(options.startUs ?? 0);
    this.instruments = new InstrumentDirectory(this.#directory);
    const venue = options.venue ?? { riskMode: RiskMode.OFF, instruments: undefined };
    this.#matching = this.#composeMatching(directories, events, venue, options.durability ?? 'os');
    // Recovery comes first, as in the process: it cuts what may be torn and knows the journal's identity.
    this.#matching.onStart();
    this.#follower = this.#composeFollower(directories, options);
    this.#marketData = this.#composeMarketData(openSpool(directories.spool), events, options);
  }

  /** Puts a command into a gateway's ring; false when the ring is full. */
  submit(command: Command, gateway = 0): boolean {
    const ring = this.#commandRings[gateway];
    const slot = ring.claim();
    if (slot < 0) return false;
    const origin = { gateway, requestId: ++this.#lastRequestId, receivedUs: this.#clock.monotonicUs() };
    encodeCommand(ring.bytes, ring.view, slot, command, origin);
    ring.commit();
    return true;
  }

  /** Of the newest command that was submitted, or question that was asked. */
  get lastRequestId(): number {
    return this.#lastRequestId;
  }

  /** Takes the replies that have come for a gateway. */
  replies(gateway = 0): Reply[] {
    const ring = this.#replyRings[gateway];
    const taken: Reply[] = [];
    ring.read((_type, offset, length) => taken.push(Buffer.from(ring.bytes.subarray(offset, offset + length))), 1_000);
    return taken;
  }

  turnMatching(): number {
    return this.#matching.doWork();
  }

  /**
   * Runs the matching thread's loop until the sequence is reached. Whenever it sleeps, as much time passes as it sleeps:
   * nobody rings. Returns how often it slept.
   */
  runMatchingUntil(sequence: number): number {
    let sleeps = 0;
    const doorbell: SleepOn = {
      arm() {},
      disarm() {},
      waitBlocking: (timeoutMs) => {
        sleeps++;
        this.#clock.advance(Math.ceil(timeoutMs * 1_000));
      },
      waitAsync: () => undefined,
    };
    const agent = { name: 'matching', doWork: () => this.turnMatching(), maxIdleMs: () => this.#matching.maxIdleMs() };
    runBlocking([agent], doorbell, 'block', () => this.sequence < sequence);
    return sleeps;
  }

  /** The agents' clock, microseconds since the epoch. */
  get nowUs(): number {
    return this.#clock.nowUs();
  }

  turnFollower(): number {
    return this.#follower.doWork();
  }

  turnMarketData(): number {
    return this.#marketData.doWork();
  }

  /** Turns all agents until none has anything to do, not even after a while. */
  settle(): void {
    for (let quietTurns = 0; quietTurns < 2; ) {
      const work = this.turnMatching() + this.turnFollower() + this.turnMarketData();
      quietTurns = work > 0 ? 0 : quietTurns + 1;
      this.#clock.advance(A_WHILE_US);
    }
  }

  /** Lets time pass: the agents see no other clock. */
  advance(us: number): void {
    this.#clock.advance(us);
  }

  /** Depth as GET /orderbook would show it, at the sequence that matching has reached. */
  depth(instrument = 0): { sequence: number; asks: object[]; bids: object[] } {
    this.settle();
    this.state.wantDepth(0, LEVELS_ALL);
    this.turnMarketData(); // no time passes here, in which an order could end
    const book = new PreparedBook(this.#depth[instrument], this.instruments.current.all[instrument]);
    const body = book.body(LEVELS_ALL, this.sequence);
    assert(body !== undefined, 'settled market data is in step with matching');
    return JSON.parse(Buffer.from(body).toString());
  }

  /** Asks the follower, as a gateway would, and settles. */
  ask(type: number, number = 0, limit = 0, minSequence = this.sequence, instrument = 0, text = NO_TEXT): Answer {
    this.settle();
    const offset = this.#queries.claim(type, QUERY_BYTES + text.length);
    assert(offset >= 0, 'the query ring has room');
    const { view } = this.#queries;
    view.setUint32(offset + QUERY_REQUEST_ID, ++this.#lastRequestId, true);
    view.setFloat64(offset + QUERY_MIN_SEQUENCE, minSequence, true);
    view.setFloat64(offset + QUERY_NUMBER, number, true);
    view.setUint32(offset + QUERY_LIMIT, limit, true);
    view.setUint16(offset + QUERY_INSTRUMENT, instrument, true);
    view.setUint32(offset + QUERY_BODY_BYTES, text.length, true);
    this.#queries.bytes.set(text, offset + QUERY_BYTES);
    this.#queries.commit();
    this.settle();
    let answer: Answer | undefined;
    this.#answers.read((_type, at, length) => {
      const body = Buffer.from(this.#answers.bytes.slice(at + ANSWER_BODY, at + length));
      answer = { status: this.#answers.view.getUint16(at + ANSWER_STATUS, true), body };
    }, 1);
    assert(answer !== undefined, 'the follower answers');
    return answer;
  }

  /** Takes an engine snapshot of all that is durable. Older ones stay for the ledger, if it is not level. */
  takeSnapshot(ledgerSequence = Number.POSITIVE_INFINITY): SnapshotFacts {
    this.settle();
    return this.takeSnapshotNow(ledgerSequence);
  }

  /** The same in the midst of things, as the snapshot's thread does. */
  takeSnapshotNow(ledgerSequence = Number.POSITIVE_INFINITY): SnapshotFacts {
    const { journal: journalDirectory, snapshots: snapshotDirectory } = this.#directories;
    const throughFrame = this.durableFrame;
    return takeSnapshot({ journalDirectory, snapshotDirectory, throughFrame, ledgerSequence });
  }

  /** Archives what lies before the oldest snapshot, as far as the follower has read. By default the ledger is level. */
  archive(task: Partial<ArchiveTask> = {}): Promise<ArchiveFacts> {
    const { journal: journalDirectory, snapshots: snapshotDirectory } = this.#directories;
    const followerFrame = this.#block(CounterBlockId.FOLLOWER).get(FollowerCounter.FRAME);
    const ledgerSequence = Number.POSITIVE_INFINITY;
    const limits = {
      hook: undefined,
      hookEnvironment: {},
      bytesMax: Number.POSITIVE_INFINITY,
      ledgerSequence,
      followerFrame,
    };
    return archiveSegments({ journalDirectory, snapshotDirectory, mode: 'keep', ...limits, ...task });
  }

  /** Digest of the engine that the journal makes. */
  digest(): string {
    return this.takeSnapshot().digest;
  }

  /** Digest of the matching thread's engine. */
  matchingDigest(): string {
    return this.#matching.digest();
  }

  /** Digest of the follower's engine. */
  followerDigest(): string {
    return this.#follower.digest();
  }

  /** Last sequence applied by matching. */
  get sequence(): number {
    return this.#block(CounterBlockId.MATCHING).get(MatchingCounter.SEQUENCE);
  }

  /** Last frame of the journal. */
  get durableFrame(): number {
    return this.#block(CounterBlockId.MATCHING).get(MatchingCounter.DURABLE_FRAME);
  }

  /** What main would write to the CONTROL file; undefined when nothing is surely on the disk. */
  get durablePoint(): DurablePoint | undefined {
    return readDurablePoint(this.#durablePoint);
  }

  /** A counter of market data (MarketDataCounter). */
  marketDataCounter(counter: number): number {
    return this.#block(CounterBlockId.MARKET_DATA).get(counter);
  }

  /** How often market data was overtaken. */
  get lapped(): number {
    return this.#block(CounterBlockId.MARKET_DATA).get(MarketDataCounter.LAPPED);
  }

  /** Seconds from submit to drain. */
  get ringSeconds(): Histogram {
    return new Histogram(this.#block(CounterBlockId.MATCHING), MatchingCounter.RING_SECONDS);
  }

  /** Calls `look` whenever an agent reads the clock: what it sees then, another thread may see in the midst of a turn. */
  onClockRead(look: () => void): void {
    this.#clock.onRead = look;
  }

  /** A reader of the stream ring; while there is one, messages are written. */
  subscribe(): BroadcastReader {
    this.#block(CounterBlockId.GATEWAY).set(GatewayCounter.STREAM_CONNECTIONS, 1);
    return new BroadcastReader(this.#stream);
  }

  /** How long the matching thread would sleep now, in milliseconds. */
  get matchingIdleMs(): number {
    return this.#matching.maxIdleMs();
  }

  /** Orderly stop: a CLEAN_SHUTDOWN frame unless something failed. Without it the object is simply dropped, as when killed. */
  close(): void {
    this.state.advance(ProcessState.CLOSING);
    this.#matching.onClose();
    this.#follower.onClose();
  }

  #block(id: number): CounterBlock {
    this.#blocks[id] ??= new CounterBlock(this.#counters, id);
    return this.#blocks[id];
  }

  #composeMatching(
    directories: Directories,
    events: SharedArrayBuffer,
    venue: VenueSettings,
    durability: 'fsync' | 'os',
  ): MatchingAgent {
    return new MatchingAgent({
      journalDirectory: directories.journal,
      snapshotDirectory: directories.snapshots,
      controlPath: directories.control,
      durability,
      segmentBytes: this.#segmentBytes,
      commandRings: this.#commandRings,
      replyRings: this.#replyRings,
      events: new BroadcastWriter(events),
      gatewayDoorbells: this.#commandRings.map(doorbell),
      projectionDoorbells: [doorbell()],
      durablePoint: new DurablePointWriter(this.#durablePoint),
      state: this.state,
      counters: this.#block(CounterBlockId.MATCHING),
      reasons: this.#block(CounterBlockId.REASONS),
      commands: this.#block(CounterBlockId.COMMANDS),
      trades: this.#block(CounterBlockId.TRADES),
      instruments: new InstrumentDirectoryWriter(this.#directory),
      venue,
      clock: this.#clock,
      onRecovered: (facts) => {
        this.recovered = facts;
      },
      onSegmentNeeded: () => {},
      newJournalId: () => [1, 2],
    });
  }

  #composeFollower(directories: Directories, options: InProcessOptions): FollowerAgent {
    return new FollowerAgent({
      journalDirectory: directories.journal,
      spoolDirectory: directories.spool,
      snapshotDirectory: directories.snapshots,
      channels: [{ queries: this.#queries, answers: this.#answers, doorbell: doorbell() }],
      archive: {
        findOrder: () => Promise.reject(new Error('no ledger here')),
        tradesRange: () => Promise.reject(new Error('no ledger here')),
        tradesBefore: () => Promise.reject(new Error('no ledger here')),
        settlements: () => Promise.reject(new Error('no ledger here')),
        settlement: () => Promise.reject(new Error('no ledger here')),
      },
      matchingCounters: this.#block(CounterBlockId.MATCHING),
      counters: this.#block(CounterBlockId.FOLLOWER),
      readerDoorbells: [],
      spoolFloor: () => 0,
      onSpool: () => {},
      clock: this.#clock,
      readTimeoutMs: 0,
      beginWith: options.followerBeginsWith ?? 0,
      recentMax: options.recentMax,
    });
  }

  #composeMarketData(spool: SpoolReader, events: SharedArrayBuffer, options: InProcessOptions): MarketDataAgent {
    const { gatewayDoorbell: bell = doorbell(), feedHistoryBytes = 2 ** 17, resumeSpoolBytes = 0 } = options;
    const { journalIdHigh, journalIdLow } = this.state;
    const publicIds = new PublicIds(journalIdHigh, journalIdLow);
    const journal = journalIdText(journalIdHigh, journalIdLow);
    const json = new JsonFeedWriter(this.instruments, publicIds, true, journal);
    return new MarketDataAgent({
      instruments: this.instruments,
      events: new BroadcastReader(events),
      spool,
      matchingCounters: this.#block(CounterBlockId.MATCHING),
      followerCounters: this.#block(CounterBlockId.FOLLOWER),
      counters: this.#block(CounterBlockId.MARKET_DATA),
      gatewayCounters: [this.#block(CounterBlockId.GATEWAY)],
      gatewayDoorbells: [bell],
      stream: new BroadcastWriter(this.#stream),
      feed: {
        ring: new BroadcastWriter(this.feed),
        gateways: this.wishes.map((wishes, k) => ({ wishes, answers: this.feedAnswers[k], doorbell: bell })),
        spool: new SpoolReader(this.#directories.spool),
        historyBytes: feedHistoryBytes,
        resumeSpoolBytes,
        writers: [json, new BinaryFeedWriter(json, journalIdHigh, journalIdLow)],
      },
      depth: this.#depth,
      state: this.state,
      publicIds,
      showClientIds: true,
      clock: this.#clock,
    });
  }
}

function prepare(directory: string): Directories {
  const directories = {
    journal: join(directory, 'journal'),
    spool: join(directory, 'spool'),
    snapshots: join(directory, 'snapshots'),
  };
  for (const path of Object.values(directories)) makeDirectory(path);
  return { ...directories, control: join(directory, 'CONTROL') };
}

function commandRing(): CommandRing {
  const buffer = new SharedArrayBuffer(CommandRing.bytesNeeded(RING_SLOTS, COMMAND_SLOT_BYTES));
  return CommandRing.create(buffer, RING_SLOTS, COMMAND_SLOT_BYTES);
}

function messageRing(capacityBytes: number): MessageRing {
  const buffer = new SharedArrayBuffer(MessageRing.bytesNeeded(capacityBytes));
  return MessageRing.create(buffer, capacityBytes);
}

function broadcastRing(capacityBytes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(broadcastBytesNeeded(capacityBytes));
  createBroadcastRing(buffer, capacityBytes);
  return buffer;
}

function latestValue(maxValueBytes: number): LatestValue {
  return LatestValue.create(new SharedArrayBuffer(LatestValue.bytesNeeded(maxValueBytes)), maxValueBytes);
}

function doorbell(): Doorbell {
  return new Doorbell(new Int32Array(new SharedArrayBuffer(64)), 0);
}

/** Time that passes only when told to. */
class SteppedClock implements Clock {
  onRead = (): void => {};
  #monotonicUs = 5_000_000_000;

  nowUs(): number {
    this.onRead();
    return 1_700_000_000_000_000 + this.#monotonicUs;
  }

  monotonicUs(): number {
    this.onRead();
    return this.#monotonicUs;
  }

  advance(us: number): void {
    this.#monotonicUs += us;
  }
}
