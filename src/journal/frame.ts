// The frame: layout, sealing, and what can be told of one frame by itself. Format: JOURNAL.md, "Frame". Pure; any thread.
// Owns nothing: works on the caller's bytes. What a frame must be after its predecessor is frame-cursor.ts's to say.

import { assert } from '../assert.ts';
import { COMMAND_FIXED_BYTES, commandLength } from '../wire/command-codec.ts';
import { checksum, sha256 } from './checksum.ts';

const MAGIC = 0;
const VERSION = 4;
const HEADER_LENGTH = 6;
const FRAME_LENGTH = 8;
const PAYLOAD_LENGTH = 12;
const NUMBER = 16;
const FIRST_SEQUENCE = 24;
const RECORD_COUNT = 32;
const FLAGS = 36;
const DURABLE_FRAME = 40;
const TIME_US = 48;
const EPOCH = 56;
const RULES_VERSION = 60;
const SALT = 64;
const JOURNAL_ID_HIGH = 68;
const JOURNAL_ID_LOW = 72;
const PAYLOAD_CRC = 76;
const PREVIOUS_HASH = 80;
const DIGEST_LOW = 112;
const DIGEST_HIGH = 116;
const LEAST_VERSION = 120;
const RESERVED = 122;
const HEADER_CRC = 124;
export const FRAME_HEADER_BYTES = 128;

/** Frames start and end on multiples of this: the largest sector in use, and the page. */
export const FRAME_ALIGNMENT = 4096;
/** The longest frame: its payload is over 256 KiB, more than every gateway's longest batch together. */
export const FRAME_BYTES_MAX = 65 * FRAME_ALIGNMENT;
assert(FRAME_BYTES_MAX - FRAME_HEADER_BYTES >= 256 * 1024, 'a frame holds 256 KiB of records');
export const HASH_BYTES = 32;

/** The letters "RBJF". */
const FRAME_MAGIC = 0x464a_4252;
const FRAME_VERSION = 1;

export const FrameFlag = { SEAL: 1, SEGMENT_END: 2, EPOCH_START: 4, CLEAN_SHUTDOWN: 8, DIGEST: 16 } as const;
const FLAGS_KNOWN = 31;
const FLAGS_WITHOUT_RECORDS = FrameFlag.SEAL | FrameFlag.EPOCH_START | FrameFlag.CLEAN_SHUTDOWN;

/** A header as numbers: filled by `readFrameHeader`, written by `sealFrame`. One object is reused for all frames. */
export class FrameHeader {
  frameLength = 0;
  payloadLength = 0;
  number = 0;
  firstSequence = 0;
  recordCount = 0;
  flags = 0;
  durableFrame = 0;
  timeUs = 0;
  epoch = 0;
  rulesVersion = 0;
  salt = 0;
  journalIdHigh = 0;
  journalIdLow = 0;
  payloadCrc = 0;
  /** The state digest, two words of 32 bits; 0 without DIGEST. */
  digestHigh = 0;
  digestLow = 0;
  /** SHA-256 of the frame before. `readFrameHeader` copies into it. */
  readonly previousHash = new Uint8Array(HASH_BYTES);
}

