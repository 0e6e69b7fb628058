// The bytes of an archived segment: header, blocks, end. Format: JOURNAL.md, "Archived segment". Pure; any thread.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { alignFrame, FRAME_HEADER_BYTES, FrameHeader, HASH_BYTES, readFrameHeader } from './frame.ts';

export const ARCHIVE_EXTENSION = '.walz';
/** The letters "RBJA". */
const ARCHIVE_MAGIC = 0x414a_4252;
const ARCHIVE_VERSION = 1;

/** Frames are gathered until they would fill more of their segment than this: what a reader holds in memory at once. */
export const BLOCK_IMAGE_BYTES = 1 << 20;

const MAGIC = 0;
const VERSION = 4;
const LEAST_VERSION = 6;
const FIRST_FRAME = 8;
const JOURNAL_ID_HIGH = 16;
const JOURNAL_ID_LOW = 20;
export const ARCHIVE_HEADER_BYTES = 32;

const BLOCK_IMAGE = 0;
const BLOCK_FRAMES = 4;
const BLOCK_STORED = 8;
export const BLOCK_HEADER_BYTES = 12;

const LAST_FRAME = 0;
const IMAGE_BYTES = 8;
const FILE_HASH = 16;
export const ARCHIVE_END_BYTES = FILE_HASH + HASH_BYTES;

interface ArchiveHeader {
  readonly firstFrame: number;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
}

/** Lengths of a block, bytes. */
interface BlockHeader {
  /** Of its frames as they lay in the segment, padding included. */
  readonly imageBytes: number;
  /** Of its frames without padding. */
  readonly frameBytes: number;
  /** Of what stands in the file. */
  readonly storedBytes: number;
}

interface ArchiveEnd {
  readonly lastFrame: number;
  /** Of all frames, padding included. */
  readonly imageBytes: number;
}

export function encodeArchiveHeader({ firstFrame, journalIdHigh, journalIdLow }: ArchiveHeader): Buffer {
  const header = Buffer.alloc(ARCHIVE_HEADER_BYTES);
  header.writeUInt32LE(ARCHIVE_MAGIC, MAGIC);
  header.writeUInt16LE(ARCHIVE_VERSION, VERSION);
  header.writeUInt16LE(ARCHIVE_VERSION, LEAST_VERSION);
  header.writeDoubleLE(firstFrame, FIRST_FRAME);
  header.writeUInt32LE(journalIdHigh, JOURNAL_ID_HIGH);
  header.writeUInt32LE(journalIdLow, JOURNAL_ID_LOW);
  return header;
}

/** Why this reader cannot read a file that begins so; '' when it can. */
export function archiveHeaderProblem(header: Buffer, firstFrame: number): string {
  if (header.readUInt32LE(MAGIC) !== ARCHIVE_MAGIC) return 'it is not an archived segment (magic)';
  const version = header.readUInt16LE(VERSION);
  if (header.readUInt16LE(LEAST_VERSION) > ARCHIVE_VERSION) {
    return `it was written by a newer release (format version ${version})`;
  }
  if (version !== ARCHIVE_VERSION) return `format version ${version} is not known`;
  const first = header.readDoubleLE(FIRST_FRAME);
  return first === firstFrame ? '' : `it begins with frame ${first}`;
}

export function encodeBlockHeader({ imageBytes, frameBytes, storedBytes }: BlockHeader): Buffer {
  const header = Buffer.alloc(BLOCK_HEADER_BYTES);
  header.writeUInt32LE(imageBytes, BLOCK_IMAGE);
  header.writeUInt32LE(frameBytes, BLOCK_FRAMES);
  header.writeUInt32LE(storedBytes, BLOCK_STORED);
  return header;
}

/** Undefined when no block can be like that. */
export function decodeBlockHeader(header: Buffer): BlockHeader | undefined {
  const imageBytes = header.readUInt32LE(BLOCK_IMAGE);
  const frameBytes = header.readUInt32LE(BLOCK_FRAMES);
  const storedBytes = header.readUInt32LE(BLOCK_STORED);
  const isPossible = imageBytes <= BLOCK_IMAGE_BYTES && frameBytes > 0 && frameBytes <= imageBytes && storedBytes > 0;
  return isPossible ? { imageBytes, frameBytes, storedBytes } : undefined;
}

/** The end without its hash, which is of all that stands before it. */
export function encodeArchiveEnd({ lastFrame, imageBytes }: ArchiveEnd): Buffer {
  const end = Buffer.alloc(FILE_HASH);
  end.writeDoubleLE(lastFrame, LAST_FRAME);
  end.writeDoubleLE(imageBytes, IMAGE_BYTES);
  return end;
}

export function decodeArchiveEnd(end: Buffer): ArchiveEnd {
  return { lastFrame: end.readDoubleLE(LAST_FRAME), imageBytes: end.readDoubleLE(IMAGE_BYTES) };
}

/** Brotli's fastest but one: measured, it is smaller than gzip 1 and packs more than twice as fast. */
const QUALITY = 1;

export function packBlock(frames: Uint8Array): Buffer {
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: frames.length };
  return brotliCompressSync(frames, { params });
}

/** The block's frames as they lay in the segment, with their padding; undefined when its bytes are not that. */
export function unpackBlock(stored: Uint8Array, { imageBytes, frameBytes }: BlockHeader): Buffer | undefined {
  try {
    const frames = brotliDecompressSync(stored, { maxOutputLength: frameBytes });
    return frames.length === frameBytes ? withPadding(frames, imageBytes) : undefined;
  } catch {
    return undefined; // zlib's errors say nothing that an operator could use
  }
}

function withPadding(frames: Buffer, imageBytes: number): Buffer | undefined {
  const image = Buffer.alloc(imageBytes);
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const header = new FrameHeader();
  let to = 0;
  for (let at = 0; at < frames.length; ) {
    if (at + FRAME_HEADER_BYTES > frames.length) return undefined;
    readFrameHeader(frames, view, at, header);
    const length = FRAME_HEADER_BYTES + header.payloadLength;
    if (at + length > frames.length || to + alignFrame(length) > imageBytes) return undefined;
    frames.copy(image, to, at, at + length);
    at += length;
    to += alignFrame(length);
  }
  return to === imageBytes ? image : undefined;
}
