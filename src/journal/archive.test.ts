// The archive: what a reader finds in it is what was journaled; damage is never silent; killed anywhere, nothing is lost.

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ByteSink } from '../domain/snapshot/snapshot.ts';
import { Random } from '../sim/testing/random.ts';
import { packBlock, unpackBlock } from './archive-format.ts';
import { type ArchiveFacts, type ArchiveTask, archiveSegments } from './archive-segments.ts';
import { sha256 } from './checksum.ts';
import { JournalDamage } from './errors.ts';
import { FRAME_ALIGNMENT, FRAME_HEADER_BYTES, FrameFlag, HASH_BYTES } from './frame.ts';
import { anchorOf, type JournalAnchor } from './frame-cursor.ts';
import { archiveDirectoryOf, archivePath, historyGap, listArchived } from './journal-files.ts';
import {
  appendFrame,
  copyFrame,
  recoverAll,
  removeTemporaryDirectories,
  SMALL,
  temporaryDirectory,
} from './journal-fixture.ts';
import { JournalReader } from './journal-reader.ts';
import { JournalWriter } from './journal-writer.ts';
import type { OnStep } from './repack.ts';
import { writeSnapshotFile } from './snapshot-file.ts';

afterEach(removeTemporaryDirectories);

let journal = '';
let snapshots = '';
beforeEach(() => {
  const directory = temporaryDirectory();
  journal = join(directory, 'journal');
  snapshots = join(directory, 'snapshots');
});

/** Segments of a few frames, whose archived files are small enough to flip every bit. */
const TINY = { ...SMALL, segmentBytes: 16 << 10 };

/** Frames of random sizes over several epochs, ended by an orderly stop. Returns the number of the last. */
function writeJournal(seed: number, framesAnEpoch = 30, recordsMax = 150, options = SMALL): number {
  const random = new Random(seed);
  let last = 0;
  for (let epoch = 0; epoch < 3; epoch++) {
    const writer = JournalWriter.open(journal, recoverAll(journal).recovered.position, options);
    for (let k = 0; k < framesAnEpoch; k++) {
      appendFrame(writer, 1 + random.below(recordsMax));
      if (random.below(5) === 0) writer.append(0, 0, writer.nextSequence, writer.lastTimeUs, FrameFlag.SEAL);
    }
    writer.close(epoch !== 1);
    last = writer.durableFrame;
  }
  return last;
}

/** Every frame as a reader of the journal finds it, and its anchor. */
function readAll(last: number, anchor?: JournalAnchor): { frames: string[]; anchors: JournalAnchor[] } {
  const reader = new JournalReader(journal, anchor);
  const frames: string[] = [];
  const anchors: JournalAnchor[] = [];
  try {
    for (let frame = reader.next(last); frame !== undefined; frame = reader.next(last)) {
      frames.push(copyFrame(frame));
      anchors.push(anchorOf(frame));
    }
  } finally {
    reader.close();
  }
  return { frames, anchors };
}

function framesOrRefusal(last: number): string[] | 'refused' {
  try {
    return readAll(last).frames;
  } catch (error) {
    if (error instanceof JournalDamage) return 'refused';
    throw error;
  }
}

/** Snapshot files of these frames, whose bodies nobody restores. */
function snapshotAt(anchors: readonly JournalAnchor[], ...frames: number[]): void {
  for (const frame of frames) {
    const write = (sink: ByteSink) => {
      sink(Buffer.from('body'));
      return '0123456789abcdef';
    };
    writeSnapshotFile(snapshots, anchors[frame - 1], { write, check: () => {} });
  }
}

/** A run with ledger and follower level and no limit, unless the task says otherwise. */
function run(task: Partial<ArchiveTask> = {}, onStep?: OnStep): Promise<ArchiveFacts> {
  const directories = { journalDirectory: journal, snapshotDirectory: snapshots };
  const limits = { hook: undefined, hookEnvironment: {}, bytesMax: Number.POSITIVE_INFINITY };
  const progress = { ledgerSequence: Number.POSITIVE_INFINITY, followerFrame: Number.POSITIVE_INFINITY };
  return archiveSegments({ ...directories, mode: 'keep', ...limits, ...progress, ...task }, onStep);
}

const segments = () => readdirSync(journal).filter((name) => name.endsWith('.wal'));
const firstFrames = () => segments().map((name) => Number.parseInt(name, 10));

