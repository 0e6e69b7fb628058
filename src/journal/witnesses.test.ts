// Witnesses of the last frame: a seal, the CONTROL file, a snapshot. With any of them its damage is refused; without, the same
// damage is cut as a torn write. And that no damage of CONTROL itself makes recovery say anything wrong.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DurablePoint } from '../wire/durable-point.ts';
import { checksum } from './checksum.ts';
import { CONTROL_SLOT_BYTES, encodeControlSlot, newestControlRecord } from './control-file.ts';
import { JournalDamage } from './errors.ts';
import { FrameFlag } from './frame.ts';
import type { JournalAnchor } from './frame-cursor.ts';
import {
  appendFrame,
  fillFrame,
  recoverAll,
  removeTemporaryDirectories,
  SMALL,
  temporaryDirectory,
} from './journal-fixture.ts';
import { JournalWriter } from './journal-writer.ts';
import { hearWitnesses, type LedgerWord } from './witnesses.ts';

afterEach(removeTemporaryDirectories);

const HEADER_BYTES = 128;

interface Written {
  readonly journal: string;
  readonly file: string;
  readonly control: string;
  /** Of the snapshot that recovery begins with. */
  anchor?: JournalAnchor;
  /** Where the last frame with records lies. */
  readonly lastOffset: number;
  /** What could be said of each frame, frame n at index n - 1. */
  readonly points: readonly DurablePoint[];
}

/** EPOCH_START and four frames with records, the second of which `variant` changes; then a seal, when asked. */
function write(options: { seal?: boolean; variant?: number; id?: number } = {}): Written {
  const directory = temporaryDirectory();
  const journal = join(directory, 'journal');
  const { position } = recoverAll(journal, { newJournalId: () => [options.id ?? 7, 8] }).recovered;
  const writer = JournalWriter.open(journal, position, { ...SMALL, segmentBytes: 48 << 10 });
  const points: DurablePoint[] = [];
  const note = () => {
    const { durableFrame: frame, nextSequence, epoch, journalIdHigh, journalIdLow, chain } = writer;
    points.push({ frame, sequence: nextSequence - 1, epoch, journalIdHigh, journalIdLow, chain, cleanShutdown: false });
  };
  note();
  let lastOffset = 0;
  for (const variant of [0, options.variant ?? 0, 0, 0]) {
    lastOffset = writer.bytesWritten;
    appendFrame(writer, 3, variant);
    note();
  }
  if (options.seal === true) {
    writer.append(0, 0, writer.nextSequence, writer.lastTimeUs, FrameFlag.SEAL);
    note();
  }
  writer.close(false);
  const [name = ''] = readdirSync(journal);
  return {
    journal,
    file: join(journal, name),
    control: join(directory, 'CONTROL'),
    lastOffset,
    points,
  };
}

const pointOf = ({ points }: Written, frame: number): DurablePoint => {
  const point = points[frame - 1];
  if (point === undefined) throw new Error(`frame ${frame} was not written`);
  return point;
};

/** CONTROL as it is after this frame and the one before were written down. */
const controlOf = (written: Written, frame: number): Buffer =>
  Buffer.concat([encodeControlSlot(9, pointOf(written, frame)), encodeControlSlot(8, pointOf(written, frame - 1))]);

const recover = ({ journal, control, anchor }: Written) =>
  recoverAll(journal, { anchor, witnesses: hearWitnesses(control).witnesses });

/** Flips bits of the last frame with records, one at a time, in its header and its payload. */
function* damages({ file, lastOffset }: Written): Generator<void> {
  const image = readFileSync(file);
  const payloadBytes = image.readUInt32LE(lastOffset + 12);
  for (let bit = 0; bit < (HEADER_BYTES + payloadBytes) * 8; bit += 7) {
    const damaged = Buffer.from(image);
    damaged[lastOffset + (bit >> 3)] ^= 1 << (bit & 7);
    writeFileSync(file, damaged);
    yield;
    expect(readFileSync(file).equals(damaged), 'a refused journal is left as it is').toBe(true);
  }
}

function requireRefused(written: Written, evidence: string): void {
  const site = { name: 'JournalDamage', file: written.file, offsetBytes: written.lastOffset, frame: 5, sequence: 10 };
  let refused = 0;
  for (const _ of damages(written)) {
    const refusal = refusalOf(written);
    expect(refusal).toMatchObject(site);
    expect(refusal.evidence).toContain(evidence);
    refused++;
  }
  expect(refused).toBeGreaterThan(300);
}

