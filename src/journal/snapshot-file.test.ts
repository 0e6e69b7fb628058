// Snapshot files: written whole, read whole; a damaged one is passed over for the one before.

import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import type { SnapshotDamage } from './errors.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';
import { readNewestSnapshot, type Snapshot, writeSnapshotFile } from './snapshot-file.ts';

afterEach(removeTemporaryDirectories);

function snapshotAt(frame: number, bodyBytes = 1000): Snapshot {
  const random = new Random(frame);
  const body = Uint8Array.from({ length: bodyBytes }, () => random.below(256));
  const chain = Uint8Array.from({ length: 32 }, () => random.below(256));
  const anchor = { journalIdHigh: 1, journalIdLow: 0xffff_ffff, epoch: 3, rulesVersion: 1, timeUs: 1.7e15, chain };
  return { frame, sequence: frame * 10, digest: '0123456789abcdef', body, anchor };
}

/** Plain arrays, so that a Buffer equals a Uint8Array. */
function plain(snapshot: Snapshot | undefined): object | undefined {
  if (snapshot === undefined) return undefined;
  const { body, anchor, ...rest } = snapshot;
  return { ...rest, body: [...body], anchor: { ...anchor, chain: [...anchor.chain] } };
}

it('comes back as it was, and only the two newest are kept', () => {
  const directory = join(temporaryDirectory(), 'snapshots');
  expect(readNewestSnapshot(directory)).toBeUndefined();
  for (const frame of [5, 7, 100, 2 ** 40]) {
    const path = writeSnapshotFile(directory, snapshotAt(frame, frame === 7 ? 0 : 1000));
    expect(path).toBe(join(directory, `${String(frame).padStart(20, '0')}.snap`));
    expect(plain(readNewestSnapshot(directory))).toEqual(plain(snapshotAt(frame, frame === 7 ? 0 : 1000)));
  }
  expect(readdirSync(directory)).toEqual(['00000000000000000100.snap', '00000001099511627776.snap']);
});

it('refuses a digest that is none', () => {
  const write = () => writeSnapshotFile(temporaryDirectory(), { ...snapshotAt(9), digest: 'none' });
  expect(write).toThrow('16 hexadecimal digits');
});

it('refuses every damaged byte and every truncation, and takes the one before', () => {
  const directory = temporaryDirectory();
  writeSnapshotFile(directory, snapshotAt(1, 300));
  const path = writeSnapshotFile(directory, snapshotAt(2, 300));
  const image = readFileSync(path);
  const expectFallback = () => {
    const refused: SnapshotDamage[] = [];
    expect(readNewestSnapshot(directory, (damage) => refused.push(damage))?.frame).toBe(1);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ name: 'SnapshotDamage', file: path });
  };
  for (let bit = 0; bit < image.length * 8; bit++) {
    const damaged = Buffer.from(image);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(path, damaged);
    expectFallback();
  }
  writeFileSync(path, image);
  for (let length = image.length - 1; length >= 0; length--) {
    truncateSync(path, length);
    expectFallback();
  }
});

it('ignores unfinished files, and refuses one under the name of another', () => {
  const directory = temporaryDirectory();
  const path = writeSnapshotFile(directory, snapshotAt(4));
  writeFileSync(join(directory, '00000000000000000009.snap.part'), 'half');
  expect(readNewestSnapshot(directory)?.frame).toBe(4);
  renameSync(path, join(directory, '00000000000000000005.snap'));
  const refused: string[] = [];
  expect(readNewestSnapshot(directory, (damage) => refused.push(damage.evidence))).toBeUndefined();
  expect(refused).toEqual(['it is of frame 4']);
  writeSnapshotFile(directory, snapshotAt(6));
  expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
});
