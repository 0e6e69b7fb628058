// Client ids (1 to 64 bytes of UTF-8) and their dense numbers, given in order of first appearance. Pure; owned by one
// engine. Append-only: a number, once given, means that client for as long as the state lives.
// Allocates: nothing but growth, which copies 1 MiB at most (arena.ts, hash-slots.ts).
//
//   entry   0 u32 where the id begins, in words   4 u32 length, bytes

import { assert } from '../../assert.ts';
import { Arena } from '../book/arena.ts';
import { CLIENT_ID_BYTES_MAX } from '../command.ts';
import { FIXED_HASH_SECRET, type HashSecret } from './half-sip-hash.ts';
import { HashSlots, type TextHolder } from './hash-slots.ts';
import { PackedText } from './packed-text.ts';

/** Ids belong to nobody. */
const SEED = 0;
const ENTRY_BYTES = 8;

export class ClientTable implements TextHolder {
  private readonly entryArena = new Arena();
  private readonly idArena = new Arena();
  private entries = this.entryArena.ints;
  /** All ids, one after the other, each from a whole word on. */
  private ids = this.idArena.ints;
  private idBytes = this.idArena.bytes;
  private wordsUsed = 0;
  private used = 0;
  private readonly slots = new HashSlots(this);
  private readonly text: PackedText;

  constructor(secret: HashSecret = FIXED_HASH_SECRET) {
    this.text = new PackedText(secret);
  }

  /** Clients known; their numbers are 0..count-1. */
  get count(): number {
    return this.used;
  }

  /** The number of a client, -1 when it was never seen. Borrows the bytes until return. Allocates: nothing. */
  find(bytes: Uint8Array, offset: number, length: number): number {
    return this.slots.find(this.text.pack(bytes, offset, length, SEED));
  }

  /** The number of a client, a new one when it was never seen. Copies the bytes. Allocates: nothing, except growth. */
  intern(bytes: Uint8Array, offset: number, length: number): number {
    assert(length >= 1 && length <= CLIENT_ID_BYTES_MAX, 'client table: an id of 1 to 64 bytes');
    assert(offset >= 0 && offset + length <= bytes.length, 'client table: the id lies within its bytes');
    const text = this.text.pack(bytes, offset, length, SEED);
    const known = this.slots.find(text);
    return known >= 0 ? known : this.append(text);
  }

  /** In bytes. */
  lengthOf(client: number): number {
    assert(client >= 0 && client < this.used, 'client table: the client exists');
    return this.entries[client * 2 + 1];
  }

  /** The id's bytes as a view, valid until the next intern. Allocates the view: for edges, not hot paths. */
  bytesOf(client: number): Uint8Array {
    const length = this.lengthOf(client);
    const start = this.entries[client * 2] * 4;
    return this.idBytes.subarray(start, start + length);
  }

  /** Copies the id to `target` and returns its length in bytes. Allocates: nothing. */
  copyTo(client: number, target: Uint8Array, offset: number): number {
    const length = this.lengthOf(client);
    assert(offset >= 0 && offset + length <= target.length, 'client table: the id fits its target');
    const source = this.idBytes;
    const start = this.entries[client * 2] * 4;
    for (let i = 0; i < length; i++) target[offset + i] = source[start + i];
    return length;
  }

  /** For HashSlots. */
  holdsText(client: number, text: PackedText): boolean {
    if (this.entries[client * 2 + 1] !== text.length) return false;
    const start = this.entries[client * 2];
    for (let i = 0; i < text.wordCount; i++) {
      if (this.ids[start + i] !== text.words[i]) return false;
    }
    return true;
  }

  private append(text: PackedText): number {
    const client = this.used;
    const start = this.wordsUsed;
    this.reserve(client + 1, start + text.wordCount);
    this.entries[client * 2] = start;
    this.entries[client * 2 + 1] = text.length;
    for (let i = 0; i < text.wordCount; i++) this.ids[start + i] = text.words[i];
    this.slots.add(text.hash, client);
    this.wordsUsed = start + text.wordCount;
    this.used = client + 1;
    return client;
  }

  private reserve(clients: number, words: number): void {
    this.entryArena.reserve(clients * ENTRY_BYTES);
    this.idArena.reserve(words * 4);
    this.entries = this.entryArena.ints;
    this.ids = this.idArena.ints;
    this.idBytes = this.idArena.bytes;
  }
}
