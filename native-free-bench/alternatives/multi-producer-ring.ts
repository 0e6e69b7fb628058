// Multi-producer ring, the alternative that was not taken: many threads claim slots of one ring by compare-and-swap.
// Any thread produces, one consumes. Owns the buffer's cursors; every slot has a sequence word of its own (after D. Vyukov's bounded queue).
// Not used by the engine, for two reasons: every claim pays for an atomic exchange on a line that all producers fight for, and a
// producer that dies between claim and commit wedges the others for ever. One single-producer ring per thread has neither.
//
//   byte  0          128        256
//         +----------+----------+--------+--------+-- --+
//         | producer | consumer | slot 0 | slot 1 | ... |      slot: sequence Int32, 4 bytes unused, then the payload
//         +----------+----------+--------+--------+-- --+
//           a slot's sequence: its position while free for it, position + 1 once committed, position + slots once released

const PRODUCER_WORD = 0;
const CONSUMER_WORD = 128 / 4;
const SLOTS_BYTE = 256;
const SLOT_HEADER_BYTES = 8;

export class MultiProducerRing {
  readonly view: DataView;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #slots: number;
  readonly #strideBytes: number;
  #claimed = 0;
  #head: number;

  static bytesNeeded(slots: number, slotBytes: number): number {
    return SLOTS_BYTE + slots * (SLOT_HEADER_BYTES + slotBytes);
  }

  static create(buffer: SharedArrayBuffer, slots: number, slotBytes: number): MultiProducerRing {
    const words = new Int32Array(buffer);
    for (let i = 0; i < slots; i++) words[(SLOTS_BYTE + i * (SLOT_HEADER_BYTES + slotBytes)) / 4] = i;
    return new MultiProducerRing(buffer, slots, slotBytes);
  }

  constructor(buffer: SharedArrayBuffer, slots: number, slotBytes: number) {
    this.#words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.#slots = slots;
    this.#mask = slots - 1;
    this.#strideBytes = SLOT_HEADER_BYTES + slotBytes;
    this.#head = Atomics.load(this.#words, CONSUMER_WORD);
  }

  /** Any producer: byte offset of a slot's payload, or -1 when the ring is full. Must be committed. Allocates: nothing. */
  claim(): number {
    const words = this.#words;
    let position = Atomics.load(words, PRODUCER_WORD); // pairs with the exchanges of the other producers
    for (;;) {
      const at = SLOTS_BYTE + (position & this.#mask) * this.#strideBytes;
      const ahead = (Atomics.load(words, at >> 2) - position) | 0; // pairs with the store in release()
      if (ahead < 0) return -1;
      if (ahead === 0) {
        const found = Atomics.compareExchange(words, PRODUCER_WORD, position, (position + 1) | 0);
        if (found === position) {
          this.#claimed = position;
          return at + SLOT_HEADER_BYTES;
        }
        position = found;
      } else {
        position = Atomics.load(words, PRODUCER_WORD);
      }
    }
  }

  /** The producer that claimed: hands the slot over. Allocates: nothing. */
  commit(): void {
    const at = SLOTS_BYTE + (this.#claimed & this.#mask) * this.#strideBytes;
    Atomics.store(this.#words, at >> 2, (this.#claimed + 1) | 0); // pairs with the load in next()
  }

  /** Consumer: byte offset of the next slot's payload, or -1 when there is none. Allocates: nothing. */
  next(): number {
    const at = SLOTS_BYTE + (this.#head & this.#mask) * this.#strideBytes;
    const committed = Atomics.load(this.#words, at >> 2); // pairs with the store in commit()
    return ((committed - this.#head) | 0) === 1 ? at + SLOT_HEADER_BYTES : -1;
  }

  /** Consumer: gives that slot back. Allocates: nothing. */
  release(): void {
    const at = SLOTS_BYTE + (this.#head & this.#mask) * this.#strideBytes;
    Atomics.store(this.#words, at >> 2, (this.#head + this.#slots) | 0); // pairs with the load in claim()
    this.#head = (this.#head + 1) | 0;
    Atomics.store(this.#words, CONSUMER_WORD, this.#head); // pairs with the load in the constructor
  }
}
