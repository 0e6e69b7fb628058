// Journal: what is written is read back, by recovery and by a reader that follows; segments, epochs, modes.

import * as system from 'node:fs';
import {
  constants,
  existsSync,
  fdatasyncSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { type FileSystem, useFileSystem } from './file-system.ts';
import { FrameFlag } from './frame.ts';
import {
  appendFrame,
  copyFrame,
  fillFrame,
  recoverAll,
  removeTemporaryDirectories,
  SMALL,
  temporaryDirectory,
} from './journal-fixture.ts';
import { JournalReader } from './journal-reader.ts';
import { type JournalDisk, JournalWriter, type JournalWriterOptions } from './journal-writer.ts';
import { SegmentPreparer } from './segment-preparer.ts';

afterEach(removeTemporaryDirectories);

it('begins with an id, and keeps it', () => {
  const directory = join(temporaryDirectory(), 'shard-0', 'journal');
  const first = recoverAll(directory);
  expect(first.recovered).toMatchObject({ frames: 0, cut: undefined, cleanShutdown: false });
  const { position } = first.recovered;
  expect(position).toMatchObject({ nextFrame: 1, nextSequence: 1, epoch: 0, offsetBytes: 0 });
  const writer = JournalWriter.open(directory, position, SMALL);
  expect(writer.durableFrame).toBe(1);
  writer.close(false);
  const second = recoverAll(directory).recovered;
  expect(second).toMatchObject({ frames: 1, cut: undefined, cleanShutdown: false });
  expect(second.position).toMatchObject({ nextFrame: 2, nextSequence: 1, epoch: 1, offsetBytes: 4096 });
  expect(second.position.journalIdHigh).toBe(position.journalIdHigh);
  expect(second.position.journalIdLow).toBe(position.journalIdLow);
});

it('reads back what was written, over many segments and epochs', () => {
  const directory = temporaryDirectory();
  const random = new Random(11);
  const expected: string[] = [];
  let segments = 0;
  for (let epoch = 1; epoch <= 4; epoch++) {
    const before = recoverAll(directory);
    expect(before.frames).toEqual(expected);
    expect(before.recovered.cleanShutdown).toBe(epoch > 1 && epoch % 2 === 1);
    const writer = JournalWriter.open(directory, before.recovered.position, SMALL);
    expect(before.recovered.position.epoch).toBe(epoch - 1);
    for (let i = 0; i < 40; i++) appendFrame(writer, 1 + random.below(150));
    expect(writer.bytesWritten % 4096).toBe(0);
    segments += writer.slowSegments;
    writer.close(epoch % 2 === 0);
    const after = recoverAll(directory);
    expect(after.frames.slice(0, expected.length)).toEqual(expected);
    expect(after.recovered.position.nextSequence).toBe(writer.nextSequence);
    expect(after.recovered.position.nextFrame).toBe(writer.durableFrame + 1);
    expected.splice(0, expected.length, ...after.frames);
  }
  const files = readdirSync(directory).filter((name) => name.endsWith('.wal'));
  expect(files.length).toBe(segments);
  expect(files.length).toBeGreaterThan(8);
  for (const name of files) expect(statSync(join(directory, name)).size).toBe(SMALL.segmentBytes);
});

it('takes segments of another size than those there are', () => {
  const directory = temporaryDirectory();
  for (const segmentBytes of [8 << 10, 1 << 20, 16 << 10, 512 << 10]) {
    const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, { ...SMALL, segmentBytes });
    for (let i = 0; i < 9; i++) appendFrame(writer, 20);
    writer.close(true);
  }
  const { recovered } = recoverAll(directory);
  expect(recovered).toMatchObject({ frames: 4 * 11, cut: undefined, cleanShutdown: true });
  expect(recovered.position.nextSequence).toBe(4 * 9 * 20 + 1);
});

it('holds a frame of the full capacity', () => {
  const directory = temporaryDirectory();
  const options = { ...SMALL, segmentBytes: 1 << 20 };
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, options);
  expect(writer.payloadCapacity).toBeGreaterThanOrEqual(256 * 1024);
  const count = Math.floor(writer.payloadCapacity / 144);
  appendFrame(writer, count);
  appendFrame(writer, 1);
  appendFrame(writer, count);
  const reader = new JournalReader(directory);
  while (reader.next(writer.durableFrame) !== undefined);
  reader.close();
  writer.close(true);
  expect(recoverAll(directory).recovered.position.nextSequence).toBe(2 * count + 2);
});

