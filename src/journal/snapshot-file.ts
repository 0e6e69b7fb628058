// Snapshot files: an engine's state at a frame, written so that a file with a final name is always whole. Format: JOURNAL.md,
// "Snapshot file". The snapshot thread writes, recovery and tools read. The body is the caller's and opaque here; it passes
// piece by piece, so that it may be larger than a buffer can be.
// Must never give a file its final name before it was read back and verified, nor remove one that a start may need.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../assert.ts';
import { type ByteSink, type ByteSource, SnapshotError } from '../domain/snapshot/snapshot.ts';
import { checksum } from './checksum.ts';
import { SnapshotDamage } from './errors.ts';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from './file-system.ts';
import { HASH_BYTES } from './frame.ts';
import { type JournalAnchor, readUpTo } from './frame-cursor.ts';
import { listNumbered, numberedName, syncDirectory } from './numbered-files.ts';
import { makeDirectory } from './segment-files.ts';

const MAGIC = 0;
const VERSION = 4;
const HEADER_LENGTH = 6;
const FRAME = 8;
const SEQUENCE = 16;
const BODY_LENGTH = 24;
const DIGEST = 32;
const JOURNAL_ID_HIGH = 40;
const JOURNAL_ID_LOW = 44;
const EPOCH = 48;
const RULES_VERSION = 52;
const TIME_US = 56;
const CHAIN = 64;
const BODY_HASH = 96;
/** 1: the two words behind it are the running digest; 0, as in files of releases without one: it is not known. */
const HAS_RUNNING_DIGEST = 128;
const RUNNING_LOW = 132;
const RUNNING_HIGH = 136;
const HEADER_CRC = 156;
const HEADER_BYTES = 160;

/** The letters "RBSN". */
const SNAPSHOT_MAGIC = 0x4e53_4252;
const SNAPSHOT_VERSION = 1;
const EXTENSION = '.snap';
/** The newest ones, of which a start can use any. */
export const SNAPSHOTS_KEPT = 2;
const DIGEST_BYTES = 8;
/** Read at once to verify a body that nobody wants. */
const PIECE_BYTES = 65_536;

/** A running digest (running-digest.ts): two words of 32 bits. */
interface DigestWords {
  readonly high: number;
  readonly low: number;
}

/** What a snapshot's file says of its body. */
export interface SnapshotHead {
  /** The frame after which the state was this. */
  readonly anchor: JournalAnchor;
  /** The state's digest, 16 hexadecimal digits. */
  readonly digest: string;
  /** Of what was told through that frame; undefined when it is not known. */
  readonly runningDigest?: DigestWords | undefined;
  readonly bodyBytes: number;
}

export interface Snapshot<Body> extends SnapshotHead {
  readonly body: Body;
}

/** What a snapshot is made of. */
export interface SnapshotBody {
  readonly runningDigest?: DigestWords | undefined;
  /** Hands all bytes on, piece by piece, and returns the state's digest. */
  readonly write: (sink: ByteSink) => string;
  /** Reads them back from the disk; throws when they are not what they should be. */
  readonly check: (source: ByteSource, digest: string) => void;
}

/** Of a snapshot's file: whole and synced under a name that does not count, or under its final one. */
export type SnapshotStep = 'part_written' | 'renamed';

/**
 * Writes, verifies and publishes a snapshot. Throws SnapshotDamage when it does not read back, and what `body` and the disk
 * throw: then nothing is left of it.
 */
export function writeSnapshotFile(
  directory: string,
  anchor: JournalAnchor,
  body: SnapshotBody,
  onStep: (step: SnapshotStep) => void = () => {},
): SnapshotHead {
  makeDirectory(directory);
  const path = snapshotPath(directory, anchor.frame);
  const part = `${path}.part`;
  try {
    writePart(part, anchor, body);
    onStep('part_written');
    const snapshot = readWhole(part, (source, { digest }) => body.check(source, digest));
    renameSync(part, path);
    onStep('renamed');
    syncDirectory(directory);
    return snapshot;
  } catch (error) {
    removePart(part);
    throw error;
  }
}

