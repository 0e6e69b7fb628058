// The order books of npm, driven by the same flows: nodejs-order-book and hft-limit-order-book (one author, one design: a
// red-black tree of prices, queues of objects, orders by string id in an object). Main thread of the benchmark.
//
// Their amend differs from ours: it always loses the place, and its size is what remains, not the total. So flows without
// amends are compared, where all must come to one hash: what each command executed or
// cancelled. Numbers stay whole, ids are made beforehand; journaling is off, as it is by default.

import { OrderBook as HftBook } from 'hft-limit-order-book';
import { OrderBook as NodejsBook } from 'nodejs-order-book';
import type { OrderRows } from '#ringbook/domain/book/order-rows.js';
import { Side } from '#ringbook/domain/codes.js';
import { BareBook, type BareListener, playAll } from './bare-book.ts';
import { Action, type Columns, type Flow } from './flows/index.ts';
import { HASH_START, hashWord } from './suite.ts';

/** A book that can play a flow. */
export interface Player {
  play(columns: Columns): void;
  /** Of all outcomes. */
  hash(): number;
}

/** As much of both packages as is used; their own declarations are not where their package.json says. */
interface RivalBook {
  limit(order: { id: string; side: string; size: number; price: number; timeInForce?: string }): {
    readonly quantityLeft: number;
    readonly err: unknown;
  };
  cancel(id: string): { readonly order?: { readonly size: number } } | undefined;
}

class RivalPlayer implements Player {
  private readonly book: RivalBook;
  private readonly ids: ReadonlyMap<Columns, readonly string[]>;
  private folded = HASH_START;

  constructor(book: RivalBook, ids: ReadonlyMap<Columns, readonly string[]>) {
    this.book = book;
    this.ids = ids;
  }

  play(columns: Columns): void {
    const ids = this.ids.get(columns) ?? [];
    for (let at = 0; at < columns.length; at++) {
      if (columns.action[at] === Action.CANCEL) this.cancel(ids[at]);
      else this.place(columns, at, ids[at]);
    }
  }

  private place(columns: Columns, at: number, id: string): void {
    const size = columns.quantityLots[at];
    const isTaking = columns.action[at] === Action.TAKE;
    const result = this.book.limit({
      id,
      side: columns.side[at] === Side.BUY ? 'buy' : 'sell',
      size,
      price: columns.priceTicks[at],
      timeInForce: isTaking ? 'IOC' : 'GTC',
    });
    if (result.err !== null) throw new Error(`order ${id}: ${String(result.err)}`);
    this.folded = hashWord(this.folded, size - result.quantityLeft);
  }

  private cancel(id: string): void {
    const cancelled = this.book.cancel(id);
    this.folded = hashWord(this.folded, cancelled?.order === undefined ? -1 : cancelled.order.size);
  }

  hash(): number {
    return this.folded;
  }
}

/** The ids of a flow's orders, as strings. */
function idsOf(flow: Flow): ReadonlyMap<Columns, readonly string[]> {
  const of = (columns: Columns): string[] => Array.from(columns.number.subarray(0, columns.length), String);
  return new Map([
    [flow.resting, of(flow.resting)],
    [flow.tape, of(flow.tape)],
  ]);
}

/** Folds what the rivals' results say too. */
class Outcomes implements BareListener {
  folded = HASH_START;
  private readonly orders: OrderRows;

  constructor(book: BareBook) {
    this.orders = book.orders;
  }

  onTrade(): void {}

  onFilled(): void {}

  onRested(row: number): void {
    this.folded = hashWord(this.folded, this.orders.executedLots(row) | 0);
  }

  onDone(row: number): void {
    this.folded = hashWord(this.folded, this.orders.executedLots(row) | 0);
  }

  onCancelled(row: number): void {
    this.folded = hashWord(this.folded, this.orders.shownLots(row) | 0);
  }

  onAmended(): void {}

  onRefused(): void {
    this.folded = hashWord(this.folded, -1);
  }
}

class OurPlayer implements Player {
  private readonly book: BareBook;
  private readonly outcomes: Outcomes;

  constructor() {
    const outcomes: Outcomes[] = [];
    this.book = new BareBook((book) => {
      const listener = new Outcomes(book);
      outcomes.push(listener);
      return listener;
    });
    this.outcomes = outcomes[0];
  }

  play(columns: Columns): void {
    playAll(this.book, columns);
  }

  hash(): number {
    return this.outcomes.folded;
  }
}

/** Makers of players, by name. */
export function players(flow: Flow): Record<string, () => Player> {
  const ids = idsOf(flow);
  return {
    ringbook: () => new OurPlayer(),
    'nodejs-order-book': () => new RivalPlayer(new NodejsBook(), ids),
    'hft-limit-order-book': () => new RivalPlayer(new HftBook(), ids),
  };
}
