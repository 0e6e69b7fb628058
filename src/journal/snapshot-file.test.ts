// Snapshot files: written whole, read whole or refused; the ones that a start may need are kept.

import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type ByteSource, SnapshotError } from '../domain/snapshot/snapshot.ts';
import { Random } from '../sim/testing/random.ts';
import { SnapshotDamage } from './errors.ts';
import type { JournalAnchor } from './frame-cursor.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';
import {
  listSnapshots,
  readSnapshotFile,
  readSnapshotHead,
  removeOldSnapshots,
  type SnapshotBody,
  snapshotPath,
  verifySnapshotFile,
  writeSnapshotFile,
} from './snapshot-file.ts';

afterEach(removeTemporaryDirectories);

const DIGEST = '0123456789abcdef';

function anchorAt(frame: number): JournalAnchor {
  const random = new Random(frame);
  const chain = Uint8Array.from({ length: 32 }, () => random.below(256));
  const id = { journalIdHigh: 1, journalIdLow: 0xffff_ffff };
  return { ...id, frame, sequence: frame * 10, epoch: 3, rulesVersion: 1, timeUs: 1.7e15, chain };
}

function bytesAt(frame: number, length: number): Uint8Array {
  const random = new Random(frame);
  return Uint8Array.from({ length }, () => random.below(256));
}

/** A body written in two pieces, and required to read back. */
function bodyOf(bytes: Uint8Array, digest = DIGEST): SnapshotBody {
  return {
    write: (sink) => {
      sink(bytes.subarray(0, 7));
      sink(bytes.subarray(7));
      return digest;
    },
    check: (source) => expect(bytesOf(source)).toEqual([...bytes]),
  };
}

function bytesOf(source: ByteSource): number[] {
  const bytes = new Uint8Array(source.length);
  source.read(bytes, 0, bytes.length);
  return [...bytes];
}

/** Returns the file's path. */
function write(directory: string, frame: number, bodyBytes = 1000): string {
  writeSnapshotFile(directory, anchorAt(frame), bodyOf(bytesAt(frame, bodyBytes)));
  return snapshotPath(directory, frame);
}

it('comes back as it was', () => {
  const directory = join(temporaryDirectory(), 'snapshots');
  expect(listSnapshots(directory)).toEqual([]);
  for (const frame of [5, 7, 100, 2 ** 40]) {
    const bodyBytes = frame === 7 ? 0 : 1000;
    expect(write(directory, frame, bodyBytes)).toBe(join(directory, `${String(frame).padStart(20, '0')}.snap`));
    const { body, anchor, ...rest } = readSnapshotFile(directory, frame, bytesOf);
    expect(body).toEqual([...bytesAt(frame, bodyBytes)]);
    expect({ ...anchor, chain: [...anchor.chain] }).toEqual({ ...anchorAt(frame), chain: [...anchorAt(frame).chain] });
    expect(rest).toEqual({ digest: DIGEST, bodyBytes });
    expect(verifySnapshotFile(directory, frame)).toEqual({ ...rest, anchor, body: undefined });
    expect(readSnapshotHead(directory, frame)).toMatchObject({ ...rest, anchor });
  }
  expect(listSnapshots(directory)).toEqual([2 ** 40, 100, 7, 5]);
});

it.each([
  { ledger: 0, kept: [50, 40, 10] },
  { ledger: 99, kept: [50, 40, 10] },
  { ledger: 100, kept: [50, 40, 10] },
  { ledger: 305, kept: [50, 40, 30] },
  { ledger: 400, kept: [50, 40] },
  { ledger: Number.POSITIVE_INFINITY, kept: [50, 40] },
])(
  'keeps the two newest, and the newest that a ledger at sequence $ledger can go on from, else the oldest',
  ({ ledger, kept }) => {
    const directory = temporaryDirectory();
    for (const frame of [10, 20, 30, 40, 50]) write(directory, frame);
    removeOldSnapshots(directory, ledger);
    expect(listSnapshots(directory)).toEqual(kept);
  },
);

it('keeps no snapshot for the ledger whose header is damaged', () => {
  const directory = temporaryDirectory();
  for (const frame of [10, 20, 40, 50]) write(directory, frame);
  truncateSync(join(directory, '00000000000000000020.snap'), 100);
  removeOldSnapshots(directory, 250);
  expect(listSnapshots(directory)).toEqual([50, 40, 10]);
});

it('refuses a digest that is none', () => {
  const directory = temporaryDirectory();
  const body = bodyOf(bytesAt(9, 50), 'none');
  expect(() => writeSnapshotFile(directory, anchorAt(9), body)).toThrow('16 hexadecimal digits');
  expect(readdirSync(directory)).toEqual([]);
});

it('refuses every damaged byte and every truncation', () => {
  const directory = temporaryDirectory();
  const path = write(directory, 2, 300);
  const image = readFileSync(path);
  const expectRefused = () => expect(() => verifySnapshotFile(directory, 2)).toThrow(SnapshotDamage);
  for (let bit = 0; bit < image.length * 8; bit++) {
    const damaged = Buffer.from(image);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(path, damaged);
    expectRefused();
  }
  writeFileSync(path, image);
  for (let length = image.length - 1; length >= 0; length--) {
    truncateSync(path, length);
    expectRefused();
  }
});

it('ignores unfinished files, removes them in time, and refuses one under the name of another', () => {
  const directory = temporaryDirectory();
  const path = write(directory, 4);
  writeFileSync(join(directory, '00000000000000000009.snap.part'), 'half');
  expect(listSnapshots(directory)).toEqual([4]);
  renameSync(path, join(directory, '00000000000000000005.snap'));
  expect(() => verifySnapshotFile(directory, 5)).toThrow('it is of frame 4');
  removeOldSnapshots(directory, 0);
  expect(readdirSync(directory)).toEqual(['00000000000000000005.snap']);
});

it.each(['write', 'check'] as const)('leaves nothing of a snapshot whose body fails to %s', (step) => {
  const directory = temporaryDirectory();
  const fail = () => {
    throw new Error('it failed');
  };
  const body = { ...bodyOf(bytesAt(3, 100)), [step]: fail };
  expect(() => writeSnapshotFile(directory, anchorAt(3), body)).toThrow('it failed');
  expect(readdirSync(directory)).toEqual([]);
});

it('says what the reader of a body objects to, unless the bytes are not as they were written', () => {
  const directory = temporaryDirectory();
  const path = write(directory, 6);
  const read = () =>
    readSnapshotFile(directory, 6, () => {
      throw new SnapshotError('there is nothing in it');
    });
  expect(read).toThrow(SnapshotDamage);
  expect(read).toThrow('there is nothing in it');
  const image = readFileSync(path);
  image[500] ^= 1;
  writeFileSync(path, image);
  expect(read).toThrow('the SHA-256 of the body is wrong');
});

it('verifies a body of many pieces', () => {
  const directory = temporaryDirectory();
  const bytes = new Uint8Array(1_000_000).fill(5);
  const body = { ...bodyOf(bytes), check: () => {} };
  expect(writeSnapshotFile(directory, anchorAt(8), body).bodyBytes).toBe(bytes.length);
  expect(verifySnapshotFile(directory, 8).anchor.frame).toBe(8);
});
