// Benchmarks of market data's own book: price levels kept up to date from events, and read from the best on; beside a
// plain `Map`, which knows what rests at a price but not what is best.

import { L2Book } from '#ringbook/market-data/l2-book.js';
import { BookChecksum } from '#ringbook/wire/book-checksum.js';
import { LevelChanges } from './level-changes.ts';
import { RecordedEvents } from './recorded-events.ts';
import { HASH_START, hashWord, type Run, rivals, type Suite, type SuiteOptions } from './suite.ts';

const DEPTH = 20;
const READS = 2_000;

export function l2BookSuite(options: SuiteOptions): Suite {
  const changes = new LevelChanges(new RecordedEvents(options));
  const reads = options.tiny ? 10 : READS;
  return {
    name: 'l2-book',
    cases: [
      ...rivals('change', 'levels', changes.length, {
        'levels in order (ours)': levels(changes),
        'levels in a Map, without order': levelsInMap(changes),
      }),
      ...rivals('change', 'levels and best', changes.length, {
        'levels, best price and checksum': levelsAndBest(changes),
      }),
      ...rivals('level', 'depth', 2 * DEPTH * reads, { 'depth of 20 read': depth(changes, reads) }),
    ],
  };
}

/** A book that starts empty for each run: what rests at its end would make the next one another. */
function levels({ side, priceTicks, deltaLots, length }: LevelChanges): Run {
  return () => {
    const book = new L2Book();
    let hash = HASH_START;
    for (let n = 0; n < length; n++) hash = hashWord(hash, book.side(side[n]).add(priceTicks[n], deltaLots[n]));
    return hash;
  };
}

function levelsInMap({ side, priceTicks, deltaLots, length }: LevelChanges): Run {
  return () => {
    const sides = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
    let hash = HASH_START;
    for (let n = 0; n < length; n++) {
      const price = priceTicks[n];
      const own = sides[side[n]];
      const lots = (own.get(price) ?? 0) + deltaLots[n];
      if (lots === 0) own.delete(price);
      else own.set(price, lots);
      hash = hashWord(hash, lots);
    }
    return hash;
  };
}

function levelsAndBest({ side, priceTicks, deltaLots, length }: LevelChanges): Run {
  return () => {
    const book = new L2Book();
    const checksum = new BookChecksum();
    let hash = HASH_START;
    for (let n = 0; n < length; n++) {
      const own = book.side(side[n]);
      const lots = own.add(priceTicks[n], deltaLots[n]);
      checksum.change(side[n], priceTicks[n], lots - deltaLots[n], lots);
      hash = hashWord(hash, own.levels === 0 ? 0 : own.priceAt(0));
    }
    return hashWord(hashWord(hash, checksum.lane0), checksum.lane1);
  };
}

function depth({ side, priceTicks, deltaLots, length }: LevelChanges, reads: number): Run {
  const book = new L2Book();
  for (let n = 0; n < length; n++) book.side(side[n]).add(priceTicks[n], deltaLots[n]);
  return () => {
    let hash = HASH_START;
    for (let read = 0; read < reads; read++) {
      for (const own of [book.bids, book.asks]) {
        for (let rank = 0; rank < Math.min(DEPTH, own.levels); rank++) {
          hash = hashWord(hash, own.priceAt(rank) ^ own.lotsAt(rank));
        }
      }
    }
    return hash;
  };
}