function refusalOf(written: Written): JournalDamage {
  try {
    recover(written);
  } catch (error) {
    if (error instanceof JournalDamage) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('damage of the last frame with records', () => {
  it('is refused behind a seal', () => {
    requireRefused(write({ seal: true }), 'stands a whole header of frame 6, which says that frame 5 was durable');
  });

  it('is refused by CONTROL alone', () => {
    const written = write();
    writeFileSync(written.control, controlOf(written, 5));
    requireRefused(written, `yet ${written.control} says that frame 5 was acknowledged`);
  });

  it('is refused by a snapshot alone', () => {
    const written = write();
    written.anchor = anchorAt(written, 5);
    requireRefused(written, 'yet the snapshot of frame 5 says that frame 5 was acknowledged');
  });

  it('NEGATIVE CONTROL: is cut where nobody has seen it', () => {
    for (const damage of [0, HEADER_BYTES + 24]) {
      const written = write();
      const image = readFileSync(written.file);
      image[written.lastOffset + damage] ^= 1;
      writeFileSync(written.file, image);
      expect(recover(written).recovered).toMatchObject({
        frames: 4,
        cut: { frame: 5, offsetBytes: written.lastOffset },
      });
    }
  });
});

describe('the ledger, asked before a torn tail is cut', () => {
  /** A torn last frame, and how often the ledger is asked for its word. */
  function recoverTorn(word: (written: Written) => Partial<LedgerWord> | undefined): { cut: boolean; asked: number } {
    const written = write();
    const image = readFileSync(written.file);
    image[written.lastOffset + HEADER_BYTES + 24] ^= 1;
    writeFileSync(written.file, image);
    let asked = 0;
    const askLedger = (): LedgerWord | undefined => {
      asked++;
      const said = word(written);
      return said && { ...pointOf(written, 4), ...said };
    };
    const { cut } = recoverAll(written.journal, { askLedger }).recovered;
    return { cut: cut !== undefined, asked };
  }

  it('has it refused when it holds a command of it, or knows its frame', () => {
    const sees = 'yet the ledger in Postgres holds commands through sequence';
    expect(() => recoverTorn((written) => pointOf(written, 5))).toThrow(`${sees} 12 and knows frame 5, so`);
    expect(() => recoverTorn(() => ({ sequence: 10, frame: 0 }))).toThrow(`${sees} 10, so this frame was acknowledged`);
    expect(() => recoverTorn(() => ({ frame: 5 }))).toThrow(`${sees} 9 and knows frame 5`);
  });

  it('has it cut when it knows no more than is there, is of another journal, or does not answer', () => {
    const cut = { cut: true, asked: 1 };
    expect(recoverTorn(() => ({}))).toEqual(cut);
    expect(recoverTorn(() => ({ sequence: 12, frame: 5, journalIdLow: 99 }))).toEqual(cut);
    expect(recoverTorn(() => undefined)).toEqual(cut);
  });

  it('is not asked where there is nothing to cut', () => {
    const askLedger = () => {
      throw new Error('it was asked');
    };
    expect(recoverAll(write().journal, { askLedger }).frames).toHaveLength(5);
    expect(recoverAll(join(temporaryDirectory(), 'journal'), { askLedger }).frames).toEqual([]);
  });
});

describe('a journal that ends too soon', () => {
  it('is refused when its last frames are gone without a trace', () => {
    const written = write({ seal: true });
    writeFileSync(written.control, controlOf(written, 6));
    const image = readFileSync(written.file);
    writeFileSync(written.file, image.fill(0, written.lastOffset));
    expect(() => recover(written)).toThrow('there are only zeros, yet');
    expect(readFileSync(written.file).equals(image)).toBe(true);
  });

  it('is refused when all segments are gone', () => {
    const written = write();
    writeFileSync(written.control, controlOf(written, 5));
    rmSync(written.file);
    expect(() => recover(written)).toThrow(`the segment file is missing, yet ${written.control} says that frame 5`);
    expect(readdirSync(written.journal)).toEqual([]);
    rmSync(written.control);
    expect(recover(written).recovered).toMatchObject({ frames: 0, position: { nextFrame: 1 } });
  });

  it('is not refused for a frame that CONTROL does not name yet', () => {
    const written = write();
    writeFileSync(written.control, controlOf(written, 4));
    expect(recover(written).frames).toHaveLength(5);
  });
});

describe('a witness of something else', () => {
  it('of another history of the same journal is a fork', () => {
    const written = write();
    const fork = write({ variant: 1 });
    for (const frame of [3, 4, 5]) {
      writeFileSync(written.control, controlOf(fork, frame));
      const hash = Buffer.from(pointOf(fork, frame).chain).toString('hex');
      const refusal = refusalOf(written);
      expect(refusal).toMatchObject({ file: written.file, frame, offsetBytes: (frame - 1) * 4096 });
      expect(refusal.evidence).toContain(`${written.control} says frame ${frame} has hash ${hash}, here it has`);
    }
    writeFileSync(written.control, controlOf(fork, 2)); // both histories have this one
    expect(recover(written).frames).toHaveLength(5);
  });

  it('of another journal is refused', () => {
    const written = write();
    writeFileSync(written.control, controlOf(write({ id: 70 }), 5));
    expect(() => recover(written)).toThrow(`${written.control} belongs to another journal`);
  });

  it('of a newer release is refused, not passed over', () => {
    const written = write();
    const newer = encodeControlSlot(10, pointOf(written, 5));
    newer.writeUInt16LE(2, 4);
    newer.writeUInt16LE(2, 6);
    newer.writeUInt32LE(checksum(newer.subarray(0, 4092), 0), 4092);
    writeFileSync(written.control, newer);
    expect(() => recover(written)).toThrow('it was written by a newer release (format version 2)');
  });
});

describe('a damaged CONTROL', () => {
  it('falls back to the other slot, whichever is torn at any byte', () => {
    const written = write();
    const whole = controlOf(written, 5);
    const older = Buffer.concat([encodeControlSlot(6, pointOf(written, 3)), encodeControlSlot(7, pointOf(written, 2))]);
    for (let length = 0; length < CONTROL_SLOT_BYTES; length++) {
      for (const [at, other] of [
        [0, 4],
        [CONTROL_SLOT_BYTES, 5],
      ] as const) {
        const torn = Buffer.from(whole);
        older.copy(torn, at + length, at + length, at + CONTROL_SLOT_BYTES);
        expect(newestControlRecord(torn)?.point.frame).toBe(other);
      }
    }
  });

  it('never says anything that was not written, whatever bit is flipped', () => {
    const written = write();
    const whole = controlOf(written, 5);
    const said = { 5: encodeControlSlot(9, pointOf(written, 5)), 4: encodeControlSlot(8, pointOf(written, 4)) };
    const counts = { 5: 0, 4: 0 };
    const flipped = Buffer.from(whole);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      flipped[bit >> 3] ^= 1 << (bit & 7);
      const newest = newestControlRecord(flipped);
      const frame = newest?.point.frame === 5 ? 5 : 4;
      const isTrue = newest !== undefined && encodeControlSlot(newest.counter, newest.point).equals(said[frame]);
      if (!isTrue) throw new Error(`bit ${bit}: ${JSON.stringify(newest)}`);
      counts[frame]++;
      flipped[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(counts).toEqual({ 5: CONTROL_SLOT_BYTES * 8, 4: CONTROL_SLOT_BYTES * 8 });
  });

  it('at worst is no witness: a sound journal is kept, a damaged last frame refused or cut', () => {
    const written = write();
    const whole = controlOf(written, 5);
    const image = readFileSync(written.file);
    const damaged = Buffer.from(image);
    damaged[written.lastOffset + 200] ^= 4;
    for (let bit = 0; bit < whole.length * 8; bit += 251) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(written.control, flipped);
      writeFileSync(written.file, image);
      expect(recover(written).recovered).toMatchObject({ frames: 5, cut: undefined });
      writeFileSync(written.file, damaged);
      if (bit >= CONTROL_SLOT_BYTES * 8) expect(() => recover(written)).toThrow('says that frame 5 was acknowledged');
      else expect(recover(written).recovered).toMatchObject({ frames: 4, cut: { frame: 5 } });
    }
  });

  it('is said when neither slot is whole, and nothing is said when there is no file', () => {
    const written = write();
    const hear = () => hearWitnesses(written.control);
    expect(hear()).toEqual({ witnesses: [], notes: [] });
    for (const useless of [
      Buffer.alloc(0),
      Buffer.alloc(2 * CONTROL_SLOT_BYTES),
      controlOf(written, 5).fill(1, 9, 4200),
    ]) {
      writeFileSync(written.control, useless);
      expect(hear()).toEqual({ witnesses: [], notes: [`${written.control} holds no slot that is whole`] });
    }
    rmSync(written.control);
    mkdirSync(written.control);
    expect(hear().notes).toEqual([expect.stringContaining('cannot be read: EISDIR')]);
  });
});

it('mode `os`: says what is synced only, which is everything after an orderly stop', () => {
  const directory = join(temporaryDirectory(), 'journal');
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, {
    ...SMALL,
    durability: 'os',
  });
  const told: boolean[] = [];
  while (writer.durableFrame < 12) {
    writer.append(fillFrame(writer, 1), 1, writer.nextSequence, writer.lastTimeUs + 1);
    told.push(writer.isSynced);
  }
  expect(told).not.toContain(true);
  writer.close(true);
  expect(writer.isSynced).toBe(true);
});

/** The frame as a snapshot's header would name it. */
function anchorAt(written: Written, frame: number): JournalAnchor {
  return { ...pointOf(written, frame), rulesVersion: SMALL.rulesVersion, timeUs: frame };
}
