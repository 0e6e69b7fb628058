// The Postgres projector: the event spool into the ledger, exactly once, chunk by chunk. An agent of an event-loop thread.
// Owns one database connection, one cursor on the spool and one chunk, so memory is bounded whatever the database does.
// Must never wait in doWork, never skip a row, never write to the ledger of another journal, and never hold up trading.
//
//   connect -> migrate -> read checkpoint -> (fill -> commit)*        any failure: drop the connection, pause, connect
//   poison row: chunks are halved until the one command is found; then stopped there, tried again now and then
//   another journal, or a checkpoint beyond ours: refused until the next start

import type pg from 'pg';
import { assert } from '../assert.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Agent } from '../runtime/agent.ts';
import { SinkState } from '../wire/counters.ts';
import { Backoff, type BackoffLimits } from './backoff.ts';
import { type Chunk, LedgerMismatch, type LedgerPoint } from './chunk.ts';
import { ChunkFiller, type ChunkLimits, type SpoolProgress } from './chunk-filler.ts';
import { commitChunk, type LedgerIdentity, openLedger } from './chunk-transaction.ts';
import { CopyEncoder, type PublicIdWriter } from './copy-encoder.ts';
import type { EventReader } from './event-cursor.ts';
import { FailureKind, failureKind, failureText, isNotUpYet } from './failure.ts';
import { LedgerInstruments } from './ledger-instruments.ts';
import { LedgerLink, type LinkTimeouts } from './ledger-link.ts';
import type { LedgerProgress, LedgerState } from './ledger-progress.ts';
import { isMigrated, type Migration, migrate } from './migrate.ts';

export interface ProjectorLimits {
  readonly chunk: ChunkLimits;
  /** Events gather at least this long between two commits, so that light load is not one commit per command. */
  readonly gatherMs: number;
  readonly timeouts: LinkTimeouts;
  readonly migrationMs: number;
  readonly backoff: BackoffLimits;
  /** Pause between attempts at a poison row. */
  readonly poisonRetryMs: number;
  /** How long onClose may take to write what is left. */
  readonly flushMs: number;
  /** So long a server that is started together with this process may take to come up: until then its absence is no failure. */
  readonly startingMs: number;
}

export const PROJECTOR_LIMITS: ProjectorLimits = {
  chunk: { events: 20_000, bytes: 8 * 1024 * 1024 },
  gatherMs: 200,
  timeouts: { connectMs: 5_000, statementMs: 10_000 },
  migrationMs: 600_000,
  backoff: { firstMs: 100, longestMs: 5_000 },
  poisonRetryMs: 10_000,
  flushMs: 5_000,
  startingMs: 0,
};

/** Writes one chunk in one transaction; replaced only by the test that shows why it must be one. */
export type CommitChunk = (
  link: LedgerLink,
  identity: LedgerIdentity,
  chunk: Chunk,
  target: LedgerPoint,
) => Promise<void>;

export interface ProjectorOptions extends LedgerIdentity {
  readonly connection: pg.ClientConfig;
  readonly migrations: readonly Migration[];
  /** What the engine knew before the first command; the rest is in the events. */
  readonly instruments: readonly Instrument[];
  readonly ids: PublicIdWriter;
  readonly openSpool: (fromPosition: number) => EventReader;
  readonly spool: SpoolProgress;
  /** The last sequence that recovery found in the journal. A checkpoint beyond it, and beyond the spool, is not of this journal. */
  readonly recoveredSequence: () => number;
  readonly progress: LedgerProgress;
  /** Called from the event loop when asynchronous work ended: doWork has something to do. */
  readonly wake: () => void;
  /** A stopwatch. */
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly limits?: Partial<ProjectorLimits>;
  readonly commit?: CommitChunk;
}

const NOT_BEFORE_WOKEN_MS = 1_000;
/** A server that is slow with a large chunk gets smaller ones, but never so small that the projector cannot keep up. */
const COMMANDS_AFTER_TIMEOUT = 1_000;

