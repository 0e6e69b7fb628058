// Broadcast ring: records of any length from one writer thread to any number of reader threads; the oldest are overwritten.
// The writer owns the buffer and never waits for, or knows of, a reader. A reader owns its position and a private copy of one
// record. Must never hand out bytes that were overwritten while they were copied: a reader that is overtaken is told so.
//
//            head                          tail            next
//   ----------+-----------------------------+---------------+-------------   positions grow to the right, for ever
//   overwritten  kept: readers may read it     committed,      free: claimed next, moving head before any byte is written
//                                              not published
//
// Before the writer touches the bytes of an old record it moves `head` beyond it. A reader copies first and looks at `head`
// afterwards: if its record is still at or beyond head, no byte of the copy was touched. Both sides need the order of those two
// steps to be real on the processor: see fence.ts.
import { assert } from '../assert.ts';
import { fence } from './fence.ts';
import { assertSize, checkHeader, isPowerOfTwo, writeHeader } from './header.ts';
import {
  BROADCAST_RING_CAPACITY_WORD,
  BROADCAST_RING_DATA_BYTE,
  BROADCAST_RING_HEAD_WORD,
  BROADCAST_RING_LAPS_WORD,
  BROADCAST_RING_MAGIC,
  BROADCAST_RING_TAIL_WORD,
  BROADCAST_RING_VERSION,
  PADDING_TYPE,
  RECORD_HEADER_BYTES,
  RECORD_LENGTH_WORD,
  RECORD_TYPE_WORD,
  UNIT_BYTES,
} from './layout.ts';
import { paddingUnits, type Receive, recordUnits, writePadding, writeRecordHeader } from './record.ts';

const DATA_WORD = BROADCAST_RING_DATA_BYTE / 4;
const HEADER_WORDS = RECORD_HEADER_BYTES / 4;

/** What poll() returns when the writer has overtaken the reader: seek, and fetch what was missed from elsewhere. */
export const LAPPED = -1;

/** Bytes of buffer that a ring with this capacity needs. */
export function broadcastBytesNeeded(capacityBytes: number): number {
  const good = isPowerOfTwo(capacityBytes, 64);
  assert(good, `broadcast ring: capacity ${capacityBytes} is not a power of two from 64 to 2^30`);
  return BROADCAST_RING_DATA_BYTE + capacityBytes;
}

/** Longest payload, in bytes: with its header a quarter of the capacity. */
function broadcastMaxMessageBytes(capacityBytes: number): number {
  return capacityBytes / 4 - RECORD_HEADER_BYTES;
}

/** Writes the header. `startPosition`, in units of 8 bytes, lets a test begin just below the wrap of the positions. */
export function createBroadcastRing(buffer: SharedArrayBuffer, capacityBytes: number, startPosition = 0): void {
  const bytesNeeded = broadcastBytesNeeded(capacityBytes);
  assertSize(buffer, BROADCAST_RING_MAGIC, bytesNeeded);
  const words = new Int32Array(buffer);
  words[BROADCAST_RING_CAPACITY_WORD] = capacityBytes;
  words[BROADCAST_RING_HEAD_WORD] = startPosition;
  words[BROADCAST_RING_TAIL_WORD] = startPosition;
  words[BROADCAST_RING_LAPS_WORD] = startPosition >>> lapShift(capacityBytes);
  writeHeader(buffer, BROADCAST_RING_MAGIC, BROADCAST_RING_VERSION, bytesNeeded);
}

/** Capacity in bytes, checked. Faults unless createBroadcastRing has marked `buffer`. */
function attach(buffer: SharedArrayBuffer): number {
  checkHeader(buffer, BROADCAST_RING_MAGIC, BROADCAST_RING_VERSION);
  const capacityBytes = new Int32Array(buffer)[BROADCAST_RING_CAPACITY_WORD] ?? 0;
  assertSize(buffer, BROADCAST_RING_MAGIC, broadcastBytesNeeded(capacityBytes));
  return capacityBytes;
}

/** `position >>> lapShift` are the low bits of the lap that a position lies in. */
function lapShift(capacityBytes: number): number {
  return 31 - Math.clz32(capacityBytes / UNIT_BYTES);
}

/** The writing side; there is one. */
export class BroadcastWriter {
  /** The whole buffer: payload offsets index into these two. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Longest payload, in bytes. */
  readonly maxMessageBytes: number;

  readonly #words: Int32Array;
  readonly #capacityUnits: number;
  readonly #mask: number;
  #head: number;
  #laps: number;
  #next: number;
  #published: number;
  #claimedUnits = 0;

