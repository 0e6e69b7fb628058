// Idempotency [12]: every outcome of a command with a client and a key goes through here, so that none is told without
// being remembered, nor a known key judged anew. Pure; owned by one engine.

import { CommandType } from '../codes.ts';
import type { Command } from '../command.ts';
import type { IdempotencyTable } from '../idempotency/idempotency-table.ts';
import type { EngineListener } from '../listener.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';

export class Memory {
  private readonly desk: Desk;
  private readonly listener: EngineListener;
  private readonly keys: IdempotencyTable;

  constructor(desk: Desk) {
    this.desk = desk;
    this.listener = desk.listener;
    this.keys = desk.state.keys;
  }

  /** Tells the first result of a known key again; false when the key is new. */
  answerAgain(command: Command): boolean {
    const { client } = this.desk;
    if (client < 0) return false;
    const result = this.keys.find(client, command.bytes, command.keyOffset, command.keyLength);
    if (result < 0) return false;
    const { results } = this.keys;
    if (!this.keys.isSameCommand(result, command)) this.listener.onRefused(Reason.KEY_REUSED, -1);
    else if (results.isRefusal(result)) this.listener.onRefused(results.orders.reason(result), -1);
    else this.listener.onReplayed(result);
    return true;
  }

  /** Remembers the order that came of the command, as it is now, and the command's trades so far. */
  rememberOrder(command: Command, row: number): void {
    if (!hasKey(command)) return;
    const { sequence, firstTrade, tradeCount } = this.desk;
    // Not always the order's own client: an amend or a cancel without a client id has no key, any other is the owner's.
    const client = this.desk.orders.client(row);
    this.keys.addOrder(client, command, sequence, this.desk.orders, row, firstTrade, tradeCount);
  }

  /** Refuses the command; `row` is the asker's order or -1. Nothing has changed, and nothing will. */
  refuse(command: Command, reason: Reason, row: number): void {
    this.listener.onRefused(reason, row);
    if (!hasKey(command)) return;
    this.keys.addRefusal(this.desk.internClient(command), command, this.desk.sequence, this.desk.timeUs, reason);
  }

  /** Tells that a command about no single order was applied, after all it caused was told. */
  applied(command: Command, value: number): void {
    this.listener.onApplied(value);
    if (!hasKey(command)) return;
    this.keys.addValue(this.desk.internClient(command), command, this.desk.sequence, this.desk.timeUs, value);
  }
}

/** A key counts only together with a client. A definition and an expiry have none: sent again they change nothing. */
export function hasKey(command: Command): boolean {
  return command.keyLength !== 0 && namesClient(command);
}

/** True when a command means somebody by the client in it. */
export function namesClient(command: Command): boolean {
  if (command.clientLength === 0) return false;
  return command.type !== CommandType.DEFINE_INSTRUMENT && command.type !== CommandType.EXPIRE_ORDERS;
}
