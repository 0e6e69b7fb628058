// Books over a connection that is cut behind any message, against a market drawn by chance: each book that is told is the
// exchange's at its sequence, all trades are told once, and the end is reached. Held to it: the client, and the example of
// README.md, which shares no code with it. The same example without its look at prev_sequence must fail.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { connect } from './index.ts';
import { drawMarket, type Step } from './testing/drawn-market.ts';
import { FeedServer } from './testing/feed-server.ts';
import { VirtualTime } from './testing/virtual-time.ts';

interface Told {
  readonly sequence: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

interface Surroundings {
  readonly time: VirtualTime;
  readonly server: FeedServer;
  /** Holds what was told to the market. */
  readonly tell: (told: Told) => void;
  /** A listener whose failures are the test's: what throws in a listener is nobody else's business. */
  readonly held: <A extends unknown[]>(look: (...values: A) => void) => (...values: A) => void;
}

interface Course {
  readonly steps: readonly Step[];
  readonly cuts?: readonly number[];
  readonly moves?: readonly number[];
  readonly losses?: readonly number[];
  readonly kept?: number;
}

/** Lets `subject` follow the market and holds what it tells to it. Returns how many messages the server sent. */
function follow(subject: (surroundings: Surroundings) => void, course: Course): number {
  const { steps, cuts = [], moves = [], losses = [], kept = steps.length } = course;
  const time = new VirtualTime();
  const sets = { cuts: new Set(cuts), moves: new Set(moves), losses: new Set(losses) };
  const server = new FeedServer({ time, steps, kept, ...sets });
  const failures: unknown[] = [];
  let last = -1;
  const held =
    <A extends unknown[]>(look: (...values: A) => void) =>
    (...values: A) => {
      try {
        look(...values);
      } catch (error) {
        failures.push(error);
      }
    };
  const tell = ({ sequence, bids, asks }: Told) => {
    const step = steps.findLast((one) => one.sequence <= sequence);
    same({ sequence, bids, asks }, { sequence, bids: step?.bids, asks: step?.asks });
    last = sequence;
  };
  subject({ time, server, tell, held });
  server.run();
  if (failures.length > 0) throw failures[0];
  expect(last).toBeGreaterThanOrEqual(steps.at(-1)?.sequence ?? 0);
  return server.sent;
}

/** toEqual, quick where all is well. */
function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

function pairs(levels: readonly { price: string; quantity: string }[]): string[][] {
  return levels.map(({ price, quantity }) => [price, quantity]);
}

function levelBook({ time, server, tell, held }: Surroundings): void {
  const client = connect('ws://x', { WebSocket: server.clients.WebSocket, timers: time });
  const btc = client.book('BTC-USD');
  const look = ({ sequence, checksum }: { sequence: number; checksum: string }) => {
    same([btc.live, btc.position?.sequence, btc.book.checksum()], [true, sequence, checksum]);
    tell({ sequence, bids: pairs(btc.book.levels('buy')), asks: pairs(btc.book.levels('sell')) });
  };
  btc.on('snapshot', held(look));
  btc.on('update', held(look));
  refuseTrouble(held, client, btc);
}

/** The book of orders, and each level's queue. */
function orderBook(steps: readonly Step[]) {
  return ({ time, server, tell, held }: Surroundings): void => {
    const client = connect('ws://x', { WebSocket: server.clients.WebSocket, timers: time });
    const btc = client.orderBook('BTC-USD');
    const look = ({ sequence }: { sequence: number }) => {
      const { orders = [] } = steps.findLast((one) => one.sequence <= sequence) ?? {};
      const { book } = btc;
      same(book.orderCount, orders.length);
      for (const side of ['buy', 'sell'] as const) {
        for (const { price } of book.levels(side)) {
          const expected = orders.filter((order) => order[1] === side && order[2] === price);
          same(
            book.queue(side, price).map((o) => [o.orderId, o.side, o.price, o.quantity]),
            expected,
          );
        }
      }
      tell({ sequence, bids: pairs(book.levels('buy')), asks: pairs(book.levels('sell')) });
    };
    btc.on('snapshot', held(look));
    btc.on('update', held(look));
    refuseTrouble(held, client, btc);
  };
}

type Client = ReturnType<typeof connect>;

function refuseTrouble(
  held: Surroundings['held'],
  client: Client,
  btc: ReturnType<Client['book' | 'orderBook']>,
): void {
  const refuse = held((trouble: unknown) => {
    throw new Error('trouble', { cause: trouble });
  });
  client.on('error', refuse);
  btc.on('error', refuse);
  btc.on('mismatch', refuse);
}

/** keepBook of README.md, changed as a test likes. */
function example(change: (source: string) => string = (source) => source) {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const source = change(/```js\n(.*?)```/s.exec(readme)?.[1] ?? '');
  return ({ time, server, tell }: Surroundings): void => {
    const keepBook = new Function('WebSocket', 'setTimeout', `${source}; return keepBook;`)(
      server.clients.WebSocket,
      (call: () => void, delayMs: number) => time.after(delayMs, call),
    );
    const sorted = (side: Map<string, string>, sign: number) =>
      [...side].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
    keepBook('ws://x', 'BTC-USD', (sides: { buy: Map<string, string>; sell: Map<string, string> }, sequence: number) =>
      tell({ sequence, bids: sorted(sides.buy, -1), asks: sorted(sides.sell, 1) }),
    );
  };
}

const STEPS = drawMarket(new Random(7), 30);

describe('a book over a connection that is cut', () => {
  it.each([
    ['of levels', levelBook],
    ['of orders', orderBook(STEPS)],
    ["of the README's example", example()],
  ])('%s: equals the exchange, whichever message was the last before the cut', (_, subject) => {
    const messages = follow(subject, { steps: STEPS });
    expect(messages).toBeGreaterThan(STEPS.length);
    for (let cut = 1; cut <= messages; cut++) follow(subject, { steps: STEPS, cuts: [cut] });
    follow(subject, { steps: STEPS, losses: [5, 11, 12] });
  });

  const courses = {
    seed: fc.integer(),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 20 }),
    moves: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
    losses: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 10 }),
    kept: fc.integer({ min: 0, max: 60 }),
  };

  it('equals the exchange after any cuts and losses, with a short memory of the server and after its replacement', () => {
    fc.assert(
      fc.property(fc.record(courses), ({ seed, ...course }) => {
        const steps = drawMarket(new Random(seed), 60);
        follow(levelBook, { steps, ...course });
        follow(orderBook(steps), { steps, ...course });
      }),
      { numRuns: 40 },
    );
  });

  it('tells every trade once and in order', () => {
    fc.assert(
      fc.property(
        fc.record({ seed: courses.seed, cuts: courses.cuts, losses: courses.losses }),
        ({ seed, cuts, losses }) => {
          const steps = drawMarket(new Random(seed), 60);
          const time = new VirtualTime();
          const sets = { cuts: new Set(cuts), losses: new Set(losses) };
          const server = new FeedServer({ time, steps, kept: steps.length, ...sets });
          const client = connect('ws://x', { WebSocket: server.clients.WebSocket, timers: time });
          const trades: string[] = [];
          let from: number | undefined;
          const matches = client.matches('BTC-USD');
          matches.on('update', (message) => trades.push(...message.trades.map((trade) => trade.trade_id)));
          matches.on('snapshot', ({ sequence }) => {
            from ??= sequence;
          });
          server.run();
          const expected = steps
            .filter(({ sequence }) => sequence > (from ?? Number.NaN))
            .flatMap((step) => step.trades);
          expect(trades).toEqual(expected.map((trade) => trade.trade_id));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('would notice a book that does not resume', () => {
    const unchecked = (source: string) => without(source, /^ +if \(checksum.*\n/m);
    const gapless = example((source) => unchecked(without(source, /^ +if \(message\.prev_sequence > .*\n/m)));
    const late = example((source) => unchecked(source.replace('known.from_sequence =', 'known.from_sequence = 9 +')));
    follow(example(unchecked), { steps: STEPS, cuts: [20], losses: [5, 11, 12] });
    expect(() => follow(gapless, { steps: STEPS, losses: [5, 11, 12] })).toThrow();
    expect(() => follow(late, { steps: STEPS, cuts: [20] })).toThrow();
  });
});

function without(source: string, line: RegExp): string {
  expect(source).toMatch(line);
  return source.replace(line, '');
}
