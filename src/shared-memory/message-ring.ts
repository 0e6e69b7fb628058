// Message ring: messages of any length from one producer thread to one consumer thread, without locks.
// Both threads attach an object of their own to one buffer. The producer owns the free bytes and the messages it has staged, the
// consumer those that are published, which it lends to `receive` until that returns. Must never wait, throw when full, or know what a message means.
import { assert } from '../assert.ts';
import { assertSize, checkHeader, isPowerOfTwo, writeHeader } from './header.ts';
import {
  MESSAGE_RING_CAPACITY_WORD,
  MESSAGE_RING_CONSUMER_WORD,
  MESSAGE_RING_DATA_BYTE,
  MESSAGE_RING_MAGIC,
  MESSAGE_RING_PRODUCER_WORD,
  MESSAGE_RING_VERSION,
  PADDING_TYPE,
  RECORD_HEADER_BYTES,
  RECORD_LENGTH_WORD,
  RECORD_TYPE_WORD,
  UNIT_BYTES,
} from './layout.ts';
import { paddingUnits, type Receive, recordUnits, writePadding, writeRecordHeader } from './record.ts';

const DATA_WORD = MESSAGE_RING_DATA_BYTE / 4;

/** One side's view of the ring. One thread may play both sides with one object, as the simulator does. */
export class MessageRing {
  /** The whole buffer: payload offsets index into these two. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Longest payload, in bytes: with its header half the capacity, so that it fits an empty ring wherever the wrap lies. */
  readonly maxMessageBytes: number;

  readonly #words: Int32Array;
  readonly #capacityUnits: number;
  readonly #mask: number;
  // The producer's, positions in units of 8 bytes: its own cursor, the consumer's as last seen, and the open claim.
  #tail: number;
  #headSeen: number;
  #claimedBytes = -1;
  #claimedPadUnits = 0;
  // The consumer's: its own cursor, and the producer's as last seen.
  #head: number;
  #tailSeen: number;

  /** Bytes of buffer that a ring with this capacity needs. */
  static bytesNeeded(capacityBytes: number): number {
    assert(
      isPowerOfTwo(capacityBytes, 64),
      `message ring: capacity ${capacityBytes} is not a power of two from 64 to 2^30`,
    );
    return MESSAGE_RING_DATA_BYTE + capacityBytes;
  }

  /** Writes the header and attaches. `startCursor`, in units, lets a test begin just below the wrap of the cursors. */
  static create(buffer: SharedArrayBuffer, capacityBytes: number, startCursor = 0): MessageRing {
    const bytesNeeded = MessageRing.bytesNeeded(capacityBytes);
    assertSize(buffer, MESSAGE_RING_MAGIC, bytesNeeded);
    const words = new Int32Array(buffer);
    words[MESSAGE_RING_CAPACITY_WORD] = capacityBytes;
    words[MESSAGE_RING_PRODUCER_WORD] = startCursor;
    words[MESSAGE_RING_CONSUMER_WORD] = startCursor;
    writeHeader(buffer, MESSAGE_RING_MAGIC, MESSAGE_RING_VERSION, bytesNeeded);
    return new MessageRing(buffer);
  }

  /** Attaches to a buffer that `create` has marked; faults on any other. */
  constructor(buffer: SharedArrayBuffer) {
    checkHeader(buffer, MESSAGE_RING_MAGIC, MESSAGE_RING_VERSION);
    this.#words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    const capacityBytes = this.#words[MESSAGE_RING_CAPACITY_WORD] ?? 0;
    assertSize(buffer, MESSAGE_RING_MAGIC, MessageRing.bytesNeeded(capacityBytes));
    this.maxMessageBytes = capacityBytes / 2 - RECORD_HEADER_BYTES;
    this.#capacityUnits = capacityBytes / UNIT_BYTES;
    this.#mask = this.#capacityUnits - 1;
    this.#tail = Atomics.load(this.#words, MESSAGE_RING_PRODUCER_WORD);
    this.#head = Atomics.load(this.#words, MESSAGE_RING_CONSUMER_WORD);
    this.#tailSeen = this.#tail;
    this.#headSeen = this.#head;
  }

