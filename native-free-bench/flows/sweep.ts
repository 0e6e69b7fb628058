// One order against everything. Main thread of the benchmark.

import { Side } from '#ringbook/domain/codes.js';
import { Action, type Flow, type FlowSize } from './columns.ts';
import { drawQuantity, MIDDLE_TICKS } from './draw.ts';
import { Recorder } from './recorder.ts';

/** One order that takes all that rests: ten orders a level. Counted are the orders swept. */
export function sweep(size: Omit<FlowSize, 'commands'>): Flow {
  const { resting } = size;
  let drawnOrders = 0;
  let total = 0;
  const recorder = new Recorder({ ...size, commands: 1 }, (random, drawn) => {
    drawn.side = Side.SELL;
    drawn.priceTicks = MIDDLE_TICKS + Math.floor(drawnOrders++ / 10);
    // A tenth, so that one order for all of it stays below 2^51 lots.
    drawn.quantityLots = drawQuantity(random) / 10;
    total += drawn.quantityLots;
  });
  const firstNumber = recorder.nextNumber;
  const all = total;
  recorder.tape.push(Action.TAKE, Side.BUY, MIDDLE_TICKS + resting, all, firstNumber, 0);
  return recorder.flow('sweep', firstNumber, resting);
}
