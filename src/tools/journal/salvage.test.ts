// journal salvage: what it says survives is what an engine on the copy has, and the original keeps every byte.

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameCursor } from '../../journal/frame-cursor.ts';
import { removeTemporaryDirectories } from '../../journal/journal-fixture.ts';
import { addSkipped, readSkipped, type SkippedCommand } from '../../journal/skipped.ts';
import { InProcessExchange } from '../../sim/in-process-exchange.ts';
import { Random } from '../../sim/testing/random.ts';
import { damage, journal, segmentsOf, type Traded, trade, tradedJournal, treeOf } from './traded-fixture.ts';

afterEach(removeTemporaryDirectories);

interface Salvaged {
  readonly text: string;
  readonly survives: number;
  readonly lost: number;
  readonly copy: string;
}

/** Salvages; the original must not change. Then an engine starts on the copy, trades and starts again. */
async function salvaged(traded: Traded): Promise<Salvaged> {
  const before = treeOf(traded.shard);
  const copy = join(traded.dataDir, 'copy');
  const { digest } = JSON.parse((await journal(`replay --to ${survivingOf(traded)} --json`, traded.config)).text);
  const { code, text } = await journal(`salvage --into ${copy} --yes`, traded.config);
  expect(code, text).toBe(0);
  expect(treeOf(traded.shard)).toEqual(before);
  const survives = Number(/survives +sequences 1 to (\d+),/.exec(text)?.[1]);
  expect(survives).toBe(survivingOf(traded));
  const engine = new InProcessExchange({ directory: join(copy, 'shard-0'), durability: 'fsync' });
  expect(engine.recovered).toMatchObject({ sequence: survives, cut: undefined });
  expect(engine.digest()).toBe(digest);
  trade(engine, new Random(2), 20);
  const { sequence } = engine;
  expect(new InProcessExchange({ directory: join(copy, 'shard-0') }).recovered.sequence).toBe(sequence);
  expect((await journal('verify', traded.config)).code).toBe(65);
  expect((await journal(`verify --data-dir ${copy}`, traded.config)).code).toBe(0);
  return { text, survives, lost: Number(/lost +sequences \d+ to (\d+),/.exec(text)?.[1] ?? 0), copy };
}

/** Rules out the first command of a frame, as if it had failed. */
function ruleOut({ shard }: Traded, frame: number): SkippedCommand {
  const directory = join(shard, 'journal');
  const cursor = new FrameCursor(directory);
  while (cursor.frame.number < frame) cursor.next(Number.POSITIVE_INFINITY);
  const { chain, firstSequence: sequence, journalIdHigh, journalIdLow } = cursor.frame;
  cursor.close();
  const sha256 = Buffer.from(chain).toString('hex');
  const ruling = {
    sequence,
    frame,
    sha256,
    journalIdHigh,
    journalIdLow,
    reason: 'it fails',
    at: '2026-01-01T00:00:00Z',
  };
  addSkipped(directory, ruling);
  return ruling;
}

let surviving = 0;
const survivingOf = (_: Traded) => surviving;

/** The last sequence before a frame. */
async function sequenceBefore(traded: Traded, frame: number): Promise<number> {
  const { lines } = await journal(`inspect --from ${frame} --frames 1`, traded.config);
  return Number(/^ +\d+ +(\d+)/.exec(lines[1] ?? '')?.[1]) - 1;
}

