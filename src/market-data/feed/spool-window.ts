// What of the event spool is kept for resumes: the last bytes of it, with samples of positions to begin reading at. Market
// data's thread; owns a reader of its own, which all resumes share, turn by turn. Never reads what is not published.

import type { ReceiveRecord, SpoolReader } from '../../journal/spool.ts';
import { EVENT_SEQUENCE, EventType } from '../../wire/event-codec.ts';

/** From one sample to the next: a resume reads at most about so much before the first event that it wants. */
const SAMPLE_BYTES = 256 * 1024;

export class SpoolWindow {
  readonly #reader: SpoolReader;
  readonly #windowBytes: number;
  /** Starts of records, ascending; the first is that of the spool until it is left behind. */
  readonly #samples = [0];
  #seen = 0;
  #seenType = 0;

  /** `windowBytes` 0: nothing is kept. */
  constructor(reader: SpoolReader, windowBytes: number) {
    this.#reader = reader;
    this.#windowBytes = windowBytes;
  }

  /** `position` is the start of a record, or will be; market data needs nothing before it any more. */
  reached(position: number): void {
    const samples = this.#samples;
    if (position - samples[samples.length - 1] >= SAMPLE_BYTES) samples.push(position);
    while (samples.length > 1 && position - samples[0] > this.#windowBytes) samples.shift();
  }

  /** Nothing before this position is needed for a resume. */
  get floor(): number {
    return this.#samples[0];
  }

  /**
   * Where to begin so that no event behind `sequence` is missed: the start of a record; -1 when that is not kept. Readable is
   * what lies below `published`. Reads some records from the disk.
   */
  find(sequence: number, published: number): number {
    const samples = this.#samples;
    let low = -1; // the spool may open behind it
    let high = samples.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#sequenceAt(samples[middle], published) <= sequence) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? -1 : samples[low];
  }

  /** SpoolReader.read from `position` on; returns the position behind what was read. */
  read(position: number, published: number, receive: ReceiveRecord, limit: number): number {
    this.#reader.skipTo(position);
    this.#reader.read(published, receive, limit);
    return this.#reader.position;
  }

  close(): void {
    this.#reader.close();
  }

  /** No event before `position` is of a later command than this. */
  #sequenceAt(position: number, published: number): number {
    this.#seen = Number.POSITIVE_INFINITY;
    this.read(position, published, this.#look, 1);
    const beginsWithFirstCommand = position === 0 && this.#seenType !== EventType.OPENING;
    return beginsWithFirstCommand ? 0 : this.#seen;
  }

  readonly #look: ReceiveRecord = (type, _bytes, view, offset) => {
    this.#seenType = type;
    this.#seen = view.getFloat64(offset + EVENT_SEQUENCE, true);
  };
}
