// Event spool: records come back in order through files that roll, to cursors that start and stop anywhere, and after a disk that
// refused them.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { FailingDisk } from '../sim/io-faults/failing-disk.ts';
import { SimulatedDisk } from '../sim/simulation/simulated-disk.ts';
import { Random } from '../sim/testing/random.ts';
import { CAN_MOUNT, mountSmallDisk, unmountSmallDisks } from '../sim/testing/small-disk.ts';
import { isOutOfSpace, SpoolDamage } from './errors.ts';
import { useFileSystem } from './file-system.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';
import { type ReceiveRecord, SpoolReader, SpoolWriter } from './spool.ts';

afterEach(removeTemporaryDirectories);
afterEach(unmountSmallDisks); // runs before the one above
afterEach(() => useFileSystem());

const HEADER_BYTES = 8;

/** Writes record `n`: its length and bytes follow from `n`. Returns its length with header. */
function writeRecord(writer: SpoolWriter, n: number): number {
  const length = 8 * (1 + ((n * 7) % 40));
  const offset = writer.claim(n % 5, length);
  writer.bytes.fill(n % 251, offset, offset + length);
  writer.view.setFloat64(offset, n, true);
  writer.commit();
  return HEADER_BYTES + length;
}

/** Checks that record `n` is what `writeRecord` wrote. */
function expectRecord(n: number, ...[type, bytes, view, offset, length]: Parameters<ReceiveRecord>): void {
  const rest = bytes.subarray(offset + 8, offset + length);
  const isRight = view.getFloat64(offset, true) === n && type === n % 5 && length === 8 * (1 + ((n * 7) % 40));
  if (!isRight || rest.some((byte) => byte !== n % 251)) expect.fail(`record ${n} is not what was written`);
}

it('gives back what was written, to readers at their own pace', () => {
  const directory = join(temporaryDirectory(), 'spool');
  const random = new Random(41);
  const writer = new SpoolWriter(directory, { fileBytes: 64 << 10 });
  const readers = [new SpoolReader(directory), new SpoolReader(directory), new SpoolReader(directory)];
  const seen = readers.map(() => 0);
  const ends: number[] = [0];
  for (let turn = 0; turn < 400; turn++) {
    for (let i = random.below(30); i > 0; i--) ends.push((ends.at(-1) ?? 0) + writeRecord(writer, ends.length));
    if (random.below(3) === 0) expect(writer.flush()).toBe(ends.at(-1));
    expect(writer.position).toBeLessThanOrEqual(ends.at(-1) ?? 0);
    for (const [i, reader] of readers.entries()) {
      const limit = i === 0 ? 1000 : random.below(20 * i);
      const through = ends.findLast((end) => end <= writer.position) ?? 0;
      const stopAt = i === 2 ? random.below(10) : -1;
      let taken = 0;
      const count = reader.read(
        through,
        (...record) => {
          expectRecord((seen[i] ?? 0) + ++taken, ...record);
          return taken !== stopAt;
        },
        limit,
      );
      expect(count).toBe(taken);
      expect(count).toBeLessThanOrEqual(limit);
      seen[i] = (seen[i] ?? 0) + count;
      expect(reader.position).toBe(ends[seen[i] ?? 0]);
      if (i === 0) expect(reader.position === through || count === limit).toBe(true);
    }
  }
  writer.close();
  const files = readdirSync(directory).sort();
  expect(files.length).toBeGreaterThan(10);
  let start = 0;
  for (const name of files) {
    expect(name).toBe(`${String(start).padStart(20, '0')}.spool`); // no gap, no overlap
    const { size } = statSync(join(directory, name));
    expect(size).toBeLessThanOrEqual(64 << 10);
    start += size;
  }
  expect(start).toBe(ends.at(-1));
  for (const reader of readers) reader.close();
});

