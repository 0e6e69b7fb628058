// The order and trade events of the last commands, as they were received: what a resume replays first. One copy of each
// event, in blocks of memory; the oldest block goes when another is needed. Market data's thread; owns its memory, which is
// only touched as it is used. Positions count bytes from the first event on, for ever. Allocates: nothing.

import { assert } from '../../assert.ts';
import type { ReceiveEvent } from '../event-source.ts';

const BLOCK_BYTES = 64 * 1024;
const HEADER_BYTES = 8;
/** Length and type of an event are no part of it: read() hands on the type. */
const LENGTH = 0;
const TYPE = 4;

export class History {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #words: Int32Array;
  readonly #blocks: number;
  /** By block, at its place: bytes used, and the sequence of its first and last event. */
  readonly #used: Int32Array;
  readonly #first: Float64Array;
  readonly #last: Float64Array;
  /** Number of the block being filled, and of the oldest there is. */
  #block = 0;
  #oldest = 0;
  #floor = 0;

  /** `capacityBytes` is a multiple of 64 KiB, two blocks at least. */
  constructor(capacityBytes: number) {
    this.#blocks = capacityBytes / BLOCK_BYTES;
    assert(Number.isInteger(this.#blocks) && this.#blocks >= 2, 'a history has whole blocks');
    const memory = new ArrayBuffer(capacityBytes);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#words = new Int32Array(memory);
    this.#used = new Int32Array(this.#blocks);
    this.#first = new Float64Array(this.#blocks);
    this.#last = new Float64Array(this.#blocks);
  }

  /** Every event of a command behind this sequence is here. */
  get floor(): number {
    return this.#floor;
  }

  /** Where the next event will lie, or just before it. */
  get end(): number {
    return this.#block * BLOCK_BYTES + this.#used[this.#block % this.#blocks];
  }

  /** What happened through `sequence` is told nowhere. Before the first event. */
  openAt(sequence: number): void {
    this.#floor = Math.max(this.#floor, sequence);
  }

  /** Keeps the event at word `from` of `words`, `lengthBytes` long, a multiple of 8. */
  append(type: number, words: Int32Array, from: number, lengthBytes: number, sequence: number): void {
    const total = HEADER_BYTES + lengthBytes;
    if (this.#used[this.#block % this.#blocks] + total > BLOCK_BYTES) this.#nextBlock();
    const place = this.#block % this.#blocks;
    const used = this.#used[place];
    if (used === 0) this.#first[place] = sequence;
    this.#last[place] = sequence;
    this.#used[place] = used + total;
    const own = this.#words;
    const at = (place * BLOCK_BYTES + used) >> 2;
    own[at] = lengthBytes;
    own[at + 1] = type;
    const count = lengthBytes >> 2;
    for (let i = 0; i < count; i++) own[at + 2 + i] = words[from + i];
  }

  /** Whether the event at `position` is still here (or will be). */
  holds(position: number): boolean {
    return position >= this.#oldest * BLOCK_BYTES;
  }

  /** Position of the first event behind `sequence`, which is not below the floor. */
  seek(sequence: number): number {
    assert(sequence >= this.#floor, 'a history is sought where it is kept');
    let low = this.#oldest;
    let high = this.#block;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#first[middle % this.#blocks] <= sequence) low = middle;
      else high = middle - 1;
    }
    let position = low * BLOCK_BYTES;
    for (const end = this.end; position < end; ) {
      const at = this.#locate(position);
      if (at < 0) position = this.#blockAfter(position);
      else if (this.view.getFloat64(at + HEADER_BYTES, true) > sequence) break;
      else position += HEADER_BYTES + this.view.getUint32(at + LENGTH, true);
    }
    return position;
  }

  /**
   * Hands the event at `position` or, where a block ends, behind it to `receive`. Returns the position behind that event, or
   * `position` when there is none.
   */
  read(position: number, receive: ReceiveEvent): number {
    assert(this.holds(position), 'a history is read where it is kept');
    let from = position;
    let at = this.#locate(from);
    while (at < 0) {
      if (from >= this.end) return position;
      from = this.#blockAfter(from);
      at = this.#locate(from);
    }
    receive(this.view.getUint32(at + TYPE, true), this.bytes, this.view, at + HEADER_BYTES);
    return from + HEADER_BYTES + this.view.getUint32(at + LENGTH, true);
  }

  /** Where in memory the event at `position` lies; -1 when its block ends there. */
  #locate(position: number): number {
    const block = Math.floor(position / BLOCK_BYTES);
    if (block > this.#block) return -1;
    const inBlock = position - block * BLOCK_BYTES;
    const place = block % this.#blocks;
    return inBlock < this.#used[place] ? place * BLOCK_BYTES + inBlock : -1;
  }

  #blockAfter(position: number): number {
    return (Math.floor(position / BLOCK_BYTES) + 1) * BLOCK_BYTES;
  }

  #nextBlock(): void {
    this.#block++;
    const place = this.#block % this.#blocks;
    if (this.#block - this.#oldest === this.#blocks) {
      this.#floor = Math.max(this.#floor, this.#last[place]);
      this.#oldest++;
    }
    this.#used[place] = 0;
  }
}
