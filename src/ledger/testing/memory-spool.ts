// For tests: an event spool in memory, with the reader, the writer and the progress that the real one has.

import type { EventReader, ReceiveEvent } from '../event-cursor.ts';

const HEADER_BYTES = 8;

export class MemorySpool {
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  /** Set by whoever applies commands, after their events. */
  lastSequence = 0;
  #end = 0;
  #claimed = 0;
  #visibleEnd = 0;
  /** How often a reader went back to the start. */
  rewinds = 0;

  sequence(): number {
    return this.lastSequence;
  }

  start(): number {
    return 0;
  }

  position(): number {
    return this.#visibleEnd;
  }

  claim(type: number, lengthBytes: number): number {
    const needed = this.#end + HEADER_BYTES + lengthBytes;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.view.setUint32(this.#end, lengthBytes, true);
    this.view.setUint32(this.#end + 4, type, true);
    this.#claimed = lengthBytes;
    return this.#end + HEADER_BYTES;
  }

  commit(): void {
    this.#end += HEADER_BYTES + this.#claimed;
  }

  /** Nothing is in it any more. */
  clear(): void {
    this.#end = 0;
    this.#visibleEnd = 0;
  }

  /** All events of commands up to `sequence` are there. */
  show(sequence: number): void {
    this.#visibleEnd = this.#end;
    this.lastSequence = sequence;
  }

  readonly open = (fromPosition: number): EventReader => {
    return new MemoryReader(this, fromPosition);
  };
}

class MemoryReader implements EventReader {
  readonly #spool: MemorySpool;
  position: number;

  constructor(spool: MemorySpool, position: number) {
    this.#spool = spool;
    this.position = position;
  }

  read(throughPosition: number, receive: ReceiveEvent, limitRecords: number): number {
    const { bytes, view } = this.#spool;
    let count = 0;
    while (count < limitRecords && this.position < throughPosition) {
      const length = view.getUint32(this.position, true);
      const type = view.getUint32(this.position + 4, true);
      const goOn = receive(type, bytes, view, this.position + HEADER_BYTES, length);
      this.position += HEADER_BYTES + length;
      count++;
      if (!goOn) break;
    }
    return count;
  }

  skipTo(position: number): void {
    if (position === 0 && this.position > 0) this.#spool.rewinds++;
    this.position = position;
  }

  close(): void {
    this.position = Number.NaN;
  }
}