function writePart(part: string, anchor: JournalAnchor, body: SnapshotBody): void {
  const fd = openSync(part, 'w');
  try {
    const hash = createHash('sha256');
    let bodyBytes = 0;
    // The header is written last: it says what only the whole body tells.
    writeFully(fd, Buffer.alloc(HEADER_BYTES), 0);
    const digest = body.write((bytes) => {
      hash.update(bytes);
      writeFully(fd, bytes, HEADER_BYTES + bodyBytes);
      bodyBytes += bytes.length;
    });
    writeFully(fd, encodeHeader({ anchor, digest, runningDigest: body.runningDigest, bodyBytes }, hash.digest()), 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As far as the disk lets it: what failed before is what the caller is told. */
function removePart(part: string): void {
  try {
    rmSync(part, { force: true });
  } catch {
    // The next snapshot that succeeds removes it.
  }
}

/** The frames of all snapshots that there are, whole or not, newest first. */
export function listSnapshots(directory: string): number[] {
  return existsSync(directory) ? listNumbered(directory, EXTENSION).numbers.reverse() : [];
}

/**
 * The snapshot of a frame: its body is what `readBody` makes of the bytes, all of which are verified, read or not. What it
 * makes of them counts only once this has returned. Throws SnapshotDamage, also for a SnapshotError that `readBody` throws.
 */
export function readSnapshotFile<Body>(
  directory: string,
  frame: number,
  readBody: (source: ByteSource, head: SnapshotHead) => Body,
): Snapshot<Body> {
  return ofFrame(frame, snapshotPath(directory, frame), (path) => readWhole(path, readBody));
}

/** What the file of a frame says of its body, which is verified. Throws SnapshotDamage. */
export function verifySnapshotFile(directory: string, frame: number): SnapshotHead {
  return readSnapshotFile(directory, frame, () => undefined);
}

/** What the file of a frame says of its body, which is not looked at. Throws SnapshotDamage. */
export function readSnapshotHead(directory: string, frame: number): SnapshotHead {
  return ofFrame(frame, snapshotPath(directory, frame), (path) => withFile(path, (fd) => readHead(path, fd)));
}

/**
 * Removes what is needed no more: all but the two newest and the one behind which the ledger goes on after a start, the newest
 * at or below `ledgerSequence`, or else the oldest: when it is not known where the ledger is, that one is nearest. And what
 * unfinished writes have left.
 */
export function removeOldSnapshots(directory: string, ledgerSequence: number): void {
  const frames = listSnapshots(directory);
  const forLedger = frames.find((frame) => sequenceOf(directory, frame) <= ledgerSequence) ?? frames.at(-1);
  for (const [age, frame] of frames.entries()) {
    if (age >= SNAPSHOTS_KEPT && frame !== forLedger) rmSync(snapshotPath(directory, frame));
  }
  for (const name of readdirSync(directory)) if (name.endsWith(`${EXTENSION}.part`)) rmSync(join(directory, name));
}

export function snapshotPath(directory: string, frame: number): string {
  return join(directory, numberedName(frame, EXTENSION));
}

/** The sequence that a snapshot's header names; greater than any when the header is not whole. */
function sequenceOf(directory: string, frame: number): number {
  try {
    return readSnapshotHead(directory, frame).anchor.sequence;
  } catch (error) {
    if (error instanceof SnapshotDamage) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function ofFrame<Head extends SnapshotHead>(frame: number, path: string, read: (path: string) => Head): Head {
  const head = read(path);
  if (head.anchor.frame !== frame) throw new SnapshotDamage(path, `it is of frame ${head.anchor.frame}`);
  return head;
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readWhole<Body>(path: string, readBody: (source: ByteSource, head: SnapshotHead) => Body): Snapshot<Body> {
  return withFile(path, (fd) => {
    const { bodyHash, ...head } = readHead(path, fd);
    const source = new BodySource(path, fd, head.bodyBytes);
    try {
      const body = readBody(source, head);
      source.requireHash(bodyHash);
      return { ...head, body };
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      // Bytes that are not as they were written explain whatever their reader objects to.
      source.requireHash(bodyHash);
      throw new SnapshotDamage(path, error.message);
    }
  });
}

/** The body of an open file, piece by piece, each hashed while the caches have it. */
class BodySource implements ByteSource {
  readonly length: number;
  readonly #path: string;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #offset = 0;

  constructor(path: string, fd: number, length: number) {
    this.#path = path;
    this.#fd = fd;
    this.length = length;
  }

  read = (target: Uint8Array, from: number, to: number): void => {
    const piece = target.subarray(from, to);
    if (readUpTo(this.#fd, piece, piece.length, HEADER_BYTES + this.#offset) < piece.length) {
      throw new SnapshotDamage(this.#path, 'it ends while it is read');
    }
    this.#hash.update(piece);
    this.#offset += piece.length;
  };

  /** Reads what is left. Throws SnapshotDamage when the whole has another hash. Once only. */
  requireHash(expected: Uint8Array): void {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, this.length - this.#offset));
    while (this.#offset < this.length) this.read(piece, 0, Math.min(piece.length, this.length - this.#offset));
    if (Buffer.compare(this.#hash.digest(), expected) !== 0) {
      throw new SnapshotDamage(this.#path, 'the SHA-256 of the body is wrong');
    }
  }
}

function encodeHeader({ anchor, digest, runningDigest, bodyBytes }: SnapshotHead, bodyHash: Uint8Array): Buffer {
  assert(/^[0-9a-f]{16}$/.test(digest), 'a state digest has 16 hexadecimal digits');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(SNAPSHOT_MAGIC, MAGIC);
  header.writeUInt16LE(SNAPSHOT_VERSION, VERSION);
  header.writeUInt16LE(HEADER_BYTES, HEADER_LENGTH);
  header.writeDoubleLE(anchor.frame, FRAME);
  header.writeDoubleLE(anchor.sequence, SEQUENCE);
  header.writeDoubleLE(bodyBytes, BODY_LENGTH);
  header.write(digest, DIGEST, 'hex');
  header.writeUInt32LE(anchor.journalIdHigh, JOURNAL_ID_HIGH);
  header.writeUInt32LE(anchor.journalIdLow, JOURNAL_ID_LOW);
  header.writeUInt32LE(anchor.epoch, EPOCH);
  header.writeUInt32LE(anchor.rulesVersion, RULES_VERSION);
  header.writeDoubleLE(anchor.timeUs, TIME_US);
  header.set(anchor.chain, CHAIN);
  header.set(bodyHash, BODY_HASH);
  if (runningDigest !== undefined) {
    header.writeUInt32LE(1, HAS_RUNNING_DIGEST);
    header.writeUInt32LE(runningDigest.low, RUNNING_LOW);
    header.writeUInt32LE(runningDigest.high, RUNNING_HIGH);
  }
  header.writeUInt32LE(checksum(header.subarray(0, HEADER_CRC), 0), HEADER_CRC);
  return header;
}

function readHead(path: string, fd: number): SnapshotHead & { readonly bodyHash: Uint8Array } {
  const header = Buffer.alloc(HEADER_BYTES);
  const bytes = readUpTo(fd, header, HEADER_BYTES, 0);
  if (bytes < HEADER_BYTES) throw new SnapshotDamage(path, `only ${bytes} bytes`);
  if (header.readUInt32LE(MAGIC) !== SNAPSHOT_MAGIC) throw new SnapshotDamage(path, 'it is not a snapshot (magic)');
  if (header.readUInt32LE(HEADER_CRC) !== checksum(header.subarray(0, HEADER_CRC), 0)) {
    throw new SnapshotDamage(path, 'the header checksum is wrong');
  }
  const version = header.readUInt16LE(VERSION);
  if (version !== SNAPSHOT_VERSION) throw new SnapshotDamage(path, `format version ${version} is not known`);
  const bodyBytes = header.readDoubleLE(BODY_LENGTH);
  if (HEADER_BYTES + bodyBytes !== fstatSync(fd).size) throw new SnapshotDamage(path, 'the length is wrong');
  const running = { high: header.readUInt32LE(RUNNING_HIGH), low: header.readUInt32LE(RUNNING_LOW) };
  return {
    digest: header.toString('hex', DIGEST, DIGEST + DIGEST_BYTES),
    runningDigest: header.readUInt32LE(HAS_RUNNING_DIGEST) === 1 ? running : undefined,
    bodyBytes,
    bodyHash: header.subarray(BODY_HASH, BODY_HASH + HASH_BYTES),
    anchor: {
      frame: header.readDoubleLE(FRAME),
      sequence: header.readDoubleLE(SEQUENCE),
      journalIdHigh: header.readUInt32LE(JOURNAL_ID_HIGH),
      journalIdLow: header.readUInt32LE(JOURNAL_ID_LOW),
      epoch: header.readUInt32LE(EPOCH),
      rulesVersion: header.readUInt32LE(RULES_VERSION),
      timeUs: header.readDoubleLE(TIME_US),
      chain: header.subarray(CHAIN, CHAIN + HASH_BYTES),
    },
  };
}

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(fd, bytes, at, bytes.length - at, position + at);
    assert(written > 0, 'a snapshot write makes progress');
    at += written;
  }
}
