// New orders, cancels and amends in the shares and with the lifetimes that exchanges see. Main thread of the benchmark.

import type { Flow, FlowSize } from './columns.ts';
import { type Draw, drawNear, drawSparse, type Random } from './draw.ts';
import { Recorder } from './recorder.ts';

/** Of 100 orders 15 are IOC, 20 are amended, and all that rest are cancelled, if they are not filled by then (5 % are). */
const TAKING = 0.15;
const AMENDED = 0.2;
const NEW_SHARE = 1 / (1 + AMENDED + 1 - TAKING);
const AMEND_SHARE = AMENDED * NEW_SHARE;

/**
 * Lifetimes are a power law: of ten orders that are cancelled or amended nine are among the newest 10,000, their ages
 * spread evenly over the orders of magnitude, and one is any that rests.
 */
function drawAge(random: Random, resting: number): number {
  if (random() < 0.1) return Math.floor(random() * resting);
  return Math.floor(Math.min(resting, 10_000) ** random()) - 1;
}

function mixed(name: string, size: FlowSize, draw: Draw): Flow {
  const { commands } = size;
  const recorder = new Recorder(size, draw);
  const { random, open } = recorder;
  const firstNumber = recorder.nextNumber;
  while (recorder.tape.length < commands) {
    const dice = random();
    if (dice < NEW_SHARE || open.size === 0) {
      if (random() < TAKING) recorder.take();
      else recorder.rest();
    } else {
      const age = drawAge(random, open.size);
      if (dice >= NEW_SHARE + AMEND_SHARE) recorder.cancel(age);
      else if (size.withoutAmends !== true) recorder.amend(age);
    }
  }
  return recorder.flow(name, firstNumber);
}

/** What an exchange sees. */
export function everyday(size: FlowSize): Flow {
  return mixed('everyday', size, drawNear);
}

/** The same mix over 10^7 ticks of sparse levels. */
export function sparse(size: FlowSize): Flow {
  return mixed('sparse levels, 10^7 ticks', size, drawSparse);
}
