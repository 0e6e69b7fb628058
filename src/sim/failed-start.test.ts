// A start whose own first command the disk does not take: it has written its EPOCH_START, yet it leaves the mark of a fault, so that the
// next start puts no frame into that file.

import * as system from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { RiskMode } from '../domain/codes.ts';
import { useFileSystem } from '../journal/file-system.ts';
import { removeTemporaryDirectories, temporaryDirectory } from '../journal/journal-fixture.ts';
import { segmentPath } from '../journal/segment-files.ts';
import { InProcessExchange } from './in-process-exchange.ts';

afterEach(() => {
  useFileSystem();
  removeTemporaryDirectories();
});

const SECOND_FRAME = 4096;

it('makes the next one begin a segment', () => {
  const directory = temporaryDirectory();
  const venue = { riskMode: RiskMode.BALANCES, instruments: undefined };
  const start = () => new InProcessExchange({ directory, durability: 'fsync', venue });
  const journal = join(directory, 'journal');
  useFileSystem({
    ...system,
    writeSync: (fd, bytes, offset, length, position) => {
      if (position === SECOND_FRAME) throw new Error('EIO: i/o error, write');
      return system.writeSync(fd, bytes, offset, length, position);
    },
  });
  expect(start).toThrow('cannot be written');
  expect(system.existsSync(join(journal, 'FAULT'))).toBe(true);
  useFileSystem();
  start();
  expect(system.existsSync(segmentPath(journal, 2))).toBe(true);
});
