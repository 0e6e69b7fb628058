// Faults: a write, sync or rotation that fails is final. Nothing is retried, nothing more is written, and what a restart finds is
// sound. Also that a frame is refused before, not after, it would have overtaken a failed one.

import { closeSync, constants, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DataDirectoryInUse, JournalDamage, JournalFault } from './errors.ts';
import { appendFrame, recoverAll, removeTemporaryDirectories, SMALL, temporaryDirectory } from './journal-fixture.ts';
import { JournalReader } from './journal-reader.ts';
import { type JournalDisk, JournalWriter } from './journal-writer.ts';

afterEach(removeTemporaryDirectories);

/** A disk whose `k`-th call of one kind does something else; counts the calls. */
class FaultyDisk implements JournalDisk {
  writes = 0;
  syncs = 0;
  readonly #failWrite: (call: number) => ((fd: number, lengthBytes: number) => number) | undefined;
  readonly #failSync: (call: number) => boolean;

  constructor(
    failWrite: (call: number) => ((fd: number, lengthBytes: number) => number) | undefined,
    failSync: (call: number) => boolean = () => false,
  ) {
    this.#failWrite = failWrite;
    this.#failSync = failSync;
  }

  write(fd: number, bytes: Uint8Array, lengthBytes: number, position: number): number {
    const instead = this.#failWrite(++this.writes);
    const length = instead === undefined ? lengthBytes : instead(fd, lengthBytes);
    return writeSync(fd, bytes, 0, length, position);
  }

  sync(fd: number): void {
    if (this.#failSync(++this.syncs)) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    fdatasyncSync(fd);
  }
}

function openOn(disk: JournalDisk, directory: string): JournalWriter {
  const { position } = recoverAll(directory).recovered;
  return JournalWriter.open(directory, position, { ...SMALL, disk, write: 'fdatasync' });
}

/** Appends until it throws; returns the fault and how many frames were acknowledged. */
function appendUntilFault(writer: JournalWriter): { fault: unknown; acknowledged: number } {
  for (;;) {
    try {
      appendFrame(writer, 3);
    } catch (fault) {
      return { fault, acknowledged: writer.durableFrame };
    }
  }
}

function expectDead(writer: JournalWriter, disk: FaultyDisk): void {
  const { writes, syncs } = disk;
  expect(() => appendFrame(writer, 1)).toThrow(JournalFault);
  expect(() => appendFrame(writer, 1)).toThrow(JournalFault);
  writer.close(true);
  expect(disk).toMatchObject({ writes, syncs });
}

const refuse = (code: string) => () => {
  throw Object.assign(new Error(`${code}: refused, write`), { code });
};

it.each([
  ['an error', refuse('EIO'), 'EIO'],
  ['a full disk', refuse('ENOSPC'), 'ENOSPC'],
  ['a short write', (_fd: number, length: number) => length - 512, 'only 3584 of 4096 bytes'],
  ['nothing written', () => 0, 'only 0 of 4096 bytes'],
])('is dead after a write that failed: %s', (_name, fail, evidence) => {
  for (const k of [2, 3, 10, 17]) {
    const directory = temporaryDirectory();
    const disk = new FaultyDisk((call) => (call === k ? fail : undefined));
    const writer = openOn(disk, directory);
    const { fault, acknowledged } = appendUntilFault(writer);
    expect(acknowledged).toBe(k - 1);
    expect(fault).toBeInstanceOf(JournalFault);
    expect(fault).toMatchObject({ frame: k, sequence: 3 * (k - 2) + 1 });
    expect(String(fault)).toContain(evidence);
    expectDead(writer, disk);
    const { recovered } = recoverAll(directory);
    expect(recovered.frames === k - 1 || recovered.frames === k).toBe(true); // unknown: there or not there
  }
});

it('is dead after a sync that failed, although the next would say yes', () => {
  for (const k of [2, 5, 12]) {
    const directory = temporaryDirectory();
    const disk = new FaultyDisk(
      () => undefined,
      (call) => call === k,
    );
    const writer = openOn(disk, directory);
    const { fault, acknowledged } = appendUntilFault(writer);
    expect(acknowledged).toBe(k - 1);
    expect(String(fault)).toContain('EIO');
    expectDead(writer, disk);
  }
});

it('is dead after a write to a descriptor the system refuses', () => {
  const directory = temporaryDirectory();
  const readOnly: number[] = [];
  const disk: JournalDisk = {
    write: (fd, bytes, lengthBytes, position) => {
      if (readOnly.length === 0) return writeSync(fd, bytes, 0, lengthBytes, position);
      return writeSync(readOnly[0] ?? -1, bytes, 0, lengthBytes, position);
    },
    sync: fdatasyncSync,
  };
  const writer = openOn(disk, directory);
  readOnly.push(openSync(join(directory, '00000000000000000001.wal'), constants.O_RDONLY));
  expect(() => appendFrame(writer, 3)).toThrow('EBADF');
  expect(() => appendFrame(writer, 3)).toThrow(JournalFault);
  writer.close(true);
  closeSync(readOnly[0] ?? -1);
  expect(recoverAll(directory).recovered).toMatchObject({ frames: 1, cleanShutdown: false, cut: undefined });
});

it('is dead when the next segment cannot be made', () => {
  const directory = temporaryDirectory();
  const disk = new FaultyDisk(() => undefined);
  const writer = openOn(disk, directory);
  while (disk.writes < 9) appendFrame(writer, 3); // the first segment is full
  const kept = readFileSync(join(directory, '00000000000000000001.wal'));
  rmSync(directory, { recursive: true });
  expect(() => appendFrame(writer, 3)).toThrow('the next segment cannot be opened');
  expectDead(writer, disk);
  expect(kept.length).toBe(SMALL.segmentBytes);
});

it('cannot open what recovery has not seen', () => {
  const directory = temporaryDirectory();
  const { position } = recoverAll(directory).recovered;
  const gone = { ...position, nextFrame: 5 };
  expect(() => JournalWriter.open(directory, gone, SMALL)).toThrow('the segment cannot be opened: ENOENT');
});

it('tells the operator where, what and what to do', () => {
  const site = { file: '/data/shard-0/journal/7.wal', offsetBytes: 8192, frame: 9, sequence: 42 };
  const damage = new JournalDamage(site, 'the payload checksum is wrong');
  expect(damage.message).toBe(
    'the journal is damaged: /data/shard-0/journal/7.wal at offset 8192, frame 9, sequence 42: the payload checksum is wrong. ' +
      'Nothing was changed. Keep a copy of the data directory, then restore this file from a backup, or see what ' +
      'ringbook journal salvage can save.',
  );
  expect(damage).toMatchObject({ ...site, name: 'JournalDamage', evidence: 'the payload checksum is wrong' });
  expect(new DataDirectoryInUse('/data', 12).message).toContain('/data is in use by process 12');
  expect(new DataDirectoryInUse('/data', 0).message).toContain('by another process');
});

it('lets a reader refuse damage in what is said to be durable', () => {
  const directory = temporaryDirectory();
  const writer = openOn(new FaultyDisk(() => undefined), directory);
  appendFrame(writer, 3);
  const reader = new JournalReader(directory);
  expect(reader.next(2)?.number).toBe(1);
  expect(reader.next(2)?.number).toBe(2);
  expect(() => reader.next(3)).toThrow('frame 3, sequence 4: there are only zeros');
  appendFrame(writer, 3);
  expect(reader.next(3)?.number).toBe(3);
  reader.close();
  expect(() => new JournalReader(join(directory, '..')).next(1)).toThrow('the segment file is missing');
  writer.close(false);
});