describe('journal salvage', () => {
  test('a damaged frame in the last file', async () => {
    const traded = tradedJournal();
    surviving = await sequenceBefore(traded, 300);
    damage(segmentsOf(traded.shard)[1], (300 - 193) * 4096 + 140);
    const { text, lost, copy } = await salvaged(traded);
    expect(lost).toBe(traded.sequence);
    expect(text).toContain('damage     ');
    expect(text).toContain(`cut        00000000000000000193.wal at offset ${(300 - 193) * 4096}`);
    expect(text).toContain('of these 1 to 481 by the snapshot of frame 243');
    expect(readdirSync(join(copy, 'shard-0', 'lost'))).toEqual(['CONTROL']);
  });

  test('in the file before: later files and newer snapshots are moved away', async () => {
    const traded = tradedJournal();
    surviving = await sequenceBefore(traded, 100);
    rmSync(join(traded.shard, 'CONTROL'));
    damage(segmentsOf(traded.shard)[0], 99 * 4096 + 140);
    // The second snapshot's segment is whole and a start would begin with it: so its first frame is damaged as well.
    damage(segmentsOf(traded.shard)[1], 9);
    const { lost, copy } = await salvaged(traded);
    expect(lost).toBe(traded.sequence);
    expect(readdirSync(join(copy, 'shard-0', 'lost')).sort()).toEqual([
      '00000000000000000122.snap',
      '00000000000000000193.wal',
      '00000000000000000243.snap',
    ]);
  });

  test('a missing file', async () => {
    const traded = tradedJournal();
    surviving = 388;
    rmSync(segmentsOf(traded.shard)[1]);
    const { lost } = await salvaged(traded);
    expect(lost).toBe(traded.sequence);
  });

  test('a damaged frame before the file that a start after a fault has begun', async () => {
    const traded = tradedJournal();
    writeFileSync(join(traded.shard, 'journal', 'FAULT'), '');
    const engine = new InProcessExchange({ directory: traded.shard, durability: 'fsync' });
    trade(engine, new Random(3), 20);
    const [, second, third] = segmentsOf(traded.shard);
    expect(basename(third)).toBe(`${String(traded.lastFrame + 1).padStart(20, '0')}.wal`);
    const whole = await journal('verify', traded.config);
    expect(whole.code, whole.text).toBe(0);
    surviving = await sequenceBefore(traded, traded.lastFrame - 1);
    damage(second, (traded.lastFrame - 1 - 193) * 4096 + 1);
    const { lost, copy } = await salvaged(traded);
    expect(lost).toBe(engine.sequence);
    expect(readdirSync(join(copy, 'shard-0', 'lost')).sort()).toEqual([basename(third), 'CONTROL']);
  });

  test('what was ruled out stays so, but for commands that are cut', async () => {
    const traded = tradedJournal();
    const rulings = [280, 320].map((frame) => ruleOut(traded, frame));
    surviving = await sequenceBefore(traded, 300);
    damage(segmentsOf(traded.shard)[1], (300 - 193) * 4096 + 140);
    const { copy } = await salvaged(traded);
    expect(readdirSync(join(copy, 'shard-0', 'lost')).sort()).toEqual(['CONTROL', 'SKIPPED']);
    expect(readSkipped(join(copy, 'shard-0', 'SKIPPED'))).toEqual(rulings.slice(0, 1));
  });

  test('the last frame, which only CONTROL proves', async () => {
    const traded = tradedJournal();
    surviving = await sequenceBefore(traded, traded.lastFrame - 1);
    damage(segmentsOf(traded.shard)[1], (traded.lastFrame - 1 - 193) * 4096 + 1);
    expect((await salvaged(traded)).lost).toBe(traded.sequence);
  });

  test('damage that a start does not meet needs no salvage', async () => {
    const traded = tradedJournal();
    damage(segmentsOf(traded.shard)[0], 99 * 4096 + 140);
    const copy = join(traded.dataDir, 'copy');
    const { code, text } = await journal(`salvage --into ${copy} --yes`, traded.config);
    expect(code).toBe(0);
    expect(text).toContain('there is nothing to salvage');
    expect(existsSync(copy)).toBe(false);
  });

  test('nothing whole, nothing salvaged', async () => {
    const traded = tradedJournal();
    for (const segment of segmentsOf(traded.shard)) damage(segment, 8);
    rmSync(join(traded.shard, 'snapshots'), { recursive: true });
    const { code, text } = await journal(`salvage --into ${join(traded.dataDir, 'copy')} --yes`, traded.config);
    expect(code).toBe(65);
    expect(text).toContain('Nothing can be salvaged');
    expect(existsSync(join(traded.dataDir, 'copy'))).toBe(false);
  });

  test('asks first; no is no, and nobody to be asked is 64', async () => {
    const traded = tradedJournal();
    rmSync(segmentsOf(traded.shard)[1]);
    const copy = join(traded.dataDir, 'copy');
    const { code, text, questions } = await journal(`salvage --into ${copy}`, traded.config, false);
    expect([code, questions]).toEqual([0, [`Copy ${traded.shard} to ${copy} and cut the copy?`]]);
    expect(text).toContain('Nothing was written.');
    await expect(journal(`salvage --into ${copy}`, traded.config)).rejects.toThrow('give --yes');
    expect(existsSync(copy)).toBe(false);
    expect((await journal(`salvage --into ${copy}`, traded.config, true)).code).toBe(0);
    expect(existsSync(copy)).toBe(true);
  });

  test('refuses a directory that is there, or within what is copied, and a stranger among the files', async () => {
    const traded = tradedJournal();
    await expect(journal(`salvage --into ${traded.dataDir} --yes`, traded.config)).rejects.toThrow('it exists already');
    await expect(journal(`salvage --into ${join(traded.shard, 'x')} --yes`, traded.config)).rejects.toThrow('within');
    writeFileSync(join(traded.shard, 'journal', 'copy-of-1.wal'), '');
    await expect(journal(`salvage --into ${join(traded.dataDir, 'copy')} --yes`, traded.config)).rejects.toThrow(
      'copy-of-1.wal is not the name of a segment file: move it away first',
    );
  });
});
