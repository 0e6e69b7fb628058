// Deadlines by key that several threads set and any of them may find due: one for each key, the last one set. Shared memory,
// for rare use: a lock that is held for microseconds, and a dense array looked through from its beginning. Nobody owns it;
// each thread makes its own object over the buffer. Must never show a deadline to two threads.
//
//   header   0 i32 lock, 0 free   4 i32 entries         entry, 80 bytes   0 f64 deadline, us   8 i32 key length   12 0   16 key

import { assert } from '../assert.ts';

/** Longest key, bytes. */
const KEY_BYTES_MAX = 64;
const ENTRY_BYTES = 16 + KEY_BYTES_MAX;
const KEY = 16;
const HEADER_BYTES = 8;
const LOCK = 0;
const COUNT = 1;
const FREE = 0;
const HELD = 1;
/** Whoever holds the lock gives it back at once, unless its thread was put aside meanwhile. */
const LOCK_WAIT_MS = 1;

export class DeadlineTable {
  readonly #ints: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entriesMax: number;

  /** Size of a buffer for so many keys. A fresh SharedArrayBuffer is an empty table. */
  static bytesNeeded(entries: number): number {
    return HEADER_BYTES + entries * ENTRY_BYTES;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.#entriesMax = Math.floor((buffer.byteLength - HEADER_BYTES) / ENTRY_BYTES);
    assert(this.#entriesMax >= 1, 'deadlines: room for one');
    this.#ints = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Keys with a deadline. */
  get size(): number {
    return Atomics.load(this.#ints, COUNT);
  }

  /** Sets the key's only deadline, of 1 to 64 bytes, by a clock all threads share. False: there is no room. Allocates: nothing. */
  set(key: Uint8Array, deadlineUs: number): boolean {
    assert(key.length >= 1 && key.length <= KEY_BYTES_MAX, 'deadlines: a key of 1 to 64 bytes');
    this.#lock();
    const entry = this.#find(key);
    const hasRoom = entry < this.#entriesMax;
    if (hasRoom) this.#write(entry, key, deadlineUs);
    this.#unlock();
    return hasRoom;
  }

  /** Forgets the key's deadline, if it has one. Allocates: nothing. */
  remove(key: Uint8Array): void {
    this.#lock();
    const entry = this.#find(key);
    if (entry < this.#ints[COUNT]) this.#drop(entry);
    this.#unlock();
  }

  /** Takes the keys whose time has come, each for one caller alone. */
  takeDue(nowUs: number): Uint8Array[] {
    const due: Uint8Array[] = [];
    if (this.size === 0) return due;
    this.#lock();
    for (let entry = 0; entry < this.#ints[COUNT]; ) {
      const at = offsetOf(entry);
      if (this.#view.getFloat64(at, true) > nowUs) entry++;
      else {
        due.push(this.#bytes.slice(at + KEY, at + KEY + this.#view.getInt32(at + 8, true)));
        this.#drop(entry);
      }
    }
    this.#unlock();
    return due;
  }

  /** Where the key is, or where it would be added: the number of entries. */
  #find(key: Uint8Array): number {
    const count = this.#ints[COUNT];
    for (let entry = 0; entry < count; entry++) if (this.#isAt(offsetOf(entry), key)) return entry;
    return count;
  }

  #isAt(at: number, key: Uint8Array): boolean {
    if (this.#view.getInt32(at + 8, true) !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (this.#bytes[at + KEY + i] !== key[i]) return false;
    return true;
  }

  #write(entry: number, key: Uint8Array, deadlineUs: number): void {
    const at = offsetOf(entry);
    this.#view.setFloat64(at, deadlineUs, true);
    this.#view.setInt32(at + 8, key.length, true);
    this.#bytes.set(key, at + KEY);
    if (entry === this.#ints[COUNT]) Atomics.store(this.#ints, COUNT, entry + 1);
  }

  /** The last entry takes its place. */
  #drop(entry: number): void {
    const last = this.#ints[COUNT] - 1;
    this.#bytes.copyWithin(offsetOf(entry), offsetOf(last), offsetOf(last + 1));
    Atomics.store(this.#ints, COUNT, last);
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#ints, LOCK, FREE, HELD) !== FREE) {
      Atomics.wait(this.#ints, LOCK, HELD, LOCK_WAIT_MS);
    }
  }

  #unlock(): void {
    Atomics.store(this.#ints, LOCK, FREE);
    Atomics.notify(this.#ints, LOCK, 1);
  }
}

function offsetOf(entry: number): number {
  return HEADER_BYTES + entry * ENTRY_BYTES;
}
