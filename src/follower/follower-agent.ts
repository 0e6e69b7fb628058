// The follower: replays durable frames through an engine of its own, derives events into the spool and answers reads.
// Runs on the projection thread; owns its engine, the spool's writing end and the read memory. It only reads the
// journal, and never goes beyond the durable frame. Started when recovery has cut what may be torn. When the spool cannot be
// written, events wait in memory, and beyond a bound the frames do; reads are answered all the while.

import { assert } from '../assert.ts';
import { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { describeError } from '../journal/errors.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import type { Replica } from '../journal/replica.ts';
import { restoreEngine } from '../journal/restore.ts';
import { SpoolWriter } from '../journal/spool.ts';
import type { Agent } from '../runtime/agent.ts';
import type { Clock } from '../runtime/clock.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import type { Doorbell } from '../shared-memory/doorbell.ts';
import { FollowerCounter, MatchingCounter } from '../wire/counters.ts';
import { Derivation } from './derivation.ts';
import { writeOpeningEvents } from './opening-events.ts';
import { type Archive, type QueryChannel, QueryDesk } from './query-desk.ts';
import { RecentOrders } from './recent-orders.ts';
import { RecentTrades } from './recent-trades.ts';

/** Closed orders and trades kept in memory for reads. */
const RECENT_ORDERS = 1 << 17;
const RECENT_TRADES = 1 << 16;
/** Events wait at most this long for their write to the spool: one write for many frames. */
const SPOOL_FLUSH_US = 10_000;
/** After a write of it failed, the spool is tried again this often. */
const SPOOL_RETRY_US = 1_000_000;
/** Events that may wait in memory for a spool that cannot be written; then no more frames are applied. */
const SPOOL_WAITING_BYTES_MAX = 64 << 20;
/** Looked for spool files that nobody needs, this often at most. */
const TRIM_EVERY_US = 1_000_000;
/** One turn applies frames for at most this long, so that the thread's other agents and sockets get theirs. */
const TURN_US = 5_000;

export interface FollowerContext {
  readonly journalDirectory: string;
  readonly spoolDirectory: string;
  readonly snapshotDirectory: string;
  /** Begins with the newest snapshot up to this sequence, or with the oldest: the events behind it are in the spool. */
  readonly beginWith: number | 'oldest';
  /** A frame that the ledger knows, to be compared when it comes by. */
  readonly ledgerFrame?: NumberedFrame | undefined;
  readonly channels: readonly QueryChannel[];
  readonly archive: Archive;
  readonly matchingCounters: CounterBlock;
  readonly counters: CounterBlock;
  /** Threads that read the spool: woken when it grows. */
  readonly readerDoorbells: readonly Doorbell[];
  /** Nothing before this position of the spool is read again. */
  readonly spoolFloor: () => number;
  /** The spool cannot be written, and why; '' when it can again. */
  readonly onSpool: (failure: string) => void;
  readonly clock: Clock;
  readonly readTimeoutMs: number;
  /** Keeps fewer closed orders and trades in memory, a power of two: for a simulation that starts thousands of times. */
  readonly recentMax?: number | undefined;
}

interface NumberedFrame {
  readonly number: number;
  /** Its SHA-256. */
  readonly chain: Uint8Array;
}

export class FollowerAgent implements Agent {
  readonly name = 'follower';
  readonly #context: FollowerContext;
  readonly #spool: SpoolWriter;
  readonly #engine: Engine;
  readonly #replica: Replica;
  readonly #desk: QueryDesk;
  readonly #command = new Command();
  readonly #reader: JournalReader;
  #frame: number;
  /** SHA-256 of that frame; undefined before the first. */
  #chain: Uint8Array | undefined;
  #ledgerProblem = '';
  #spooled: NumberedFrame | undefined;
  /** When what waits for the spool is to be written; 0 when nothing waits. */
  #flushAtUs: number;
  #trimAtUs = 0;
  #failure = '';

  /** Reads the snapshot that it begins with. */
  constructor(context: FollowerContext) {
    this.#context = context;
    this.#spool = new SpoolWriter(context.spoolDirectory);
    const orders = new RecentOrders(Math.min(RECENT_ORDERS, context.recentMax ?? RECENT_ORDERS));
    const trades = new RecentTrades(Math.min(RECENT_TRADES, context.recentMax ?? RECENT_TRADES));
    const derivation = new Derivation(this.#spool, orders, trades, this.#command);
    const { anchor, ...replica } = restoreEngine(context.snapshotDirectory, derivation, {
      through: context.beginWith,
      hashSecret: randomHashSecret(),
    });
    const { engine } = replica;
    this.#engine = engine;
    this.#replica = replica;
    derivation.attach(engine);
    this.#reader = new JournalReader(context.journalDirectory, anchor);
    this.#frame = anchor?.frame ?? 0;
    this.#chain = anchor?.chain;
    this.#compareWithLedger();
    if (anchor !== undefined) writeOpeningEvents(engine, this.#spool);
    this.#flushAtUs = anchor === undefined ? 0 : context.clock.monotonicUs();
    trades.beginBehind(engine.lastTradeNumber);
    const { channels, archive, clock, readTimeoutMs } = context;
    const desk = { channels, archive, clock, readTimeoutMs };
    this.#desk = new QueryDesk(desk, engine, orders, trades);
  }

  /** The frame that ended with the sequence of the spool, as published; undefined before the first. For agents of this thread. */
  get spooledFrame(): NumberedFrame | undefined {
    return this.#spooled;
  }

  /** How the journal contradicts the frame that the ledger knows; '' when it does not, as far as frames have been read. */
  get ledgerProblem(): string {
    return this.#ledgerProblem;
  }

  doWork(): number {
    this.#trimSpool();
    return this.#follow() + this.#flushSpool() + this.#answerReads();
  }

  /** A waiting question has a deadline, and so have events on their way to the spool. */
  maxIdleMs(): number {
    const isFlushDue = this.#flushAtUs > 0 && this.#failure === '';
    return this.#desk.busy || isFlushDue ? SPOOL_FLUSH_US / 1_000 : 1_000;
  }

  /** Digest of the engine's state, 16 hexadecimal digits: to compare it with a replay's. Cost: that of a snapshot. */
  digest(): string {
    return this.#engine.digest();
  }

  onClose(): void {
    this.#reader.close();
    this.#spool.close();
  }

  /** Applies the frames that have become durable. Returns how many. */
  #follow(): number {
    const { matchingCounters, counters, clock } = this.#context;
    const durable = matchingCounters.get(MatchingCounter.DURABLE_FRAME);
    if (this.#frame >= durable || this.#spool.waitingBytes > SPOOL_WAITING_BYTES_MAX) return 0;
    const startUs = clock.monotonicUs();
    let frames = 0;
    do {
      const frame = this.#reader.next(durable);
      assert(frame !== undefined, 'a durable frame can be read');
      applyFrame(this.#replica, frame, this.#command);
      this.#frame = frame.number;
      this.#chain = frame.chain;
      this.#compareWithLedger();
      frames++;
    } while (this.#frame < durable && clock.monotonicUs() - startUs < TURN_US);
    if (this.#flushAtUs === 0) this.#flushAtUs = startUs + SPOOL_FLUSH_US;
    counters.set(FollowerCounter.FRAME, this.#frame);
    counters.set(FollowerCounter.SEQUENCE, this.#engine.sequence);
    return frames;
  }

  /** Allocates: nothing, when the two agree. */
  #compareWithLedger(): void {
    const { ledgerFrame } = this.#context;
    if (ledgerFrame?.number !== this.#frame || this.#chain === undefined) return;
    if (Buffer.compare(ledgerFrame.chain, this.#chain) === 0) return;
    this.#ledgerProblem =
      `frame ${this.#frame} has hash ${Buffer.from(this.#chain).toString('hex')}, the ledger knows it with hash ` +
      `${Buffer.from(ledgerFrame.chain).toString('hex')}: they are not the same history. Restore the journal, or make the ` +
      'ledger again: ringbook ledger rebuild';
  }

  /** Writes the events that have waited long enough. Returns 1 when it did. */
  #flushSpool(): number {
    const { clock, counters, readerDoorbells } = this.#context;
    if (this.#flushAtUs === 0 || clock.monotonicUs() < this.#flushAtUs) return 0;
    const position = this.#spool.flush();
    this.#noteFailure();
    this.#flushAtUs = this.#failure === '' ? 0 : clock.monotonicUs() + SPOOL_RETRY_US;
    // What is on the disk of a write that failed may end in the middle of a command.
    if (this.#failure !== '') return 0;
    // The position before the sequence: every event up to the sequence that a reader sees lies below the position.
    counters.set(FollowerCounter.SPOOL_POSITION, position);
    counters.set(FollowerCounter.SPOOL_SEQUENCE, this.#engine.sequence);
    if (this.#chain !== undefined) this.#spooled = { number: this.#frame, chain: this.#chain };
    for (const doorbell of readerDoorbells) doorbell.ring();
    return 1;
  }

  /** Says each change once. */
  #noteFailure(): void {
    const { counters, onSpool } = this.#context;
    const { failure } = this.#spool;
    if (failure !== undefined) counters.add(FollowerCounter.SPOOL_FAILURES, 1);
    const text = failure === undefined ? '' : describeError(failure);
    if (text === this.#failure) return;
    this.#failure = text;
    counters.set(FollowerCounter.SPOOL_FAILING, text === '' ? 0 : 1);
    onSpool(text);
  }

  /** Removes the files that every reader has left behind. */
  #trimSpool(): void {
    const { clock, counters, spoolFloor } = this.#context;
    const nowUs = clock.monotonicUs();
    if (nowUs < this.#trimAtUs) return;
    this.#trimAtUs = nowUs + TRIM_EVERY_US;
    this.#spool.removeBefore(spoolFloor());
    counters.set(FollowerCounter.SPOOL_START, this.#spool.start);
  }

  #answerReads(): number {
    const { counters } = this.#context;
    const moved = this.#desk.doWork();
    if (moved === 0) return 0;
    counters.set(FollowerCounter.QUERIES, this.#desk.answered);
    counters.set(FollowerCounter.QUERIES_BEHIND, this.#desk.behind);
    return moved;
  }
}
