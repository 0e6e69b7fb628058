// Command ring: fixed slots from one producer thread to one consumer thread, without locks.
// Both threads attach an object of their own to one buffer. The producer owns the slots it has not committed, the consumer those
// committed and not released. Must never wait, throw when full, or know what a slot means.
import { assert } from '../assert.ts';
import { assertSize, checkHeader, isPowerOfTwo, writeHeader } from './header.ts';
import {
  COMMAND_RING_CONSUMER_WORD,
  COMMAND_RING_DATA_BYTE,
  COMMAND_RING_MAGIC,
  COMMAND_RING_PRODUCER_WORD,
  COMMAND_RING_SLOT_BYTES_WORD,
  COMMAND_RING_SLOTS_WORD,
  COMMAND_RING_VERSION,
} from './layout.ts';

/** One side's view of the ring. One thread may play both sides with one object, as the simulator does. */
export class CommandRing {
  /** Slots in the ring, a power of two. */
  readonly slots: number;
  /** Bytes of a slot, a multiple of 8. */
  readonly slotBytes: number;
  /** The whole buffer: the offsets that claim() and slotAt() return index into these two. */
  readonly bytes: Uint8Array;
  readonly view: DataView;

  readonly #words: Int32Array;
  readonly #mask: number;
  // The producer's: its own cursor, and the consumer's as last seen.
  #tail: number;
  #headSeen: number;
  #claimed = false;
  // The consumer's: its own cursor, and the producer's as last seen.
  #head: number;
  #tailSeen: number;

  /** Bytes of buffer that a ring of these sizes needs. */
  static bytesNeeded(slots: number, slotBytes: number): number {
    assert(isPowerOfTwo(slots, 2), `command ring: ${slots} slots is not a power of two from 2 to 2^30`);
    assert(slotBytes > 0 && slotBytes % 8 === 0, `command ring: ${slotBytes} bytes a slot is not a multiple of 8`);
    return COMMAND_RING_DATA_BYTE + slots * slotBytes;
  }

  /** Writes the header and attaches. `startCursor` lets a test begin just below the wrap of the cursors. */
  static create(buffer: SharedArrayBuffer, slots: number, slotBytes: number, startCursor = 0): CommandRing {
    const bytesNeeded = CommandRing.bytesNeeded(slots, slotBytes);
    assertSize(buffer, COMMAND_RING_MAGIC, bytesNeeded);
    const words = new Int32Array(buffer);
    words[COMMAND_RING_SLOTS_WORD] = slots;
    words[COMMAND_RING_SLOT_BYTES_WORD] = slotBytes;
    words[COMMAND_RING_PRODUCER_WORD] = startCursor;
    words[COMMAND_RING_CONSUMER_WORD] = startCursor;
    writeHeader(buffer, COMMAND_RING_MAGIC, COMMAND_RING_VERSION, bytesNeeded);
    return new CommandRing(buffer);
  }

  /** Attaches to a buffer that `create` has marked; faults on any other. */
  constructor(buffer: SharedArrayBuffer) {
    checkHeader(buffer, COMMAND_RING_MAGIC, COMMAND_RING_VERSION);
    this.#words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.slots = this.#words[COMMAND_RING_SLOTS_WORD] ?? 0;
    this.slotBytes = this.#words[COMMAND_RING_SLOT_BYTES_WORD] ?? 0;
    assertSize(buffer, COMMAND_RING_MAGIC, CommandRing.bytesNeeded(this.slots, this.slotBytes));
    this.#mask = this.slots - 1;
    this.#tail = Atomics.load(this.#words, COMMAND_RING_PRODUCER_WORD);
    this.#head = Atomics.load(this.#words, COMMAND_RING_CONSUMER_WORD);
    this.#tailSeen = this.#tail;
    this.#headSeen = this.#head;
  }

  /**
   * Producer: byte offset of the next slot, owned until commit(); -1 when the ring is full. A claim that is not committed is
   * handed out again by the next claim. Allocates: nothing.
   */
  claim(): number {
    const tail = this.#tail;
    if (((tail - this.#headSeen) | 0) >= this.slots) {
      this.#headSeen = Atomics.load(this.#words, COMMAND_RING_CONSUMER_WORD); // pairs with the store in release()
      if (((tail - this.#headSeen) | 0) >= this.slots) return -1;
    }
    this.#claimed = true;
    return COMMAND_RING_DATA_BYTE + (tail & this.#mask) * this.slotBytes;
  }

  /** Producer: hands the claimed slot to the consumer. Allocates: nothing. */
  commit(): void {
    assert(this.#claimed, 'command ring: commit without a claim');
    this.#claimed = false;
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#words, COMMAND_RING_PRODUCER_WORD, this.#tail); // pairs with the load in available()
  }

  /** Consumer: committed slots that are not released, at most `limit`. Allocates: nothing. */
  available(limit: number): number {
    let count = (this.#tailSeen - this.#head) | 0;
    if (count < limit) {
      this.#tailSeen = Atomics.load(this.#words, COMMAND_RING_PRODUCER_WORD); // pairs with the store in commit()
      count = (this.#tailSeen - this.#head) | 0;
    }
    return count < limit ? count : limit;
  }

  /** Consumer: byte offset of the `index`-th unread slot, 0 <= index < available; borrowed until release(). Allocates: nothing. */
  slotAt(index: number): number {
    assert(index >= 0 && index < ((this.#tailSeen - this.#head) | 0), 'command ring: slotAt beyond what is available');
    return COMMAND_RING_DATA_BYTE + ((this.#head + index) & this.#mask) * this.slotBytes;
  }

  /** Consumer: gives the first `count` unread slots back to the producer. Allocates: nothing. */
  release(count: number): void {
    assert(
      count >= 0 && count <= ((this.#tailSeen - this.#head) | 0),
      'command ring: release of more than is available',
    );
    this.#head = (this.#head + count) | 0;
    Atomics.store(this.#words, COMMAND_RING_CONSUMER_WORD, this.#head); // pairs with the load in claim()
  }

  /** Any thread, for metrics: slots committed and not released, as of some recent moment. Allocates: nothing. */
  used(): number {
    const head = Atomics.load(this.#words, COMMAND_RING_CONSUMER_WORD); // pairs with the store in release()
    const tail = Atomics.load(this.#words, COMMAND_RING_PRODUCER_WORD); // pairs with the store in commit()
    return Math.min((tail - head) | 0, this.slots); // both may have moved on between the two loads
  }
}
