// Reads the event spool into the next chunk: skips what the database has, folds what follows, ends on whole commands.
// On the projector's thread; owns the cursor and the one chunk. Knows nothing of connections. Must never pass over an
// event that neither the chunk nor the database's checkpoint accounts for.

import { EVENT_BODY, EVENT_SEQUENCE, EVENT_TIME_US, EventType, OPENING_TRADE_NUMBER } from '../wire/event-codec.ts';
import { TRADE_NUMBER } from '../wire/trade-codec.ts';
import { Chunk, type JournalFrame, LEDGER_START, LedgerMismatch, type LedgerPoint } from './chunk.ts';
import type { CopyEncoder } from './copy-encoder.ts';
import { EventCursor, type EventReader, type ReceiveEvent } from './event-cursor.ts';
import { type InstrumentChange, instrumentChangeAt } from './instrument-rows.ts';
import type { LedgerInstruments } from './ledger-instruments.ts';

/** How far the follower has come. Call sequence() BEFORE position(): then every event up to it lies below the position. */
export interface SpoolProgress {
  sequence(): number;
  /** End of the spool in bytes; always between two commands. */
  position(): number;
  /** Where it begins: more than 0 once files that nobody needed were removed. */
  start(): number;
  /** The journal's frame that ends with sequence(), when that is known. */
  frame?(): JournalFrame | undefined;
  /** What the journal says against the checkpoint, known when sequence() has come to it; '' for nothing. */
  problem?(): string;
}

export interface ChunkLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Records one fill() reads at most, and orders one seal() encodes: a few milliseconds of the thread. */
const RECORDS_PER_TURN = 2_048;

export class ChunkFiller {
  readonly chunk: Chunk;
  readonly #cursor: EventCursor;
  readonly #spool: SpoolProgress;
  readonly #instruments: LedgerInstruments;
  readonly #limits: ChunkLimits;
  #commandLimit = Number.POSITIVE_INFINITY;
  #commandLimitThrough = 0;
  /** Where the chunk's events begin. */
  #startPosition = 0;
  /** What the chunk covers, once that can be said; 0 before. */
  #through = 0;
  /** The frame that ends where the chunk does. */
  #frame: JournalFrame | undefined;
  #full = false;
  /** It is being encoded, or written: nothing is added any more. */
  #sealed = false;
  /** While skipping: what the events before the checkpoint say. */
  #skipping = false;
  readonly #skipped = { ...LEDGER_START };
  /** No event before the checkpoint was seen, only where the spool begins: it tells the last trade and no more. */
  #sawOpeningOnly = false;
  /** Sequence behind which the spool begins. */
  #openedAt = 0;

  constructor(
    openSpool: (fromPosition: number) => EventReader,
    spool: SpoolProgress,
    encoder: CopyEncoder,
    instruments: LedgerInstruments,
    limits: ChunkLimits,
  ) {
    this.chunk = new Chunk(encoder, instruments);
    this.#cursor = new EventCursor(openSpool);
    this.#spool = spool;
    this.#instruments = instruments;
    this.#limits = limits;
  }

