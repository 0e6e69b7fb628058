// What the seam says of the operating system's files where it differs from node: a name of which nothing can be known is no absent one.

import { afterEach, expect, it } from 'vitest';
import { FailingDisk } from '../sim/io-faults/failing-disk.ts';
import { SimulatedDisk } from '../sim/simulation/simulated-disk.ts';
import { Random } from '../sim/testing/random.ts';
import { existsSync, useFileSystem } from './file-system.ts';
import { makeDirectory } from './segment-files.ts';

afterEach(() => useFileSystem());

it('says no only of a name that is not there', () => {
  expect(existsSync(import.meta.filename)).toBe(true);
  expect(existsSync(`${import.meta.filename}-not`)).toBe(false);
  expect(() => existsSync('x'.repeat(300))).toThrow('ENAMETOOLONG');
});

it('does not take a disk that fails for an empty one', () => {
  const unseen = { onOperation() {}, onDurable() {} };
  const machine = new SimulatedDisk({ random: new Random(1), knowsSyncedWrites: true, ...unseen });
  useFileSystem(new FailingDisk(machine, { call: 'stat', k: 1, way: 'EIO', isSticky: true }, () => {}));
  expect(() => makeDirectory('/exchange/journal')).toThrow('EIO');
});
