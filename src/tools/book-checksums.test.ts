// The reference for subscribers of a book is the book itself: its checksum at the end is that of the depth; and what differs from it
// by one level or one sequence is seen.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Side } from '../domain/codes.ts';
import { removeTemporaryDirectories } from '../journal/journal-fixture.ts';
import { BookChecksum } from '../wire/book-checksum.ts';
import { ReferenceBook, replayBook } from './book-checksums.ts';
import { tradedJournal } from './journal/traded-fixture.ts';

afterAll(removeTemporaryDirectories);

type Levels = readonly { readonly price: number; readonly quantity: number }[];

/** Of BTC-USD: prices with 2 decimals, quantities with 8. */
function checksumOf(bids: Levels, asks: Levels): string {
  const checksum = new BookChecksum();
  const add = (side: number, levels: Levels) => {
    for (const { price, quantity } of levels) {
      checksum.change(side, Math.round(price * 1e2), 0, Math.round(quantity * 1e8));
    }
  };
  add(Side.BUY, bids);
  add(Side.SELL, asks);
  return checksum.text();
}

function levelsOf(depth: object, name: string): Levels {
  const levels: Levels | undefined = Object.entries(depth).find(([side]) => side === name)?.[1];
  if (levels === undefined) throw new Error(`no ${name}`);
  return levels;
}

test('a replay ends with the checksum of the book as it is', () => {
  const { shard, depth, sequence } = tradedJournal();
  const book = replayBook(join(shard, 'journal'), 0);
  const [bids, asks] = [levelsOf(depth, 'bids'), levelsOf(depth, 'asks')];
  expect(bids.length + asks.length).toBeGreaterThan(2);
  expect(book.checksumAt(sequence)).toBe(checksumOf(bids, asks));
  expect(book.checksumAt(sequence)).not.toBe(checksumOf(bids.slice(1), asks));
  expect(book.checksumAt(0)).toBe(new BookChecksum().text());
  expect(book.tradesAfter(0)).toBeGreaterThan(0);
  expect(replayBook(join(shard, 'journal'), 1).toldAfter(0)).toBe(0);
});

test('each sequence has its own, and what a command changed several times counts once', () => {
  const book = new ReferenceBook();
  book.changed(3, 'a');
  book.changed(3, 'b');
  book.traded(3);
  book.changed(7, 'c');
  book.traded(8);
  expect([2, 3, 6, 7, 9].map(book.checksumAt)).toEqual([new BookChecksum().text(), 'b', 'b', 'c', 'c']);
  expect([book.toldAfter(0), book.toldAfter(3), book.toldAfter(8)]).toEqual([3, 2, 0]);
  expect([book.tradesAfter(0), book.tradesAfter(3)]).toEqual([2, 1]);
});