export function alignFrame(lengthBytes: number): number {
  return Math.ceil(lengthBytes / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
}

/** The longest frame in segments of this size: half of a small one, so that each holds at least two. */
export function frameBytesMax(segmentBytes: number): number {
  const half = Math.floor(segmentBytes / 2 / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
  assert(half >= FRAME_ALIGNMENT, 'a segment holds at least two frames');
  return Math.min(half, FRAME_BYTES_MAX);
}

/** What stands for "the frame before" in frame 1. */
export function genesisHash(journalIdHigh: number, journalIdLow: number): Uint8Array {
  const text = Buffer.from('ringbook journal........', 'latin1');
  text.writeUInt32LE(journalIdHigh, text.length - 8);
  text.writeUInt32LE(journalIdLow, text.length - 4);
  return sha256(text);
}

/** The salt of the segment whose first frame follows the frame with this hash. */
export function segmentSalt(previousHash: Uint8Array): number {
  return (previousHash[0] | (previousHash[1] << 8) | (previousHash[2] << 16) | (previousHash[3] << 24)) >>> 0;
}

/** Hash of the frame at `offset`, header and payload; the next frame's `previousHash`. */
export function frameHash(bytes: Uint8Array, offset: number, payloadLength: number): Uint8Array {
  return sha256(bytes.subarray(offset, offset + FRAME_HEADER_BYTES + payloadLength));
}

/**
 * Completes the frame at the start of `bytes`, whose payload is in place: zero padding, checksums, header.
 * Sets `frameLength` and `payloadCrc` of `header`. Allocates: two views for the checksums.
 */
export function sealFrame(bytes: Uint8Array, view: DataView, header: FrameHeader): void {
  const payloadEnd = FRAME_HEADER_BYTES + header.payloadLength;
  header.frameLength = alignFrame(payloadEnd);
  assert(header.frameLength <= bytes.length, 'the frame fits its buffer');
  bytes.fill(0, payloadEnd, header.frameLength);
  header.payloadCrc = checksum(bytes.subarray(FRAME_HEADER_BYTES, payloadEnd), header.salt);
  writeFrameHeader(bytes, view, header);
  view.setUint32(HEADER_CRC, checksum(bytes.subarray(0, HEADER_CRC), header.salt), true);
}

function writeFrameHeader(bytes: Uint8Array, view: DataView, header: FrameHeader): void {
  view.setUint32(MAGIC, FRAME_MAGIC, true);
  view.setUint16(VERSION, FRAME_VERSION, true);
  view.setUint16(HEADER_LENGTH, FRAME_HEADER_BYTES, true);
  view.setUint32(FRAME_LENGTH, header.frameLength, true);
  view.setUint32(PAYLOAD_LENGTH, header.payloadLength, true);
  view.setFloat64(NUMBER, header.number, true);
  view.setFloat64(FIRST_SEQUENCE, header.firstSequence, true);
  view.setUint32(RECORD_COUNT, header.recordCount, true);
  view.setUint32(FLAGS, header.flags, true);
  view.setFloat64(DURABLE_FRAME, header.durableFrame, true);
  view.setFloat64(TIME_US, header.timeUs, true);
  view.setUint32(EPOCH, header.epoch, true);
  view.setUint32(RULES_VERSION, header.rulesVersion, true);
  view.setUint32(SALT, header.salt, true);
  view.setUint32(JOURNAL_ID_HIGH, header.journalIdHigh, true);
  view.setUint32(JOURNAL_ID_LOW, header.journalIdLow, true);
  view.setUint32(PAYLOAD_CRC, header.payloadCrc, true);
  bytes.set(header.previousHash, PREVIOUS_HASH);
  view.setUint32(DIGEST_LOW, header.digestLow, true);
  view.setUint32(DIGEST_HIGH, header.digestHigh, true);
  view.setUint16(LEAST_VERSION, FRAME_VERSION, true);
  view.setUint16(RESERVED, 0, true);
}

/** True when magic and header CRC are right: what such a header says was once written as a whole. */
export function isWholeHeader(bytes: Uint8Array, view: DataView, offset: number): boolean {
  if (view.getUint32(offset + MAGIC, true) !== FRAME_MAGIC) return false;
  const salt = view.getUint32(offset + SALT, true);
  return view.getUint32(offset + HEADER_CRC, true) === checksum(bytes.subarray(offset, offset + HEADER_CRC), salt);
}

/** True when the 128 bytes of a header are zero. */
export function isAbsentHeader(view: DataView, offset: number): boolean {
  for (let at = offset; at < offset + FRAME_HEADER_BYTES; at += 4) if (view.getUint32(at, true) !== 0) return false;
  return true;
}

/** Fills `header` from a whole header at `offset`. Allocates: nothing. */
export function readFrameHeader(bytes: Uint8Array, view: DataView, offset: number, header: FrameHeader): void {
  header.frameLength = view.getUint32(offset + FRAME_LENGTH, true);
  header.payloadLength = view.getUint32(offset + PAYLOAD_LENGTH, true);
  header.number = view.getFloat64(offset + NUMBER, true);
  header.firstSequence = view.getFloat64(offset + FIRST_SEQUENCE, true);
  header.recordCount = view.getUint32(offset + RECORD_COUNT, true);
  header.flags = view.getUint32(offset + FLAGS, true);
  header.durableFrame = view.getFloat64(offset + DURABLE_FRAME, true);
  header.timeUs = view.getFloat64(offset + TIME_US, true);
  header.epoch = view.getUint32(offset + EPOCH, true);
  header.rulesVersion = view.getUint32(offset + RULES_VERSION, true);
  header.salt = view.getUint32(offset + SALT, true);
  header.journalIdHigh = view.getUint32(offset + JOURNAL_ID_HIGH, true);
  header.journalIdLow = view.getUint32(offset + JOURNAL_ID_LOW, true);
  header.payloadCrc = view.getUint32(offset + PAYLOAD_CRC, true);
  header.digestLow = view.getUint32(offset + DIGEST_LOW, true);
  header.digestHigh = view.getUint32(offset + DIGEST_HIGH, true);
  for (let i = 0; i < HASH_BYTES; i++) header.previousHash[i] = bytes[offset + PREVIOUS_HASH + i];
}

/** Why a whole header cannot be right whatever came before it; '' when it can. */
export function headerContradiction(view: DataView, offset: number, header: FrameHeader): string {
  const version = view.getUint16(offset + VERSION, true);
  const leastVersion = view.getUint16(offset + LEAST_VERSION, true);
  if (leastVersion > FRAME_VERSION) return `it was written by a newer release (format version ${version})`;
  if (version !== FRAME_VERSION) return `format version ${version} is not known`;
  if (view.getUint16(offset + HEADER_LENGTH, true) !== FRAME_HEADER_BYTES) return 'the header length is wrong';
  if (header.frameLength > FRAME_BYTES_MAX || header.payloadLength > FRAME_BYTES_MAX) return 'the frame is too long';
  if (header.frameLength !== alignFrame(FRAME_HEADER_BYTES + header.payloadLength)) return 'its two lengths disagree';
  if ((header.flags & ~FLAGS_KNOWN) !== 0) return `flags ${header.flags} are not known`;
  if (header.recordCount === 0 && header.payloadLength !== 0) return 'it has a payload but no records';
  if ((header.flags & FLAGS_WITHOUT_RECORDS) !== 0 && header.recordCount !== 0) return 'a marker frame has records';
  if (!Number.isSafeInteger(header.number) || header.number < 1) return 'its frame number is not a number';
  if (!Number.isSafeInteger(header.firstSequence) || header.firstSequence < 1) return 'its sequence is not a number';
  if (!Number.isSafeInteger(header.timeUs) || header.timeUs < 0) return 'its time is not a number';
  if (!(header.durableFrame >= 0 && header.durableFrame < header.number)) return 'its durable frame is not before it';
  return '';
}

const ZEROS = Buffer.alloc(FRAME_ALIGNMENT);

/** Why the bytes behind a right header are not what was written; '' when they are. `bytes` holds the whole frame. */
export function bodyProblem(bytes: Buffer, view: DataView, offset: number, header: FrameHeader): string {
  const payloadStart = offset + FRAME_HEADER_BYTES;
  const payloadEnd = payloadStart + header.payloadLength;
  if (checksum(bytes.subarray(payloadStart, payloadEnd), header.salt) !== header.payloadCrc) {
    return 'the payload checksum is wrong';
  }
  const frameEnd = offset + header.frameLength;
  if (bytes.compare(ZEROS, 0, frameEnd - payloadEnd, payloadEnd, frameEnd) !== 0) return 'the padding is not zero';
  if (!recordsFill(view, payloadStart, payloadEnd, header.recordCount)) return 'the records do not fill the payload';
  return '';
}

/** True when `count` command records lie in the payload end to end. Allocates: nothing. */
export function recordsFill(view: DataView, payloadStart: number, payloadEnd: number, count: number): boolean {
  let at = payloadStart;
  for (let i = 0; i < count; i++) {
    if (at + COMMAND_FIXED_BYTES > payloadEnd) return false;
    const length = commandLength(view, at);
    if (length < COMMAND_FIXED_BYTES || (length & 7) !== 0) return false;
    at += length;
  }
  return at === payloadEnd;
}