it('starts at any record, skips, and goes on after a close', () => {
  const directory = temporaryDirectory();
  const writer = new SpoolWriter(directory, { fileBytes: 4096 });
  const ends: number[] = [0];
  for (let n = 1; n <= 300; n++) ends.push((ends.at(-1) ?? 0) + writeRecord(writer, n));
  const through = writer.flush();
  const skipping = new SpoolReader(directory);
  for (let n = 1; n <= 300; n++) {
    const reader = new SpoolReader(directory, ends[n - 1]);
    expect(reader.read(through, (...record) => expectRecord(n, ...record), 1)).toBe(1);
    reader.close();
    const target = (n * 37) % 300;
    skipping.skipTo(ends[target] ?? 0);
    expect(skipping.read(through, (...record) => expectRecord(target + 1, ...record), 1)).toBe(1);
    if (n % 7 === 0) skipping.close();
  }
  skipping.skipTo(through);
  expect(skipping.read(through, () => expect.fail('there is nothing behind the end'), 1)).toBe(0);
  writer.close();
});

it('starts empty, whatever an earlier run left', () => {
  const directory = temporaryDirectory();
  const old = new SpoolWriter(directory);
  writeRecord(old, 1);
  old.close();
  writeFileSync(join(directory, 'kept.txt'), '');
  const writer = new SpoolWriter(directory);
  expect(readdirSync(directory)).toEqual(['kept.txt']);
  expect(writer.position).toBe(0);
  expect(writer.flush()).toBe(0);
  writer.close();
});

it('writes out by itself when its buffer is full', () => {
  const directory = temporaryDirectory();
  const writer = new SpoolWriter(directory);
  let total = 0;
  for (let n = 1; total <= 3 << 20; n++) total += writeRecord(writer, n);
  expect(writer.position).toBeGreaterThan(2 << 20);
  let expected = 0;
  const reader = new SpoolReader(directory);
  reader.read(writer.flush(), (...record) => expectRecord(++expected, ...record), Number.POSITIVE_INFINITY);
  expect(reader.position).toBe(total);
  writer.close();
});

it('refuses what cannot be a record', () => {
  const directory = temporaryDirectory();
  const writer = new SpoolWriter(directory);
  expect(() => writer.commit()).toThrow('commit follows a claim');
  expect(() => writer.claim(1, 12)).toThrow('short and aligned');
  expect(() => writer.claim(1, 1 << 20)).toThrow('short and aligned');
  for (let n = 1; n <= 9; n++) writeRecord(writer, n);
  const through = writer.flush();
  writer.claim(1, 8);
  expect(() => writer.claim(1, 8)).toThrow('is committed before the next');
  const file = join(directory, '00000000000000000000.spool');
  const read = () => new SpoolReader(directory).read(through, () => undefined, 100);
  expect(read()).toBe(9);
  truncateSync(file, through - 8);
  expect(read).toThrow(SpoolDamage);
  writeFileSync(file, Buffer.alloc(through, 0xff));
  expect(read).toThrow('a record of 4294967295 bytes');
  rmSync(file);
  expect(read).toThrow('no file holds it');
  expect(read).toThrow('A restart rebuilds the spool');
});

it('takes all there is while the disk refuses, and writes it in order when it can', () => {
  const directory = join(temporaryDirectory(), 'spool');
  const writer = new SpoolWriter(directory, { fileBytes: 64 << 10 });
  let total = 0;
  let n = 0;
  const writeUntil = (bytes: number): void => {
    while (total < bytes) total += writeRecord(writer, ++n);
  };
  writeUntil(100 << 10);
  const before = writer.flush();
  renameSync(directory, `${directory}-away`); // the next file has no place to be
  writeUntil(5 << 20);
  expect(writer.flush()).toBeLessThan(200 << 10);
  expect(String(writer.failure)).toContain('ENOENT');
  expect(writer.waitingBytes).toBeGreaterThan(4 << 20);
  renameSync(`${directory}-away`, directory);
  expect(writer.flush()).toBe(total);
  expect([writer.failure, writer.waitingBytes]).toEqual([undefined, 0]);
  writeUntil(6 << 20);
  const through = writer.flush();
  let seen = 0;
  const reader = new SpoolReader(directory);
  reader.read(through, (...record) => expectRecord(++seen, ...record), Number.POSITIVE_INFINITY);
  expect([seen, before < through]).toEqual([n, true]);
  writer.close();
});

