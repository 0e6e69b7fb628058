// Where the follower begins, by what the ledger has and what is left of the journal.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import { archiveDirectoryOf } from '../journal/journal-files.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { limitOrder } from '../sim/testing/commands.ts';
import { followerStart } from './follower-start.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-follower-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Two snapshots behind the first segments, which are archived. Returns their sequences. */
async function history(): Promise<number[]> {
  const exchange = new InProcessExchange({ directory });
  const sequences: number[] = [];
  for (let k = 1; k <= 700; k++) {
    exchange.submit(limitOrder('me', Side.BUY, 100 + (k % 7), 5));
    exchange.turnMatching();
    exchange.replies();
    if (k >= 600 && k % 50 === 0) sequences.push(exchange.takeSnapshot().sequence);
  }
  exchange.settle();
  expect(await exchange.archive()).toMatchObject({ archived: 3, failure: '' });
  return sequences;
}

it('is the snapshot that the ledger has come to, or the oldest when the ledger does not answer', async () => {
  const directories = { journal: join(directory, 'journal'), snapshots: join(directory, 'snapshots') };
  expect(followerStart(0, directories)).toEqual({ beginWith: 0, missing: '' }); // a new directory
  const [oldest, newest] = await history();
  for (const checkpoint of [oldest, newest - 1, newest + 5]) {
    expect(followerStart(checkpoint, directories)).toEqual({ beginWith: checkpoint, missing: '' });
  }
  expect(followerStart(undefined, directories)).toEqual({ beginWith: 'oldest', missing: '' });
});

it('is the first frame for a ledger before all snapshots, while that can be read; else the oldest snapshot', async () => {
  const directories = { journal: join(directory, 'journal'), snapshots: join(directory, 'snapshots') };
  const [oldest] = await history();
  expect(followerStart(0, directories)).toEqual({ beginWith: 0, missing: '' });
  expect(followerStart(oldest - 1, directories)).toEqual({ beginWith: oldest - 1, missing: '' });
  rmSync(archiveDirectoryOf(directories.journal), { recursive: true });
  const { beginWith, missing } = followerStart(oldest - 1, directories);
  expect(beginWith).toBe('oldest');
  expect(missing).toContain(`the ledger ends at sequence ${oldest - 1}`);
  expect(missing).toContain('00000000000000000001.walz is missing');
});