it('goes on after a crash between two segments', () => {
  const directory = temporaryDirectory();
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
  let { position } = recoverAll(directory).recovered;
  while (position.segmentFirstFrame === 1) {
    appendFrame(writer, 10);
    position = recoverAll(directory).recovered.position;
    expect(position.nextFrame).toBe(writer.durableFrame + 1);
  }
  writer.close(false);
  expect(readdirSync(directory)).toHaveLength(1); // the first file is full, the next not there yet
  expect(position).toMatchObject({ segmentFirstFrame: position.nextFrame, offsetBytes: 0 });
  // The file may also be there already, without a frame in it.
  writeFileSync(join(directory, `${String(position.nextFrame).padStart(20, '0')}.wal`), Buffer.alloc(64 << 10));
  const again = recoverAll(directory).recovered;
  expect(again).toMatchObject({ position, cut: undefined });
  const next = JournalWriter.open(directory, again.position, SMALL);
  appendFrame(next, 3);
  expect(next.slowSegments).toBe(0);
  next.close(true);
  expect(recoverAll(directory).recovered).toMatchObject({ cut: undefined, cleanShutdown: true });
});

it('lets a reader follow the writer, never beyond what it may see', () => {
  const directory = temporaryDirectory();
  const random = new Random(12);
  const reader = new JournalReader(directory);
  expect(reader.next(0)).toBeUndefined();
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
  const seen: string[] = [];
  for (let turn = 0; turn < 200; turn++) {
    for (let frames = random.below(4); frames > 0; frames--) appendFrame(writer, 1 + random.below(90));
    const through = Math.max(0, writer.durableFrame - random.below(5)); // sometimes behind, sometimes at the head
    for (let frame = reader.next(through); frame !== undefined; frame = reader.next(through)) {
      expect(frame.number).toBeLessThanOrEqual(through);
      seen.push(copyFrame(frame));
    }
    if (random.below(8) === 0) writer.append(0, 0, writer.nextSequence, writer.lastTimeUs, FrameFlag.SEAL);
  }
  for (let frame = reader.next(writer.durableFrame); frame !== undefined; frame = reader.next(writer.durableFrame)) {
    seen.push(copyFrame(frame));
  }
  reader.close();
  writer.close(false);
  expect(seen).toEqual(recoverAll(directory).frames);
});

it('takes the segments that were prepared, and asks for the next', async () => {
  const directory = temporaryDirectory();
  const { position } = recoverAll(directory).recovered;
  const preparer = new SegmentPreparer(directory, SMALL.segmentBytes);
  await Promise.all([preparer.prepare(), preparer.prepare()]);
  let asked = 0;
  const writer = JournalWriter.open(directory, position, { ...SMALL, onSegmentNeeded: () => asked++ });
  expect(asked).toBe(1);
  for (let i = 0; i < 30; i++) {
    await preparer.prepare();
    appendFrame(writer, 50);
  }
  expect(writer.slowSegments).toBe(0);
  expect(asked).toBeGreaterThan(2);
  const givenUp = preparer.prepare();
  await preparer.close();
  await givenUp;
  expect(existsSync(join(directory, 'spare.part'))).toBe(false);
  while (asked < 100 && writer.slowSegments === 0) appendFrame(writer, 50); // none is ready any more: made on the spot
  writer.close(true);
  expect(recoverAll(directory).recovered).toMatchObject({ cut: undefined, cleanShutdown: true });
});

it('does not take a spare of another size', async () => {
  const directory = temporaryDirectory();
  const { position } = recoverAll(directory).recovered;
  const preparer = new SegmentPreparer(directory, 128 << 10);
  await preparer.prepare();
  await preparer.close();
  const writer = JournalWriter.open(directory, position, SMALL);
  expect(writer.slowSegments).toBe(1);
  writer.close(false);
  expect(readdirSync(directory)).toEqual(['00000000000000000001.wal']);
});

/** Writes for real, and keeps a list of what was called; on Linux with how the file is open. */
function recordingDisk(calls: string[]): JournalDisk {
  return {
    write: (fd, bytes, lengthBytes, position) => {
      calls.push(isWriteThrough(fd) ? 'synced write' : 'write');
      return writeSync(fd, bytes, 0, lengthBytes, position);
    },
    sync: (fd) => {
      calls.push('sync');
      fdatasyncSync(fd);
    },
  };
}

function isWriteThrough(fd: number): boolean {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8);
  return (flags & constants.O_DSYNC) !== 0;
}

