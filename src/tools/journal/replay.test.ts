// journal replay: the state at a sequence is the one that was, whether a snapshot helps or not, also in the middle of a frame.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTemporaryDirectories } from '../../journal/journal-fixture.ts';
import type { StateFacts } from './state-text.ts';
import { damage, journal, segmentsOf, type Traded, tradedJournal, treeOf } from './traded-fixture.ts';

let traded: Traded;
let before: object;
beforeAll(() => {
  traded = tradedJournal();
  before = treeOf(traded.dataDir);
});
afterAll(() => {
  expect(treeOf(traded.dataDir)).toEqual(before);
  removeTemporaryDirectories();
});

async function stateAt(
  to: number,
  config = traded.config,
): Promise<StateFacts & { snapshot_sequence: number; frame: number }> {
  const { code, lines } = await journal(`replay --to ${to} --json`, config);
  expect([code, lines.length]).toEqual([0, 1]);
  return JSON.parse(lines[0]);
}

describe('journal replay', () => {
  test('at a snapshot’s sequence it has the snapshot’s digest, with and without that snapshot', async () => {
    const { sequence, digest, frame } = traded.snapshots[1];
    expect(await stateAt(sequence)).toMatchObject({ sequence, digest, snapshot_sequence: sequence });
    const own = tradedJournal();
    rmSync(join(own.shard, 'snapshots'), { recursive: true });
    const replayed = await stateAt(sequence, own.config);
    expect(replayed).toMatchObject({ sequence, digest, snapshot_sequence: 0 });
    expect(replayed.frame).toBeLessThanOrEqual(frame);
  });

  test('one command at a time: every sequence has a state of its own, also within a frame', async () => {
    const { lines } = await journal('inspect --from 123 --frames 40', traded.config);
    const within = lines.map((line) => / (\d+)-(\d+) /.exec(line)).find((found) => found !== null);
    const first = Number(within?.[1]);
    const states = [await stateAt(first - 1), await stateAt(first), await stateAt(first + 1)];
    expect(states.map(({ sequence }) => sequence)).toEqual([first - 1, first, first + 1]);
    expect(states[1].frame).toBe(states[2].frame);
    expect(new Set(states.map(({ digest }) => digest)).size).toBe(3);
  });

  test('at the end: the book that clients saw', async () => {
    const { books, open_orders: open } = await stateAt(traded.sequence);
    const shown = (side: 'bids' | 'asks') =>
      books[0][side].map(({ price, quantity }) => [Number(price), Number(quantity)]);
    expect(traded.depth).toMatchObject({
      asks: shown('asks').map(([price, quantity]) => ({ price, quantity })),
      bids: shown('bids').map(([price, quantity]) => ({ price, quantity })),
    });
    expect(open).toBeGreaterThan(10);
  });

  test('for people', async () => {
    const { code, text } = await journal('replay --to 300', traded.config);
    expect(code).toBe(0);
    const { digest } = await stateAt(300);
    const { sequence } = traded.snapshots[0];
    expect(text).toContain(`from      the snapshot of sequence ${sequence}, ${300 - sequence} commands replayed`);
    expect(text).toContain('sequence  300\n');
    expect(text).toContain(`digest    ${digest}\n`);
    expect(text).toMatch(/\nBTC-USD \(open\), \d+ orders\n +0\.\d+ +1\.0\d \| 1\.0\d +0\.\d+/);
  });

  test('a sequence that is not there yet: 64, and what the last one is', async () => {
    await expect(journal(`replay --to ${traded.sequence + 1}`, traded.config)).rejects.toThrow(
      `the last sequence is ${traded.sequence}.`,
    );
  });

  test('before damage it is told, behind it is not', async () => {
    const own = tradedJournal();
    damage(segmentsOf(own.shard)[1], 200);
    expect((await stateAt(388, own.config)).sequence).toBe(388);
    await expect(journal('replay --to 389', own.config)).rejects.toThrow(
      'frame 193, sequence 389: the payload checksum',
    );
  });

  test('where history does not reach back it says so; from the first snapshot on it is whole', async () => {
    const own = tradedJournal();
    const [first] = segmentsOf(own.shard);
    rmSync(first);
    const { sequence } = own.snapshots[1];
    expect((await stateAt(sequence + 1, own.config)).snapshot_sequence).toBe(sequence);
    await expect(journal(`replay --to ${sequence - 1}`, own.config)).rejects.toThrow(
      `history does not reach back to sequence ${sequence - 1}`,
    );
  });
});