it.skipIf(!CAN_MOUNT)('does a write again that the disk cut short', () => {
  const directory = join(temporaryDirectory(), 'disk');
  mkdirSync(directory);
  const disk = mountSmallDisk(directory, 1 << 20);
  const writer = new SpoolWriter(join(directory, 'spool'));
  let n = 0;
  for (let total = 0; total < 100 << 10; ) total += writeRecord(writer, ++n);
  disk.fill(40 << 10);
  expect(writer.flush()).toBe(0);
  expect(isOutOfSpace(writer.failure)).toBe(true);
  writeRecord(writer, ++n);
  disk.release();
  const through = writer.flush();
  let seen = 0;
  const reader = new SpoolReader(join(directory, 'spool'));
  reader.read(through, (...record) => expectRecord(++seen, ...record), Number.POSITIVE_INFINITY);
  expect([seen, writer.failure]).toEqual([n, undefined]);
  reader.close();
  writer.close();
});

it('removes the files that lie wholly before a position, and never the one it fills', () => {
  const directory = temporaryDirectory();
  const writer = new SpoolWriter(directory, { fileBytes: 4096 });
  const ends: number[] = [0];
  for (let n = 1; n <= 200; n++) ends.push((ends.at(-1) ?? 0) + writeRecord(writer, n));
  const through = writer.flush();
  const floor = ends[120] ?? 0;
  const reader = new SpoolReader(directory, floor);
  writer.removeBefore(floor);
  const starts = readdirSync(directory).map((name) => Number.parseInt(name, 10));
  expect(Math.min(...starts)).toBe(writer.start);
  expect(writer.start).toBeLessThanOrEqual(floor);
  expect(writer.start + 4096).toBeGreaterThan(floor);
  expect(reader.read(through, () => undefined, 1_000)).toBe(80);
  expect(() => new SpoolReader(directory).read(through, () => undefined, 1)).toThrow(SpoolDamage);
  writer.removeBefore(through);
  expect(readdirSync(directory)).toHaveLength(1);
  writeRecord(writer, 201);
  expect(reader.read(writer.flush(), (...record) => expectRecord(201, ...record), 9)).toBe(1);
  writer.close();
  reader.close();
});

it.each([
  { call: 'close', k: 3, way: 'EIO, yet done' }, // behind those of its directory
  { call: 'unlink', k: 1, way: 'EIO' },
] as const)('goes on when $call fails', ({ call, k, way }) => {
  const unseen = { onOperation() {}, onDurable() {} };
  const machine = new SimulatedDisk({ random: new Random(1), knowsSyncedWrites: true, ...unseen });
  const disk = new FailingDisk(machine, { call, k, way, isSticky: true }, () => {});
  useFileSystem(disk);
  const writer = new SpoolWriter('/spool', { fileBytes: 4096 });
  const reader = new SpoolReader('/spool');
  let n = 0;
  let seen = 0;
  while (writer.position < 20_000) writeRecord(writer, ++n);
  const through = writer.flush();
  disk.lookPast(() => reader.read(through, (...record) => expectRecord(++seen, ...record), 10_000));
  writer.removeBefore(through);
  expect([seen, disk.failures > 0, writer.failure, writer.start === 0]).toEqual([
    n,
    true,
    undefined,
    call === 'unlink',
  ]);
  disk.repair();
  writer.removeBefore(through);
  expect(writer.start).toBeGreaterThan(0);
  writer.close();
});
