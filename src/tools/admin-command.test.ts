// `ringbook admin skip`, where it must not rule: src/e2e/poison.test.ts shows it at work.

import * as system from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { useFileSystem } from '../journal/file-system.ts';
import { removeTemporaryDirectories, temporaryDirectory } from '../journal/journal-fixture.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { commandOf } from '../sim/testing/commands.ts';
import { run } from './admin-command.ts';
import { configOf } from './journal/traded-fixture.ts';

afterEach(() => {
  useFileSystem();
  removeTemporaryDirectories();
});

test('a command that an earlier build has applied is not ruled out when a digest behind it holds its outcome', async () => {
  const dataDir = temporaryDirectory();
  const shard = join(dataDir, 'shard-0');
  const start = () => new InProcessExchange({ directory: shard, durability: 'fsync' });
  const exchange = start();
  const terms = { side: Side.BUY, priceTicks: 100, quantityLots: 5 };
  exchange.submit(commandOf(CommandType.NEW_ORDER, terms, 'mallory', 'key'));
  exchange.settle();
  start(); // its first frame carries the digest

  const config = { ...configOf(dataDir), poisonClient: 'mallory' };
  const skipping = run(['skip', '--sequence', '1', '--reason', 'it fails', '--yes'], config);
  await expect(skipping).rejects.toThrow(
    'command 1 of frame 2 was applied when it came, as the state digest of frame 3 says',
  );
  expect(system.existsSync(join(shard, 'SKIPPED'))).toBe(false);
  expect(start().recovered.sequence).toBe(1);
});

test('a ruling is not written before its frame is on the disk, of which it is a witness', async () => {
  const dataDir = temporaryDirectory();
  const shard = join(dataDir, 'shard-0');
  const exchange = new InProcessExchange({ directory: shard, durability: 'os' });
  exchange.submit(
    commandOf(CommandType.NEW_ORDER, { side: Side.BUY, priceTicks: 100, quantityLots: 5 }, 'mallory', 'key'),
  );
  exchange.settle();

  const config = { ...configOf(dataDir), poisonClient: 'mallory' };
  const skip = () => run(['skip', '--sequence', '1', '--reason', 'it fails', '--yes'], config);
  const fails = () => {
    throw new Error('EIO: i/o error, fdatasync');
  };
  useFileSystem({ ...system, fdatasyncSync: fails });
  await expect(skip()).rejects.toThrow('EIO');
  expect(system.existsSync(join(shard, 'SKIPPED'))).toBe(false);
  useFileSystem();
  expect(await skip()).toBe(0);
});
