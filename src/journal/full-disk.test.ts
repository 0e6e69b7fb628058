// A disk without room for the next segment: the writer says so before anything is lost, and goes on when there is room.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CAN_MOUNT, mountSmallDisk, unmountSmallDisks } from '../sim/testing/small-disk.ts';
import { isOutOfSpace, JournalFault } from './errors.ts';
import { appendFrame, recoverAll, removeTemporaryDirectories, SMALL, temporaryDirectory } from './journal-fixture.ts';
import { JournalWriter, type JournalWriterOptions } from './journal-writer.ts';
import { SegmentPreparer } from './segment-preparer.ts';

afterEach(removeTemporaryDirectories);
afterEach(unmountSmallDisks); // runs before the one above

function smallDisk() {
  const directory = join(temporaryDirectory(), 'disk');
  mkdirSync(directory);
  return mountSmallDisk(directory, 1 << 20);
}

function open(directory: string, options: Partial<JournalWriterOptions> = {}): JournalWriter {
  return JournalWriter.open(directory, recoverAll(directory).recovered.position, { ...SMALL, ...options });
}

function fillSegment(writer: JournalWriter): void {
  do appendFrame(writer, 3);
  while (writer.segmentBytesLeft > 0);
}

it.skipIf(!CAN_MOUNT).each(['fsync', 'os'] as const)('waits for room between two segments (%s)', async (durability) => {
  const disk = smallDisk();
  const { directory } = disk;
  const writer = open(directory, { durability });
  fillSegment(writer);
  const frames = writer.durableFrame;
  disk.fill(32 << 10);
  expect([writer.makeRoom(), writer.makeRoom()]).toEqual([false, false]);
  expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(disk.freeBytes).toBe(32 << 10);
  expect(writer.isSynced).toBe(true);
  expect(recoverAll(directory).recovered).toMatchObject({ frames, cut: undefined });

  disk.release();
  expect(writer.makeRoom()).toBe(true);
  fillSegment(writer);
  expect(writer.makeRoom()).toBe(true);
  appendFrame(writer, 1);
  writer.close(true);
  expect(recoverAll(directory).recovered).toMatchObject({ cleanShutdown: true, cut: undefined });
});

it.skipIf(!CAN_MOUNT)('needs no room for a segment that was made before', async () => {
  const disk = smallDisk();
  const writer = open(disk.directory);
  await new SegmentPreparer(disk.directory, SMALL.segmentBytes).prepare();
  disk.fill(0);
  fillSegment(writer);
  expect(writer.makeRoom()).toBe(true);
  fillSegment(writer);
  expect(writer.makeRoom()).toBe(false);
  await expect(new SegmentPreparer(disk.directory, SMALL.segmentBytes).prepare()).rejects.toSatisfy(isOutOfSpace);
  writer.close(true); // without its farewell, for which there is no room
  expect(recoverAll(disk.directory).recovered).toMatchObject({ cleanShutdown: false, cut: undefined });
});

it.skipIf(!CAN_MOUNT)('is dead when a frame is appended without asking for room', () => {
  const disk = smallDisk();
  const writer = open(disk.directory);
  fillSegment(writer);
  disk.fill(0);
  expect(() => appendFrame(writer, 1)).toThrow(JournalFault);
  disk.release();
  expect(() => writer.makeRoom()).toThrow(JournalFault);
});
