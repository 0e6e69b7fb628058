// The CONTROL file: two slots, written in turn, that say through which frame the journal was on the disk. Format: JOURNAL.md,
// "CONTROL". Pure; any thread. A slot that is torn or damaged must never be believed, and never hide the other one.

import type { DurablePoint } from '../wire/durable-point.ts';
import { checksum } from './checksum.ts';
import { HASH_BYTES } from './frame.ts';

const MAGIC = 0;
const VERSION = 4;
const LEAST_VERSION = 6;
const COUNTER = 8;
const FRAME = 16;
const SEQUENCE = 24;
const EPOCH = 32;
const FLAGS = 36;
const JOURNAL_ID_HIGH = 40;
const JOURNAL_ID_LOW = 44;
const CHAIN = 48;
const CRC = 4092;

export const CONTROL_SLOT_BYTES = 4096;
const SLOTS = [0, 1] as const;
export type ControlSlot = (typeof SLOTS)[number];

/** The letters "RBCT". */
const CONTROL_MAGIC = 0x5443_4252;
export const CONTROL_VERSION = 1;
const CLEAN_SHUTDOWN = 1;

export interface ControlRecord {
  readonly slot: ControlSlot;
  /** Greater by one than in the slot written before. */
  readonly counter: number;
  readonly version: number;
  /** Only releases that know at least this version can tell what `point` says. */
  readonly leastVersion: number;
  readonly point: DurablePoint;
}

/** One slot, to be written at `slot * CONTROL_SLOT_BYTES`. */
export function encodeControlSlot(counter: number, point: DurablePoint): Buffer {
  const slot = Buffer.alloc(CONTROL_SLOT_BYTES);
  slot.writeUInt32LE(CONTROL_MAGIC, MAGIC);
  slot.writeUInt16LE(CONTROL_VERSION, VERSION);
  slot.writeUInt16LE(CONTROL_VERSION, LEAST_VERSION);
  slot.writeDoubleLE(counter, COUNTER);
  slot.writeDoubleLE(point.frame, FRAME);
  slot.writeDoubleLE(point.sequence, SEQUENCE);
  slot.writeUInt32LE(point.epoch, EPOCH);
  slot.writeUInt32LE(point.cleanShutdown ? CLEAN_SHUTDOWN : 0, FLAGS);
  slot.writeUInt32LE(point.journalIdHigh, JOURNAL_ID_HIGH);
  slot.writeUInt32LE(point.journalIdLow, JOURNAL_ID_LOW);
  slot.set(point.chain, CHAIN);
  slot.writeUInt32LE(checksum(slot.subarray(0, CRC), 0), CRC);
  return slot;
}

/** The newest slot of the file that is whole; undefined when none is. */
export function newestControlRecord(file: Buffer): ControlRecord | undefined {
  let newest: ControlRecord | undefined;
  for (const slot of SLOTS) {
    const record = decodeSlot(file, slot);
    if (record !== undefined && record.counter > (newest?.counter ?? 0)) newest = record;
  }
  return newest;
}

function decodeSlot(file: Buffer, slot: ControlSlot): ControlRecord | undefined {
  const bytes = file.subarray(slot * CONTROL_SLOT_BYTES, (slot + 1) * CONTROL_SLOT_BYTES);
  if (bytes.length < CONTROL_SLOT_BYTES || bytes.readUInt32LE(MAGIC) !== CONTROL_MAGIC) return undefined;
  if (bytes.readUInt32LE(CRC) !== checksum(bytes.subarray(0, CRC), 0)) return undefined;
  return {
    slot,
    counter: bytes.readDoubleLE(COUNTER),
    version: bytes.readUInt16LE(VERSION),
    leastVersion: bytes.readUInt16LE(LEAST_VERSION),
    point: {
      frame: bytes.readDoubleLE(FRAME),
      sequence: bytes.readDoubleLE(SEQUENCE),
      epoch: bytes.readUInt32LE(EPOCH),
      cleanShutdown: (bytes.readUInt32LE(FLAGS) & CLEAN_SHUTDOWN) !== 0,
      journalIdHigh: bytes.readUInt32LE(JOURNAL_ID_HIGH),
      journalIdLow: bytes.readUInt32LE(JOURNAL_ID_LOW),
      chain: bytes.subarray(CHAIN, CHAIN + HASH_BYTES),
    },
  };
}
