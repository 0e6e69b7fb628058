// Orders that come while others, drawn from all that rest, go: nothing is in a cache. Main thread of the benchmark.

import type { Flow, FlowSize } from './columns.ts';
import { type Draw, drawNear, drawOneLevel } from './draw.ts';
import { Recorder } from './recorder.ts';

/** New orders and as many cancels, each of an order drawn from all that rest with equal chances. */
function churn(name: string, size: FlowSize, draw: Draw): Flow {
  const { commands } = size;
  const recorder = new Recorder(size, draw);
  const { random, open } = recorder;
  const firstNumber = recorder.nextNumber;
  while (recorder.tape.length < commands) {
    if (recorder.tape.length % 2 === 0) recorder.cancel(Math.floor(random() * open.size));
    else recorder.rest();
  }
  return recorder.flow(name, firstNumber);
}

export function uniformCancels(size: FlowSize): Flow {
  return churn('uniformly random cancels', size, drawNear);
}

/** All orders at one price. */
export function oneLevel(size: FlowSize): Flow {
  return churn('one level, random cancels', size, drawOneLevel);
}
