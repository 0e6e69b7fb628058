// Commands that name a live order: whether it is there and theirs to touch [11], and the one that simply cancels it. Pure;
// owned by one engine. A refused one changes nothing. Allocates: nothing but growth.

import type { OrderRows } from '../book/order-rows.ts';
import { CommandType, OrderStatus } from '../codes.ts';
import type { Command } from '../command.ts';
import type { EngineState } from '../engine-state.ts';
import { Reason } from '../reasons.ts';
import type { Amendment } from './amendment.ts';
import type { Desk } from './desk.ts';
import type { LiveOrders } from './live-orders.ts';
import type { Memory } from './memory.ts';
import type { OrderEntry } from './order-entry.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const { CANCEL_ORDER, AMEND_ORDER } = CommandType;

const NO_ORDER = -1;

export class Target {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly orders: OrderRows;
  private readonly live: LiveOrders;
  private readonly entry: OrderEntry;
  private readonly amendment: Amendment;
  private readonly memory: Memory;

  constructor(desk: Desk, live: LiveOrders, entry: OrderEntry, amendment: Amendment, memory: Memory) {
    this.desk = desk;
    this.state = desk.state;
    this.orders = desk.orders;
    this.live = live;
    this.entry = entry;
    this.amendment = amendment;
    this.memory = memory;
  }

  /** A cancel, an amend or a replacement. */
  apply(command: Command): void {
    const row = this.state.live.get(command.targetOrder);
    const reason = this.objection(command, row, this.desk.sequence);
    if (reason !== NONE) this.memory.refuse(command, reason, NO_ORDER);
    else if (command.type === CANCEL_ORDER) this.cancel(command, row);
    else if (command.type === AMEND_ORDER) this.amendment.amend(command, row);
    else this.entry.replace(command, row);
  }

  /**
   * Why the order that a command of this sequence names cannot be touched by it; `row` is where it was found, -1 when it
   * was not.
   */
  objection(command: Command, row: number, sequence: number): Reason {
    if (row < 0) {
      // Public ids carry check bits: a number up to here was really issued, so the order existed and is closed.
      const wasIssued = command.targetOrder >= 1 && command.targetOrder < sequence;
      return wasIssued ? Reason.ORDER_CLOSED : Reason.ORDER_UNKNOWN;
    }
    // A command without a client id is anyone's: who may send one is decided before the engine.
    if (command.clientLength === 0) return NONE;
    return this.desk.client === this.orders.client(row) ? NONE : Reason.NOT_OWNER;
  }

  private cancel(command: Command, row: number): void {
    this.live.cancel(row, OrderStatus.CANCELLED, Reason.CANCELLED_BY_CLIENT);
    this.memory.rememberOrder(command, row);
    this.orders.release(row);
  }
}
