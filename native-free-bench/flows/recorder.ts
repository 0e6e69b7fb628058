// Writes a flow, command by command: what every kind of flow is recorded with. Main thread of the benchmark.

import { Side } from '#ringbook/domain/codes.js';
import { createRandom } from '#ringbook/sim/testing/random.js';
import { Action, CLIENTS, Columns, type Flow, type FlowSize } from './columns.ts';
import type { Draw, Drawn, Random } from './draw.ts';
import { OpenOrders } from './open-orders.ts';

/** Beyond 2^32: a book that has run for a while. */
const FIRST_NUMBER = 2 ** 33;

export class Recorder {
  readonly random: Random;
  readonly resting: Columns;
  readonly tape: Columns;
  readonly open: OpenOrders;
  private readonly draw: Draw;
  private readonly drawn: Drawn = { side: Side.BUY, priceTicks: 0, quantityLots: 0 };
  private readonly isFresh: boolean;
  private number: number;

  constructor(size: FlowSize, draw: Draw) {
    const { seed, resting, commands } = size;
    this.random = createRandom(seed);
    this.draw = draw;
    this.isFresh = size.isFresh === true;
    this.number = this.isFresh ? 0 : FIRST_NUMBER;
    this.resting = new Columns(resting);
    this.tape = new Columns(commands);
    this.open = new OpenOrders(2 * (resting + commands) + 2_000);
    for (let i = 0; i < resting; i++) this.restBefore();
  }

  /** An order that rests at the start. Most of those that came with it are gone: numbers have gaps, 40 on average. */
  private restBefore(): void {
    this.number += this.isFresh ? 1 : 1 + Math.floor(this.random() * 79);
    this.open.add(this.push(this.resting, Action.REST));
  }

  rest(): void {
    this.number++;
    this.open.add(this.resting.length + this.push(this.tape, Action.REST));
  }

  /** An order that trades at once or not at all: across the middle, a part of what an order has. */
  take(): void {
    this.number++;
    const row = this.push(this.tape, Action.TAKE);
    this.tape.side[row] = this.drawn.side === Side.BUY ? Side.SELL : Side.BUY;
    this.tape.quantityLots[row] = Math.ceil(this.drawn.quantityLots / 4);
  }

  cancel(age: number): void {
    const place = this.open.placeOf(age);
    this.about(Action.CANCEL, this.open.rowAt(place), 0, 0);
    this.open.remove(place);
  }

  /** Another price (it loses its place), less quantity (it keeps it), or more (it does not). */
  amend(age: number): void {
    const at = this.open.rowAt(this.open.placeOf(age));
    const [columns, row] = this.whereIs(at);
    const dice = this.random();
    if (dice < 0.5) {
      const away = (1 + Math.floor(this.random() * 3)) * (columns.side[row] === Side.BUY ? -1 : 1);
      // The farthest bids rest at the last tick there is.
      this.about(Action.AMEND, at, Math.max(1, columns.priceTicks[row] + away), 0);
    } else {
      const factor = dice < 0.75 ? 0.9 : 1.1;
      this.about(Action.AMEND, at, 0, Math.ceil(columns.quantityLots[row] * factor));
    }
  }

  private about(action: Action, at: number, priceTicks: number, quantityLots: number): void {
    this.number++;
    const [columns, row] = this.whereIs(at);
    const side = columns.side[row] === Side.BUY ? Side.BUY : Side.SELL;
    this.tape.push(action, side, priceTicks, quantityLots, columns.number[row], columns.client[row]);
  }

  private push(columns: Columns, action: Action): number {
    const { drawn, random } = this;
    this.draw(random, drawn);
    const client = Math.floor(random() * CLIENTS);
    return columns.push(action, drawn.side, drawn.priceTicks, drawn.quantityLots, this.number, client);
  }

  private whereIs(at: number): [Columns, number] {
    return at < this.resting.length ? [this.resting, at] : [this.tape, at - this.resting.length];
  }

  flow(name: string, firstNumber: number, operations = this.tape.length): Flow {
    return { name, resting: this.resting, tape: this.tape, firstNumber, operations };
  }

  get nextNumber(): number {
    return this.number + 1;
  }
}
