// Client ids (1 to 64 bytes of UTF-8) and their dense numbers, given in order of first appearance. Pure; owned by one
// engine. Append-only: a number, once given, means that client for as long as the state lives.

import { assert } from '../assert.ts';
import { hashBytes } from './byte-hash.ts';
import { CLIENT_ID_BYTES_MAX } from './command.ts';
import { grownF64, grownI32, grownU8 } from './typed-arrays.ts';

const CAPACITY_MIN = 64;
const HASH_SEED = 0x811c9dc5;

export class ClientTable {
  /** All ids, one after the other. */
  private bytes = new Uint8Array(CAPACITY_MIN * 16);
  private bytesUsed = 0;
  /** By client number. */
  private offsets = new Float64Array(CAPACITY_MIN);
  private lengths = new Uint8Array(CAPACITY_MIN);
  private hashes = new Int32Array(CAPACITY_MIN);
  private used = 0;
  /** Client number + 1, 0 for a free slot. Length: a power of two, at least twice the clients. */
  private slots = new Int32Array(CAPACITY_MIN * 2);

  /** Clients known; their numbers are 0..count-1. */
  get count(): number {
    return this.used;
  }

  /** The number of a client, -1 when it was never seen. Borrows the bytes until return. Allocates: nothing. */
  find(bytes: Uint8Array, offset: number, length: number): number {
    return this.slots[this.slotOf(bytes, offset, length, hashBytes(bytes, offset, length, HASH_SEED))] - 1;
  }

  /** The number of a client, a new one when it was never seen. Copies the bytes. Allocates: nothing, except growth. */
  intern(bytes: Uint8Array, offset: number, length: number): number {
    assert(length >= 1 && length <= CLIENT_ID_BYTES_MAX, 'client table: an id of 1 to 64 bytes');
    assert(offset >= 0 && offset + length <= bytes.length, 'client table: the id lies within its bytes');
    const hash = hashBytes(bytes, offset, length, HASH_SEED);
    const slot = this.slotOf(bytes, offset, length, hash);
    if (this.slots[slot] !== 0) return this.slots[slot] - 1;
    const client = this.append(bytes, offset, length, hash);
    this.slots[slot] = client + 1;
    if (this.used * 2 > this.slots.length) this.rehash();
    return client;
  }

  lengthOf(client: number): number {
    assert(client >= 0 && client < this.used, 'client table: the client exists');
    return this.lengths[client];
  }

  /** The id's bytes as a view, valid until the next intern. Allocates the view: for edges, not hot paths. */
  bytesOf(client: number): Uint8Array {
    const length = this.lengthOf(client);
    const start = this.offsets[client];
    return this.bytes.subarray(start, start + length);
  }

  /** Copies the id to `target` and returns its length in bytes. Allocates: nothing. */
  copyTo(client: number, target: Uint8Array, offset: number): number {
    const length = this.lengthOf(client);
    assert(offset >= 0 && offset + length <= target.length, 'client table: the id fits its target');
    const source = this.bytes;
    const start = this.offsets[client];
    for (let i = 0; i < length; i++) target[offset + i] = source[start + i];
    return length;
  }

  /** The slot that holds this id, or the free slot where it belongs. */
  private slotOf(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0) {
      const client = slots[slot] - 1;
      if (this.hashes[client] === hash && this.isAt(client, bytes, offset, length)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private isAt(client: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.lengths[client] !== length) return false;
    const own = this.bytes;
    const start = this.offsets[client];
    for (let i = 0; i < length; i++) {
      if (own[start + i] !== bytes[offset + i]) return false;
    }
    return true;
  }

  private append(bytes: Uint8Array, offset: number, length: number, hash: number): number {
    const client = this.used;
    const start = this.bytesUsed;
    if (client === this.lengths.length) this.growColumns();
    if (start + length > this.bytes.length) this.bytes = grownU8(this.bytes, this.bytes.length * 2);
    for (let i = 0; i < length; i++) this.bytes[start + i] = bytes[offset + i];
    this.offsets[client] = start;
    this.lengths[client] = length;
    this.hashes[client] = hash;
    this.bytesUsed = start + length;
    this.used = client + 1;
    return client;
  }

  private growColumns(): void {
    const capacity = this.lengths.length * 2;
    this.offsets = grownF64(this.offsets, capacity);
    this.lengths = grownU8(this.lengths, capacity);
    this.hashes = grownI32(this.hashes, capacity);
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let client = 0; client < this.used; client++) {
      let slot = this.hashes[client] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = client + 1;
    }
    this.slots = slots;
  }
}
