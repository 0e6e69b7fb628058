// The shared flow as the engine's commands: several streams in turns, each order's number known from when it was
// placed. Any thread; owns what it fills commands from, valid until the next.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType } from '../../domain/codes.ts';
import type { Command } from '../../domain/command.ts';
import { AmendRequestParser } from '../../wire/amend-request.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { OrderRequestParser } from '../../wire/order-request.ts';
import { type Mix, OrderFlow } from './flow.ts';

/** Bytes at the beginning of each key that are the same for all: whoever sends the flow again writes others there. */
const KEY_PREFIX = '0000';

export class FlowCommands {
  readonly #orders: OrderRequestParser;
  readonly #amends: AmendRequestParser;
  readonly #flows: readonly OrderFlow[];
  /** By stream and the flow's number of an order: the engine's. */
  readonly #numbers: readonly number[][];
  #next = 0;

  constructor(instruments: InstrumentSource, seed: number, streams: number, mix: Mix) {
    this.#orders = new OrderRequestParser(instruments);
    this.#amends = new AmendRequestParser(instruments);
    this.#flows = Array.from({ length: streams }, (_, stream) => new OrderFlow(seed, stream, mix));
    this.#numbers = this.#flows.map(() => []);
  }

  /** Fills `command` with what comes next, which will have `sequence`. */
  fill(command: Command, sequence: number): void {
    const stream = this.#next++ % this.#flows.length;
    const numbers = this.#numbers[stream];
    const action = this.#flows[stream].next();
    if (action.kind === 'place') {
      numbers.push(sequence);
      this.#place({ ...action.order, idempotency_key: `${KEY_PREFIX}-${sequence}` }, command);
    } else if (action.kind === 'cancel') this.#cancel(numbers[action.target], clientOf(stream), command);
    else this.#amend(numbers[action.target], { ...action.changes, client_id: clientOf(stream) }, command);
  }

  /** Cancels all that is left of one stream. */
  fillCancelAll(command: Command, stream: number): void {
    beginFor(command, CommandType.MASS_CANCEL, clientOf(stream));
    command.instrument = ALL_INSTRUMENTS;
    command.side = BOTH_SIDES;
  }

  #place(order: object, command: Command): void {
    const body = Buffer.from(JSON.stringify(order));
    if (!this.#orders.parse(body, 0, body.length, command)) throw new Error(this.#orders.problem.detail);
  }

  #amend(target: number, changes: object, command: Command): void {
    const body = Buffer.from(JSON.stringify(changes));
    if (!this.#amends.parse(body, 0, body.length, target, 0, command)) throw new Error(this.#amends.problem.detail);
  }

  #cancel(target: number, client: string, command: Command): void {
    beginFor(command, CommandType.CANCEL_ORDER, client);
    command.targetOrder = target;
  }
}

/** As the flow calls them. */
function clientOf(stream: number): string {
  return `load-${stream}`;
}

/** A command of a client, without a key. */
function beginFor(command: Command, type: CommandType, client: string): void {
  command.type = type;
  command.bytes = Buffer.from(client);
  command.clientOffset = 0;
  command.clientLength = client.length;
  command.keyLength = 0;
}
