// One small history that is always the same, up to the call of the disk that fails: orders, segments, seals, snapshots, an archive,
// CONTROL, the spool, orderly stops and others, starts. Over the real matching, follower and market-data agents on one thread. Where a
// thread's failure would end the process, it ends here; then the disk is repaired, and what comes back is held to what was told.

import { Command } from '../../domain/command.ts';
import { errorCode } from '../../journal/errors.ts';
import { useFileSystem } from '../../journal/file-system.ts';
import { FRAME_HEADER_BYTES, FrameHeader, isWholeHeader, readFrameHeader } from '../../journal/frame.ts';
import { ORDER_CLIENT, ORDER_CLIENT_LENGTH, ORDER_NUMBER } from '../../wire/order-codec.ts';
import { REPLY_ORDER, REPLY_ORDER_BYTES, REPLY_REQUEST_ID, REPLY_SEQUENCE } from '../../wire/reply-codec.ts';
import { InProcessExchange } from '../in-process-exchange.ts';
import { prepareSpare, writeControl } from '../main-chores.ts';
import { Auditor } from '../simulation/auditor.ts';
import { commandOfRecord, type Request, recordOf } from '../simulation/requests.ts';
import { SimulatedDisk, type Stop } from '../simulation/simulated-disk.ts';
import { require, Violation } from '../simulation/violation.ts';
import { Workload } from '../simulation/workload.ts';
import { Random } from '../testing/random.ts';
import { type Call, FailingDisk, type Fault } from './failing-disk.ts';

/** How much there is of it. */
export interface HistorySize {
  readonly lives: number;
  /** Batches of orders in each life. */
  readonly rounds: number;
}

export interface HistoryOptions extends HistorySize {
  /** Undefined: nothing fails. */
  readonly fault?: Fault | undefined;
  /** How the machine stops, whenever it does not stop in order. */
  readonly stop: Stop;
  /** A negative control: FailingDisk's. */
  readonly isIgnored?: boolean;
}

/**
 * What came of the fault. `none`: there are fewer calls of its kind. `fault`: a thread ended with it, and so the process.
 * `refused`: a start did. `went on`: neither.
 */
type Ending = 'none' | 'fault' | 'refused' | 'went on';

export interface HistoryReport {
  readonly ending: Ending;
  /** The error it ended with, its name or the system's code; '' without one. */
  readonly error: string;
  readonly counts: ReadonlyMap<Call, number>;
  readonly acknowledged: number;
}

const DIRECTORY = '/exchange';
const JOURNAL = `${DIRECTORY}/journal`;
const CONTROL = `${DIRECTORY}/CONTROL`;
const SEGMENT_BYTES = 2 ** 16;
const ORDERS_A_ROUND = 3;
/** Of the commands that may carry a key, one in so many does. */
const KEY_EVERY = 3;
const SEED = 20_001;
/** Longer than a frame waits for its seal, and than events wait for the spool. */
const PAUSE_US = 12_000;
/** More than a call may take before whoever waits is told that the outcome is unknown. */
const SLOW_US = 6_000_000;
/** How a failed read or write may end a thread: what the operator is told names the call, or is the journal's own word for it. */
const CLEAR_ENDS = ['JournalFault', 'EIO', 'ENOSPC'];

type Act = 'start' | 'matching' | 'follower' | 'market data' | 'stop';

/** A thread ended with an error, as the process would then. */
class Ended extends Error {
  readonly act: Act;

  constructor(act: Act, cause: unknown) {
    super(`${act}: ${cause instanceof Error ? cause.stack : cause}`, { cause });
    this.act = act;
  }
}

/** Runs it. Throws Violation when something is not as it must be. */
export async function runFixedHistory(options: HistoryOptions): Promise<HistoryReport> {
  try {
    return await new FixedHistory(options).run();
  } finally {
    useFileSystem();
  }
}

