// Archived segments as files: written frame by frame, read as if they were the segment. Format: JOURNAL.md, "Archived segment".
// The archive thread writes; follower, recovery and tools read. Must never lend a byte of a file whose hash is not right.

import { createHash, type Hash } from 'node:crypto';
import { assert } from '../assert.ts';
import {
  ARCHIVE_END_BYTES,
  ARCHIVE_HEADER_BYTES,
  archiveHeaderProblem,
  BLOCK_HEADER_BYTES,
  BLOCK_IMAGE_BYTES,
  decodeArchiveEnd,
  decodeBlockHeader,
  encodeArchiveEnd,
  encodeArchiveHeader,
  encodeBlockHeader,
  packBlock,
  unpackBlock,
} from './archive-format.ts';
import { JournalDamage } from './errors.ts';
import { closeSync, fstatSync, fsyncSync, openSync, writeSync } from './file-system.ts';
import { alignFrame, FRAME_HEADER_BYTES, HASH_BYTES } from './frame.ts';
import type { FrameView } from './frame-cursor.ts';
import { readUpTo } from './read-up-to.ts';

const READ_BYTES = 1 << 20;

export class ArchiveFileWriter {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  readonly #frames = Buffer.allocUnsafe(BLOCK_IMAGE_BYTES);
  #frameBytes = 0;
  #blockImageBytes = 0;
  #imageBytes = 0;
  #lastFrame = 0;

  /** Makes the file; it begins with `first`, which is not added yet. */
  constructor(path: string, first: FrameView) {
    this.#fd = openSync(path, 'w');
    const { number: firstFrame, journalIdHigh, journalIdLow } = first;
    this.#write(encodeArchiveHeader({ firstFrame, journalIdHigh, journalIdLow }));
  }