/** A journal with snapshots near its end. */
function journalWithSnapshots(seed: number): { last: number; frames: string[]; anchors: JournalAnchor[] } {
  const last = writeJournal(seed);
  const { frames, anchors } = readAll(last);
  expect(frames).toHaveLength(last);
  snapshotAt(anchors, last - 6, last - 2);
  return { last, frames, anchors };
}

describe('what is archived', () => {
  it.each([1, 2, 3, 4, 5, 6])('is read as it was journaled, from any frame on (journal %i)', async (seed) => {
    const { last, frames, anchors } = journalWithSnapshots(seed);
    const before = segments();
    const sizes = before.map((name) => statSync(join(journal, name)).size);
    const facts = await run();
    expect(facts).toMatchObject({ failure: '', hookFailure: '', deleted: 0, removed: 0, hooked: 0 });
    expect(facts.archived).toBeGreaterThan(2);
    expect(segments()).toEqual(before.slice(facts.archived));
    expect(listArchived(journal)).toHaveLength(facts.archived);
    expect(facts.bytes).toBeLessThan(sizes.slice(0, facts.archived).reduce((sum, size) => sum + size, 0));
    expect(readAll(last).frames).toEqual(frames);
    const random = new Random(seed);
    for (let k = 0; k < 10; k++) {
      const from = 1 + random.below(last - 1);
      expect(readAll(last, anchors[from - 1]).frames).toEqual(frames.slice(from));
    }
    expect(historyGap(journal)).toBe('');
    const recovered = recoverAll(journal); // without any snapshot: from frame 1
    expect(recovered.frames).toEqual(frames);
    expect(recovered.recovered).toMatchObject({ cut: undefined, cleanShutdown: true });
    expect((await run()).archived).toBe(0);
  });

  it('is the same in segments of many blocks, with frames of the greatest length', async () => {
    const last = writeJournal(20, 20, 1_800, { ...SMALL, segmentBytes: 4 << 20 });
    const { frames, anchors } = readAll(last);
    snapshotAt(anchors, last - 1, last);
    expect((await run()).archived).toBeGreaterThan(0);
    expect(readAll(last).frames).toEqual(frames);
    for (let from = 1; from < last; from += 7) {
      expect(readAll(last, anchors[from - 1]).frames).toEqual(frames.slice(from));
    }
  });

  it('lies wholly before the oldest snapshot, and none is archived for one snapshot alone', async () => {
    const last = writeJournal(7);
    const { anchors } = readAll(last);
    const [, second, third, fourth] = firstFrames();
    snapshotAt(anchors, fourth);
    expect((await run()).archived).toBe(0);
    snapshotAt(anchors, third - 1); // the last frame of the second segment: the frame behind it might not be durable
    expect((await run()).archived).toBe(1);
    expect(firstFrames()[0]).toBe(second);
    rmSync(snapshots, { recursive: true });
    snapshotAt(anchors, third, fourth);
    expect((await run()).archived).toBe(1);
    expect(firstFrames()[0]).toBe(third);
  });

  it('has no padding, and is much smaller for frames of one command', async () => {
    const last = writeJournal(8, 200, 1);
    snapshotAt(readAll(last).anchors, last - 1, last);
    const bytes = segments().length * SMALL.segmentBytes;
    const facts = await run();
    expect(bytes / facts.bytes).toBeGreaterThan(20);
  });
});

