// After a fault: the page cache may show what the disk never took, so recovery reads past it, and the journal goes on in a segment of
// its own. Readers, recovery and the archive agree on the seam between the two, and every damage of either is refused or cut.

import * as system from 'node:fs';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { useFileSystem } from './file-system.ts';
import { alignFrame, FRAME_HEADER_BYTES } from './frame.ts';
import { historyGap } from './journal-files.ts';
import {
  appendFrame,
  copyFrame,
  recoverAll,
  removeTemporaryDirectories,
  SMALL,
  temporaryDirectory,
} from './journal-fixture.ts';
import { JournalReader } from './journal-reader.ts';
import { JournalWriter, SYSTEM_DISK } from './journal-writer.ts';
import { repackSegment } from './repack.ts';
import { witnessOfSkipped } from './witnesses.ts';

afterEach(() => {
  useFileSystem();
  removeTemporaryDirectories();
});

const FAILS = { ...SYSTEM_DISK, write: () => 0 };

function fileOf(frame: number): string {
  return `${String(frame).padStart(20, '0')}.wal`;
}

/** Recovers, opens and appends frames of two commands, so that the journal ends with frame `last`. */
function writeThrough(directory: string, last: number, cleanShutdown = false): void {
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
  while (writer.durableFrame < last) appendFrame(writer, 2);
  writer.close(cleanShutdown);
}

/** A start on a disk that takes no write. */
function failToStart(directory: string): void {
  const { position } = recoverAll(directory).recovered;
  expect(() => JournalWriter.open(directory, position, { ...SMALL, disk: FAILS })).toThrow('cannot be written');
}

/** A frame after which the disk fails: frames 1 to `last` in one file, nothing behind them, and the mark. */
function faultedJournal(last: number): string {
  const directory = temporaryDirectory();
  writeThrough(directory, last);
  failToStart(directory);
  expect(existsSync(join(directory, 'FAULT'))).toBe(true);
  return directory;
}

/** Frames 1 to 4 in one file, from 5 on in the next, although 4 has no SEGMENT_END; ends with frame 7. */
function journalWithSeam(): string {
  const directory = faultedJournal(4);
  writeThrough(directory, 7);
  return directory;
}

