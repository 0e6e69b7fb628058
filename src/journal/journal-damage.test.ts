// Damage: every truncation and every bit flip of a small journal is either refused or cut exactly as JOURNAL.md says, never
// silently wrong. The negative controls take a checksum away and require that the same tests then notice.

import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { alignFrame, frameHash } from './frame.ts';
import { appendFrame, recoverAll, removeTemporaryDirectories, SMALL, temporaryDirectory } from './journal-fixture.ts';
import { JournalWriter } from './journal-writer.ts';
import type { RecoverOptions } from './recover.ts';

afterEach(removeTemporaryDirectories);
afterAll(() => vi.doUnmock('./checksum.ts'));

type Modules = {
  recoverAll: typeof recoverAll;
  appendFrame: typeof appendFrame;
  JournalWriter: typeof JournalWriter;
};
const REAL: Modules = { recoverAll, appendFrame, JournalWriter };

/** Room for the journal below without a SEGMENT_END, and some blocks that stay unused. */
const ONE_SEGMENT = { ...SMALL, segmentBytes: 48 << 10 };
const ZEROS = Buffer.alloc(ONE_SEGMENT.segmentBytes);
const FIRST = '00000000000000000001.wal';
const HEADER_BYTES = 128;
/** Payload of the last frame reaches into its second block. */
const LAST_FRAME_RECORDS = 40;

interface SmallJournal {
  readonly directory: string;
  readonly file: string;
  /** The file as written. */
  readonly image: Buffer;
  readonly frames: string[];
  /** Where each frame begins, and where the last one ends. */
  readonly offsets: number[];
  /** Length of the header and payload of each frame. */
  readonly contents: number[];
}

/** One segment: EPOCH_START, three short frames, one of two blocks. `variant` changes the prices in frame 4. */
function smallJournal(modules: Modules = REAL, variant = 0): SmallJournal {
  const directory = temporaryDirectory();
  const { position } = modules.recoverAll(directory, { newJournalId: () => [0x1234_5678, 0x9abc_def0] }).recovered;
  const writer = modules.JournalWriter.open(directory, position, ONE_SEGMENT);
  const offsets = [0, 4096];
  const contents = [HEADER_BYTES];
  for (const records of [2, 3, 1, LAST_FRAME_RECORDS]) {
    modules.appendFrame(writer, records, records === 1 ? variant : 0);
    offsets.push(writer.bytesWritten);
  }
  writer.close(false);
  const file = join(directory, FIRST);
  const image = readFileSync(file);
  for (let i = 1; i < 5; i++) contents.push(HEADER_BYTES + image.readUInt32LE((offsets[i] ?? 0) + 12));
  return { directory, file, image, frames: modules.recoverAll(directory).frames, offsets, contents };
}

interface Outcome {
  readonly kind: 'refused' | 'cut' | 'whole';
  /** Frames delivered; for a refusal, the number of the refused frame. */
  readonly frames: number;
  readonly cutOffset: number;
  readonly cutBytes: number;
  readonly message: string;
}

/** Writes `bytes` as the journal's file, recovers and judges. Throws when the outcome is wrong without saying so. */
function outcomeOf(
  journal: SmallJournal,
  bytes: Buffer,
  options: Partial<RecoverOptions> = {},
  modules = REAL,
): Outcome {
  writeFileSync(journal.file, bytes);
  const none = { cutOffset: -1, cutBytes: 0, message: '' };
  let result: ReturnType<typeof recoverAll>;
  try {
    result = modules.recoverAll(journal.directory, options);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'JournalDamage' || !('frame' in error)) throw error;
    if (!readFileSync(journal.file).equals(bytes)) throw new Error('silently wrong: a refused journal was changed');
    return { ...none, kind: 'refused', frames: Number(error.frame), message: error.message };
  }
  const { frames, recovered } = result;
  const isPrefix = frames.every((frame, i) => frame === journal.frames[i]);
  if (!isPrefix) throw new Error('silently wrong: frames differ from what was written');
  const { cut, position } = recovered;
  if (position.nextFrame !== frames.length + 1)
    throw new Error('silently wrong: the position is not behind the frames');
  const after = readFileSync(journal.file);
  if (!after.subarray(position.offsetBytes).equals(ZEROS.subarray(0, after.length - position.offsetBytes))) {
    throw new Error('silently wrong: the tail is not clean');
  }
  if (!after.subarray(0, position.offsetBytes).equals(journal.image.subarray(0, position.offsetBytes))) {
    throw new Error('silently wrong: a frame was changed');
  }
  if (cut === undefined) return { ...none, kind: 'whole', frames: frames.length };
  return { kind: 'cut', frames: frames.length, cutOffset: cut.offsetBytes, cutBytes: cut.bytes, message: cut.evidence };
}

