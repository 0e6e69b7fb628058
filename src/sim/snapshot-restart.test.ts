// Starts from snapshots: the same state as from the first frame, whichever snapshot it was; and refusals, where snapshot and
// journal are not of one history.

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { InProcessExchange } from './in-process-exchange.ts';
import { commandOf } from './testing/commands.ts';
import { Random } from './testing/random.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-snapshots-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Orders around one price, each batch in a frame of its own. */
function trade(exchange: InProcessExchange, random: Random, frames: number): void {
  for (let frame = 0; frame < frames; frame++) {
    for (let k = random.below(4); k >= 0; k--) {
      const side = random.below(2) === 0 ? Side.BUY : Side.SELL;
      const terms = { side, priceTicks: 100 + random.below(9), quantityLots: 1 + random.below(50) };
      const texts = [`client-${random.below(5)}`, `key-${random.below(1e9)}`] as const;
      expect(exchange.submit(commandOf(CommandType.NEW_ORDER, terms, ...texts))).toBe(true);
    }
    exchange.turnMatching();
    exchange.replies();
  }
  exchange.settle();
}

/** 600 frames with a snapshot after each 150, then 100 more; killed. Three segments. */
function history(seed: number): { readonly sequence: number; readonly depth: object; readonly snapshots: number[] } {
  const exchange = new InProcessExchange({ directory });
  const random = new Random(seed);
  const snapshots: number[] = [];
  for (let k = 0; k < 4; k++) {
    trade(exchange, random, 150);
    snapshots.push(exchange.takeSnapshot().sequence);
  }
  trade(exchange, random, 100);
  return { sequence: exchange.sequence, depth: exchange.depth(), snapshots };
}

const filesOf = (kind: 'journal' | 'snapshots') =>
  readdirSync(join(directory, kind))
    .filter((name) => /^[0-9]{20}/.test(name))
    .sort()
    .map((name) => join(directory, kind, name));

describe('a start', () => {
  it.each([{ follower: Number.POSITIVE_INFINITY }, { follower: 'oldest' as const }, { follower: 0 }])(
    'from the newest snapshot is one from the first frame (the follower through $follower)',
    ({ follower }) => {
      const before = history(1);
      const again = new InProcessExchange({ directory, followerBeginsWith: follower });
      const { sequence, snapshotSequence, frames, notes } = again.recovered;
      expect([sequence, snapshotSequence, notes]).toEqual([before.sequence, before.snapshots[3], []]);
      expect(frames).toBe(100);
      expect(again.depth()).toEqual(before.depth);
      trade(again, new Random(2), 50);
      const facts = again.takeSnapshot();

      rmSync(join(directory, 'snapshots'), { recursive: true });
      const whole = new InProcessExchange({ directory });
      expect([whole.recovered.snapshotSequence, whole.recovered.sequence]).toEqual([0, facts.sequence]);
      expect(whole.depth()).toEqual(again.depth());
      expect(whole.takeSnapshot().digest).toBe(facts.digest);
    },
  );

  it('needs no segment from before its snapshot', () => {
    const before = history(3);
    const [first] = filesOf('journal');
    rmSync(first);
    const again = new InProcessExchange({ directory, followerBeginsWith: 'oldest' });
    expect(again.recovered).toMatchObject({ sequence: before.sequence, frames: 100 });
    expect(again.depth()).toEqual(before.depth);
  });

  it('passes over a damaged snapshot for the one before, and says so', () => {
    const before = history(4);
    const newest = filesOf('snapshots')[1];
    truncateSync(newest, 1_000);
    const again = new InProcessExchange({ directory, followerBeginsWith: before.sequence });
    expect(again.recovered).toMatchObject({ sequence: before.sequence, snapshotSequence: before.snapshots[2] });
    expect(again.recovered.notes).toEqual([expect.stringContaining(newest)]);
    expect(again.depth()).toEqual(before.depth);
  });
});

