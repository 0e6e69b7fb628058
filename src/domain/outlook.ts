// What is known of the commands to come: the orders that they name. Reads the memory that they will need, so that the
// cache has it by then. In a large book a cancel is a chain of reads that wait for memory, each for the one before; those
// of many commands wait together. Runs where the engine runs and belongs to one engine. Reads only: whatever it is told,
// right or wrong, decides nothing. Allocates: nothing.

import type { OrderMap } from './book/order-map.ts';
import type { OrderRows } from './book/order-rows.ts';
import { Counter, type EngineState } from './engine-state.ts';
import { isWaiting } from './rules/terms.ts';

/** Commands of one look: many reads wait together, and what was read first is still there when it is needed. */
export const OUTLOOK_COMMANDS = 32;

// Local, since V8 folds constants of a module's own but not imported ones.
const { SEQUENCE } = Counter;

export class Outlook {
  /** By command, the number of the order that it names; 0 of one that names none, as a new order. */
  readonly targets = new Float64Array(OUTLOOK_COMMANDS);
  private readonly state: EngineState;
  private readonly live: OrderMap;
  private readonly orders: OrderRows;
  // Lists, each with a place more than it can fill: an entry is written first and counted if it is one, without a branch.
  private readonly old = new Float64Array(OUTLOOK_COMMANDS + 1);
  private readonly oldRows = new Int32Array(OUTLOOK_COMMANDS + 1);
  private readonly pushed = new Int32Array(OUTLOOK_COMMANDS + 1);
  /** Written so that the reads before it are not optimised away. */
  protected touched = 0;

  constructor(state: EngineState) {
    this.state = state;
    this.live = state.live;
    this.orders = state.orders;
  }

  /** Takes in the first `count` targets: those of the commands that follow the last one applied. Changes nothing. */
  look(count: number): void {
    // What a small book needs is in the cache.
    if (this.live.size >= this.live.frontSize) this.read(count);
  }

  /** Each loop reads what the loops before have found; within one, no read waits for another. */
  private read(count: number): void {
    const { live, orders, targets, old, oldRows, pushed } = this;
    const sequence = this.state.counters[SEQUENCE];
    const frontFrom = sequence - live.frontSize;
    let olds = 0;
    let pushes = 0;
    for (let i = 0; i < count; i++) {
      old[olds] = targets[i];
      olds += +(targets[i] > 0) & +(targets[i] < frontFrom);
      // A new order gets the command's sequence as its number, and pushes another one to the map's far tier.
      pushed[pushes] = live.inFrontOf(sequence + 1 + i);
      pushes += +(targets[i] === 0) & +(pushed[pushes] >= 0);
    }
    let rows = 0;
    let sum = 0;
    for (let i = 0; i < olds; i++) live.touch(old[i]);
    for (let i = 0; i < pushes; i++) sum ^= orders.level(pushed[i]);
    for (let i = 0; i < olds; i++) {
      oldRows[rows] = live.get(old[i]);
      rows += +(oldRows[rows] >= 0);
    }
    for (let i = 0; i < pushes; i++) live.touch(orders.number(pushed[i]));
    for (let i = 0; i < rows; i++) sum ^= this.touchQueue(oldRows[i]);
    for (let i = 0; i < rows; i++) sum ^= this.touchAccountList(oldRows[i]);
    this.touched = sum;
  }

  /** The order's level, its neighbours in the queue, and its own cold half; nothing of a stop, which stands in no queue. */
  private touchQueue(row: number): number {
    const { orders, state } = this;
    if (isWaiting(orders, row)) return 0;
    const side = state.instruments.bookOf(orders.instrument(row)).side(orders.side(row));
    return side.touch(row) ^ orders.account(row);
  }

  /** Its neighbours among its account's orders. Where there is none the row 0 is read, which always exists. */
  private touchAccountList(row: number): number {
    const { orders } = this;
    const next = Math.max(0, orders.accountNext(row));
    const previous = Math.max(0, orders.accountPrevious(row));
    return orders.account(next) ^ orders.account(previous);
  }
}
