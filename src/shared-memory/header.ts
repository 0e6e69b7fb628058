// Header of every structure in shared memory: marks a buffer when it is created, refuses the wrong one when a thread attaches.
// Runs once per thread at start-up, on any thread. Owns nothing. Must never run on a hot path (it builds messages).
import { assert } from '../assert.ts';
import {
  BROADCAST_RING_MAGIC,
  COMMAND_RING_MAGIC,
  LATEST_VALUE_MAGIC,
  MAGIC_WORD,
  MESSAGE_RING_MAGIC,
  VERSION_WORD,
} from './layout.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [COMMAND_RING_MAGIC, 'a command ring'],
  [MESSAGE_RING_MAGIC, 'a message ring'],
  [BROADCAST_RING_MAGIC, 'a broadcast ring'],
  [LATEST_VALUE_MAGIC, 'a latest value'],
]);

function nameOf(magic: number): string {
  return NAMES.get(magic) ?? `unknown (magic 0x${(magic >>> 0).toString(16)})`;
}

/** Marks `buffer`, whose other words are written already. Faults when it is smaller than `bytesNeeded`. */
export function writeHeader(buffer: SharedArrayBuffer, magic: number, version: number, bytesNeeded: number): void {
  assertSize(buffer, magic, bytesNeeded);
  const words = new Int32Array(buffer);
  Atomics.store(words, VERSION_WORD, version);
  Atomics.store(words, MAGIC_WORD, magic); // pairs with the load in checkHeader, on the attaching thread
}

/** Faults unless `buffer` carries this structure in this version. Its sizes are only to be believed afterwards. */
export function checkHeader(buffer: SharedArrayBuffer, magic: number, version: number): void {
  const wanted = nameOf(magic);
  assert(buffer.byteLength >= 8 && buffer.byteLength % 4 === 0, `${wanted}: ${buffer.byteLength} bytes hold no header`);
  const words = new Int32Array(buffer);
  const found = Atomics.load(words, MAGIC_WORD); // pairs with the store in writeHeader, on the creating thread
  assert(found !== 0, `${wanted}: this buffer was never created as one (its magic word is 0)`);
  assert(found === magic, `${wanted}: this buffer is ${nameOf(found)}`);
  const foundVersion = Atomics.load(words, VERSION_WORD);
  assert(foundVersion === version, `${wanted}: layout version ${foundVersion}, this code reads ${version}`);
}

/** Faults when `buffer` is smaller than its header claims, or no whole number of words. */
export function assertSize(buffer: SharedArrayBuffer, magic: number, bytesNeeded: number): void {
  const enough = buffer.byteLength >= bytesNeeded && buffer.byteLength % 4 === 0;
  assert(enough, `${nameOf(magic)}: needs ${bytesNeeded} bytes, the buffer has ${buffer.byteLength}`);
}

/** Whether `value` is a power of two between `least` and 2^30. */
export function isPowerOfTwo(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= 2 ** 30 && (value & (value - 1)) === 0;
}