it('goes on in a new segment after a fault, once', () => {
  const directory = journalWithSeam();
  expect(readdirSync(directory).sort()).toEqual([fileOf(1), fileOf(5)]); // no mark any more
  const { frames, recovered } = recoverAll(directory);
  expect(frames.map((frame) => Number(frame.split(' ')[0]))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(recovered).toMatchObject({ cut: undefined, position: { segmentFirstFrame: 5, offsetBytes: 3 * 4096 } });
  writeThrough(directory, 9, true);
  expect(readdirSync(directory).sort()).toEqual([fileOf(1), fileOf(5)]);
  expect(recoverAll(directory).recovered).toMatchObject({ frames: 10, cleanShutdown: true });
});

it('goes on in the same segment after a crash', () => {
  const directory = temporaryDirectory();
  for (let last = 2; last <= 6; last += 2) writeThrough(directory, last);
  const file = readFileSync(join(directory, fileOf(1)));
  file.fill(1, 6 * 4096, 6 * 4096 + 700); // torn by a power cut
  writeFileSync(join(directory, fileOf(1)), file);
  expect(recoverAll(directory).recovered).toMatchObject({ cut: { frame: 7 }, position: { segmentFirstFrame: 1 } });
  writeThrough(directory, 8);
  expect(readdirSync(directory)).toEqual([fileOf(1)]);
});

it('takes no second file for a disk that fails again and again', () => {
  const directory = faultedJournal(4);
  for (let start = 0; start < 5; start++) failToStart(directory);
  expect(readdirSync(directory).sort()).toEqual([fileOf(1), fileOf(5), 'FAULT']);
  writeThrough(directory, 6);
  expect(recoverAll(directory).frames).toHaveLength(6);
  const first = temporaryDirectory();
  for (let start = 0; start < 3; start++) failToStart(first);
  expect(readdirSync(first).sort()).toEqual([fileOf(1), 'FAULT']);
  writeThrough(first, 2);
  expect(recoverAll(first).frames).toHaveLength(2);
});

it('goes on when it was stopped between the new file and its first frame', () => {
  const directory = faultedJournal(4);
  const full = join(directory, fileOf(5));
  writeFileSync(full, Buffer.alloc(SMALL.segmentBytes));
  rmSync(join(directory, 'FAULT')); // and the mark's removal came first, or a power cut took it
  expect(recoverAll(directory).recovered.position).toMatchObject({
    segmentFirstFrame: 5,
    offsetBytes: 0,
    nextFrame: 5,
  });
  writeThrough(directory, 6);
  expect(recoverAll(directory).frames).toHaveLength(6);
});

it('cuts a first frame of the new file that is torn, at every sector', () => {
  const directory = journalWithSeam();
  const path = join(directory, fileOf(5));
  const image = readFileSync(path);
  for (let length = 0; length <= 4096; length += 16) {
    const torn = Buffer.from(image);
    torn.fill(0, length);
    writeFileSync(path, torn);
    const { frames, recovered } = recoverAll(directory);
    const isWhole = length >= FRAME_HEADER_BYTES;
    expect(frames).toHaveLength(isWhole ? 5 : 4);
    expect(recovered.cut === undefined).toBe(isWhole || length === 0);
    expect(recovered.position).toMatchObject({ segmentFirstFrame: 5, nextFrame: isWhole ? 6 : 5 });
  }
});

it('refuses every flipped bit and every truncation of what is proven, on both sides of the seam', () => {
  const directory = journalWithSeam();
  const sound = recoverAll(directory).frames;
  const refuse = (path: string, bytes: Buffer) => {
    writeFileSync(path, bytes);
    expect(() => recoverAll(directory)).toThrow('the journal is damaged');
  };
  for (const [firstFrame, frames] of [
    [1, 4],
    [5, 2],
  ] as const) {
    const path = join(directory, fileOf(firstFrame));
    const image = readFileSync(path);
    for (let bit = 0; bit < frames * 4096 * 8; bit += bit % 32768 < 1024 ? 3 : 601) {
      const bytes = Buffer.from(image);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      refuse(path, bytes);
    }
    // Of the second file that is the last one there is nothing that proves the frames when all of them are gone.
    for (let length = 0; firstFrame === 1 && length < frames * 4096; length += 32) {
      const isPadding = image.subarray(length, alignFrame(length + 1)).every((byte) => byte === 0);
      if (!isPadding || length + 4096 <= frames * 4096) refuse(path, image.subarray(0, length));
    }
    writeFileSync(path, image);
  }
  expect(recoverAll(directory).frames).toEqual(sound);
});

it('refuses a seam where a file is missing, or where both files claim the same frame', () => {
  const changes: Array<[string, (path: (frame: number) => string) => void]> = [
    ['yet a later segment file exists', (path) => rmSync(path(5))],
    ['the segment file of frame 1 is missing', (path) => rmSync(path(1))],
    ['yet a later segment file exists', (path) => renameSync(path(5), path(6))],
    ['the frames it should hold are in', (path) => writeFileSync(path(3), Buffer.alloc(SMALL.segmentBytes))],
    ['the frames it should hold are in', (path) => copyFileSync(path(5), path(4))],
    ['the frames it should hold are in', (path) => claimTwice(path(1), path(5))],
  ];
  for (const [evidence, change] of changes) {
    const directory = journalWithSeam();
    failToStart(directory); // a third file, from frame 8 on
    writeThrough(directory, 9);
    expect(readdirSync(directory).sort()).toEqual([fileOf(1), fileOf(5), fileOf(8)]);
    change((frame) => join(directory, fileOf(frame)));
    expect(() => recoverAll(directory)).toThrow(evidence);
    expect(() => readAll(directory, 9)).toThrow('the journal is damaged');
  }
});

/** A frame behind the last of a file, and nothing in the file that should begin with that frame. */
function claimTwice(before: string, behind: string): void {
  const bytes = readFileSync(before);
  bytes.copy(bytes, 4 * 4096, 3 * 4096, 4 * 4096);
  writeFileSync(before, bytes);
  writeFileSync(behind, Buffer.alloc(SMALL.segmentBytes));
}

it('refuses a file that goes on in the middle with a frame that is no start', () => {
  const directory = temporaryDirectory();
  writeThrough(directory, 4);
  const { position } = recoverAll(directory).recovered;
  writeThrough(directory, 6); // frame 5 is a start, 6 is not
  const file = readFileSync(join(directory, fileOf(1)));
  expect(position.nextFrame).toBe(5);
  const moved = Buffer.alloc(SMALL.segmentBytes);
  file.copy(moved, 0, 5 * 4096, 6 * 4096);
  file.fill(0, 5 * 4096);
  writeFileSync(join(directory, fileOf(1)), file);
  writeFileSync(join(directory, fileOf(6)), moved);
  expect(() => recoverAll(directory)).toThrow('the journal is damaged');
});

function readAll(directory: string, through: number): string[] {
  const reader = new JournalReader(directory);
  const frames: string[] = [];
  try {
    for (let frame = reader.next(through); frame !== undefined; frame = reader.next(through))
      frames.push(copyFrame(frame));
  } finally {
    reader.close();
  }
  return frames;
}

it('is read over the seam, also when what lies before it is archived', () => {
  const shard = temporaryDirectory();
  const directory = join(shard, 'journal');
  writeThrough(directory, 4);
  failToStart(directory);
  writeThrough(directory, 7);
  const { frames } = recoverAll(directory);
  expect(readAll(directory, 7)).toEqual(frames);
  repackSegment(directory, { firstFrame: 1, nextFirstFrame: 5 });
  expect(readdirSync(directory)).toEqual([fileOf(5)]);
  expect(readAll(directory, 7)).toEqual(frames);
  expect(recoverAll(directory).frames).toEqual(frames);
  expect(historyGap(directory)).toBe('');
});

/**
 * A machine whose page cache shows of the first segment what lies in its file, while the disk has `onDisk`: so it is after a sync that
 * failed. Keeps a list of what is written to the segment. Without `knowsDirect` its file system refuses O_DIRECT.
 */
function withStaleCache(onDisk: Buffer, knowsDirect = true): { readonly written: number[] } {
  const written: number[] = [];
  const direct = new Set<number>();
  const segments = new Set<number>();
  useFileSystem({
    ...system,
    openSync: (path, flags) => {
      const isDirect = typeof flags === 'number' && (flags & system.constants.O_DIRECT) !== 0;
      if (isDirect && !knowsDirect) throw Object.assign(new Error('EINVAL: refused, open'), { code: 'EINVAL' });
      const fd = system.openSync(path, isDirect ? 'r' : flags);
      direct.delete(fd);
      segments.delete(fd);
      if (path.endsWith(fileOf(1))) (isDirect ? direct : segments).add(fd);
      return fd;
    },
    readSync: (fd, bytes, offset, length, position) =>
      direct.has(fd)
        ? onDisk.copy(bytes, offset, position, position + length)
        : system.readSync(fd, bytes, offset, length, position),
    writeSync: (fd, bytes, offset, length, position) => {
      if (segments.has(fd)) written.push(position ?? -1);
      return system.writeSync(fd, bytes, offset, length, position);
    },
  });
  return { written };
}

/** Frames 1 to 5 in the file; and the file's bytes as a disk has them that never took frame `lost`. */
function withLostFrame(lost: number): { directory: string; onDisk: Buffer } {
  const directory = temporaryDirectory();
  writeThrough(directory, 5);
  const onDisk = readFileSync(join(directory, fileOf(1)));
  onDisk.fill(0, (lost - 1) * 4096, lost * 4096);
  return { directory, onDisk };
}

it.runIf(process.platform === 'linux')('believes the disk, not a page cache that shows more', () => {
  const { directory, onDisk } = withLostFrame(5);
  withStaleCache(onDisk);
  const { frames, recovered } = recoverAll(directory);
  expect(frames).toHaveLength(4);
  expect(recovered).toMatchObject({
    cut: { frame: 5, bytes: 4096 },
    position: { segmentFirstFrame: 5, offsetBytes: 0 },
  });
  writeThrough(directory, 6);
  useFileSystem();
  expect(readFileSync(join(directory, fileOf(1))).equals(onDisk)).toBe(true);
  const [, , , , start] = recoverAll(directory).frames;
  expect(start?.split(' ')[0]).toBe('5');
});

it.runIf(process.platform === 'linux')('refuses an acknowledged frame that only the page cache shows', () => {
  const { directory, onDisk } = withLostFrame(3);
  withStaleCache(onDisk);
  expect(() => recoverAll(directory)).toThrow('frame 3');
});

it('writes the last frame again where the disk cannot be read, unless a witness proves that it was synced', () => {
  const { directory, onDisk } = withLostFrame(5);
  const machine = withStaleCache(onDisk, false);
  const { frames, recovered } = recoverAll(directory);
  expect(frames).toHaveLength(5); // NEGATIVE CONTROL: through the page cache the lost frame is there
  expect(recovered.position).toMatchObject({ segmentFirstFrame: 1, offsetBytes: 5 * 4096 });
  expect(machine.written).toEqual([4 * 4096]);
  const { chain, ...position } = recovered.position;
  const sha256 = Buffer.from(chain).toString('hex');
  const ruling = witnessOfSkipped({ ...position, sequence: 1, frame: 5, sha256, reason: '', at: '' });
  recoverAll(directory, { witnesses: [ruling] }); // whoever rules a command out may have read the page cache alone
  expect(machine.written).toEqual([4 * 4096, 4 * 4096]);
  recoverAll(directory, { witnesses: [{ ...ruling, name: 'Witness', provesSync: true }] });
  expect(machine.written).toEqual([4 * 4096, 4 * 4096]);
});
