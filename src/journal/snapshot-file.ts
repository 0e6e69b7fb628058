// Snapshot files: an engine's state at a frame, written so that a file with a final name is always whole. Format: JOURNAL.md,
// "Snapshot file". The follower's thread writes, recovery and tools read. The body is the caller's and opaque here.
// Must never give a file its final name before it was read back and verified, nor remove one that a start may need.

import { join } from 'node:path';
import { assert } from '../assert.ts';
import { checksum, sha256 } from './checksum.ts';
import { SnapshotDamage } from './errors.ts';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
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
const HEADER_CRC = 156;
const HEADER_BYTES = 160;

/** The letters "RBSN". */
const SNAPSHOT_MAGIC = 0x4e53_4252;
const SNAPSHOT_VERSION = 1;
const EXTENSION = '.snap';
/** The newest ones, of which a start can use any. */
export const SNAPSHOTS_KEPT = 2;
const DIGEST_BYTES = 8;

export interface Snapshot {
  /** The frame after which the state was this. */
  readonly anchor: JournalAnchor;
  /** The state's digest, 16 hexadecimal digits. */
  readonly digest: string;
  readonly body: Uint8Array;
}

/** Of a snapshot's file: whole and synced under a name that does not count, or under its final one. */
export type SnapshotStep = 'part_written' | 'renamed';

/** Writes, verifies and publishes a snapshot. Throws SnapshotDamage when it does not read back. */
export function writeSnapshotFile(
  directory: string,
  snapshot: Snapshot,
  onStep: (step: SnapshotStep) => void = () => {},
): string {
  makeDirectory(directory);
  const path = snapshotPath(directory, snapshot.anchor.frame);
  const part = `${path}.part`;
  const fd = openSync(part, 'w');
  try {
    writeFully(fd, encodeHeader(snapshot));
    writeFully(fd, snapshot.body);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  onStep('part_written');
  const back = decode(part, readFileSync(part));
  if (Buffer.compare(back.body, snapshot.body) !== 0)
    throw new SnapshotDamage(part, 'it does not read back as written');
  renameSync(part, path);
  onStep('renamed');
  syncDirectory(directory);
  return path;
}

/** The frames of all snapshots that there are, whole or not, newest first. */
export function listSnapshots(directory: string): number[] {
  return existsSync(directory) ? listNumbered(directory, EXTENSION).numbers.reverse() : [];
}

/** The snapshot of a frame. Throws SnapshotDamage. */
export function readSnapshotFile(directory: string, frame: number): Snapshot {
  const path = snapshotPath(directory, frame);
  const snapshot = decode(path, readFileSync(path));
  if (snapshot.anchor.frame !== frame) throw new SnapshotDamage(path, `it is of frame ${snapshot.anchor.frame}`);
  return snapshot;
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
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(snapshotPath(directory, frame), 'r');
  try {
    readUpTo(fd, header, HEADER_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  const isWhole = header.readUInt32LE(HEADER_CRC) === checksum(header.subarray(0, HEADER_CRC), 0);
  return isWhole ? header.readDoubleLE(SEQUENCE) : Number.POSITIVE_INFINITY;
}

function encodeHeader(snapshot: Snapshot): Buffer {
  const { digest, body, anchor } = snapshot;
  assert(/^[0-9a-f]{16}$/.test(digest), 'a state digest has 16 hexadecimal digits');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(SNAPSHOT_MAGIC, MAGIC);
  header.writeUInt16LE(SNAPSHOT_VERSION, VERSION);
  header.writeUInt16LE(HEADER_BYTES, HEADER_LENGTH);
  header.writeDoubleLE(anchor.frame, FRAME);
  header.writeDoubleLE(anchor.sequence, SEQUENCE);
  header.writeDoubleLE(body.length, BODY_LENGTH);
  header.write(digest, DIGEST, 'hex');
  header.writeUInt32LE(anchor.journalIdHigh, JOURNAL_ID_HIGH);
  header.writeUInt32LE(anchor.journalIdLow, JOURNAL_ID_LOW);
  header.writeUInt32LE(anchor.epoch, EPOCH);
  header.writeUInt32LE(anchor.rulesVersion, RULES_VERSION);
  header.writeDoubleLE(anchor.timeUs, TIME_US);
  header.set(anchor.chain, CHAIN);
  header.set(sha256(body), BODY_HASH);
  header.writeUInt32LE(checksum(header.subarray(0, HEADER_CRC), 0), HEADER_CRC);
  return header;
}

function decode(path: string, file: Buffer): Snapshot {
  if (file.length < HEADER_BYTES) throw new SnapshotDamage(path, `only ${file.length} bytes`);
  if (file.readUInt32LE(MAGIC) !== SNAPSHOT_MAGIC) throw new SnapshotDamage(path, 'it is not a snapshot (magic)');
  if (file.readUInt32LE(HEADER_CRC) !== checksum(file.subarray(0, HEADER_CRC), 0)) {
    throw new SnapshotDamage(path, 'the header checksum is wrong');
  }
  const version = file.readUInt16LE(VERSION);
  if (version !== SNAPSHOT_VERSION) throw new SnapshotDamage(path, `format version ${version} is not known`);
  const body = file.subarray(HEADER_BYTES);
  if (file.readDoubleLE(BODY_LENGTH) !== body.length) throw new SnapshotDamage(path, 'the length is wrong');
  if (Buffer.compare(sha256(body), file.subarray(BODY_HASH, BODY_HASH + HASH_BYTES)) !== 0) {
    throw new SnapshotDamage(path, 'the SHA-256 of the body is wrong');
  }
  return {
    digest: file.toString('hex', DIGEST, DIGEST + DIGEST_BYTES),
    body,
    anchor: {
      frame: file.readDoubleLE(FRAME),
      sequence: file.readDoubleLE(SEQUENCE),
      journalIdHigh: file.readUInt32LE(JOURNAL_ID_HIGH),
      journalIdLow: file.readUInt32LE(JOURNAL_ID_LOW),
      epoch: file.readUInt32LE(EPOCH),
      rulesVersion: file.readUInt32LE(RULES_VERSION),
      timeUs: file.readDoubleLE(TIME_US),
      chain: file.subarray(CHAIN, CHAIN + HASH_BYTES),
    },
  };
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(fd, bytes, at, bytes.length - at);
    assert(written > 0, 'a snapshot write makes progress');
    at += written;
  }
}