  /** No further event fits. */
  get full(): boolean {
    return this.#full;
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  /** The chunk moves the checkpoint: by rows, or past commands that left none. */
  get pending(): boolean {
    return !this.#skipping && this.#through > this.chunk.base.sequence;
  }

  /** The ledger after this chunk. Only while pending. */
  get target(): LedgerPoint {
    return { ...this.chunk.pointAt(this.#through), frame: this.#frame };
  }

  /**
   * Goes on from where the database says it is: the start of the chunk, its end, or anywhere else. Throws LedgerMismatch when the
   * spool does not go back that far.
   */
  resume(at: LedgerPoint): void {
    this.chunk.positions.forget();
    if (!this.#skipping && samePoint(at, this.chunk.base)) return; // not committed: the same chunk again
    if (this.pending && samePoint(at, this.target)) this.#next(this.target);
    else this.#skipTo(at);
  }

  /** The chunk is committed: begins the one that follows. */
  next(): void {
    const { target } = this;
    this.chunk.positions.keep();
    this.#next(target);
  }

  #next(target: LedgerPoint): void {
    if (target.sequence >= this.#commandLimitThrough) this.#commandLimit = Number.POSITIVE_INFINITY;
    this.#begin(target);
  }

  /**
   * Drops the chunk and will make chunks of half its commands, but not less than `least`, until past it: to find the one
   * command that fails, or to ask less at once.
   */
  cutSmaller(least: number): void {
    this.#commandLimit = Math.max(least, Math.ceil(this.chunk.commands / 2));
    this.#commandLimitThrough = Math.max(this.#commandLimitThrough, this.#through);
    this.#cursor.moveTo(this.#startPosition);
    this.#begin(this.chunk.base);
  }

  /** Nothing before this position of the spool is read again, unless the database turns out to be elsewhere. */
  get floor(): number {
    return this.#startPosition;
  }

  /** Reads some of what the spool has; how many records. Throws LedgerMismatch when the checkpoint is not of this journal. */
  fill(): number {
    if (this.#full || this.#sealed) return 0;
    const sequence = this.#spool.sequence();
    const position = this.#spool.position();
    const frame = this.#spool.frame?.();
    const taken = this.#cursor.read(position, this.#take, RECORDS_PER_TURN);
    if (!this.#full && this.#cursor.position === position) this.#drained(sequence, frame);
    return taken;
  }

  /** Ends the chunk, which must be pending. True when its rows are ready, false when there is more to encode. */
  seal(): boolean {
    this.#sealed = true;
    return this.chunk.encode(RECORDS_PER_TURN);
  }

  close(): void {
    this.#cursor.close();
  }

  #skipTo(at: LedgerPoint): void {
    if (this.#spool.start() > 0) {
      throw new LedgerMismatch(
        `the ledger is back at sequence ${at.sequence}, and the events behind it are no longer in the spool: restart to ` +
          'rebuild them from the journal',
      );
    }
    this.#cursor.moveTo(0);
    this.#begin(at);
    this.#skipping = true;
    Object.assign(this.#skipped, LEDGER_START);
    this.#sawOpeningOnly = false;
  }

  /** All events up to `sequence` have been seen. */
  #drained(sequence: number, frame: JournalFrame | undefined): void {
    const { chunk } = this;
    if (this.#skipping && sequence >= chunk.base.sequence) this.#endSkipping();
    // Short of the checkpoint the spool is still being rebuilt: wait.
    if (this.#skipping) return;
    this.#through = Math.max(sequence, chunk.eventSequence, chunk.base.sequence);
    this.#frame = this.#through === sequence ? frame : undefined;
  }

  #begin(base: LedgerPoint): void {
    this.chunk.begin(base);
    this.#startPosition = this.#cursor.position;
    this.#through = 0;
    this.#frame = undefined;
    this.#full = false;
    this.#sealed = false;
  }

  readonly #take: ReceiveEvent = (type, bytes, view, offset, lengthBytes) => {
    const { chunk } = this;
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    if (type === EventType.OPENING) this.#open(sequence, view, offset);
    // Whether or not the database has it: later events are counted in its scales.
    if (type === EventType.INSTRUMENT) this.#noteInstrument(instrumentChangeAt(bytes, view, offset));
    if (this.#skipping) {
      if (sequence <= chunk.base.sequence) {
        if (sequence > this.#openedAt) this.#skip(type, sequence, view, offset);
        return true;
      }
      this.#endSkipping();
    }
    if (sequence !== chunk.eventSequence && this.#reached()) {
      this.#full = true;
      this.#through = sequence - 1; // the commands in between left no events
      return false;
    }
    if (chunk.events === 0) this.#startPosition = this.#cursor.position;
    chunk.add(type, bytes, view, offset, lengthBytes);
    this.#through = 0; // this command may go on
    this.#frame = undefined;
    return true;
  };

  #reached(): boolean {
    const { chunk } = this;
    return (
      chunk.events >= this.#limits.events ||
      chunk.bytes >= this.#limits.bytes ||
      (chunk.events > 0 && chunk.commands >= this.#commandLimit)
    );
  }

  /** The spool begins behind `sequence`. */
  #open(sequence: number, view: DataView, offset: number): void {
    if (sequence > this.chunk.base.sequence) {
      throw new LedgerMismatch(
        `the ledger ends at sequence ${this.chunk.base.sequence}, and the events since begin behind ${sequence}: ` +
          'start again with Postgres up, so that they begin where the ledger ends',
      );
    }
    this.#openedAt = sequence;
    this.#sawOpeningOnly = true;
    this.#skipped.tradeNumber = view.getFloat64(offset + EVENT_BODY + OPENING_TRADE_NUMBER, true);
  }

  /** One that the spool opens with was there before every order that is told of later: those that met no instrument are gone. */
  #noteInstrument(change: InstrumentChange): void {
    const wasThere = change.sequence <= this.#openedAt;
    this.#instruments.note(wasThere ? { ...change, sequence: 0 } : change);
  }

  #skip(type: number, sequence: number, view: DataView, offset: number): void {
    const skipped = this.#skipped;
    this.#sawOpeningOnly = false;
    skipped.eventSequence = sequence;
    skipped.eventTimeUs = view.getFloat64(offset + EVENT_TIME_US, true);
    if (type === EventType.TRADE) skipped.tradeNumber = view.getFloat64(offset + EVENT_BODY + TRADE_NUMBER, true);
  }

  /** The last skipped event must be the one the checkpoint names: batch times differ between two histories. */
  #endSkipping(): void {
    const { base } = this.chunk;
    const problem = this.#spool.problem?.() ?? '';
    if (problem !== '') throw new LedgerMismatch(problem);
    const { eventSequence, eventTimeUs, tradeNumber } = this.#skipped;
    const sameEvent = eventSequence === base.eventSequence && eventTimeUs === base.eventTimeUs;
    if (tradeNumber !== base.tradeNumber || !(sameEvent || this.#sawOpeningOnly)) {
      throw new LedgerMismatch(
        `up to sequence ${base.sequence} the ledger ends with trade ${base.tradeNumber} and the event of sequence ` +
          `${base.eventSequence} at ${base.eventTimeUs} us, the journal with trade ${tradeNumber} and the event of ` +
          `sequence ${eventSequence} at ${eventTimeUs} us: they are not the same history`,
      );
    }
    this.#skipping = false;
    this.#startPosition = this.#cursor.position;
  }
}

function samePoint(a: LedgerPoint, b: LedgerPoint): boolean {
  return (
    a.sequence === b.sequence &&
    a.eventSequence === b.eventSequence &&
    a.eventTimeUs === b.eventTimeUs &&
    a.tradeNumber === b.tradeNumber
  );
}
