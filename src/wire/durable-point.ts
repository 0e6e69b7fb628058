// The durable point: the newest frame that is on the disk, from the matching thread to main, which writes it down as a witness
// (journal/control-writer.ts). The bytes lie in a LatestValue (shared-memory/latest-value.ts). Layout: WIRE.md, "Durable
// point". A writer and its reader own a buffer each. Must never name a frame that a power cut could still take.

const FRAME = 0;
const SEQUENCE = 8;
const EPOCH = 16;
const CLEAN = 20;
const JOURNAL_ID_HIGH = 24;
const JOURNAL_ID_LOW = 28;
const CHAIN = 32;

/** Length of the value: what its LatestValue is made for. */
export const DURABLE_POINT_BYTES = 64;

/** The journal's writing end: journal/journal-writer.ts. */
export interface JournalEnd {
  readonly durableFrame: number;
  readonly nextSequence: number;
  readonly epoch: number;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
  /** SHA-256 of the last frame, 32 bytes. */
  readonly chain: Uint8Array;
}

export interface DurablePoint {
  readonly frame: number;
  /** Last sequence in or before that frame. */
  readonly sequence: number;
  readonly epoch: number;
  /** Whether the frame is the one of an orderly stop. */
  readonly cleanShutdown: boolean;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
  /** SHA-256 of the frame. */
  readonly chain: Uint8Array;
}

/** The writing side of a LatestValue. */
interface PointSink {
  write(bytes: Uint8Array, lengthBytes: number, version: number): void;
}

/** The reading side of a LatestValue. */
interface PointBytes {
  read(into: Uint8Array): number;
}

/** Matching thread. */
export class DurablePointWriter {
  readonly #sink: PointSink;
  readonly #bytes = new Uint8Array(DURABLE_POINT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(sink: PointSink) {
    this.#sink = sink;
  }

  /** Shows the journal's last frame, which is on the disk. Allocates: nothing. */
  publish(end: JournalEnd, cleanShutdown: boolean): void {
    const view = this.#view;
    view.setFloat64(FRAME, end.durableFrame, true);
    view.setFloat64(SEQUENCE, end.nextSequence - 1, true);
    view.setUint32(EPOCH, end.epoch, true);
    view.setUint32(CLEAN, cleanShutdown ? 1 : 0, true);
    view.setUint32(JOURNAL_ID_HIGH, end.journalIdHigh, true);
    view.setUint32(JOURNAL_ID_LOW, end.journalIdLow, true);
    this.#bytes.set(end.chain, CHAIN);
    this.#sink.write(this.#bytes, DURABLE_POINT_BYTES, end.durableFrame);
  }
}

/** Main thread: the newest point; undefined before the first. Owns what it returns. */
export function readDurablePoint(source: PointBytes): DurablePoint | undefined {
  const bytes = new Uint8Array(DURABLE_POINT_BYTES);
  if (source.read(bytes) === 0) return undefined;
  const view = new DataView(bytes.buffer);
  return {
    frame: view.getFloat64(FRAME, true),
    sequence: view.getFloat64(SEQUENCE, true),
    epoch: view.getUint32(EPOCH, true),
    cleanShutdown: view.getUint32(CLEAN, true) === 1,
    journalIdHigh: view.getUint32(JOURNAL_ID_HIGH, true),
    journalIdLow: view.getUint32(JOURNAL_ID_LOW, true),
    chain: bytes.subarray(CHAIN),
  };
}
