// What a flow is: a book that rests at the start and a tape of commands, kept in columns, so that playing it costs little
// beside what plays it. Main thread of the benchmark. Order numbers are what the engine's would be: the number of the
// command that placed the order, counted on from those that rest already. Prices are ticks, quantities lots.

import type { Side } from '#ringbook/domain/codes.js';

/** MARKET and POST (only) occur in recorded flows, which only the whole engine plays. */
export const Action = { REST: 1, TAKE: 2, CANCEL: 3, AMEND: 4, MARKET: 5, POST: 6 } as const;
export type Action = (typeof Action)[keyof typeof Action];

/** Orders or commands in columns; a row is one of them. */
export class Columns {
  length = 0;
  readonly action: Uint8Array;
  readonly side: Uint8Array;
  readonly priceTicks: Float64Array;
  readonly quantityLots: Float64Array;
  /** Of an order: its number. Of a cancel or an amend: the number of the order it is about. */
  readonly number: Float64Array;
  readonly client: Uint16Array;

  constructor(capacity: number) {
    this.action = new Uint8Array(capacity);
    this.side = new Uint8Array(capacity);
    this.priceTicks = new Float64Array(capacity);
    this.quantityLots = new Float64Array(capacity);
    this.number = new Float64Array(capacity);
    this.client = new Uint16Array(capacity);
  }

  push(action: Action, side: Side, priceTicks: number, quantityLots: number, number: number, client: number): number {
    const row = this.length++;
    this.action[row] = action;
    this.side[row] = side;
    this.priceTicks[row] = priceTicks;
    this.quantityLots[row] = quantityLots;
    this.number[row] = number;
    this.client[row] = client;
    return row;
  }
}

export interface Flow {
  readonly name: string;
  readonly resting: Columns;
  readonly tape: Columns;
  /** Number of the tape's first command. */
  readonly firstNumber: number;
  /** What is counted: the tape's commands, or the orders they sweep. */
  readonly operations: number;
}

export const CLIENTS = 1_000;

export interface FlowSize {
  readonly seed: number;
  readonly resting: number;
  readonly commands: number;
  /** Numbers from 1 on without gaps, as a new engine gives them. */
  readonly isFresh?: boolean;
  readonly withoutAmends?: boolean;
}
