// Orders that come to rest, without a tape behind them: for what only fills books. Main thread of the benchmark.

import { Side } from '#ringbook/domain/codes.js';
import { createRandom } from '#ringbook/sim/testing/random.js';
import { Action, CLIENTS, Columns } from './columns.ts';
import { type Drawn, drawNear } from './draw.ts';

/** Draws orders whose depth is that of the everyday flow; none of them trades. Allocates: nothing once it is made. */
export class RestingOrders {
  readonly columns: Columns;
  private readonly random: () => number;
  private readonly drawn: Drawn = { side: Side.BUY, priceTicks: 0, quantityLots: 0 };

  constructor(seed: number, capacity: number) {
    this.columns = new Columns(capacity);
    this.random = createRandom(seed);
  }

  /** Draws as many new ones into the columns as these hold or as `limit` says, numbered on from `firstNumber`. */
  refill(firstNumber: number, limit: number): Columns {
    const { columns, random, drawn } = this;
    const count = Math.min(columns.client.length, limit);
    columns.length = 0;
    while (columns.length < count) {
      drawNear(random, drawn);
      const client = Math.floor(random() * CLIENTS);
      const number = firstNumber + columns.length;
      columns.push(Action.REST, drawn.side, drawn.priceTicks, drawn.quantityLots, number, client);
    }
    return columns;
  }
}