function lastNonZero(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

/** Like toMatchObject, for thousands of cases. */
function requireOutcome(outcome: Outcome, expected: Partial<Outcome>, at: number): void {
  const { kind, frames, cutOffset, cutBytes } = { ...outcome, ...expected };
  const isAsExpected =
    outcome.kind === kind &&
    outcome.frames === frames &&
    outcome.cutOffset === cutOffset &&
    outcome.cutBytes === cutBytes;
  if (!isAsExpected) throw new Error(`at ${at}: ${JSON.stringify(outcome)}, expected ${JSON.stringify(expected)}`);
}

/** What a journal must come back as whose last frame reached the disk only up to byte `end`. */
function expectedAfterTear(journal: SmallJournal, end: number): Partial<Outcome> {
  const start = journal.offsets[4] ?? 0;
  const content = lastNonZero(journal.image, start, start + (journal.contents[4] ?? 0));
  if (end >= content) return { kind: 'whole', frames: 5 };
  const dirtyEnd = lastNonZero(journal.image, start, end);
  if (dirtyEnd === start) return { kind: 'whole', frames: 4 };
  return { kind: 'cut', frames: 4, cutOffset: start, cutBytes: alignFrame(dirtyEnd - start) };
}

it('cuts or keeps the last frame at every offset the file can end at', () => {
  const journal = smallJournal();
  const [start = 0, end = 0] = journal.offsets.slice(4);
  expect(end - start).toBe(8192);
  for (let length = start; length <= end; length++) {
    requireOutcome(outcomeOf(journal, journal.image.subarray(0, length)), expectedAfterTear(journal, length), length);
  }
});

it('cuts or keeps the last frame at every offset a write can stop at, and goes on', () => {
  const journal = smallJournal();
  const [start = 0, end = 0] = journal.offsets.slice(4);
  for (let length = start; length <= end; length++) {
    const torn = Buffer.from(journal.image);
    torn.fill(0, length);
    requireOutcome(outcomeOf(journal, torn), expectedAfterTear(journal, length), length);
    if (length % 256 !== 0) continue;
    const { position } = recoverAll(journal.directory).recovered;
    const writer = JournalWriter.open(journal.directory, position, ONE_SEGMENT);
    appendFrame(writer, LAST_FRAME_RECORDS);
    writer.close(true);
    const { recovered, frames } = recoverAll(journal.directory);
    expect(recovered).toMatchObject({ cut: undefined, cleanShutdown: true });
    expect(frames.slice(0, 4)).toEqual(journal.frames.slice(0, 4));
    for (const name of readdirSync(journal.directory)) if (name !== FIRST) rmSync(join(journal.directory, name));
  }
});

it('cuts a last frame of which any subset of sectors arrived', () => {
  const journal = smallJournal();
  const [start = 0, end = 0] = journal.offsets.slice(4);
  const random = new Random(31);
  for (let round = 0; round < 1000; round++) {
    const torn = Buffer.from(journal.image);
    for (let sector = start; sector < end; sector += 512) if (random.below(2) === 0) torn.fill(0, sector, sector + 512);
    const isWhole = torn.equals(journal.image);
    const isAbsent = lastNonZero(torn, start, end) === start;
    const expected = isWhole || isAbsent ? 'whole' : 'cut';
    expect(outcomeOf(journal, torn)).toMatchObject({ kind: expected, frames: isWhole ? 5 : 4 });
  }
});

/** Recovery hears someone who has seen this frame of the small journal, or says so. */
function seen(journal: SmallJournal, frame: number): Partial<RecoverOptions> {
  const payloadLength = (journal.contents[frame - 1] ?? HEADER_BYTES) - HEADER_BYTES;
  const chain = frameHash(journal.image, journal.offsets[frame - 1] ?? 0, payloadLength);
  const journalId = { journalIdHigh: 0x1234_5678, journalIdLow: 0x9abc_def0 };
  return { witnesses: [{ name: 'Witness', provesSync: true, frame, ...journalId, chain }] };
}

it('keeps a proven last frame: a tear is refused when a witness has seen it', () => {
  const journal = smallJournal();
  const start = journal.offsets[4] ?? 0;
  for (const length of [0, 1, 127, 128, 2000, 4096]) {
    const torn = Buffer.from(journal.image);
    torn.fill(0, start + length);
    expect(outcomeOf(journal, torn, seen(journal, 5))).toMatchObject({ kind: 'refused', frames: 5 });
  }
  expect(outcomeOf(journal, journal.image, seen(journal, 5))).toMatchObject({ kind: 'whole', frames: 5 });
  expect(outcomeOf(journal, journal.image, seen(journal, 6))).toMatchObject({ kind: 'refused', frames: 6 });
});

/** RINGBOOK_EVERY_BIT=1: all of them, in some minutes. */
const EVERY_BIT = process.env.RINGBOOK_EVERY_BIT === '1';
const TIMEOUT_MS = EVERY_BIT ? 3_600_000 : 60_000;

/** Bits to flip: all of the headers, and every `elseEvery`-th elsewhere: payload, padding, the unused rest. */
function* bitsToFlip(journal: SmallJournal, elseEvery: number): Generator<number> {
  const { image, offsets } = journal;
  for (let bit = 0; bit < image.length * 8; bit++) {
    const byte = bit >> 3;
    const frame = offsets.findLastIndex((offset) => offset <= byte);
    const isHeader = frame < 5 && byte < (offsets[frame] ?? 0) + HEADER_BYTES;
    if (isHeader || bit % elseEvery === 0) yield bit;
  }
}

/** Flips each bit by itself; returns how often each outcome came. Throws on a silently wrong one. */
function flipBits(journal: SmallJournal, bits: Iterable<number>, modules = REAL): { refused: number; cut: number } {
  const counts = { refused: 0, cut: 0 };
  const bytes = Buffer.from(journal.image);
  for (const bit of bits) {
    const mask = 1 << (bit & 7);
    bytes[bit >> 3] ^= mask;
    const outcome = outcomeOf(journal, bytes, {}, modules);
    bytes[bit >> 3] ^= mask;
    const hit = journal.offsets.findLastIndex((offset) => offset <= bit >> 3) + 1;
    const expected = hit < 5 ? { kind: 'refused', frames: hit } : { kind: 'cut', frames: hit - 1 };
    if (outcome.kind !== expected.kind || outcome.frames !== expected.frames) {
      throw new Error(`bit ${bit} in frame ${hit}: ${JSON.stringify(outcome)}`);
    }
    if (hit < 5) counts.refused++;
    else counts.cut++;
  }
  return counts;
}

it('refuses or cuts flipped bits', { timeout: TIMEOUT_MS }, () => {
  const journal = smallJournal();
  const counts = flipBits(journal, bitsToFlip(journal, EVERY_BIT ? 1 : 131));
  process.stderr.write(`flipped bits: ${counts.refused} refused, ${counts.cut} cut\n`);
  expect(counts.refused).toBeGreaterThan(4 * 1024);
  expect(counts.cut).toBeGreaterThan(1024);
});

it('refuses every flipped bit of a frame that is proven', { timeout: TIMEOUT_MS }, () => {
  const journal = smallJournal();
  const bytes = Buffer.from(journal.image);
  for (let bit = (journal.offsets[4] ?? 0) * 8; bit < (journal.offsets[5] ?? 0) * 8; bit += EVERY_BIT ? 1 : 61) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    expect(outcomeOf(journal, bytes, seen(journal, 5))).toMatchObject({ kind: 'refused', frames: 5 });
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
});

it('refuses zeroed, swapped and misplaced blocks', () => {
  const journal = smallJournal();
  const block = (index: number) => journal.image.subarray(index * 4096, (index + 1) * 4096);
  for (let frame = 1; frame <= 4; frame++) {
    const zeroed = Buffer.from(journal.image);
    zeroed.fill(0, (frame - 1) * 4096, frame * 4096);
    expect(outcomeOf(journal, zeroed)).toMatchObject({ kind: 'refused', frames: frame });
  }
  for (let a = 0; a < 9; a++) {
    for (let b = a + 1; b < 9; b++) {
      const swapped = Buffer.from(journal.image);
      block(b).copy(swapped, a * 4096);
      block(a).copy(swapped, b * 4096);
      const outcome = outcomeOf(journal, swapped);
      // Swaps of two unused blocks change nothing; the second block of the last frame is only missed by that frame.
      if (a >= 6) expect(outcome).toMatchObject({ kind: 'whole', frames: 5 });
      else if (a === 5) expect(outcome).toMatchObject({ kind: 'cut', frames: 4 });
      else expect(outcome).toMatchObject({ kind: 'refused', frames: a + 1 });
      const misplaced = Buffer.from(journal.image);
      block(a).copy(misplaced, b * 4096);
      if (a < 5) expect(outcomeOf(journal, misplaced)).toMatchObject({ kind: 'refused' });
    }
  }
});

it('begins anew when not even the first frame was completed', () => {
  const journal = smallJournal();
  for (const length of [1, 127, 128, 4096]) {
    const torn = Buffer.alloc(journal.image.length);
    journal.image.copy(torn, 0, 0, length);
    torn[100] ^= length === 1 ? 0 : 1;
    writeFileSync(journal.file, torn);
    const { recovered } = recoverAll(journal.directory, { newJournalId: () => [1, 2] });
    expect(recovered).toMatchObject({ frames: 0, cut: { frame: 1, offsetBytes: 0, bytes: 4096 } });
    expect(recovered.position).toMatchObject({ nextFrame: 1, journalIdHigh: 1, journalIdLow: 2, offsetBytes: 0 });
    JournalWriter.open(journal.directory, recovered.position, ONE_SEGMENT).close(true);
    expect(recoverAll(journal.directory).recovered).toMatchObject({ frames: 2, cleanShutdown: true, cut: undefined });
  }
});

/** A journal of several segments; returns its directory and its files. */
function longJournal(frames = 60): { directory: string; files: string[] } {
  const directory = temporaryDirectory();
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
  for (let i = 0; i < frames; i++) appendFrame(writer, 40);
  writer.close(false);
  return { directory, files: readdirSync(directory).sort() };
}

it('refuses missing, empty, duplicate, foreign and misnamed segment files', () => {
  const changes: Array<[string, (path: (index: number) => string, other: string) => void]> = [
    ['the segment file of frame 1 is missing', (path) => rmSync(path(0))],
    ['the segment file is missing, yet a later segment file exists', (path) => rmSync(path(2))],
    ['the segment file is empty', (path) => writeFileSync(path(1), '')],
    ['the segment file is empty', (path) => writeFileSync(path(-1), '')],
    ['yet a later segment file exists', (path) => writeFileSync(path(2), Buffer.alloc(64 << 10))],
    ['stands here', (path) => copyFileSync(path(0), path(1))],
    ['stands here', (path) => copyFileSync(path(1), path(-1))],
    ['the frames it should hold are in', (path) => copyFileSync(path(1), path(1).replace(/..\.wal$/, '11.wal'))],
    ['a later segment file exists', (path) => copyFileSync(path(1), path(1).replace(/00(..)\.wal$/, '99$1.wal'))],
    ['is not the name of a segment file', (path) => copyFileSync(path(1), path(1).replace('.wal', ' copy.wal'))],
    ['the frame belongs to another journal', (path, other) => copyFileSync(other, path(2))],
    ['the frame belongs to another journal', (path, other) => copyFileSync(other, path(-1))],
    ['stands here', (path) => swap(path(1), path(2))],
  ];
  for (const [evidence, change] of changes) {
    const { directory, files } = longJournal();
    expect(files.length).toBeGreaterThan(5);
    const foreign = longJournal();
    const path = (index: number) => join(directory, files.at(index) ?? '');
    change(path, join(foreign.directory, foreign.files.at(2) ?? ''));
    const before = contentsOf(directory);
    expect(() => recoverAll(directory)).toThrow(evidence);
    expect(contentsOf(directory)).toBe(before);
  }
});

/** Names and bytes of all files, hashed. */
function contentsOf(directory: string): string {
  const all = createHash('sha256');
  for (const name of readdirSync(directory).sort()) all.update(name).update(readFileSync(join(directory, name)));
  return all.digest('hex');
}

function swap(a: string, b: string): void {
  renameSync(a, `${a}.kept`);
  renameSync(b, a);
  renameSync(`${a}.kept`, b);
}

it('says in mode os what a power cut may take, and cuts it', () => {
  const directory = temporaryDirectory();
  const { position } = recoverAll(directory).recovered;
  const writer = JournalWriter.open(directory, position, { ...SMALL, durability: 'os' });
  for (let i = 0; i < 4; i++) appendFrame(writer, 2);
  writer.close(false);
  const file = join(directory, FIRST);
  const image = readFileSync(file);
  image.fill(0, 3 * 4096, 4 * 4096); // frame 4 never reached the disk, frame 5 did
  writeFileSync(file, image);
  const { recovered } = recoverAll(directory);
  expect(recovered).toMatchObject({ frames: 3, cut: { frame: 4, offsetBytes: 3 * 4096, bytes: 2 * 4096 } });
  const next = JournalWriter.open(directory, recovered.position, SMALL);
  next.close(true);
  expect(recoverAll(directory).recovered).toMatchObject({ frames: 5, cut: undefined });
});

/** Frame 4 as another history wrote it: intact, right number, time and place. A write that was lost leaves such a block. */
function withStaleFrame(modules: Modules): Outcome {
  const journal = smallJournal(modules);
  const [, , , start = 0, end = 0] = journal.offsets;
  const fork = smallJournal(modules, 1);
  const mixed = Buffer.from(journal.image);
  fork.image.copy(mixed, start, start, end);
  return outcomeOf(journal, mixed, {}, modules);
}

it('refuses an intact frame of another history', () => {
  expect(withStaleFrame(REAL)).toMatchObject({ kind: 'refused' });
});

/** The journal's modules with a checksum that finds nothing; `broken` replaces one of the two. */
async function withBroken(broken: { checksum?: () => number; sha256?: () => Uint8Array }): Promise<Modules> {
  vi.resetModules();
  vi.doMock('./checksum.ts', async (original) => ({ ...(await original<object>()), ...broken }));
  const [fixture, writer] = await Promise.all([import('./journal-fixture.ts'), import('./journal-writer.ts')]);
  vi.doUnmock('./checksum.ts');
  return { ...fixture, ...writer };
}

it('NEGATIVE CONTROL: without the CRC flipped bits go unnoticed, and these tests say so', async () => {
  const modules = await withBroken({ checksum: () => 0 });
  const journal = smallJournal(modules);
  expect(journal.frames).toHaveLength(5);
  const payload = (journal.offsets[4] ?? 0) + HEADER_BYTES;
  // A flipped price in the last frame: only the CRC knows.
  expect(() => flipBits(journal, [(payload + 24) * 8], modules)).toThrow('silently wrong: frames differ');
  expect(flipBits(smallJournal(), [(payload + 24) * 8])).toEqual({ refused: 0, cut: 1 });
});

it('NEGATIVE CONTROL: without the SHA-256 chain a stale frame goes unnoticed, and these tests say so', async () => {
  const modules = await withBroken({ sha256: () => new Uint8Array(32) });
  expect(() => withStaleFrame(modules)).toThrow('silently wrong: frames differ');
});
