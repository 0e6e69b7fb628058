// Fills one empty book or engine with resting orders and prints as JSON by how many bytes the process grew: what is
// resident, what of it is after a garbage collection, and what all buffers span. A process of its own, which needs
// --expose-gc: arguments WHAT ORDERS SEED.
//
// Resident is what counts: an arena reserves up to half as much again as it uses, and pages that nobody touched take no
// memory. A first book of half a million orders stays, so that compiled code and a grown heap are there before.

import { raiseInliningLimits } from '#ringbook/runtime/inlining.js';
import { BareBook, Tally } from './bare-book.ts';
import { EnginePlayer } from './engine-player.ts';
import { type Columns, RestingOrders } from './flows/index.ts';

export type Filled = 'book' | 'engine' | 'engine with keys';

const WARM_ORDERS = 500_000;
const CHUNK = 10_000;
/** Beyond 2^32: a book that has run for a while. An engine numbers orders itself, from 1 on. */
const FIRST_NUMBER = 2 ** 33;

function fill(what: string, orders: number, source: RestingOrders): object {
  if (what === 'book') return fillBook(orders, source);
  const player = new EnginePlayer(what === 'engine with keys');
  for (let done = 0; done < orders; done += source.columns.length) {
    const columns = source.refill(done + 1, orders - done);
    player.play(columns, 0, columns.length);
  }
  expect(player.engine.openOrders, orders);
  return player;
}

function fillBook(orders: number, source: RestingOrders): object {
  const book = new BareBook((of) => new Tally(of));
  for (let done = 0; done < orders; done += source.columns.length) {
    const columns = source.refill(FIRST_NUMBER + done, orders - done);
    for (let at = 0; at < columns.length; at++) book.apply(columns, at);
    touchColdHalves(book, columns);
  }
  expect(book.live.size, orders);
  return book;
}

/** The bare book never writes the cold halves of orders; an order that is whole has both. */
function touchColdHalves(book: BareBook, columns: Columns): void {
  for (let at = 0; at < columns.length; at++) book.orders.setCreatedUs(book.live.get(columns.number[at]), 1);
}

function expect(resting: number, orders: number): void {
  if (resting !== orders) throw new Error(`${resting} orders rest instead of ${orders}`);
}

/** Bytes of all buffers that can be reached from an object by its own properties. */
function bufferBytes(root: object): number {
  const seen = new Set<object>();
  const todo = [root];
  let bytes = 0;
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next instanceof ArrayBuffer || next instanceof SharedArrayBuffer) bytes += next.byteLength;
    else if (ArrayBuffer.isView(next)) todo.push(next.buffer);
    else todo.push(...Object.values(next).filter((value) => typeof value === 'object' && value !== null));
  }
  return bytes;
}

raiseInliningLimits();
const [what = '', orders = '', seed = ''] = process.argv.slice(2);
const source = new RestingOrders(Number(seed), CHUNK);
const warm = fill(what, Math.min(WARM_ORDERS, Number(orders)), source);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const filled = fill(what, Number(orders), source);
const after = process.memoryUsage.rss();
globalThis.gc?.();
const collected = process.memoryUsage.rss();
const reserved = bufferBytes([warm, filled]) - bufferBytes(warm);
process.stdout.write(JSON.stringify([after - before, collected - before, reserved]));