  /**
   * Producer: room for a message of at most `lengthBytes`; the byte offset of its payload, or -1 when there is no room now.
   * `type` is 0 or more. A claim that is not committed is handed out again by the next claim. Allocates: nothing.
   */
  claim(type: number, lengthBytes: number): number {
    assert(type >= 0, 'message ring: types below 0 are reserved');
    assert(
      lengthBytes >= 0 && lengthBytes <= this.maxMessageBytes,
      'message ring: message longer than maxMessageBytes',
    );
    const units = recordUnits(lengthBytes);
    const tail = this.#tail;
    const padUnits = paddingUnits(tail, units, this.#capacityUnits);
    const takenWith = padUnits + units - this.#capacityUnits;
    if (((tail - this.#headSeen) | 0) + takenWith > 0) {
      this.#headSeen = Atomics.load(this.#words, MESSAGE_RING_CONSUMER_WORD); // pairs with the store in read()
      if (((tail - this.#headSeen) | 0) + takenWith > 0) return -1;
    }
    if (padUnits > 0) writePadding(this.#words, DATA_WORD + (tail & this.#mask) * 2, padUnits);
    const at = (tail + padUnits) & this.#mask;
    writeRecordHeader(this.#words, DATA_WORD + at * 2, lengthBytes, type);
    this.#claimedBytes = lengthBytes;
    this.#claimedPadUnits = padUnits;
    return MESSAGE_RING_DATA_BYTE + at * UNIT_BYTES + RECORD_HEADER_BYTES;
  }

  /** Producer: hands the claimed message over at once, cut to `lengthBytes`, with all that are staged. Allocates: nothing. */
  commit(lengthBytes = this.#claimedBytes): void {
    this.stage(lengthBytes);
    this.publish();
  }

  /** Producer: ends the claimed message, cut to `lengthBytes` when less was written; publish() shows it. Allocates: nothing. */
  stage(lengthBytes = this.#claimedBytes): void {
    assert(this.#claimedBytes >= 0, 'message ring: commit without a claim');
    assert(lengthBytes >= 0 && lengthBytes <= this.#claimedBytes, 'message ring: commit of more than was claimed');
    const at = this.#tail + this.#claimedPadUnits;
    this.#words[DATA_WORD + (at & this.#mask) * 2 + RECORD_LENGTH_WORD] = lengthBytes;
    this.#claimedBytes = -1;
    this.#tail = (at + recordUnits(lengthBytes)) | 0;
  }

  /** Producer: hands all staged messages to the consumer, at once. Allocates: nothing. */
  publish(): void {
    Atomics.store(this.#words, MESSAGE_RING_PRODUCER_WORD, this.#tail); // pairs with the load in read()
  }

  /**
   * Consumer: hands at most `limit` messages to `receive`, which borrows the payload until it returns; its space is released
   * then. Returns how many. When `receive` throws, its message stays unread. Allocates: nothing.
   */
  read(receive: Receive, limit: number): number {
    const words = this.#words;
    let count = 0;
    while (count < limit) {
      if (this.#head === this.#tailSeen) {
        this.#tailSeen = Atomics.load(words, MESSAGE_RING_PRODUCER_WORD); // pairs with the store in publish()
        if (this.#head === this.#tailSeen) break;
      }
      let at = this.#head & this.#mask;
      let skippedUnits = 0;
      if (words[DATA_WORD + at * 2 + RECORD_TYPE_WORD] === PADDING_TYPE) {
        skippedUnits = this.#capacityUnits - at; // the record behind a padding was published together with it
        at = 0;
      }
      const lengthBytes = words[DATA_WORD + at * 2 + RECORD_LENGTH_WORD] ?? -1;
      const type = words[DATA_WORD + at * 2 + RECORD_TYPE_WORD] ?? -1;
      assert(
        type >= 0 && lengthBytes >= 0 && lengthBytes <= this.maxMessageBytes,
        'message ring: corrupt record header',
      );
      receive(type, MESSAGE_RING_DATA_BYTE + at * UNIT_BYTES + RECORD_HEADER_BYTES, lengthBytes);
      this.#head = (this.#head + skippedUnits + recordUnits(lengthBytes)) | 0;
      Atomics.store(words, MESSAGE_RING_CONSUMER_WORD, this.#head); // pairs with the load in claim()
      count++;
    }
    return count;
  }

  /** Any thread, for metrics: bytes published and not released, headers and padding included, as of some recent moment. Allocates: nothing. */
  used(): number {
    const head = Atomics.load(this.#words, MESSAGE_RING_CONSUMER_WORD); // pairs with the store in read()
    const tail = Atomics.load(this.#words, MESSAGE_RING_PRODUCER_WORD); // pairs with the store in publish()
    return Math.min((tail - head) | 0, this.#capacityUnits) * UNIT_BYTES; // both may have moved on between the two loads
  }
}