  /** Adds a frame's header and payload. */
  add({ number, bytes, payloadStart, payloadLength }: FrameView): void {
    const length = FRAME_HEADER_BYTES + payloadLength;
    if (this.#blockImageBytes + alignFrame(length) > BLOCK_IMAGE_BYTES) this.#endBlock();
    this.#frames.set(bytes.subarray(payloadStart - FRAME_HEADER_BYTES, payloadStart + payloadLength), this.#frameBytes);
    this.#frameBytes += length;
    this.#blockImageBytes += alignFrame(length);
    this.#lastFrame = number;
  }

  /** Completes the file and syncs it. */
  finish(): void {
    this.#endBlock();
    this.#write(encodeArchiveEnd({ lastFrame: this.#lastFrame, imageBytes: this.#imageBytes }));
    writeFully(this.#fd, this.#hash.digest());
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #endBlock(): void {
    const stored = packBlock(this.#frames.subarray(0, this.#frameBytes));
    const lengths = { frameBytes: this.#frameBytes, imageBytes: this.#blockImageBytes, storedBytes: stored.length };
    this.#write(encodeBlockHeader(lengths));
    this.#write(stored);
    this.#imageBytes += this.#blockImageBytes;
    this.#frameBytes = 0;
    this.#blockImageBytes = 0;
  }

  #write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    writeFully(this.#fd, bytes);
  }
}

/** Where a block lies. */
interface Block {
  readonly imageBytes: number;
  readonly frameBytes: number;
  readonly storedBytes: number;
  /** Of its image, in the segment. */
  readonly imageAt: number;
  /** Of its stored bytes, in the file. */
  readonly storedAt: number;
}

/** An archived segment, open: bytes are read at the places they had in the segment. Holds one block in memory. */
export class ArchivedSegment {
  readonly path: string;
  readonly isDirect = false;
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly #fd: number;
  readonly #blocks: readonly Block[];
  #current: Block | undefined;
  #image: Buffer = Buffer.alloc(0);

  /** Reads the whole file once, for its hash. Throws JournalDamage, and what the system says when it cannot be read. */
  constructor(path: string, firstFrame: number) {
    this.path = path;
    this.firstFrame = firstFrame;
    this.#fd = openSync(path, 'r');
    try {
      const { lastFrame, blocks } = this.#verify();
      this.lastFrame = lastFrame;
      this.#blocks = blocks;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Fills `bytes` from `position` of the segment on, less only at its end. Returns how many bytes there are. */
  read(bytes: Uint8Array, lengthBytes: number, position: number): number {
    let total = 0;
    while (total < lengthBytes) {
      const block = this.#blockAt(position + total);
      if (block === undefined) break;
      const from = position + total - block.imageAt;
      const part = this.#imageOf(block).subarray(from, from + lengthBytes - total);
      bytes.set(part, total);
      total += part.length;
    }
    return total;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #verify(): { lastFrame: number; blocks: Block[] } {
    const fileBytes = fstatSync(this.#fd).size;
    if (fileBytes < ARCHIVE_HEADER_BYTES + ARCHIVE_END_BYTES) throw this.#damage(`only ${fileBytes} bytes`);
    const problem = archiveHeaderProblem(this.#readAt(0, ARCHIVE_HEADER_BYTES), this.firstFrame);
    if (problem !== '') throw this.#damage(problem);
    const hashAt = fileBytes - HASH_BYTES;
    const said = this.#readAt(hashAt, HASH_BYTES);
    if (!hashOf(this.#fd, hashAt).equals(said)) throw this.#damage('the SHA-256 of the file is wrong', hashAt);
    const endAt = fileBytes - ARCHIVE_END_BYTES;
    const { lastFrame, imageBytes } = decodeArchiveEnd(this.#readAt(endAt, ARCHIVE_END_BYTES));
    const blocks = this.#listBlocks(endAt);
    const last = blocks.at(-1);
    if (last === undefined || last.imageAt + last.imageBytes !== imageBytes) {
      throw this.#damage('its blocks are not as long as its end says', endAt);
    }
    return { lastFrame, blocks };
  }

  #listBlocks(end: number): Block[] {
    const blocks: Block[] = [];
    let imageAt = 0;
    for (let at = ARCHIVE_HEADER_BYTES; at < end; ) {
      const header = decodeBlockHeader(this.#readAt(at, BLOCK_HEADER_BYTES));
      const storedAt = at + BLOCK_HEADER_BYTES;
      if (header === undefined || storedAt + header.storedBytes > end)
        throw this.#damage('no block can be so long', at);
      blocks.push({ ...header, imageAt, storedAt });
      imageAt += header.imageBytes;
      at = storedAt + header.storedBytes;
    }
    return blocks;
  }

  #blockAt(position: number): Block | undefined {
    const isIn = ({ imageAt, imageBytes }: Block) => position >= imageAt && position < imageAt + imageBytes;
    if (this.#current !== undefined && isIn(this.#current)) return this.#current;
    return this.#blocks.find(isIn);
  }

  #imageOf(block: Block): Buffer {
    if (block === this.#current) return this.#image;
    const image = unpackBlock(this.#readAt(block.storedAt, block.storedBytes), block);
    if (image === undefined) throw this.#damage('the block does not unpack', block.storedAt);
    this.#current = block;
    this.#image = image;
    return image;
  }

  #readAt(position: number, lengthBytes: number): Buffer {
    const bytes = Buffer.alloc(lengthBytes);
    readUpTo(this.#fd, bytes, lengthBytes, position);
    return bytes;
  }

  #damage(evidence: string, offsetBytes = 0): JournalDamage {
    return new JournalDamage({ file: this.path, offsetBytes, frame: this.firstFrame, sequence: 0 }, evidence);
  }
}

/** SHA-256 of the first `lengthBytes` of a file. */
function hashOf(fd: number, lengthBytes: number): Buffer {
  const hash: Hash = createHash('sha256');
  const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES, lengthBytes));
  for (let at = 0; at < lengthBytes; ) {
    const length = readUpTo(fd, bytes, Math.min(bytes.length, lengthBytes - at), at);
    assert(length > 0, 'a file is as long as it said');
    hash.update(bytes.subarray(0, length));
    at += length;
  }
  return hash.digest();
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(fd, bytes, at, bytes.length - at);
    assert(written > 0, 'an archive write makes progress');
    at += written;
  }
}