  /** Attaches to a buffer that createBroadcastRing has marked; faults on any other. */
  constructor(buffer: SharedArrayBuffer) {
    const capacityBytes = attach(buffer);
    this.#words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.maxMessageBytes = broadcastMaxMessageBytes(capacityBytes);
    this.#capacityUnits = capacityBytes / UNIT_BYTES;
    this.#mask = this.#capacityUnits - 1;
    this.#head = Atomics.load(this.#words, BROADCAST_RING_HEAD_WORD);
    this.#laps = Atomics.load(this.#words, BROADCAST_RING_LAPS_WORD);
    this.#next = Atomics.load(this.#words, BROADCAST_RING_TAIL_WORD);
    this.#published = this.#next;
  }

  /**
   * Room for one record of exactly `lengthBytes`: the byte offset of its payload. There is always room: the oldest records go.
   * `type` is 0 or more. A claim that is not committed is handed out again by the next claim. Allocates: nothing.
   */
  claim(type: number, lengthBytes: number): number {
    assert(type >= 0, 'broadcast ring: types below 0 are reserved');
    assert(
      lengthBytes >= 0 && lengthBytes <= this.maxMessageBytes,
      'broadcast ring: record longer than maxMessageBytes',
    );
    const units = recordUnits(lengthBytes);
    const next = this.#next;
    const padUnits = paddingUnits(next, units, this.#capacityUnits);
    this.#giveUp((next + padUnits + units - this.#capacityUnits) | 0);
    if (padUnits > 0) writePadding(this.#words, DATA_WORD + (next & this.#mask) * 2, padUnits);
    const at = (next + padUnits) & this.#mask;
    writeRecordHeader(this.#words, DATA_WORD + at * 2, lengthBytes, type);
    this.#claimedUnits = padUnits + units;
    return BROADCAST_RING_DATA_BYTE + at * UNIT_BYTES + RECORD_HEADER_BYTES;
  }

  /** Keeps the claimed record for the next publish(). Allocates: nothing. */
  commit(): void {
    assert(this.#claimedUnits > 0, 'broadcast ring: commit without a claim');
    const untilWrap = this.#capacityUnits - (this.#next & this.#mask);
    if (this.#claimedUnits >= untilWrap) {
      this.#laps = (this.#laps + 1) | 0;
      Atomics.store(this.#words, BROADCAST_RING_LAPS_WORD, this.#laps); // pairs with the load in BroadcastReader.poll()
    }
    this.#next = (this.#next + this.#claimedUnits) | 0;
    this.#claimedUnits = 0;
  }

  /** Shows readers all that was committed, at once. Allocates: nothing. */
  publish(): void {
    if (this.#published === this.#next) return;
    this.#published = this.#next;
    Atomics.store(this.#words, BROADCAST_RING_TAIL_WORD, this.#next); // pairs with the load in BroadcastReader.poll()
  }

  /** Moves head to the first record at or beyond `position`, before the bytes below are overwritten. Allocates: nothing. */
  #giveUp(position: number): void {
    if (((this.#head - position) | 0) >= 0) return;
    let head = this.#head;
    while (((head - position) | 0) < 0) {
      const lengthBytes = this.#words[DATA_WORD + (head & this.#mask) * 2 + RECORD_LENGTH_WORD] ?? 0;
      head = (head + recordUnits(lengthBytes)) | 0;
    }
    this.#head = head;
    Atomics.store(this.#words, BROADCAST_RING_HEAD_WORD, head); // pairs with the load in BroadcastReader.overwritten()
    Atomics.load(this.#words, BROADCAST_RING_HEAD_WORD); // a store, then a load: nothing written below is seen before it
  }
}

/** One reader; there may be any number, each at its own position. */
export class BroadcastReader {
  /** The private copy of one record: offsets handed to `receive` index into these two. */
  readonly bytes: Uint8Array;
  readonly view: DataView;

  readonly #shared: Int32Array;
  readonly #copy: Int32Array;
  readonly #maxMessageBytes: number;
  readonly #capacityUnits: number;
  readonly #mask: number;
  readonly #lapShift: number;
  #position = 0;
  #lap = 0;

  /** Starts at the oldest record still kept when `fromOldest`, else behind the newest. Faults on a buffer not marked as such a ring. */
  constructor(buffer: SharedArrayBuffer, fromOldest = false) {
    const capacityBytes = attach(buffer);
    this.#shared = new Int32Array(buffer);
    this.#maxMessageBytes = broadcastMaxMessageBytes(capacityBytes);
    const copy = new ArrayBuffer(capacityBytes / 4);
    this.#copy = new Int32Array(copy);
    this.bytes = new Uint8Array(copy);
    this.view = new DataView(copy);
    this.#capacityUnits = capacityBytes / UNIT_BYTES;
    this.#mask = this.#capacityUnits - 1;
    this.#lapShift = lapShift(capacityBytes);
    if (fromOldest) this.seekOldest();
    else this.seekNewest();
  }

  /**
   * Goes to the oldest published record still kept. When what is committed but not published has overwritten them all, head is
   * beyond tail and what lies between will be published but is gone: the reader goes to tail, where poll() delivers nothing and
   * then says LAPPED. At head it would pass by those records unknowing. The writer may overtake it again at once. Allocates: nothing.
   */
  seekOldest(): void {
    const head = Atomics.load(this.#shared, BROADCAST_RING_HEAD_WORD); // pairs with the store in BroadcastWriter.claim()
    const tail = Atomics.load(this.#shared, BROADCAST_RING_TAIL_WORD); // pairs with the store in BroadcastWriter.publish()
    this.#seek(((head - tail) | 0) > 0 ? tail : head);
  }

  /** Goes behind the newest published record. Allocates: nothing. */
  seekNewest(): void {
    this.#seek(Atomics.load(this.#shared, BROADCAST_RING_TAIL_WORD)); // pairs with the store in BroadcastWriter.publish()
  }

  /**
   * Copies at most `limit` records out, one by one, and hands each to `receive`, which borrows the copy until it returns.
   * Returns how many, or LAPPED when the next record is gone: then nothing was delivered, and nothing will be before a seek.
   * A record for which `receive` throws counts as delivered. Allocates: nothing.
   */
  poll(receive: Receive, limit: number): number {
    const shared = this.#shared;
    const tail = Atomics.load(shared, BROADCAST_RING_TAIL_WORD); // pairs with the store in BroadcastWriter.publish()
    const laps = Atomics.load(shared, BROADCAST_RING_LAPS_WORD); // pairs with the store in BroadcastWriter.commit()
    if ((laps - this.#lap) >>> 0 > 1) return LAPPED;
    let count = 0;
    while (count < limit && ((tail - this.#position) | 0) > 0) {
      const at = this.#position & this.#mask;
      const word = DATA_WORD + at * 2;
      // Nothing of the record is to be believed before overwritten() says that it was whole when it was copied.
      const lengthBytes = shared[word + RECORD_LENGTH_WORD] ?? -1;
      const type = shared[word + RECORD_TYPE_WORD] ?? -1;
      const units = recordUnits(lengthBytes);
      const padding = type === PADDING_TYPE;
      const plausible = lengthBytes >= 0 && at + units <= this.#capacityUnits;
      const wanted = plausible && !padding && lengthBytes <= this.#maxMessageBytes;
      if (wanted) this.copyOut(shared, word + HEADER_WORDS, this.#copy, (units - 1) * 2);
      if (this.overwritten(shared, this.#position)) return count > 0 ? count : LAPPED;
      assert(wanted || (plausible && padding), 'broadcast ring: corrupt record header');
      if (at + units === this.#capacityUnits) this.#lap = (this.#lap + 1) | 0;
      this.#position = (this.#position + units) | 0;
      if (padding) continue;
      receive(type, 0, lengthBytes);
      count++;
    }
    return count;
  }

  /** Copies `count` words. Apart, so that a test can let the writer in between. Allocates: nothing. */
  protected copyOut(shared: Int32Array, from: number, copy: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) copy[i] = shared[from + i] ?? 0;
  }

  /** Whether the writer may have touched the record at `position` before now. Apart, so that a test can leave it out. Allocates: nothing. */
  protected overwritten(shared: Int32Array, position: number): boolean {
    fence(); // the copy is complete before head is looked at
    const head = Atomics.load(shared, BROADCAST_RING_HEAD_WORD); // pairs with the store in BroadcastWriter.claim()
    return ((position - head) | 0) < 0;
  }

  #seek(position: number): void {
    this.#position = position;
    const laps = Atomics.load(this.#shared, BROADCAST_RING_LAPS_WORD); // pairs with the store in BroadcastWriter.commit()
    const behind = (laps - (position >>> this.#lapShift)) & (2 ** (32 - this.#lapShift) - 1);
    this.#lap = (laps - behind) | 0;
  }
}