class FixedHistory {
  readonly #options: HistoryOptions;
  readonly #machine: SimulatedDisk;
  readonly #disk: FailingDisk;
  readonly #workload = new Workload(new Random(SEED), KEY_EVERY);
  readonly #requests = new Map<number, Request>();
  readonly #auditor = new Auditor(JOURNAL, this.#requests);
  readonly #header = new FrameHeader();
  readonly #command = new Command();
  #exchange: InProcessExchange | undefined;
  #lives = 0;
  #lastRequestId = 0;
  #timeUs = 0;
  #epoch = 0;
  #durableSequence = 0;
  #acknowledged = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#machine = new SimulatedDisk({
      random: new Random(SEED),
      // Where writes sync by themselves hardly anything else does: who wants to see that fail needs a disk that cannot do it.
      knowsSyncedWrites: options.fault?.call !== 'fdatasync',
      onOperation: () => {},
      onDurable: (path, bytes) => this.#noteDurable(path, bytes),
    });
    const { fault, isIgnored } = options;
    this.#disk = new FailingDisk(this.#machine, fault, () => this.#exchange?.advance(SLOW_US), isIgnored);
    useFileSystem(this.#disk);
  }

  async run(): Promise<HistoryReport> {
    const ended = await this.#liveUntilEnd();
    if (ended !== undefined) this.#judge(ended);
    else if (this.#exchange !== undefined) this.#stop();
    if (ended !== undefined && this.#options.fault?.isSticky === true) this.#startOnFailingDisk();
    const counts = new Map(this.#disk.counts);
    this.#disk.repair();
    await this.#afterwards();
    const cause = ended?.cause;
    const error = cause instanceof Error ? errorCode(cause) || cause.name : '';
    return { ending: this.#ending(ended), error, counts, acknowledged: this.#acknowledged };
  }

  #ending(ended: Ended | undefined): Ending {
    if (this.#disk.failures === 0) return 'none';
    if (ended === undefined) return 'went on';
    return ended.act === 'start' ? 'refused' : 'fault';
  }

  async #liveUntilEnd(): Promise<Ended | undefined> {
    const { lives, rounds } = this.#options;
    try {
      for (let life = 1; life <= lives; life++) {
        this.#start();
        for (let round = 1; round <= rounds; round++) await this.#round(round);
        if (life === lives) this.#settle();
        if (life % 2 === 0) this.#close();
        this.#stop();
      }
      return undefined;
    } catch (error) {
      if (error instanceof Ended) return error;
      throw error;
    }
  }

  /** The end must be one that the fault explains, and that says so. */
  #judge(ended: Ended): void {
    const { fault } = this.#options;
    require(this.#disk.failures > 0 && fault !== undefined && fault.way !== 'slow', () => `it ended: ${ended.message}`);
    const { cause, act } = ended;
    const name = cause instanceof Error ? errorCode(cause) || cause.name : String(cause);
    const isClear = act === 'matching' ? name === 'JournalFault' : CLEAR_ENDS.includes(name);
    require(isClear, () => `it ended with an error that does not say what failed: ${ended.message}`);
    const isSpool = this.#disk.failedPath.includes('/spool/') && fault?.call !== 'read';
    require(act !== 'follower' || !isSpool, () => `a spool that cannot be written ended it: ${ended.message}`);
    if (act === 'matching') this.#requireDead();
    this.#stop();
  }

  /** After a JournalFault: not one answer more, whatever is asked. */
  #requireDead(): void {
    const exchange = this.#running();
    const told = exchange.replies().length;
    require(told === 0, () => `${told} replies were given in the turn that failed`);
    this.#submit(exchange);
    const error = failureOf(() => exchange.turnMatching());
    require(error instanceof Error && error.name === 'JournalFault', () => `after a JournalFault it goes on: ${error}`);
    require(exchange.replies().length === 0, () => 'after a JournalFault it replies');
  }

  /** It fails still, or again: what a start does then, and leaves, must be no worse. */
  #startOnFailingDisk(): void {
    try {
      this.#start();
      this.#stop();
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      this.#judge(error);
    }
  }

  /** The disk is whole again: everything that was told is there, and it goes on as if nothing had been. */
  async #afterwards(): Promise<void> {
    this.#start();
    await this.#round(1);
    this.#settle();
    this.#takeSnapshot();
    this.#close();
    this.#stop();
    this.#start();
    this.#settle();
    const exchange = this.#running();
    require(this.#requests.size === 0, () => `${this.#requests.size} requests have neither answer nor record`);
    const digest = this.#auditor.digestOfReplay(exchange.durableFrame);
    const matching = exchange.matchingDigest();
    require(digest === matching, () => `a replay from frame 1 has digest ${digest}, matching ${matching}`);
  }

  #start(): void {
    this.#lives++;
    this.#timeUs += 1_000_000;
    this.#during('start', () => {
      this.#exchange = new InProcessExchange({
        directory: DIRECTORY,
        durability: 'fsync',
        segmentBytes: SEGMENT_BYTES,
        eventRingBytes: 2 ** 14,
        streamRingBytes: 2 ** 14,
        messageRingBytes: 2 ** 16,
        depths: 1,
        recentMax: 2 ** 10,
        startUs: this.#timeUs,
        lastRequestId: this.#lastRequestId,
        followerBeginsWith: this.#lives % 2 === 0 ? Number.POSITIVE_INFINITY : 0,
      });
    });
    this.#disk.lookPast(() => this.#checkStart(this.#running()));
  }

  /** Everything that was told is in the journal. What was not answered and is not there is asked again. */
  #checkStart(exchange: InProcessExchange): void {
    this.#durableSequence = Math.max(this.#durableSequence, exchange.sequence);
    this.#auditor.readThrough(exchange.durableFrame);
    for (const { id, reply } of this.#requests.values()) {
      require(reply === undefined, () => {
        return `request ${id} was answered as sequence ${reply?.readDoubleLE(REPLY_SEQUENCE)}, and is gone`;
      });
    }
    const digest = exchange.matchingDigest();
    const replayed = this.#auditor.engine.digest();
    require(digest === replayed, () => `matching has digest ${digest}, the replay ${replayed}`);
    const { epoch } = exchange.state;
    require(epoch > this.#epoch, () => `epoch ${epoch} after ${this.#epoch}`);
    this.#epoch = epoch;
    const unanswered = [...this.#requests.values()];
    this.#requests.clear();
    for (const { record } of unanswered) this.#send(exchange, record);
  }

  async #round(round: number): Promise<void> {
    const exchange = this.#running();
    this.#submit(exchange);
    this.#turn('matching');
    this.#readReplies(exchange);
    this.#turn('follower');
    this.#turn('market data');
    this.#pass(PAUSE_US);
    this.#turn('matching'); // the seal
    this.#turn('follower'); // the spool
    this.#turn('market data');
    if (round % 2 === 0) this.#writeControl();
    if (round % 3 === 0) this.#byTheWay(() => prepareSpare(JOURNAL, SEGMENT_BYTES));
    if (round % 12 === 6) this.#takeSnapshot();
    if (round % 12 === 7) await this.#archive();
    this.#pass(PAUSE_US);
  }

  /** A full disk is asked again by and by; what waits is answered then. Reads and depth are as new as the last command. */
  #settle(): void {
    this.#disk.repair();
    const exchange = this.#running();
    for (let k = 0; k < 4; k++) {
      this.#pass(1_000_000);
      this.#turn('matching');
      this.#turn('follower');
      this.#turn('market data');
      this.#readReplies(exchange);
    }
    exchange.settle();
    const depth = exchange.depth();
    require(depth.sequence === exchange.sequence, () => `depth is of ${depth.sequence}, not ${exchange.sequence}`);
    const digest = exchange.matchingDigest();
    require(exchange.followerDigest() === digest, () => 'the follower has another state than matching');
    for (const { id, reply } of this.#requests.values())
      require(reply !== undefined, () => `request ${id} waits for ever`);
  }

  #close(): void {
    const exchange = this.#running();
    this.#during('stop', () => exchange.close());
    this.#writeControl();
    this.#readReplies(exchange);
  }

  #stop(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) this.#lastRequestId = exchange.lastRequestId;
    this.#exchange = undefined;
    this.#machine.restart(this.#options.stop);
  }

  #turn(act: 'matching' | 'follower' | 'market data'): void {
    const exchange = this.#running();
    this.#during(act, () => {
      if (act === 'matching') exchange.turnMatching();
      else if (act === 'follower') exchange.turnFollower();
      else exchange.turnMarketData();
    });
  }

  /** Runs what ends the process when it fails. */
  #during(act: Act, run: () => void): void {
    try {
      run();
    } catch (error) {
      throw new Ended(act, error);
    }
  }

  #takeSnapshot(): void {
    const exchange = this.#running();
    this.#byTheWay(() => exchange.takeSnapshotNow());
  }

  async #archive(): Promise<void> {
    const failures = this.#disk.failures;
    const failure = await this.#running()
      .archive()
      .then((facts) => facts.failure, String);
    require(failure === '' || this.#disk.failures > failures, () => `the archive: ${failure}`);
  }

  #writeControl(): void {
    const point = this.#running().durablePoint;
    if (point !== undefined) this.#byTheWay(() => writeControl(CONTROL, point));
  }

  /** Runs what may fail with the disk, and nothing comes of it. */
  #byTheWay(act: () => void): void {
    const failures = this.#disk.failures;
    const error = failureOf(act);
    if (error !== undefined && this.#disk.failures === failures) throw error;
  }

  #submit(exchange: InProcessExchange): void {
    for (let k = 0; k < ORDERS_A_ROUND; k++) {
      this.#send(exchange, Buffer.from(recordOf(this.#workload.next(exchange.nowUs))));
    }
  }

  #send(exchange: InProcessExchange, record: Buffer): void {
    commandOfRecord(record, this.#command);
    if (!exchange.submit(this.#command)) return; // the ring is full: the disk is, too
    const id = exchange.lastRequestId;
    this.#requests.set(id, { id, record, reply: undefined });
  }

  #readReplies(exchange: InProcessExchange): void {
    for (const reply of exchange.replies()) this.#hear(reply);
  }

  #hear(reply: Buffer): void {
    const id = reply.readUInt32LE(REPLY_REQUEST_ID);
    const sequence = reply.readDoubleLE(REPLY_SEQUENCE);
    require(sequence <= this.#durableSequence, () => {
      return `request ${id} is answered as sequence ${sequence}, ${this.#durableSequence} is durable`;
    });
    const request = this.#requests.get(id);
    require(request !== undefined && request.reply === undefined, () => `request ${id} is answered and does not wait`);
    if (request !== undefined) request.reply = reply;
    this.#acknowledged++;
    if (reply.readUInt16LE(REPLY_ORDER_BYTES) === 0) return;
    const order = reply.subarray(REPLY_ORDER);
    const client = order.toString('latin1', ORDER_CLIENT, ORDER_CLIENT + order[ORDER_CLIENT_LENGTH]);
    this.#workload.learn(order.readDoubleLE(ORDER_NUMBER), client);
  }

  /** The disk keeps these bytes; when they are a frame, its commands may be told. */
  #noteDurable(path: string, bytes: Uint8Array): void {
    if (!path.endsWith('.wal') || bytes.length < FRAME_HEADER_BYTES) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isWholeHeader(bytes, view, 0)) return;
    readFrameHeader(bytes, view, 0, this.#header);
    this.#durableSequence = Math.max(this.#durableSequence, this.#header.firstSequence + this.#header.recordCount - 1);
  }

  #pass(us: number): void {
    this.#running().advance(us);
    this.#timeUs += us;
  }

  #running(): InProcessExchange {
    if (this.#exchange === undefined) throw new Violation('it runs between a start and its end');
    return this.#exchange;
  }
}

function failureOf(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
