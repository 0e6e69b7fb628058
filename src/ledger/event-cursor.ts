// A place in the event spool that can be left and returned to. On the projector's thread; owns one reader of the spool.
// Reads whole records only, and lets the receiver leave one for later: then nothing behind it counts as read.

import { assert } from '../assert.ts';

/** A reader of event records; journal/spool.ts SpoolReader is one. */
export interface EventReader {
  /** Where the next record begins. */
  readonly position: number;
  skipTo(position: number): void;
  /** Hands records below `throughPosition` to `receive`, at most `limitRecords`; `false` stops it behind that record. */
  read(throughPosition: number, receive: ReceiveEvent, limitRecords: number): number;
  close(): void;
}

/** Borrows the record until return. */
export type ReceiveEvent = (
  type: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  lengthBytes: number,
) => boolean;

/** Before each record in the spool: its length and its type (WIRE.md). */
const SPOOL_HEADER_BYTES = 8;

export class EventCursor {
  readonly #open: (fromPosition: number) => EventReader;
  #reader: EventReader | undefined;
  #position = 0;
  #left = false;
  #taken = 0;
  #receive: ReceiveEvent = () => false;

  constructor(open: (fromPosition: number) => EventReader) {
    this.#open = open;
  }

  /** Byte position of the next record. */
  get position(): number {
    return this.#position;
  }

  moveTo(position: number): void {
    this.#reader?.skipTo(position);
    this.#position = position;
  }

  /** Reads up to `throughPosition`, at most `limit` records, or until `receive` says false: that record stays. How many were taken. */
  read(throughPosition: number, receive: ReceiveEvent, limit: number): number {
    if (this.#position >= throughPosition) return 0;
    this.#reader ??= this.#open(this.#position);
    this.#left = false;
    this.#taken = 0;
    this.#receive = receive;
    this.#reader.read(throughPosition, this.#take, limit);
    if (this.#left) this.#reader.skipTo(this.#position);
    assert(this.#reader.position === this.#position, 'event cursor: records lie one behind the other');
    return this.#taken;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  readonly #take: ReceiveEvent = (type, bytes, view, offset, lengthBytes) => {
    if (this.#left) return false;
    if (!this.#receive(type, bytes, view, offset, lengthBytes)) {
      this.#left = true;
      return false;
    }
    this.#position += SPOOL_HEADER_BYTES + lengthBytes;
    this.#taken++;
    return true;
  };
}