function callsFor(options: Partial<JournalWriterOptions>, frames: number): string[] {
  const directory = temporaryDirectory();
  const calls: string[] = [];
  const { position } = recoverAll(directory).recovered;
  const writer = JournalWriter.open(directory, position, { ...SMALL, ...options, disk: recordingDisk(calls) });
  for (let i = 0; i < frames; i++) appendFrame(writer, 5);
  writer.close(true);
  return calls;
}

it.runIf(process.platform === 'linux')('writes once per frame, synced as the mode says', () => {
  const times = (count: number, ...calls: string[]) => Array.from({ length: count }, () => calls).flat();
  expect(callsFor({ write: 'dsync' }, 1)).toEqual(times(3, 'synced write'));
  expect(callsFor({}, 1)).toEqual(times(3, 'synced write')); // the default
  expect(callsFor({ write: 'fdatasync' }, 1)).toEqual(times(3, 'write', 'sync'));
  expect(callsFor({ durability: 'os' }, 1)).toEqual([...times(3, 'write'), 'sync']);
  // 64 KiB segments, frames to 32 KiB: a segment is left after its ninth frame of 4 KiB.
  expect(callsFor({ durability: 'os' }, 10)).toEqual([...times(9, 'write'), 'sync', ...times(3, 'write'), 'sync']);
});

it.runIf(process.platform === 'linux')('writes past the page cache when asked, or as its file system can', () => {
  const { O_DIRECT, O_DSYNC } = constants;
  const refusing = (flag: number): FileSystem => ({
    ...system,
    openSync: (path, flags) => {
      if (typeof flags !== 'number' || (flags & flag) === 0) return system.openSync(path, flags);
      throw Object.assign(new Error('EINVAL: refused, open'), { code: 'EINVAL' });
    },
  });
  const cannotReadDirectly: FileSystem = {
    ...system,
    readSync: (fd, bytes, offset, length, position) => {
      if (bytes.buffer.byteLength < 1 << 20) return system.readSync(fd, bytes, offset, length, position);
      throw Object.assign(new Error('EINVAL: refused, read'), { code: 'EINVAL' });
    },
  };
  for (const [fileSystem, ways] of [
    [refusing(O_DIRECT), ['dsync', 'dsync', 'fdatasync']],
    [refusing(O_DSYNC), ['fdatasync', 'fdatasync', 'fdatasync']],
    [refusing(0), [expect.stringMatching(/^direct|dsync$/), 'dsync', 'fdatasync']],
    [cannotReadDirectly, ['dsync', 'dsync', 'fdatasync']],
  ] as const) {
    const written: unknown[] = [];
    for (const write of ['direct', 'auto', 'fdatasync'] as const) {
      const directory = temporaryDirectory();
      const { position } = recoverAll(directory).recovered;
      useFileSystem(fileSystem);
      const writer = JournalWriter.open(directory, position, { ...SMALL, write });
      for (let i = 0; i < 30; i++) appendFrame(writer, 1 + 7 * i);
      written.push(writer.writtenBy);
      writer.close(true);
      useFileSystem();
      expect(recoverAll(directory).recovered).toMatchObject({ frames: 32, cleanShutdown: true });
    }
    expect(written).toEqual(ways);
  }
});

it('refuses what would make the journal wrong', () => {
  const directory = temporaryDirectory();
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
  appendFrame(writer, 5);
  const length = fillFrame(writer, 5);
  const { nextSequence, lastTimeUs } = writer;
  expect(() => writer.append(length, 5, nextSequence + 1, lastTimeUs + 1)).toThrow('sequences have no gap');
  expect(() => writer.append(length, 5, nextSequence, lastTimeUs)).toThrow('batch time increases');
  expect(() => writer.append(length, 4, nextSequence, lastTimeUs + 1)).toThrow('the records fill the payload');
  expect(() => writer.append(length - 8, 5, nextSequence, lastTimeUs + 1)).toThrow('the records fill the payload');
  expect(() => writer.append(writer.payloadCapacity + 1, 5, nextSequence, lastTimeUs + 1)).toThrow('fits a frame');
  writer.append(length, 5, nextSequence, lastTimeUs + 1);
  writer.close(true);
  writer.close(true);
  expect(() => writer.append(length, 5, nextSequence + 5, lastTimeUs + 2)).toThrow('the journal is open');
  expect(recoverAll(directory).recovered.position.nextSequence).toBe(11);
});
