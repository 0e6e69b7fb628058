// A sync that really fails: ext4 on a loop device whose own file finds no room. The kernel then shows the frame, calls its page clean
// and lets the next sync succeed, while the disk has zeros. Recovery believes the disk. Needs Linux and root.

import { execFileSync, spawnSync } from 'node:child_process';
import * as system from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CAN_MOUNT, mountSmallDisk, unmountSmallDisks } from '../sim/testing/small-disk.ts';
import { openDirect, readUpToDirect } from './direct-read.ts';
import { JournalFault } from './errors.ts';
import { type FileSystem, useFileSystem } from './file-system.ts';
import { appendFrame, recoverAll, removeTemporaryDirectories, SMALL, temporaryDirectory } from './journal-fixture.ts';
import { JournalWriter } from './journal-writer.ts';
import type { WrittenBy } from './write-through.ts';

const CAN_FAIL_SYNCS =
  CAN_MOUNT && system.existsSync('/dev/loop-control') && spawnSync('mkfs.ext4', ['-V']).status === 0;
const MIB = 1 << 20;
const SEGMENTS = { ...SMALL, segmentBytes: MIB };
const LAST = 5;
const FIRST = '00000000000000000001.wal';

const mounted: string[] = [];
afterEach(() => {
  useFileSystem();
  for (const path of mounted.splice(0)) execFileSync('umount', ['--lazy', path]);
  unmountSmallDisks();
  removeTemporaryDirectories();
});

/** Frames 1 to 5 on a device that has no room for more, although the segment is there and full of zeros. `release` gives it room. */
function journalOnSmallDevice(): { directory: string; release: () => void } {
  const device = mountSmallDisk(temporaryDirectory(), 24 * MIB);
  const image = join(device.directory, 'image');
  const mountPoint = temporaryDirectory();
  system.writeFileSync(image, '');
  system.truncateSync(image, 100 * MIB);
  execFileSync('mkfs.ext4', ['-q', '-b', '4096', '-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', image]);
  execFileSync('mount', ['-o', 'loop', image, mountPoint]);
  mounted.push(mountPoint);
  const directory = join(mountPoint, 'journal');
  const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SEGMENTS);
  while (writer.durableFrame < LAST) appendFrame(writer, 2);
  writer.close(false);
  execFileSync('sync', ['-f', directory]);
  execFileSync('fallocate', ['--dig-holes', image]); // what is zero takes room again when it is written
  device.fill(0);
  return { directory, release: () => device.release() };
}

/** A start that meets the failure: its first frame is not acknowledged. */
function failToStart(directory: string, write: WrittenBy): void {
  const { position } = recoverAll(directory).recovered;
  expect(position.nextFrame).toBe(LAST + 1);
  expect(() => JournalWriter.open(directory, position, { ...SEGMENTS, write })).toThrow(JournalFault);
}

/** The first bytes of a frame, as the page cache shows it, and as the disk has it. */
function magicsOf(directory: string, frame: number): { shown: string; onDisk: string } {
  const path = join(directory, FIRST);
  const offset = (frame - 1) * 4096;
  const shown = system.readFileSync(path).toString('latin1', offset, offset + 4);
  const fd = openDirect(path);
  if (fd === undefined) throw new Error('ext4 takes O_DIRECT');
  const bytes = Buffer.alloc(4096);
  readUpToDirect(fd, bytes, bytes.length, offset);
  system.closeSync(fd);
  return { shown, onDisk: bytes.toString('latin1', 0, 4) };
}

const NONE = '\0\0\0\0';

const withoutDirect: FileSystem = {
  ...system,
  openSync: (path, flags) => {
    if (typeof flags !== 'number' || (flags & system.constants.O_DIRECT) === 0) return system.openSync(path, flags);
    throw Object.assign(new Error('EINVAL: refused, open'), { code: 'EINVAL' });
  },
};

describe.skipIf(!CAN_FAIL_SYNCS)('after a sync that failed', () => {
  it.each<[WrittenBy, string]>([
    ['fdatasync', 'RBJF'],
    ['dsync', 'RBJF'],
    ['direct', NONE],
  ])('recovery believes the disk (%s)', (write, shown) => {
    const { directory, release } = journalOnSmallDevice();
    failToStart(directory, write);
    expect(magicsOf(directory, LAST + 1)).toEqual({ shown, onDisk: NONE });
    release();
    const { frames, recovered } = recoverAll(directory);
    expect(frames).toHaveLength(LAST);
    expect(recovered).toMatchObject({
      isInNewSegment: true,
      position: { segmentFirstFrame: LAST + 1, offsetBytes: 0 },
    });
    const writer = JournalWriter.open(directory, recovered.position, SEGMENTS);
    appendFrame(writer, 2);
    writer.close(true);
    expect(recoverAll(directory).recovered).toMatchObject({
      frames: LAST + 3,
      cleanShutdown: true,
      isInNewSegment: false,
    });
  });

  it('NEGATIVE CONTROL: the page cache is believed where nothing else can be read, and becomes true', () => {
    const { directory, release } = journalOnSmallDevice();
    failToStart(directory, 'dsync');
    release();
    useFileSystem(withoutDirect);
    expect(recoverAll(directory).frames).toHaveLength(LAST + 1);
    useFileSystem();
    expect(magicsOf(directory, LAST + 1)).toEqual({ shown: 'RBJF', onDisk: 'RBJF' });
  });
});
