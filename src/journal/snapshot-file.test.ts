// Snapshot files: written whole, read whole or refused; the ones that a start may need are kept.

import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { SnapshotDamage } from './errors.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';
import {
  listSnapshots,
  readSnapshotFile,
  removeOldSnapshots,
  type Snapshot,
  writeSnapshotFile,
} from './snapshot-file.ts';

afterEach(removeTemporaryDirectories);

function snapshotAt(frame: number, bodyBytes = 1000): Snapshot {
  const random = new Random(frame);
  const body = Uint8Array.from({ length: bodyBytes }, () => random.below(256));
  const chain = Uint8Array.from({ length: 32 }, () => random.below(256));
  const id = { journalIdHigh: 1, journalIdLow: 0xffff_ffff };
  const anchor = { ...id, frame, sequence: frame * 10, epoch: 3, rulesVersion: 1, timeUs: 1.7e15, chain };
  return { anchor, digest: '0123456789abcdef', body };
}

/** Plain arrays, so that a Buffer equals a Uint8Array. */
function plain({ body, anchor, digest }: Snapshot): object {
  return { digest, body: [...body], anchor: { ...anchor, chain: [...anchor.chain] } };
}

it('comes back as it was', () => {
  const directory = join(temporaryDirectory(), 'snapshots');
  expect(listSnapshots(directory)).toEqual([]);
  for (const frame of [5, 7, 100, 2 ** 40]) {
    const snapshot = snapshotAt(frame, frame === 7 ? 0 : 1000);
    expect(writeSnapshotFile(directory, snapshot)).toBe(join(directory, `${String(frame).padStart(20, '0')}.snap`));
    expect(plain(readSnapshotFile(directory, frame))).toEqual(plain(snapshot));
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
    for (const frame of [10, 20, 30, 40, 50]) writeSnapshotFile(directory, snapshotAt(frame));
    removeOldSnapshots(directory, ledger);
    expect(listSnapshots(directory)).toEqual(kept);
  },
);

it('keeps no snapshot for the ledger whose header is damaged', () => {
  const directory = temporaryDirectory();
  for (const frame of [10, 20, 40, 50]) writeSnapshotFile(directory, snapshotAt(frame));
  truncateSync(join(directory, '00000000000000000020.snap'), 100);
  removeOldSnapshots(directory, 250);
  expect(listSnapshots(directory)).toEqual([50, 40, 10]);
});

it('refuses a digest that is none', () => {
  const write = () => writeSnapshotFile(temporaryDirectory(), { ...snapshotAt(9), digest: 'none' });
  expect(write).toThrow('16 hexadecimal digits');
});

it('refuses every damaged byte and every truncation', () => {
  const directory = temporaryDirectory();
  const path = writeSnapshotFile(directory, snapshotAt(2, 300));
  const image = readFileSync(path);
  const expectRefused = () => expect(() => readSnapshotFile(directory, 2)).toThrow(SnapshotDamage);
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
  const path = writeSnapshotFile(directory, snapshotAt(4));
  writeFileSync(join(directory, '00000000000000000009.snap.part'), 'half');
  expect(listSnapshots(directory)).toEqual([4]);
  renameSync(path, join(directory, '00000000000000000005.snap'));
  expect(() => readSnapshotFile(directory, 5)).toThrow('it is of frame 4');
  removeOldSnapshots(directory, 0);
  expect(readdirSync(directory)).toEqual(['00000000000000000005.snap']);
});