export class Projector implements Agent {
  readonly name = 'ledger';
  readonly #options: ProjectorOptions;
  readonly #limits: ProjectorLimits;
  readonly #filler: ChunkFiller;
  readonly #backoff: Backoff;
  readonly #commitChunk: CommitChunk;
  #link: LedgerLink | undefined;
  /** The one asynchronous step in flight. Never rejects. */
  #step: Promise<void> | undefined;
  #state: LedgerState = SinkState.CONNECTING;
  #detail = '';
  #connectedBefore = false;
  #closing = false;
  #closed = false;
  /** Until then the server may be starting. */
  readonly #startingUntilMs: number;
  #retryAtMs = 0;
  #gatherUntilMs = 0;
  #fault: unknown;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#limits = { ...PROJECTOR_LIMITS, ...options.limits };
    this.#startingUntilMs = options.nowMs() + this.#limits.startingMs;
    const instruments = new LedgerInstruments(options.instruments);
    const encoder = new CopyEncoder(instruments, options.ids);
    this.#filler = new ChunkFiller(options.openSpool, options.spool, encoder, instruments, this.#limits.chunk);
    this.#backoff = new Backoff(this.#limits.backoff, options.random);
    this.#commitChunk = options.commit ?? commitChunk;
  }

  doWork(): number {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#step !== undefined || this.#state === SinkState.REFUSED) return 0;
    const nowMs = this.#options.nowMs();
    if (nowMs < this.#retryAtMs) return 0;
    const link = this.#link;
    if (link === undefined) return this.#begin(this.#connect());
    if (link.lost !== undefined) return this.#begin(Promise.reject(link.lost));
    if (!this.#filler.sealed) {
      const taken = this.#fill();
      const due = this.#filler.full || this.#closing || nowMs >= this.#gatherUntilMs;
      if (!this.#filler.pending || !due) return taken;
    }
    if (!this.#filler.seal()) return 1;
    this.#gatherUntilMs = nowMs + this.#limits.gatherMs;
    return this.#begin(this.#commit(link));
  }

  maxIdleMs(): number {
    const idle = this.#step !== undefined || this.#state === SinkState.REFUSED;
    if (idle) return NOT_BEFORE_WOKEN_MS;
    const until = Math.max(this.#retryAtMs, this.#filler.pending ? this.#gatherUntilMs : 0);
    if (until === 0) return NOT_BEFORE_WOKEN_MS;
    return Math.min(NOT_BEFORE_WOKEN_MS, Math.max(1, until - this.#options.nowMs()));
  }

  /** Finishes the chunk in flight, writes what the spool holds beyond it while time is left, disconnects. */
  async onClose(): Promise<void> {
    this.#closing = true;
    const { nowMs } = this.#options;
    const deadlineMs = nowMs() + this.#limits.flushMs;
    const late = new Alarm(this.#limits.flushMs);
    await Promise.race([late.rings, this.#step]);
    while (this.#link !== undefined && nowMs() < deadlineMs && this.doWork() > 0) {
      await Promise.race([late.rings, this.#step]);
    }
    late.off();
    this.#closed = true;
    this.#filler.close();
    await this.#link?.end(Math.max(1, deadlineMs - nowMs()));
    this.#link = undefined;
  }

  /** Runs `step` as the one in flight; what it throws decides how it goes on. */
  #begin(step: Promise<void>): 1 {
    assert(this.#step === undefined, 'projector: one step at a time');
    this.#step = step
      .catch((error: unknown) => this.#failed(error))
      .catch((fault: unknown) => {
        this.#fault = fault;
      })
      .finally(() => {
        this.#step = undefined;
        this.#options.wake();
      });
    return 1;
  }

  async #connect(): Promise<void> {
    const { connection, migrations, progress, wake } = this.#options;
    const link = await LedgerLink.connect(connection, this.#limits.timeouts, wake);
    if (this.#closed) {
      link.destroy();
      return;
    }
    this.#link = link;
    if (!(await isMigrated(link, migrations))) {
      await link.patiently(this.#limits.migrationMs, () => migrate(link, migrations));
    }
    const point = await openLedger(link, this.#options, this.#options.instruments);
    this.#refuseFuture(point);
    this.#filler.resume(point);
    progress.spoolFloor(this.#filler.floor);
    if (this.#connectedBefore) progress.reconnected();
    this.#connectedBefore = true;
    progress.checkpoint(point.sequence, point.eventTimeUs);
    // Only a commit shows that a poison row is gone.
    if (this.#state !== SinkState.POISONED) this.#enter(SinkState.UP, '');
  }

  async #commit(link: LedgerLink): Promise<void> {
    const { progress, nowMs } = this.#options;
    const { chunk, target } = this.#filler;
    const startMs = nowMs();
    await this.#commitChunk(link, this.#options, chunk, target);
    const rows = chunk.rows;
    this.#filler.next();
    progress.spoolFloor(this.#filler.floor);
    this.#backoff.reset();
    progress.chunk(rows, (nowMs() - startMs) / 1_000);
    progress.checkpoint(target.sequence, target.eventTimeUs);
    this.#enter(SinkState.UP, '');
  }

  #fill(): number {
    try {
      return this.#filler.fill();
    } catch (error) {
      if (!(error instanceof LedgerMismatch)) throw error;
      this.#failed(error);
      return 0;
    }
  }

  /** A ledger that knows commands which our journal does not have was fed by another history. */
  #refuseFuture({ sequence }: LedgerPoint): void {
    const { recoveredSequence, spool } = this.#options;
    const ours = Math.max(recoveredSequence(), spool.sequence());
    if (sequence <= ours) return;
    throw new LedgerMismatch(
      `the ledger holds commands up to sequence ${sequence}, the journal ends at ${ours}: restore the journal, or, when ` +
        'what it lacks is known to be lost, make the ledger again: ringbook ledger rebuild',
    );
  }

  #failed(error: unknown): void {
    const kind = failureKind(error);
    if (kind === FailureKind.FAULT) throw error;
    this.#link?.destroy();
    this.#link = undefined;
    if (this.#isStarting() && isNotUpYet(error)) {
      this.#pause(this.#backoff.nextMs());
      return;
    }
    const text = failureText(error);
    this.#options.progress.error(text);
    if (kind === FailureKind.REFUSED) this.#enter(SinkState.REFUSED, text);
    else if (kind === FailureKind.POISON) this.#poisoned(text);
    else {
      if (kind === FailureKind.TIMEOUT && this.#filler.pending) this.#filler.cutSmaller(COMMANDS_AFTER_TIMEOUT);
      this.#pause(this.#backoff.nextMs());
      if (this.#state !== SinkState.POISONED) this.#enter(SinkState.DOWN, text);
    }
  }

  #isStarting(): boolean {
    return this.#state === SinkState.CONNECTING && this.#options.nowMs() < this.#startingUntilMs;
  }

  /** Halves the chunk until it is one command; that one is named, and waited for. */
  #poisoned(text: string): void {
    const { chunk, pending } = this.#filler;
    if (pending && chunk.commands > 1) {
      this.#filler.cutSmaller(1);
      return;
    }
    const at =
      pending && chunk.commands === 1 ? `at sequence ${chunk.eventSequence}` : `after sequence ${chunk.base.sequence}`;
    this.#pause(this.#limits.poisonRetryMs);
    this.#enter(SinkState.POISONED, `stopped ${at}: ${text}`);
  }

  #pause(ms: number): void {
    this.#retryAtMs = this.#options.nowMs() + ms;
  }

  #enter(state: LedgerState, detail: string): void {
    if (state === this.#state && detail === this.#detail) return;
    this.#state = state;
    this.#detail = detail;
    this.#options.progress.state(state, detail);
  }
}

/** Resolves after a while, unless switched off. */
class Alarm {
  readonly rings: Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.rings = new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
    });
  }

  off(): void {
    clearTimeout(this.#timer);
  }
}
