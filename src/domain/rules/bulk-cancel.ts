// Commands that end many orders: mass cancels and expiry [13, 15]. Pure; owned by one engine. Both go in an order that
// depends on nothing but the state. Allocates: nothing.

import type { OrderRows } from '../book/order-rows.ts';
import { ALL_INSTRUMENTS, BOTH_SIDES, OrderStatus, type Side } from '../codes.ts';
import type { Command } from '../command.ts';
import type { EngineState } from '../engine-state.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import type { LiveOrders } from './live-orders.ts';
import type { Memory } from './memory.ts';

export class BulkCancel {
  private readonly desk: Desk;
  private readonly state: EngineState;
  private readonly orders: OrderRows;
  private readonly live: LiveOrders;
  private readonly memory: Memory;

  constructor(desk: Desk, live: LiveOrders, memory: Memory) {
    this.desk = desk;
    this.state = desk.state;
    this.orders = desk.orders;
    this.live = live;
    this.memory = memory;
  }

  /**
   * Cancels a client's orders, or everyone's when no client is named, in order of instrument, client and order number.
   * Costs as much as the client has orders; of everyone, as many as there are clients and orders.
   */
  cancelMany(command: Command): void {
    const { instruments, clients } = this.state;
    const isAll = command.instrument === ALL_INSTRUMENTS;
    if (!isAll && command.instrument >= instruments.count) {
      this.memory.refuse(command, Reason.INSTRUMENT_UNKNOWN, -1);
      return;
    }
    let firstClient = 0;
    let lastClient = clients.count - 1;
    if (command.clientLength > 0) {
      firstClient = this.desk.expectedClient;
      lastClient = this.desk.client;
    }
    const first = isAll ? 0 : command.instrument;
    const last = isAll ? instruments.count - 1 : command.instrument;
    let cancelled = 0;
    for (let instrument = first; instrument <= last; instrument++) {
      // No order is left long before the last of many clients.
      for (let client = firstClient; client <= lastClient && instruments.liveOrders(instrument) > 0; client++) {
        cancelled += this.cancelOf(client, instrument, command.side);
      }
    }
    this.memory.applied(command, cancelled);
  }

  /** Ends every order whose time has come, in order of expiry, then number. */
  expire(command: Command): void {
    const { expiries } = this.state;
    let expired = 0;
    while (expiries.size > 0 && expiries.earliestUs() <= this.desk.timeUs) {
      const row = expiries.first();
      this.live.cancel(row, OrderStatus.EXPIRED, Reason.EXPIRED);
      this.orders.release(row);
      expired++;
    }
    this.memory.applied(command, expired);
  }

  private cancelOf(client: number, instrument: number, side: Side | 0): number {
    const { orders } = this;
    const account = this.state.accounts.find(client, instrument);
    if (account < 0) return 0;
    let cancelled = 0;
    let next = -1;
    for (let row = this.state.accounts.firstOrder(account); row >= 0; row = next) {
      next = orders.accountNext(row);
      if (side !== BOTH_SIDES && orders.side(row) !== side) continue;
      this.live.cancel(row, OrderStatus.CANCELLED, Reason.MASS_CANCELLED);
      orders.release(row);
      cancelled++;
    }
    return cancelled;
  }
}
