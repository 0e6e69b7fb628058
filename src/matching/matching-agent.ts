// The matching agent: drains the command rings, makes each batch durable with one write and sync, applies it and tells
// the results. Runs on the matching thread and owns the engine and the journal's writing end. What it commands itself
// (own-commands.ts) goes the same way: orders whose time has come end by the first record of a batch.
// It uses only blocking file calls, waits for nobody but the disk, and never shows what is not durable.

import { assert } from '../assert.ts';
import { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { PoisonCommand } from '../journal/errors.ts';
import type { JournalDisk, JournalWriter } from '../journal/journal-writer.ts';
import type { LedgerWord } from '../journal/witnesses.ts';
import type { JournalWrite } from '../journal/write-through.ts';
import type { Agent } from '../runtime/agent.ts';
import type { Clock } from '../runtime/clock.ts';
import { ProcessState, type SharedProcessState } from '../runtime/process-state.ts';
import type { BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import type { CommandRing } from '../shared-memory/command-ring.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import { HISTOGRAM_BOUNDS_COUNTS, Histogram } from '../shared-memory/histogram.ts';
import {
  COMMAND_SLOT_BYTES,
  type CommandOrigin,
  commandLength,
  decodeCommand,
  decodeOrigin,
  encodeCommand,
} from '../wire/command-codec.ts';
import { MatchingCounter } from '../wire/counters.ts';
import type { DurablePointWriter } from '../wire/durable-point.ts';
import { lookAhead } from '../wire/look-ahead.ts';
import {
  differences,
  expireOrders,
  isExpiryDue,
  isOperatorDue,
  OWN_GATEWAY,
  OWN_ORIGIN,
  registerOperator,
  startCommands,
  startRefused,
  type VenueSettings,
} from './own-commands.ts';
import { recoverEngine } from './recovery.ts';
import { ResultPublisher, type ResultSinks } from './result-publisher.ts';
import { Sealer } from './sealer.ts';

/** What the start found, for main. */
export interface RecoveryFacts {
  /** Last sequence in the journal, and how many frames were replayed for it. */
  readonly sequence: number;
  readonly frames: number;
  /** The snapshot it began with; 0 when with the first frame. */
  readonly snapshotSequence: number;
  /** What was cut from a torn tail; undefined when nothing was. */
  readonly cut: string | undefined;
  /** For the operator: snapshots and witnesses of the journal that were passed over, what its disk does not take or has failed at. */
  readonly notes: readonly string[];
  /** Instruments that are not as the configuration says, each with the names of its fields. */
  readonly differences: readonly string[];
}

export interface MatchingContext extends ResultSinks {
  readonly journalDirectory: string;
  readonly snapshotDirectory: string;
  readonly controlPath: string;
  readonly durability: 'fsync' | 'os';
  /** How mode `fsync` writes a frame; default: auto. */
  readonly journalWrite?: JournalWrite | undefined;
  readonly segmentBytes: number;
  /** RecoverOptions; undefined where its word would prove nothing. */
  readonly askLedger?: (() => LedgerWord | undefined) | undefined;
  /** For tests: makes the engine fault on some commands, before the journal is replayed. */
  readonly poison?: ((engine: Engine) => void) | undefined;
  /** Replaced where a test wants the process to end at a write. */
  readonly disk?: JournalDisk | undefined;
  readonly commandRings: readonly CommandRing[];
  readonly events: BroadcastWriter;
  readonly gatewayDoorbells: readonly Doorbell[];
  readonly projectionDoorbells: readonly Doorbell[];
  readonly durablePoint: DurablePointWriter;
  readonly state: SharedProcessState;
  readonly venue: VenueSettings;
  readonly clock: Clock;
  /** Identity of a journal that is made now. */
  readonly newJournalId: () => readonly [high: number, low: number];
  readonly onRecovered: (facts: RecoveryFacts) => void;
  readonly onSegmentNeeded: () => void;
}

/** While batch follows batch, the projections are woken this often at most: a wake-up costs more than a batch's worth of reading. */
const PROJECTION_WAKE_US = 2_000;
/** While the disk has no room for the next segment, it is asked again this often. */
const ROOM_RETRY_US = 500_000;
/** How long the thread may sleep when no order ends before. */
const IDLE_MS = 1_000;

export class MatchingAgent implements Agent {
  readonly name = 'matching';
  readonly #context: MatchingContext;
  readonly #publisher: ResultPublisher;
  readonly #sealer: Sealer;
  readonly #command = new Command();
  readonly #expireOrders = expireOrders();
  readonly #registerOperator = registerOperator();
  readonly #origin: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };
  readonly #syncSeconds: Histogram;
  readonly #ringSeconds: Histogram;
  readonly #matchSeconds: Histogram;
  readonly #batchCommands: Histogram;
  /** Each ring's share of a frame. */
  #commandsPerRingMax = 0;
  /** Commands taken from each ring this turn: whose gateway has replies to be woken for. */
  readonly #taken: Int32Array;
  /** The rings and the frame as 32-bit words: records are copied without a view per record. */
  readonly #ringWords: readonly Int32Array[];
  #frameWords: Int32Array = new Int32Array(0);
  #engine: Engine | undefined;
  #writer: JournalWriter | undefined;
  #lastTimeUs = 0;
  /** Sequence of the command that is being applied: says which, should it fail. */
  #applying = 0;
  #firstRing = 0;
  #projectionsDue = false;
  #projectionsWokenUs = 0;
  /** When the disk is asked for room again; 0 while there is some. */
  #askRoomAtUs = 0;
  /** Stays true when a turn throws. */
  #inTurn = false;

  constructor(context: MatchingContext) {
    this.#context = context;
    this.#publisher = new ResultPublisher(context);
    this.#sealer = new Sealer(context.clock, context.durability);
    this.#taken = new Int32Array(context.commandRings.length);
    this.#ringWords = context.commandRings.map((ring) => new Int32Array(ring.bytes.buffer));
    const { counters } = context;
    this.#syncSeconds = new Histogram(counters, MatchingCounter.SYNC_SECONDS);
    this.#ringSeconds = new Histogram(counters, MatchingCounter.RING_SECONDS);
    this.#matchSeconds = new Histogram(counters, MatchingCounter.MATCH_SECONDS);
    this.#batchCommands = new Histogram(counters, MatchingCounter.BATCH_COMMANDS, HISTOGRAM_BOUNDS_COUNTS);
  }

  /**
   * Restores the newest snapshot, replays the journal behind it, opens it for writing, gives the commands that the
   * configuration asks for and opens the process for business. Throws JournalDamage, OtherRules, OtherOutcome,
   * JournalFault and StartRefused.
   */
  onStart(): void {
    const context = this.#context;
    const publisher = this.#publisher;
    const { engine, writer, lastTimeUs, ...found } = recoverEngine(context, publisher);
    const { sequence } = engine;
    this.#engine = engine;
    this.#writer = writer;
    this.#lastTimeUs = lastTimeUs;
    publisher.attach(engine);
    const { bytes } = writer;
    assert(bytes.byteOffset % 4 === 0, 'the frame is aligned for words');
    this.#frameWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    this.#commandsPerRingMax = commandsPerRingMax(writer, context.commandRings);
    context.instruments.publish(engine.instruments, sequence);
    this.#publishProgress(engine, writer);
    context.counters.set(MatchingCounter.RECOVERED_SEQUENCE, sequence);
    try {
      this.#commandAtStart(engine, writer);
    } catch (error) {
      writer.close(false); // an agent that has not started is not closed: after a fault the next start would see no mark
      throw error;
    }
    context.onRecovered({ ...found, sequence, differences: differences(engine, context.venue) });
    context.state.advance(ProcessState.OPEN);
    this.#wakeProjections();
  }

  doWork(): number {
    const engine = this.#engine;
    const writer = this.#writer;
    assert(engine !== undefined && writer !== undefined, 'started before it works');
    this.#inTurn = true;
    const work = this.#turn(engine, writer);
    this.#inTurn = false;
    return work;
  }

  #turn(engine: Engine, writer: JournalWriter): number {
    if (!this.#hasRoom(writer)) return this.#rest();
    // Fixed before the frame is filled: whether an order's time has come decides the frame's first record.
    const timeUs = this.#nextTimeUs();
    const own = this.#ownCommand(engine, timeUs);
    const filled = own === undefined ? writer.payloadStart : this.#putOwn(writer, own);
    const end = this.#drainRings(filled);
    const count = (own === undefined ? 0 : 1) + this.#takenTotal();
    if (count === 0) return this.#idle(engine, writer);
    this.#commit(engine, writer, end, count, timeUs);
    return count;
  }

  /** What comes before all others in the next frame, if anything. Allocates: nothing. */
  #ownCommand(engine: Engine, timeUs: number): Command | undefined {
    if (isExpiryDue(engine, timeUs)) return this.#expireOrders;
    return isOperatorDue(engine) ? this.#registerOperator : undefined;
  }

  /** Until the next order ends or a seal is due, at most a second. */
  maxIdleMs(): number {
    if (this.#askRoomAtUs > 0) return ROOM_RETRY_US / 1_000;
    const idleMs = Math.min(IDLE_MS, this.#sealer.dueInMs);
    const nextExpiryUs = this.#engine?.nextExpiryUs ?? 0;
    if (nextExpiryUs === 0) return idleMs;
    return Math.min(idleMs, Math.max(0, (nextExpiryUs - this.#context.clock.nowUs()) / 1_000));
  }

  /** Digest of the engine's state, 16 hexadecimal digits: to compare it with a replay's. Cost: that of a snapshot. */
  digest(): string {
    assert(this.#engine !== undefined, 'started before it is looked at');
    return this.#engine.digest();
  }

  /**
   * The writer says goodbye with a CLEAN_SHUTDOWN frame; nothing is in the rings any more. Not after a fault, here or on
   * another thread: that is no orderly stop.
   */
  onClose(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    const { state, counters, durablePoint } = this.#context;
    const isOrderly = !this.#inTurn && state.get() === ProcessState.CLOSING;
    writer.close(isOrderly);
    if (!isOrderly) return;
    counters.set(MatchingCounter.DURABLE_FRAME, writer.durableFrame);
    durablePoint.publish(writer, true);
    this.#wakeProjections();
  }

  /**
   * Whether the next frame has a place. While the disk is full it has none: what waits in the rings stays there, neither
   * journaled nor answered, until there is room or its asker is told that the outcome is unknown. Throws JournalFault.
   */
  #hasRoom(writer: JournalWriter): boolean {
    const { clock, counters } = this.#context;
    if (this.#askRoomAtUs > 0 && clock.monotonicUs() < this.#askRoomAtUs) return false;
    const hasRoom = writer.makeRoom();
    if (hasRoom && this.#askRoomAtUs === 0) return true;
    this.#askRoomAtUs = hasRoom ? 0 : clock.monotonicUs() + ROOM_RETRY_US;
    counters.set(MatchingCounter.NO_ROOM, hasRoom ? 0 : 1);
    return hasRoom;
  }

  /** Whoever reads may not be left waiting for what the last batches brought. */
  #rest(): number {
    if (this.#projectionsDue) this.#wakeProjections();
    return 0;
  }

  /** Nothing came: nobody may be left waiting for what the last batches brought, and the last frame gets its seal. */
  #idle(engine: Engine, writer: JournalWriter): number {
    this.#rest();
    if (!this.#sealer.sealIfDue(writer)) return 0;
    this.#publishProgress(engine, writer);
    return 1;
  }

  /** One frame per command: what the next one is may depend on what the one before did. */
  #commandAtStart(engine: Engine, writer: JournalWriter): void {
    for (const command of startCommands(engine, this.#context.venue, this.#nextTimeUs())) {
      this.#commit(engine, writer, this.#putOwn(writer, command), 1, this.#nextTimeUs());
      const { refusal } = this.#publisher;
      if (refusal !== 0) throw startRefused(engine, command, refusal);
    }
  }

  /** The engine's only clock: strictly increasing, whatever the wall clock does. */
  #nextTimeUs(): number {
    return Math.max(this.#context.clock.nowUs(), this.#lastTimeUs + 1);
  }

  /** Puts an own command at the front of the frame. Returns where it ends. Allocates: nothing. */
  #putOwn(writer: JournalWriter, command: Command): number {
    const { bytes, view, payloadStart } = writer;
    return payloadStart + encodeCommand(bytes, view, payloadStart, command, OWN_ORIGIN);
  }

  /** Makes the frame's `count` commands durable, applies them and tells what came of it. */
  #commit(engine: Engine, writer: JournalWriter, end: number, count: number, timeUs: number): void {
    const { clock } = this.#context;
    const payloadBytes = end - writer.payloadStart;
    this.#lastTimeUs = timeUs;
    const drainedUs = clock.monotonicUs();
    writer.append(payloadBytes, count, writer.nextSequence, timeUs);
    const durableUs = clock.monotonicUs();
    this.#sealer.frameWritten(durableUs);
    this.#publisher.beginBatch(drainedUs, durableUs);
    try {
      this.#applyBatch(engine, writer, payloadBytes, timeUs, drainedUs);
    } catch (error) {
      throw new PoisonCommand('', writer.durableFrame, this.#applying, error, false);
    }
    const appliedUs = clock.monotonicUs();
    this.#syncSeconds.record((durableUs - drainedUs) / 1e6);
    this.#matchSeconds.record((appliedUs - durableUs) / 1e6);
    this.#batchCommands.record(count);
    this.#publishProgress(engine, writer);
    this.#publisher.publishReplies(appliedUs);
    this.#wakeReaders(durableUs);
  }

  /**
   * Copies what waits in the rings into the frame from byte `start` on, beginning with another ring each turn. Returns where
   * it ends. Allocates: nothing.
   */
  #drainRings(start: number): number {
    const { commandRings } = this.#context;
    const rings = commandRings.length;
    const first = this.#firstRing;
    this.#firstRing = (first + 1) % rings;
    let end = start;
    for (let k = 0; k < rings; k++) {
      const index = (first + k) % rings;
      const ring = commandRings[index];
      const count = ring.available(this.#commandsPerRingMax);
      this.#taken[index] = count;
      for (let i = 0; i < count; i++) {
        const slot = ring.slotAt(i);
        const length = commandLength(ring.view, slot);
        copyRecord(this.#ringWords[index], slot, this.#frameWords, end, length);
        end += length;
      }
      if (count > 0) ring.release(count);
    }
    return end;
  }

  #takenTotal(): number {
    let total = 0;
    for (let k = 0; k < this.#taken.length; k++) total += this.#taken[k];
    return total;
  }

  /** Applies the durable frame's commands in order. Allocates: nothing. */
  #applyBatch(engine: Engine, writer: JournalWriter, payloadBytes: number, timeUs: number, drainedUs: number): void {
    const { bytes, view, payloadStart } = writer;
    const command = this.#command;
    const origin = this.#origin;
    const end = payloadStart + payloadBytes;
    let seen = payloadStart;
    for (let offset = payloadStart; offset < end; ) {
      if (offset === seen) seen = lookAhead(engine, view, offset, end);
      const length = decodeCommand(bytes, view, offset, command);
      decodeOrigin(view, offset, origin);
      const sequence = engine.sequence + 1;
      this.#applying = sequence;
      this.#publisher.begin(origin, command, sequence);
      engine.apply(sequence, timeUs, command);
      this.#publisher.end();
      if (origin.gateway !== OWN_GATEWAY) this.#ringSeconds.record((drainedUs - origin.receivedUs) / 1e6);
      offset += length;
    }
    this.#context.events.publish();
    assert(engine.sequence === writer.nextSequence - 1, 'journal and engine agree on the sequence');
  }

  /** Counters, the sequence last: who reads it finds the rest at least as new. And what is surely on the disk. */
  #publishProgress(engine: Engine, writer: JournalWriter): void {
    const { counters, durablePoint } = this.#context;
    if (writer.isSynced) durablePoint.publish(writer, false);
    counters.set(MatchingCounter.DURABLE_FRAME, writer.durableFrame);
    counters.set(MatchingCounter.JOURNAL_BYTES, writer.bytesWritten);
    counters.set(MatchingCounter.SEGMENT_BYTES_LEFT, writer.segmentBytesLeft);
    counters.set(MatchingCounter.SEGMENTS_CREATED_LATE, writer.slowSegments);
    counters.set(MatchingCounter.OPEN_ORDERS, engine.openOrders);
    counters.set(MatchingCounter.CLIENTS, engine.clients.count);
    counters.set(MatchingCounter.ACCOUNTS, engine.accounts.count);
    counters.set(MatchingCounter.KILL_SWITCH, engine.killSwitch ? 1 : 0);
    counters.set(MatchingCounter.IDEMPOTENCY_KEYS, engine.idempotencyKeys);
    counters.set(MatchingCounter.IDEMPOTENCY_OLDEST_US, engine.oldestKeyUs);
    counters.set(MatchingCounter.SEQUENCE, engine.sequence);
  }

  #wakeReaders(nowUs: number): void {
    const { gatewayDoorbells } = this.#context;
    for (let k = 0; k < gatewayDoorbells.length; k++) {
      if (this.#taken[k] > 0) gatewayDoorbells[k].ring();
    }
    this.#projectionsDue = true;
    if (nowUs - this.#projectionsWokenUs >= PROJECTION_WAKE_US) {
      this.#projectionsWokenUs = nowUs;
      this.#wakeProjections();
    }
  }

  #wakeProjections(): void {
    this.#projectionsDue = false;
    const { projectionDoorbells } = this.#context;
    for (let k = 0; k < projectionDoorbells.length; k++) projectionDoorbells[k].ring();
  }
}

/**
 * What a turn may take from each ring, so that the longest records of all, and an own command before them, fit one frame. As much
 * as fits: a sync costs the same for one command and for a thousand, and while it lasts the next ones gather.
 */
function commandsPerRingMax({ payloadCapacity }: JournalWriter, rings: readonly CommandRing[]): number {
  const slotBytes = rings.reduce((sum, ring) => sum + ring.slotBytes, 0);
  const commands = Math.floor((payloadCapacity - COMMAND_SLOT_BYTES) / slotBytes);
  assert(commands > 0, 'a frame holds a command of each ring');
  return commands;
}

/** Copies a record between byte offsets, both multiples of 8. Allocates: nothing. */
function copyRecord(from: Int32Array, fromByte: number, to: Int32Array, toByte: number, lengthBytes: number): void {
  const source = fromByte >>> 2;
  const target = toByte >>> 2;
  const words = lengthBytes >>> 2;
  for (let i = 0; i < words; i++) to[target + i] = from[source + i];
}
