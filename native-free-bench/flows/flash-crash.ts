// A price that falls through all levels and comes back. Main thread of the benchmark.

import { Side } from '#ringbook/domain/codes.js';
import { Action, type Flow, type FlowSize } from './columns.ts';
import { LOT, MIDDLE_TICKS } from './draw.ts';
import { Recorder } from './recorder.ts';

/**
 * A flash crash: sell orders take level after level, and offers follow the best bid down; then all of it upwards. Bids and
 * offers rest at every 3rd tick. Each step takes one level and rests an order at it on the other side.
 */
export function flashCrash(size: Omit<FlowSize, 'resting'>): Flow {
  const levels = Math.floor(size.commands / 4);
  let rested = 0;
  const recorder = new Recorder({ ...size, resting: levels }, (_random, drawn) => {
    drawn.side = Side.BUY;
    drawn.priceTicks = MIDDLE_TICKS - 3 * rested++;
    drawn.quantityLots = LOT;
  });
  const firstNumber = recorder.nextNumber;
  const { tape } = recorder;
  const step = (side: Side, level: number): void => {
    const price = MIDDLE_TICKS - 3 * level;
    tape.push(Action.TAKE, side, price, LOT, firstNumber + tape.length, 0);
    tape.push(Action.REST, side, price, LOT, firstNumber + tape.length, 0);
  };
  for (let level = 0; level < levels; level++) step(Side.SELL, level);
  for (let level = levels - 1; level >= 0; level--) step(Side.BUY, level);
  return recorder.flow('flash crash and back', firstNumber);
}