describe('damage', () => {
  it('of any bit of an archived file is noticed, and of any length', async () => {
    const last = writeJournal(9, 12, 3, TINY);
    snapshotAt(readAll(last).anchors, last - 1, last);
    await run();
    const path = archivePath(journal, 1);
    const image = readFileSync(path);
    expect(image.length).toBeLessThan(1_500);
    const readFirst = () => readAll(2);
    expect(readFirst).not.toThrow();
    for (let bit = 0; bit < image.length * 8; bit++) {
      const damaged = Buffer.from(image);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, damaged);
      expect(readFirst).toThrow(JournalDamage);
    }
    for (let length = 0; length < image.length; length++) {
      writeFileSync(path, image.subarray(0, length));
      expect(readFirst).toThrow(JournalDamage);
    }
    expect(historyGap(journal)).toContain(basename(path));
    writeFileSync(path, Buffer.concat([image, Buffer.alloc(1)]));
    expect(readFirst).toThrow(JournalDamage);
  });

  it('that its hash agrees with is shown by the frames, or has changed none of them', async () => {
    const last = writeJournal(9, 12, 3, TINY);
    const { frames, anchors } = readAll(last);
    snapshotAt(anchors, last - 1, last);
    await run();
    const path = archivePath(journal, 1);
    const image = readFileSync(path).subarray(0, -HASH_BYTES);
    const through = (listArchived(journal)[1] ?? firstFrames()[0]) - 1;
    let tried = 0;
    let refused = 0;
    for (let bit = 0; bit < image.length * 8; bit += 5) {
      image[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, Buffer.concat([image, sha256(image)]));
      image[bit >> 3] ^= 1 << (bit & 7);
      tried++;
      const read = framesOrRefusal(through);
      if (read === 'refused') refused++;
      else expect(read).toEqual(frames.slice(0, through));
    }
    expect(refused / tried).toBeGreaterThan(0.8);
  });

  it('would be silent without hash and chain: the compression does not notice every flipped bit', () => {
    writeJournal(9, 12, 3);
    const reader = new JournalReader(journal);
    reader.next(2);
    const frame = reader.next(2);
    if (frame === undefined) throw new Error('there is a second frame');
    const bytes = frame.bytes.slice(frame.payloadStart - FRAME_HEADER_BYTES, frame.payloadStart + frame.payloadLength);
    reader.close();
    const stored = packBlock(bytes);
    const lengths = { imageBytes: FRAME_ALIGNMENT, frameBytes: bytes.length, storedBytes: stored.length };
    const image = unpackBlock(stored, lengths);
    expect(image?.subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
    let silent = 0;
    for (let bit = 0; bit < stored.length * 8; bit++) {
      stored[bit >> 3] ^= 1 << (bit & 7);
      const other = unpackBlock(stored, lengths);
      if (other !== undefined && image !== undefined && !other.equals(image)) silent++;
      stored[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(silent).toBeGreaterThan(100);
  });

  it('that a hash does not show is shown by the chain: a file of another journal, or under the name of another', async () => {
    const { last } = journalWithSnapshots(10);
    await run();
    const [first, second] = listArchived(journal);
    const whole = readFileSync(archivePath(journal, first));
    copyFileSync(archivePath(journal, second), archivePath(journal, first));
    expect(() => readAll(last)).toThrow(`it begins with frame ${second}`);

    const mine = journal;
    journal = join(temporaryDirectory(), 'journal');
    snapshots = join(journal, '..', 'snapshots');
    journalWithSnapshots(10);
    await run();
    copyFileSync(archivePath(journal, first), archivePath(mine, first));
    journal = mine;
    expect(() => readAll(last)).toThrow(/belongs to another journal|does not continue the frame before/);
    writeFileSync(archivePath(mine, first), whole);
    expect(() => readAll(last)).not.toThrow();
  });

  it('of a segment leaves it and what it would prove, the segment before, where they are', async () => {
    const { last } = journalWithSnapshots(11);
    const before = segments();
    const path = join(journal, before[2]);
    const image = readFileSync(path);
    image[200] ^= 4;
    writeFileSync(path, image);
    const facts = await run();
    expect(facts).toMatchObject({ archived: 1, failure: expect.stringContaining(before[2]) });
    expect(segments()).toEqual(before.slice(1));
    expect(readdirSync(archiveDirectoryOf(journal))).toHaveLength(1);
    image[200] ^= 4;
    writeFileSync(path, image);
    expect((await run()).failure).toBe('');
    expect(() => readAll(last)).not.toThrow();
  });
});

describe('what the disk did not keep as it was written', () => {
  it('is noticed before the segment is removed', async () => {
    const { last, frames } = journalWithSnapshots(21);
    const before = segments();
    const part = `${archivePath(journal, 1)}.part`;
    const facts = await run({}, (step) => {
      if (step !== 'written') return;
      const image = readFileSync(part);
      image[image.length >> 1] ^= 1;
      writeFileSync(part, image);
    });
    expect(facts).toMatchObject({ archived: 0, failure: expect.stringContaining(part) });
    expect(segments()).toEqual(before);
    expect(readdirSync(archiveDirectoryOf(journal))).toEqual([]);
    expect(readAll(last).frames).toEqual(frames);
  });

  it('nor completed is removed by the next run', async () => {
    journalWithSnapshots(22);
    await run();
    const left = ['00000000000000099999.walz.part', 'HOOKED.part'].map((name) =>
      join(archiveDirectoryOf(journal), name),
    );
    for (const path of left) writeFileSync(path, 'half');
    await run();
    expect(left.filter((path) => existsSync(path))).toEqual([]);
  });
});

describe('a missing file', () => {
  it.each(['archive', 'journal'] as const)(
    'in the %s is named when the journal is read or recovered',
    async (where) => {
      const { last } = journalWithSnapshots(12);
      if (where === 'archive') await run();
      const first = firstFrames()[1] ?? 0;
      const second = where === 'archive' ? listArchived(journal)[1] : first;
      rmSync(where === 'archive' ? archivePath(journal, second) : join(journal, segments()[1]));
      const name = String(second).padStart(20, '0');
      expect(() => readAll(last)).toThrow(`${name}.wal`);
      expect(() => recoverAll(journal)).toThrow(`${name}.wal`);
      if (where === 'archive') expect(historyGap(journal)).toContain(`${name}.walz is missing`);
    },
  );

  it('at the beginning is named, unless a snapshot covers it', async () => {
    const { last, anchors, frames } = journalWithSnapshots(13);
    await run();
    rmSync(archivePath(journal, 1));
    expect(() => recoverAll(journal)).toThrow('the segment file of frame 1 is missing');
    rmSync(archiveDirectoryOf(journal), { recursive: true });
    expect(() => recoverAll(journal)).toThrow('the segment file of frame 1 is missing');
    expect(historyGap(journal)).toContain('00000000000000000001.walz is missing');
    const anchor = anchors[last - 3];
    expect(recoverAll(journal, { anchor }).frames).toEqual(frames.slice(last - 2));
  });

  it('is noticed when no segment is left: what is archived is not the journal', async () => {
    journalWithSnapshots(14);
    await run();
    for (const name of segments()) rmSync(join(journal, name));
    expect(() => recoverAll(journal)).toThrow('all segment files are missing');
  });
});

describe('killed', () => {
  it.each(['written', 'verified', 'named', 'removed'] as const)('when a segment was %s, it goes on', async (at) => {
    const { last, frames } = journalWithSnapshots(15);
    const before = segments().length;
    const copy = join(journal, '..', 'copy');
    let count = 0;
    const facts = await run({}, (step) => {
      if (step !== at || ++count < 2) return;
      // What the disk has at this moment is what a killed process leaves.
      for (const name of ['journal', 'archive']) {
        cpSync(join(journal, '..', name), join(copy, name), { recursive: true });
      }
      throw new Error('killed');
    });
    expect(facts.failure).toBe('killed');
    for (const name of ['journal', 'archive']) {
      rmSync(join(journal, '..', name), { recursive: true });
      cpSync(join(copy, name), join(journal, '..', name), { recursive: true });
    }
    expect(readAll(last).frames).toEqual(frames);
    expect(recoverAll(journal).frames).toEqual(frames);
    const rest = await run();
    expect(rest.failure).toBe('');
    expect(segments().length + listArchived(journal).length).toBe(before);
    expect(readdirSync(archiveDirectoryOf(journal)).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(readAll(last).frames).toEqual(frames);
    expect(recoverAll(journal).frames).toEqual(frames);
  });
});

describe('deleting', () => {
  it('removes what is before the oldest snapshot, once ledger and follower are beyond', async () => {
    const { last, anchors, frames } = journalWithSnapshots(16);
    const before = segments();
    const { sequence, frame: oldest } = anchors[last - 7];
    const second = firstFrames()[1];
    expect((await run({ mode: 'delete', ledgerSequence: sequence - 1 })).deleted).toBe(0);
    expect((await run({ mode: 'delete', followerFrame: second - 2 })).deleted).toBe(0);
    expect((await run({ mode: 'delete', followerFrame: second - 1 })).deleted).toBe(1);
    const facts = await run({ mode: 'delete', ledgerSequence: sequence });
    expect(facts).toMatchObject({ failure: '', archived: 0, bytes: 0 });
    expect(facts.deleted).toBeGreaterThan(1);
    expect(segments()).toEqual(before.slice(facts.deleted + 1));
    expect(existsSync(archiveDirectoryOf(journal))).toBe(false);
    expect(firstFrames()[0]).toBeLessThanOrEqual(oldest);
    expect(recoverAll(journal, { anchor: anchors[oldest - 1] }).frames).toEqual(frames.slice(oldest));
    expect(() => recoverAll(journal)).toThrow('the segment file of frame 1 is missing');
  });

  it('waits while a snapshot does not verify', async () => {
    const { last } = journalWithSnapshots(17);
    truncateSync(join(snapshots, `${String(last - 6).padStart(20, '0')}.snap`), 100);
    expect(await run({ mode: 'delete' })).toMatchObject({ deleted: 0, failure: expect.stringContaining('is damaged') });
    expect(firstFrames()[0]).toBe(1);
  });
});

describe('a limit of size', () => {
  it('removes the oldest files, but none that ledger, follower or hook still need', async () => {
    const { last, anchors, frames } = journalWithSnapshots(18);
    const { bytes } = await run();
    const files = listArchived(journal);
    const bytesMax = bytes - 1;
    expect((await run({ bytesMax: bytes })).removed).toBe(0);
    expect((await run({ bytesMax, ledgerSequence: anchors[last - 7].sequence - 1 })).removed).toBe(0);
    expect((await run({ bytesMax, followerFrame: files[1] - 2 })).removed).toBe(0);
    expect(await run({ bytesMax, hook: join(journal, 'no-such-program') })).toMatchObject({
      removed: 0,
      failure: '',
      hookFailure: expect.stringContaining('ENOENT'),
    });
    expect(await run({ bytesMax, followerFrame: files[1] - 1 })).toMatchObject({ removed: 1, failure: '' });
    expect(listArchived(journal)).toEqual(files.slice(1));
    expect(historyGap(journal)).toContain('00000000000000000001.walz is missing');
    expect(readAll(last, anchors[files[1] - 2]).frames).toEqual(frames.slice(files[1] - 1));
    expect(await run({ bytesMax: 0 })).toMatchObject({ removed: files.length - 1, bytes: 0 });
    expect(listArchived(journal)).toEqual([]);
  });
});

describe('the hook', () => {
  /** A program that writes down what it is given, and fails while a file named `broken` lies beside it. */
  function hookProgram(): { program: string; broken: string; taken: () => string[] } {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'a b'));
    const program = join(directory, 'a b', 'hook');
    const list = join(directory, 'list');
    const broken = join(directory, 'broken');
    writeFileSync(
      program,
      `#!/bin/sh\nif [ -e '${broken}' ]; then echo no room >&2; exit 3; fi\necho "$#:$1" >> '${list}'\n`,
    );
    chmodSync(program, 0o755);
    const taken = () => (existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : []);
    return { program, broken, taken };
  }

  it('is given each file once, oldest first, as one argument, and again after it failed', async () => {
    journal = join(temporaryDirectory(), "it's $(touch x); a", 'journal');
    snapshots = join(journal, '..', 'snapshots');
    journalWithSnapshots(19);
    const { program, broken, taken } = hookProgram();
    writeFileSync(broken, '');
    const failed = await run({ hook: program });
    expect(failed).toMatchObject({ hooked: 0, failure: '', hookFailure: expect.stringContaining('no room') });
    expect(failed.archived).toBeGreaterThan(2);
    rmSync(broken);
    const paths = listArchived(journal).map((first) => `1:${archivePath(journal, first)}`);
    expect(await run({ hook: program })).toMatchObject({ hooked: paths.length, hookFailure: '' });
    expect(taken()).toEqual(paths);
    expect((await run({ hook: program })).hooked).toBe(0);
    writeFileSync(join(archiveDirectoryOf(journal), 'HOOKED'), 'torn');
    expect((await run({ hook: program })).hooked).toBe(paths.length); // rather twice than never
    expect(taken()).toEqual([...paths, ...paths]);
  });

  it('sees the environment that the task names, and nothing of ours', async () => {
    journal = join(temporaryDirectory(), 'journal');
    snapshots = join(journal, '..', 'snapshots');
    journalWithSnapshots(19);
    const directory = temporaryDirectory();
    const program = join(directory, 'hook');
    writeFileSync(program, `#!/bin/sh\nexport -p > '${directory}/seen'\n`);
    chmodSync(program, 0o755);
    vi.stubEnv('DATABASE_URL', 'postgres://user:secret@host/db');
    await run({ hook: program, hookEnvironment: { RINGBOOK_DATA_DIR: '/srv/data' } });
    vi.unstubAllEnvs();
    const seen = readFileSync(join(directory, 'seen'), 'utf8');
    expect(seen).toContain('/srv/data');
    expect(seen).not.toContain('secret');
  });
});
