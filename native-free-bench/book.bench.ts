// Benchmarks of the book alone (bare-book.ts): commands per second on one thread, events told to a listener; beside the
// order books of npm on the same flows. What rests at the start is put there before the clock runs.

import { type BareBook, playAll, prepared, Tally } from './bare-book.ts';
import type { Flow } from './flows/index.ts';
import * as flows from './flows/index.ts';
import { type Player, players } from './rival-books.ts';
import type { Case, Suite, SuiteOptions } from './suite.ts';

const THOUSAND = 1_000;
const MILLION = 1_000_000;

export function bookSuite(options: SuiteOptions): Suite {
  const { seed } = options;
  const scale = options.tiny ? 1 / THOUSAND : 1;
  const commands = MILLION * scale;
  const sizes = [10 * THOUSAND, MILLION, ...(options.large ? [10 * MILLION] : [])];
  const of = (resting: number) => ({ seed, resting: resting * scale, commands });
  return {
    name: 'book',
    cases: [
      ...sizes.map((resting) => alone(`everyday, ${count(resting)} resting`, () => flows.everyday(of(resting)))),
      ...sizes.map((resting) =>
        alone(`random cancels, ${count(resting)} resting`, () => flows.uniformCancels(of(resting))),
      ),
      alone('sparse levels over 10^7 ticks, 10 thousand resting', () => flows.sparse(of(10 * THOUSAND))),
      alone('sparse levels over 10^7 ticks, 1 million resting', () => flows.sparse(of(MILLION))),
      alone('one level, random cancels, 1 million resting', () => flows.oneLevel(of(MILLION))),
      alone('sweep of 1 million orders', () => flows.sweep(of(MILLION))),
      alone('flash crash through 50 thousand levels and back', () =>
        flows.flashCrash({ seed, commands: commands / 5 }),
      ),
      ...beside('everyday without amends, 10 thousand resting', () =>
        flows.everyday({ ...of(10 * THOUSAND), commands: commands / 10, withoutAmends: true }),
      ),
      ...beside('one level, random cancels, 1 thousand resting', () =>
        flows.oneLevel({ ...of(THOUSAND), commands: commands / 100 }),
      ),
      ...beside('sweep of 10 thousand orders', () => flows.sweep(of(10 * THOUSAND))),
      ...beside('flash crash through 2 thousand levels and back', () =>
        flows.flashCrash({ seed, commands: commands / 125 }),
      ),
    ],
  };
}

function count(orders: number): string {
  return orders >= MILLION ? `${orders / MILLION} million` : `${orders / THOUSAND} thousand`;
}

/** A value made when it is first asked for, and forgotten on demand. */
class Lazy<T> {
  private value: T | undefined;
  private readonly make: () => T;

  constructor(make: () => T) {
    this.make = make;
  }

  get(): T {
    this.value ??= this.make();
    return this.value;
  }

  forget(): void {
    this.value = undefined;
  }
}

function alone(name: string, record: () => Flow): Case {
  const flow = new Lazy(record);
  let book: BareBook | undefined;
  let tally: Tally | undefined;
  return {
    name,
    unit: 'command',
    operations: flow.get().operations,
    resultOf: name,
    prepare: () => {
      book = prepared(flow.get(), (of) => {
        tally = new Tally(of);
        return tally;
      });
    },
    run: () => {
      if (book === undefined || tally === undefined) throw new Error('not prepared');
      playAll(book, flow.get().tape);
      return tally.hash >>> 0;
    },
    close: () => flow.forget(),
  };
}

/** The book and its rivals on one flow: all must come to the same outcomes. */
function beside(name: string, record: () => Flow): Case[] {
  const flow = new Lazy(record);
  const makers = new Lazy(() => players(flow.get()));
  return Object.entries(makers.get()).map(([rival, make]) => {
    let player: Player | undefined;
    return {
      name: `${name}: ${rival}`,
      unit: 'command',
      operations: flow.get().operations,
      resultOf: name,
      prepare: () => {
        player = make();
        player.play(flow.get().resting);
      },
      run: () => {
        if (player === undefined) throw new Error('not prepared');
        player.play(flow.get().tape);
        return player.hash();
      },
    };
  });
}
