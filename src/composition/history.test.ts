// Books of the past: at each sequence the very body that clients were given then, wherever history begins.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { removeTemporaryDirectories, temporaryDirectory } from '../journal/journal-fixture.ts';
import { InProcessExchange } from '../sim/in-process-exchange.ts';
import { commandOf, definitionOf } from '../sim/testing/commands.ts';
import { Random } from '../sim/testing/random.ts';
import { History } from './history.ts';

afterEach(removeTemporaryDirectories);

const LEVELS = 1_000;

interface Told {
  readonly directory: string;
  readonly history: History;
  readonly durableFrame: number;
  /** Depth as it was shown, by sequence. */
  readonly shown: ReadonlyMap<number, object>;
  readonly snapshots: readonly number[];
}

/** Trades, with a look at the book after each few orders and two snapshots on the way. */
function told(): Told {
  const directory = temporaryDirectory();
  const exchange = new InProcessExchange({ directory, durability: 'fsync' });
  const random = new Random(3);
  const shown = new Map<number, object>();
  const snapshots: number[] = [];
  for (let batch = 1; batch <= 240; batch++) {
    for (let k = random.below(3); k >= 0; k--) {
      const side = random.below(2) === 0 ? Side.BUY : Side.SELL;
      const terms = { side, priceTicks: 100 + random.below(20), quantityLots: 1 + random.below(50) };
      exchange.submit(commandOf(CommandType.NEW_ORDER, terms, `client-${random.below(5)}`));
    }
    exchange.turnMatching();
    exchange.replies();
    if (batch % 12 === 0) shown.set(exchange.sequence, exchange.depth());
    if (batch % 100 === 0) snapshots.push(exchange.takeSnapshot().sequence);
  }
  exchange.settle();
  const { durableFrame } = exchange;
  return { directory, history: historyOf(directory), durableFrame, shown, snapshots };
}

function historyOf(directory: string): History {
  return new History({ journalDirectory: join(directory, 'journal'), snapshotDirectory: join(directory, 'snapshots') });
}

function bookAt({ history, durableFrame }: Told, sequence: number, levels = LEVELS): object {
  const answer = history.book({ instrument: 0, levels, sequence, throughFrame: durableFrame });
  if (!('body' in answer)) throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.body);
}

describe('a book of the past', () => {
  test.each([
    ['forwards', (sequences: number[]) => sequences],
    ['backwards', (sequences: number[]) => sequences.reverse()],
  ])('is what was shown then, asked for %s', (_, order) => {
    const venue = told();
    expect(venue.shown.size).toBe(20);
    for (const sequence of order([...venue.shown.keys()])) {
      expect(bookAt(venue, sequence)).toEqual(venue.shown.get(sequence));
    }
  });

  test('has its sequence also in the middle of a frame, and at most the levels asked for', () => {
    const venue = told();
    const [sequence] = venue.shown.keys();
    for (let at = 0; at <= sequence; at++) expect(bookAt(venue, at)).toMatchObject({ sequence: at });
    const best: unknown = bookAt(venue, sequence, 1);
    const whole: object = venue.shown.get(sequence) ?? {};
    const first = (side: 'asks' | 'bids') =>
      side in whole
        ? Object.entries(whole)
            .find(([name]) => name === side)?.[1]
            .slice(0, 1)
        : [];
    expect(best).toMatchObject({ asks: first('asks'), bids: first('bids') });
  });

  test('reads no frame that is not durable yet', () => {
    const { history, shown } = told();
    const [sequence] = shown.keys();
    expect(history.book({ instrument: 0, levels: 1, sequence, throughFrame: 2 })).toEqual({
      unavailable: `Sequence ${sequence} is not readable yet; try again.`,
    });
    // It goes on from there once it may.
    expect(history.book({ instrument: 0, levels: 1, sequence, throughFrame: 100 })).toMatchObject({ status: 200 });
  });

  test('says that history does not reach back, and goes on for what it reaches', () => {
    const venue = told();
    const [first, second] = readdirSync(join(venue.directory, 'journal'))
      .filter((name) => name.endsWith('.wal'))
      .sort();
    expect(second).toBe('00000000000000000193.wal');
    rmSync(join(venue.directory, 'journal', first));
    const [, newest] = venue.snapshots;
    const question = { instrument: 0, levels: 1, throughFrame: venue.durableFrame };
    expect(venue.history.book({ ...question, sequence: newest - 1 })).toEqual({
      unavailable: expect.stringContaining(`history does not reach back to sequence ${newest - 1}`),
    });
    const later = [...venue.shown.keys()].filter((sequence) => sequence >= newest);
    expect(later.length).toBeGreaterThan(1);
    for (const sequence of later) expect(bookAt(venue, sequence)).toEqual(venue.shown.get(sequence));
  });

  test('is refused behind damage, and given before it', () => {
    const venue = told();
    rmSync(join(venue.directory, 'snapshots'), { recursive: true });
    const file = join(venue.directory, 'journal', '00000000000000000001.wal');
    const bytes = readFileSync(file);
    bytes[50 * 4096 + 200] ^= 1;
    writeFileSync(file, bytes);
    const sequences = [...venue.shown.keys()];
    const question = { instrument: 0, levels: 1, throughFrame: venue.durableFrame };
    expect(venue.history.book({ ...question, sequence: sequences[10] })).toEqual({
      unavailable: expect.stringContaining('frame 51, '),
    });
    expect(bookAt(venue, sequences[0])).toEqual(venue.shown.get(sequences[0]));
  });

  test('of an instrument that was not there yet does not exist', () => {
    const directory = temporaryDirectory();
    const exchange = new InProcessExchange({ directory, durability: 'fsync' });
    const [bitcoin] = DEFAULT_INSTRUMENTS;
    exchange.submit(commandOf(CommandType.NEW_ORDER, { priceTicks: 100, quantityLots: 1 }, 'me'));
    exchange.submit(definitionOf({ ...bitcoin, name: 'ETH-USD', base: 'ETH' }));
    exchange.settle();
    const question = { instrument: 1, levels: 5, throughFrame: exchange.durableFrame };
    const history = historyOf(directory);
    expect(history.book({ ...question, sequence: 1 })).toEqual({
      notFound: 'The instrument was not there yet at sequence 1.',
    });
    expect(history.book({ ...question, sequence: 2 })).toMatchObject({
      body: '{"instrument":"ETH-USD","sequence":2,"asks":[],"bids":[]}',
    });
  });
});