describe('behind an archive, a start', () => {
  it.each([{ follower: Number.POSITIVE_INFINITY }, { follower: 'oldest' as const }, { follower: 0 }])(
    'comes to the same state (the follower through $follower), and so does one from the first frame',
    async ({ follower }) => {
      const exchange = new InProcessExchange({ directory });
      const random = new Random(11);
      for (let k = 0; k < 4; k++) {
        trade(exchange, random, 200);
        exchange.takeSnapshot();
      }
      const files = filesOf('journal');
      expect(await exchange.archive()).toMatchObject({
        archived: files.length - filesOf('journal').length,
        failure: '',
      });
      expect(filesOf('journal').length).toBeLessThan(files.length);
      expect(existsSync(files[0])).toBe(false);
      trade(exchange, random, 30);
      const before = { sequence: exchange.sequence, depth: exchange.depth() };

      const again = new InProcessExchange({ directory, followerBeginsWith: follower });
      expect(again.recovered).toMatchObject({ sequence: before.sequence, notes: [] });
      expect(again.depth()).toEqual(before.depth);
      trade(again, new Random(12), 50);
      const facts = again.takeSnapshot();

      rmSync(join(directory, 'snapshots'), { recursive: true });
      const whole = new InProcessExchange({ directory });
      expect(whole.recovered).toMatchObject({ snapshotSequence: 0, sequence: facts.sequence });
      expect(whole.depth()).toEqual(again.depth());
      expect(whole.takeSnapshot().digest).toBe(facts.digest);
    },
  );

  it.each([{ follower: Number.POSITIVE_INFINITY }, { follower: 'oldest' as const }])(
    'needs nothing of what was deleted (the follower through $follower)',
    async ({ follower }) => {
      const exchange = new InProcessExchange({ directory });
      const random = new Random(14);
      for (let k = 0; k < 4; k++) {
        trade(exchange, random, 200);
        exchange.takeSnapshot();
      }
      const { deleted, archived, failure } = await exchange.archive({ mode: 'delete' });
      expect([deleted > 1, archived, failure]).toEqual([true, 0, '']);
      trade(exchange, random, 30);
      const again = new InProcessExchange({ directory, followerBeginsWith: follower });
      expect(again.recovered).toMatchObject({ sequence: exchange.sequence, notes: [] });
      expect(again.depth()).toEqual(exchange.depth());
    },
  );

  it('is refused when archive and snapshots are both gone', async () => {
    const exchange = new InProcessExchange({ directory });
    const random = new Random(13);
    for (let k = 0; k < 4; k++) {
      trade(exchange, random, 200);
      exchange.takeSnapshot();
    }
    expect((await exchange.archive()).archived).toBeGreaterThan(0);
    rmSync(join(directory, 'snapshots'), { recursive: true });
    rmSync(join(directory, 'archive'), { recursive: true });
    expect(() => new InProcessExchange({ directory })).toThrow('the segment file of frame 1 is missing');
  });
});

describe('it is refused', () => {
  const start = () => new InProcessExchange({ directory });

  it('when a segment is gone that no snapshot replaces', () => {
    history(5);
    const [first] = filesOf('journal');
    rmSync(first);
    rmSync(join(directory, 'snapshots'), { recursive: true });
    expect(start).toThrow('the segment file of frame 1 is missing');
  });

  it('when the segment of the snapshot is gone', () => {
    history(6);
    for (const segment of filesOf('journal').slice(0, -1)) rmSync(segment);
    for (const file of filesOf('snapshots').slice(1)) rmSync(file);
    expect(start).toThrow(/the segment file of frame \d+ is missing; the oldest begins with frame \d+/);
  });

  it('when the snapshot is newer than the journal', () => {
    history(7);
    for (const segment of filesOf('journal').slice(1)) rmSync(segment);
    expect(start).toThrow(/yet the snapshot of frame \d+ says that frame \d+ was acknowledged/);
  });

  it('when the snapshot is of another history of the same journal', () => {
    trade(new InProcessExchange({ directory }), new Random(8), 20);
    const copy = join(directory, 'copy');
    cpSync(join(directory, 'journal'), join(copy, 'journal'), { recursive: true });
    const other = new InProcessExchange({ directory: copy });
    trade(other, new Random(9), 20);
    other.takeSnapshot();
    trade(new InProcessExchange({ directory }), new Random(10), 40);
    cpSync(join(copy, 'snapshots'), join(directory, 'snapshots'), { recursive: true });
    expect(start).toThrow('a snapshot knows another frame');
  });
});
