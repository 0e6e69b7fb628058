// A whole journal, from frame 1, replayed into chunks for the ledger: the engine, the events and the folding are those of the
// running process, without its threads and its spool. A tool's process; owns its engine and one chunk, so memory is that
// of the engine and of one chunk, whatever the journal's length. Reads only; never waits.

import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { Derivation } from '../follower/derivation.ts';
import { RecentOrders } from '../follower/recent-orders.ts';
import { RecentTrades } from '../follower/recent-trades.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { damageAt, JournalDamage } from '../journal/errors.ts';
import { FRAME_HEADER_BYTES, FrameHeader, isAbsentHeader, isWholeHeader, readFrameHeader } from '../journal/frame.ts';
import { FrameCursor, Verdict } from '../journal/frame-cursor.ts';
import { listFrameFiles, openFrameFile } from '../journal/journal-files.ts';
import { newReplica, type Replica } from '../journal/replica.ts';
import { latestWitness, type Witness } from '../journal/witnesses.ts';
import { Chunk, LEDGER_START, type LedgerPoint } from '../ledger/chunk.ts';
import { CopyEncoder } from '../ledger/copy-encoder.ts';
import { instrumentChangeAt } from '../ledger/instrument-rows.ts';
import { LedgerInstruments } from '../ledger/ledger-instruments.ts';
import { EVENT_SEQUENCE, EventType } from '../wire/event-codec.ts';
import type { EventSink } from '../wire/event-encoder.ts';
import { PublicIds } from '../wire/public-id.ts';

/** Where a journal begins, as its oldest segment says. */
export interface JournalBegin {
  readonly frame: number;
  readonly sequence: number;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
}

/** Undefined when there is none, or nothing in it yet. Throws JournalDamage. */
export function journalBegin(directory: string): JournalBegin | undefined {
  const [first] = listFrameFiles(directory);
  if (first === undefined) return undefined;
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const file = openFrameFile(directory, first);
  if (file === undefined) return undefined;
  file.read(bytes, bytes.length, 0);
  file.close();
  if (isAbsentHeader(view, 0)) return undefined;
  if (!isWholeHeader(bytes, view, 0)) {
    const site = { file: file.path, offsetBytes: 0, frame: first, sequence: 0 };
    throw new JournalDamage(site, 'the header checksum is wrong');
  }
  const header = new FrameHeader();
  readFrameHeader(bytes, view, 0, header);
  const { number, firstSequence, journalIdHigh, journalIdLow } = header;
  return { frame: number, sequence: firstSequence, journalIdHigh, journalIdLow };
}

/** Reads the journal to its end and verifies every frame. Throws JournalDamage. */
export function requireSoundJournal(directory: string, witnesses: readonly Witness[]): void {
  const cursor = new FrameCursor(directory);
  try {
    while (nextFrame(cursor, directory, witnesses));
  } finally {
    cursor.close();
  }
}

/** False at the end: what is not valid there is the end, unless anything shows that more was acknowledged. */
function nextFrame(cursor: FrameCursor, directory: string, witnesses: readonly Witness[]): boolean {
  const verdict = cursor.next(Number.POSITIVE_INFINITY);
  if (verdict === Verdict.VALID) return true;
  const { evidence } = cursor;
  if (verdict === Verdict.CONTRADICTORY) throw damageAt(cursor, evidence);
  const last = listFrameFiles(directory).at(-1) ?? 1;
  if (last > cursor.segmentFirstFrame) throw damageAt(cursor, `${evidence}, yet a later segment file exists`);
  const witness = latestWitness(witnesses);
  if (witness === undefined || witness.frame < cursor.nextFrame) return false;
  throw damageAt(cursor, `${evidence}, yet ${witness.name} says that frame ${witness.frame} was acknowledged`);
}

/** A chunk ends with the frame in which it reaches this. */
const EVENTS_PER_CHUNK = 20_000;
/** No record is longer. */
const RECORD_BYTES_MAX = 64 << 10;

export interface ReplayOptions {
  readonly directory: string;
  readonly begin: JournalBegin;
  /** Events of later commands are left out. */
  readonly through: number;
  /** Who knows how far the journal must go, when it is read to its end. */
  readonly witnesses: readonly Witness[];
}

export class JournalChunks {
  readonly chunk: Chunk;
  readonly #options: ReplayOptions;
  readonly #cursor: FrameCursor;
  readonly #replica: Replica;
  readonly #command = new Command();
  #point: LedgerPoint = LEDGER_START;

  constructor(options: ReplayOptions) {
    const { begin, directory, through } = options;
    this.#options = options;
    this.#cursor = new FrameCursor(directory);
    const instruments = new LedgerInstruments(DEFAULT_INSTRUMENTS);
    const ids = new PublicIds(begin.journalIdHigh, begin.journalIdLow);
    this.chunk = new Chunk(new CopyEncoder(instruments, ids), instruments);
    const sink = new ChunkSink(this.chunk, instruments, through);
    const derivation = new Derivation(sink, new RecentOrders(1), new RecentTrades(1), this.#command);
    this.#replica = newReplica(derivation);
    derivation.attach(this.#replica.engine);
  }

  /** The ledger after the chunks so far. */
  get point(): LedgerPoint {
    return this.#point;
  }

  /**
   * Replays on, into an empty chunk, once the one before was written: false when nothing is left. Throws JournalDamage,
   * OtherRules and OtherOutcome.
   */
  next(): boolean {
    const { chunk } = this;
    const { engine } = this.#replica;
    const { through } = this.#options;
    chunk.positions.keep();
    chunk.begin(this.#point);
    let frame: LedgerPoint['frame'];
    while (chunk.events < EVENTS_PER_CHUNK && engine.sequence < through && this.#nextFrame()) {
      const { number, chain } = this.#cursor.frame;
      applyFrame(this.#replica, this.#cursor.frame, this.#command);
      if (engine.sequence <= through) frame = { number, chain };
    }
    while (!chunk.encode(EVENTS_PER_CHUNK));
    const sequence = Math.min(through, engine.sequence);
    if (sequence === this.#point.sequence) return false;
    this.#point = { ...chunk.pointAt(sequence), frame };
    return true;
  }

  close(): void {
    this.#cursor.close();
  }

  #nextFrame(): boolean {
    const { directory, witnesses } = this.#options;
    return nextFrame(this.#cursor, directory, witnesses);
  }
}

/** Events go into the chunk as they are told. */
class ChunkSink implements EventSink {
  readonly bytes = new Uint8Array(RECORD_BYTES_MAX);
  readonly view = new DataView(this.bytes.buffer);
  readonly #chunk: Chunk;
  readonly #instruments: LedgerInstruments;
  readonly #through: number;
  #type = 0;
  #lengthBytes = 0;

  constructor(chunk: Chunk, instruments: LedgerInstruments, through: number) {
    this.#chunk = chunk;
    this.#instruments = instruments;
    this.#through = through;
  }

  claim(type: number, lengthBytes: number): number {
    this.#type = type;
    this.#lengthBytes = lengthBytes;
    return 0;
  }

  commit(): void {
    const { bytes, view } = this;
    if (view.getFloat64(EVENT_SEQUENCE, true) > this.#through) return;
    if (this.#type === EventType.INSTRUMENT) this.#instruments.note(instrumentChangeAt(bytes, view, 0));
    this.#chunk.add(this.#type, bytes, view, 0, this.#lengthBytes);
  }
}
