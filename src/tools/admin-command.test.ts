// `ringbook admin skip`, where it must not rule: src/e2e/poison.test.ts shows it at work.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { removeTemporaryDirectories, temporaryDirectory } from '../journal/journal-fixture.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { commandOf } from '../sim/testing/commands.ts';
import { run } from './admin-command.ts';
import { configOf } from './journal/traded-fixture.ts';

afterEach(removeTemporaryDirectories);

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
  expect(existsSync(join(shard, 'SKIPPED'))).toBe(false);
  expect(start().recovered.sequence).toBe(1);
});
