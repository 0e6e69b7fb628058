// Memory that grows without a stall: a large pool or table is never copied. Pure; owned by one engine, on one thread.
// A small arena is an ordinary buffer, copied when it becomes larger: that is 1 MiB at most, once. A large one is a
// WebAssembly.Memory, used for what it is, a reserved range of addresses whose pages are committed as they are asked for
// and touched; no WebAssembly code runs. An ArrayBuffer can only grow by copying, a resizable one is slower to read. The
// memory is of the shared kind because growing the other detaches its buffer, and once a thread has detached any buffer
// V8 checks for that at every access to every typed array: a tenth of the book's speed.

import { assert } from '../../assert.ts';

interface GrowingMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** The part of the WebAssembly interface used here; the language's own library types do not name it. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => GrowingMemory;
};

const FIRST_BYTES = 4_096;
/** Up to here an arena is copied to grow: an engine has dozens of small ones, and each reserved range costs 1 ms. */
const COPIED_BYTES_MAX = 1_048_576;
const PAGE_BYTES = 65_536;
/** 4 GiB: the most one arena can hold. */
const PAGES_MAX = 65_536;

export class Arena {
  /** Views of all of it. Replaced by `reserve`: who keeps one takes it anew afterwards. */
  words: Float64Array = new Float64Array(0);
  ints: Int32Array = new Int32Array(0);
  bytes: Uint8Array = new Uint8Array(0);
  private memory: GrowingMemory | undefined;
  private size = FIRST_BYTES;

  constructor() {
    this.view(new ArrayBuffer(FIRST_BYTES));
  }

  /** Makes the arena at least this large: by half again or more, so that it happens seldom. New bytes are 0, old ones stay. */
  reserve(lengthBytes: number): void {
    if (lengthBytes > this.size) this.grow(lengthBytes);
  }

  private grow(lengthBytes: number): void {
    assert(lengthBytes <= PAGES_MAX * PAGE_BYTES, 'arena: 4 GiB hold it all');
    if (lengthBytes <= COPIED_BYTES_MAX) this.growByCopy(lengthBytes);
    else this.growInPlace(lengthBytes);
  }

  private growByCopy(lengthBytes: number): void {
    const old = this.bytes;
    while (this.size < lengthBytes) this.size *= 2;
    this.view(new ArrayBuffer(this.size));
    this.bytes.set(old);
  }

  private growInPlace(lengthBytes: number): void {
    const wanted = Math.max(Math.ceil(lengthBytes / PAGE_BYTES), Math.ceil((this.size / PAGE_BYTES) * 1.5));
    const pages = Math.min(wanted, PAGES_MAX);
    const old = this.bytes;
    if (this.memory === undefined) {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: PAGES_MAX, shared: true });
      this.view(this.memory.buffer);
      this.bytes.set(old);
    } else {
      this.memory.grow(pages - this.size / PAGE_BYTES);
      this.view(this.memory.buffer);
    }
    this.size = pages * PAGE_BYTES;
  }

  private view(buffer: ArrayBufferLike): void {
    this.words = new Float64Array(buffer);
    this.ints = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }
}
